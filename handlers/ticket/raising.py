"""上报 by whoever may say it: a level up; where there is none, from a company back to whoever gave it the matter."""

from handlers.context import Context
from handlers.discreet.accused import accused
from handlers.effects import Effect
from handlers.ticket import arriving, handling, returning, steps
from models.codes import STAFF
from models.ticket_tables import Ticket


def escalate(ctx: Context) -> list[Effect]:
    """上报 / 吹哨 N ‹原因›."""
    ticket = ctx.find()
    handling.require_unfinished(ctx, ticket)
    for_company = ctx.answers_for(ticket) and not ctx.roles(ctx.node_of(ticket)) & STAFF
    if for_company and ticket.given_at is not None and not _somebody_above(ctx, ticket):
        if _at_last_step(ctx, ticket) or not returning.has_giver(ctx, ticket):
            raise ctx.refuse("refuse.nobody_above", number=ticket.number)
        return returning.to_giver(ctx, ticket)
    return handling.escalate(ctx)


def _at_last_step(ctx: Context, ticket: Ticket) -> bool:
    """Whether the policy names steps, and this is the last of its route: nobody else is to have it."""
    found = steps.stops(ctx.uow, ctx.policy.routing, ticket)
    return bool(found) and not steps.before(found, ticket)


def _somebody_above(ctx: Context, ticket: Ticket) -> bool:
    """Whether anybody is in charge of a level or step above the one that it has reached."""
    uow = ctx.uow
    found = steps.stops(uow, ctx.policy.routing, ticket)
    if found:
        to = arriving.choose(uow, ticket, steps.before(found, ticket), without={ctx.me().id})
        return to is not None and to.person is not None
    line = uow.places.line(ctx.node_of(ticket))
    above = [one for one in line[ticket.level + 1 :] if ctx.policy.routing.passes(one.level, ticket.category)]
    return bool(above) and bool(uow.people.leaders(above[:1], accused(uow, ticket)))
