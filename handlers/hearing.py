"""Hearing the talk of a group: opening, joining, updating, taking back."""

from datetime import timedelta

from handlers.answering import tell_helper
from handlers.context import Context
from handlers.effects import Effect, Say, Tell
from handlers.opening import (
    Matter,
    acknowledge,
    find_same,
    hold,
    is_petition,
    join,
    open_signal,
    open_ticket,
    understood,
)
from models.codes import PostKind, RoomMode, SourceRole, TicketKind
from models.masking import mask, short
from models.message import Message
from models.states import FINISHED, Move, allowed
from models.ticket_tables import Source, Ticket
from nlp.understanding import Band, Cue, Flag, Kind, Link, Relation


def worth_a_look(relation: Relation, *, quoting: bool) -> bool:
    """Whether a message may have an effect at all; everything else is forgotten without a trace."""
    if relation.understood.band is not Band.IGNORE:
        return True
    if relation.link is not Link.NEW:
        return True
    follow_up = {Cue.UPDATE, Cue.SETTLED, Cue.RETRACT, Cue.JOIN} & relation.understood.cues
    return bool(follow_up) and (quoting or Cue.UPDATE in follow_up)


def hear(ctx: Context) -> list[Effect]:
    """What the bot does about a message that nobody addressed to it."""
    relation = ctx.relation
    assert relation is not None
    assert ctx.room is not None
    assert ctx.node is not None
    source = _source(ctx, relation)
    if source is not None and source.signal_id is not None:
        return _about_signal(ctx, relation, source)
    if source is not None and source.ticket_id is not None:
        ticket = ctx.uow.tickets.get(source.ticket_id)
        match relation.link:
            case Link.RETRACT:
                return _retract(ctx, ticket)
            case Link.JOIN:
                return _join(ctx, relation, ticket)
            case Link.UPDATE | Link.BURST:
                return _update(ctx, relation, ticket)
            case Link.SETTLED:
                return _settled(ctx, relation, ticket)
            case Link.NEW:
                pass
    if relation.understood.band is not Band.IGNORE and relation.link in (Link.NEW, Link.BURST, Link.JOIN, Link.UPDATE):
        return _new(ctx, relation)
    if Cue.UPDATE in relation.understood.cues:
        mine = _my_only_open(ctx)
        return _update(ctx, relation, mine) if mine is not None else []
    return []


def _source(ctx: Context, relation: Relation) -> Source | None:
    """What holds the message that this one points at: found by threading, else by its quote."""
    quote = ctx.message.quote
    to = relation.to or (quote.id if quote is not None else None)
    if to is None and len(ctx.quoted) == 1:
        sources = ctx.uow.tickets.sources(ctx.quoted[0])
        return sources[0] if sources else None
    return None if to is None else ctx.uow.tickets.source(ctx.message.account, to)


def _messages(ctx: Context, relation: Relation) -> tuple[Message, ...]:
    """The messages that make up the matter, oldest first: earlier parts of a burst, then this one."""
    parts = (ctx.recall(part) for part in relation.parts)
    return (*(part.message for part in parts if part is not None), ctx.message)


def words_of(messages: tuple[Message, ...]) -> str:
    """What the messages say together."""
    return "，".join(message.text.strip() for message in messages if message.text.strip())


def _matter(ctx: Context, relation: Relation) -> Matter:
    assert ctx.room is not None
    assert ctx.node is not None
    meaning = relation.understood
    messages = _messages(ctx, relation)
    pins = [message.place for message in messages if message.place]
    matter = Matter(
        kind=TicketKind(meaning.kind.value),
        category=meaning.category,
        text=words_of(messages),
        node=ctx.node,
        room=ctx.room,
        requester=ctx.me(),
        band=meaning.band.value,
        messages=messages,
        place=pins[0] if pins else None,
    )
    return understood(matter, meaning)


def _new(ctx: Context, relation: Relation) -> list[Effect]:
    if relation.understood.kind is Kind.NONE:
        return []
    assert ctx.room is not None
    assert ctx.node is not None
    matter = _matter(ctx, relation)
    ctx.uow.lock("matter", ctx.node.id, matter.category)
    same = find_same(ctx, matter)
    if same is not None:
        return _joined(ctx, same, matter)
    act = relation.understood.band is Band.ACT and ctx.room.mode is RoomMode.ON
    if not act or Flag.PETITION in matter.flags:
        if _signalled_already(ctx, matter):
            return []
        return open_signal(ctx, matter, tell=ctx.room.mode is not RoomMode.SHADOW)
    ticket, effects = open_ticket(ctx, matter)
    if not ticket.private and matter.requester is not None:
        effects.insert(0, acknowledge(ctx, ticket, matter.requester, ctx.room))
    return effects


