"""Words of harm behind a command that is refused: it does nothing, but they are heard like any private word."""

from handlers.alarm.alarms import SAME_ALARM
from handlers.alarm.unheard import private_answer
from handlers.answering import reply_in_private
from handlers.context import Context
from handlers.effects import Effect
from handlers.record.noted import harm_in, said_of, seen_to
from handlers.record.visiting import plain
from handlers.refusals import Refusal
from handlers.talk.registering import where
from models.codes import Role
from models.ticket_tables import Ticket


def heed(ctx: Context) -> list[Effect]:
    """What is said and done instead of the bare refusal; nothing where its words do not speak of harm.

    They become a matter for staff alone at the speaker's place, and he is told that instead, in private wherever he
    spoke: not what was wrong with the command. Whoever belongs nowhere is told whom to call.
    """
    words = harm_in(ctx, ctx.args.text, ctx.message.text)
    if not words:
        return []
    if (known := _said_just_now(ctx, words)) is not None:
        return [reply_in_private(ctx, ctx.say("visit.harm_known", number=known.number), known)]
    try:
        _, node = where(ctx, ctx.me())
    except Refusal:
        return [reply_in_private(ctx, ctx.say("hotline.any"))]
    ctx = ctx.at(node)
    ticket, effects = seen_to(ctx, words, node, None)
    works = ctx.roles(node) - {Role.RESIDENT}
    said = said_of(ctx, ticket) if works else private_answer(ctx, ticket)
    return [reply_in_private(ctx, said, ticket), *effects]


def _said_just_now(ctx: Context, words: str) -> Ticket | None:
    """What the speaker's same words, sent again, have become a moment ago."""
    me = ctx.known_me()
    mine = [] if me is None else ctx.uow.tickets.of_person(me.id)
    fresh = (one for one in mine if one.private and ctx.now - one.opened_at <= SAME_ALARM and ctx.is_requester(one))
    return next((one for one in fresh if plain(one.title) in plain(words)), None)
