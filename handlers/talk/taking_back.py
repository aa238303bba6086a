"""A message that its sender took back in the chat itself: what it opened is withdrawn, what it added is removed."""

from datetime import timedelta

from handlers.alarm.alarms import is_alarming, is_perilous
from handlers.answering import reply, tell_withdrawn, unsay
from handlers.context import Context
from handlers.discreet.erasing import discard, erase_at_end
from handlers.effects import Effect, Say
from handlers.talk.doubts import is_mine_alone
from handlers.talk.opening import TITLE_LENGTH
from handlers.ticket.looking import leave
from models.codes import OutgoingState, PostKind, SignalStatus
from models.history_tables import TicketEvent
from models.masking import mask, short
from models.states import Move, allowed
from models.tables import Person
from models.ticket_tables import Signal, Source, Ticket

RECALLED = "recalled"
"""Step of a history: a message was taken back, and the matter goes on as it is."""
_HEARD = (OutgoingState.SENT, OutgoingState.SENDING, OutgoingState.MAYBE, OutgoingState.MERGED)


def recalled(ctx: Context, message_id: str) -> list[Effect]:
    """What follows when the speaker takes a message of his back; nothing when nothing holds it.

    Within the policy's minutes; later, and of blows or suicide, it is only noted: a person looks at what was said.
    """
    source = ctx.uow.tickets.source(ctx.message.account, message_id)
    person = ctx.known_me()
    if source is None:
        return []
    own = person is not None and source.person_id == person.id
    fresh = ctx.message.at - source.at <= timedelta(minutes=ctx.policy.hearing.retract_minutes)
    if source.signal_id is not None:
        signal = ctx.uow.signals.get(source.signal_id)
        return _from_signal(ctx, signal, source) if signal is not None and own and fresh else []
    if source.ticket_id is None:
        return []
    ticket = ctx.uow.tickets.get(source.ticket_id)
    if person is None or not own or not fresh or is_perilous(ticket):
        ctx.uow.tickets.record(ticket, RECALLED, at=ctx.now, actor_id=None if person is None else person.id)
        return []
    return _from_ticket(ctx, ticket, source, person)


def _from_signal(ctx: Context, signal: Signal, source: Source) -> list[Effect]:
    """Its own words go; the signal too, unless others said it as well or somebody has to look at it."""
    if signal.status is not SignalStatus.WAITING or is_alarming(signal):
        return []
    others = [one for one in ctx.uow.tickets.signal_sources(signal.id or 0) if one.message_id != source.message_id]
    kept = [said.message.text for one in others if (said := ctx.recall(one.message_id)) is not None]
    if is_mine_alone(ctx, signal) and not kept:
        ctx.uow.signals.remove(signal)
    elif signal.person_id == source.person_id and kept:
        signal.text = short(mask(kept[0]), TITLE_LENGTH)
        ctx.uow.tickets.let_go(source)
    return []


def _from_ticket(ctx: Context, ticket: Ticket, source: Source, person: Person) -> list[Effect]:
    rest = [one for one in ctx.uow.tickets.sources(ticket.id) if one.message_id != source.message_id]
    rest = [one for one in rest if one.person_id == person.id]
    asked = ctx.uow.tickets.requester(ticket.id, person.id)
    asks = asked is not None and asked.withdrawn_at is None
    pictures = discard(ctx.uow.pictures.drop_of(source.account, source.message_id), ctx.now)
    if asks and not rest and allowed(ticket.kind, ticket.status, Move.WITHDRAW) is not None:
        return [*pictures, *_withdrawn(ctx, ticket)]
    _unsay_step(ctx, ticket, source, person, rest)
    ctx.uow.tickets.let_go(source)
    return pictures


def _withdrawn(ctx: Context, ticket: Ticket) -> list[Effect]:
    """He asks no more, as after 撤回; the group hears of it only if it was told of the ticket."""
    said = leave(ctx, ticket)
    if not ctx.ended(ticket):
        return [reply(ctx, said, ticket)] if ctx.room is None else []
    unsaid = unsay(ctx, ticket)
    effects = tell_withdrawn(ctx, ticket, unsaid)
    if ctx.room is None:
        effects.insert(0, reply(ctx, said, ticket))
    elif not ticket.private and _was_told(ctx, ticket):
        key = "withdraw.done" if ticket.nameless else "ack.withdrawn"
        text = ctx.say(key, name=ctx.my_name, number=ticket.number)
        effects.insert(0, Say(ctx.room.id or 0, PostKind.ACK, text, (ticket.id,), ctx.me().id))
    return [*effects, *erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)]


def _was_told(ctx: Context, ticket: Ticket) -> bool:
    assert ctx.room is not None
    return any(row.room_id == ctx.room.id for row in ctx.uow.outbox.touching(ticket.id, _HEARD))


def _unsay_step(ctx: Context, ticket: Ticket, source: Source, person: Person, rest: list[Source]) -> None:
    """Erase the words of the step that the message made; a title that repeats them is made of what is left."""
    step = _step_of(ctx, ticket, source, person)
    words = None if step is None else ctx.uow.tickets.texts(ticket.id).get(step.seq)
    if step is None or words is None:
        ctx.uow.tickets.record(ticket, RECALLED, at=ctx.now, actor_id=person.id)
        return
    ctx.uow.erasing.erase_words(ticket, at=ctx.now, seqs=(step.seq,))
    if step.seq != 1:
        return
    kept = [said.message.text for one in rest if (said := ctx.recall(one.message_id)) is not None]
    ticket.title = short(mask(kept[0]), TITLE_LENGTH) if kept else ctx.say("privacy.closed_title")


def _step_of(ctx: Context, ticket: Ticket, source: Source, person: Person) -> TicketEvent | None:
    """The step in whose words the message stands, as long as it is remembered; else his first step after it."""
    texts = ctx.uow.tickets.texts(ticket.id)
    his = [one for one in ctx.uow.tickets.events(ticket.id) if one.actor_id == person.id and one.seq in texts]
    remembered = ctx.recall(source.message_id)
    said = "" if remembered is None else remembered.message.text.strip()
    holding = [one for one in his if said and said in texts[one.seq].text]
    return next(iter(holding), None) or next((one for one in his if one.at >= source.at), None)
