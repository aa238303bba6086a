"""What happens to a waiting signal when more is said about it."""

from dataclasses import replace
from datetime import timedelta

from handlers.alarm.alarms import begin, is_alarming, is_long_answered, is_loud, subject_of
from handlers.context import Context
from handlers.discreet.accused import accused
from handlers.effects import Effect, Tell
from handlers.policy.telling import MustReport
from handlers.talk import must_report
from handlers.talk.heard import has_it_too, more_of, words_of
from handlers.talk.matching import find_signals, is_collective, talk_of_petition
from handlers.talk.naming import pass_on
from handlers.talk.opening import Matter, hold, join, open_ticket
from handlers.talk.signals import TEXT_LENGTH, is_petition, masked_piece, masked_pieces, told
from handlers.talk.weak_figures import note
from models.codes import RoomMode, SourceRole
from models.masking import mask, short
from models.message import Message
from models.ticket_tables import Signal, Ticket
from nlp.understanding import Cue, Relation, Urgency


def add(ctx: Context, signal: Signal, matter: Matter, role: SourceRole) -> list[Effect]:
    """The signal holds these messages too, and says what the loudest of its sender's says.

    Of somebody else only what protects him is taken over: each person's words are his own. What is an emergency by
    now begins its alarm, unless it has one: where the bot was only trying (shadow) there was none.
    """
    known = must_report.groups_of(ctx, signal, signal.text)
    _take_over(ctx, signal, matter, role)
    if not is_petition(signal):
        note(ctx.uow, ctx.setting, signal)
    louder = _must_be_told(ctx, signal, known)
    if louder and not is_alarming(signal):
        return louder
    if not is_alarming(signal) or (ctx.room is not None and ctx.room.mode is RoomMode.SHADOW):
        return []
    alarm = ctx.uow.alarms.get(subject_of(signal))
    if alarm is not None and not (is_loud(matter) and is_long_answered(alarm, ctx.now)):
        return []
    return begin(ctx.uow, ctx.setting, signal, ctx.now)


def _must_be_told(ctx: Context, signal: Signal, known: list[MustReport]) -> list[Effect]:
    """What was added makes it something that has to be told at once: its leader hears of it anew, and those above."""
    groups = [group for group in must_report.groups_of(ctx, signal, signal.text) if group not in known]
    if not groups or signal.id is None or (ctx.room is not None and ctx.room.mode is RoomMode.SHADOW):
        return []
    nodes = ctx.uow.places.line(ctx.uow.places.node(signal.node_id))
    leaders = ctx.uow.people.leaders(nodes, accused(ctx.uow, signal))
    leader = leaders[0] if leaders else None
    line = Tell(
        None if leader is None else leader.id,
        must_report.kind_of(groups),
        told(ctx, signal, groups),
        signals=(signal.id,),
        room_id=signal.room_id,
    )
    return [line, *must_report.tell_above(ctx, signal, groups, leader)]


def _take_over(ctx: Context, signal: Signal, matter: Matter, role: SourceRole) -> None:
    for message in matter.messages:
        ctx.uow.tickets.hold(
            message.account,
            message.id,
            at=message.at,
            role=role,
            # Talk of a petition has no persons, so what joins it has none either.
            person_id=None if signal.person_id is None or matter.requester is None else matter.requester.id,
            signal_id=signal.id,
        )
    if is_petition(signal):
        return
    said = mask(f"{signal.text}，{matter.text}") if matter.text else signal.text
    signal.flags = sorted({*signal.flags, *(flag.value for flag in matter.flags)})
    if matter.urgency is Urgency.EMERGENCY:
        signal.urgency = matter.urgency.value
    if signal.person_id is None or matter.requester is None or matter.requester.id != signal.person_id:
        return
    signal.text = short(said, TEXT_LENGTH)
    if not signal.place and matter.place:
        signal.place = masked_piece(matter.place, said)
    if matter.score is None or matter.score < (signal.score or 0):
        return
    signal.kind, signal.category, signal.score = matter.kind, matter.category, matter.score
    signal.evidence = masked_pieces(matter.evidence, said)


def of_somebody_else(ctx: Context, signal: Signal) -> bool:
    """Whether another person's words began it."""
    return signal.person_id is not None and signal.person_id != ctx.me().id


def is_mine_alone(ctx: Context, signal: Signal) -> bool:
    """Whether nobody but the speaker has said it: what others said is not his to take back."""
    sources = ctx.uow.tickets.signal_sources(signal.id or 0)
    return signal.person_id == ctx.me().id and all(source.person_id == signal.person_id for source in sources)


