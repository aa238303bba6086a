"""The unit of work: everything that one message or one due schedule changes, in one commit."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from sqlalchemy import Delete, Engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, select

from models.alarms import Alarms
from models.codes import Role
from models.deputies import Deputies
from models.disputes import Disputes
from models.duties import Duties
from models.engine import READ_ONLY
from models.erasing import Erasing
from models.feedback import Feedbacks
from models.identities import Identities
from models.leaving import AT_ONCE, SUCCESSION, period
from models.links import Links
from models.matters import KeysOf, Matters
from models.once import Once
from models.onetime import random_code
from models.organisations import Organisations
from models.outbox import Outbox
from models.people import People
from models.pictures import Pictures
from models.places import Places
from models.points import Points
from models.records import Records
from models.reports import Reports
from models.rosters import Rosters
from models.seals import Seals
from models.signals import Signals
from models.tables import Identity, OptOut, Person, RoleGrant, Schedule
from models.tickets import Heed, Tickets, heed_nothing
from models.unions import Unions
from models.weak_signals import WeakSignals
from models.wishes import Wishes

_CONFLICTS = frozenset({"23503", "23505", "23P01", "40001", "40P01", "55P03"})
"""SQLSTATEs of PostgreSQL: foreign key, unique, exclusion, serialisation, deadlock, lock not available."""
_SQLITE_CONFLICTS = frozenset(
    {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY"}
)


Guard = Callable[["UnitOfWork"], None]
"""Called right before a commit, in its transaction; what it raises stops the commit."""


class Conflict(Exception):
    """Somebody else changed the same thing first. Nothing was written: read again and decide anew."""


def random_id() -> str:
    """An opaque id of 128 random bits, in hex."""
    return secrets.token_hex(16)


class UnitOfWork:
    """A transaction and the repositories that work in it. Synchronous; for one thread.

    Leaving the block without commit() rolls back. Database conflicts leave as Conflict; what is
    wrong in itself (a missing value) leaves as it is, because deciding anew would not help.
    """

    places: Places
    people: People
    tickets: Tickets
    pictures: Pictures
    erasing: Erasing
    wishes: Wishes
    unions: Unions
    signals: Signals
    weak_signals: WeakSignals
    matters: Matters
    duties: Duties
    deputies: Deputies
    alarms: Alarms
    feedback: Feedbacks
    organisations: Organisations
    rosters: Rosters
    disputes: Disputes
    records: Records
    points: Points
    reports: Reports
    identities: Identities
    links: Links
    outbox: Outbox
    once: Once
    seals: Seals

    def __init__(
        self,
        engine: Engine,
        *,
        read_only: bool = False,
        new_id: Callable[[], str] = random_id,
        keys_of: KeysOf | None = None,
        new_code: Callable[[], str] = random_code,
        heed: Heed = heed_nothing,
        guard: Guard | None = None,
    ) -> None:
        self._engine = engine
        self._heed = heed
        self._guard = guard
        self._read_only = read_only
        self._new_id = new_id
        self._keys_of = keys_of
        self._new_code = new_code

    def __enter__(self) -> Self:
        self.session = Session(self._engine, expire_on_commit=False, autoflush=True)
        if self._read_only:
            self.session.connection(execution_options={READ_ONLY: True})
            if self._engine.dialect.name == "postgresql":
                self.session.execute(text("SET TRANSACTION READ ONLY"))
        self._changed = False
        event.listen(self.session, "after_flush", self._flushed)
        event.listen(self.session, "before_flush", self._before_flush)
        event.listen(self.session, "do_orm_execute", self._executed)
        self.places = Places(self.session)
        self.people = People(self.session, self._new_id)
        self.alarms = Alarms(self.session)
        self.tickets = Tickets(self.session, self._new_id, self.alarms, self._heed)
        self.pictures = Pictures(self.session)
        self.erasing = Erasing(self.session, self.tickets)
        self.wishes = Wishes(self.session)
        self.unions = Unions(self.session, self.tickets)
        self.weak_signals = WeakSignals(self.session)
        self.signals = Signals(self.session, self.alarms, self.weak_signals)
        self.matters = Matters(self.session, self._keys_of)
        event.listen(self.session, "after_flush", self.matters.flushed)
        self.duties = Duties(self.session)
        self.deputies = Deputies(self.session)
        self.organisations = Organisations(self.session)
        self.rosters = Rosters(self.session)
        self.disputes = Disputes(self.session, self.tickets)
        self.reports = Reports(self.session)
        self.records = Records(self.session, self.places)
        self.points = Points(self.session)
        self.identities = Identities(self.session, self.people, self._new_code)
        self.feedback = Feedbacks(self.session)
        self.links = Links(self.session)
        self.outbox = Outbox(self.session)
        self.once = Once(self.session)
        self.seals = Seals(self.session)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        if error is not None and _is_conflict(error):
            raise Conflict(error.__class__.__name__) from error

    @property
    def changed(self) -> bool:
        """Whether this unit has changed anything, flushed or not. Noting who somebody is is no change by itself."""
        waiting = [*self.session.new, *self.session.dirty, *self.session.deleted]
        return self._changed or any(self._counts(row) for row in waiting)

    def commit(self) -> None:
        """Make everything permanent. Raises Conflict, and then nothing is."""
        if self._read_only:
            raise RuntimeError("a unit that only reads was about to be committed")
        try:
            if self._guard is not None:
                self._guard(self)
            self.session.commit()
        except (DBAPIError, StaleDataError) as error:
            self.session.rollback()
            if not _is_conflict(error):
                raise
            raise Conflict(error.__class__.__name__) from error
        self._changed = False

    def rollback(self) -> None:
        """Take back everything and begin anew, without the locks held so far."""
        self.session.rollback()
        self.alarms.turns.clear()
        self._changed = False
        self.tickets.holds.clear()
        self.tickets.moved.clear()
        self.records.touched.clear()

    def flush(self) -> None:
        """Send what has been changed so far to the database, still uncommitted."""
        self.session.flush()

    def lock(self, *key: object) -> None:
        """Hold a lock on the key until the end of the unit.

        On SQLite the unit holds the only write lock (BEGIN IMMEDIATE) as soon as it has begun.
        """
        connection = self.session.connection()
        if self._engine.dialect.name == "postgresql":
            digest = hashlib.sha256(repr(key).encode()).digest()
            number = int.from_bytes(digest[:8], "big", signed=True)
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": number})

    def _flushed(self, session: OrmSession, _: UOWTransaction) -> None:
        rows = [*session.new, *session.dirty, *session.deleted]
        self._changed = self._changed or any(self._counts(row) for row in rows)

    def _executed(self, statement: ORMExecuteState) -> None:
        self._changed = self._changed or statement.is_update or statement.is_delete
        mapper = statement.bind_mapper if statement.is_delete else None
        if mapper is not None and mapper.class_ is RoleGrant and isinstance(statement.statement, Delete):
            where = statement.statement.whereclause
            gone = select(RoleGrant) if where is None else select(RoleGrant).where(where)
            self._give_up(self.session.exec(gone).all())

    def _before_flush(self, session: OrmSession, _: UOWTransaction, __: object) -> None:
        self._give_up([row for row in session.deleted if isinstance(row, RoleGrant)])

    def _give_up(self, grants: Iterable[RoleGrant]) -> None:
        """Whoever takes roles away, and however: in the same commit a look at what their holders leave is planned."""
        for grant in grants:
            if grant.role is not Role.RESIDENT:
                named = period(grant.node_id, grant.role)
                self.session.add(Schedule(kind=SUCCESSION, subject=grant.person_id, period=named, due_at=AT_ONCE))

    def _counts(self, row: object) -> bool:
        if isinstance(row, Person | Identity | OptOut):
            return False
        # Rows whose values are as before stand in dirty too.
        return row in self.session.deleted or self.session.is_modified(row)


def _is_conflict(error: BaseException) -> bool:
    if isinstance(error, StaleDataError):
        return True
    if not isinstance(error, IntegrityError | OperationalError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state in _CONFLICTS or getattr(error.orig, "sqlite_errorname", None) in _SQLITE_CONFLICTS


class Units:
    """Makes units of work over one database: units() to change something, units.read() only to look.

    keys_of makes the keys of open matters; without it no index of them is kept, and none can be asked. heed reads
    whatever is written into the history of a ticket (Tickets); without it nothing is flagged. guard is asked before
    each commit.
    """

    def __init__(
        self,
        engine: Engine,
        new_id: Callable[[], str] = random_id,
        keys_of: KeysOf | None = None,
        new_code: Callable[[], str] = random_code,
        heed: Heed = heed_nothing,
        guard: Guard | None = None,
    ) -> None:
        self._engine = engine
        self._guard = guard
        self._new_id = new_id
        self._keys_of = keys_of
        self._new_code = new_code
        self._heed = heed

    def __call__(self) -> UnitOfWork:
        return UnitOfWork(
            self._engine,
            new_id=self._new_id,
            keys_of=self._keys_of,
            new_code=self._new_code,
            heed=self._heed,
            guard=self._guard,
        )

    def guarded(self, guard: Guard) -> "Units":
        """The same over the same database, with every commit asking the guard first."""
        return Units(self._engine, self._new_id, self._keys_of, self._new_code, self._heed, guard)

    def read(self) -> UnitOfWork:
        """A unit that takes no write lock, so that looking never waits for somebody's commit on SQLite."""
        return UnitOfWork(self._engine, read_only=True, new_id=self._new_id, keys_of=self._keys_of)
