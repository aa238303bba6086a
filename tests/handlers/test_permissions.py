"""Every command × every role × group and private, said to the real dispatcher in a village that gives it work.

What must follow is read off the registry (who, in_group, in_private, relation). Who may acts; everybody else gets one
short sentence, and nothing in the database is any different. The village is the same before each line.

A new command needs a line in SCENES only where its own example, said of the complaint, would do nothing, one in MORE
where its right differs from matter to matter; and a relation that RELATIONS does not know needs a line there.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from packs import everything

from bot.app import App, build
from bot.dispatcher import Outcome
from bot.village import PersonPlan, RoomPlan, VillagePlan, settle
from handlers.commands import COMMANDS
from handlers.policy.care import KEEPING
from handlers.policy.patrols import PATROLLING
from handlers.policy.visits import VISITORS
from handlers.policy.votes import OPENING
from handlers.registry import OPERATORS, Command
from handlers.wording import load_wording
from models import schema
from models.codes import LEADERS, STAFF, NodeLevel, OrganisationKind, RecordKind, Role, RoomPurpose, TicketKind
from models.engine import open_engine
from models.message import BOT, Message
from models.outbox import signal_subject
from models.point_tables import PointEntry
from models.states import Move, steps_to
from models.tables import GridNode, Person
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork
from nlp.understander import Understander

WORDS = load_wording()
ACCOUNT, ROOM = "test", "本群"
START = datetime(2026, 5, 6, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LONGEST = 60
"""Characters of a refusal."""
ALL, NOBODY, LEADING = frozenset(Role), frozenset[Role](), frozenset(LEADERS)

RELATIONS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "": ALL,
        "提出人": NOBODY,
        "认领人": NOBODY,
        "认领人或网格人员": STAFF,
        "提出人或网格人员": STAFF,
        "网格长，或告诉过的人": LEADING,
        "经办人，或管到这一级的网格长和领导": NOBODY,  # all roles here are held above what has been reached
        "引用别人的话登记：党员、物业和网格人员": ALL,
        "网格长和领导看全部，治理员看自己手上的": ALL,
        "加减分由规则包定": ALL,
        "规则包不公开时：网格长": ALL,
        "规则包写明的身份": STAFF | OPENING,
        "那里的人": ALL,
        "以及被问到的评议员": ALL,
        "联系人和管名单的人": KEEPING,
        "规则包写明的网格身份": PATROLLING,
        "规则包写明的村里身份": VISITORS,
        "以及该单位的人": ALL,
        "转给他或他的单位": NOBODY,
        "召集过的人": NOBODY,
        "经办人或网格人员；心愿：认领人或网格长": STAFF,
        "经办人、网格人员或提出人": STAFF,
        "经办人或网格人员": STAFF,
        "上一级及以上": ALL,  # all roles of this village are held at the village, above the micro-grid
        "替别人交接：网格长和管理员": ALL,  # what he has himself he may hand over
        "管理员或村社区以上；或者带上自己的绑定码": OPERATORS,
        "有绑定码": NOBODY,
        "私聊或工作群": NOBODY,
    }
)
"""The roles for which a relation asks nothing more; the others need it, as whoever stands in it."""

IN_PRIVATE = "私聊或工作群"
"""The relation in which everybody stands who writes privately."""

WISH, COMPLAINT, DISPUTE, CLAIMED, RESOLVED, ALARMED, PUBLISHED, VOTED, CARED = 1, 2, 3, 4, 5, 6, 7, 8, 9
"""Numbers of the tickets of the village, and of what it has published."""

Prepare = Callable[[UnitOfWork, Person], None]


@dataclass(frozen=True)
class Scene:
    """A line that has an effect; stand puts the speaker in the relation that the command asks for.

    in_hand: in that relation the matter is in his hands, and then his role does not count. looks: changes nothing.
    free: who needs no relation here, where those are others than RELATIONS says. notes: tables that a refusal changes.
    """

    line: str = ""
    stand: Prepare | None = None
    before: Prepare | None = None
    in_hand: bool = False
    looks: bool = False
    free: frozenset[Role] | None = None
    notes: frozenset[str] = frozenset()


def _ticket(uow: UnitOfWork, number: int) -> Ticket:
    (ticket,) = [ticket for ticket in uow.tickets.all() if ticket.number == number]
    return ticket


def _asks(number: int) -> Prepare:
    return lambda uow, person: _join(uow, number, person)


def _says(uow: UnitOfWork, person: Person) -> None:
    """The complaint is in that person's words: who only joined it changes nothing of it."""
    _join(uow, COMPLAINT, person)
    uow.tickets.events(_ticket(uow, COMPLAINT).id)[0].actor_id = person.id


