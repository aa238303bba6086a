"""Who is told of an emergency, what he reads, and what a late or foreign look at the clock does."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from transcript import Stage
from transcript_head import read_head
from worlds import NOW, World, add_ticket, build_world

from handlers.alarm.alarms import begin, begin_above, is_alarming, look, text_for
from handlers.alarm.duty import on_duty
from handlers.effects import Remind, Tell
from handlers.policy import load_policy
from handlers.setting import Setting
from handlers.wording import load_wording
from models.codes import OutgoingState, PostKind, Role, TicketKind, Topic
from models.states import Move
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def setting(understander: Understander) -> Setting:
    return Setting(load_policy(), load_wording(), Taxonomy.load(), understander.understand)


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(engine) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    """With a grid leader, a governor and somebody of the town besides."""
    world = build_world(uow)
    for name, node, role in (
        ("小何", world.micro, Role.GOVERNOR),
        ("老周", world.grid, Role.GRID_LEADER),
        ("镇长", world.town, Role.TOWN),
    ):
        person = uow.people.add(name)
        uow.people.bind(person, "test", name, name, reachable=True)
        uow.people.grant(person, node, role)
    return world


def called(uow: UnitOfWork, effects: list[object]) -> list[str]:
    return [uow.people.get(e.person_id).name for e in effects if isinstance(e, Tell) and e.person_id is not None]


def named(uow: UnitOfWork, world: World, name: str) -> str:
    (person,) = uow.people.named(world.village, name)
    return person.id


def fire(uow: UnitOfWork, world: World) -> Ticket:
    return add_ticket(uow, world, category="fire_safety", urgency="emergency", words="3栋着火了")


def beating(uow: UnitOfWork, world: World) -> Ticket:
    return add_ticket(
        uow, world, TicketKind.DISPUTE, category="family", flags=["violence"], private=True, words="隔壁又打人"
    )


def test_the_line_goes_from_the_duty_list_to_the_leaders_of_each_level_up(uow: UnitOfWork, world: World) -> None:
    assert [person.name for person in on_duty(uow, world.micro)] == ["老李", "老周", "镇长"]
    uow.duties.put(world.village, [uow.people.get(named(uow, world, name)) for name in ("镇长", "小何")])
    assert [person.name for person in on_duty(uow, world.micro)] == ["镇长", "小何", "老李", "老周"]
    uow.duties.put(world.micro, [uow.people.get(named(uow, world, "小何"))])
    assert [person.name for person in on_duty(uow, world.micro)] == ["小何", "老李", "老周", "镇长"]


def test_who_lost_his_role_or_is_forgotten_is_passed_over(uow: UnitOfWork, world: World) -> None:
    uow.duties.put(world.micro, [world.member, uow.people.get(named(uow, world, "小何"))])
    assert [person.name for person in on_duty(uow, world.micro)] == ["小何", "老李", "老周", "镇长"]
    uow.people.forget(uow.people.get(named(uow, world, "小何")), NOW)
    assert uow.duties.at(world.micro) == [world.member]
    assert [person.name for person in on_duty(uow, world.micro)] == ["老李", "老周", "镇长"]


def test_each_look_tells_the_next_and_plans_one_more(uow: UnitOfWork, world: World, setting: Setting) -> None:
    ticket = fire(uow, world)
    effects = begin(uow, setting, ticket, NOW)
    told = [called(uow, effects)]
    while reminds := [effect for effect in effects if isinstance(effect, Remind)]:
        assert len(reminds) == 1
        effects = look(uow, setting, reminds[0].subject, reminds[0].period, reminds[0].at)
        told.append(called(uow, effects))
        assert all(effect.kind is PostKind.EMERGENCY for effect in effects if isinstance(effect, Tell))
    assert told == [["老李"], ["老周"], ["镇长"], ["老李", "老周", "镇长"]]
    assert [event.kind for event in uow.tickets.events(ticket.id)][1:] == ["alerted", "alerted", "unanswered"]
    assert [alarm.subject for alarm in uow.alarms.waiting()] == [ticket.id]


def test_a_look_of_an_alarm_that_is_gone_tells_nobody(uow: UnitOfWork, world: World, setting: Setting) -> None:
    assert world.village.id is not None
    assert world.micro.id is not None
    old, new = (
        Signal(
            scope_id=world.village.id, number=number, kind=TicketKind.WISH, category="companionship",
            node_id=world.micro.id, text="不想活了", flags=["suicide"], at=NOW,
        )
        for number in (1, 2)
    )  # fmt: skip
    uow.signals.add(old)
    (planned,) = (effect for effect in begin(uow, setting, old, NOW) if isinstance(effect, Remind))
    uow.signals.remove(old)
    uow.flush()
    new.id = old.id  # SQLite gives a free number again
    uow.signals.add(new)
    begin(uow, setting, new, NOW + timedelta(minutes=1))
    assert look(uow, setting, planned.subject, planned.period, LATER) == []


def test_of_what_is_private_only_who_is_in_charge_reads_more(uow: UnitOfWork, world: World, setting: Setting) -> None:
    ticket = beating(uow, world)
    assert is_alarming(ticket)
    assert "隔壁又打人" in text_for(uow, setting, ticket, world.leader.id)
    others = text_for(uow, setting, ticket, named(uow, world, "老周"))
    assert str(ticket.number) in others
    assert not any(word in others for word in ("打", "婚姻", "家庭", world.resident.name))


def test_who_said_it_is_never_told(uow: UnitOfWork, world: World, setting: Setting) -> None:
    ticket = beating(uow, world)
    uow.tickets.join(ticket, world.leader, NOW)
    assert called(uow, begin(uow, setting, ticket, NOW)) == ["老周"]


def test_nobody_waits_for_who_cannot_be_written_to(uow: UnitOfWork, world: World, setting: Setting) -> None:
    for identity in uow.people.identities(world.leader.id):
        identity.reachable = False
    assert called(uow, begin(uow, setting, fire(uow, world), NOW)) == ["老李", "老周"]


@pytest.mark.parametrize("flags", [["petition"], ["petition", "violence"], ["health"], []])
def test_nobody_has_to_answer_to_talk_of_a_petition(uow: UnitOfWork, world: World, flags: list[str]) -> None:
    assert not is_alarming(add_ticket(uow, world, flags=flags))


def test_who_moved_it_up_is_not_called_and_those_above_are(uow: UnitOfWork, world: World, setting: Setting) -> None:
    ticket = fire(uow, world)
    begin(uow, setting, ticket, NOW)
    uow.tickets.record(ticket, "acknowledged", at=NOW, actor_id=world.leader.id)
    boss = uow.people.get(named(uow, world, "老周"))
    uow.people.grant(boss, world.village, Role.VILLAGE)
    ticket.level = 1
    effects = begin_above(uow, setting, ticket, "请来人", LATER, raised_by=boss)
    assert called(uow, effects) == ["镇长"]
    assert [effect.topic for effect in effects if isinstance(effect, Tell)] == [Topic.ESCALATED]
    (planned,) = (effect for effect in effects if isinstance(effect, Remind))
    again = look(uow, setting, planned.subject, planned.period, planned.at)
    assert called(uow, again) == ["镇长"]
    assert [alarm.level for alarm in uow.alarms.waiting()] == [1]


def test_nothing_is_asked_of_anybody_where_nobody_is_above(uow: UnitOfWork, world: World, setting: Setting) -> None:
    ticket = fire(uow, world)
    begin(uow, setting, ticket, NOW)
    ticket.level = 3
    mayor = uow.people.get(named(uow, world, "镇长"))
    assert begin_above(uow, setting, ticket, "请来人", LATER, raised_by=mayor) == []
    assert [alarm.level for alarm in uow.alarms.waiting()] == [0]


def test_looks_at_an_alarm_that_has_ended_or_that_another_followed_do_nothing(
    uow: UnitOfWork, world: World, setting: Setting
) -> None:
    ticket = fire(uow, world)
    (first,) = (effect for effect in begin(uow, setting, ticket, NOW) if isinstance(effect, Remind))
    ticket.level = 1
    # In the same second, as when a channel delivers late.
    (second,) = (
        effect
        for effect in begin_above(uow, setting, ticket, "", NOW, raised_by=world.leader)
        if isinstance(effect, Remind)
    )
    assert first.period != second.period
    assert look(uow, setting, first.subject, first.period, LATER) == []
    uow.tickets.move(ticket, Move.REJECT, at=LATER, actor_id=world.leader.id)
    assert look(uow, setting, second.subject, second.period, LATER) == []


def test_who_never_heard_of_it_does_not_hear_that_it_is_over(understander: Understander) -> None:
    stage = Stage(read_head([]), understander)
    stage.play("王阿姨：3栋着火了，浓烟滚滚")
    with stage.app.units() as uow:
        (row,) = (row for row in uow.outbox.in_state(OutgoingState.SENT) if row.topic is Topic.ALARM)
        row.state = OutgoingState.PENDING
        uow.commit()
    assert [line for line in stage.play("王阿姨>撤回 1") if "老李" in line] == []


def test_what_is_said_again_hours_after_an_answer_calls_again(understander: Understander) -> None:
    stage = Stage(read_head([]), understander)
    stage.play("小陈：我真的不想活了，活着没意思")
    stage.play("老李>收到 S1")
    assert stage.play("小陈：真的不想活了") == []
    stage.play("@+2h")
    assert any("【紧急】" in line for line in stage.play("小陈：我真的不想活了，活着没意思"))
