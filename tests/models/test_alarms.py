"""Duty lists, alarms and feedback, as both databases keep them."""

import threading
from datetime import timedelta

from sqlalchemy import Engine
from worlds import NOW, add_ticket, build_world

from models.codes import FeedbackSource
from models.ticket_tables import Feedback
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
