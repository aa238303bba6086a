"""Emergencies: somebody is told and says 收到, or the next on the line is told.

An alarm belongs to a ticket or a signal. It is begun in the commit that opens it, and a schedule row
looks after it until somebody has it: each look plans the next one in its own commit.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.context import Setting
from handlers.duty import on_duty
from handlers.effects import Effect, Remind, Tell
from models.codes import PostKind, SignalStatus, TicketKind
from models.masking import short
from models.outbox import signal_subject
from models.states import ALIVE, TERMS
from models.tables import Person
from models.ticket_tables import Alarm, Signal, Ticket
from models.uow import UnitOfWork
from nlp.understanding import Flag, Urgency

ALARM = "alarm"
"""The kind of schedule."""

_PERILOUS = frozenset({Flag.VIOLENCE.value, Flag.SUICIDE.value})
_TEXT_LENGTH = 120

Perilous = Ticket | Signal


def is_alarming(matter: Perilous) -> bool:
    """Whether somebody has to answer at once. Talk of a petition never asks that of anybody."""
    if Flag.PETITION.value in matter.flags:
        return False
    return matter.urgency == Urgency.EMERGENCY.value or bool(_PERILOUS & set(matter.flags))


def is_hidden(matter: Perilous) -> bool:
    """Whether whoever is not in charge is told only that there is something, and looks it up himself."""
    if isinstance(matter, Ticket):
        return matter.private
    return matter.kind is TicketKind.DISPUTE or bool(_PERILOUS & set(matter.flags))


def shown(matter: Perilous) -> str:
    """How it is called: #12 of a ticket, S3 of a signal."""
    return f"#{matter.number}" if isinstance(matter, Ticket) else f"S{matter.number}"


def subject_of(matter: Perilous) -> str:
    return matter.id if isinstance(matter, Ticket) else signal_subject(matter.id or 0)


def parties(uow: UnitOfWork, matter: Perilous) -> set[str]:
    """Ids of those who said it: nobody is alarmed by his own words."""
    if isinstance(matter, Ticket):
        return {row.person_id for row in uow.tickets.requesters(matter.id)}
    return {person_id for person_id in (matter.person_id,) if person_id is not None}


def begin(
    uow: UnitOfWork, setting: Setting, matter: Perilous, now: datetime, *, known_to: Person | None = None
) -> list[Effect]:
    """Tell the first on the line and whoever is in charge; known_to: somebody has it already, nobody is told."""
    alarm = uow.alarms.begin(subject_of(matter), now)
    if known_to is not None:
        alarm.told, alarm.acknowledged_by, alarm.ended_at = [known_to.id], known_to.id, now
        return []
    line = _line(uow, matter)
    called = _next(uow, matter, line, ())
    in_charge = _in_charge(uow, matter)
    if in_charge in line and in_charge not in called:
        called.append(in_charge)
    alarm.told = [person.id for person in called]
    look = _look(setting, alarm, 1, now)
    if not called:
        return [_tell(uow, setting, matter, None), look]
    return [*(_tell(uow, setting, matter, person) for person in called), look]


def look(uow: UnitOfWork, setting: Setting, subject: str, period: str, now: datetime) -> list[Effect]:
    """The clock: nobody has answered in time, so the next one is told; at the end of the line everybody once more."""
    alarm = uow.alarms.get(subject)
    began, _, step = period.partition(".")
    if alarm is None or alarm.ended_at is not None or began != _began(alarm):
        return []
    matter = _matter(uow, subject)
    if matter is None or _is_taken(matter):
        alarm.ended_at = now
        return [] if matter is None else _called_off(uow, setting, matter, alarm)
    line = _line(uow, matter)
    called = _next(uow, matter, line, alarm.told)
    if called:
        alarm.told = [*alarm.told, *(person.id for person in called)]
        _record(uow, matter, "alerted", now, [person.id for person in called])
        again = _look(setting, alarm, int(step) + 1, now)
        return [*(_tell(uow, setting, matter, person) for person in called), again]
    _record(uow, matter, "unanswered", now, [person.id for person in line])
    return [_tell(uow, setting, matter, person, again=True) for person in line]


def text_for(uow: UnitOfWork, setting: Setting, matter: Perilous, person_id: str | None) -> str:
    """What one person is told: all of it, or of what is private only that it is there, unless he is in charge."""
    say = setting.words.say
    in_charge = _in_charge(uow, matter)
    if is_hidden(matter) and person_id is not None and (in_charge is None or person_id != in_charge.id):
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


