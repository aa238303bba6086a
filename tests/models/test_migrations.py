"""Migrations lead to exactly the tables that the code knows, on both databases."""

from datetime import timedelta
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Engine, column, inspect, select, table
from sqlmodel import SQLModel
from worlds import ACCOUNT, NOW, add_ticket, build_world

from models import schema
from models.codes import OutgoingState, PostKind, Status
from models.outbox import NOBODY
from models.outgoing_tables import Outgoing
from models.types import Utc
from models.uow import UnitOfWork


def _differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), SQLModel.metadata)


def _downgrade(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_an_upgrade_from_nothing_makes_the_tables_of_the_code(empty_engine: Engine) -> None:
    assert not schema.is_current(empty_engine)
    schema.upgrade(empty_engine)
    assert schema.is_current(empty_engine)
    assert _differences(empty_engine) == []


def test_a_second_upgrade_changes_nothing(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    with UnitOfWork(empty_engine) as uow:
        ticket = add_ticket(uow, build_world(uow))
        uow.commit()
    schema.upgrade(empty_engine)
    with UnitOfWork(empty_engine) as uow:
        assert uow.tickets.get(ticket.id).title == ticket.title


def test_a_downgrade_takes_everything_away_and_an_upgrade_brings_it_back(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    _downgrade(empty_engine, "base")
    assert set(inspect(empty_engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(empty_engine)
    assert _differences(empty_engine) == []


def test_what_was_open_before_the_index_of_open_matters_is_found_after_the_upgrade(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    with UnitOfWork(empty_engine) as uow:
        world = build_world(uow)
        ticket = add_ticket(uow, world)
        uow.commit()
    _downgrade(empty_engine, "0002")
    schema.upgrade(empty_engine)
    with UnitOfWork(empty_engine, keys_of=lambda row: ["here"]) as uow:
        uow.matters.refile()
        uow.commit()
        found = uow.matters.tickets(world.micro.id or 0, "leak", ["here"], NOW - timedelta(days=1))
    assert [one.id for one in found] == [ticket.id]


def test_alarms_are_carried_over_and_what_was_seen_to_waits_no_longer(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    alarm = table("alarm", column("subject"), column("at", Utc()), column("told", JSON()), column("ended_at", Utc()))
    later = NOW + timedelta(minutes=5)
    with UnitOfWork(empty_engine) as uow:
        waiting, taken = (add_ticket(uow, world, urgency="emergency") for world in [build_world(uow)] * 2)
        taken.status, taken.handler_id = Status.ACCEPTED, None
        uow.commit()
    _downgrade(empty_engine, "0003")
    rows = [
        {"subject": subject, "at": NOW, "told": ["p1"], "ended_at": ended}
        for subject, ended in ((waiting.id, None), (taken.id, None), ("signal:7", None), ("over", later))
    ]
    with empty_engine.begin() as connection:
        connection.execute(alarm.insert(), rows)
    schema.upgrade(empty_engine)
    with UnitOfWork(empty_engine) as uow:
        assert [found.subject for found in uow.alarms.waiting()] == [waiting.id]
        for subject, ended in ((waiting.id, None), (taken.id, NOW), ("over", later)):
            found = uow.alarms.get(subject)
            assert found is not None
            assert (found.at, found.told, found.level, found.ended_at) == (NOW, ["p1"], 0, ended)
        uow.alarms.begin("over", later, level=1)
        uow.commit()
    _downgrade(empty_engine, "0003")
    with empty_engine.begin() as connection:
        assert connection.execute(select(alarm.c.at).where(alarm.c.subject == "over")).scalars().all() == [later]


def test_the_tables_made_at_once_are_the_same(engine: Engine) -> None:
    assert _differences(engine) == []


def test_what_was_dropped_or_stuck_says_what_it_was(empty_engine: Engine) -> None:
    """Before 0023 what came too late was dropped, and what the channel refused was stuck."""
    schema.upgrade(empty_engine)
    cases = [
        (OutgoingState.EXPIRED, "expired", {}, "dropped"),
        (OutgoingState.DROPPED, "muted", {}, "dropped"),
        (OutgoingState.REFUSED, "not a friend", {"person_id": "p", "attempts": 1}, "stuck"),
        (OutgoingState.STUCK, "busy", {"person_id": "p", "attempts": 200}, "stuck"),
        (OutgoingState.STUCK, NOBODY, {"attempts": 1}, "stuck"),
        (OutgoingState.SENT, None, {"sent_at": NOW}, "sent"),
        (OutgoingState.MAYBE, "timeout", {}, "maybe"),
    ]
    with UnitOfWork(empty_engine) as uow:
        world = build_world(uow)
        for state, error, values, _ in cases:
            about = {"account": ACCOUNT, "kind": PostKind.NOTICE, "text": "", "created_at": NOW, "not_before": NOW}
            uow.outbox.add(Outgoing(state=state, error=error, **about, **values))
        room = Outgoing(state=OutgoingState.STUCK, error="gone", attempts=1, room_id=world.room.id, **about)
        uow.outbox.add(room)
        uow.commit()
    _downgrade(empty_engine, "0022")
    with empty_engine.connect() as connection:
        old = connection.execute(select(column("state")).select_from(table("outgoing")).order_by(column("id"))).all()
    assert [row.state for row in old] == [*(before for *_, before in cases), "stuck"]
    schema.upgrade(empty_engine)
    with UnitOfWork(empty_engine) as uow:
        found = sorted(
            (row for state in OutgoingState for row in uow.outbox.in_state(state)), key=lambda row: row.id or 0
        )
        assert [row.state for row in found] == [*(state for state, *_ in cases), OutgoingState.STUCK]
        tried = {row.state: row.tried_at for row in found}
        assert (tried[OutgoingState.SENT], tried[OutgoingState.MAYBE], tried[OutgoingState.EXPIRED]) == (NOW, NOW, None)
