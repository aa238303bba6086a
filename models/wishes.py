"""Wishes within one unit of work: who has them, which still want somebody, how often they were offered."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from models.codes import Status, TicketKind
from models.places import at_or_below
from models.tables import GridNode
from models.ticket_tables import Claim, Ticket
from models.wish_tables import WishOffer

_TAKEN = (Status.CLAIMED, Status.ASSIGNED)


class Wishes:
    """Reads and writes of claims and offers. A live claim has a seat, of which a wish has helpers_wanted."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- claims ---------------------------------------------------------------------------------

    def live(self, ticket_id: str) -> list[Claim]:
        """Who has the wish now, in the order in which they came."""
        query = select(Claim).where(Claim.ticket_id == ticket_id, col(Claim.ended_at).is_(None))
        return list(self._session.exec(query.order_by(col(Claim.id))).all())

    def of(self, ticket_id: str, person_id: str) -> Claim | None:
        """The live claim of that person."""
        return next((claim for claim in self.live(ticket_id) if claim.person_id == person_id), None)

    def until(self, ticket_id: str, at: datetime) -> list[Claim]:
        """Who has the wish now or had it until that moment, in the order in which they came."""
        query = select(Claim).where(
            Claim.ticket_id == ticket_id, or_(col(Claim.ended_at).is_(None), col(Claim.ended_at) == at)
        )
        return list(self._session.exec(query.order_by(col(Claim.id))).all())

    def end(self, claim: Claim, at: datetime, outcome: str) -> None:
        """One claim ends; the others of the same wish live on."""
        claim.ended_at, claim.outcome = at, outcome
        self._session.flush()

    def free_seats(self, wish: Ticket) -> int:
        """How many may still claim the wish; 0 for what has not been approved, is done or has ended."""
        if wish.kind is not TicketKind.WISH or wish.status not in (Status.OPEN, *_TAKEN):
            return 0
        return max(0, wish.helpers_wanted - len(self.live(wish.id)))

    def wanting(self, path: str, *, public: bool = False, limit: int | None = None) -> Sequence[Ticket]:
        """The wishes at the node of that path and below which somebody may still claim, oldest first; at most limit.

        public: only those of which a group may read.
        """
        query = select(Ticket).where(*_wanting(path, public=public)).limit(limit)
        return self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number))).all()

    def count_wanting(self, path: str, most: int) -> int:
        """How many public ones those are; counted up to most."""
        some = select(Ticket.id).where(*_wanting(path, public=True)).limit(most).subquery()
        return self._session.exec(select(func.count()).select_from(some)).one()

    # -- offers ---------------------------------------------------------------------------------

    def offer(self, ticket_id: str) -> WishOffer | None:
        return self._session.get(WishOffer, ticket_id)

    def offers(self, ticket_ids: Collection[str]) -> dict[str, WishOffer]:
        """How often each of these wishes was offered; those that never stood on the list are left out."""
        if not ticket_ids:
            return {}
        rows = self._session.exec(select(WishOffer).where(col(WishOffer.ticket_id).in_(ticket_ids))).all()
        return {row.ticket_id: row for row in rows}

    def put_on_list(self, ticket_id: str, due_at: datetime, *, at_most: int, anew: bool) -> WishOffer:
        """The wish waits for somebody: it is offered again at due_at. anew: as if it had never been offered.

        at_most: so often the group is asked at all; who hands a wish back does not make it asked more often.
        """
        row = self.offer(ticket_id)
        if row is None:
            row = WishOffer(ticket_id=ticket_id)
            self._session.add(row)
        row.times = 0 if anew else min(row.times, at_most)
        row.due_at = due_at
        self._session.flush()
        return row


def _wanting(path: str, *, public: bool) -> list[Any]:
    here = col(Ticket.node_id).in_(select(GridNode.id).where(at_or_below(path)))
    taken = (
        select(func.count())
        .select_from(Claim)
        .where(Claim.ticket_id == Ticket.id, col(Claim.ended_at).is_(None))
        .correlate(Ticket)
        .scalar_subquery()
    )
    wants = or_(
        col(Ticket.status) == Status.OPEN,
        and_(col(Ticket.helpers_wanted) > 1, col(Ticket.helpers_wanted) > taken),
    )
    found = [here, col(Ticket.status).in_((Status.OPEN, *_TAKEN)), Ticket.kind == TicketKind.WISH, wants]
    return [*found, col(Ticket.private).is_(False)] if public else found
