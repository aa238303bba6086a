"""Signals: what the bot was not sure of, kept masked until a leader confirms or drops it."""

from handlers.context import Context
from handlers.effects import Effect, Tell
from handlers.opening import Matter
from models.codes import PostKind, SourceRole
from models.masking import mask, short
from models.ticket_tables import Signal
from nlp.understanding import Flag, Urgency

PETITION = "group_petition"


def is_petition(signal: Signal) -> bool:
    """Whether a signal is talk of a petition or strike, which nobody is counted for."""
    return signal.category == PETITION or Flag.PETITION.value in signal.flags


def open_signal(ctx: Context, matter: Matter, *, tell: bool) -> list[Effect]:
    """Keep the masked words of a matter for its leader, who confirms or drops it."""
    uow = ctx.uow
    scope = uow.places.scope(matter.node, ctx.policy.number_scope)
    assert scope.id is not None
    assert matter.node.id is not None
    # Whoever speaks of a petition is not written down: nobody is counted by person.
    person = None if Flag.PETITION in matter.flags or matter.category == PETITION else matter.requester
    leaders = uow.people.leaders(uow.places.line(matter.node))
    signal = uow.signals.add(
        Signal(
            scope_id=scope.id,
            number=uow.places.next_number(scope.id, "signal"),
            kind=matter.kind,
            category=matter.category,
            node_id=matter.node.id,
            room_id=None if matter.room is None else matter.room.id,
            person_id=None if person is None else person.id,
            text=short(mask(matter.text), 500),
            place=matter.place,
            urgency=matter.urgency.value,
            score=matter.score,
            evidence=list(matter.evidence),
            flags=sorted(flag.value for flag in matter.flags),
            at=ctx.now,
        )
    )
    for message in matter.messages:
        uow.tickets.hold(
            message.account,
            message.id,
            at=message.at,
            role=SourceRole.REPORT,
            person_id=signal.person_id,
            signal_id=signal.id,
        )
    if not tell or signal.id is None:
        return []
    urgent = matter.urgency is Urgency.EMERGENCY
    kind = PostKind.EMERGENCY if urgent else PostKind.NOTICE
    text = ctx.say(
        "signal.told_urgently" if urgent else "signal.told",
        number=signal.number,
        room="" if matter.room is None else matter.room.name,
        category=ctx.category(signal.category),
        text=short(signal.text, 60),
        evidence="、".join(signal.evidence) or ctx.say("name.none"),
    )
    return [
        Tell(
            leaders[0].id if leaders else None,
            kind,
            text,
            signals=(signal.id,),
            room_id=signal.room_id,
        )
    ]
