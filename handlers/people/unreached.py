"""What whoever gives a matter to somebody is answered when no line gets to that person."""

from handlers.context import Context
from handlers.people import reach
from models.tables import Person
from models.ticket_tables import Ticket


def said_of(ctx: Context, ticket: Ticket, person: Person | None) -> str:
    """What the speaker is answered besides, of whom a line of the ticket does not reach: who is told instead, or that
    he has to say it himself; empty when it does."""
    node = ctx.uow.places.node(ticket.node_id)
    if person is None or reach.can_be_told(ctx.uow, person, node, reach.account_of(ctx.uow, ticket.room_id)):
        return ""
    other = reach.in_place_of(ctx.uow, ticket, person)
    if other is None or other.id == ctx.me().id:
        return ctx.say("handle.not_told", name=ctx.called(person))
    return ctx.say("handle.told_instead", name=ctx.called(person), other=ctx.called(other))