def _signalled_already(ctx: Context, matter: Matter) -> bool:
    """The same person's same matter is one signal a day; talk of a petition is, whoever says it."""
    if matter.requester is None or matter.node.id is None:
        return False
    for signal in ctx.uow.signals.same_matter(matter.node.id, matter.category, ctx.now - timedelta(days=1)):
        own = signal.person_id == matter.requester.id and signal.place == matter.place
        if own or is_petition(signal):
            for message in matter.messages:
                ctx.uow.tickets.hold(
                    message.account,
                    message.id,
                    at=message.at,
                    role=SourceRole.UPDATE,
                    person_id=signal.person_id,
                    signal_id=signal.id,
                )
            return True
    return False


def _joined(ctx: Context, ticket: Ticket, matter: Matter) -> list[Effect]:
    """The same matter in own words: the person is told that it is known."""
    new, effects = join(ctx, ticket, matter)
    if new and matter.room is not None and matter.room.id is not None and matter.requester is not None:
        text = ctx.say(
            "ack.joined",
            name=ctx.called(matter.requester),
            label=ctx.label(ticket, group=True),
            count=len(ctx.uow.tickets.requesters(ticket.id)),
        )
        effects.insert(0, Say(matter.room.id, PostKind.ACK, text, (ticket.id,), matter.requester.id, None))
    return effects


def _join(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """我家也是: counted without a word. Nobody can join what is private or has ended."""
    if ticket.private or ctx.ended(ticket):
        return _new(ctx, relation)
    _, effects = join(ctx, ticket, _follow_up(ctx, relation, ticket))
    return effects


def _follow_up(ctx: Context, relation: Relation, ticket: Ticket) -> Matter:
    assert ctx.node is not None
    messages = _messages(ctx, relation)
    pins = [message.place for message in messages if message.place]
    return Matter(
        kind=ticket.kind,
        category=ticket.category,
        text=words_of(messages),
        node=ctx.node,
        room=ctx.room,
        requester=ctx.me(),
        band=ticket.band,
        messages=messages,
        place=relation.understood.place or (pins[0] if pins else None),
    )


def _update(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """More words, a picture or a place for a matter that is open; silently."""
    if ctx.ended(ticket):
        return _new(ctx, relation)
    matter = _follow_up(ctx, relation, ticket)
    person = ctx.me()
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=person.id, words=matter.text)
    if ticket.place is None and matter.place:
        ticket.place = matter.place
    effects = hold(ctx, ticket, matter.messages, person, SourceRole.UPDATE)
    if Cue.UPDATE in relation.understood.cues and ticket.kind is not TicketKind.WISH:
        effects += _tell_handler(ctx, ticket, "tell.still", matter.text)
    return effects


def _settled(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """修好了: whoever handles the matter is offered to close it; the group hears nothing."""
    if ctx.ended(ticket):
        return []
    matter = _follow_up(ctx, relation, ticket)
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=ctx.me().id, words=matter.text)
    effects = hold(ctx, ticket, matter.messages, ctx.me(), SourceRole.UPDATE)
    if ticket.status in FINISHED:
        return effects
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
    effects = tell_helper(ctx, ticket, "tell.withdrawn")
    if ticket.private or ctx.room is None or ctx.room.id is None:
        return effects
    text = ctx.say("ack.withdrawn", name=ctx.my_name, number=ticket.number)
    return [Say(ctx.room.id, PostKind.ACK, text, (ticket.id,), person.id), *effects]


def _about_signal(ctx: Context, relation: Relation, source: Source) -> list[Effect]:
    """Talk about something that a leader has not confirmed yet."""
    signal = None if source.signal_id is None else ctx.uow.signals.get(source.signal_id)
    if signal is None:
        return _new(ctx, relation) if relation.understood.band is not Band.IGNORE else []
    if relation.link is Link.RETRACT:
        ctx.uow.signals.remove(signal)
        return []
    if relation.link is Link.BURST and relation.understood.band is Band.ACT:
        # What was doubtful alone is plain as a whole: the ticket replaces the signal.
        ctx.uow.signals.remove(signal)
        return _new(ctx, relation)
    if relation.link is Link.NEW:
        return _new(ctx, relation)
    ctx.uow.tickets.hold(
        ctx.message.account,
        ctx.message.id,
        at=ctx.message.at,
        role=SourceRole.JOIN if relation.link is Link.JOIN else SourceRole.UPDATE,
        person_id=None if signal.person_id is None else ctx.me().id,
        signal_id=signal.id,
    )
    return []


def _my_only_open(ctx: Context) -> Ticket | None:
    """「还没修」 without a quote: the speaker's one open matter of this room, if it is just one."""
    person = ctx.known_me()
    if person is None or ctx.room is None:
        return None
    mine = [
        ticket
        for ticket in ctx.uow.tickets.of_person(person.id)
        if ticket.room_id == ctx.room.id
        and ctx.uow.tickets.requester(ticket.id, person.id) is not None
        and ticket.kind is not TicketKind.WISH
    ]
    return mine[0] if len(mine) == 1 else None
