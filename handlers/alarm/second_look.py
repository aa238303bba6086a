"""What nobody ends alone: that blows, suicide or harm to a child were none takes a second yes, from the level above.

Whoever says so first (误报, 忽略) is noted with a look at the clock; the matter stays as it is until somebody else says
the same. Where nobody is above, one alone decides. That it is over (办结) one alone says, and the level above hears it.
"""

from datetime import datetime, timedelta

from handlers.alarm.aftermath import ON_THE_WAY
from handlers.alarm.alarms import is_perilous, matter_of, name_of, shown, subject_of
from handlers.alarm.second_asked import SECOND, asked, began, leader_above, may_say_it_too, said_first
from handlers.context import Context
from handlers.discreet.discretion import for_person
from handlers.effects import Effect, Remind, Tell
from handlers.people.deputies import principals
from handlers.setting import Setting
from models.codes import PostKind, SignalStatus, TicketKind
from models.masking import short
from models.states import ENDED
from models.tables import Person
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork
from nlp.understanding import Flag

SAID_FIRST = "reject_asked"
"""The step of a history."""
AGAIN = timedelta(hours=24)
"""So long after the first yes the one above is asked once more."""


def is_harm(matter: Ticket | Signal) -> bool:
    """Whether it takes two to say that it was nothing."""
    return is_perilous(matter) or (Flag.MINOR.value in matter.flags and matter.kind is not TicketKind.WISH)


def waits_for_second(ctx: Context, matter: Ticket | Signal, reason: str = "") -> tuple[Person, list[Effect]] | None:
    """Note the speaker's yes, and ask whoever leads above him; None: it may end now.

    Raises Refusal for who has said so already. To be called before anything else has changed.
    """
    if not is_harm(matter) or (isinstance(matter, Ticket) and matter.status in ENDED):
        return None
    me, subject = ctx.me(), subject_of(matter)
    first = said_first(ctx.uow, matter)
    if first is not None and first != me.id:
        return None if may_say_it_too(ctx.uow, matter, me.id, ctx.now) else _still(ctx, matter)
    above = leader_above(ctx.uow, matter, me.id, ctx.now)
    if first is not None and above is not None:
        raise ctx.refuse("refuse.said_already", shown=shown(matter), name=ctx.called(above))
    if above is None:
        return None
    if isinstance(matter, Ticket):
        ctx.uow.tickets.record(matter, SAID_FIRST, at=ctx.now, actor_id=me.id, words=reason, data={"to": above.id})
    text = _asked(ctx.uow, ctx.setting, matter, ctx.my_name, reason)
    remind = Remind(SECOND, subject, f"{me.id}@{began(matter)}", ctx.now + AGAIN)
    return above, [_tell(ctx.uow, matter, above, text, ctx.now), remind]


def done_below(ctx: Context, ticket: Ticket) -> list[Effect]:
    """One alone may report blows or despair as done; whoever leads above him hears it and can look after it."""
    above = leader_above(ctx.uow, ticket, ctx.me().id, ctx.now) if is_perilous(ticket) else None
    if above is None:
        return []
    words = for_person(ctx, ticket, above, ctx.args.text)
    note = ctx.say("name.note", note=short(words, 60)) if words else ""
    text = ctx.say(
        "tell.done_below",
        label=ctx.label_to(ticket, above),
        name=name_of(ctx.uow, ctx.setting, ticket, ctx.me().id),
        note=note,
    )
    return [_tell(ctx.uow, ticket, above, text, ctx.now)]


def is_second(ctx: Context, ticket: Ticket) -> bool:
    """Whether the speaker is asked whether it was nothing, as somebody below him says."""
    first, me = said_first(ctx.uow, ticket), ctx.known_me()
    if first is None or me is None or first == me.id or ctx.roles_paused:
        return False
    above = asked(ctx.uow, ticket, ctx.now)
    return above is not None and above.id in {me.id, *principals(ctx.uow, me.id, ctx.now)}


def _still(ctx: Context, matter: Ticket | Signal) -> tuple[Person, list[Effect]] | None:
    """Somebody else was asked, and nobody hears of it again."""
    above = asked(ctx.uow, matter, ctx.now)
    return None if above is None else (above, [])


def look(uow: UnitOfWork, setting: Setting, subject: str, period: str, now: datetime) -> list[Effect]:
    """The clock: the second one has said nothing yet, so he is asked once more."""
    matter = matter_of(uow, subject)
    first, _, since = period.partition("@")
    if matter is None or since != began(matter) or not _waits(matter):
        return []
    above = leader_above(uow, matter, first, now)
    if above is None:
        return []
    name = uow.people.get(first).name or setting.words.say("name.somebody")
    return [_tell(uow, matter, above, _asked(uow, setting, matter, name, ""), now)]


def _waits(matter: Ticket | Signal) -> bool:
    if isinstance(matter, Ticket):
        return matter.status not in ENDED
    return matter.status is SignalStatus.WAITING


def _asked(uow: UnitOfWork, setting: Setting, matter: Ticket | Signal, name: str, reason: str) -> str:
    say = setting.words.say
    if isinstance(matter, Ticket):
        note = say("name.note", note=short(reason, 60)) if reason else ""
        label = setting.label(matter, group=False)
        return say("tell.rejected_above", label=label, number=matter.number, name=name, note=note)
    return say(
        "signal.dropped_above",
        number=matter.number,
        name=name,
        category=setting.taxonomy[matter.category].name,
        room="" if matter.room_id is None else uow.places.room_by_id(matter.room_id).name,
        text=short(matter.text, 60),
    )


def _tell(uow: UnitOfWork, matter: Ticket | Signal, to: Person, text: str, now: datetime) -> Tell:
    if isinstance(matter, Signal):
        signals = () if matter.id is None else (matter.id,)
        return Tell(to.id, PostKind.NOTICE, text, signals=signals, room_id=matter.room_id)
    alarm = uow.alarms.get(matter.id)
    soon = alarm is not None and now - alarm.at <= ON_THE_WAY
    kind = PostKind.EMERGENCY if soon else PostKind.NOTICE
    return Tell(to.id, kind, text, (matter.id,), room_id=matter.room_id)
