"""Emergencies: somebody is told and says 收到, or the next on the line is told.

An alarm belongs to a ticket or a signal. It is begun in the commit that opens or raises it, and a schedule row
looks after it until somebody has it: each look plans the next one in its own commit. What ends it stands in
models/alarms.py, what people hear of that in handlers/alarm/aftermath.py.
"""

from datetime import datetime, timedelta
from typing import Protocol

from handlers.alarm.duty import at_once, in_charge_at, keepers, next_on, on_duty
from handlers.discreet.accused import accused
from handlers.effects import Effect, Remind, Tell
from handlers.setting import Setting
from handlers.ticket import charge
from models.alarm_tables import Alarm
from models.codes import PostKind, TicketKind, Topic
from models.masking import short
from models.outbox import signal_subject
from models.states import ALIVE
from models.tables import Person
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork
from nlp.understanding import Flag, Urgency

ALARM = "alarm"
"""The kind of schedule."""

_PERILOUS = frozenset({Flag.VIOLENCE.value, Flag.SUICIDE.value})
_TEXT_LENGTH = 120

SAME_ALARM = timedelta(minutes=15)
"""So long after 收到 the same words still speak of the same emergency."""

Perilous = Ticket | Signal


class Said(Protocol):
    """What words say of their urgency: a matter, or its understanding."""

    @property
    def urgency(self) -> Urgency: ...
    @property
    def flags(self) -> frozenset[Flag]: ...


def is_alarming(matter: Perilous) -> bool:
    """Whether somebody has to answer at once. Talk of a petition never asks that of anybody."""
    if Flag.PETITION.value in matter.flags:
        return False
    return matter.urgency == Urgency.EMERGENCY.value or is_perilous(matter)


def is_perilous(matter: Perilous) -> bool:
    """Whether it speaks of blows or of suicide: who takes that back may be in danger all the same."""
    return bool(_PERILOUS & set(matter.flags))


def is_loud(said: Said) -> bool:
    """Whether words, taken alone, are those of somebody who needs help at once."""
    return said.urgency is Urgency.EMERGENCY or bool(said.flags & {Flag.VIOLENCE, Flag.SUICIDE})


def is_long_answered(alarm: Alarm, now: datetime) -> bool:
    """Whether somebody has had it for so long that the same words may speak of another emergency."""
    return alarm.ended_at is not None and now - alarm.ended_at > SAME_ALARM


def is_hidden(matter: Perilous) -> bool:
    """Whether whoever is not in charge is told only that there is something, and looks it up himself."""
    if isinstance(matter, Ticket):
        return matter.private
    return matter.kind is TicketKind.DISPUTE or is_perilous(matter)


def shown(matter: Perilous) -> str:
    """How it is called: #12 of a ticket, S3 of a signal."""
    return f"#{matter.number}" if isinstance(matter, Ticket) else f"S{matter.number}"


def subject_of(matter: Perilous) -> str:
    return matter.id if isinstance(matter, Ticket) else signal_subject(matter.id or 0)


def parties(uow: UnitOfWork, matter: Perilous) -> set[str]:
    """Ids of those who said it, whom nobody alarms by their own words, and of those whom it is said of."""
    if isinstance(matter, Ticket):
        said = {row.person_id for row in uow.tickets.requesters(matter.id)}
    else:
        said = {person_id for person_id in (matter.person_id,) if person_id is not None}
    return said | accused(uow, matter)


def begin(
    uow: UnitOfWork,
    setting: Setting,
    matter: Perilous,
    now: datetime,
    *,
    known_to: Person | None = None,
    in_place_of: Signal | None = None,
    level: int = 0,
    without: str | None = None,
) -> list[Effect]:
    """Tell the first on the line from that level on and whoever is in charge. without: who gave it up is not called.

    Nobody is told of what somebody has already: whoever has the signal in whose place the matter stands, else
    known_to.
    """
    before = None if in_place_of is None else uow.alarms.get(subject_of(in_place_of))
    alarm = uow.alarms.begin(subject_of(matter), now, level=level, raised_by=without)
    has = (None if before is None else before.acknowledged_by) or (None if known_to is None else known_to.id)
    if has is not None:
        alarm.told = [has] if before is None else list(uow.alarms.told(before.subject))
        alarm.acknowledged_by = has
        alarm.ended_at = now if before is None or before.acknowledged_by is None else before.ended_at
        return []
    called = _call_first(uow, setting, matter, alarm)
    look = _look(setting, alarm, 1, now)
    if not called:
        return [_tell(uow, setting, matter, None), look]
    return [*(_tell(uow, setting, matter, person) for person in called), look]


