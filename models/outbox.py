"""The outbox: what the bot has promised to say, and what became of it."""

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, func, or_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.codes import OutgoingState, PostKind
from models.outgoing_tables import Outgoing, OutgoingSubject

OVER = (
    OutgoingState.SENT,
    OutgoingState.MAYBE,
    OutgoingState.EXPIRED,
    OutgoingState.MERGED,
    OutgoingState.DROPPED,
)
"""States after which nothing is sent any more by itself."""

UNSAID = (OutgoingState.DROPPED, OutgoingState.EXPIRED)
"""States of what nobody was told, and will not be."""

NOBODY = "nobody is in charge"
"""Why a post to whoever leads a room is stuck where nobody does."""

NOT_HERE = "the person is not on this account"
"""Why a private post is stuck whose reader has no identity there."""

CANNOT = "the person cannot be written to"
"""Why a private post is stuck whose reader is no contact of the account (yet)."""

UNSENT = (OutgoingState.PENDING, OutgoingState.STUCK, OutgoingState.REFUSED)
"""States in which a post has not left and still may: by itself, when somebody is in charge again, or by hand."""


class Queued(NamedTuple):
    """A post that waits: to whom, and why the bot speaks."""

    room_id: int | None
    person_id: str | None
    kind: PostKind


class Spent(NamedTuple):
    """A post that left, or may have: when it was given to the channel, to whom, and why the bot spoke."""

    at: datetime
    room_id: int | None
    person_id: str | None
    kind: PostKind


def signal_subject(signal_id: int) -> str:
    """What OutgoingSubject calls a signal."""
    return f"signal:{signal_id}"


def record_subject(record_id: int) -> str:
    """What OutgoingSubject calls a record."""
    return f"record:{record_id}"


T = TypeVar("T")


def _subjects(row: Outgoing) -> list[str]:
    signals, records = map(signal_subject, row.signal_ids), map(record_subject, row.record_ids or ())
    return [*row.ticket_ids, *signals, *records]