def _join(uow: UnitOfWork, number: int, person: Person) -> None:
    uow.tickets.join(_ticket(uow, number), person, START)


def _somebody_claims(uow: UnitOfWork, _: Person) -> None:
    wish = _ticket(uow, WISH)
    _claims(uow, uow.people.named(uow.places.node(wish.node_id), "老赵")[0])


def _claims(uow: UnitOfWork, person: Person) -> None:
    wish = _ticket(uow, WISH)
    if uow.tickets.end_claim(wish.id, START, "transferred") is None:
        uow.tickets.move(wish, Move.CLAIM, at=START, actor_id=person.id)
    uow.tickets.claim(wish, person, START)
    wish.handler_id = person.id


def _told(uow: UnitOfWork, person: Person) -> None:
    alarm = uow.alarms.get(signal_subject(1))
    assert alarm is not None
    alarm.told = [*alarm.told, person.id]


def _muted(uow: UnitOfWork, _: Person) -> None:
    room = uow.places.room(ACCOUNT, ROOM)
    assert room is not None
    room.muted = True


def _paused(uow: UnitOfWork, _: Person) -> None:
    uow.places.account(ACCOUNT).paused = True


def _deaf(uow: UnitOfWork, person: Person) -> None:
    uow.people.set_deaf(person, True)


def _has_points(uow: UnitOfWork, _: Person) -> None:
    wish = _ticket(uow, WISH)
    helper = uow.people.named(uow.places.node(wish.node_id), "老赵")[0]
    line = PointEntry(scope_id=wish.scope_id, node_id=wish.node_id, rule="by_hand", amount=3, at=START)
    line.person_id = helper.id
    uow.points.put(line)


def _has(number: int) -> Prepare:
    return lambda uow, person: setattr(_ticket(uow, number), "handler_id", person.id)


def _given(uow: UnitOfWork, person: Person) -> None:
    ticket = _ticket(uow, COMPLAINT)
    ticket.handler_id, ticket.given_at = person.id, START


def _at_a_company(uow: UnitOfWork, _: Person) -> None:
    """A company of the village, of which nobody here is part, was given the complaint."""
    ticket = _ticket(uow, COMPLAINT)
    village = uow.places.node_by_code("test")
    assert village is not None
    company = uow.organisations.put(code="c", name="清河物业", kind=OrganisationKind.PROPERTY, node=village)
    ticket.organisation_id, ticket.given_at = company.id, START


def _of_the_company(uow: UnitOfWork, person: Person) -> None:
    (company,) = uow.organisations.named([uow.places.node(_ticket(uow, COMPLAINT).scope_id)], "清河物业")
    uow.organisations.put_members(company, [person])


def _waits(uow: UnitOfWork, _: Person) -> None:
    ticket = _ticket(uow, COMPLAINT)
    for move in steps_to(ticket.kind, ticket.status, Move.ACCEPT):
        uow.tickets.move(ticket, move, at=START, actor_id=None)
    ticket.waiting_since, ticket.waiting_for = START, "等配件"


def _two_ask(uow: UnitOfWork, _: Person) -> None:
    complaint = _ticket(uow, COMPLAINT)
    _join(uow, COMPLAINT, uow.people.named(uow.places.node(complaint.node_id), "老赵")[0])


