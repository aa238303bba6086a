"""Emergencies: who was told, who has them, and what becomes of them with each step of their ticket or signal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from models.alarm_tables import Alarm
from models.outbox import signal_subject
from models.states import Move
from models.ticket_tables import Signal, Ticket


class News(StrEnum):
    """What those who were told of an emergency have to hear of it."""

    TAKEN = "taken"  # somebody has it
    FINISHED = "finished"  # it has been seen to
    DROPPED = "dropped"  # it was none
    CALLED_OFF = "called_off"  # who asked takes it back
    REPLACED = "replaced"  # a ticket stands in the signal's place
    MERGED = "merged"  # it goes on as a part of another


ACKNOWLEDGED, TRANSFERRED, CONFIRMED, SIGNAL_DROPPED = "acknowledged", "transferred", "confirmed", "dropped"
"""Steps that are no moves of the state table: of a ticket, and of a signal."""

_NEWS: Mapping[str, News] = {
    ACKNOWLEDGED: News.TAKEN,
    TRANSFERRED: News.TAKEN,
    Move.CLAIM: News.TAKEN,
    Move.ASSIGN: News.TAKEN,
    Move.ACCEPT: News.TAKEN,
    Move.PROCESS: News.TAKEN,
    Move.HAND_OVER: News.TAKEN,
    Move.DO: News.FINISHED,
    Move.RESOLVE: News.FINISHED,
    Move.CLOSE: News.FINISHED,
    Move.CLOSE_SILENT: News.FINISHED,
    Move.REJECT: News.DROPPED,
    SIGNAL_DROPPED: News.DROPPED,
    Move.WITHDRAW: News.CALLED_OFF,
    Move.MERGE: News.MERGED,
    CONFIRMED: News.REPLACED,
}
"""The steps with which an alarm ends, or is over for those who have it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What has become of an alarm in this unit.

    by: who did it; had: who had it before; has: who has it from now on; told: everybody who was told of the matter,
    by this alarm or an earlier one; began: when the alarm did.
    """

    matter: Ticket | Signal
    news: News
    by: str | None
    had: str | None
    has: str | None
    told: tuple[str, ...]
    began: datetime


class Alarms:
    """Reads and writes of alarms within one unit of work.

    A matter has at most one alarm that waits, and may have several one after the other. turns holds what has
    happened to them in this unit, by subject, for whoever tells people of it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.turns: dict[str, Turn] = {}

    def begin(self, subject: str, at: datetime, *, level: int = 0, raised_by: str | None = None) -> Alarm:
        """A new alarm for those at that level and above; it takes the place of one that waits."""
        before = self.get(subject)
        if before is not None and before.ended_at is None:
            before.ended_at = at
            self._session.flush()  # a unique index lets only one wait
        alarm = Alarm(subject=subject, at=at, level=level, raised_by=raised_by)
        self._session.add(alarm)
        self._session.flush()
        return alarm

    def get(self, subject: str) -> Alarm | None:
        """The last alarm of a subject, locked: two people must not both be told that they have it."""
        self._session.flush()
        query = select(Alarm).where(Alarm.subject == subject).order_by(col(Alarm.id).desc()).limit(1)
        return self._session.exec(query.with_for_update().execution_options(populate_existing=True)).first()

    def waiting(self) -> Sequence[Alarm]:
        """Everything that nobody has said 收到 to, oldest first."""
        query = select(Alarm).where(col(Alarm.ended_at).is_(None))
        return self._session.exec(query.order_by(col(Alarm.at), col(Alarm.id))).all()

    def held_by(self, person_id: str) -> list[str]:
        """Subjects of what the person has said 收到 to, or took in hand, and that is not over."""
        query = select(Alarm).where(Alarm.acknowledged_by == person_id, col(Alarm.over_at).is_(None))
        subjects = dict.fromkeys(alarm.subject for alarm in self._session.exec(query.order_by(col(Alarm.id))).all())
        last = ((subject, self.get(subject)) for subject in subjects)
        return [subject for subject, alarm in last if alarm is not None and alarm.acknowledged_by == person_id]

    def told(self, subject: str) -> tuple[str, ...]:
        """Ids of everybody who was told of the matter or has it, in that order."""
        query = select(Alarm).where(Alarm.subject == subject).order_by(col(Alarm.id))
        alarms = self._session.exec(query).all()
        ids = [person_id for alarm in alarms for person_id in (*alarm.told, alarm.acknowledged_by)]
        return tuple(dict.fromkeys(person_id for person_id in ids if person_id is not None))

    def follow(self, matter: Ticket | Signal, step: str, *, at: datetime, by: str | None, to: str | None) -> None:
        """The matter has made that step: its alarm ends with what takes it in hand, and is over with its end.

        to: into whose hands it was given, where that is not who did it. Every step of a ticket comes through here, and
        whatever somebody decides about a signal.
        """
        news = _NEWS.get(step)
        subject = matter.id if isinstance(matter, Ticket) else signal_subject(matter.id or 0)
        alarm = None if news is None else self.get(subject)
        if news is None or alarm is None:
            return
        waited = alarm.ended_at is None
        if alarm.over_at is not None or (news is News.TAKEN and not waited):
            return
        earlier = self.turns.get(subject)
        had = alarm.acknowledged_by if earlier is None else earlier.had
        if news is not News.TAKEN:
            alarm.over_at = at
        if waited:
            alarm.ended_at = at
            alarm.acknowledged_by = None if news in (News.CALLED_OFF, News.MERGED) else to or by
        told = self.told(subject)
        self.turns[subject] = Turn(matter, news, by, had, alarm.acknowledged_by, told, alarm.at)
