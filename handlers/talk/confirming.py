"""Signals: the leader confirms or drops what the bot was not sure of."""

from collections.abc import Sequence

from handlers.alarm.second_look import waits_for_second
from handlers.answering import reply_in_private
from handlers.context import SCOPES_NAMED, Context
from handlers.discreet.accused import is_accused
from handlers.effects import Effect, Tell
from handlers.parsing import Args
from handlers.people.deputies import nodes_led
from handlers.talk import feedback
from handlers.talk.matching import find_same
from handlers.talk.naming import pass_on
from handlers.talk.opening import Matter, acknowledge, join, open_ticket
from handlers.talk.signals import is_petition
from models.codes import FeedbackSource, RoomMode, SourceRole
from models.tables import GridNode, Person
from models.ticket_tables import Signal
from models.uow import UnitOfWork
from nlp.understanding import Flag, Urgency


def confirm_signals(ctx: Context) -> list[Effect]:
    """确认 S3 S5: each becomes a ticket."""
    effects: list[Effect] = []
    answers: list[str] = []
    for signal in _signals(ctx):
        number, more = _open(ctx, signal)
        answers.append(ctx.say("signal.confirmed", signal=signal.number, number=number))
        effects += more
    text = ctx.say("signal.all_confirmed", lines="，".join(answers))
    return [reply_in_private(ctx, text, or_here=True), *effects]


def drop_signals(ctx: Context) -> list[Effect]:
    """忽略 S3 / 忽略 其余: deleted, as if never heard; of harm once somebody above says so too."""
    signals = _waiting(ctx) if ctx.args.rest else _signals(ctx)
    if not signals:
        raise ctx.refuse("refuse.no_signals")
    dropped, asked, answers = list[str](), list[Effect](), list[str]()
    for signal in signals:
        if (second := waits_for_second(ctx, signal)) is not None:
            answers.append(ctx.say("signal.drop_waits", number=signal.number, name=ctx.called(second[0])))
            asked += second[1]
            continue
        feedback.note(ctx, FeedbackSource.DROPPED, signal, feedback.NONE)
        ctx.uow.signals.drop(signal, at=ctx.now, by=ctx.me().id)
        dropped.append(f"S{signal.number}")
    if dropped:
        answers.insert(0, ctx.say("signal.dropped", names="、".join(dropped)))
    return [reply_in_private(ctx, "".join(answers), or_here=True), *asked]


def leader_nodes(ctx: Context) -> list[GridNode]:
    """The nodes that the speaker leads, himself or for somebody."""
    person = ctx.known_me()
    return [] if person is None else nodes_led(ctx.uow, person.id, ctx.now)


def waiting_for(uow: UnitOfWork, person: Person | None, nodes: Sequence[GridNode]) -> list[Signal]:
    """The waiting signals of these nodes that the person may see; None: whoever will lead them.

    Talk of a petition is for the leader of that micro-grid alone, not for those above him.
    """
    waiting = uow.signals.waiting([node.path for node in nodes])
    return [signal for signal in waiting if may_see(uow, person, signal)]


def may_see(uow: UnitOfWork, person: Person | None, signal: Signal) -> bool:
    """Whether somebody who leads where a signal was heard, or above, may see it."""
    if person is not None and is_accused(uow, signal, person.id):
        return False
    return person is None or not is_petition(signal) or _leads_himself(uow, person, signal)


def _leads_himself(uow: UnitOfWork, person: Person, signal: Signal) -> bool:
    leaders = uow.people.leaders(uow.places.line(uow.places.node(signal.node_id)))
    return person.id in {leader.id for leader in leaders}


def _waiting(ctx: Context) -> list[Signal]:
    return waiting_for(ctx.uow, ctx.known_me(), leader_nodes(ctx))


def _signals(ctx: Context) -> list[Signal]:
    """The waiting signals that the command or the quoted post names. Raises Refusal naming what is unknown."""
    waiting = _waiting(ctx)
    if not ctx.args.signals:
        found = [signal for signal in waiting if signal.id in ctx.quoted_signals]
        if not found:
            raise ctx.refuse("refuse.which_signal")
        return found
    found, missing = list[Signal](), list[str]()
    for number, scope in named_signals(ctx.args):
        fitting = [one for one in waiting if one.number == number and is_of(ctx, one, scope)]
        if len(fitting) > 1:
            names = "、".join(f"{ctx.uow.places.node(one.scope_id).name}-S{number}" for one in fitting[:SCOPES_NAMED])
            raise ctx.refuse("refuse.which_scope_signal", number=number, names=names)
        found += fitting
        missing += [] if fitting else [f"{scope}-S{number}" if scope else f"S{number}"]
    if missing:
        raise ctx.refuse("refuse.no_signal", names="、".join(missing))
    return found


def named_signals(args: Args) -> list[tuple[int, str]]:
    """The numbers of the signals that a command names, each with its village where that was said."""
    return list(zip(args.signals, args.signal_scopes or ("",) * len(args.signals), strict=True))


def is_of(ctx: Context, signal: Signal, scope: str) -> bool:
    """Whether it was heard in the village that somebody calls so; "": in any."""
    return not scope or signal.scope_id in ctx.scopes(scope)


def _open(ctx: Context, signal: Signal) -> tuple[int, list[Effect]]:
    """Turn a signal into a ticket, or into one more requester of the same matter."""
    ctx, uow = ctx.at(ctx.uow.places.node(signal.node_id)), ctx.uow
    room = None if signal.room_id is None else uow.places.room_by_id(signal.room_id)
    person = None if signal.person_id is None else uow.people.get(signal.person_id)
    matter = Matter(
        kind=signal.kind,
        category=signal.category,
        text=signal.text,
        node=uow.places.node(signal.node_id),
        room=room,
        requester=person,
        band="ask",
        place=signal.place,
        urgency=Urgency(signal.urgency),
        evidence=tuple(signal.evidence),
        flags=frozenset(Flag(flag) for flag in signal.flags),
        score=signal.score,
    )
    uow.lock("matter", signal.node_id, signal.category)
    same = find_same(ctx, matter)
    if same is not None:
        had = ctx.handler(same)
        _, effects = join(ctx, same, matter)
        effects += pass_on(ctx, same, had)
        ticket = same
    else:
        ticket, effects = open_ticket(ctx, matter, signal)
        # The leader who confirms knows already; everybody else hears what the room's mode allows.
        effects = [effect for effect in effects if not (isinstance(effect, Tell) and effect.person_id == ctx.me().id)]
        if person is not None and room is not None and not ticket.private and room.mode is not RoomMode.SHADOW:
            effects.append(acknowledge(ctx, ticket, person, room))
    for source in uow.tickets.signal_sources(signal.id or 0):
        role = SourceRole.JOIN if same is not None else source.role
        uow.tickets.hold(
            source.account, source.message_id, at=source.at, role=role, person_id=source.person_id, ticket_id=ticket.id
        )
    uow.signals.confirm(signal, ticket, at=ctx.now, by=ctx.me().id)
    feedback.note(ctx, FeedbackSource.CONFIRMED, signal, signal.category, ticket=ticket)
    return ticket.number, effects
