"""The unit of work: everything that one message or one due schedule changes, in one commit."""

import hashlib
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from models.engine import READ_ONLY
from models.outbox import Once, Outbox
from models.people import People
from models.places import Places
from models.seals import Seals
from models.signals import Signals
from models.tickets import Tickets


class Conflict(Exception):
    """Somebody else changed the same thing first. Nothing was written: read again and decide anew."""


def random_id() -> str:
    """An opaque id of 128 random bits, in hex."""
    return secrets.token_hex(16)


class UnitOfWork:
    """A transaction and the repositories that work in it. Synchronous; for one thread.

    Leaving the block without commit() rolls back. Database conflicts leave as Conflict.
    """

    places: Places
    people: People
    tickets: Tickets
    signals: Signals
    outbox: Outbox
    once: Once
    seals: Seals

    def __init__(self, engine: Engine, *, read_only: bool = False, new_id: Callable[[], str] = random_id) -> None:
        self._engine = engine
        self._read_only = read_only
        self._new_id = new_id

    def __enter__(self) -> Self:
        self.session = Session(self._engine, expire_on_commit=False, autoflush=True)
        if self._read_only:
            self.session.connection(execution_options={READ_ONLY: True})
        self.places = Places(self.session)
        self.people = People(self.session, self._new_id)
        self.tickets = Tickets(self.session, self._new_id)
        self.signals = Signals(self.session)
        self.outbox = Outbox(self.session)
        self.once = Once(self.session)
        self.seals = Seals(self.session)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        if isinstance(error, IntegrityError | StaleDataError) or _serialisation(error):
            raise Conflict(str(error.__class__.__name__)) from error

    def commit(self) -> None:
        """Make everything permanent. Raises Conflict, and then nothing is."""
        try:
            self.session.commit()
        except (IntegrityError, StaleDataError) as error:
            self.session.rollback()
            raise Conflict(error.__class__.__name__) from error

    def flush(self) -> None:
        """Send what has been changed so far to the database, still uncommitted."""
        self.session.flush()

    def lock(self, *key: object) -> None:
        """Hold a lock on the key until the end of the unit.

        On SQLite the unit already holds the only write lock (BEGIN IMMEDIATE).
        """
        if self._engine.dialect.name == "postgresql":
            digest = hashlib.sha256(repr(key).encode()).digest()
            number = int.from_bytes(digest[:8], "big", signed=True)
            self.session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": number})


def _serialisation(error: BaseException | None) -> bool:
    """PostgreSQL names deadlocks and serialisation failures 40P01 and 40001."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


UnitOfWorkFactory = Callable[[], UnitOfWork]