def begin_above(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, text: str, now: datetime, *, raised_by: Person
) -> list[Effect]:
    """Somebody has moved it up to its level: whoever is there has to answer anew. text: what he says of it.

    Nothing happens when nobody is there; who moved it up is not called himself.
    """
    if not _line(uow, setting, ticket, ticket.level, raised_by.id):
        return []
    alarm = uow.alarms.begin(ticket.id, now, level=ticket.level, raised_by=raised_by.id)
    effects: list[Effect] = []
    for person in _call_first(uow, setting, ticket, alarm):
        if _may_read(uow, setting, ticket, person.id):
            effects.append(_line_to(ticket, person, text, Topic.ESCALATED))
        else:
            effects.append(_tell(uow, setting, ticket, person))
    return [*effects, _look(setting, alarm, 1, now)]


def look(uow: UnitOfWork, setting: Setting, subject: str, period: str, now: datetime) -> list[Effect]:
    """The clock: nobody has answered in time, so the next one is told; at the end of the line everybody once more.

    An alarm ends with the step that takes its matter in hand or ends it (models/alarms.py), so that what is still
    open here is still owed.
    """
    alarm = uow.alarms.get(subject)
    began, _, step = period.partition(".")
    if alarm is None or alarm.ended_at is not None or began != _began(alarm):
        return []
    matter = matter_of(uow, subject)
    assert matter is not None, "a signal takes its alarm along"
    line = _line(uow, setting, matter, alarm.level, alarm.raised_by)
    called = next_on(uow, line, alarm.told, account_of(uow, matter))
    if called:
        alarm.told = [*alarm.told, *(person.id for person in called)]
        _record(uow, matter, "alerted", now, [person.id for person in called])
        again = _look(setting, alarm, int(step) + 1, now)
        return [*(_tell(uow, setting, matter, person) for person in called), again]
    _record(uow, matter, "unanswered", now, [person.id for person in line])
    return [_tell(uow, setting, matter, person, again=True) for person in line]


def text_for(uow: UnitOfWork, setting: Setting, matter: Perilous, person_id: str | None, *, again: bool = False) -> str:
    """What one person is told: all of it, or of what is private only that it is there, unless he is in charge.

    again: he was told before, and nobody has answered.
    """
    text = _text(uow, setting, matter, person_id)
    return setting.words.say("alarm.again", text=text) if again else text


def _text(uow: UnitOfWork, setting: Setting, matter: Perilous, person_id: str | None) -> str:
    say = setting.words.say
    if not _may_read(uow, setting, matter, person_id):
        key = "alarm.hidden" if isinstance(matter, Ticket) else "alarm.hidden_signal"
        return say(key, number=matter.number, place=uow.places.node(matter.node_id).name)
    evidence = "、".join(matter.evidence) or say("name.none")
    if isinstance(matter, Signal):
        return say(
            "signal.told_urgently",
            number=matter.number,
            room="" if matter.room_id is None else uow.places.room_by_id(matter.room_id).name,
            category=setting.taxonomy[matter.category].name,
            text=short(matter.text, 60),
            evidence=evidence,
        )
    return say(
        "tell.alarm" if matter.private else "tell.emergency",
        label=setting.label(matter, group=False, limit=_TEXT_LENGTH),
        number=matter.number,
        place=matter.place or say("name.no_place"),
        people=_names(uow, setting, matter),
        evidence=evidence,
    )


def matter_of(uow: UnitOfWork, subject: str) -> Perilous | None:
    _, is_signal, signal_id = subject.partition(":")
    return uow.signals.get(int(signal_id)) if is_signal else uow.tickets.get(subject)


def account_of(uow: UnitOfWork, matter: Perilous) -> str | None:
    """The account in whose room it was said."""
    return None if matter.room_id is None else uow.places.room_by_id(matter.room_id).account


