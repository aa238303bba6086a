"""Opening a database: SQLite (embedded default) or PostgreSQL, with the same behaviour above."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

READ_ONLY = "xiaoshao_read_only"
"""Execution option of units that only read: they take no write lock on SQLite."""


class DatabaseUrlError(Exception):
    """The database address is not one that this program can use. str() is a sentence with the remedy."""


def open_engine(url: str) -> Engine:
    """An engine for sqlite:///PATH, sqlite:// (in memory) or postgresql://…

    Raises DatabaseUrlError for anything else.
    """
    if url.startswith("sqlite:"):
        return _sqlite(url)
    if url.startswith(("postgresql:", "postgresql+psycopg:", "postgres:")):
        return create_engine(_psycopg(url), pool_pre_ping=True)
    raise DatabaseUrlError("数据库地址要以 sqlite:/// 或 postgresql:// 开头，请检查 DATABASE_URL。")


def _psycopg(url: str) -> str:
    return "postgresql+psycopg:" + url.split(":", 1)[1]


def _sqlite(url: str) -> Engine:
    memory = url in ("sqlite:", "sqlite:/", "sqlite://", "sqlite:///:memory:")
    # One shared connection for a database in memory: each connection would see its own empty one.
    options: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    engine = create_engine(
        "sqlite://" if memory else url, connect_args={"check_same_thread": False, "timeout": 30}, **options
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        # The driver's own transaction handling would open transactions late and as DEFERRED.
        connection.isolation_level = None
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
