"""Setting up rooms, people and roles from plain descriptions: replay, demo, tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.outgoing import Origin, Outbound
from handlers.clockwork.schedules import plan_housekeeping
from handlers.report.readers import plan_digest
from handlers.report.reporting import plan_reports
from handlers.setting import Setting
from models.codes import NodeLevel, Role, RoomMode
from models.tables import GridNode, Person
from models.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """A group of its own micro-grid. id is the channel's."""

    id: str
    name: str
    mode: RoomMode = RoomMode.ON


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """A person by the channel's id. roles maps a room id to a role there; village roles hold everywhere."""

    id: str
    name: str
    roles: Mapping[str, Role] = field(default_factory=dict)
    village_roles: tuple[Role, ...] = ()
    phone: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class VillagePlan:
    """One 村社区 with its groups and people on one account, where everybody can be written to."""

    account: str
    transport: str
    code: str
    name: str
    rooms: Sequence[RoomPlan]
    people: Sequence[PersonPlan]


def settle(uow: UnitOfWork, plan: VillagePlan, setting: Setting, outbound: Outbound, now: datetime) -> None:
    """Write the plan into an empty database and plan its first digest."""
    uow.places.account(plan.account, plan.transport)
    village = uow.places.add_node(code=plan.code, name=plan.name, level=NodeLevel.VILLAGE, parent=None)
    nodes: dict[str, GridNode] = {}
    for number, room in enumerate(plan.rooms, start=1):
        node = uow.places.add_node(
            code=f"{plan.code}-{number}", name=room.name, level=NodeLevel.MICRO_GRID, parent=village
        )
        made = uow.places.add_room(account=plan.account, external_id=room.id, name=room.name, node=node, mode=room.mode)
        # Nobody needs to be told there.
        made.notice_version = max(one.policy.entry.notice_version for one in setting.everywhere)
        nodes[room.id] = node
    for person in plan.people:
        _settle_person(uow, plan, person, village, nodes)
    planned = [
        plan_digest(village, setting, now),
        *plan_reports(uow, setting, village, now),
        plan_housekeeping(setting, now),
    ]
    outbound.write(uow, planned, Origin(plan.account), now)


def _settle_person(
    uow: UnitOfWork, plan: VillagePlan, person: PersonPlan, village: GridNode, nodes: Mapping[str, GridNode]
) -> Person:
    known = uow.people.add(person.name, person.phone)
    uow.people.bind(known, plan.account, person.id, person.name, reachable=True)
    for room_id, role in person.roles.items():
        uow.people.grant(known, nodes[room_id], role)
    for role in person.village_roles:
        uow.people.grant(known, village, role)
    return known
