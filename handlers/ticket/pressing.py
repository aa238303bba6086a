"""延期, 催办: moving a deadline on purpose, and asking how far a matter is."""

from handlers.answering import in_group, masked, reply
from handlers.clockwork import clocks
from handlers.clockwork.reminding import URGE
from handlers.context import Context
from handlers.dates import read_days
from handlers.discreet.discretion import reason_for
from handlers.effects import Effect, Tell
from handlers.people import reach
from models.codes import LEADERS, PostKind, Status, TicketKind
from models.states import FINISHED
from models.ticket_tables import Ticket


def extend(ctx: Context) -> list[Effect]:
    """延期 N ‹天数› ‹原因›: a leader puts the deadline off by working days, once."""
    ticket = _unfinished(ctx)
    if not ctx.roles(ctx.node_of(ticket)) & set(LEADERS):
        raise ctx.refuse("refuse.leader_only")
    days, reason = read_days(ctx.args.text)
    longest = ctx.policy.extension.max_days
    if not longest:
        raise ctx.refuse("refuse.extension_never", number=ticket.number)
    if not days or not reason:
        raise ctx.refuse("refuse.extension_how", number=ticket.number)
    if days > longest:
        raise ctx.refuse("refuse.extension_long", number=ticket.number, days=f"{longest:g}")
    if ticket.extended_days:
        raise ctx.refuse("refuse.extension_twice", number=ticket.number)
    if ticket.waiting_since is not None:
        raise ctx.refuse("refuse.extension_waits", number=ticket.number)
    assert ticket.solve_by is not None
    working = ctx.policy.working
    # What is late already has so many days from now; in the figures it stays late.
    clocks.miss(ticket, ctx.now)
    ticket.solve_by = working.add(max(ticket.solve_by, ctx.now), working.days(days))
    ticket.extended_days = days
    ctx.uow.tickets.record(ticket, "extended", at=ctx.now, actor_id=ctx.me().id, words=reason, data={"days": days})
    ctx.uow.once.cancel(clocks.TERM, ticket.id)
    clocks.hush(ctx.uow, ticket)
    answer = ctx.say(
        "extend.done",
        label=ctx.label(ticket, group=masked(ctx, ticket)),
        days=f"{days:g}",
        at=ctx.setting.moment(ticket.solve_by),
        note="" if in_group(ctx) else ctx.say("name.note", note=reason),
    )
    effects: list[Effect] = [reply(ctx, answer, ticket)]
    handler = ctx.handler(ticket)
    unclaimed = ticket.kind is TicketKind.WISH and ticket.handler_id is None
    if handler is not None and handler.id != ctx.me().id and not unclaimed:
        told = ctx.say(
            "extend.told",
            label=ctx.label_to(ticket, handler),
            name=ctx.my_name,
            days=f"{days:g}",
            at=ctx.setting.moment(ticket.solve_by),
            reason=reason_for(ctx, ticket, handler, reason),
        )
        effects.append(Tell(handler.id, PostKind.NOTICE, told, (ticket.id,), room_id=ticket.room_id))
    # The time for the first word is not put off: what has been said of it is not said once more.
    return [*effects, *(look for look in clocks.term(ctx.policy, ticket, ctx.now) if look.at > ctx.now)]


def urge(ctx: Context) -> list[Effect]:
    """催办 N: whoever handles it is reminded, by the rules of reminders, once a day however many ask."""
    ticket = ctx.find()
    if not ctx.is_requester(ticket):
        raise ctx.refuse("refuse.requester_only", number=ticket.number)
    if ctx.ended(ticket) or ticket.status in FINISHED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    if ticket.status is Status.PROPOSED:  # whoever has to agree is asked for that alone
        raise ctx.refuse("refuse.not_approved", number=ticket.number)
    day = ctx.now.astimezone(ctx.policy.zone).date().isoformat()
    if not ctx.uow.once.plan(URGE, ticket.id, day, ctx.now):
        raise ctx.refuse("refuse.urged", number=ticket.number)
    ctx.uow.tickets.record(ticket, "urged", at=ctx.now, actor_id=ctx.me().id, words=ctx.args.text)
    handler = ctx.handler(ticket)
    unclaimed = ticket.kind is TicketKind.WISH and ticket.handler_id is None
    key = "urge.unclaimed" if unclaimed else "urge.done" if handler is not None else "urge.nobody"
    told = reach.in_place_of(ctx.uow, ticket, handler) or handler
    name = "" if told is None else ctx.called(told)
    return [reply(ctx, ctx.say(key, number=ticket.number, name=name, status=ctx.status(ticket)), ticket)]


def _unfinished(ctx: Context) -> Ticket:
    ticket = ctx.find()
    if ctx.ended(ticket) or ticket.status in FINISHED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    return ticket
