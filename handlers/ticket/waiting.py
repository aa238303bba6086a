"""等待, 继续: a ticket that waits for something, so that its clocks stand still."""

from datetime import datetime

from handlers.answering import in_group, masked, note, reply
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.discretion import ALOUD, for_group, for_person, is_aloud, is_delicate, kept_back
from handlers.discreet.standing import Kind
from handlers.discreet.wordless import HANDLER_ONLY, wordless
from handlers.effects import Effect, Remind, Tell
from handlers.people import reach
from handlers.refusals import Refusal
from handlers.ticket import charge
from handlers.ticket.handling import note_handler, require_handler
from models.codes import LEADERS, PostKind, RoomPurpose, TicketKind
from models.masking import mask, short
from models.states import FINISHED, OWED, TERMS, Move
from models.tables import Person
from models.ticket_tables import Ticket

REASON_LENGTH = 60

WAITING, WAIT_ASKED = "waiting", "wait_asked"
"""Steps of a history: it waits; somebody wants it to wait once more than he may say himself."""


def wait(ctx: Context) -> list[Effect]:
    """等待 N ‹原因›: the clocks stand still until somebody goes on, an asker answers, or the limit is over."""
    ticket = _running(ctx)
    require(ctx, ticket)
    reason = short(ctx.args.text.strip(), REASON_LENGTH)
    if not reason:
        raise ctx.refuse("refuse.wait_why", number=ticket.number)
    if ticket.waiting_since is not None and not _prolongs(ctx, ticket):
        raise ctx.refuse("refuse.waits", number=ticket.number, reason=shown(ctx, ticket) or ctx.say("name.no_reason"))
    me = ctx.me()
    begins, own = ticket.waiting_since is None, not _prolongs(ctx, ticket)
    before = _own_waits(ctx, ticket)
    if own and before >= ctx.policy.waiting.times and (leader := _above(ctx, ticket)) is not None:
        return _ask_leader(ctx, ticket, leader, before, reason)
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
    data = {**({"own": _turn(ticket)} if own else {}), **({ALOUD: True} if is_aloud(ctx) else {})}
    ctx.uow.tickets.record(ticket, WAITING, at=ctx.now, actor_id=me.id, words=reason, data=data)
    rule, leader = ctx.policy.waiting, _above(ctx, ticket)
    limit = ctx.policy.working.add(ctx.now, ctx.policy.working.days(rule.limit_days))
    last = own and leader is not None and before + 1 >= rule.times
    text = ctx.say(
        "wait.begun_here" if in_group(ctx) else "wait.begun_at_top" if leader is None else "wait.begun",
        label=ctx.label(ticket, group=masked(ctx, ticket)),
        number=ticket.number,
        note=note(ctx, ticket),
        days=f"{rule.limit_days:g}",
        last=ctx.say("wait.last", count=before + 1) if last else "",
    ) + kept_back(ctx, ticket, reason)
    return [
        reply(ctx, text, ticket),
        *(_ask(ctx, ticket) if begins else []),
        Remind(clocks.WAIT, ticket.id, _named(ctx.now), limit),
    ]


def _turn(ticket: Ticket) -> str:
    """Names the level that the ticket has reached, and how often it has come back: there waits are counted anew."""
    return f"{ticket.reopened}.{ticket.level}"


def _own_waits(ctx: Context, ticket: Ticket) -> int:
    """How often those who handle it have let it wait at its level, without anybody above having said so."""
    turn = _turn(ticket)
    return sum(one.kind == WAITING and one.data.get("own") == turn for one in ctx.uow.tickets.events(ticket.id))


def _above(ctx: Context, ticket: Ticket) -> Person | None:
    """Who is asked when it waits too long or too often; None: there is nobody above the speaker."""
    leader = charge.above(ctx.uow, ticket, routing=ctx.policy.routing)
    return None if leader is None or leader.id == ctx.me().id else leader


def _ask_leader(ctx: Context, ticket: Ticket, leader: Person, before: int, reason: str) -> list[Effect]:
    """It has waited often enough: the leader above is asked, once a day, and the clocks run until he has said so.

    Raises Refusal when he was asked today.
    """
    today = ctx.now.astimezone(ctx.policy.zone).date()
    asked = [one.at for one in ctx.uow.tickets.events(ticket.id) if one.kind == WAIT_ASKED]
    if any(at.astimezone(ctx.policy.zone).date() == today for at in asked):
        raise ctx.refuse("refuse.wait_asked", number=ticket.number, name=ctx.called(leader))
    ctx.uow.tickets.record(ticket, WAIT_ASKED, at=ctx.now, actor_id=ctx.me().id, words=reason)
    answer = ctx.say(
        "wait.often",
        label=ctx.label(ticket, group=masked(ctx, ticket)),
        number=ticket.number,
        count=before,
        name=ctx.called(leader),
    )
    # Who is above whoever has it reads nothing of health, of children, of what is private.
    unsaid = not ctx.may_be_read(ticket, leader, Kind.WORDS) or bool(ctx.setting.delicate(reason) & HANDLER_ONLY)
    text = ctx.say(
        "wait.wanted",
        label=ctx.label_to(ticket, leader),
        number=ticket.number,
        name=ctx.my_name,
        count=before,
        reason=ctx.say("name.no_reason") if unsaid else reason,
    )
    told = Tell(leader.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=OWED)
    return [reply(ctx, answer, ticket), told]


