"""Tickets, their requesters, sources and claims, within one unit of work. What is asked of them: ticket_queries.py."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from models import history
from models.alarms import TRANSFERRED, Alarms
from models.codes import SourceRole, Status
from models.outbox import signal_subject
from models.states import ENDED, FINISHED, UNPUBLISHED, Move, after
from models.tables import Person
from models.ticket_queries import TicketQueries
from models.ticket_tables import Claim, Requester, Signal, Source, Ticket

Heed = Callable[[str], frozenset[str]]
"""Why not everybody may read some words: flags of a ticket, and whatever else they speak of."""
ASIDE = "aside"
"""Flag of a ticket of which somebody said in passing what only staff may read: of a quarrel, of blows."""
LATER = "later"
"""Flag of a ticket whose own words are of neither health nor children: only those of a later step are."""
_FLAGS = frozenset({"health", "minor"})


def heed_nothing(_: str) -> frozenset[str]:
    return frozenset()


class Tickets(TicketQueries):
    """Reads and writes of tickets. Every change of a status goes through move()."""

    def __init__(self, session: Session, new_id: Callable[[], str], alarms: Alarms, heed: Heed = heed_nothing) -> None:
        super().__init__(session)
        self._heed = heed
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
        self._flag(ticket, words)
        event = history.append(
            self._session, self._new_id, ticket, kind, at=at, actor_id=actor_id, before=before, words=words, data=data
        )
        self.moved[ticket.id] = ticket
        into = event.data.get("to") if kind == TRANSFERRED else event.data.get("by")
        self._alarms.follow(ticket, event.kind, at=at, by=actor_id, to=into)

    def _flag(self, ticket: Ticket, words: str) -> None:
        """Whatever is written of a ticket counts for it as the words did with which it was opened.

        Words of blows and quarrels make no alarm of it, wherever they stand: that is decided where they are heard. What
        is private keeps them to itself anyway, until its months are over.
        """
        if LATER in ticket.flags and self._heed(ticket.title) & _FLAGS:
            ticket.flags = [flag for flag in ticket.flags if flag != LATER]
        if not words:
            return
        found = self._heed(words)
        more = found & _FLAGS
        if more and not _FLAGS & set(ticket.flags) and not self._heed(ticket.title) & _FLAGS:
            more |= {LATER}
        if found - _FLAGS and not ticket.private:
            more |= {ASIDE}
        if more - set(ticket.flags):
            ticket.flags = sorted({*ticket.flags, *more})

    # -- requesters and sources -----------------------------------------------------------------

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

    def let_go(self, source: Source) -> None:
        """Nothing holds the message any more."""
        self._session.delete(source)
        self._session.flush()

    def heard_at(self, room_id: int, at: datetime) -> bool:
        """Whether a ticket or signal of the room holds a message of exactly that moment."""
        held = select(Source.message_id).where(Source.at == at)
        tickets = held.join(Ticket, col(Ticket.id) == col(Source.ticket_id)).where(Ticket.room_id == room_id)
        signals = held.join(Signal, col(Signal.id) == col(Source.signal_id)).where(Signal.room_id == room_id)
        return any(self._session.exec(one.limit(1)).first() is not None for one in (tickets, signals))

    def signal_sources(self, signal_id: int) -> list[Source]:
        query = select(Source).where(Source.signal_id == signal_id)
        return list(self._session.exec(query.order_by(col(Source.at), col(Source.position))).all())

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
