"""改 N 内容: other words for a matter. They are understood as the words of an opening are: nothing said that way may be
more public, quieter or less looked after than the same words said first."""

from handlers.alarm import recalling
from handlers.alarm.alarms import begin, is_alarming, is_loud
from handlers.answering import unsay
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.wordless import UNREAD
from handlers.effects import Effect
from handlers.talk.naming import give_up
from handlers.talk.opening import TITLE_LENGTH, hold, tell_leader
from handlers.talk.registering import register_words
from handlers.ticket.handling import require_unfinished
from handlers.wish import approving, nameless
from handlers.wish.helpers import IN_HAND, names_of
from models.codes import LEADERS, STAFF, SourceRole, Status, TicketKind
from models.masking import short
from models.ticket_tables import Ticket
from nlp.understanding import Band, Flag, Kind, Understanding, Urgency

_HIDDEN = frozenset({Flag.VIOLENCE, Flag.SUICIDE, Flag.PETITION})
PLACE_LENGTH = 12
"""Characters that are taken for a place although none is known among them."""
_DEGREES = [Urgency.NORMAL.value, Urgency.HIGH.value, Urgency.EMERGENCY.value]


def is_no_place(ctx: Context, value: str) -> bool:
    """Whether words given for a place tell of danger or of a quarrel: they are heard as what the matter is."""
    meaning = ctx.setting.understand(value)
    quarrel = Kind.DISPUTE.value in ctx.setting.delicate(value)
    return quarrel or bool(meaning.flags & _HIDDEN) or meaning.urgency is Urgency.EMERGENCY


def place_in(ctx: Context, ticket: Ticket, value: str) -> str:
    """The place that the words name. Raises Refusal where they name none and say more than a place does, or would be
    read by all without the leader whose consent the words of the wish need."""
    place = ctx.setting.understand(value).place
    more = len(value) > PLACE_LENGTH or _needs_consent(ctx, ticket)
    if ctx.setting.delicate(value) or (place is None and more):
        raise ctx.refuse("refuse.no_place", number=ticket.number)
    return place or value


def belongs_apart(ctx: Context, ticket: Ticket, value: str) -> bool:
    """Whether the words may not stand in this ticket, which others know of: by themselves they are private."""
    meaning = ctx.setting.understand(value)
    quarrel = meaning.kind is Kind.DISPUTE or Kind.DISPUTE.value in ctx.setting.delicate(value)
    return not ticket.private and (quarrel or bool(meaning.flags & _HIDDEN))


def begin_apart(ctx: Context, ticket: Ticket, value: str) -> list[Effect]:
    """The words as a matter of their own; the ticket keeps what was said of it. Raises Refusal for staff, who have
    commands for what they learn."""
    if not ctx.is_requester(ticket):
        raise ctx.refuse("refuse.reword_apart", number=ticket.number)
    return register_words(ctx, value)


def reword(ctx: Context, ticket: Ticket, value: str) -> list[Effect]:
    """The ticket says this from now on; flags, urgency, alarm and consent follow. To be recorded after it.

    Raises Refusal for a wish that somebody has on the strength of its old words, where a leader had to agree to them.
    """
    meaning, alarmed = ctx.setting.understand(value), is_alarming(ticket)
    if _needs_consent(ctx, ticket) and ticket.status in IN_HAND:
        raise ctx.refuse("refuse.reword_claimed", number=ticket.number, name=names_of(ctx, ticket))
    had = ctx.handler(ticket)
    ticket.title = short(value, TITLE_LENGTH)
    if ticket.nameless:
        people = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(ticket.id)]
        nameless.hide(ctx.setting, ticket, [ctx.called(person) for person in people])
    unread = UNREAD in ticket.flags
    ticket.flags = _flags(ctx, ticket, meaning)
    ticket.evidence = list(meaning.evidence)
    if meaning.place and meaning.place not in (ticket.place or ""):
        ticket.place = meaning.place  # where it really is; what only says less of the same place changes nothing
    ticket.urgency = max(ticket.urgency, meaning.urgency.value, key=_DEGREES.index)
    effects = hold(ctx, ticket, (ctx.message,), ctx.me(), SourceRole.UPDATE)
    if is_alarming(ticket) and is_loud(meaning) and not alarmed:
        require_unfinished(ctx, ticket)
        give_up(ctx, ticket, had, value)
        return [*effects, *begin(ctx.uow, ctx.setting, ticket, ctx.now)]
    if gone := give_up(ctx, ticket, had, value):
        again = recalling.anew(ctx.uow, ctx.setting, ticket, ctx.now, without=gone)
        return [*effects, *(again or tell_leader(ctx, ticket, ctx.leaders(ticket)))]
    if _needs_consent(ctx, ticket) and ticket.status is Status.OPEN:
        return [*effects, *_ask_again(ctx, ticket)]
    if ticket.status is Status.PROPOSED:
        unsay(ctx, ticket)
        return [*effects, *approving.ask(ctx.uow, ctx.setting, ticket)]
    if ticket.kind is TicketKind.WISH and UNREAD in ticket.flags and not unread:
        return [*effects, *tell_leader(ctx, ticket, ctx.leaders(ticket))]
    return effects


def _flags(ctx: Context, ticket: Ticket, meaning: Understanding) -> list[str]:
    """What was said stays in the history, so that its flags stay; whether anybody understood it, the new words say."""
    flags = {*ticket.flags, *(flag.value for flag in meaning.flags)}
    if meaning.band is not Band.IGNORE:
        flags.discard(UNREAD)
    elif not ctx.roles(ctx.node_of(ticket)) & STAFF:
        flags.add(UNREAD)
    return sorted(flags)


def _needs_consent(ctx: Context, ticket: Ticket) -> bool:
    """Whether a leader has to agree to the words of a wish, and is not the one who says them."""
    if ticket.kind is not TicketKind.WISH or ticket.private or is_alarming(ticket):
        return False
    led = ctx.roles(ctx.node_of(ticket)) & set(LEADERS)
    return ctx.policy.wishes.needs_approval(ticket.category) and not led


def _ask_again(ctx: Context, wish: Ticket) -> list[Effect]:
    """It is taken off the list until somebody has agreed to the new words."""
    unsay(ctx, wish)
    clocks.forget_looks(ctx.uow, ctx.policy, wish, ctx.now)
    ctx.uow.once.clear((approving.APPROVE,), wish.id)
    wish.level = 0
    ctx.uow.tickets.become(wish, Status.PROPOSED, "proposed_anew", at=ctx.now, actor_id=ctx.me().id)
    return [*approving.ask(ctx.uow, ctx.setting, wish), *approving.plan_look(ctx.setting, wish, ctx.now)]
