"""Hearing the talk of a group: opening, joining, updating, taking back."""

import re
from datetime import timedelta

from handlers.alarms import begin, is_alarming
from handlers.answering import tell_withdrawn, unsay
from handlers.context import Context
from handlers.doubts import absorb, add, signalled_already, with_pieces
from handlers.effects import Effect, Say, Tell
from handlers.erasing import erase_at_end
from handlers.heard import follow_up, has_it_too, heard_matter, more_of, reread
from handlers.matching import (
    find_same,
    find_signals,
    hides_alarm,
    is_collective,
    is_of_another_kind,
    may_become,
    own_open,
    said_again,
)
from handlers.opening import TITLE_LENGTH, Matter, acknowledge, hold, join, open_ticket
from handlers.signals import open_signal
from handlers.turning import heard_out_of, origin_of, said_in_group, turns
from handlers.waiting import answered
from models.codes import PostKind, RoomMode, SourceRole, TicketKind
from models.masking import mask, short
from models.states import FINISHED, Move, allowed
from models.ticket_tables import Signal, Source, Ticket
from nlp.thread import TOGETHER
from nlp.understanding import Band, Cue, Flag, Kind, Link, Relation, Urgency

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
        return _new(ctx, relation)  # it is added to nobody's matter
    source = _source(ctx, relation)
    if source is not None and source.signal_id is not None:
        return _about_signal(ctx, relation, source)
    if source is not None and source.ticket_id is not None:
        ticket = ctx.uow.unions.end_of(ctx.uow.tickets.get(source.ticket_id))
        fresh = ctx.setting.understand(ctx.message.text)
        if fresh.band is not Band.IGNORE and hides_alarm(ctx, fresh, ticket):
            return _new(ctx, Relation(Link.NEW, None, fresh))
        if turns(ctx, fresh, ticket, relation.link):
            return _new(ctx, Relation(Link.NEW, None, fresh), out_of=ticket)
        match relation.link:
            case Link.RETRACT:
                return _retract(ctx, ticket)
            case Link.JOIN:
                return _join(ctx, relation, ticket)
            case Link.UPDATE | Link.BURST:
                return _update(ctx, relation, ticket)
            case Link.SETTLED:
                return _settled(ctx, relation, ticket)
            case Link.NEW if ctx.message.quote is not None:
                return _quoting(ctx, relation, ticket)
            case Link.NEW:
                pass
    if _NEWS & relation.understood.cues and (news := _news(ctx, relation)) is not None:
        return news
    if relation.understood.band is not Band.IGNORE and relation.link in (Link.NEW, Link.BURST, Link.JOIN, Link.UPDATE):
        return _new(ctx, relation)
    return []


