"""What was told to somebody because he is in charge, though it was given to nobody: it is his as well (我的)."""

from handlers import charge
from handlers.context import Context
from models.codes import STAFF, Status, TicketKind
from models.tables import GridNode, Person
from models.ticket_tables import Ticket

MOST_READ = 200
"""Open matters of each place that are looked at, the oldest."""


def told_to(ctx: Context, person: Person) -> list[Ticket]:
    """The open matters in nobody's hands for which the person has to answer, by opening time.

    Not the wishes that stand on the menu: they wait for whoever claims them.
    """
    people = {person.id, *ctx.uow.deputies.principals(person.id, ctx.now)}
    found: dict[str, Ticket] = {}
    for node in _outermost(ctx, people):
        for ticket in ctx.uow.tickets.waiting_for_leader(node, MOST_READ):
            if _is_listed(ticket):
                continue
            has = charge.in_charge(ctx.uow, ticket, routing=ctx.policy.routing)
            if has is not None and has.id in people:
                found[ticket.id] = ticket
    return sorted(found.values(), key=lambda ticket: (ticket.opened_at, ticket.number))


def _outermost(ctx: Context, people: set[str]) -> list[GridNode]:
    grants = [grant for one in sorted(people) for grant in ctx.uow.people.grants(one) if grant.role in STAFF]
    nodes = {node.path: node for grant in grants for node in (ctx.uow.places.node(grant.node_id),)}
    return [node for path, node in nodes.items() if not any(path != one and path.startswith(one) for one in nodes)]


def _is_listed(ticket: Ticket) -> bool:
    return ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN and not ticket.private
