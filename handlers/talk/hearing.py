"""Hearing the talk of a group: of which matter a message speaks, and what that does to it."""

import re

from handlers.alarm.alarms import is_alarming
from handlers.context import Context
from handlers.effects import Effect
from handlers.talk.beginning import apart, begin
from handlers.talk.doubts import is_mine_alone, of_somebody_else, to_signal
from handlers.talk.following import is_another, retract, settled, share, update
from handlers.talk.heard import heard_matter
from handlers.talk.matching import hides_alarm, is_collective, may_become, own_open
from handlers.ticket.turning import turns
from models.codes import Status, TicketKind
from models.states import FINISHED
from models.ticket_tables import Source, Ticket
from nlp.thread import TOGETHER
from nlp.understanding import Band, Cue, Flag, Link, Relation

_NEWS = frozenset({Cue.UPDATE, Cue.SETTLED, Cue.THANKS})
_SHARED = re.compile("也|又|还|仍|同样|一样|继续")
"""In a quote of a report these say that it goes on, or holds for the speaker too."""
_POLITE = re.compile(r"^\W*(?:收到|好的|好滴|知道|晓得|谢谢|多谢|感谢)\W*\w{0,3}\W*$")


def worth_a_look(relation: Relation, *, quoting: bool) -> bool:
    """Whether a message may have an effect at all; everything else is forgotten without a trace."""
    if relation.understood.band is not Band.IGNORE:
        return True
    if relation.link is not Link.NEW:
        return True
    return quoting or bool(_NEWS & relation.understood.cues)


def hear(ctx: Context) -> list[Effect]:
    """What the bot does about a message that nobody addressed to it."""
    relation = ctx.relation
    assert relation is not None
    assert ctx.room is not None
    assert ctx.node is not None
    if Flag.PETITION in relation.understood.flags and relation.link is not Link.RETRACT:
        return begin(ctx, relation)  # it is added to nobody's matter
    source = _source(ctx, relation)
    if source is None and relation.to is not None:
        relation = _own_words(ctx, relation)  # what it speaks of is gone: somebody dropped it, or took it back
    if source is not None and source.signal_id is not None:
        return _about_signal(ctx, relation, source)
    if source is not None and source.ticket_id is not None:
        ticket = ctx.uow.unions.end_of(ctx.uow.tickets.get(source.ticket_id))
        if (heard := _about_ticket(ctx, relation, ticket)) is not None:
            return heard
    if _NEWS & relation.understood.cues and (news := _news(ctx, relation)) is not None:
        return news
    if relation.understood.band is not Band.IGNORE and relation.link in (Link.NEW, Link.BURST, Link.JOIN, Link.UPDATE):
        return begin(ctx, relation)
    return []


def _own_words(ctx: Context, relation: Relation) -> Relation:
    """The message judged by what it says itself."""
    return Relation(Link.NEW, None, ctx.setting.understand(ctx.message.text), relation.parts)


def _about_ticket(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect] | None:
    """What is said of a ticket; None: it was not said of it."""
    fresh = ctx.setting.understand(ctx.message.text)
    if fresh.band is not Band.IGNORE and hides_alarm(ctx, fresh, ticket):
        return begin(ctx, Relation(Link.NEW, None, fresh))
    if turns(ctx, fresh, ticket, relation.link):
        return begin(ctx, Relation(Link.NEW, None, fresh), out_of=ticket)
    if relation.link in (Link.JOIN, Link.UPDATE, Link.BURST) and is_another(ctx, relation, ticket):
        return apart(ctx)
    match relation.link:
        case Link.RETRACT:
            return retract(ctx, ticket)
        case Link.JOIN:
            return _share(ctx, relation, ticket)
        case Link.UPDATE | Link.BURST:
            return _update(ctx, relation, ticket)
        case Link.SETTLED:
            return settled(ctx, relation, ticket)
        case Link.NEW:
            return _quoting(ctx, relation, ticket) if ctx.message.quote is not None else None