def go_on(ctx: Context) -> list[Effect]:
    """继续 N: by whoever handles it, or by somebody who asked for it."""
    try:
        ticket = ctx.find()
    except Refusal:
        if ctx.roles_paused:  # it may be there for him when his roles are
            raise ctx.refuse("refuse.roles_paused") from None
        raise
    if ctx.is_requester(ticket) and not ctx.has_in_hand(ticket):
        return [reply(ctx, ctx.say("wait.over_asker", number=ticket.number), ticket), *_answered(ctx, ticket)]
    if ctx.roles_paused:
        raise ctx.refuse("refuse.roles_paused")
    require(ctx, ticket)
    if not _resume(ctx, ticket):
        raise ctx.refuse("refuse.waits_not", number=ticket.number, status=ctx.status(ticket))
    assert ticket.solve_by is not None
    text = ctx.say(
        "wait.over", label=ctx.label(ticket, group=masked(ctx, ticket)), at=ctx.setting.moment(ticket.solve_by)
    )
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
        label=ctx.label_to(ticket, handler),
        name=ctx.my_name,
        text=short(mask(words), 40),
        number=ticket.number,
        at=ctx.setting.moment(ticket.solve_by),
    )
    to = None if handler is None else handler.id
    line = Tell(to, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)
    return reach.told_too(ctx.uow, ctx.setting, ticket, handler, line)


def _resume(ctx: Context, ticket: Ticket) -> bool:
    if not clocks.go_on(ctx.uow, ctx.policy, ticket, ctx.now):
        return False
    ctx.uow.tickets.record(ticket, "went_on", at=ctx.now, actor_id=ctx.me().id, words=ctx.args.text)
    return True


def _ask(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Those who asked hear what is waited for, in private: it may be for them. Of private matters nobody is told."""
    if wordless(ticket) or is_delicate(ctx, ticket.waiting_for or ""):
        return []
    me = ctx.me().id
    askers = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(ticket.id)]
    effects: list[Effect] = []
    for one in askers:
        if one.id == me or not ctx.reachable(one):
            continue
        text = ctx.say(
            "wait.asked",
            label=ctx.label_to(ticket, one),
            number=ticket.number,
            reason=for_person(ctx, ticket, one, ticket.waiting_for or ""),
        )
        effects.append(Tell(one.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id))
    return effects


def require(ctx: Context, ticket: Ticket) -> None:
    """Raises Refusal unless the speaker handles the ticket or works there; a wish is its helper's or a leader's."""
    if ticket.kind is TicketKind.WISH:
        if not (ctx.has_in_hand(ticket) or ctx.roles(ctx.node_of(ticket)) & set(LEADERS)):
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
    has = ctx.handler(ticket)
    leads = bool(ctx.roles(ctx.node_of(ticket)) & set(LEADERS))
    if not leads or has is None or has.id != ctx.me().id:
        return leads
    return charge.above(ctx.uow, ticket, routing=ctx.policy.routing) == has


def shown(ctx: Context, ticket: Ticket) -> str:
    """What a ticket waits for, as far as it may be said here; empty when nothing of it may."""
    reason = ticket.waiting_for or ""
    if in_group(ctx):
        return for_group(ctx, ticket, reason, aloud=_was_aloud(ctx, ticket))
    return for_person(ctx, ticket, ctx.me(), reason) if ctx.may_read_step(ticket, reason) else ""


def _was_aloud(ctx: Context, ticket: Ticket) -> bool:
    """Whether the reason was given where all residents read it; staff among themselves may speak of it anyway."""
    if ctx.room is not None and ctx.room.purpose is RoomPurpose.STAFF:
        return True
    last = next((one for one in reversed(ctx.uow.tickets.events(ticket.id)) if one.kind == "waiting"), None)
    return last is not None and bool(last.data.get(ALOUD))


def _named(now: datetime) -> str:
    return str(int(now.timestamp()))
