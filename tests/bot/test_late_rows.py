"""Rows that become visible late, and schedules that fail: neither may keep anything back for ever."""

from datetime import timedelta

import pytest
from plain import plain_app
from sqlalchemy import Engine
from sqlmodel import select
from worlds import ACCOUNT, NOW, build_world

from bot.app import App
from bot.queue import Queue
from handlers.clockwork import schedules
from handlers.clockwork.schedules import ScheduleKind, Tick
from models.codes import OutgoingState, PostKind, ScheduleState
from models.outgoing_tables import Outgoing
from models.tables import Schedule
from models.uow import UnitOfWork


@pytest.fixture
def app(engine: Engine) -> App:
    with UnitOfWork(engine) as uow:
        build_world(uow)
        uow.commit()
    return plain_app(engine, (ACCOUNT,))


def _row(text: str) -> Outgoing:
    return Outgoing(
        account=ACCOUNT, person_id="p", address="p", kind=PostKind.REPLY, text=text, created_at=NOW, not_before=NOW
    )


def test_a_row_committed_after_one_with_a_higher_number_is_sent(postgres_engine: Engine) -> None:
    """PostgreSQL gives numbers before the commit: the clock's row 1 may appear after the shard's row 2."""
    with UnitOfWork(postgres_engine) as uow:
        build_world(uow)
        uow.commit()
    relay = plain_app(postgres_engine, (ACCOUNT,)).shards[ACCOUNT].relay
    with UnitOfWork(postgres_engine) as slow:
        slow.outbox.add(_row("first"))
        with UnitOfWork(postgres_engine) as quick:
            quick.outbox.add(_row("second"))
            quick.commit()
        relay.refill()
        post = relay.take(NOW)
        assert post is not None and post.text == "second"
        slow.commit()
    relay.refill()
    post = relay.take(NOW)
    assert post is not None and post.text == "first"
    assert relay.take(NOW) is None


def test_a_row_stands_in_the_queue_once(app: App) -> None:
    relay = app.shards[ACCOUNT].relay
    with app.units() as uow:
        uow.outbox.add(_row("once"))
        uow.commit()
    relay.refill()
    relay.refill()
    assert relay.take(NOW) is not None
    relay.refill()
    assert relay.take(NOW) is None
    queue, row = Queue(), _row("x")
    row.id = 1
    policy = app.setting.policy
    queue.add([(row, policy), (row, policy)])
    assert len(queue) == 1


def test_a_post_that_was_dropped_meanwhile_is_not_sent(app: App) -> None:
    relay = app.shards[ACCOUNT].relay
    with app.units() as uow:
        uow.outbox.add(_row("secret"))
        uow.commit()
    relay.refill()
    with app.units() as uow:
        (row,) = uow.outbox.pending(ACCOUNT)
        row.text, row.state, row.error = "", OutgoingState.DROPPED, "erased"
        uow.commit()
    assert relay.take(NOW) is None


def test_schedules_that_fail_do_not_stand_in_the_way(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(tick: Tick) -> list[object]:
        if tick.schedule.subject.startswith("bad"):
            raise ZeroDivisionError
        ran.append(tick.schedule.subject)
        return []

    kinds = {**schedules.KINDS, "near": ScheduleKind(run, announces=True)}  # type: ignore[arg-type]  # it yields no effects
    monkeypatch.setattr(schedules, "KINDS", kinds)
    monkeypatch.setattr("bot.clock.KINDS", schedules.KINDS)
    monkeypatch.setattr("bot.clock.AT_ONCE", 2)
    with app.units() as uow:
        for number in range(3):
            uow.once.plan("near", f"bad{number}", "p", NOW)
        uow.once.plan("near", "good", "p", NOW + timedelta(minutes=1))
        uow.commit()
    assert app.ticker.run_due(NOW + timedelta(minutes=5)) == 1
    assert ran == ["good"]
    with app.units() as uow:
        states = [row.state for row in uow.session.exec(select(Schedule)).all()]
    assert states.count(ScheduleState.WAITING) == 3
