"""The unit of work: what is committed, what is not, and who has to try again."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlmodel import Session, select
from worlds import NOW, add_ticket, build_world

from models import schema
from models.engine import DatabaseUrlError, open_engine
from models.states import Move
from models.tables import Gap, Person, Seen
from models.uow import Conflict, UnitOfWork


def test_commit_keeps_and_leaving_without_commit_does_not(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        kept = uow.people.add("老李")
        uow.commit()
    with UnitOfWork(engine) as uow:
        lost = uow.people.add("老张")
    with UnitOfWork(engine) as uow:
        assert uow.people.get(kept.id).name == "老李"
        with pytest.raises(LookupError):
            uow.people.get(lost.id)


def test_an_error_in_the_block_rolls_back_and_leaves_as_it_is(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), UnitOfWork(engine) as uow:  # noqa: PT012  (leaving raises)
        uow.people.add("老李")
        raise ZeroDivisionError
    with UnitOfWork(engine) as uow:
        assert uow.session.exec(select(Person)).all() == []


def test_the_second_of_two_unique_rows_is_a_conflict(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        uow.once.mark_seen("test", "m1", NOW)
        uow.commit()
    with UnitOfWork(engine) as uow:
        uow.once.mark_seen("test", "m1", NOW)
        with pytest.raises(Conflict):
            uow.commit()
    with pytest.raises(Conflict), UnitOfWork(engine) as uow:  # noqa: PT012  (leaving raises)
        uow.once.mark_seen("test", "m1", NOW)
        uow.flush()


def test_a_missing_value_is_no_conflict(engine: Engine) -> None:
    with pytest.raises(IntegrityError), UnitOfWork(engine) as uow:  # noqa: PT012  (leaving raises)
        uow.session.add(Person(id="p"))
        uow.commit()


def test_a_changed_version_is_a_conflict(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow))
        uow.commit()
    with UnitOfWork(engine) as uow:
        late = uow.tickets.get(ticket.id)
        # Somebody else's commit, as seen from this unit.
        uow.session.execute(text("UPDATE ticket SET version = version + 1"))
        late.title = "别的"
        with pytest.raises(Conflict):
            uow.commit()


def test_changed_says_whether_a_message_had_an_effect(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        assert not uow.changed
        world = build_world(uow)
        uow.commit()
        assert not uow.changed
        uow.people.known("test", "stranger", "陌生人")
        uow.flush()
        assert not uow.changed
        ticket = add_ticket(uow, world)
        assert uow.changed
        uow.commit()
        ticket.title = str(ticket.title)
        assert not uow.changed
        ticket.title = "别的"
        assert uow.changed
        uow.rollback()
        assert not uow.changed
        uow.tickets.move(uow.tickets.get(ticket.id), Move.WITHDRAW, at=NOW, actor_id=None)
        assert uow.changed
        uow.rollback()
        uow.once.purge_seen(NOW)
        assert uow.changed


def test_sqlite_is_set_up_for_crashes(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}


def test_foreign_keys_hold(engine: Engine) -> None:
    with pytest.raises(Conflict), UnitOfWork(engine) as uow:
        uow.people.bind(Person(id="nobody", name=""), "test", "x", "x", reachable=True)


def test_a_unit_takes_the_write_lock_at_once_on_sqlite(sqlite_engine: Engine) -> None:
    with UnitOfWork(sqlite_engine) as uow:
        uow.people.add("老李")
        with sqlite_engine.connect().execution_options(xiaoshao_read_only=True) as other:
            other.exec_driver_sql("PRAGMA busy_timeout=1")
            with pytest.raises(OperationalError, match="locked"):
                other.exec_driver_sql("INSERT INTO account (name, transport, paused) VALUES ('x', 'y', 0)")


def test_reading_takes_no_write_lock(engine: Engine) -> None:
    with UnitOfWork(engine) as writer:
        writer.people.add("老李")
        with UnitOfWork(engine, read_only=True) as reader:
            assert reader.session.exec(select(Person)).all() == []
        writer.commit()


def test_a_unit_that_only_reads_cannot_commit(engine: Engine) -> None:
    with UnitOfWork(engine, read_only=True) as uow, pytest.raises(RuntimeError):
        uow.commit()


def test_naive_moments_are_refused(engine: Engine) -> None:
    with pytest.raises((StatementError, ValueError), match="naive"), UnitOfWork(engine) as uow:  # noqa: PT012  (leaving raises)
        uow.once.mark_seen("test", "m1", datetime(2026, 5, 6))
        uow.commit()


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        datetime(2026, 5, 6, 10, 0, 0, 123456, tzinfo=ZoneInfo("Asia/Shanghai")),
        datetime(2026, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=-11, minutes=-30))),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=ZoneInfo("Europe/Berlin")),
    ],
)
def test_moments_come_back_the_same_in_utc(engine: Engine, moment: datetime) -> None:
    with UnitOfWork(engine) as uow:
        uow.once.mark_seen("test", "m1", moment)
        uow.commit()
    with Session(engine) as session:
        seen = session.exec(select(Seen)).one()
    assert seen.at == moment
    assert seen.at.utcoffset() == timedelta()


def test_moments_are_compared_as_moments(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        uow.places.add_gap("test", NOW - timedelta(hours=1), NOW, "restart")
        uow.commit()
        local = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
        assert len(uow.places.gaps("test", local - timedelta(seconds=1), local)) == 1
        assert uow.places.gaps("test", local, local + timedelta(hours=8)) == []
        assert isinstance(uow.places.all_gaps("test")[0], Gap)


def _at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Run work in so many threads that start together; returns results, errors re-raised."""
    gate = threading.Barrier(count)

    def one(number: int) -> object:
        gate.wait(timeout=20)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_numbers_are_given_once(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        village = build_world(uow).village
        uow.commit()

    def take(_: int) -> list[int]:
        numbers: list[int] = []
        while len(numbers) < 10:
            try:
                with UnitOfWork(engine) as uow:
                    assert village.id is not None
                    number = uow.places.next_number(village.id, "ticket")
                    uow.commit()
                numbers.append(number)
            except Conflict:  # two make the counter's row at the same moment
                continue
        return numbers

    given = [number for part in _at_once(4, take) for number in part]  # type: ignore[attr-defined]
    assert sorted(given) == list(range(1, 41))


def test_a_lock_excludes_others_until_the_end_of_the_unit(postgres_engine: Engine) -> None:
    key = "objid::bigint | (classid::bigint << 32)"
    asking = f"SELECT pg_try_advisory_xact_lock({key}) FROM pg_locks WHERE locktype = 'advisory'"
    with UnitOfWork(postgres_engine) as first:
        first.lock("matter", 4, "leak")
        with UnitOfWork(postgres_engine) as second:
            assert second.session.execute(text(asking)).scalar() is False
            second.rollback()
            second.lock("matter", 4, "lift")  # another matter is free
    with UnitOfWork(postgres_engine) as third:
        third.lock("matter", 4, "leak")


def test_locked_units_do_not_overlap(engine: Engine) -> None:
    inside: list[int] = []
    overlaps: list[int] = []

    def work(number: int) -> None:
        for _ in range(5):
            with UnitOfWork(engine) as uow:
                uow.lock("matter", 4, "leak")
                inside.append(number)
                uow.session.execute(text("SELECT 1"))
                if len(inside) > 1:
                    overlaps.append(number)
                inside.remove(number)

    _at_once(4, work)
    assert overlaps == []


def test_a_deadlock_is_a_conflict_for_one_of_the_two(postgres_engine: Engine) -> None:
    with UnitOfWork(postgres_engine) as uow:
        world = build_world(uow)
        tickets = [add_ticket(uow, world).id for _ in range(2)]
        uow.commit()
    both_hold_one = threading.Barrier(2)

    def work(number: int) -> str:
        try:
            with UnitOfWork(postgres_engine) as uow:
                for step, ticket_id in enumerate(tickets if number else tickets[::-1]):
                    uow.session.execute(text("UPDATE ticket SET level = 1 WHERE id = :id"), {"id": ticket_id})
                    if step == 0:
                        both_hold_one.wait(timeout=20)
                uow.commit()
        except Conflict:
            return "conflict"
        return "done"

    assert sorted(map(str, _at_once(2, work))) == ["conflict", "done"]


def test_addresses_that_cannot_be_used_are_named() -> None:
    with pytest.raises(DatabaseUrlError, match="DATABASE_URL"):
        open_engine("mysql://x")
    assert open_engine("postgres://u@h/d").url.drivername == "postgresql+psycopg"


def test_a_database_in_memory_is_one_for_all_threads() -> None:
    engine = open_engine("sqlite://")

    schema.create(engine)
    with UnitOfWork(engine) as uow:
        uow.people.add("老李")
        uow.commit()

    def count(_: int) -> int:
        with UnitOfWork(engine) as uow:
            return len(uow.session.exec(select(Person)).all())

    with ThreadPoolExecutor(1) as pool:
        assert list(pool.map(count, [0])) == [1]
    engine.dispose()
