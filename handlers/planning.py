"""Planning the looks at a deadline anew, where the deadline has changed without a new turn of the matter."""

from handlers import clocks, steps
from handlers.arriving import PASSED_ON
from handlers.context import Context
from handlers.effects import Effect, Remind
from handlers.opening import plan
from handlers.passing import ESCALATED
from handlers.routing import level_of
from models.states import Move
from models.ticket_tables import Ticket

_BEGINS = frozenset({Move.OPEN, Move.SEND_BACK, Move.REOPEN, ESCALATED, PASSED_ON})
"""Steps from which a deadline counts."""


def replan(ctx: Context, ticket: Ticket) -> list[Effect]:
    """The looks at the deadline as it stands now; those planned before are forgotten, those in the past left out."""
    clocks.forget_looks(ctx.uow, ctx.policy, ticket, ctx.now)
    clocks.word_given(ctx.uow, ctx.policy, ticket, ctx.now)
    looks = [effect for effect in plan(ctx, ticket) if isinstance(effect, Remind)]
    ctx.uow.once.clear({look.kind for look in looks}, ticket.id)
    return [look for look in looks if look.at > ctx.now]


def recount(ctx: Context, ticket: Ticket) -> list[Effect]:
    """New deadlines by the ticket's kind and category, from the same beginning; from now if they would be over.

    What was late stays late, so that nobody wins time by another category. What waited (等待) waits no longer.
    """
    late = ticket.waiting_since is None and ticket.solve_by is not None and ticket.solve_by <= ctx.now
    clocks.miss(ticket, ctx.now)
    clocks.go_on(ctx.uow, ctx.policy, ticket, ctx.now)
    events = ctx.uow.tickets.events(ticket.id)
    began = next((event.at for event in reversed(events) if event.kind in _BEGINS), ticket.opened_at)
    at = steps.current(ctx.uow, ctx.policy.routing, ticket) or level_of(ctx, ticket).level
    due = ctx.policy.due(began, ticket.kind, ticket.category, at)
    if ctx.policy.working.add(due[1], ctx.policy.working.days(ticket.extended_days or 0)) <= ctx.now and not late:
        due = ctx.policy.due(ctx.now, ticket.kind, ticket.category, at)
    # Days that a leader has added stay added.
    more = ctx.policy.working.days(ticket.extended_days or 0)
    ticket.respond_by, ticket.solve_by = due[0], ctx.policy.working.add(due[1], more)
    return replan(ctx, ticket)
