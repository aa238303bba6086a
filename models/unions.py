"""Tickets that were merged into others, and what goes over from one ticket to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from models.codes import SourceRole, Status
from models.history_tables import EventText, TicketEvent
from models.states import UNPUBLISHED, Move
from models.ticket_tables import Claim, Requester, StoredAttachment, Ticket
from models.tickets import Tickets

ABSORBED, UNMERGED, SPLIT_FROM, SPLIT_OFF = "absorbed", "unmerged", "split_from", "split_off"
"""Steps that are no moves: another ticket came in, this one came back, it began as a part, a part of it left."""

MERGED = "merged"
"""How a claim ended."""


_ASKERS_SAY = ("joined", "updated", "pictured", "amended", "sent_back", "reopened", "urged")


@dataclass(frozen=True, slots=True)
class Said:
    """Words of somebody who asks, and the step with which they were said."""

    author_id: str | None
    kind: str
    words: str


class Unions:
    """Reads and writes of merges and splits within one unit of work."""

    def __init__(self, session: Session, tickets: Tickets) -> None:
        self._session = session
        self._tickets = tickets

    def end_of(self, ticket: Ticket) -> Ticket:
        """What the ticket is by now: itself, or what it was merged into."""
        while ticket.merged_into is not None:
            ticket = self._tickets.get(ticket.merged_into)
        return ticket

    def inside(self, ticket_id: str) -> list[Ticket]:
        """Everything that was merged into the ticket, and into that, by number."""
        found: list[Ticket] = []
        layer = [ticket_id]
        while layer:
            query = select(Ticket).where(col(Ticket.merged_into).in_(layer), Ticket.status == Status.MERGED)
            rows = self._session.exec(query.order_by(col(Ticket.number))).all()
            found += rows
            layer = [row.id for row in rows]
        return found

    def said_by_askers(self, ticket_id: str) -> list[Said]:
        """What those who ask, or asked, have said of the ticket and of all that was merged into it: with which words it
        began, whoever wrote them, and theirs since; not what they thought of the outcome. In one statement."""
        held = select(col(Ticket.id)).where(Ticket.id == ticket_id).cte("held_words", recursive=True)
        inside = select(col(Ticket.id)).join(held, col(Ticket.merged_into) == held.c.id)
        held = held.union(inside)
        asked = and_(col(Requester.ticket_id) == TicketEvent.ticket_id, col(Requester.person_id) == EventText.author_id)
        began, theirs = col(TicketEvent.kind) == Move.OPEN.value, col(Requester.person_id).is_not(None)
        query = (
            select(EventText.author_id, TicketEvent.kind, EventText.text)
            .join(
                TicketEvent,
                and_(TicketEvent.ticket_id == EventText.ticket_id, TicketEvent.seq == EventText.seq),  # type: ignore[arg-type]
            )
            .join(Requester, asked, isouter=True)
            .where(col(EventText.ticket_id).in_(select(held.c.id)))
            .where(or_(began, and_(col(TicketEvent.kind).in_(_ASKERS_SAY), theirs)))
        )
        return [Said(*row) for row in self._session.exec(query).all()]

    def merge(self, ticket: Ticket, into: Ticket, *, at: datetime, actor_id: str | None) -> None:
        """The ticket ends in another, whose requesters its requesters become. Raises IllegalMove.

        Its claim ends; its own requesters, messages and history stay as they are, so that it can come back.
        """
        self._tickets.move(ticket, Move.MERGE, at=at, actor_id=actor_id, data={"into": into.id, "number": into.number})
        self._tickets.end_claim(ticket.id, at, MERGED)
        ticket.merged_into = into.id
        for row in self._tickets.requesters(ticket.id):
            self._take_in(row, ticket, into, at)
        data = {"from": ticket.id, "number": ticket.number, "requesters": self._tickets.asking(into.id)}
        self._tickets.record(into, ABSORBED, at=at, actor_id=actor_id, data=data)

    def _take_in(self, row: Requester, ticket: Ticket, into: Ticket, at: datetime) -> None:
        known = self._tickets.requester(into.id, row.person_id)
        if known is not None and known.withdrawn_at is None:
            return
        position = self._tickets.ever_asked(into.id)
        if known is None:
            known = Requester(ticket_id=into.id, person_id=row.person_id, joined_at=at)
            self._session.add(known)
        known.joined_at, known.position, known.withdrawn_at, known.merged_from = at, position, None, ticket.id
        self._session.flush()

    def still_asking(self, ticket: Ticket) -> bool:
        """Whether anybody who asked for the merged ticket has not withdrawn since."""
        assert ticket.merged_into is not None
        for row in self._tickets.requesters(ticket.id):
            there = self._tickets.requester(ticket.merged_into, row.person_id)
            if there is None or there.merged_from != ticket.id or there.withdrawn_at is None:
                return True
        return False

    def restore(self, ticket: Ticket, *, at: datetime, actor_id: str | None) -> Ticket:
        """The merged ticket goes on as before; those who came with it leave the other, which is returned.

        Whoever has withdrawn there meanwhile asks for neither any more.
        """
        assert ticket.merged_into is not None
        into = self._tickets.get(ticket.merged_into)
        before = next(event for event in reversed(self._tickets.events(ticket.id)) if event.kind == Move.MERGE)
        for row in self._tickets.requesters(ticket.id):
            there = self._tickets.requester(into.id, row.person_id)
            if there is None or there.merged_from != ticket.id:
                continue
            if there.withdrawn_at is not None:
                row.withdrawn_at = there.withdrawn_at
            there.withdrawn_at = at
        ticket.merged_into = None
        ended = select(Claim).where(Claim.ticket_id == ticket.id, Claim.outcome == MERGED)
        for claim in self._session.exec(ended.where(col(Claim.ended_at) == before.at)).all():
            claim.ended_at = claim.outcome = None
        self._session.flush()
        assert before.from_status is not None
        status = before.from_status
        if status is Status.PROPOSED:
            ticket.flags = [flag for flag in ticket.flags if flag != UNPUBLISHED]
        self._tickets.become(ticket, status, UNMERGED, at=at, actor_id=actor_id, data={"from": into.id})
        data = {"to": ticket.id, "number": ticket.number, "requesters": self._tickets.asking(into.id)}
        self._tickets.record(into, SPLIT_OFF, at=at, actor_id=actor_id, data=data)
        return into

    def split(self, ticket: Ticket, off: Ticket, people: Iterable[str], *, at: datetime, actor_id: str | None) -> None:
        """These requesters leave the ticket for another, with their messages and pictures; both histories say so."""
        off.linked_from = ticket.id
        for person_id in people:
            row = self._tickets.requester(ticket.id, person_id)
            assert row is not None
            row.withdrawn_at = at
            if self._tickets.requester(off.id, person_id) is None:
                position = self._tickets.ever_asked(off.id)
                self._session.add(Requester(ticket_id=off.id, person_id=person_id, joined_at=at, position=position))
            self._session.flush()
            for held in (ticket, *self.inside(ticket.id)):
                self._move_messages(held, off, person_id)
        self._follow(ticket, off)
        self._tickets.record(
            off, SPLIT_FROM, at=at, actor_id=actor_id, data={"from": ticket.id, "number": ticket.number}
        )
        data = {"to": off.id, "number": off.number, "requesters": self._tickets.asking(ticket.id)}
        self._tickets.record(ticket, SPLIT_OFF, at=at, actor_id=actor_id, data=data)

    def _follow(self, ticket: Ticket, off: Ticket) -> None:
        """What was merged into the ticket goes with its people, when all of them have gone over to the other."""
        for inside in self.inside(ticket.id):
            if inside.merged_into != ticket.id:
                continue
            asking = self._tickets.requesters(inside.id)
            if asking and all(self._tickets.requester(off.id, row.person_id) is not None for row in asking):
                inside.merged_into = off.id
        self._session.flush()

    def may_come_back(self, ticket: Ticket) -> bool:
        """Whether the merged ticket is still where it was merged into."""
        merges = [event for event in self._tickets.events(ticket.id) if event.kind == Move.MERGE]
        return bool(merges) and merges[-1].data.get("into") == ticket.merged_into

    def _move_messages(self, ticket: Ticket, off: Ticket, person_id: str) -> None:
        for source in self._tickets.sources(ticket.id):
            if source.person_id != person_id:
                continue
            source.ticket_id, source.role = off.id, SourceRole.REPORT
            pictures = select(StoredAttachment).where(
                StoredAttachment.ticket_id == ticket.id,
                StoredAttachment.account == source.account,
                StoredAttachment.message_id == source.message_id,
            )
            for picture in self._session.exec(pictures).all():
                picture.ticket_id = off.id
        self._session.flush()
