"""Weak signals that wait for a leader."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from models.alarm_tables import Alarm
from models.alarms import CONFIRMED, SIGNAL_DROPPED, Alarms
from models.codes import SignalStatus
from models.outbox import Outbox, signal_subject
from models.places import at_or_below
from models.states import Move
from models.tables import GridNode
from models.ticket_tables import OpenMatter, Signal, Source, Ticket


class Signals:
    """Reads and writes of signals within one unit of work."""

    def __init__(self, session: Session, alarms: Alarms) -> None:
        self._session = session
        self._alarms = alarms
        self.removed: set[str] = set()  # subjects that are gone: nothing that was said belongs to them any more

    def add(self, signal: Signal) -> Signal:
        self._session.add(signal)
        self._session.flush()
        return signal

    def by_number(self, scope_id: int, number: int) -> Signal | None:
        query = select(Signal).where(Signal.scope_id == scope_id, Signal.number == number)
        return self._session.exec(query).first()

    def get(self, signal_id: int) -> Signal | None:
        return self._session.get(Signal, signal_id)

    def waiting(self, paths: Sequence[str]) -> list[Signal]:
        """Waiting signals of the nodes with these paths and below, by number."""
        found: dict[int, Signal] = {}
        for path in paths:
            query = (
                select(Signal)
                .join(GridNode, col(GridNode.id) == col(Signal.node_id))
                .where(
                    Signal.status == SignalStatus.WAITING,
                    at_or_below(path),
                )
            )
            found.update({signal.id or 0: signal for signal in self._session.exec(query).all()})
        return sorted(found.values(), key=lambda signal: (signal.scope_id, signal.number))

    def all(self) -> Sequence[Signal]:
        return self._session.exec(select(Signal).order_by(col(Signal.scope_id), col(Signal.number))).all()

    def own(self, person_id: str, limit: int) -> list[Signal]:
        """The last waiting signals of what that person said, the oldest first."""
        query = select(Signal).where(Signal.person_id == person_id, Signal.status == SignalStatus.WAITING)
        return list(self._session.exec(query.order_by(col(Signal.id).desc()).limit(limit)).all())[::-1]

    def confirm(self, signal: Signal, ticket: Ticket, *, at: datetime, by: str) -> None:
        """A leader said that it is a matter; the ticket holds it now."""
        signal.status, signal.ticket_id = SignalStatus.CONFIRMED, ticket.id
        self._alarms.follow(signal, CONFIRMED, at=at, by=by, to=None)

    def drop(self, signal: Signal, *, at: datetime, by: str) -> None:
        """A leader said that it is none."""
        self._alarms.follow(signal, SIGNAL_DROPPED, at=at, by=by, to=None)
        self.remove(signal)

    def replace(self, signal: Signal, ticket: Ticket, *, at: datetime) -> None:
        """A ticket of its own words stands in its place, without any leader."""
        signal.ticket_id = ticket.id
        self._alarms.follow(signal, CONFIRMED, at=at, by=None, to=None)
        self.remove(signal)

    def remove(self, signal: Signal) -> None:
        """Delete the signal, what pointed at it and what was said of it: what a leader dropped is not kept."""
        assert signal.id is not None
        self.removed.add(signal_subject(signal.id))
        Outbox(self._session).blank(signal_subject(signal.id))
        self._session.exec(delete(Source).where(col(Source.signal_id) == signal.id))
        self._session.exec(delete(Alarm).where(col(Alarm.subject) == signal_subject(signal.id)))
        self._session.exec(delete(OpenMatter).where(col(OpenMatter.subject) == signal_subject(signal.id)))
        self._session.delete(signal)

    def remove_old(self, before: datetime) -> int:
        """Delete all signals heard before that moment; returns how many."""
        old = self.heard_before(before)
        for signal in old:
            self.remove(signal)
        return len(old)

    def heard_before(self, moment: datetime) -> Sequence[Signal]:
        """All signals heard before that moment."""
        return self._session.exec(select(Signal).where(col(Signal.at) < moment).order_by(col(Signal.id))).all()

    def of_person(self, person_id: str) -> Sequence[Signal]:
        """What was heard from a person."""
        return self._session.exec(select(Signal).where(Signal.person_id == person_id)).all()

    def remove_of(self, person_id: str, at: datetime) -> None:
        """Delete what was heard from a person, who wants it gone."""
        for signal in self.of_person(person_id):
            self._alarms.follow(signal, Move.WITHDRAW, at=at, by=None, to=None)
            self.remove(signal)
