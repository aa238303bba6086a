"""The records of disputes, their ledger, and how often mediation succeeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from models import history
from models.codes import RecordField, Status, TicketKind
from models.dispute_tables import DisputeEntry, DisputeRecord
from models.history_tables import EventText, TicketEvent
from models.places import at_or_below
from models.states import Move
from models.tables import GridNode
from models.ticket_tables import Ticket
from models.tickets import Tickets

RECORDED = "recorded"
"""The step with which a field of the record is filled in."""

OPEN = (Status.NOTICED, Status.FOLLOWED, Status.MEDIATING, Status.SETTLED)
"""Statuses of a dispute that has not ended; no other kind has them, so that an index finds disputes by them."""

CODED = frozenset({RecordField.METHOD, RecordField.SUCCEEDED, RecordField.PEOPLE})
"""Fields that say nothing of persons: they stay when words are erased."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Disputes settled in a period: how many succeeded, failed, or have no outcome recorded; and by method."""

    succeeded: int
    failed: int
    unrecorded: int
    methods: Mapping[str, int]

    @property
    def settled(self) -> int:
        return self.succeeded + self.failed + self.unrecorded

    @property
    def success_rate(self) -> float | None:
        """Share of those with a recorded outcome that succeeded, 0 to 1; None when there are none."""
        decided = self.succeeded + self.failed
        return self.succeeded / decided if decided else None


