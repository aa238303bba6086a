"""Signals: what the bot was not sure of, kept masked until a leader confirms or drops it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from handlers.alarm.alarms import begin, is_alarming, parties
from handlers.context import Context
from handlers.discreet.accused import accused
from handlers.effects import Effect, Tell
from handlers.people import reach
from handlers.policy.telling import MustReport
from handlers.talk import must_report
from handlers.talk.opening import Matter
from handlers.talk.weak_figures import note
from models.codes import SourceRole
from models.masking import STARS, mask, short
from models.ticket_tables import Signal
from nlp.understanding import Flag

PETITION = "group_petition"
TEXT_LENGTH = 500
"""Characters of what was said that a signal keeps."""
_NUMBER = re.compile(r"[\d零〇一二三四五六七八九两幺]{3,}")


def is_petition(signal: Signal) -> bool:
    """Whether a signal is talk of a petition or strike, which nobody is counted for."""
    return signal.category == PETITION or Flag.PETITION.value in signal.flags


def masked_piece(piece: str, said: str) -> str:
    """A piece of what was said, masked like the whole: 501 alone is no flat, and in 「3栋2单元501」 it is one."""
    return _NUMBER.sub(lambda number: number[0] if number[0] in said else STARS, mask(piece))


def masked_pieces(pieces: Iterable[str], said: str) -> list[str]:
    return [masked for piece in pieces if (masked := masked_piece(piece, said)) != STARS]


def speaks_of_petition(matter: Matter) -> bool:
    return matter.category == PETITION or Flag.PETITION in matter.flags


def open_signal(ctx: Context, matter: Matter, *, tell: bool) -> list[Effect]:
    """Keep the masked words of a matter for its leader, who confirms or drops it."""
    uow = ctx.uow
    scope = uow.places.scope(matter.node, ctx.policy.number_scope)
    assert scope.id is not None
    assert matter.node.id is not None
    # Whoever speaks of a petition is not written down: nobody is counted by person.
    person = None if speaks_of_petition(matter) else matter.requester
    said = mask(matter.title or matter.text)
    signal = uow.signals.add(
        Signal(
            scope_id=scope.id,
            number=uow.places.next_number(scope.id, "signal"),
            kind=matter.kind,
            category=matter.category,
            node_id=matter.node.id,
            room_id=None if matter.room is None else matter.room.id,
            person_id=None if person is None else person.id,
            text=short(said, TEXT_LENGTH),
            place=None if matter.place is None else masked_piece(matter.place, said),
            urgency=matter.urgency.value,
            score=matter.score,
            evidence=masked_pieces(matter.evidence, said),
            flags=sorted(flag.value for flag in matter.flags),
            at=ctx.now,
        )
    )
    leaders = uow.people.leaders(uow.places.line(matter.node), accused(uow, signal))
    for message in matter.messages:
        uow.tickets.hold(
            message.account,
            message.id,
            at=message.at,
            role=SourceRole.REPORT,
            person_id=signal.person_id,
            signal_id=signal.id,
        )
    if not is_petition(signal):
        note(uow, ctx.setting, signal)
    if not tell or signal.id is None:
        return []
    groups = must_report.groups_of(ctx, signal, signal.text)
    above = must_report.tell_above(ctx, signal, groups, leaders[0] if leaders else None)
    if is_alarming(signal):
        begun = begin(uow, ctx.setting, signal, ctx.now)
        called = {line.person_id for line in begun if isinstance(line, Tell)}
        return begun + [line for line in above if isinstance(line, Tell) and line.person_id not in called]
    text = told(ctx, signal, groups)
    first = leaders[0] if leaders else None
    kind = must_report.kind_of(groups)
    line = Tell(None if first is None else first.id, kind, text, signals=(signal.id,), room_id=signal.room_id)
    # Talk of a petition is for that one leader alone.
    other = (
        None if is_petition(signal) else reach.instead(uow, first, matter.node, signal.room_id, parties(uow, signal))
    )
    if first is None or other is None:
        return [line, *above]
    said = reach.said_instead(ctx.setting, text, [ctx.called(first)])
    return [line, replace(line, person_id=other.id, text=said), *above]


def told(ctx: Context, signal: Signal, groups: Sequence[MustReport]) -> str:
    """The question to its leader; groups: why he hears of it at once."""
    return ctx.say(
        "signal.told_now" if groups else "signal.told",
        groups=must_report.called(groups),
        number=signal.number,
        room="" if signal.room_id is None else ctx.uow.places.room_by_id(signal.room_id).name,
        category=ctx.category(signal.category),
        text=short(signal.text, 60),
        evidence="、".join(signal.evidence) or ctx.say("name.none"),
    )