class Outbox:
    """Reads and writes of outgoing posts within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: Outgoing) -> None:
        """Promise a post. What it speaks of is complete."""
        self._session.add(row)
        self._session.flush()
        self._link(row, _subjects(row))

    def add_all(self, rows: Sequence[Outgoing]) -> None:
        """Promise several posts, in this order, in two statements instead of two for each."""
        self._session.add_all(rows)
        self._session.flush()
        for row in rows:
            self._link(row, _subjects(row))

    def absorb(self, row: Outgoing, other: Outgoing) -> None:
        """Let row speak of everything that other speaks of; other goes out with it."""
        self.extend(row, other.ticket_ids, other.signal_ids)
        records = [record_id for record_id in other.record_ids or () if record_id not in (row.record_ids or ())]
        if records:
            row.record_ids = [*(row.record_ids or ()), *records]
            self._link(row, map(record_subject, records))
        other.state, other.merged_into = OutgoingState.MERGED, row.id

    def extend(self, row: Outgoing, ticket_ids: Iterable[str], signal_ids: Iterable[int]) -> None:
        """Let row speak of these tickets and signals too."""
        tickets = [ticket_id for ticket_id in ticket_ids if ticket_id not in row.ticket_ids]
        signals = [signal_id for signal_id in signal_ids if signal_id not in row.signal_ids]
        row.ticket_ids, row.signal_ids = [*row.ticket_ids, *tickets], [*row.signal_ids, *signals]
        self._link(row, [*tickets, *map(signal_subject, signals)])

    def get(self, row_id: int) -> Outgoing:
        """The row, locked: nobody else may drop or blank it while it is being decided about."""
        row = self.find(row_id)
        if row is None:
            raise LookupError(f"outgoing {row_id} does not exist")
        return row

    def find(self, row_id: int) -> Outgoing | None:
        """The row, locked; None when it was deleted."""
        return self._session.get(Outgoing, row_id, with_for_update=True)

    def pending(self, account: str, known: Set[int] = frozenset()) -> list[Outgoing]:
        """Everything that waits to be sent but what is known, oldest first.

        By id and not by "later than": on PostgreSQL a row may become visible after one with a
        higher id, because ids are given before the commit.
        """
        waiting = (Outgoing.account == account, Outgoing.state == OutgoingState.PENDING)
        ids = [row_id for row_id in self._session.exec(select(Outgoing.id).where(*waiting)).all() if row_id is not None]
        found: list[Outgoing] = []
        for part in batched(sorted(set(ids) - known)):
            query = select(Outgoing).where(*waiting, col(Outgoing.id).in_(part))
            found += self._session.exec(query.order_by(col(Outgoing.id))).all()
        return found

    def in_state(self, state: OutgoingState, account: str | None = None) -> Sequence[Outgoing]:
        query = select(Outgoing).where(Outgoing.state == state).order_by(col(Outgoing.id))
        return self._session.exec(query if account is None else query.where(Outgoing.account == account)).all()

    def counts(self) -> dict[OutgoingState, int]:
        query = select(Outgoing.state, func.count()).group_by(col(Outgoing.state))
        return {OutgoingState(state): count for state, count in self._session.exec(query).all()}

    def faults(self, state: OutgoingState) -> list[tuple[str | None, int | None, int]]:
        """(error, code, how many) of the posts in that state."""
        query = columns(col(Outgoing.error), col(Outgoing.code), func.count()).where(col(Outgoing.state) == state)
        query = query.group_by(col(Outgoing.error), col(Outgoing.code))
        return [(error, code, count) for error, code, count in self._session.execute(query).all()]

    def ended_since(self, state: OutgoingState, since: datetime) -> int:
        """How many posts in that state were tried, or were to be, after since."""
        last = func.coalesce(col(Outgoing.tried_at), col(Outgoing.expires_at), col(Outgoing.not_before))
        query = select(func.count()).where(Outgoing.state == state, last > since)
        return self._session.exec(query).one()

    def listed(
        self,
        states: Iterable[OutgoingState],
        *,
        account: str | None = None,
        room_ids: Sequence[int] | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Outgoing]:
        """Posts in these states, newest first; since: promised after that moment."""
        query = select(Outgoing).where(col(Outgoing.state).in_(list(states)))
        if account is not None:
            query = query.where(Outgoing.account == account)
        if room_ids is not None:
            query = query.where(col(Outgoing.room_id).in_(room_ids))
        if since is not None:
            query = query.where(col(Outgoing.created_at) >= since)
        return self._session.exec(query.order_by(col(Outgoing.id).desc()).limit(limit)).all()

    def sent_since(self, account: str, since: datetime) -> list[Spent]:
        """What left after since, or may have, oldest first: fills the budgets at start."""
        query = columns(
            col(Outgoing.tried_at),
            col(Outgoing.tried_before),
            col(Outgoing.room_id),
            col(Outgoing.person_id),
            col(Outgoing.kind),
        ).where(col(Outgoing.account) == account, col(Outgoing.tried_at) > since)
        return sorted(
            (
                Spent(at, room_id, person_id, kind)
                for *times, room_id, person_id, kind in self._session.execute(query).all()
                for at in times
                if at is not None and at > since
            ),
            key=lambda one: one.at,
        )

    def awaited(self, account: str) -> Sequence[Outgoing]:
        """Posts of the account of which nobody knows whether they arrived and whose echo would tell, oldest first."""
        states = (OutgoingState.PENDING, OutgoingState.SENDING, OutgoingState.MAYBE)
        query = select(Outgoing).where(
            Outgoing.account == account, col(Outgoing.state).in_(states), col(Outgoing.echo).is_not(None)
        )
        return self._session.exec(query.order_by(col(Outgoing.id))).all()

    def by_sent_id(self, account: str, sent_id: str) -> Outgoing | None:
        """The post that the channel knows under that id."""
        query = select(Outgoing).where(Outgoing.account == account, Outgoing.sent_id == sent_id)
        return self._session.exec(query).first()

    def release(self, account: str, person_id: str, address: str, now: datetime) -> int:
        """Send what a person could not be told of his matters until now; returns how many posts that are."""
        query = select(Outgoing).where(
            Outgoing.person_id == person_id,
            Outgoing.account == account,
            Outgoing.state == OutgoingState.STUCK,
            Outgoing.error == CANNOT,
            col(Outgoing.kind).in_((PostKind.EMERGENCY, PostKind.NOTICE)),
        )
        rows = self._session.exec(query.with_for_update()).all()
        for row in rows:
            row.state, row.error, row.address, row.not_before = OutgoingState.PENDING, None, address, now
        return len(rows)

    def touching(self, ticket_id: str, states: Iterable[OutgoingState]) -> list[Outgoing]:
        """Rows in these states that speak of a ticket, oldest first, locked."""
        return [row for row in self._about(ticket_id) if row.state in set(states)]

    def unsent_to(self, person_id: str) -> Sequence[Outgoing]:
        """Private lines to that person that have not left and still may, oldest first, locked."""
        query = select(Outgoing).where(
            Outgoing.person_id == person_id, col(Outgoing.state).in_(UNSENT), col(Outgoing.room_id).is_(None)
        )
        return self._session.exec(query.order_by(col(Outgoing.id)).with_for_update()).all()

    def last_answer(self, person_id: str) -> Outgoing | None:
        """The newest answer to something that the person said."""
        query = select(Outgoing).where(Outgoing.person_id == person_id, Outgoing.kind == PostKind.REPLY)
        return self._session.exec(query.order_by(col(Outgoing.id).desc())).first()

    def about_record(self, record_id: int) -> Sequence[Outgoing]:
        """Every post that speaks of a record, oldest first, locked."""
        return self._about(record_subject(record_id))

    def queued(self, account: str) -> list[Queued]:
        """The posts of the account that have not left yet, oldest first."""
        query = select(Outgoing.room_id, Outgoing.person_id, Outgoing.kind).where(
            Outgoing.account == account, Outgoing.state == OutgoingState.PENDING
        )
        return [Queued(*row) for row in self._session.exec(query.order_by(col(Outgoing.id))).all()]

    def gathering(self, account: str, person_id: str) -> datetime | None:
        """When the reminders that wait for the person leave together; None when none waits."""
        query = select(func.min(Outgoing.not_before)).where(
            Outgoing.account == account,
            Outgoing.state == OutgoingState.PENDING,
            Outgoing.person_id == person_id,
            Outgoing.kind == PostKind.REMINDER,
            col(Outgoing.room_id).is_(None),
        )
        return self._session.exec(query).one()

    def merged_into(self, row: Outgoing) -> list[Outgoing]:
        """What goes out in the row, oldest first."""
        about = (other for ticket_id in row.ticket_ids for other in self.touching(ticket_id, (OutgoingState.MERGED,)))
        found = {other.id or 0: other for other in about if other.merged_into == row.id}
        return [found[row_id] for row_id in sorted(found)]

    def blank(self, subject: str) -> None:
        """Delete the words of every post that speaks of the subject; what was not sent yet is dropped."""
        for row in self._about(subject):
            row.text, row.echo = "", None
            if row.state in UNSENT:
                row.state, row.error = OutgoingState.DROPPED, "erased"

    def blank_old(self, before: datetime) -> None:
        """Delete the words of posts that are over: who quotes one finds its tickets, nobody needs its text."""
        self._blank_over(col(Outgoing.created_at) < before)

    def blank_private(self) -> None:
        """Delete the words of private lines that are over: they name people, phones and what groups may not read."""
        self._blank_over(col(Outgoing.room_id).is_(None))

    def _blank_over(self, which: ColumnElement[bool]) -> None:
        """The address goes too: whom it went to is known by person, until he is forgotten."""
        over = col(Outgoing.state).in_(OVER)
        full = or_(col(Outgoing.text) != "", col(Outgoing.address).is_not(None))
        self._session.exec(update(Outgoing).where(over, which, full).values(text="", address=None, echo=None))

    def _about(self, subject: str) -> Sequence[Outgoing]:
        query = (
            select(Outgoing)
            .join(OutgoingSubject, col(OutgoingSubject.outgoing_id) == col(Outgoing.id))
            .where(OutgoingSubject.subject == subject)
            .order_by(col(Outgoing.id))
        )
        return self._session.exec(query.with_for_update(of=Outgoing)).all()

    def _link(self, row: Outgoing, subjects: Iterable[str]) -> None:
        assert row.id is not None
        self._session.add_all(
            OutgoingSubject(subject=subject, outgoing_id=row.id) for subject in dict.fromkeys(subjects)
        )


def batched(ids: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Parts of a list that one statement may name."""
    return (ids[start : start + size] for start in range(0, len(ids), size))