def _quoting(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """A reply to words that the ticket holds, however old they are."""
    meaning = relation.understood
    own = ctx.is_requester(ticket)
    if meaning.cues & {Cue.SETTLED, Cue.THANKS} and Cue.UPDATE not in meaning.cues:
        return _settled(ctx, relation, ticket)
    shares = bool(meaning.cues & {Cue.UPDATE, Cue.JOIN}) or _SHARED.search(ctx.message.text) is not None
    if own and (shares or meaning.band is Band.IGNORE or meaning.category == ticket.category):
        return _update(ctx, relation, ticket)
    if not ctx.ended(ticket) and not ticket.private and (shares or meaning.category == ticket.category):
        return _join(ctx, relation, ticket)
    return _new(ctx, relation) if meaning.band is not Band.IGNORE else []


def _news(ctx: Context, relation: Relation) -> list[Effect] | None:
    """还没修, 修好了, 谢谢 without a quote: of the speaker's one open matter of this room, if it is just one."""
    meaning = relation.understood
    loud = meaning.band is not Band.IGNORE
    if Cue.UPDATE not in meaning.cues and (loud or _POLITE.match(ctx.message.text)):
        return None
    tickets, signals = own_open(ctx, meaning.place, meaning.category if loud else None)
    if len(tickets) + len(signals) != 1:
        return None
    if signals:
        return _to_signal(ctx, relation, signals[0])
    return (_update if Cue.UPDATE in meaning.cues else _settled)(ctx, relation, tickets[0])


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


def _new(ctx: Context, relation: Relation, signal: Signal | None = None, out_of: Ticket | None = None) -> list[Effect]:
    """A matter that was just heard; signal: what waits of it already; out_of: the complaint that turned into it."""
    if relation.understood.kind is Kind.NONE:
        return []
    assert ctx.room is not None
    assert ctx.node is not None
    matter = heard_matter(ctx, relation)
    if signal is None and out_of is None and (again := said_again(ctx, relation, matter)) is not None:
        if isinstance(again, Ticket) and turns(ctx, relation.understood, again, relation.link):
            return _new(ctx, relation, out_of=again)
        if isinstance(again, Ticket):
            return _update(ctx, relation, again) if ctx.is_requester(again) else _joined(ctx, again, matter)
        if relation.understood.band is not Band.ACT:
            return _to_signal(ctx, relation, again)
        signal = again  # the ticket takes its place
    ctx.uow.lock("matter", ctx.node.id, matter.category)
    same = find_same(ctx, matter)
    if same is not None:
        return _joined(ctx, same, matter)
    act = relation.understood.band is Band.ACT and ctx.room.mode is RoomMode.ON
    if not act or Flag.PETITION in matter.flags:
        known = signalled_already(ctx, matter)
        if known is not None:
            return known
        return open_signal(ctx, matter, tell=ctx.room.mode is not RoomMode.SHADOW)
    doubts = find_signals(ctx, matter)
    if signal is not None and signal not in doubts:
        doubts = [signal, *doubts]
    doubts = [one for one in doubts if may_become(matter, one)]
    out_of = out_of or origin_of(ctx, matter, relation.understood)
    ticket, effects = open_ticket(ctx, with_pieces(ctx, matter, doubts))
    absorb(ctx, ticket, doubts)
    if not ticket.private and matter.requester is not None:
        effects.insert(0, acknowledge(ctx, ticket, matter.requester, ctx.room))
    if out_of is not None:
        effects = heard_out_of(ctx, ticket, out_of, effects)
    return effects + said_in_group(ctx, ticket)


def _joined(ctx: Context, ticket: Ticket, matter: Matter) -> list[Effect]:
    """The same matter in own words: the person is told that it is known."""
    new, effects = join(ctx, ticket, matter)
    if new and matter.room is not None and matter.room.id is not None and matter.requester is not None:
        text = ctx.say(
            "ack.joined_private" if ticket.nameless else "ack.joined",
            name=ctx.called(matter.requester),
            label=ctx.label(ticket, group=True),
            count=ctx.uow.tickets.asking(ticket.id),
        )
        effects.insert(0, Say(matter.room.id, PostKind.ACK, text, (ticket.id,), matter.requester.id, None))
    return effects


def _join(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """我家也是: counted without a word. Nobody joins what has ended, nor the private matter of one person.

    A remark on somebody else's trouble is kept with it, but makes nobody one of those who asked: he would be
    asked how it went, and the trouble would look larger than it is.
    """
    if ctx.ended(ticket) or (ticket.private and not is_collective(ticket)):
        return _afresh(ctx, relation)
    if ticket.kind is TicketKind.WISH and ticket.category not in TOGETHER:
        return _own_wish(ctx)
    if ctx.message.quote is None and not has_it_too(ctx, relation, ticket.category):
        return _update(ctx, relation, ticket)
    matter = follow_up(ctx, relation, ticket)
    reread(ctx, relation, ticket)
    _, effects = join(ctx, ticket, matter)
    effects += _cannot_wait(ctx, relation, ticket)
    if Cue.UPDATE in relation.understood.cues and ticket.kind is not TicketKind.WISH:
        effects += _tell_handler(ctx, ticket, "tell.still", matter.text)
    return effects


def _afresh(ctx: Context, relation: Relation) -> list[Effect]:
    """What cannot become a part of its matter any more: its own words count; where they say nothing, the matter's."""
    fresh = ctx.setting.understand(ctx.message.text)
    return _new(ctx, relation if fresh.band is Band.IGNORE else Relation(Link.NEW, None, fresh, relation.parts))


def _own_wish(ctx: Context) -> list[Effect]:
    """Two people who lack the same thing have two wishes: what is said counts only for itself."""
    return _new(ctx, Relation(Link.NEW, None, ctx.setting.understand(ctx.message.text)))


def _update(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """More words, a picture or a place for a matter that is open; silently."""
    if ctx.ended(ticket):
        return _afresh(ctx, relation)
    matter = follow_up(ctx, relation, ticket)
    reread(ctx, relation, ticket)
    person = ctx.me()
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=person.id, words=matter.text)
    if ticket.place is None and matter.place:
        ticket.place = matter.place
    effects = hold(ctx, ticket, matter.messages, person, SourceRole.UPDATE)
    effects += _cannot_wait(ctx, relation, ticket)
    if waited := answered(ctx, ticket):
        return effects + waited
    if Cue.UPDATE in relation.understood.cues and ticket.kind is not TicketKind.WISH:
        effects += _tell_handler(ctx, ticket, "tell.still", matter.text)
    return effects


def _cannot_wait(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """Only together with what was said before these words say that somebody is in danger: the alarm begins now."""
    whole = relation.whole
    if whole is None or whole.urgency is not Urgency.EMERGENCY or is_alarming(ticket) or ticket.private:
        return []
    ticket.urgency, ticket.evidence = whole.urgency.value, list(whole.evidence) or ticket.evidence
    ticket.title = short(f"{ticket.title}，{ctx.message.text.strip()}", TITLE_LENGTH)
    said = [] if ctx.room is None else [acknowledge(ctx, ticket, ctx.me(), ctx.room)]
    return [*said, *begin(ctx.uow, ctx.setting, ticket, ctx.now)]


def _settled(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """修好了: whoever handles the matter is offered to close it; the group hears nothing."""
    if ctx.ended(ticket):
        return []
    matter = follow_up(ctx, relation, ticket)
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=ctx.me().id, words=matter.text)
    effects = hold(ctx, ticket, matter.messages, ctx.me(), SourceRole.UPDATE)
    if ticket.status in FINISHED:
        return effects
    answered(ctx, ticket)  # whoever handles it hears below what was said
    return effects + _tell_handler(ctx, ticket, "tell.settled", matter.text)


def _tell_handler(ctx: Context, ticket: Ticket, key: str, words: str) -> list[Effect]:
    handler = ctx.handler(ticket)
    if handler is not None and handler.id == ctx.me().id:
        return []
    text = ctx.say(
        key,
        label=ctx.label(ticket, group=False),
        number=ticket.number,
        name=ctx.my_name,
        text=short(mask(words), 40),
        finish=ctx.setting.finish(ticket),
    )
    return [Tell(None if handler is None else handler.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)]


def _retract(ctx: Context, ticket: Ticket) -> list[Effect]:
    """发错群了: the own matter is withdrawn if it is fresh and nobody else asked for it."""
    person = ctx.me()
    fresh = ctx.now - ticket.opened_at <= timedelta(minutes=ctx.policy.hearing.retract_minutes)
    asking = ctx.uow.tickets.requesters(ticket.id)
    if not fresh or [row.person_id for row in asking] != [person.id]:
        return []
    if allowed(ticket.kind, ticket.status, Move.WITHDRAW) is None:
        return []
    asking[0].withdrawn_at = ctx.now
    ctx.uow.tickets.move(ticket, Move.WITHDRAW, at=ctx.now, actor_id=person.id)
    unsaid = unsay(ctx, ticket)
    effects = tell_withdrawn(ctx, ticket, unsaid)
    effects += erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)
    if ticket.private or ctx.room is None or ctx.room.id is None or ctx.room.id in {row.room_id for row in unsaid}:
        return effects
    key = "withdraw.done" if ticket.nameless else "ack.withdrawn"
    text = ctx.say(key, name=ctx.my_name, number=ticket.number)
    return [Say(ctx.room.id, PostKind.ACK, text, (ticket.id,), person.id), *effects]


def _about_signal(ctx: Context, relation: Relation, source: Source) -> list[Effect]:
    """Talk about something that a leader has not confirmed yet."""
    signal = None if source.signal_id is None else ctx.uow.signals.get(source.signal_id)
    meaning = relation.understood
    if signal is None:
        return _new(ctx, relation) if meaning.band is not Band.IGNORE else []
    fresh = ctx.setting.understand(ctx.message.text)
    loud = fresh.band is not Band.IGNORE and fresh.kind is not Kind.NONE
    if relation.link is not Link.RETRACT and loud and is_of_another_kind(TicketKind(fresh.kind.value), signal):
        return _new(ctx, Relation(Link.NEW, None, fresh))
    if relation.link is Link.RETRACT and not is_alarming(signal):
        if _is_mine_alone(ctx, signal):
            ctx.uow.signals.remove(signal)
        return []
    if meaning.band is Band.ACT or (relation.link is Link.NEW and meaning.band is not Band.IGNORE):
        return _new(ctx, relation, None if relation.link is Link.NEW else signal)  # a ticket in the signal's place
    if relation.link is Link.NEW:
        shares = bool(meaning.cues) or _SHARED.search(ctx.message.text) is not None
        own = signal.person_id is not None and signal.person_id == ctx.me().id
        return _to_signal(ctx, relation, signal) if shares or own else []
    return _to_signal(ctx, relation, signal)


def _is_mine_alone(ctx: Context, signal: Signal) -> bool:
    """Whether nobody but the speaker has said it: what others said is not his to take back."""
    sources = ctx.uow.tickets.signal_sources(signal.id or 0)
    return signal.person_id == ctx.me().id and all(source.person_id == signal.person_id for source in sources)


def _to_signal(ctx: Context, relation: Relation, signal: Signal) -> list[Effect]:
    """More words for a signal; what its sender settles himself within minutes needs no leader any more.

    Words of suicide or of blows, and emergencies, stay whatever is said after them: a person looks at them.
    """
    own = signal.person_id is not None and signal.person_id == ctx.me().id
    fresh = ctx.now - signal.at <= timedelta(minutes=ctx.policy.hearing.retract_minutes)
    settled = Cue.SETTLED in relation.understood.cues and Cue.UPDATE not in relation.understood.cues
    if own and fresh and settled and not is_alarming(signal) and _is_mine_alone(ctx, signal):
        ctx.uow.signals.remove(signal)
        return []
    matter = more_of(ctx, relation, signal)
    shares = not own and has_it_too(ctx, relation, signal.category)
    return add(ctx, signal, matter, SourceRole.JOIN if shares else SourceRole.UPDATE)
