"""The village of a transcript, made as its head says."""

import tomllib

from sqlmodel import col, delete
from transcript_head import COMPANIES, Head

from bot.app import App
from bot.outgoing import Origin
from bot.village import PersonPlan, RoomPlan, VillagePlan
from handlers.policy import PACKS, load_policy
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy
from handlers.policy.people import Privacy
from handlers.policy.routing import Routing, Step
from handlers.report.readers import plan_digest
from handlers.report.reporting import plan_reports
from handlers.talk.merging import CategoryMerging
from models.codes import NodeLevel, OrganisationKind, RecordField, Role
from models.tables import GridNode, Person, Schedule
from models.uow import UnitOfWork
from nlp.distance import Distance

ACCOUNT = "test"

_ROLE_NAMES = {
    "居民": Role.RESIDENT, "党员": Role.PARTY_MEMBER, "微网格长": Role.MICRO_LEADER, "网格长": Role.GRID_LEADER,
    "支部书记": Role.SECRETARY, "治理员": Role.GOVERNOR, "物业": Role.PROPERTY, "管理员": Role.ADMIN,
    "村社区": Role.VILLAGE, "信息员": Role.INFORMANT, "中心户": Role.HUB, "领导": Role.HEAD,
    "镇街": Role.TOWN, "区直": Role.DISTRICT, "评议员": Role.REVIEWER,
}  # fmt: skip
_HIGHER = {"村社区": Role.VILLAGE, "镇街": Role.TOWN, "区直": Role.DISTRICT}
_VILLAGE_WIDE = {Role.PARTY_MEMBER, Role.SECRETARY, Role.PROPERTY, Role.ADMIN, Role.VILLAGE, Role.HEAD}


def policy_of(head: Head) -> Policy:
    """The named pack, with the distances and the rules for disputes that the transcript gives."""
    policy = load_policy(head.policy)
    if head.disputes:
        codes = [RecordField(word) for word in head.disputes if word != "群里说"]
        rules = {"say_in_group": "群里说" in head.disputes, "require": tuple(codes)}
        policy = policy.model_copy(update={"disputes": policy.disputes.model_copy(update=rules)})
    if head.kept_months is not None:
        policy = policy.model_copy(update={"privacy": Privacy(keep_closed_months=head.kept_months)})
    near = {code: CategoryMerging(distance=Distance(distance)) for code, distance in head.near.items()}
    merging = policy.merging.model_copy(update={"category": {**policy.merging.category, **near}})
    identity = policy.identity.model_copy(update={"at_least": head.at_least})
    entry = policy.entry.model_copy(update={"notice_version": head.notice})
    routing = _routing(head, policy.routing)
    own = {"merging": merging, "identity": identity, "entry": entry, "routing": routing}
    return _ruled(policy.model_copy(update=own), head.rules)


def packs_of(head: Head) -> dict[str, Policy]:
    """The packs that villages name for themselves."""
    found = {name: load_policy(name) for name in head.packs.values() if (PACKS / f"{name}.toml").exists()}
    return {name: _ruled(policy, head.pack_rules.get(name, [])) for name, policy in found.items()}


def _ruled(policy: Policy, rules: list[str]) -> Policy:
    """The pack with lines of TOML laid over it."""
    if not rules:
        return policy
    return Policy.model_validate(laid_over(policy.model_dump(by_alias=True), tomllib.loads("\n".join(rules))))


def name_packs(uow: UnitOfWork, head: Head) -> None:
    """Each village goes by the pack that the transcript names for it."""
    for root in uow.places.roots():
        for node in uow.places.below(root.path):
            node.policy = head.packs.get(node.name)


def set_the_scene(uow: UnitOfWork, head: Head) -> None:
    """Nodes without a room, rooms that have not been told, people whose identity nobody knows."""
    village = uow.places.node_by_code("test")
    for code, name in head.nodes.items():
        uow.places.add_node(code=code, name=name, level=NodeLevel.MICRO_GRID, parent=village)
    for name in head.untold:
        room = uow.places.room(ACCOUNT, name)
        assert room is not None, f"no room is called {name}"
        room.notice_version = 0
    for name in head.strangers:
        identity = uow.people.identity(ACCOUNT, name)
        assert identity is not None, f"nobody is called {name}"
        uow.session.delete(identity)


def appoint(uow: UnitOfWork, head: Head) -> None:
    """Roles at a place that is named, whatever its level."""
    nodes = {node.name: node for root in uow.places.roots() for node in uow.places.below(root.path)}
    for name, role, place in head.offices:
        identity = uow.people.identity(ACCOUNT, name)
        assert identity is not None, f"nobody is called {name}"
        uow.people.grant(uow.people.get(identity.person_id), nodes[place], _ROLE_NAMES[role])


