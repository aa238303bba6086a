"""Transcripts: a conversation as a readable file, run through the real dispatcher and SQLite.

A file is a list of lines; see tests/transcripts/README.md for the form. run() plays what people say
and returns the whole file anew with what the bot answers, so that a test is a comparison.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import col, delete

from bot.app import App, build
from bot.directory import FRESH
from bot.driver import Driver, Posted
from bot.outgoing import Origin
from bot.transports.memory import MemoryTransport
from bot.village import PersonPlan, RoomPlan, VillagePlan, settle
from handlers.merging import CategoryMerging
from handlers.policy import load_policy
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy
from handlers.policy.people import Privacy
from handlers.policy.routing import Routing, Step
from handlers.readers import plan_digest
from handlers.reporting import plan_reports
from handlers.wording import load_wording
from models import schema
from models.codes import NodeLevel, OrganisationKind, PostKind, RecordField, Role, RoomMode
from models.engine import open_engine
from models.message import BOT, Attachment, AttachmentKind, Message, Quote
from models.tables import GridNode, Person, Schedule
from models.uow import UnitOfWork
from nlp.distance import Distance
from nlp.understander import Understander

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 5, 6, 10, 0, tzinfo=ZONE)  # a Wednesday that is a working day
STEP = timedelta(seconds=20)
ACCOUNT = "test"

_SAID = re.compile(
    r"(?P<name>[^\s：>「@#=→]+)(?:@(?P<room>[^\s：>「]+))?(?:「(?P<quote>[^」]*)」)?(?P<how>[：>])(?P<text>.*)"
)
_MOVE = re.compile(r"@(?:\+(?P<count>\d+)(?P<unit>[smhd])|(?:(?P<date>\d\d-\d\d) )?(?P<clock>\d\d:\d\d))")
_DOWN = re.compile(r"@停机(\d+)m")
_REFUSED = re.compile(r"@拒收 (\S+)")
_NOTICE = re.compile(r"@告知第(\d+)版")
_MODE = re.compile(r"@(?P<room>[^\s=]+)=(?P<mode>关|影子|询问|开)")
_RESIGNS = re.compile(r"@(?P<name>[^\s=+]+)卸任")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ATTACHED = re.compile(r"\[(图|语音)\]")
_PIN = re.compile(r"\[位置:([^\]]+)\]")

_ROLE_NAMES = {
    "居民": Role.RESIDENT, "党员": Role.PARTY_MEMBER, "微网格长": Role.MICRO_LEADER, "网格长": Role.GRID_LEADER,
    "支部书记": Role.SECRETARY, "治理员": Role.GOVERNOR, "物业": Role.PROPERTY, "管理员": Role.ADMIN,
    "村社区": Role.VILLAGE, "信息员": Role.INFORMANT, "中心户": Role.HUB,
}  # fmt: skip
_HIGHER = {"村社区": Role.VILLAGE, "镇街": Role.TOWN, "区直": Role.DISTRICT}
_ABOVE = {"镇": NodeLevel.TOWN, "区": NodeLevel.DISTRICT}
_PARTS = {"村": NodeLevel.VILLAGE, "网格": NodeLevel.GRID}
_VILLAGE_WIDE = {Role.PARTY_MEMBER, Role.SECRETARY, Role.PROPERTY, Role.ADMIN, Role.VILLAGE}
_COMPANIES = {"物业": "property", "部门": "department"}
_MODES = {"关": RoomMode.OFF, "影子": RoomMode.SHADOW, "询问": RoomMode.ASK, "开": RoomMode.ON}

DEFAULT_PEOPLE = (
    "王阿姨 居民 本群", "李叔 居民 本群", "孙伯 居民 本群", "小陈 居民 本群", "老张 党员 本群", "老赵 党员 本群",
    "老李 微网格长 本群", "小马 物业 本群", "周书记 支部书记",
)  # fmt: skip


@dataclass
class Head:
    """What stands above the talk: rooms, people, start, limits."""

    rooms: dict[str, RoomMode] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    start: datetime = START
    limits: bool = True
    digests: bool = True
    policy: str = "default"
    near: dict[str, str] = field(default_factory=dict)
    disputes: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    kept_months: int | None = None
    above: list[tuple[NodeLevel, str]] = field(default_factory=list)
    parts: list[tuple[NodeLevel, str, list[str]]] = field(default_factory=list)
    nodes: dict[str, str] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    notice: int = 1
    at_least: int = 10
    companies: list[tuple[str, OrganisationKind, list[str]]] = field(default_factory=list)
    responsible: dict[str, str] = field(default_factory=dict)
    routing: list[list[str]] = field(default_factory=list)


def read_head(lines: list[str]) -> Head:
    """Directives: 群 名 模式, 人 名 角色 群, 时间 2026-05-06 10:00, 不限, 略日报, 规则 名, 规定 TOML, 多近 类别 距离,
    纠纷 字段 …

    And of the tree: 镇 名, 区 名 (above the village), 村 名 群 … (another village), 网格 名 群 …
    单位 名 物业|部门 人 人, 责任 类别 单位或人, 路线 步骤 级别 名 天数, 路线 起点 类别 级别, 路线 归口 类别 物业|部门.
    """
    head = Head()
    for line in lines:
        word, *rest = line.split()
        match word:
            case "群":
                head.rooms[rest[0]] = _MODES[rest[1]] if len(rest) > 1 else RoomMode.ON
            case "人":
                head.people.append(" ".join(rest))
            case "时间":
                head.start = datetime.fromisoformat(" ".join(rest)).replace(tzinfo=ZONE)
            case "不限":
                head.limits = False
            case "略日报":
                head.digests = False
            case "规则":
                head.policy = rest[0]
            case "规定":
                head.rules.append(" ".join(rest))
            case "多近":
                head.near[rest[0]] = rest[1]
            case "纠纷":
                head.disputes = rest
            case "保存月数":
                head.kept_months = int(rest[0])
            case "镇" | "区":
                head.above.append((_ABOVE[word], rest[0]))
            case "村" | "网格":
                head.parts.append((_PARTS[word], rest[0], rest[1:]))
            case "单位":
                head.companies.append((rest[0], OrganisationKind(_COMPANIES[rest[1]]), rest[2:]))
            case "责任":
                head.responsible[rest[0]] = rest[1]
            case "路线":
                head.routing.append(rest)
            case "不可私聊":
                head.unreachable.update(rest)
            case "格":
                head.nodes[rest[0]] = rest[1]
            case "未告知":
                head.untold.update(rest)
            case "没号":
                head.strangers.update(rest)
            case "换号至少":
                head.at_least = int(rest[0])
            case _:
                raise ValueError(f"unknown directive: {line}")
    head.rooms = head.rooms or {"本群": RoomMode.ON}
    head.people = head.people or list(DEFAULT_PEOPLE)
    return head


class Stage:
    """A village in memory, driven line by line."""

    def __init__(self, head: Head, understander: Understander, media_dir: Path | None = None) -> None:
        engine = open_engine("sqlite://")
        schema.create(engine)
        self.head = head
        self.engine = engine
        self._understander, self._media_dir = understander, media_dir
        self._codes = count(2)
        self.app = self._build()
        with self.app.units() as uow:
            settle(uow, _plan(head), self.app.setting, self.app.outbound, head.start)
            _grow(uow, head, self.app)
            for name in head.unreachable:
                identity = uow.people.identity(ACCOUNT, name)
                assert identity is not None, f"nobody is called {name}"
                identity.reachable = False
            _set_the_scene(uow, head)
            _found_companies(uow, head)
            uow.commit()
        self.transport = MemoryTransport(ACCOUNT)
        self.driver = Driver(self.app, self.transport, head.start)
        self.said: list[tuple[str, str, str, str]] = []  # id, speaker, text, chat: what can be quoted
        self._count = 0

    def _build(self) -> App:
        return build(
            self.engine,
            accounts=(ACCOUNT,),
            policy=_policy(self.head),
            words=load_wording(),
            understander=self._understander,
            media_dir=self._media_dir,
            limits=self.head.limits,
            reaches_leaders=True,
            new_code=lambda: f"K7Q{next(self._codes)}-M3XP",
        )

    def _restart(self, until: datetime) -> list[str]:
        """Stop, and begin anew at that moment with what the database holds."""
        self.app = self._build()
        self.driver = Driver(self.app, self.transport, until)
        self.app.shards[ACCOUNT].login(until)
        self.app.shards[ACCOUNT].relay.recover(until)
        return self._show(list(self.driver.send()) + list(self.driver.advance(until)))

    def _switch(self, room_name: str, mode: RoomMode) -> list[str]:
        """The operator gives a room another mode; half a minute later everybody has noticed."""
        with self.app.units() as uow:
            room = uow.places.room(ACCOUNT, room_name)
            assert room is not None, f"no room is called {room_name}"
            room.mode = mode
            uow.commit()
        return self._show(list(self.driver.advance(self.driver.now + FRESH)))

    def _resign(self, name: str) -> list[str]:
        """The operator takes all roles away from somebody; the clock looks at once at what he leaves."""
        with self.app.units() as uow:
            identity = uow.people.identity(ACCOUNT, name)
            assert identity is not None, f"nobody is called {name}"
            person = uow.people.get(identity.person_id)
            for grant in uow.people.grants(person.id):
                uow.people.revoke(person, uow.places.node(grant.node_id), grant.role)
            uow.commit()
        self.driver.look()
        return self._show(list(self.driver.advance(self.driver.now + STEP)))

    def play(self, line: str) -> list[str]:
        """Play one line; returns the lines that the bot says because of it."""
        down = _DOWN.fullmatch(line)
        if down:
            return self._restart(self.driver.now + timedelta(minutes=int(down[1])))
        move = _MOVE.fullmatch(line)
        if move:
            return self._show(list(self.driver.advance(self._target(move))))
        refused = _REFUSED.fullmatch(line)
        if refused:
            self.transport.strangers.symmetric_difference_update({refused[1]})
            return []
        version = _NOTICE.fullmatch(line)
        if version:
            self.head.notice = int(version[1])
            return self._restart(self.driver.now + timedelta(minutes=1))
        resigns = _RESIGNS.fullmatch(line)
        if resigns:
            return self._resign(resigns["name"])
        mode = _MODE.fullmatch(line)
        if mode:
            return self._switch(mode["room"], _MODES[mode["mode"]])
        said = _SAID.fullmatch(line)
        assert said is not None, f"no speaker in: {line}"
        posts = list(self.driver.advance(self.driver.now + STEP))
        self.driver.say(self._message(said))
        return self._show(posts + list(self.driver.send()))

    def tickets(self) -> list[str]:
        """The ledger at the end, one line a ticket, then the signals that wait."""
        words, taxonomy = self.app.setting.words, self.app.setting.taxonomy
        rows = []
        with self.app.units() as uow:
            for ticket in uow.tickets.all():
                asking = [uow.people.get(row.person_id).name for row in uow.tickets.requesters(ticket.id)]
                people = [name for name in asking if name]
                parts = [
                    f"= #{ticket.number}", words.name("kind", ticket.kind.value), taxonomy[ticket.category].name,
                    words.name("status", ticket.status.value), "不公开" if ticket.private else "", ticket.place or "",
                    "、".join(people),
                ]  # fmt: skip
                rows.append(" ".join(part for part in parts if part))
            for signal in uow.signals.all():
                if signal.status.value == "waiting":
                    kind = words.name("kind", signal.kind.value)
                    rows.append(f"= S{signal.number} {kind} {taxonomy[signal.category].name} 待确认")
        return rows

    def _target(self, move: re.Match[str]) -> datetime:
        if move["count"]:
            return self.driver.now + timedelta(**{_UNITS[move["unit"]]: int(move["count"])})
        local = self.driver.now.astimezone(ZONE)
        hour, minute = map(int, move["clock"].split(":"))
        target = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if move["date"]:
            month, day = map(int, move["date"].split("-"))
            return target.replace(month=month, day=day)
        return target if target > local else target + timedelta(days=1)

    def _message(self, said: re.Match[str]) -> Message:
        text = said["text"]
        room = None if said["how"] == ">" else said["room"] or next(iter(self.head.rooms))
        kinds = {"图": AttachmentKind.IMAGE, "语音": AttachmentKind.AUDIO}
        attachments = tuple(Attachment(kinds[name]) for name in _ATTACHED.findall(text))
        pin = _PIN.search(text)
        words = _PIN.sub("", _ATTACHED.sub("", text)).strip().replace("⏎", "\n")
        self._count += 1
        message_id = f"m{self._count}"
        chat = f"私聊{said['name']}" if room is None else room
        quote = None if said["quote"] is None else self._quote(said["quote"], chat)
        names = [line.split()[0] for line in self.head.people]
        self.said.append((message_id, said["name"], words, chat))
        return Message(
            id=message_id,
            account=ACCOUNT,
            room=room,
            sender=said["name"],
            sender_name=said["name"].partition("~")[0],
            text=words,
            at=self.driver.now,
            mentions=tuple([BOT] * ("@小哨" in words) + [name for name in names if f"@{name}" in words]),
            quote=quote,
            attachments=attachments,
            place=pin[1] if pin else None,
        )

    def _quote(self, piece: str, chat: str) -> Quote:
        found = [entry for entry in self.said if piece in entry[2]]
        found = [entry for entry in found if entry[3] == chat] or found  # else carried over from another chat
        assert found, f"nobody said there: {piece}"
        message_id, speaker, text, _ = found[-1]
        return Quote(message_id, text, speaker)

    def _show(self, posts: list[Posted]) -> list[str]:
        lines = []
        for post_id, post in posts:
            if post.kind is PostKind.DIGEST and not self.head.digests:
                continue
            self.said.append((post_id, BOT, post.text, post.room or f"私聊{post.to}"))
            if post.room is not None:
                where = "" if set(self.head.rooms) == {post.room} else f"({post.room}) "
            else:
                where = f"(私) {post.to or f'{post.leader_of}负责人'}："
            lines += f"→ {where}{post.text}".replace("\n", "\n  ").split("\n")
        return lines


def _policy(head: Head) -> Policy:
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
    policy = policy.model_copy(update=own)
    if not head.rules:
        return policy
    return Policy.model_validate(laid_over(policy.model_dump(by_alias=True), tomllib.loads("\n".join(head.rules))))


def _set_the_scene(uow: UnitOfWork, head: Head) -> None:
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
                kind = OrganisationKind(_COMPANIES[rest[1]])
                routes[rest[0]] = routing.route(rest[0]).model_copy(update={"organisation": kind})
            case _:
                raise ValueError(f"unknown route: {what}")
    return routing.model_copy(update={"steps": tuple(steps), "category": routes})


def _found_companies(uow: UnitOfWork, head: Head) -> None:
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


def _plan(head: Head) -> VillagePlan:
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


def _grow(uow: UnitOfWork, head: Head, app: App) -> None:
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
    plans = [plan_digest(node, app.setting, head.start) for node in nodes.values() if node.level is not NodeLevel.GRID]
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


def run(text: str, understander: Understander, look: Callable[[Stage], None] = lambda _: None) -> str:
    """Play a transcript and write it anew with what the bot says now. look sees the village as it is at the end."""
    top, _, talk = text.partition("---\n")
    comments = [line for line in top.splitlines() if line.startswith("#") or not line.strip()]
    directives = [line for line in top.splitlines() if line not in comments]
    stage = Stage(read_head(directives), understander)
    out = []
    for line in talk.splitlines():
        if line.startswith(("→", "  ", "= ")):
            continue
        if not line.strip() or line.startswith("#"):
            out.append(line)
            continue
        out.append(line)
        out += stage.play(line)
    while out and not out[-1].strip():
        out.pop()
    ledger = stage.tickets()
    look(stage)
    stage.engine.dispose()
    return top + "---\n" + "\n".join([*out, *ledger]) + "\n"
