"""The seen messages and the schedules: what makes effects happen exactly once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from models.codes import ScheduleState
from models.tables import Schedule, Seen


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

    def next_due(self, kinds: Iterable[str], after: datetime | None = None) -> datetime | None:
        """When the next schedule of these kinds is due; with after, the next one due later than that."""
        query = select(Schedule.due_at).where(
            Schedule.state == ScheduleState.WAITING, col(Schedule.kind).in_(list(kinds))
        )
        if after is not None:
            query = query.where(col(Schedule.due_at) > after)
        return self._session.exec(query.order_by(col(Schedule.due_at)).limit(1)).first()

    def done_before(self, schedule: Schedule) -> datetime | None:
        """When the same was done for the last period before this one."""
        query = select(func.max(Schedule.done_at)).where(
            Schedule.kind == schedule.kind, Schedule.subject == schedule.subject, Schedule.period < schedule.period
        )
        return self._session.exec(query).one()

    def done_kinds(self, subject: str, period: str) -> set[str]:
        """The kinds of what has happened for the subject in that period."""
        query = select(Schedule.kind).where(
            Schedule.subject == subject, Schedule.period == period, Schedule.state == ScheduleState.DONE
        )
        return set(self._session.exec(query).all())

    def periods(self, kind: str, subject: str) -> list[str]:
        """Of what was planned of that kind for the subject, done or not, the periods, the oldest first."""
        query = select(Schedule.period).where(Schedule.kind == kind, Schedule.subject == subject)
        return list(self._session.exec(query.order_by(col(Schedule.id))).all())

    def park(self, kinds: Iterable[str], subject: str) -> None:
        """Let what was planned wait until resume(): its clock stands still."""
        for row in self._planned(kinds, subject, ScheduleState.WAITING):
            row.state = ScheduleState.PARKED

    def resume(
        self,
        kinds: Iterable[str],
        subject: str,
        moved: Callable[[datetime], datetime],
        renamed: tuple[str, str] | None = None,
    ) -> None:
        """Let what was parked happen after all, each at the moment that moved makes of its old one.

        renamed: a period that is called otherwise from now on, and how.
        """
        for row in self._planned(kinds, subject, ScheduleState.PARKED):
            row.state, row.due_at = ScheduleState.WAITING, moved(row.due_at)
            if renamed is not None and row.period == renamed[0]:
                row.period = renamed[1]

    def take(self, kind: str, subject: str, at: datetime) -> list[Schedule]:
        """Everything of that kind that waits for the subject, done from now on: one run answers for all of it."""
        rows = list(self._planned((kind,), subject, ScheduleState.WAITING))
        for row in rows:
            row.state, row.done_at = ScheduleState.DONE, at
        return rows

    def _planned(self, kinds: Iterable[str], subject: str, state: ScheduleState) -> Sequence[Schedule]:
        query = select(Schedule).where(
            col(Schedule.kind).in_(list(kinds)), Schedule.subject == subject, Schedule.state == state
        )
        return self._session.exec(query).all()

    def get(self, schedule_id: int) -> Schedule | None:
        query = select(Schedule).where(Schedule.id == schedule_id).with_for_update()
        return self._session.exec(query).first()

    def cancel(self, kinds: Iterable[str], subject: str) -> None:
        """Drop what was planned, or parked, and has not happened yet."""
        self._session.exec(
            delete(Schedule).where(
                col(Schedule.kind).in_(list(kinds)),
                col(Schedule.subject) == subject,
                col(Schedule.state).in_((ScheduleState.WAITING, ScheduleState.PARKED)),
            )
        )

    def clear(self, kinds: Iterable[str], subject: str) -> None:
        """Forget what was planned and what was done of these kinds, so that it may be planned anew."""
        self._session.exec(
            delete(Schedule).where(col(Schedule.kind).in_(list(kinds)), col(Schedule.subject) == subject)
        )