def _routing(head: Head, routing: Routing) -> Routing:
    """The routes that the transcript gives."""
    steps, routes = list(routing.steps), dict(routing.category)
    for what, *rest in head.routing:
        match what:
            case "步骤":
                steps.append(Step(level=NodeLevel(rest[0]), name=rest[1], solve_days=float(rest[2])))
            case "起点":
                routes[rest[0]] = routing.route(rest[0]).model_copy(update={"start": NodeLevel(rest[1])})
            case "归口":
                kind = OrganisationKind(COMPANIES[rest[1]])
                routes[rest[0]] = routing.route(rest[0]).model_copy(update={"organisation": kind})
            case _:
                raise ValueError(f"unknown route: {what}")
    return routing.model_copy(update={"steps": tuple(steps), "category": routes})


def found_companies(uow: UnitOfWork, head: Head) -> None:
    """The organisations of the village with their people, and who answers for what there."""
    village = uow.places.node_by_code("test")
    assert village is not None

    def person(name: str) -> Person:
        identity = uow.people.identity(ACCOUNT, name)
        assert identity is not None, f"nobody is called {name}"
        return uow.people.get(identity.person_id)

    for place, (name, kind, members) in enumerate(head.companies):
        company = uow.organisations.put(code=f"c{place}", name=name, kind=kind, node=village)
        uow.organisations.put_members(company, [person(member) for member in members])
    for category, name in head.responsible.items():
        companies = uow.organisations.named([village], name)
        if companies:
            uow.organisations.put_responsible(village, category, organisation=companies[0])
        else:
            uow.organisations.put_responsible(village, category, person=person(name))


def village_plan(head: Head) -> VillagePlan:
    people = []
    for line in head.people:
        name, role_name, *rooms = line.split()
        if role_name in _HIGHER and (head.above or head.parts):
            people.append(PersonPlan(name, name))
            continue
        role = _ROLE_NAMES[role_name]
        own = dict.fromkeys(rooms, Role.RESIDENT if role in _VILLAGE_WIDE else role)
        people.append(PersonPlan(name, name, own, (role,) if role in _VILLAGE_WIDE else ()))
    rooms = [RoomPlan(name, name, mode) for name, mode in head.rooms.items()]
    return VillagePlan(ACCOUNT, "test", "test", "清河村", rooms, people)


def grow(uow: UnitOfWork, head: Head, app: App) -> None:
    """The tree around the village: what is above it, other villages beside it, grids within; and who leads there."""
    if not head.above and not head.parts:
        return
    village = uow.places.roots()[0]
    nodes, top = {village.name: village}, None
    for level, name in sorted(head.above, key=lambda pair: list(NodeLevel).index(pair[0])):
        top = nodes[name] = uow.places.add_node(code=name, name=name, level=level, parent=top)
    _hang(uow, village, top)
    for level, name, rooms in head.parts:
        parent = top if level is NodeLevel.VILLAGE else village
        nodes[name] = uow.places.add_node(code=name, name=name, level=level, parent=parent)
        for room in rooms:
            found = uow.places.room(ACCOUNT, room)
            assert found is not None and found.node_id is not None, f"no room is called {room}"
            _hang(uow, uow.places.node(found.node_id), nodes[name])
    for line in head.people:
        name, role, *at = line.split()
        if role in _HIGHER:
            identity = uow.people.identity(ACCOUNT, name)
            assert identity is not None
            level = {"村社区": NodeLevel.VILLAGE, "镇街": NodeLevel.TOWN, "区直": NodeLevel.DISTRICT}[role]
            node = nodes[at[0]] if at else next(node for node in nodes.values() if node.level is level)
            uow.people.grant(uow.people.get(identity.person_id), node, _HIGHER[role])
    name_packs(uow, head)
    uow.flush()
    plans = [
        plan_digest(node, app.setting.at(uow, node), head.start)
        for node in nodes.values()
        if node.level is not NodeLevel.GRID
    ]
    plans += [plan for node in nodes.values() for plan in plan_reports(uow, app.setting, node, head.start)]
    uow.session.exec(delete(Schedule).where(col(Schedule.kind).in_(("week_report", "month_report"))))
    app.outbound.write(uow, plans, Origin(ACCOUNT), head.start)


def _hang(uow: UnitOfWork, node: GridNode, parent: GridNode | None) -> None:
    """The node, with everything below it, lies below that parent from now on."""
    old, new = node.path, f"{'/' if parent is None else parent.path}{node.id}/"
    for one in uow.places.below(old):
        one.path = new + one.path.removeprefix(old)
    node.parent_id = None if parent is None else parent.id
    uow.flush()
