"""What was told to somebody because he is in charge, though it was given to nobody: it is his as well (我的)."""

from collections.abc import Collection

from handlers.policy.routing import Routing
from handlers.ticket import charge
from models.codes import STAFF, Status, TicketKind
from models.tables import GridNode
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

MOST_READ = 200
"""Open matters of each place that are looked at, the oldest."""


def told_to(uow: UnitOfWork, routing: Routing, people: Collection[str]) -> list[Ticket]:
    """The open matters in nobody's hands for which one of these people has to answer, by opening time.

    Not the wishes that stand on the menu: they wait for whoever claims them.
    """
    found: dict[str, Ticket] = {}
    for node in _led(uow, people):
        for ticket in uow.tickets.waiting_for_leader(node, MOST_READ):
            if _is_listed(ticket):
                continue
            has = charge.in_charge(uow, ticket, routing=routing)
            if has is not None and has.id in people:
                found[ticket.id] = ticket
    return sorted(found.values(), key=lambda ticket: (ticket.opened_at, ticket.number))


def _led(uow: UnitOfWork, people: Collection[str]) -> list[GridNode]:
    """Where they are staff; places within one another are asked one by one: each may have a leader of its own."""
    grants = [grant for one in sorted(people) for grant in uow.people.grants(one) if grant.role in STAFF]
    return list({grant.node_id: uow.places.node(grant.node_id) for grant in grants}.values())


def _is_listed(ticket: Ticket) -> bool:
    return ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN and not ticket.private