def _share(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """Nobody joins what has ended, nor the private matter of one person; and two who lack the same have two wishes."""
    if _is_closed(ctx, ticket) or (ticket.private and not is_collective(ticket)):
        return _afresh(ctx, relation, ticket)
    if ticket.kind is TicketKind.WISH and ticket.category not in TOGETHER:
        return begin(ctx, Relation(Link.NEW, None, ctx.setting.understand(ctx.message.text)))
    return share(ctx, relation, ticket)


def _update(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    return _afresh(ctx, relation, ticket) if _is_closed(ctx, ticket) else update(ctx, relation, ticket)


def _is_closed(ctx: Context, ticket: Ticket) -> bool:
    """Whether what is said now is no part of the ticket any more: it has ended; or it was seen to, and somebody who
    did not ask for it reports something by himself."""
    if ctx.ended(ticket):
        return True
    if ticket.status not in FINISHED or ctx.is_requester(ticket):
        return False
    return ctx.setting.understand(ctx.message.text).band is not Band.IGNORE


def _afresh(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """What cannot become a part of its matter any more needs words of its own: a remark is none.

    Only 我家也是 of what had been seen to says that it is there again. Nothing is taken over from what was withdrawn,
    was no matter at all, or must not be said aloud.
    """
    fresh = _own_words(ctx, relation)
    if fresh.understood.band is not Band.IGNORE:
        return begin(ctx, fresh)
    again = Cue.JOIN in relation.understood.cues and ticket.status is Status.CLOSED and not ticket.private
    return begin(ctx, relation) if again else []


def _quoting(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """A reply to words that the ticket holds, however old they are."""
    meaning = relation.understood
    own = ctx.is_requester(ticket)
    if meaning.cues & {Cue.SETTLED, Cue.THANKS} and Cue.UPDATE not in meaning.cues:
        return settled(ctx, relation, ticket)
    shares = bool(meaning.cues & {Cue.UPDATE, Cue.JOIN}) or _SHARED.search(ctx.message.text) is not None
    if own and (shares or meaning.band is Band.IGNORE or meaning.category == ticket.category):
        return _update(ctx, relation, ticket)
    if not ctx.ended(ticket) and not ticket.private and (shares or meaning.category == ticket.category):
        return _share(ctx, relation, ticket)
    return begin(ctx, relation) if meaning.band is not Band.IGNORE else []


def _news(ctx: Context, relation: Relation) -> list[Effect] | None:
    """还没修, 修好了, 谢谢 without a quote: of the speaker's one open matter of this room, if it is just one."""
    meaning = relation.understood
    loud = meaning.band is not Band.IGNORE
    if Cue.UPDATE not in meaning.cues and (loud or _POLITE.match(ctx.message.text)):
        return None
    tickets, signals = own_open(ctx, meaning.place, meaning.category if loud else None)
    if signals and Cue.UPDATE in meaning.cues and not any(is_alarming(one) for one in signals):
        # What is not mended yet was reported: it is no part of what nobody has looked at, and may be dropped.
        known = tickets or own_open(ctx, meaning.place, None)[0]
        tickets, signals = known, [] if known else signals
    if len(tickets) + len(signals) != 1:
        return None
    if signals:
        return to_signal(ctx, relation, signals[0])
    return (_update if Cue.UPDATE in meaning.cues else settled)(ctx, relation, tickets[0])


def _source(ctx: Context, relation: Relation) -> Source | None:
    """What holds the message that this one points at: found by threading, else by its quote."""
    quote = ctx.message.quote
    if len(ctx.quoted) == 1 and (sources := ctx.uow.tickets.sources(ctx.quoted[0])):
        return sources[0]  # a quote of the bot's post says of which matter it speaks, whatever was said before
    held = None if quote is None or quote.id is None else ctx.uow.tickets.source(ctx.message.account, quote.id)
    if held is not None:
        return held
    to = relation.to or (quote.id if quote is not None else None)
    return None if to is None else ctx.uow.tickets.source(ctx.message.account, to)


def _about_signal(ctx: Context, relation: Relation, source: Source) -> list[Effect]:
    """Talk about something that a leader has not confirmed yet."""
    signal = None if source.signal_id is None else ctx.uow.signals.get(source.signal_id)
    if signal is None:
        return begin(ctx, _own_words(ctx, relation))
    meaning = relation.understood
    if relation.link is Link.RETRACT and not is_alarming(signal):
        if is_mine_alone(ctx, signal):
            ctx.uow.signals.remove(signal)
        return []
    if relation.link is Link.NEW and meaning.band is not Band.IGNORE:
        return begin(ctx, relation)
    if relation.link is Link.NEW:
        shares = bool(meaning.cues) or _SHARED.search(ctx.message.text) is not None
        own = signal.person_id is not None and signal.person_id == ctx.me().id
        return to_signal(ctx, relation, signal) if shares or own else []
    if meaning.band is not Band.ACT:
        return to_signal(ctx, relation, signal)
    if of_somebody_else(ctx, signal) and not may_become(heard_matter(ctx, relation), signal):
        fresh = _own_words(ctx, relation)  # what waits there goes on waiting, and lends nobody its meaning
        return to_signal(ctx, relation, signal) if fresh.understood.band is Band.IGNORE else begin(ctx, fresh)
    return begin(ctx, relation, signal)  # a ticket in the signal's place