def tell_others(
    uow: UnitOfWork, matter: Perilous, alarm: Alarm, text: str, *, besides: Sequence[str | None] = ()
) -> list[Effect]:
    """One line to everybody who was told, so that nobody goes there twice. It carries no words of the matter."""
    known = {*besides, *parties(uow, matter)}
    return [
        Tell(person_id, PostKind.EMERGENCY, text, room_id=matter.room_id)
        for person_id in alarm.told
        if person_id not in known and uow.people.get(person_id).erased_at is None
    ]


def _line(uow: UnitOfWork, matter: Perilous) -> list[Person]:
    said = parties(uow, matter)
    return [person for person in on_duty(uow, uow.places.node(matter.node_id)) if person.id not in said]


def _in_charge(uow: UnitOfWork, matter: Perilous) -> Person | None:
    """Who leads there: he is told of everything, as of any other matter."""
    leaders = uow.people.leaders(uow.places.line(uow.places.node(matter.node_id)))
    return leaders[0] if leaders else None


def _next(uow: UnitOfWork, matter: Perilous, line: Sequence[Person], told: Sequence[str]) -> list[Person]:
    """The next who can be written to, with those before him who can not: nobody waits for their answer."""
    called: list[Person] = []
    for person in line:
        if person.id in told:
            continue
        called.append(person)
        if _is_reachable(uow, matter, person):
            break
    return called


def _is_reachable(uow: UnitOfWork, matter: Perilous, person: Person) -> bool:
    identities = uow.people.identities(person.id)
    if matter.room_id is not None:
        account = uow.places.room_by_id(matter.room_id).account
        identities = [identity for identity in identities if identity.account == account]
    return any(identity.reachable for identity in identities)


def _tell(uow: UnitOfWork, setting: Setting, matter: Perilous, person: Person | None, *, again: bool = False) -> Tell:
    person_id = None if person is None else person.id
    text = text_for(uow, setting, matter, person_id)
    if again:
        text = setting.words.say("alarm.again", text=text)
    if isinstance(matter, Ticket):
        return Tell(person_id, PostKind.EMERGENCY, text, (matter.id,), room_id=matter.room_id, valid_in=ALIVE)
    return Tell(person_id, PostKind.EMERGENCY, text, signals=(matter.id or 0,), room_id=matter.room_id)


def _look(setting: Setting, alarm: Alarm, step: int, now: datetime) -> Remind:
    at = now + timedelta(minutes=setting.policy.emergency.acknowledge_minutes)
    return Remind(ALARM, alarm.subject, f"{_began(alarm)}.{step}", at)


def _began(alarm: Alarm) -> str:
    """Names the alarm in its looks: the number of a deleted signal may come back."""
    return str(int(alarm.at.timestamp()))


def _matter(uow: UnitOfWork, subject: str) -> Perilous | None:
    _, is_signal, signal_id = subject.partition(":")
    return uow.signals.get(int(signal_id)) if is_signal else uow.tickets.get(subject)


def _is_taken(matter: Perilous) -> bool:
    """Whether somebody has moved it on without saying 收到."""
    if isinstance(matter, Signal):
        return matter.status is not SignalStatus.WAITING
    return matter.handler_id is not None or matter.status is not TERMS[matter.kind].first


def _called_off(uow: UnitOfWork, setting: Setting, matter: Perilous, alarm: Alarm) -> list[Effect]:
    """It has ended without any of those who were told, whom nobody has told so; who is in charge hears of each end."""
    if isinstance(matter, Signal) or matter.status in ALIVE:
        return []
    in_charge = _in_charge(uow, matter)
    text = setting.words.say("alarm.called_off", number=matter.number, status=setting.status(matter))
    return tell_others(uow, matter, alarm, text, besides=(None if in_charge is None else in_charge.id,))


def _record(uow: UnitOfWork, matter: Perilous, kind: str, now: datetime, people: list[str]) -> None:
    """Write into the history who was told and when; a signal has none."""
    if isinstance(matter, Ticket):
        uow.tickets.record(matter, kind, at=now, actor_id=None, data={"to": people})


def _names(uow: UnitOfWork, setting: Setting, ticket: Ticket) -> str:
    account = None if ticket.room_id is None else uow.places.room_by_id(ticket.room_id).account
    names = []
    for row in uow.tickets.requesters(ticket.id):
        identity = None if account is None else uow.people.identity_on(row.person_id, account)
        names.append((identity.display_name if identity else "") or uow.people.get(row.person_id).name)
    return "、".join(names) or setting.words.say("name.somebody")