def name_of(uow: UnitOfWork, setting: Setting, matter: Perilous, person_id: str) -> str:
    """How somebody is called where it was said."""
    account = account_of(uow, matter)
    identity = None if account is None else uow.people.identity_on(person_id, account)
    name = (identity.display_name if identity else "") or uow.people.get(person_id).name
    return name or setting.words.say("name.somebody")


def _call_first(uow: UnitOfWork, setting: Setting, matter: Perilous, alarm: Alarm) -> list[Person]:
    """Those who are told at once; the alarm says so from now on."""
    line = _line(uow, setting, matter, alarm.level, alarm.raised_by)
    called = at_once(uow, line, _in_charge(uow, setting, matter), account_of(uow, matter))
    alarm.told = [person.id for person in called]
    return called


def _line(uow: UnitOfWork, setting: Setting, matter: Perilous, level: int, raised_by: str | None) -> list[Person]:
    """Who is to answer, without those who said it or moved it up; of what was moved up first who has it there."""
    left_out = {*parties(uow, matter), raised_by}
    people = on_duty(uow, uow.places.node(matter.node_id), level)
    if isinstance(matter, Ticket) and matter.step is not None and raised_by is not None and level == matter.level:
        first = charge.leaders(uow, matter, routing=setting.policy.routing)
        people = list({person.id: person for person in (*first, *people)}.values())
    found = [person for person in people if person.id not in left_out]
    others = keepers(uow, uow.places.line(uow.places.node(matter.node_id)), accused(uow, matter))
    return found or [person for person in others if person.id not in left_out]


def _in_charge(uow: UnitOfWork, setting: Setting, matter: Perilous) -> Person | None:
    if isinstance(matter, Ticket) and matter.step is not None:
        return next(iter(charge.leaders(uow, matter, routing=setting.policy.routing)), None)
    level = matter.level if isinstance(matter, Ticket) else 0
    return in_charge_at(uow, uow.places.node(matter.node_id), level, accused(uow, matter))


def _may_read(uow: UnitOfWork, setting: Setting, matter: Perilous, person_id: str | None) -> bool:
    """Whether a line to that person may say what it is: None is whoever will be in charge."""
    in_charge = _in_charge(uow, setting, matter)
    return not is_hidden(matter) or person_id is None or (in_charge is not None and person_id == in_charge.id)


def _tell(uow: UnitOfWork, setting: Setting, matter: Perilous, person: Person | None, *, again: bool = False) -> Tell:
    text = text_for(uow, setting, matter, None if person is None else person.id, again=again)
    return _line_to(matter, person, text, Topic.REMINDED if again else Topic.ALARM)


def _line_to(matter: Perilous, person: Person | None, text: str, topic: Topic) -> Tell:
    ticket = matter if isinstance(matter, Ticket) else None
    return Tell(
        None if person is None else person.id,
        PostKind.EMERGENCY,
        text,
        (matter.id,) if isinstance(matter, Ticket) else (),
        (matter.id or 0,) if isinstance(matter, Signal) else (),
        room_id=matter.room_id,
        valid_in=None if ticket is None else ALIVE,
        topic=topic,
    )


def _look(setting: Setting, alarm: Alarm, step: int, now: datetime) -> Remind:
    at = now + timedelta(minutes=setting.policy.emergency.acknowledge_minutes)
    return Remind(ALARM, alarm.subject, f"{_began(alarm)}.{step}", at)


def _began(alarm: Alarm) -> str:
    """Names the alarm in its looks: the number of a deleted signal may come back, and a matter may have several."""
    began = str(int(alarm.at.timestamp()))
    return f"{began}-{alarm.level}" if alarm.level else began


def _record(uow: UnitOfWork, matter: Perilous, kind: str, now: datetime, people: list[str]) -> None:
    """Write into the history who was told and when; a signal has none."""
    if isinstance(matter, Ticket):
        uow.tickets.record(matter, kind, at=now, actor_id=None, data={"to": people})


def _names(uow: UnitOfWork, setting: Setting, ticket: Ticket) -> str:
    names = [name_of(uow, setting, ticket, row.person_id) for row in uow.tickets.requesters(ticket.id)]
    return "、".join(names) or setting.words.say("name.somebody")
