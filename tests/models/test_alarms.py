"""Duty lists, alarms and feedback, as both databases keep them."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from worlds import NOW, add_ticket, build_world

from models.alarm_tables import Alarm
from models.alarms import News
from models.codes import FeedbackSource
from models.feedback_tables import Feedback
from models.states import Move
from models.uow import UnitOfWork


def test_a_duty_list_keeps_its_order_and_is_replaced_as_a_whole(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.duties.put(world.micro, [world.member, world.leader])
        assert uow.duties.at(world.micro) == [world.member, world.leader]
        uow.duties.put(world.micro, [world.leader])
        assert uow.duties.at(world.micro) == [world.leader]
        assert uow.duties.at(world.village) == []
        uow.duties.put(world.micro, [])
        assert uow.duties.at(world.micro) == []


def test_who_is_forgotten_stands_on_no_list(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.duties.put(world.micro, [world.leader, world.member])
        uow.people.forget(world.leader, NOW)
        assert uow.duties.at(world.micro) == [world.member]


def test_two_people_never_both_have_it(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        uow.alarms.begin("t1", NOW)
        uow.commit()
    seen: list[str | None] = []

    def second() -> None:
        with UnitOfWork(engine) as uow:
            alarm = uow.alarms.get("t1")
            assert alarm is not None
            seen.append(alarm.acknowledged_by)

    with UnitOfWork(engine) as uow:
        alarm = uow.alarms.get("t1")
        assert alarm is not None
        other = threading.Thread(target=second)
        other.start()
        other.join(0.2)
        assert seen == [], "the second waits until the first has decided"
        alarm.acknowledged_by, alarm.ended_at = "p1", NOW
        uow.commit()
    other.join(30)
    assert seen == ["p1"]


def test_what_nobody_has_is_found_oldest_first(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        for subject, minutes in (("b", 2), ("a", 1), ("c", 3)):
            uow.alarms.begin(subject, NOW + timedelta(minutes=minutes))
        ended = uow.alarms.get("a")
        assert ended is not None
        ended.ended_at = NOW
        uow.flush()
        assert [alarm.subject for alarm in uow.alarms.waiting()] == ["b", "c"]


def test_of_a_matter_at_most_one_alarm_waits_and_the_last_one_counts(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        first = uow.alarms.begin("t1", NOW)
        first.told = ["p1", "p2"]
        second = uow.alarms.begin("t1", NOW + timedelta(minutes=1), level=2, raised_by="p1")
        second.told, second.acknowledged_by = ["p3", "p2"], "p4"
        uow.commit()
        assert first.ended_at == second.at
        assert uow.alarms.get("t1") is second
        assert list(uow.alarms.waiting()) == [second]
        assert uow.alarms.told("t1") == ("p1", "p2", "p3", "p4")
        uow.session.add(Alarm(subject="t1", at=NOW))
        with pytest.raises(IntegrityError):
            uow.flush()


ENDINGS = {
    "acknowledged": News.TAKEN, "transferred": News.TAKEN, Move.ACCEPT: News.TAKEN, Move.REJECT: News.DROPPED,
    Move.WITHDRAW: News.CALLED_OFF,
}  # fmt: skip


@pytest.mark.parametrize("step", ENDINGS)
def test_an_alarm_ends_with_the_step_that_takes_or_ends_its_matter(engine: Engine, step: str) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow), urgency="emergency")
        uow.alarms.begin(ticket.id, NOW).told = ["p1"]
        uow.tickets.record(ticket, "updated", at=NOW, actor_id="p2")
        assert len(uow.alarms.waiting()) == 1
        assert not uow.alarms.turns
        if isinstance(step, Move):
            uow.tickets.move(ticket, step, at=NOW, actor_id="p2")
        else:
            uow.tickets.record(ticket, step, at=NOW, actor_id="p2", data={"to": "p3"} if step == "transferred" else {})
        assert not uow.alarms.waiting()
        turn = uow.alarms.turns[ticket.id]
        has = {News.CALLED_OFF: None}.get(ENDINGS[step], "p3" if step == "transferred" else "p2")
        assert (turn.news, turn.by, turn.had, turn.has) == (ENDINGS[step], "p2", None, has)
        uow.rollback()
        assert not uow.alarms.turns


def test_who_has_it_is_told_once_that_it_is_over(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow), urgency="emergency")
        uow.alarms.begin(ticket.id, NOW).told = ["p1"]
        uow.tickets.record(ticket, "acknowledged", at=NOW, actor_id="p1")
        uow.commit()
    with UnitOfWork(engine) as uow:
        ticket = uow.tickets.get(ticket.id)
        for move in (Move.ACCEPT, Move.PROCESS, Move.RESOLVE):
            uow.tickets.move(ticket, move, at=NOW, actor_id="p2")
        turn = uow.alarms.turns[ticket.id]
        assert (turn.news, turn.by, turn.had, turn.told) == (News.FINISHED, "p2", "p1", ("p1",))
        uow.commit()
    with UnitOfWork(engine) as uow:
        ticket = uow.tickets.get(ticket.id)
        uow.tickets.move(ticket, Move.CLOSE, at=NOW, actor_id=None)
        assert not uow.alarms.turns


def test_words_go_and_examples_stay(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        one, other = add_ticket(uow, world), add_ticket(uow, world)
        assert world.village.id is not None
        for ticket, days in ((one, 0), (other, 1), (other, 8)):
            uow.feedback.add(
                Feedback(
                    at=NOW - timedelta(days=days),
                    scope_id=world.village.id,
                    source=FeedbackSource.FALSE_ALARM,
                    category="plumbing",
                    label="none",
                    features=[1, 2],
                    text="漏水了",
                    ticket_id=ticket.id,
                )
            )
        uow.feedback.blank_old(NOW - timedelta(days=7))
        uow.flush()
        assert [example.text for example in uow.feedback.all()] == ["漏水了", "漏水了", None]
        uow.feedback.blank_of([one.id])
        found = list(uow.feedback.all())
        assert [example.ticket_id for example in found] == [None, other.id, None]
        assert all(example.features == [1, 2] for example in found)