def _at_the_town(uow: UnitOfWork, _: Person) -> None:
    _ticket(uow, COMPLAINT).level = 2


def _is_called(uow: UnitOfWork, person: Person) -> None:
    data = {"teams": ["red"], "people": {person.id: "red"}}
    uow.tickets.record(_ticket(uow, COMPLAINT), "teams_called", at=START, actor_id=None, data=data)


def _has_a_deputy(uow: UnitOfWork, person: Person) -> None:
    village = uow.places.node_by_code("test")
    assert village is not None
    (deputy,) = uow.people.named(village, "老何")
    uow.deputies.name(person, deputy, since=START, until=START + timedelta(days=2))


CODE = "K7Q2-M3XP"


def _has_a_code(uow: UnitOfWork, person: Person) -> None:
    code = uow.identities.issue(person, by=person.id, at=START, expires_at=START + timedelta(days=3))
    assert code == CODE


def _perhaps_renumbered(uow: UnitOfWork, _: Person) -> None:
    """王阿姨 may have a new id, which nobody has decided."""
    room = uow.places.room(ACCOUNT, ROOM)
    identity = uow.people.identity(ACCOUNT, "王阿姨")
    assert room is not None and room.id is not None and identity is not None
    uow.places.account(ACCOUNT).roles_paused = True
    uow.identities.propose(
        ACCOUNT, room_id=room.id, person=uow.people.get(identity.person_id), old_id="王阿姨", new_id="王阿姨~2",
        display_name="王阿姨", evidence=["name"], at=START,
    )  # fmt: skip


def _among_staff(uow: UnitOfWork, _: Person) -> None:
    room = uow.places.room(ACCOUNT, ROOM)
    assert room is not None
    room.purpose = RoomPurpose.STAFF


def _on_the_agenda(uow: UnitOfWork, _: Person) -> None:
    """A meeting of the village has the dispute before it."""
    dispute, village = _ticket(uow, DISPUTE), uow.places.node_by_code("test")
    assert village is not None
    record = uow.records.open(
        RecordKind.MEETING, village, village, title="联席会议 5月5日", at=START, subject="", period="2026-05-05"
    )
    uow.records.put(record, "agenda", dispute.id, at=START, ticket_id=dispute.id)


