"""The ledger of weak signals: what was collected and what became of it, counted by field."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, func, select

from models.places import at_or_below
from models.tables import GridNode
from models.ticket_tables import Signal
from models.weak_signal_tables import WeakSignal


class Outcome(StrEnum):
    CONFIRMED = "confirmed"  # a leader said 确认
    OPENED = "opened"  # what was said since is a matter by itself
    DROPPED = "dropped"  # a leader said 忽略
    EXPIRED = "expired"  # nobody has decided in time


@dataclass(frozen=True, slots=True)
class Collected:
    """What was collected: all of it, by field (a signal may belong to several), by outcome ("" waits)."""

    all: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def became_tickets(self) -> int:
        return self.outcomes[Outcome.CONFIRMED] + self.outcomes[Outcome.OPENED]


class WeakSignals:
    """Reads and writes within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, signal: Signal, fields: Sequence[str]) -> None:
        """The signal stands in the ledger from now on, under these fields."""
        row = self._of(signal)
        if row is None:
            row = WeakSignal(signal_id=signal.id, node_id=signal.node_id, category="", fields="", at=signal.at)
            self._session.add(row)
        row.category, row.fields = signal.category, "\n".join(fields)
        self._session.flush()

    def end(self, signal: Signal, outcome: Outcome, at: datetime) -> None:
        """Somebody has decided about it, or time has."""
        row = self._of(signal)
        if row is not None:
            row.outcome, row.ended_at, row.signal_id = outcome.value, at, None
            self._session.flush()

    def unsay(self, signal: Signal) -> None:
        """Its speaker took it back: it was never collected."""
        row = self._of(signal)
        if row is not None:
            self._session.delete(row)
            self._session.flush()

    def heard(self, path: str, since: datetime, until: datetime) -> Collected:
        """What was heard in [since, until) at the node of that path and below."""
        return self._counted(path, col(WeakSignal.at) >= since, col(WeakSignal.at) < until)

    def decided(self, path: str, since: datetime, until: datetime) -> Collected:
        """What somebody decided about in [since, until)."""
        return self._counted(path, col(WeakSignal.ended_at) >= since, col(WeakSignal.ended_at) < until)

    def _counted(self, path: str, *which: object) -> Collected:
        query = select(WeakSignal.fields, WeakSignal.outcome, func.count())
        query = query.join(GridNode, col(GridNode.id) == col(WeakSignal.node_id)).where(at_or_below(path), *which)  # type: ignore[arg-type]
        rows = self._session.exec(query.group_by(col(WeakSignal.fields), col(WeakSignal.outcome))).all()
        fields, outcomes = Counter[str](), Counter[str]()
        for names, outcome, count in rows:
            outcomes[outcome or ""] += count
            for name in names.split("\n") if names else ():
                fields[name] += count
        return Collected(sum(outcomes.values()), fields, outcomes)

    def _of(self, signal: Signal) -> WeakSignal | None:
        return self._session.exec(select(WeakSignal).where(WeakSignal.signal_id == signal.id)).first()