class Disputes:
    """Reads and writes within one unit of work."""

    def __init__(self, session: Session, tickets: Tickets) -> None:
        self._session = session
        self._tickets = tickets

    # -- the record -----------------------------------------------------------------------------

    def put(self, ticket: Ticket, field: RecordField, value: str | int | bool, *, at: datetime, by: str) -> TicketEvent:
        """Fill in a field. Codes stand in the step itself; words stand beside it, where they can be erased."""
        data: dict[str, str | int | bool] = {"field": field.value}
        if field in CODED:
            data["value"] = value
            setattr(self._row(ticket), field.value, value)
        words = "" if field in CODED else str(value)
        self._tickets.record(ticket, RECORDED, at=at, actor_id=by, words=words, data=data)
        step = self._last(ticket.id)
        entry = self._session.get(DisputeEntry, (ticket.id, field.value))
        if entry is None:
            entry = DisputeEntry(ticket_id=ticket.id, field=field.value, seq=step.seq)
            self._session.add(entry)
        entry.seq = step.seq
        self._session.flush()
        return step

    def values(self, ticket: Ticket) -> dict[RecordField, str | int | bool]:
        """What is filled in and was not erased. An outcome from before the dispute was sent back no longer counts."""
        entries = self._session.exec(select(DisputeEntry).where(DisputeEntry.ticket_id == ticket.id)).all()
        if not entries:
            return {}
        row, texts = self._row(ticket), self._tickets.texts(ticket.id)
        anew = self._sent_back(ticket.id)
        found: dict[RecordField, str | int | bool] = {}
        for entry in entries:
            field = RecordField(entry.field)
            if field is RecordField.SUCCEEDED and entry.seq < anew:
                continue
            value = getattr(row, field.value) if field in CODED else None
            if field not in CODED and entry.seq in texts:
                value = texts[entry.seq].text
            if value is not None:
                found[field] = value
        return found

    def settle(self, ticket: Ticket, at: datetime) -> None:
        """The dispute was reported as settled."""
        row = self._row(ticket)
        row.settled_at = at
        if RecordField.SUCCEEDED not in self.values(ticket):
            row.succeeded = None
        self._session.flush()

    def erase(self, ticket: Ticket, at: datetime) -> None:
        """Delete the words of the record, what was corrected among them; the codes stay."""
        steps = select(TicketEvent.seq).where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == RECORDED)
        kept = (col(EventText.ticket_id) == ticket.id, col(EventText.seq).in_(steps))
        seqs = sorted(self._session.exec(select(EventText.seq).where(*kept)).all())
        if seqs:
            self._session.exec(delete(EventText).where(*kept))
            self._tickets.record(ticket, history.ERASED, at=at, actor_id=None, data={"seqs": seqs})

    # -- what turned into what ------------------------------------------------------------------

    def link(self, dispute: Ticket, origin: Ticket) -> None:
        """The dispute came out of that ticket."""
        dispute.linked_from = origin.id
        self._row(dispute).out_of = origin.id
        self._session.flush()

    def out_of(self, origin: Ticket) -> list[Ticket]:
        """The disputes that came out of a ticket, the oldest first."""
        query = select(Ticket).join(DisputeRecord, col(DisputeRecord.ticket_id) == col(Ticket.id))
        query = query.where(DisputeRecord.out_of == origin.id).order_by(col(Ticket.opened_at), col(Ticket.number))
        return list(self._session.exec(query).all())

    # -- lists and figures ----------------------------------------------------------------------

    def ledger(self, paths: Sequence[str], handler_id: str, limit: int) -> tuple[list[Ticket], int]:
        """The open disputes at nodes of these paths and below, and those that the person has; how many there are.

        What is due first stands first.
        """
        query = self._open(paths, handler_id)
        count = self._session.exec(select(func.count()).select_from(query.subquery())).one()
        rows = self._session.exec(query.order_by(col(Ticket.solve_by), col(Ticket.number)).limit(limit)).all()
        return list(rows), count

    def owed(self, path: str, limit: int) -> list[Ticket]:
        """The disputes at the node of that path and below that nobody has settled yet, the oldest."""
        nodes = select(GridNode.id).where(at_or_below(path))
        query = select(Ticket).where(col(Ticket.node_id).in_(nodes), col(Ticket.status).in_(OPEN[:-1]))
        return list(self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number)).limit(limit)).all())

    def reported(self, ticket_ids: Sequence[str]) -> dict[str, int]:
        """How often each of these was reported up (上报)."""
        query = select(TicketEvent.ticket_id, func.count()).where(
            col(TicketEvent.ticket_id).in_(list(ticket_ids)), TicketEvent.kind == "escalated"
        )
        return {row[0]: row[1] for row in self._session.exec(query.group_by(col(TicketEvent.ticket_id))).all()}

    def opened_since(self, node_id: int, since: datetime) -> list[Ticket]:
        """The disputes that were opened at exactly that node after that moment and have not ended."""
        query = select(Ticket).where(Ticket.node_id == node_id, col(Ticket.status).in_(OPEN), Ticket.opened_at > since)
        return list(self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number))).all())

    def figures(self, path: str, since: datetime, until: datetime) -> Figures:
        """Of the disputes at the node of that path and below that were settled in (since, until] and still are."""
        query = (
            select(DisputeRecord.method, DisputeRecord.succeeded, func.count())
            .join(Ticket, col(Ticket.id) == col(DisputeRecord.ticket_id))
            .join(GridNode, col(GridNode.id) == col(Ticket.node_id))
            .where(
                col(DisputeRecord.settled_at) > since,
                col(DisputeRecord.settled_at) <= until,
                col(Ticket.status).in_((Status.SETTLED, Status.CLOSED)),
                at_or_below(path),
            )
            .group_by(col(DisputeRecord.method), col(DisputeRecord.succeeded))
        )
        outcomes: dict[bool | None, int] = {}
        methods: dict[str, int] = {}
        for method, succeeded, count in self._session.exec(query).all():
            outcomes[succeeded] = outcomes.get(succeeded, 0) + count
            if method is not None:
                methods[method] = methods.get(method, 0) + count
        return Figures(outcomes.get(True, 0), outcomes.get(False, 0), outcomes.get(None, 0), methods)

    def _open(self, paths: Sequence[str], handler_id: str) -> SelectOfScalar[Ticket]:
        here: list[ColumnElement[bool]] = [at_or_below(path) for path in paths]
        nodes = select(GridNode.id).where(or_(*here)) if here else None
        mine = select(Ticket.id).where(Ticket.handler_id == handler_id, col(Ticket.status).in_(OPEN))
        if nodes is None:
            return select(Ticket).where(col(Ticket.id).in_(mine))
        there = select(Ticket.id).where(col(Ticket.node_id).in_(nodes), col(Ticket.status).in_(OPEN))
        return select(Ticket).where(col(Ticket.id).in_(there.union(mine)))

    def _row(self, ticket: Ticket) -> DisputeRecord:
        assert ticket.kind is TicketKind.DISPUTE
        row = self._session.get(DisputeRecord, ticket.id)
        if row is None:
            row = DisputeRecord(ticket_id=ticket.id)
            self._session.add(row)
        return row

    def _last(self, ticket_id: str) -> TicketEvent:
        query = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(col(TicketEvent.seq).desc())
        return self._session.exec(query.limit(1)).one()

    def _sent_back(self, ticket_id: str) -> int:
        """The seq of the last time that the requester was dissatisfied; 0 when he never was."""
        again = col(TicketEvent.kind).in_((Move.SEND_BACK.value, Move.REOPEN.value))
        query = select(func.max(TicketEvent.seq)).where(TicketEvent.ticket_id == ticket_id, again)
        return self._session.exec(query).one() or 0