SCENES: Mapping[str, Scene] = MappingProxyType(
    {
        "帮助:nothing": Scene(looks=True),
        "菜单:nothing": Scene(looks=True),
        "菜单:apart": Scene(looks=True),
        "服务:apart": Scene(looks=True),
        "登记:text": Scene("登记 路灯坏了三天没人修"),
        "认领:number": Scene(f"认领 {WISH}"),
        "放弃:number_text": Scene(f"放弃 {WISH}", stand=_claims, in_hand=True),
        "完成:number_text": Scene(f"完成 {WISH}", stand=_claims, before=_somebody_claims, in_hand=True),
        "确认:signals": Scene("确认 S1"),
        "确认:number_text": Scene(f"确认 {RESOLVED}", stand=_asks(RESOLVED)),
        "满意:number_text": Scene(f"满意 {RESOLVED}", stand=_asks(RESOLVED)),
        "一般:number_text": Scene(f"一般 {RESOLVED}", stand=_asks(RESOLVED)),
        "不满意:number_text": Scene(f"不满意 {RESOLVED}", stand=_asks(RESOLVED)),
        "撤回:number_text": Scene(f"撤回 {COMPLAINT}", stand=_asks(COMPLAINT)),
        "查:number": Scene(looks=True),
        "我的:nothing": Scene(looks=True),
        "改:number_text": Scene(f"改 {COMPLAINT} 地点 3栋2单元", stand=_says),
        "转办:number_text": Scene(f"转办 {COMPLAINT} @周书记", stand=_has(COMPLAINT), in_hand=True),
        "收到:signals": Scene("收到 S1", stand=_told),
        "收到:number": Scene(f"收到 {ALARMED}"),
        "值班:nothing": Scene(looks=True),
        "周报:text": Scene(looks=True),
        "月报:text": Scene("月报 上月", looks=True),
        "值班:people": Scene("值班 @老何"),
        "忽略:signals_or_rest": Scene("忽略 S1"),
        "同意:number_text": Scene(f"同意 {CLAIMED}"),
        "不同意:number_text": Scene(f"不同意 {CLAIMED}"),
        "台账:nothing": Scene(looks=True),
        "线索:nothing": Scene(looks=True),
        "记录:number_text": Scene(f"记录 {DISPUTE} 化解方式 劝和", stand=_has(DISPUTE), in_hand=True),
        "日报:nothing": Scene(looks=True),
        "全程:number": Scene(looks=True),
        "会议:apart": Scene(looks=True),
        "议定:number_text": Scene(f"议定 {DISPUTE} 请司法所牵头再调一次", before=_on_the_agenda),
        "积分:nothing": Scene(looks=True),
        "积分:people": Scene("积分 @老赵 +3 帮了忙"),
        "积分 撤销:text": Scene("积分 撤销 P1 记重了", before=_has_points),
        "积分榜:text": Scene("积分榜 上月", looks=True),
        "考核:text": Scene("考核 清河村 信访 1"),
        "记分榜:text": Scene("记分榜 上月", looks=True),
        "红黑榜:text": Scene("红黑榜 上月", looks=True),
        "隐患图:nothing": Scene(looks=True),
        "恢复:nothing": Scene(before=_muted),
        "全体恢复:nothing": Scene(before=_paused),
        "可以听我:nothing": Scene(before=_deaf),
        "更正:number_text": Scene(f"更正 {PUBLISHED} 本月水费每吨3元5角"),
        "查公开:apart": Scene(looks=True),
        "赞成:number_text": Scene(f"赞成 {VOTED}"),
        "反对:number_text": Scene(f"反对 {VOTED}"),
        "弃权:number_text": Scene(f"弃权 {VOTED}"),
        "投票:number_text": Scene(f"投票 {VOTED} 赞成"),
        "帮扶:apart": Scene(f"帮扶 {CARED} 送了米"),
        "查帮扶:apart": Scene("查帮扶", looks=True, free=ALL),
        "一事一册:number": Scene(looks=True),
        "评议组:nothing": Scene(looks=True),
        "评议组:people": Scene("评议组 @老何 @老赵"),
        "查议事:apart": Scene("查议事", looks=True),
        "结束议事:number_text": Scene(f"结束议事 {VOTED}"),
        "查走访:apart": Scene("查走访", looks=True),
        "查巡查:apart": Scene(looks=True),
        "等待:number_text": Scene(f"等待 {COMPLAINT} 等配件到货", stand=_has(COMPLAINT), in_hand=True),
        "继续:number_text": Scene(f"继续 {COMPLAINT}", before=_waits, stand=_asks(COMPLAINT)),
        "延期:number_text": Scene(f"延期 {COMPLAINT} 3天 要等配件"),
        "催办:number_text": Scene(f"催办 {COMPLAINT}", stand=_asks(COMPLAINT)),
        "退回:number_text": Scene(f"退回 {COMPLAINT} 这是水务的管道", stand=_given, in_hand=True),
        "召集:number_text": Scene(f"召集 {COMPLAINT} 红 一起清理"),
        "应召:number_text": Scene(f"应召 {COMPLAINT}", stand=_is_called),
        "合并:number_text": Scene(f"合并 {COMPLAINT} {RESOLVED}"),
        "拆分:number_text": Scene(f"拆分 {COMPLAINT} 老赵", before=_two_ask),
        "代理:nothing": Scene(looks=True),
        "代理:people": Scene("代理 @老何 到 5月10日"),
        "代理取消:nothing": Scene(before=_has_a_deputy),
        "交接:people": Scene("交接 @老何", before=_has(RESOLVED)),
        "绑定:code": Scene("绑定 test 确认"),
        "绑定我:code": Scene(f"绑定我 {CODE}", stand=_has_a_code, notes=frozenset({"code_try"})),
        "发码:people": Scene("发码 老何"),
        "换号:nothing": Scene(before=_perhaps_renumbered, stand=_among_staff, looks=True),
        "确认换号:list": Scene("确认换号 1", before=_perhaps_renumbered, stand=_among_staff),
        "不是:list": Scene("不是 1", before=_perhaps_renumbered, stand=_among_staff),
    }
)

