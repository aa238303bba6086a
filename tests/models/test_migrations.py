"""Migrations lead to exactly the tables that the code knows, on both databases."""

from datetime import timedelta
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel
from worlds import NOW, add_ticket, build_world

from models import schema
from models.uow import UnitOfWork


def _differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), SQLModel.metadata)


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
    with empty_engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(empty_engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(empty_engine)
    assert _differences(empty_engine) == []


def test_what_was_open_before_the_index_of_open_matters_is_found_after_the_upgrade(empty_engine: Engine) -> None:
    with empty_engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    with UnitOfWork(empty_engine) as uow:
        world = build_world(uow)
        ticket = add_ticket(uow, world)
        uow.commit()
    schema.upgrade(empty_engine)
    with UnitOfWork(empty_engine, keys_of=lambda row: ["here"]) as uow:
        uow.matters.refile()
        uow.commit()
        found = uow.matters.tickets(world.micro.id or 0, "leak", ["here"], NOW - timedelta(days=1))
    assert [one.id for one in found] == [ticket.id]


def test_the_tables_made_at_once_are_the_same(engine: Engine) -> None:
    assert _differences(engine) == []
