"""Finding tickets, and what their histories say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, func, not_, union
from sqlmodel import Session, col, select

from models.belonging import held, in_hand, scopes, touched
from models.codes import LEADERS, Status, TicketKind
from models.history_tables import EventText, TicketEvent
from models.outbox import batched
from models.places import at_or_below
from models.states import ALIVE, OWED, statuses
from models.tables import GridNode, RoleGrant
from models.ticket_tables import Requester, Ticket


class TicketQueries:
    """What is asked about tickets and changes nothing; models/tickets.py has the rest."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- finding --------------------------------------------------------------------------------

    def get(self, ticket_id: str) -> Ticket:
        """The ticket with that id, which must exist."""
        ticket = self._session.get(Ticket, ticket_id)
        if ticket is None:
            raise LookupError(f"ticket {ticket_id} does not exist")
        return ticket

    def by_number(self, scope_id: int, number: int) -> Ticket | None:
        return self._session.exec(select(Ticket).where(Ticket.scope_id == scope_id, Ticket.number == number)).first()

    def numbered(self, scope_ids: Sequence[int], number: int) -> list[Ticket]:
        """The tickets with that number in any of these scopes, at most one in each; in one statement for hundreds."""
        found: list[Ticket] = []
        for some in batched(scope_ids):
            query = select(Ticket).where(col(Ticket.scope_id).in_(some), Ticket.number == number)
            found += self._session.exec(query.order_by(col(Ticket.scope_id))).all()
        return found

    def said_in(self, room_id: int, number: int) -> Sequence[Ticket]:
        """The tickets with that number that were opened in that room; of several places where it was bound."""
        query = select(Ticket).where(Ticket.room_id == room_id, Ticket.number == number)
        return self._session.exec(query.order_by(col(Ticket.scope_id))).all()

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

    def in_nobodys_hands(self, lowest: Mapping[int, int], limit: int) -> list[Ticket]:
        """What is owed and was given to nobody, of these nodes, from the level given for each on; the oldest, at most
        limit. Wishes that stand on the menu are left out."""
        offered = and_(
            col(Ticket.kind) == TicketKind.WISH, col(Ticket.status) != Status.PROPOSED, col(Ticket.private).is_(False)
        )
        found: list[Ticket] = []
        levels: dict[int, list[int]] = {}
        for node_id, level in lowest.items():
            levels.setdefault(level, []).append(node_id)
        for level, node_ids in levels.items():
            for some in batched(node_ids):
                query = select(Ticket).where(
                    col(Ticket.node_id).in_(some),
                    col(Ticket.status).in_(OWED),
                    col(Ticket.handler_id).is_(None),
                    not_(offered),
                )
                query = query.where(Ticket.level >= level) if level else query
                found += self._session.exec(query.order_by(col(Ticket.opened_at)).limit(limit)).all()
        return sorted(found, key=lambda ticket: (ticket.opened_at, ticket.number))[:limit]

    def waiting_for_leader(self, node: GridNode, limit: int) -> list[Ticket]:
        """The oldest open tickets in nobody's hands that may be those of who leads the node: of the node itself, moved
        up to a level above their own, or of places below where nobody leads."""
        led = select(RoleGrant.node_id).where(col(RoleGrant.role).in_(LEADERS))
        below = select(GridNode.id).where(at_or_below(node.path))
        without = select(GridNode.id).where(at_or_below(node.path), col(GridNode.id).not_in(led))
        # Not "handler_id is null": an index of that holds the whole city's, and planners take it for the smaller one.
        open_ones = (col(Ticket.status).in_(ALIVE), func.coalesce(Ticket.handler_id, "") == "")
        parts = [
            select(Ticket.id).where(Ticket.node_id == node.id, *open_ones),
            select(Ticket.id).where(col(Ticket.node_id).in_(without), *open_ones),
            select(Ticket.id).where(col(Ticket.node_id).in_(below), *open_ones, col(Ticket.level) > 0),
        ]
        query = select(Ticket).where(col(Ticket.id).in_(union(*parts).scalar_subquery()))
        return list(self._session.exec(query.order_by(col(Ticket.opened_at), col(Ticket.number)).limit(limit)).all())

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
        """The public complaints of exactly this node that are not done, the last ones, by opening time.

        Looked up by status, so that each look ends after a few rows of the index, however many are open.
        """
        public = (Ticket.node_id == node_id, Ticket.kind == TicketKind.COMPLAINT, col(Ticket.private).is_(False))
        rows: list[Ticket] = []
        for status in sorted(statuses(TicketKind.COMPLAINT) & set(OWED)):
            query = select(Ticket).where(*public, Ticket.status == status)
            rows += self._session.exec(query.order_by(col(Ticket.opened_at).desc()).limit(limit)).all()
        return sorted(rows, key=lambda ticket: (ticket.opened_at, ticket.number))[-limit:]

    def open_in_room(self, room_id: int, node: GridNode) -> int:
        """How many tickets of that room and node have not ended."""
        here = (Ticket.node_id == node.id, col(Ticket.status).in_(ALIVE), Ticket.room_id == room_id)
        return self._session.exec(select(func.count()).select_from(Ticket).where(*here)).one()

    def touched_by(self, person_id: str) -> list[Ticket]:
        """Every ticket that the person asked for, claimed, handles or wrote into."""
        query = select(Ticket).where(col(Ticket.id).in_(touched(person_id)))
        return list(self._session.exec(query.order_by(col(Ticket.scope_id), col(Ticket.number))).all())

    def scopes_of(self, person_id: str) -> list[int]:
        """The number scopes of everything that the person ever asked for or handled, or has claimed."""
        return sorted(self._session.execute(scopes(person_id)).scalars())

    # -- histories ------------------------------------------------------------------------------

    def events(self, ticket_id: str) -> Sequence[TicketEvent]:
        query = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(col(TicketEvent.seq))
        return self._session.exec(query).all()

    def opened_by(self, ticket_id: str) -> str | None:
        """Whose words opened the ticket."""
        first = select(TicketEvent.actor_id).where(TicketEvent.ticket_id == ticket_id, TicketEvent.seq == 1)
        return self._session.exec(first).first()

    def item_of(self, ticket_id: str) -> int | None:
        """The number of the item of the menu of services as which the ticket was ordered."""
        first = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id, TicketEvent.seq == 1)
        event = self._session.exec(first).first()
        number = None if event is None else event.data.get("item")
        return number if isinstance(number, int) else None

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