_COMPANYS = {"before": _at_a_company, "free": STAFF}
MORE: Mapping[str, tuple[Scene, ...]] = MappingProxyType(
    {
        "受理:number_text": (Scene(stand=_of_the_company, in_hand=True, **_COMPANYS),),
        "处理:number_text": (Scene(stand=_of_the_company, in_hand=True, **_COMPANYS),),
        "办结:number_text": (Scene(stand=_of_the_company, in_hand=True, **_COMPANYS),),
        "上报:number_text": (Scene(stand=_of_the_company, in_hand=True, before=_at_a_company),),
        "退回:number_text": (Scene(stand=_of_the_company, in_hand=True, before=_at_a_company),),
        "转办:number_text": (Scene(f"转办 {COMPLAINT} @周书记", **_COMPANYS),),
        "等待:number_text": (
            Scene(f"等待 {WISH} 等亲戚来", before=_somebody_claims, stand=_claims, in_hand=True, free=LEADING),
            Scene(f"等待 {COMPLAINT} 等配件到货", stand=_of_the_company, in_hand=True, **_COMPANYS),
        ),
        "继续:number_text": (Scene(f"继续 {COMPLAINT}", before=_waits, stand=_has(COMPLAINT)),),
        "督办:number_text": (Scene(before=_at_the_town, free=NOBODY),),
        "代理:people": (Scene("代理 @老何 到 5月10日", before=_at_a_company, stand=_of_the_company, in_hand=True),),
        "代理:nothing": (Scene(before=_at_a_company, stand=_of_the_company, in_hand=True, looks=True),),
        "交接:people": (
            Scene("交接 @老何", before=_at_a_company, stand=_of_the_company, in_hand=True, free=NOBODY),
            Scene("交接 老赵 给 老何", before=_somebody_claims, free=LEADING | {Role.ADMIN}),
        ),
        "绑定:code": (
            Scene(f"绑定 test {CODE}", stand=_has_a_code, free=NOBODY, notes=frozenset({"code_try"})),
            Scene("绑定 test", looks=True),
        ),
    }
)
"""Further scenes of a command whose right differs from matter to matter."""

SOME = (Role.RESIDENT, Role.PROPERTY, Role.VILLAGE)
"""Roles that are enough where the role should make no difference."""

IN_HAND = frozenset({"受理", "处理", "办结", "上报", "转办", "改", "查", "等待", "继续", "召集"})
"""What whoever was given a public matter may do with it, whatever his role."""
NOT_HIS_OWN = frozenset({"督办"})
"""What nobody does with what he has himself."""


