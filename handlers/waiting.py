"""等待, 继续: a ticket that waits for something, so that its clocks stand still."""

from datetime import datetime

from handlers import charge, clocks
from handlers.answering import in_group, note, reply
from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.handling import note_handler, require_handler
from handlers.wordless import wordless
from models.codes import LEADERS, PostKind, TicketKind
from models.masking import mask, short
from models.states import FINISHED, TERMS, Move
from models.ticket_tables import Ticket

REASON_LENGTH = 60


def wait(ctx: Context) -> list[Effect]:
    """等待 N ‹原因›: the clocks stand still until somebody goes on, an asker answers, or the limit is over."""
    ticket = _running(ctx)
    require(ctx, ticket)
    reason = short(ctx.args.text.strip(), REASON_LENGTH)
    if not reason:
        raise ctx.refuse("refuse.wait_why", number=ticket.number)
    if ticket.waiting_since is not None and not _prolongs(ctx, ticket):
        raise ctx.refuse("refuse.waits", number=ticket.number, reason=_shown(ctx, ticket))
    me = ctx.me()
    begins = ticket.waiting_since is None
    if begins:
        if ticket.kind is not TicketKind.WISH and ticket.status is TERMS[ticket.kind].first:
            ctx.uow.tickets.move(ticket, Move.ACCEPT, at=ctx.now, actor_id=me.id)
            note_handler(ctx, ticket, Move.PROCESS)
            clocks.stepped(ctx, ticket)
        elif ticket.kind is TicketKind.WISH and ticket.handler_id is None:
            raise ctx.refuse("refuse.not_claimed", number=ticket.number)
        clocks.stand_still(ctx.uow, ticket, ctx.now, reason)
    else:
        ticket.waiting_for = reason
        ctx.uow.once.cancel((clocks.WAIT,), ticket.id)
    ctx.uow.tickets.record(ticket, "waiting", at=ctx.now, actor_id=me.id, words=reason)
    rule = ctx.policy.waiting
    limit = ctx.policy.working.add(ctx.now, ctx.policy.working.days(rule.limit_days))
    text = ctx.say(
        "wait.begun_here" if in_group(ctx) else "wait.begun",
        label=ctx.label(ticket, group=in_group(ctx)),
        number=ticket.number,
        note=note(ctx, ticket),
        days=f"{rule.limit_days:g}",
    )
    return [
        reply(ctx, text, ticket),
        *(_ask(ctx, ticket) if begins else []),
        Remind(clocks.WAIT, ticket.id, _named(ctx.now), limit),
    ]


def go_on(ctx: Context) -> list[Effect]:
    """继续 N: by whoever handles it, or by somebody who asked for it."""
    ticket = ctx.find()
    if ctx.is_requester(ticket) and not ctx.handles(ticket):
        return [reply(ctx, ctx.say("wait.over_asker", number=ticket.number), ticket), *_answered(ctx, ticket)]
    require(ctx, ticket)
    if not _resume(ctx, ticket):
        raise ctx.refuse("refuse.waits_not", number=ticket.number, status=ctx.status(ticket))
    assert ticket.solve_by is not None
    text = ctx.say("wait.over", label=ctx.label(ticket, group=in_group(ctx)), at=ctx.setting.moment(ticket.solve_by))
    return [reply(ctx, text, ticket)]


def answered(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Words of somebody who asked for the ticket: what it waited for may be there. Nothing, if it does not wait."""
    if ticket.waiting_since is None or not ctx.is_requester(ticket) or ctx.handles(ticket):
        return []
    return _answered(ctx, ticket)


def _answered(ctx: Context, ticket: Ticket) -> list[Effect]:
    if not _resume(ctx, ticket):
        raise ctx.refuse("refuse.waits_not", number=ticket.number, status=ctx.status(ticket))
    assert ticket.solve_by is not None
    handler = ctx.handler(ticket)
    words = ctx.args.text or ctx.message.text
    text = ctx.say(
        "wait.answered",
        label=ctx.label(ticket, group=False),
        name=ctx.my_name,
        text=short(mask(words), 40),
        number=ticket.number,
        at=ctx.setting.moment(ticket.solve_by),
    )
    to = None if handler is None else handler.id
    return [Tell(to, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)]


def _resume(ctx: Context, ticket: Ticket) -> bool:
    if not clocks.go_on(ctx.uow, ctx.policy, ticket, ctx.now):
        return False
    ctx.uow.tickets.record(ticket, "went_on", at=ctx.now, actor_id=ctx.me().id, words=ctx.args.text)
    return True


def _ask(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Those who asked hear what is waited for, in private: it may be for them. Of private matters nobody is told.

    Who only joined what somebody else had said reads it as a group does.
    """
    if wordless(ticket):
        return []
    me = ctx.me().id
    askers = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(ticket.id)]
    effects: list[Effect] = []
    for one in askers:
        if one.id == me or not ctx.reachable(one):
            continue
        own, reason = ctx.said(ticket, one), ticket.waiting_for or ""
        text = ctx.say(
            "wait.asked",
            label=ctx.label(ticket, group=not own),
            number=ticket.number,
            reason=reason if own else mask(reason),
        )
        effects.append(Tell(one.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id))
    return effects


def require(ctx: Context, ticket: Ticket) -> None:
    """Raises Refusal unless the speaker handles the ticket or works there; a wish is its helper's or a leader's."""
    if ticket.kind is TicketKind.WISH and not ctx.handles(ticket):
        if not ctx.roles(ctx.node_of(ticket)) & set(LEADERS):
            raise ctx.refuse("refuse.not_your_claim", number=ticket.number)
        return
    require_handler(ctx, ticket)


def _running(ctx: Context) -> Ticket:
    ticket = ctx.find()
    if ctx.ended(ticket) or ticket.status in FINISHED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    return ticket


def _prolongs(ctx: Context, ticket: Ticket) -> bool:
    """Whether the speaker is a leader who lets somebody else's matter wait on."""
    has = charge.in_charge(ctx.uow, ticket)
    leads = bool(ctx.roles(ctx.node_of(ticket)) & set(LEADERS))
    return leads and (has is None or has.id != ctx.me().id or charge.above(ctx.uow, ticket) == has)


def _shown(ctx: Context, ticket: Ticket) -> str:
    reason = ticket.waiting_for or ctx.say("name.no_reason")
    if not in_group(ctx):
        return reason
    return ctx.say("name.no_reason") if wordless(ticket) else mask(reason)


def _named(now: datetime) -> str:
    return str(int(now.timestamp()))
