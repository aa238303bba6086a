"""Who said first that harm was none, and who is asked whether he says so too."""

from collections.abc import Sequence
from datetime import datetime

from handlers.alarm.alarms import parties, subject_of
from handlers.people import reach
from handlers.people.deputies import principals
from models.codes import LEADERS
from models.tables import GridNode, Person
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork

SECOND = "second_look"
"""The kind of schedule; its period names who said it first, and when the matter began."""


def began(matter: Ticket | Signal) -> str:
    """When it began, in seconds: the number of a deleted signal may come back."""
    return str(int((matter.opened_at if isinstance(matter, Ticket) else matter.at).timestamp()))


def said_first(uow: UnitOfWork, matter: Ticket | Signal) -> str | None:
    """Id of whoever said it first."""
    said = (period.partition("@") for period in uow.once.periods(SECOND, subject_of(matter)))
    return next((who for who, _, since in said if since == began(matter)), None)


def asked(uow: UnitOfWork, matter: Ticket | Signal, now: datetime) -> Person | None:
    """Who is asked, if anybody has said it; whether it waits still, the caller knows."""
    first = said_first(uow, matter)
    return None if first is None else leader_above(uow, matter, first, now)


def leader_above(uow: UnitOfWork, matter: Ticket | Signal, person_id: str, now: datetime) -> Person | None:
    """Who leads above that person and above those for whom he stands in, without those who said it and those whom it
    is said of: the next who can be told, else the next."""
    node = uow.places.node(matter.node_id)
    line = uow.places.line(node)
    left_out = {person_id, *principals(uow, person_id, now), *parties(uow, matter)}
    higher = line[height(uow, line, person_id, now) + 1 :]
    above = [one for at in higher for one in uow.people.holders(at, LEADERS) if one.id not in left_out]
    account = reach.account_of(uow, matter.room_id)
    return next((one for one in above if reach.can_be_told(uow, one, node, account)), next(iter(above), None))


def height(uow: UnitOfWork, line: Sequence[GridNode], person_id: str, now: datetime) -> int:
    """How far up the line he leads, himself or for somebody; -1: nowhere on it."""
    mine = {person_id, *principals(uow, person_id, now)}
    led = (place for place, node in enumerate(line) if mine & {one.id for one in uow.people.holders(node, LEADERS)})
    return max(led, default=-1)


def may_say_it_too(uow: UnitOfWork, matter: Ticket | Signal, person_id: str, now: datetime) -> bool:
    """Whether that person's yes ends what somebody else has said: he was asked, or stands for who was, or leads above
    whoever said it first; anybody else, where there is nobody to ask."""
    first, to = said_first(uow, matter), asked(uow, matter, now)
    if first is None or to is None or to.id in {person_id, *principals(uow, person_id, now)}:
        return True
    line = uow.places.line(uow.places.node(matter.node_id))
    return height(uow, line, person_id, now) > height(uow, line, first, now)