class Village:
    """The base state in a copy, put back before each line."""

    def __init__(self, understander: Understander) -> None:
        self.engine = open_engine("sqlite://")
        schema.create(self.engine)
        self.app: App = build(
            self.engine,
            accounts=(ACCOUNT,),
            policy=everything(),
            words=WORDS,
            understander=understander,
            limits=False,
            reaches_leaders=True,
            new_code=lambda: CODE,
        )
        self._ids = count(1)
        self._settle()
        self.connection = self._driver()
        self._base = sqlite3.connect(":memory:")
        self.connection.backup(self._base)

    def _driver(self) -> sqlite3.Connection:
        raw = self.engine.raw_connection()
        assert isinstance(raw.driver_connection, sqlite3.Connection)
        return raw.driver_connection

    def _settle(self) -> None:
        people = [
            PersonPlan(role.value, role.value, {ROOM: Role.RESIDENT} if role is Role.RESIDENT else {}, _roles(role))
            for role in Role
        ]
        people += [
            PersonPlan("王阿姨", "王阿姨", {ROOM: Role.RESIDENT}),
            PersonPlan("老赵", "老赵", {}, (Role.PARTY_MEMBER,)),
            PersonPlan("老何", "老何", {}, (Role.GOVERNOR,)),
            PersonPlan("周书记", "周书记", {ROOM: Role.MICRO_LEADER}),
        ]
        plan = VillagePlan(ACCOUNT, "test", "test", "清河村", [RoomPlan(ROOM, ROOM)], people)
        with self.app.units() as uow:
            settle(uow, plan, self.app.setting, self.app.outbound, START)
            _put_below_a_town(uow)
            other = uow.places.add_node(code="far", name="远村", level=NodeLevel.VILLAGE, parent=None)
            for role in Role:
                stranger = uow.people.add(f"far-{role.value}")
                uow.people.bind(stranger, ACCOUNT, stranger.name, stranger.name, reachable=True)
                uow.people.grant(stranger, other, role)
            uow.commit()
        for text in (
            "登记 想借一个梯子", "登记 三楼漏水了没人管", "登记 房东不退我押金", "登记 想找人陪我妈聊天",
            "登记 楼下垃圾堆了三天没人收拾", "登记 电梯坏了，有人被困在里面",
        ):  # fmt: skip
            assert self.say("王阿姨", text, None) is Outcome.COMMAND
        assert self.say("village", "公开 水费 本月水费每吨3元，10日起收", None) is Outcome.COMMAND
        assert self.say("village", "议事 村口装不装路灯", None) is Outcome.COMMAND
        assert self.say("village", "结对 王奶奶 老赵", None) is Outcome.COMMAND
        with self.app.units() as uow:
            room = uow.places.room(ACCOUNT, ROOM)
            assert room is not None
            assert room.node_id is not None
            self._move(uow, uow.places.node(room.node_id), room.id)
            uow.commit()

    def _move(self, uow: UnitOfWork, node: GridNode, room_id: int | None) -> None:
        """Bring the tickets to the stages that their numbers stand for, and make a signal that is an emergency."""
        (helper,) = uow.people.named(node, "老赵")
        (leader,) = uow.people.named(node, "周书记")
        wish, resolved, dispute = (_ticket(uow, number) for number in (CLAIMED, RESOLVED, DISPUTE))
        uow.tickets.move(wish, Move.CLAIM, at=START, actor_id=helper.id)
        uow.tickets.claim(wish, helper, START)
        wish.handler_id = helper.id
        assert dispute.kind is TicketKind.DISPUTE
        for move in steps_to(resolved.kind, resolved.status, Move.RESOLVE):
            uow.tickets.move(resolved, move, at=START, actor_id=leader.id)
        signal = uow.signals.add(
            Signal(
                scope_id=resolved.scope_id, number=1, kind=TicketKind.COMPLAINT, category="fire_safety",
                node_id=node.id, room_id=room_id, text="楼道冒烟了", urgency="emergency", at=START,
            )
        )  # fmt: skip
        uow.alarms.begin(signal_subject(signal.id or 0), START).told = [leader.id]

    def say(self, sender: str, text: str, room: str | None) -> Outcome:
        number = next(self._ids)
        message = Message(
            f"m{number}", ACCOUNT, room, sender, text, START + timedelta(seconds=number), sender,
            (BOT,) if room is not None else (),
        )  # fmt: skip
        return self.app.shards[ACCOUNT].dispatcher.handle(message, message.at)

    def restore(self) -> None:
        self._base.backup(self.connection)

    def prepare(self, name: str, *steps: Prepare | None) -> None:
        if any(step is not None for step in steps):
            with self.app.units() as uow:
                identity = uow.people.identity(ACCOUNT, name)
                assert identity is not None
                for step in steps:
                    if step is not None:
                        step(uow, uow.people.get(identity.person_id))
                uow.commit()

    def state(self) -> dict[str, list[Any]]:
        """Everything that the database holds, but what was heard and is to be said."""
        names = [name for (name,) in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in names if name not in ("seen", "outgoing", "outgoing_subject")]
        return {name: self.connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in kept}

    def posts(self) -> int:
        return int(self.connection.execute("SELECT coalesce(max(id), 0) FROM outgoing").fetchone()[0])

    def said_since(self, last: int) -> list[str]:
        rows = self.connection.execute("SELECT text FROM outgoing WHERE id > ? ORDER BY id", (last,))
        return [text for (text,) in rows]


