"""Planning the looks at a deadline anew, where the deadline has changed without a new turn of the matter."""

from dataclasses import replace
from datetime import timedelta

from handlers.clockwork import clocks
from handlers.context import Context
from handlers.effects import Effect, Remind
from handlers.talk.opening import plan
from handlers.ticket import steps
from handlers.ticket.arriving import PASSED_ON
from handlers.ticket.passing import ESCALATED
from handlers.ticket.routing import level_of
from models.states import Move
from models.ticket_tables import Ticket

_BEGINS = frozenset({Move.OPEN, Move.SEND_BACK, Move.REOPEN, ESCALATED, PASSED_ON})
"""Steps from which a deadline counts."""


def replan(ctx: Context, ticket: Ticket) -> list[Effect]:
    """The looks at the deadline as it stands now; those planned before are forgotten.

    What came due meanwhile and was never said is said at once; that it goes up by itself waits for as long as there is
    between 催办 and 督办, because nobody could do anything about it until now.
    """
    said = ctx.uow.once.done_kinds(ticket.id, clocks.period(ticket))
    clocks.forget_looks(ctx.uow, ctx.policy, ticket, ctx.now)
    clocks.word_given(ctx.uow, ctx.policy, ticket, ctx.now)
    looks = [effect for effect in plan(ctx, ticket) if isinstance(effect, Remind)]
    ctx.uow.once.clear({look.kind for look in looks}, ticket.id)
    warned = ctx.policy.working.add(ctx.now, timedelta(hours=ctx.policy.reminders.after_hours))
    missed = {look.kind: warned if look.kind == "expire" else ctx.now for look in looks if look.at <= ctx.now}
    return [
        replace(look, at=missed.get(look.kind, look.at))
        for look in looks
        if look.kind not in missed or look.kind not in said
    ]


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
