"""An emergency that nobody has any more: somebody else has to answer, or at least hears that nobody ever did."""

from collections.abc import Collection
from datetime import datetime

from handlers.alarm.alarms import Perilous, begin, is_alarming, matter_of, subject_of
from handlers.discreet.accused import accused
from handlers.effects import Effect, Tell
from handlers.setting import Setting
from models.codes import PostKind, SignalStatus
from models.states import OWED
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork


def anew(
    uow: UnitOfWork,
    setting: Setting,
    matter: Perilous,
    now: datetime,
    *,
    told: Collection[str] = (),
    without: str | None = None,
) -> list[Effect]:
    """A new alarm at the level of the last one. told: who is told of it in other words; without: who gave it up."""
    if not is_alarming(matter):
        return []
    before = uow.alarms.get(subject_of(matter))
    called = begin(uow, setting, matter, now, level=0 if before is None else before.level, without=without)
    alarm = uow.alarms.get(subject_of(matter))
    if alarm is not None and told:
        alarm.told = list(dict.fromkeys((*told, *alarm.told)))
    return [effect for effect in called if not (isinstance(effect, Tell) and effect.person_id in told)]


def held_by(uow: UnitOfWork, person_id: str) -> list[Perilous]:
    """The emergencies that the person has and that are not seen to."""
    matters = [matter_of(uow, subject) for subject in uow.alarms.held_by(person_id)]
    return [matter for matter in matters if matter is not None and _is_owed(matter)]


def left(uow: UnitOfWork, setting: Setting, matter: Perilous, person_id: str, now: datetime) -> list[Effect]:
    """Whoever has it gives it up, or is gone: nothing happens unless he had it and it is not seen to."""
    alarm = uow.alarms.get(subject_of(matter))
    if alarm is None or alarm.acknowledged_by != person_id or alarm.over_at is not None or not _is_owed(matter):
        return []
    return anew(uow, setting, matter, now, without=person_id)


def expired(uow: UnitOfWork, setting: Setting, signal: Signal) -> list[Effect]:
    """The words of a signal are deleted now: those who were told, and who leads there, hear that nobody ever answered.

    Without a word of it: there is nothing left to read, and somebody may still ask how it went.
    """
    alarm = uow.alarms.get(subject_of(signal))
    if signal.status is not SignalStatus.WAITING or not is_alarming(signal) or alarm is None:
        return []
    if alarm.ended_at is not None or signal.room_id is None:
        return []
    leading = uow.people.leaders(uow.places.line(uow.places.node(signal.node_id)), accused(uow, signal))
    people = dict.fromkeys((*alarm.told, *(person.id for person in leading)))
    text = setting.words.say(
        "alarm.expired",
        number=signal.number,
        room=uow.places.room_by_id(signal.room_id).name,
        at=setting.moment(signal.at),
    )
    alive = [one for one in people if one != signal.person_id and uow.people.get(one).erased_at is None]
    return [Tell(one, PostKind.NOTICE, text, room_id=signal.room_id) for one in alive or (None,)]


def _is_owed(matter: Perilous) -> bool:
    return matter.status in OWED if isinstance(matter, Ticket) else matter.status is SignalStatus.WAITING
