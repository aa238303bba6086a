"""Tickets and everything that hangs on them, within one unit of work."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, union
from sqlmodel import Session, col, delete, select, update

from models import history
from models.alarms import TRANSFERRED, Alarms
from models.belonging import held, in_hand, touched
from models.codes import SourceRole, Status, TicketKind
from models.outbox import signal_subject
from models.places import at_or_below
from models.states import ALIVE, ENDED, FINISHED, UNPUBLISHED, Move, after, statuses
from models.tables import GridNode, Person
from models.ticket_tables import (
    Claim,
    EventText,
    Requester,
    Source,
    StoredAttachment,
    Ticket,
    TicketEvent,
)


class Tickets:
    """Reads and writes of tickets. Every change of a status goes through move()."""

    def __init__(self, session: Session, new_id: Callable[[], str], alarms: Alarms) -> None:
        self._session = session
        self.holds: dict[tuple[str, str], str] = {}  # what hold() noted: (account, message id) → ticket or signal
        self.moved: dict[str, Ticket] = {}  # what made a step in this unit, by id
        self._new_id = new_id
        self._alarms = alarms

    # -- opening and moving ---------------------------------------------------------------------

    def open(self, ticket: Ticket, *, actor_id: str | None, words: str, data: dict[str, Any]) -> Ticket:
        """Store a new ticket with the first event of its history."""
        self._session.add(ticket)
        self._session.flush()
        self._append(ticket, Move.OPEN, ticket.opened_at, actor_id, None, words, data)
        return ticket

    def new_id(self) -> str:
        return self._new_id()

    def move(
        self,
        ticket: Ticket,
        move: Move,
        *,
        at: datetime,
        actor_id: str | None,
        words: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Change the status as the state table says and write it into the history.

        Raises IllegalMove, and then nothing has changed.
        """
        before = ticket.status
        ticket.status = after(ticket.kind, before, move)
        if before is Status.PROPOSED and move is not Move.APPROVE:
            ticket.flags = sorted({*ticket.flags, UNPUBLISHED})
        if ticket.status in ENDED:
            ticket.closed_at = at
        elif move is Move.REOPEN:
            ticket.closed_at = None
        if ticket.status in ENDED | FINISHED:
            ticket.waiting_since = ticket.waiting_for = ticket.next_by = None  # its clocks have run out
        self._append(ticket, move, at, actor_id, before, words, data or {})

    def record(
        self,
        ticket: Ticket,
        kind: str,
        *,
        at: datetime,
        actor_id: str | None,
        words: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Write something that changes no status into the history."""
        self._append(ticket, kind, at, actor_id, ticket.status, words, data or {})

    def become(
        self,
        ticket: Ticket,
        status: Status,
        kind: str,
        *,
        at: datetime,
        actor_id: str | None,
        words: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Change the status where the state table has no move: back from a merge, or over to another kind's life."""
        before = ticket.status
        ticket.status = status
        if status not in ENDED:
            ticket.closed_at = None
        self._append(ticket, kind, at, actor_id, before, words, data or {})

    def _append(
        self,
        ticket: Ticket,
        kind: str,
        at: datetime,
        actor_id: str | None,
        before: Status | None,
        words: str,
        data: dict[str, Any],
    ) -> None:
        """Each step of each ticket comes through here: its alarm, if it has one, goes with it."""
        event = history.append(
            self._session, self._new_id, ticket, kind, at=at, actor_id=actor_id, before=before, words=words, data=data
        )
        self.moved[ticket.id] = ticket
        into = event.data.get("to") if kind == TRANSFERRED else event.data.get("by")
        self._alarms.follow(ticket, event.kind, at=at, by=actor_id, to=into)

    # -- finding --------------------------------------------------------------------------------

    def get(self, ticket_id: str) -> Ticket:
        """The ticket with that id, which must exist."""
        ticket = self._session.get(Ticket, ticket_id)
        if ticket is None:
            raise LookupError(f"ticket {ticket_id} does not exist")
        return ticket

    def by_number(self, scope_id: int, number: int) -> Ticket | None:
        return self._session.exec(select(Ticket).where(Ticket.scope_id == scope_id, Ticket.number == number)).first()

    def all(self) -> Sequence[Ticket]:
        return self._session.exec(select(Ticket).order_by(col(Ticket.scope_id), col(Ticket.number))).all()

    def below(
        self,
        path: str,
        *,
        kinds: Iterable[TicketKind] = tuple(TicketKind),
        statuses: Iterable[Status] | None = None,
        closed_after: datetime | None = None,
    ) -> Sequence[Ticket]:
        """Tickets at the node of that path and below, by opening time.

        statuses None means: not ended, or (with closed_after) ended since then.
        """
        here = col(Ticket.node_id).in_(select(GridNode.id).where(at_or_below(path)))
        query = select(Ticket).where(here, col(Ticket.kind).in_(list(kinds)))
        if statuses is not None or closed_after is None:
            query = query.where(col(Ticket.status).in_(ALIVE if statuses is None else list(statuses)))
        else:
            # Two lists of ids, each from its own index: with OR everything that ever was would be read.
            alive = select(Ticket.id).where(here, col(Ticket.status).in_(ALIVE))
            ended = select(Ticket.id).where(here, col(Ticket.closed_at) > closed_after)
            query = query.where(col(Ticket.id).in_(union(alive, ended).scalar_subquery()))
        return self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number))).all()

    def oldest_open(self) -> datetime | None:
        """When the oldest matter that has not ended was opened."""
        return self._session.exec(select(func.min(Ticket.opened_at)).where(col(Ticket.status).in_(ALIVE))).one()

    def of_person(self, person_id: str) -> list[Ticket]:
        """Tickets that the person asked for, has claimed or handles, and that have not ended."""
        query = select(Ticket).where(col(Ticket.status).in_(ALIVE), col(Ticket.id).in_(in_hand(person_id)))
        return list(self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number))).all())

    def in_hands_of(self, person_id: str) -> list[Ticket]:
        """Tickets that the person handles or has claimed, and that have not ended."""
        query = select(Ticket).where(col(Ticket.status).in_(ALIVE), col(Ticket.id).in_(held(person_id)))
        return list(self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number))).all())

    def in_nobodys_hands(self, path: str) -> list[Ticket]:
        """Tickets at the node of that path and below that have not ended and were given to nobody."""
        here = col(Ticket.node_id).in_(select(GridNode.id).where(at_or_below(path)))
        query = select(Ticket).where(here, col(Ticket.status).in_(ALIVE), col(Ticket.handler_id).is_(None))
        return list(self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number))).all())

    def of_organisations(self, organisation_ids: Sequence[int], limit: int) -> list[Ticket]:
        """What these organisations have to solve and that has not ended, the oldest."""
        query = select(Ticket).where(col(Ticket.organisation_id).in_(organisation_ids), col(Ticket.status).in_(ALIVE))
        return list(self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number)).limit(limit)).all())

    def asked_by(self, person_id: str, room_id: int, *, limit: int, category: str | None = None) -> list[Ticket]:
        """The open tickets of the room that the person asked for last, by opening time."""
        query = select(Ticket).join(Requester, col(Requester.ticket_id) == col(Ticket.id))
        query = query.where(
            Requester.person_id == person_id,
            col(Requester.withdrawn_at).is_(None),
            Ticket.room_id == room_id,
            col(Ticket.status).in_(ALIVE),
        )
        if category is not None:
            query = query.where(Ticket.category == category)
        rows = self._session.exec(query.order_by(col(Requester.joined_at).desc()).limit(limit)).all()
        return sorted(rows, key=lambda ticket: (ticket.opened_at, ticket.number))

    def complaints_at(self, node_id: int, *, limit: int) -> list[Ticket]:
        """The public complaints of exactly this node that are open, the last ones, by opening time.

        Looked up by status, so that each look ends after a few rows of the index, however many are open.
        """
        public = (Ticket.node_id == node_id, Ticket.kind == TicketKind.COMPLAINT, col(Ticket.private).is_(False))
        rows: list[Ticket] = []
        for status in sorted(statuses(TicketKind.COMPLAINT) - ENDED):
            query = select(Ticket).where(*public, Ticket.status == status)
            rows += self._session.exec(query.order_by(col(Ticket.opened_at).desc()).limit(limit)).all()
        return sorted(rows, key=lambda ticket: (ticket.opened_at, ticket.number))[-limit:]

    def open_in_room(self, room_id: int, node: GridNode) -> int:
        """How many tickets of that room and node have not ended."""
        here = (Ticket.node_id == node.id, col(Ticket.status).in_(ALIVE), Ticket.room_id == room_id)
        return self._session.exec(select(func.count()).select_from(Ticket).where(*here)).one()

    def events(self, ticket_id: str) -> Sequence[TicketEvent]:
        query = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(col(TicketEvent.seq))
        return self._session.exec(query).all()

    def opened_by(self, ticket_id: str) -> str | None:
        """Whose words opened the ticket."""
        first = select(TicketEvent.actor_id).where(TicketEvent.ticket_id == ticket_id, TicketEvent.seq == 1)
        return self._session.exec(first).first()

    def last_step(self, person_id: str, kinds: Iterable[str], after: datetime) -> TicketEvent | None:
        """The last step of one of these kinds that the person made since then."""
        query = select(TicketEvent).where(
            col(TicketEvent.at) > after, TicketEvent.actor_id == person_id, col(TicketEvent.kind).in_(list(kinds))
        )
        return self._session.exec(query.order_by(col(TicketEvent.at).desc(), col(TicketEvent.id).desc())).first()

    def texts(self, ticket_id: str) -> dict[int, EventText]:
        """The words of the history that are still kept, by seq."""
        rows = self._session.exec(select(EventText).where(EventText.ticket_id == ticket_id)).all()
        return {row.seq: row for row in rows}

    # -- requesters, sources, pictures ----------------------------------------------------------

    def requesters(self, ticket_id: str) -> list[Requester]:
        """Those who ask and have not withdrawn, in the order in which they joined."""
        query = select(Requester).where(Requester.ticket_id == ticket_id, col(Requester.withdrawn_at).is_(None))
        return list(self._session.exec(query.order_by(col(Requester.joined_at), col(Requester.position))).all())

    def asking(self, ticket_id: str) -> int:
        """How many ask and have not withdrawn."""
        count = select(func.count()).select_from(Requester)
        count = count.where(Requester.ticket_id == ticket_id, col(Requester.withdrawn_at).is_(None))
        return self._session.exec(count).one()

    def ever_asked(self, ticket_id: str) -> int:
        """How many have asked, those included who have left."""
        count = select(func.count()).select_from(Requester).where(Requester.ticket_id == ticket_id)
        return self._session.exec(count).one()

    def requester(self, ticket_id: str, person_id: str) -> Requester | None:
        return self._session.get(Requester, (ticket_id, person_id))

    def join(self, ticket: Ticket, person: Person, at: datetime) -> bool:
        """Make the person a requester; False when he is one already."""
        existing = self.requester(ticket.id, person.id)
        if existing is None:
            position = self.ever_asked(ticket.id)
            self._session.add(Requester(ticket_id=ticket.id, person_id=person.id, joined_at=at, position=position))
            self._session.flush()
            return True
        if existing.withdrawn_at is None:
            return False
        existing.withdrawn_at, existing.joined_at = None, at
        return True

    def source(self, account: str, message_id: str) -> Source | None:
        return self._session.get(Source, (account, message_id))

    def sources(self, ticket_id: str) -> list[Source]:
        """The messages that the ticket holds, in the order in which they came."""
        query = select(Source).where(Source.ticket_id == ticket_id)
        return list(self._session.exec(query.order_by(col(Source.at), col(Source.position))).all())

    def hold(
        self,
        account: str,
        message_id: str,
        *,
        at: datetime,
        role: SourceRole,
        person_id: str | None,
        ticket_id: str | None = None,
        signal_id: int | None = None,
    ) -> None:
        """Note that a ticket or a signal holds the message; a message is held once, the latest wins."""
        owned = Source.ticket_id == ticket_id if ticket_id is not None else Source.signal_id == signal_id
        position = self._session.exec(select(func.count()).select_from(Source).where(owned)).one()
        row = self._session.get(Source, (account, message_id))
        if row is None:
            row = Source(account=account, message_id=message_id, role=role, at=at)
            self._session.add(row)
        row.ticket_id, row.signal_id, row.person_id, row.role = ticket_id, signal_id, person_id, role
        row.position = position
        self.holds[account, message_id] = ticket_id or signal_subject(signal_id or 0)
        self._session.flush()

    def signal_sources(self, signal_id: int) -> list[Source]:
        query = select(Source).where(Source.signal_id == signal_id)
        return list(self._session.exec(query.order_by(col(Source.at), col(Source.position))).all())

    def attach(self, attachment: StoredAttachment) -> None:
        self._session.add(attachment)

    def attachments(self, ticket_id: str) -> Sequence[StoredAttachment]:
        query = select(StoredAttachment).where(StoredAttachment.ticket_id == ticket_id)
        return self._session.exec(query.order_by(col(StoredAttachment.id))).all()

    # -- claims ---------------------------------------------------------------------------------

    def live_claim(self, ticket_id: str) -> Claim | None:
        """The first of those who have the wish; all of them: Wishes.live."""
        query = select(Claim).where(Claim.ticket_id == ticket_id, col(Claim.ended_at).is_(None))
        return self._session.exec(query.order_by(col(Claim.id))).first()

    def claim(self, ticket: Ticket, person: Person, at: datetime, *, assigned: bool = False) -> Claim:
        """A live claim on the first free seat.

        A unique index lets only one of two simultaneous claims of a seat be committed; when no seat is free, none.
        """
        query = select(Claim.seat).where(Claim.ticket_id == ticket.id, col(Claim.ended_at).is_(None))
        taken = set(self._session.exec(query).all())
        last = max(ticket.helpers_wanted, 1) - 1
        seat = next((number for number in range(last) if number not in taken), last)
        claim = Claim(ticket_id=ticket.id, person_id=person.id, at=at, assigned=assigned, seat=seat)
        self._session.add(claim)
        self._session.flush()
        return claim

    def end_claim(self, ticket_id: str, at: datetime, outcome: str) -> Claim | None:
        """All live claims of the ticket end; returns the first of them."""
        first = self.live_claim(ticket_id)
        if first is not None:
            query = select(Claim).where(Claim.ticket_id == ticket_id, col(Claim.ended_at).is_(None))
            for claim in self._session.exec(query).all():
                claim.ended_at, claim.outcome = at, outcome
            self._session.flush()
        return first

    # -- erasing --------------------------------------------------------------------------------

    def kept_since(self, before: datetime, limit: int) -> list[Ticket]:
        """The first of those that ended before that moment and still have words and names."""
        query = select(Ticket).where(col(Ticket.anonymised_at).is_(None), col(Ticket.closed_at) < before)
        return list(self._session.exec(query.order_by(col(Ticket.closed_at), col(Ticket.id)).limit(limit)).all())

    def unname(self, ticket: Ticket, nobody: Callable[[int], Person]) -> None:
        """Put nobody in the place of each who asked: how many they were, when and how they rated stays."""
        asked = select(Requester.person_id).where(Requester.ticket_id == ticket.id)
        asked = asked.order_by(col(Requester.joined_at), col(Requester.position))
        for place, person_id in enumerate(self._session.exec(asked).all()):
            which = (col(Requester.ticket_id) == ticket.id, col(Requester.person_id) == person_id)
            self._session.exec(update(Requester).where(*which).values(person_id=nobody(place).id))
        self._session.exec(update(Source).where(col(Source.ticket_id) == ticket.id).values(person_id=None))

    def erase_words(self, ticket: Ticket, *, at: datetime, author_id: str | None = None) -> int:
        """Delete the words of the history (of one author, or all) and say so in an event; returns how many."""
        rows = [word for word in self.texts(ticket.id).values() if author_id in (None, word.author_id)]
        if not rows:
            return 0
        seqs = sorted(word.seq for word in rows)
        self._session.exec(delete(EventText).where(col(EventText.ticket_id) == ticket.id, col(EventText.seq).in_(seqs)))
        self.record(ticket, history.ERASED, at=at, actor_id=None, data={"seqs": seqs})
        return len(seqs)

    def drop_pictures(self, *, ticket_id: str | None = None, person_id: str | None = None) -> list[str]:
        """Delete the pictures of a ticket, or of a person's messages; returns the hashes of their files."""
        message = (Source.account == StoredAttachment.account, Source.message_id == StoredAttachment.message_id)
        said = select(Source).where(*message, Source.person_id == person_id).exists()
        query = select(StoredAttachment).where(said if ticket_id is None else StoredAttachment.ticket_id == ticket_id)
        rows = self._session.exec(query).all()
        for row in rows:
            self._session.delete(row)
        self._session.flush()
        return sorted({row.sha256 for row in rows if row.sha256 is not None})

    def has_picture(self, sha256: str) -> bool:
        """Whether any ticket still has the picture of that hash."""
        query = select(StoredAttachment.id).where(StoredAttachment.sha256 == sha256)
        return self._session.exec(query).first() is not None

    def touched_by(self, person_id: str) -> list[Ticket]:
        """Every ticket that the person asked for, claimed, handles or wrote into."""
        query = select(Ticket).where(col(Ticket.id).in_(touched(person_id)))
        return list(self._session.exec(query.order_by(col(Ticket.scope_id), col(Ticket.number))).all())

    def scopes_of(self, person_id: str) -> list[int]:
        """The number scopes of everything that the person ever touched."""
        query = select(Ticket.scope_id).where(col(Ticket.id).in_(touched(person_id))).distinct()
        return list(self._session.exec(query.order_by(col(Ticket.scope_id))).all())
