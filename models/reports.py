"""Frozen reports, and the rows that they are counted from."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, select

from models.codes import Rating, SignalStatus, Status, TicketKind
from models.history_tables import TicketEvent
from models.outbox import batched
from models.places import at_or_below
from models.report_tables import Report
from models.states import ALIVE, FINISHED, Move
from models.tables import GridNode
from models.ticket_tables import Signal, Ticket

OUTCOMES = (
    Move.DO,
    Move.RESOLVE,
    Move.CLOSE,
    Move.CLOSE_SILENT,
    Move.SEND_BACK,
    Move.REOPEN,
    Move.MERGE,
    Move.WITHDRAW,
    Move.REJECT,
)
"""The steps that a report counts."""
RATED = "rated"
"""The step of a grade, also of one given after the end."""

OWED = tuple(status for status in ALIVE if status not in FINISHED)
"""Statuses of what is still to be done."""


class ReportChanged(Exception):
    """A frozen report is not what was frozen: somebody has written into the database."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Of a ticket, what a report may count."""

    id: str
    node_id: int
    kind: TicketKind
    category: str
    flags: tuple[str, ...]
    level: int
    status: Status
    rating: Rating | None
    organisation_id: int | None
    opened_at: datetime
    solve_by: datetime | None
    closed_at: datetime | None
    number: int = 0
    scope_id: int = 0
    private: bool = False
    missed_at: datetime | None = None
    waiting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ticket within the period.

    rating: the grade with which it was closed, if there was one. own: the grade of somebody who sees to it himself.
    """

    ticket: Counted
    kind: str
    at: datetime
    rating: str | None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Then:
    """Of a ticket that has changed since: its status at some moment, and its level if the history names it."""

    status: Status | None
    level: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """When a matter of a category came up at a node, and its words, from which signs are read and which are not kept.

    doubtful: a signal that waits for a leader.
    """

    node_id: int
    category: str
    flags: tuple[str, ...]
    at: datetime
    text: str
    evidence: tuple[str, ...]
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Hazard:
    """Of a matter that is a hazard, what a chart may count. owed: it is still to be put right; fixed: it has been."""

    node_id: int
    category: str
    flags: tuple[str, ...]
    place: str | None
    opened_at: datetime
    owed: bool
    fixed: bool


# select() is typed for four columns at most: hence the ignored calls below.
_COUNTED = (
    Ticket.id, Ticket.node_id, Ticket.kind, Ticket.category, Ticket.flags, Ticket.level, Ticket.status, Ticket.rating,
    Ticket.organisation_id, Ticket.opened_at, Ticket.solve_by, Ticket.closed_at, Ticket.number,
    Ticket.scope_id, Ticket.private, Ticket.missed_at, Ticket.waiting_since,
)  # fmt: skip


class Reports:
    """Reads and writes of reports within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, kind: str, period: str, node_id: int) -> Report | None:
        """The frozen report, if there is one. Raises ReportChanged when it is not what was frozen."""
        query = select(Report).where(Report.kind == kind, Report.period == period, Report.node_id == node_id)
        found = self._session.exec(query).first()
        if found is not None and found.hash != sealed(found):
            raise ReportChanged(f"{kind} {period} of node {node_id}")
        return found

    def freeze(self, report: Report) -> Report:
        """Keep the report as it is from now on."""
        # As it will be read again: keys as text, tuples as lists.
        report.data = json.loads(json.dumps(report.data, allow_nan=False))
        report.hash = sealed(report)
        self._session.add(report)
        self._session.flush()
        return report

    # -- what is counted ------------------------------------------------------------------------

    def opened(self, path: str, since: datetime, until: datetime) -> list[Counted]:
        """Tickets of the node of that path and below that were opened in [since, until), by time and id."""
        query = select(*_COUNTED).where(*_opened(path, since, until))  # type: ignore[call-overload]
        rows = self._session.exec(query).all()
        return sorted((_counted(row) for row in rows), key=lambda ticket: (ticket.opened_at, ticket.id))

    def steps(self, path: str, since: datetime, until: datetime) -> list[Step]:
        """What happened to tickets there in [since, until), in order for each ticket, tickets by id."""
        query = (
            select(TicketEvent.kind, TicketEvent.at, TicketEvent.seq, TicketEvent.data, *_COUNTED)  # type: ignore[call-overload]
            .join(Ticket, col(Ticket.id) == col(TicketEvent.ticket_id))
            .where(
                col(TicketEvent.at) >= since,
                col(TicketEvent.at) < until,
                col(TicketEvent.kind).in_([*(move.value for move in OUTCOMES), RATED]),
                _here(path),
            )
            .order_by(col(TicketEvent.ticket_id), col(TicketEvent.seq))
        )
        return [
            Step(_counted(row[4:]), row[0], row[1], row[3].get("rating"), bool(row[3].get("own")))
            for row in self._session.exec(query).all()
        ]

    def turned(self, path: str, at: datetime) -> dict[str, "Then"]:
        """How tickets there were at that moment to which something happened since, by id, as their histories say."""
        query = (
            select(TicketEvent.ticket_id, TicketEvent.from_status, TicketEvent.data)
            .join(Ticket, col(Ticket.id) == col(TicketEvent.ticket_id))
            .where(col(TicketEvent.at) >= at, _here(path), col(Ticket.opened_at) < at)
            .order_by(col(TicketEvent.ticket_id), col(TicketEvent.seq))
        )
        found: dict[str, Then] = {}
        for ticket_id, status, data in self._session.exec(query).all():
            level = data.get("from") if isinstance(data.get("from"), int) else data.get("from_level")
            then = found.setdefault(ticket_id, Then(None if status is None else Status(status), None))
            if then.level is None and level is not None:
                found[ticket_id] = replace(then, level=level)
        return found

    def overdue(self, path: str, at: datetime, changed: Collection[str] = ()) -> list[Counted]:
        """Tickets there that were opened before that moment, of which a deadline had passed by then, by id.

        Those that are owed now, and of those to which something happened since (changed) all; whether they were owed
        and late then, the caller decides.
        """
        due = [(col(Ticket.solve_by) < at) | (col(Ticket.missed_at) < at), col(Ticket.opened_at) < at]
        which = [and_(_here(path), col(Ticket.status).in_(OWED))]
        which += [col(Ticket.id).in_(ids) for ids in batched(sorted(changed))]
        found: dict[str, Counted] = {}
        for one in which:
            query = select(*_COUNTED).where(one, *due)  # type: ignore[call-overload]
            found |= {row[0]: _counted(row) for row in self._session.exec(query).all()}
        return [found[ticket_id] for ticket_id in sorted(found)]

    def came_up(self, path: str, since: datetime, until: datetime) -> list[Opened]:
        """Matters that came up there in [since, until) and were not found to be none; also what still waits for a
        leader, in no particular order."""
        said = (Ticket.node_id, Ticket.category, Ticket.flags, Ticket.opened_at, Ticket.title, Ticket.evidence)
        query = select(*said).where(*_opened(path, since, until, _REAL))  # type: ignore[call-overload]
        found = [_came_up(row, doubtful=False) for row in self._session.exec(query).all()]
        heard = (Signal.node_id, Signal.category, Signal.flags, Signal.at, Signal.text, Signal.evidence)
        query = select(*heard).where(  # type: ignore[call-overload]
            col(Signal.status) == SignalStatus.WAITING,
            col(Signal.node_id).in_(select(GridNode.id).where(at_or_below(path))),
            col(Signal.at) >= since,
            col(Signal.at) < until,
        )
        return found + [_came_up(row, doubtful=True) for row in self._session.exec(query).all()]

    def hazards(self, path: str, categories: Sequence[str], since: datetime) -> list[Hazard]:
        """Public matters of these categories there that are owed, or were opened since then and were one, by time."""
        owed, fixed = col(Ticket.status).in_(OWED), col(Ticket.status).in_((*FINISHED, Status.CLOSED))
        row = (Ticket.node_id, Ticket.category, Ticket.flags, Ticket.place, Ticket.opened_at, Ticket.status)
        query = select(*row).where(  # type: ignore[call-overload]
            _here(path),
            col(Ticket.category).in_(list(categories)),
            col(Ticket.private).is_(False),
            owed | (fixed & (col(Ticket.opened_at) >= since)),
        )
        rows = self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.id))).all()
        return [
            Hazard(node_id, category, tuple(flags), place, at, status in OWED, status not in OWED)
            for node_id, category, flags, place, at, status in rows
        ]

    def times(self, path: str, since: datetime, until: datetime) -> list[tuple[int, str, datetime]]:
        """(node, category, time) of what was opened there in [since, until) and was not found to be none."""
        query = select(Ticket.node_id, Ticket.category, Ticket.opened_at).where(*_opened(path, since, until, _REAL))
        return [(node_id, category, at) for node_id, category, at in self._session.exec(query).all()]


