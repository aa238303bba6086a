"""The outbox, the seen messages and the schedules: what makes effects happen exactly once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from models.codes import OutgoingState, ScheduleState
from models.tables import Schedule, Seen
from models.ticket_tables import Outgoing


class Outbox:
    """Reads and writes of outgoing posts within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: Outgoing) -> None:
        self._session.add(row)

    def get(self, row_id: int) -> Outgoing:
        row = self._session.get(Outgoing, row_id)
        if row is None:
            raise LookupError(f"outgoing {row_id} does not exist")
        return row

    def pending(self, account: str, after: int = 0) -> Sequence[Outgoing]:
        """Everything with a row id above after that waits to be sent, oldest first."""
        query = select(Outgoing).where(
            Outgoing.account == account, Outgoing.state == OutgoingState.PENDING, col(Outgoing.id) > after
        )
        return self._session.exec(query.order_by(col(Outgoing.id))).all()

    def in_state(self, state: OutgoingState, account: str | None = None) -> Sequence[Outgoing]:
        query = select(Outgoing).where(Outgoing.state == state).order_by(col(Outgoing.id))
        return self._session.exec(query if account is None else query.where(Outgoing.account == account)).all()

    def counts(self) -> dict[OutgoingState, int]:
        query = select(Outgoing.state, func.count()).group_by(col(Outgoing.state))
        return {OutgoingState(state): count for state, count in self._session.exec(query).all()}

    def sent_since(self, account: str, since: datetime) -> Sequence[tuple[datetime, int | None]]:
        """(sent_at, room_id) of what left after since, oldest first: fills the budgets at start."""
        query = select(Outgoing.sent_at, Outgoing.room_id).where(
            Outgoing.account == account, col(Outgoing.sent_at) > since
        )
        rows = self._session.exec(query.order_by(col(Outgoing.sent_at))).all()
        return [(at, room_id) for at, room_id in rows if at is not None]

    def by_sent_id(self, account: str, sent_id: str) -> Outgoing | None:
        """The post that the channel knows under that id."""
        query = select(Outgoing).where(Outgoing.account == account, Outgoing.sent_id == sent_id)
        return self._session.exec(query).first()

    def touching(self, ticket_id: str, states: Iterable[OutgoingState]) -> list[Outgoing]:
        """Rows in these states that speak of a ticket."""
        query = select(Outgoing).where(col(Outgoing.state).in_(list(states)))
        return [row for row in self._session.exec(query).all() if ticket_id in row.ticket_ids]


class Once:
    """Seen messages and schedules within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seen(self, account: str, message_id: str) -> bool:
        return self._session.get(Seen, (account, message_id)) is not None

    def mark_seen(self, account: str, message_id: str, at: datetime) -> None:
        """Written in the commit of the effect; a second one for the same message fails the commit."""
        self._session.add(Seen(account=account, message_id=message_id, at=at))

    def purge_seen(self, before: datetime) -> None:
        self._session.exec(delete(Seen).where(col(Seen.at) < before))

    def plan(self, kind: str, subject: str, period: str, due_at: datetime) -> bool:
        """Plan something once; False when this (kind, subject, period) stands already."""
        query = select(Schedule.id).where(Schedule.kind == kind, Schedule.subject == subject, Schedule.period == period)
        if self._session.exec(query).first() is not None:
            return False
        self._session.add(Schedule(kind=kind, subject=subject, period=period, due_at=due_at))
        self._session.flush()
        return True

    def due(self, now: datetime, kinds: Iterable[str], limit: int = 100) -> Sequence[Schedule]:
        """What of these kinds should have happened by now, in order of due time."""
        query = select(Schedule).where(
            Schedule.state == ScheduleState.WAITING, col(Schedule.due_at) <= now, col(Schedule.kind).in_(list(kinds))
        )
        return self._session.exec(query.order_by(col(Schedule.due_at), col(Schedule.id)).limit(limit)).all()

    def next_due(self, kinds: Iterable[str]) -> datetime | None:
        """When the next schedule of these kinds is due."""
        query = select(Schedule.due_at).where(
            Schedule.state == ScheduleState.WAITING, col(Schedule.kind).in_(list(kinds))
        )
        return self._session.exec(query.order_by(col(Schedule.due_at)).limit(1)).first()

    def get(self, schedule_id: int) -> Schedule | None:
        query = select(Schedule).where(Schedule.id == schedule_id).with_for_update()
        return self._session.exec(query).first()

    def cancel(self, kinds: Iterable[str], subject: str) -> None:
        """Drop what was planned and has not happened yet."""
        self._session.exec(
            delete(Schedule).where(
                col(Schedule.kind).in_(list(kinds)),
                col(Schedule.subject) == subject,
                col(Schedule.state) == ScheduleState.WAITING,
            )
        )