def to_signal(ctx: Context, relation: Relation, signal: Signal) -> list[Effect]:
    """More words for a signal; what its sender settles himself within minutes needs no leader any more.

    Words of suicide or of blows, and emergencies, stay whatever is said after them: a person looks at them.
    """
    fresh = ctx.now - signal.at <= timedelta(minutes=ctx.policy.hearing.retract_minutes)
    settled = Cue.SETTLED in relation.understood.cues and Cue.UPDATE not in relation.understood.cues
    if fresh and settled and not is_alarming(signal) and is_mine_alone(ctx, signal):
        ctx.uow.signals.remove(signal)
        return []
    matter = more_of(ctx, relation, signal)
    own = signal.person_id is not None and signal.person_id == ctx.me().id
    shares = not own and has_it_too(ctx, relation, signal.category)
    return add(ctx, signal, matter, SourceRole.JOIN if shares else SourceRole.UPDATE)


def signalled_already(ctx: Context, matter: Matter) -> list[Effect] | None:
    """What follows when a signal of the same matter waits already, which then holds it; None when there is none.

    Talk of a petition is one a day.
    """
    found = find_signals(ctx, matter) or talk_of_petition(ctx, matter)
    if not found:
        return None
    own = matter.requester is not None and found[0].person_id == matter.requester.id
    return add(ctx, found[0], matter, SourceRole.UPDATE if own else SourceRole.JOIN)


def with_pieces(ctx: Context, matter: Matter, signals: list[Signal]) -> Matter:
    """The matter with what its sender said of it before, while that was doubtful."""
    earlier: list[Message] = []
    places = [matter.place]
    for signal in signals:
        if matter.requester is None or signal.person_id != matter.requester.id:
            continue
        for source in ctx.uow.tickets.signal_sources(signal.id or 0):
            remembered = ctx.recall(source.message_id)
            if remembered is not None and remembered.message.sender == ctx.message.sender:
                earlier.append(remembered.message)
                places.append(remembered.utterance.understood.place)
    # A signal keeps its place masked: as it was said is better, as long as that is remembered.
    place = next((place for place in (*places, *(signal.place for signal in signals)) if place), None)
    known = {message.id for message in matter.messages}
    messages = (*(message for message in earlier if message.id not in known), *matter.messages)
    messages = tuple(sorted(messages, key=lambda message: message.at))
    return replace(matter, messages=messages, text=words_of(messages), place=place)


def open_for_first(
    ctx: Context, relation: Relation, matter: Matter, signal: Signal, doubts: list[Signal]
) -> tuple[Ticket, list[Effect]]:
    """What somebody else made plain: a ticket of whoever said it first, in his words, which the speaker joins."""
    assert signal.person_id is not None
    sources = ctx.uow.tickets.signal_sources(signal.id or 0)
    said = [ctx.recall(source.message_id) for source in sources if source.person_id == signal.person_id]
    messages = tuple(one.message for one in said if one is not None)
    first = replace(
        matter,
        requester=ctx.uow.people.get(signal.person_id),
        messages=messages,
        text=words_of(messages) or signal.text,
        title="",
        place=matter.place or signal.place,
        evidence=tuple(dict.fromkeys((*signal.evidence, *matter.evidence))),
    )
    ticket, effects = open_ticket(ctx, first)
    absorb(ctx, ticket, doubts)
    if has_it_too(ctx, relation, ticket.category) and (not ticket.private or is_collective(ticket)):
        had = ctx.handler(ticket)
        return ticket, [*effects, *join(ctx, ticket, matter)[1], *pass_on(ctx, ticket, had)]
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=ctx.me().id, words=matter.text)
    return ticket, effects + hold(ctx, ticket, matter.messages, matter.requester, SourceRole.UPDATE)


def absorb(ctx: Context, ticket: Ticket, signals: list[Signal]) -> None:
    """What was doubtful alone is plain now: the ticket takes the place of the signals."""
    for signal in signals:
        for source in ctx.uow.tickets.signal_sources(signal.id or 0):
            person = None if source.person_id is None else ctx.uow.people.get(source.person_id)
            shares = source.role in (SourceRole.REPORT, SourceRole.JOIN)
            if (
                person is not None
                and shares
                and (not ticket.private or is_collective(ticket) or person.id == ctx.me().id)
            ):
                ctx.uow.tickets.join(ticket, person, ctx.now)
            ctx.uow.tickets.hold(
                source.account,
                source.message_id,
                at=source.at,
                role=source.role,
                person_id=source.person_id,
                ticket_id=ticket.id,
            )
        ctx.uow.signals.remove(signal)