_REAL = tuple(status for status in Status if status not in (Status.REJECTED, Status.MERGED))


def _here(path: str) -> Any:
    return col(Ticket.node_id).in_(select(GridNode.id).where(at_or_below(path)))


def _opened(path: str, since: datetime, until: datetime, statuses: Sequence[Status] = tuple(Status)) -> tuple[Any, ...]:
    """With every status named, so that the index of node, status and time leads to the period alone."""
    return (
        _here(path),
        col(Ticket.status).in_(statuses),
        col(Ticket.opened_at) >= since,
        col(Ticket.opened_at) < until,
    )


def _counted(row: Sequence[Any]) -> Counted:
    ticket_id, node_id, kind, category, flags, *rest = row
    return Counted(ticket_id, node_id, kind, category, tuple(flags), *rest)


def _came_up(row: Sequence[Any], *, doubtful: bool) -> Opened:
    node_id, category, flags, at, text, evidence = row
    return Opened(node_id, category, tuple(flags), at, text, tuple(evidence), doubtful)


def sealed(report: Report) -> str:
    """Hex sha256 of what a report says and of which period and place it says it."""
    content: Mapping[str, Any] = {
        "kind": report.kind,
        "period": report.period,
        "node": report.node_id,
        "since": report.since.astimezone(UTC).isoformat(),
        "until": report.until.astimezone(UTC).isoformat(),
        "data": report.data,
    }
    packed = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()