def _put_below_a_town(uow: UnitOfWork) -> None:
    """Somebody must stand above the village: what is at the top cannot be reported up."""
    village = uow.places.node_by_code("test")
    assert village is not None
    town = uow.places.add_node(code="town", name="清河镇", level=NodeLevel.TOWN, parent=None)
    rooms = [room for room in uow.places.rooms() if room.node_id is not None]
    for node in (village, *(uow.places.node(room.node_id or 0) for room in rooms)):
        node.path = town.path + node.path.removeprefix("/")
    village.parent_id = town.id
    uow.people.grant(uow.people.add("镇领导"), town, Role.TOWN)


def _roles(role: Role) -> tuple[Role, ...]:
    return () if role is Role.RESIDENT else (role,)


def _pattern(key: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", WORDS.get(key) or "")
    return re.compile(".*".join(map(re.escape, parts)))


_REFUSING = {"help.did_you_mean", "code.wrong", "code.over", "code.too_often"}
REFUSALS = [_pattern(key) for key in sorted(WORDS.keys) if key.startswith("refuse.") or key in _REFUSING]
TROUBLE = WORDS.say("refuse.trouble")


def is_refusal(text: str) -> bool:
    return text == WORDS.say("help.hint") or any(pattern.fullmatch(text) for pattern in REFUSALS)


def scenes_of(command: Command) -> tuple[Scene, ...]:
    return (SCENES.get(command.name, Scene()), *MORE.get(command.name, ()))


def line_of(command: Command, scene: Scene) -> str:
    return scene.line or re.sub(r"\b12\b", str(COMPLAINT), command.example)


WALK = [(command, scene) for command in COMMANDS for scene in scenes_of(command)]


def free_of(command: Command, scene: Scene, room: str | None) -> frozenset[Role]:
    """The roles that need no relation for it there."""
    free = RELATIONS.get(command.relation)
    assert free is not None, f"RELATIONS does not know 「{command.relation}」 of {command.name}"
    if command.relation == IN_PRIVATE and room is None:
        return ALL
    return free if scene.free is None else scene.free


@pytest.fixture(scope="module")
def village(understander: Understander) -> Iterator[Village]:
    made = Village(understander)
    yield made
    made.engine.dispose()


@dataclass(frozen=True)
class Tried:
    """What became of one line."""

    outcome: Outcome
    said: list[str]
    changed: list[str]

    @property
    def refused(self) -> bool:
        return bool(self.said) and all(is_refusal(text) for text in self.said)

    def wrong(self, scene: Scene, *, acts: bool) -> str | None:
        """What is not as it should be."""
        if self.outcome is not Outcome.COMMAND or TROUBLE in self.said:
            return f"{self.outcome} {self.said}"
        if acts:
            if self.refused or not self.said:
                return f"may, but: {self.said}"
            return None if scene.looks or self.changed else f"changed nothing: {self.said}"
        if not self.refused or len(self.said) != 1:
            return f"may not, but: {self.said}"
        (sentence,) = self.said
        if "\n" in sentence or len(sentence) > LONGEST or not sentence.endswith(("。", "？")):
            return f"no short sentence: {sentence}"
        changed = [name for name in self.changed if name not in scene.notes]
        return f"refused, but changed {changed}" if changed else None


def trial(
    village: Village, command: Command, scene: Scene, speaker: str, room: str | None, *steps: Prepare | None
) -> Tried:
    village.restore()
    village.prepare(speaker, scene.before, *steps)
    before, last = village.state(), village.posts()
    outcome = village.say(speaker, line_of(command, scene), room)
    after = village.state()
    changed = [name for name in after if after[name] != before[name]]
    return Tried(outcome, village.said_since(last), changed)


def here(command: Command, room: str | None) -> bool:
    return command.in_private if room is None else command.in_group


@pytest.mark.parametrize("room", [ROOM, None], ids=["group", "private"])
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_exactly_those_act_whom_the_registry_names(village: Village, role: Role, room: str | None) -> None:
    wrong = []
    for command, scene in WALK:
        free = free_of(command, scene, room)
        entitled = here(command, room) and command.open_to(frozenset({role}))
        for stands in (False, True) if scene.stand is not None else (False,):
            in_hand = stands and scene.in_hand and here(command, room)
            acts = in_hand or (entitled and (stands or role in free))
            tried = trial(village, command, scene, role.value, room, scene.stand if stands else None)
            if (what := tried.wrong(scene, acts=acts)) is not None:
                wrong.append(f"{command.name} {'in its relation' if stands else ''}: {what}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", SOME, ids=lambda role: role.value)
def test_a_role_elsewhere_is_none_here(village: Village, role: Role) -> None:
    """In the group it counts as that of a resident; in private the tickets of this village are not even there."""
    wrong = []
    for command, scene in WALK:
        for room in (ROOM, None):
            if room is None and not (command.takes_number or command.takes_signals):
                continue  # it is about his own village
            if command.words[0] in ("全体静音", "全体恢复") or not here(command, room):
                continue  # said for all rooms, wherever it is said
            mine = command.open_to(frozenset({Role.RESIDENT})) and Role.RESIDENT in free_of(command, scene, room)
            tried = trial(village, command, scene, f"far-{role.value}", room)
            if (what := tried.wrong(scene, acts=mine and room is not None)) is not None:
                wrong.append(f"{command.name} {room}: {what}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", [ROOM, None], ids=["group", "private"])
@pytest.mark.parametrize("role", SOME, ids=lambda role: role.value)
def test_who_was_given_a_matter_may_handle_it_whatever_his_role(village: Village, role: Role, room: str | None) -> None:
    wrong = []
    for command in COMMANDS:
        scene = scenes_of(command)[0]
        line = line_of(command, scene)
        if not command.takes_number or not re.search(rf"(?<!S){COMPLAINT}\b", line) or not here(command, room):
            continue
        entitled = command.open_to(frozenset({role})) and role in free_of(command, scene, room)
        tried = trial(village, command, scene, role.value, room, _has(COMPLAINT))
        acts = (entitled and command.words[0] not in NOT_HIS_OWN) or command.words[0] in IN_HAND
        if (what := tried.wrong(scene, acts=acts)) is not None:
            wrong.append(f"{command.name}: {what}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_with_a_code_a_room_is_bound_by_who_works_there(village: Village, role: Role) -> None:
    """Anybody else is bound himself by his code, and the room stays where it was."""
    (command,) = (command for command in COMMANDS if command.name == "绑定:code")
    tried = trial(village, command, MORE[command.name][0], role.value, ROOM, _has_a_code)
    assert ("room" in tried.changed) == (role in STAFF)


@pytest.mark.parametrize("role", sorted(OPERATORS), ids=lambda role: role.value)
def test_a_bound_room_is_bound_anew_only_when_that_is_confirmed(village: Village, role: Role) -> None:
    (command,) = (command for command in COMMANDS if command.name == "绑定:code")
    asked = trial(village, command, MORE[command.name][1], role.value, ROOM)
    assert "确认" in asked.said[0]
    assert asked.changed == []
    assert "room" in trial(village, command, SCENES[command.name], role.value, ROOM).changed


def test_every_post_of_the_walk_that_is_no_act_is_a_known_refusal() -> None:
    assert len(REFUSALS) > 40
    assert is_refusal(WORDS.say("refuse.role", roles="网格长"))
    assert not is_refusal(WORDS.say("quiet.all_on"))
