"""Whether a line can leave: to somebody privately, or to a staff room of his place; and who is told instead."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from handlers.alarm.alarms import name_of, parties
from handlers.alarm.duty import keepers, on_duty
from handlers.discreet.accused import accused
from handlers.effects import Effect, Tell
from handlers.setting import Setting
from models.codes import LEADERS, RoomMode, RoomPurpose
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

_HEARD = frozenset({RoomMode.ASK, RoomMode.ON})


def account_of(uow: UnitOfWork, room_id: int | None) -> str | None:
    """The account in whose room it was said."""
    return None if room_id is None else uow.places.room_by_id(room_id).account


def can_be_told(uow: UnitOfWork, person: Person, node: GridNode, account: str | None) -> bool:
    """Whether a line about that place gets to the person: in private, or in the nearest staff room above it."""
    identities = uow.people.identities(person.id)
    if any(one.reachable for one in identities if account in (None, one.account)):
        return True
    for above in uow.places.line(node):
        rooms = uow.places.rooms_at(above.id or 0, RoomPurpose.STAFF)
        if any(account in (None, room.account) and room.mode in _HEARD for room in rooms):
            return True
    return False


def anybody(uow: UnitOfWork, ticket: Ticket, without: Collection[str] = ()) -> bool:
    """Whether anybody on the line of an emergency can be told of it. without: who does not count."""
    node, account = uow.places.node(ticket.node_id), account_of(uow, ticket.room_id)
    people = [person for person in on_duty(uow, node, 0) if person.id not in without]
    others = keepers(uow, uow.places.line(node), accused(uow, ticket))
    people = people or [person for person in others if person.id not in without]
    return any(can_be_told(uow, person, node, account) for person in people)


def a_leader(uow: UnitOfWork, ticket: Ticket, without: Collection[str] = ()) -> bool:
    """Whether anybody who leads there or above can be told of an ordinary matter, now or in a staff room."""
    node, account = uow.places.node(ticket.node_id), account_of(uow, ticket.room_id)
    people = [one for above in uow.places.line(node) for one in uow.people.holders(above, LEADERS)]
    return any(can_be_told(uow, one, node, account) for one in people if one.id not in without)


def instead(
    uow: UnitOfWork, person: Person | None, node: GridNode, room_id: int | None, without: Iterable[str] = ()
) -> Person | None:
    """Who is told in his place: the next who leads there or above and can be told. None: he can, or nobody can."""
    account = account_of(uow, room_id)
    if person is None or can_be_told(uow, person, node, account):
        return None
    left_out = {person.id, *without}
    leading = [one for above in uow.places.line(node) for one in uow.people.holders(above, LEADERS)]
    return next((one for one in leading if one.id not in left_out and can_be_told(uow, one, node, account)), None)


def in_place_of(uow: UnitOfWork, ticket: Ticket, person: Person | None) -> Person | None:
    """Who hears of the ticket in that person's place: nobody who said it, or of whom it speaks. None: he hears it."""
    return instead(uow, person, uow.places.node(ticket.node_id), ticket.room_id, parties(uow, ticket))


def told_too(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, person: Person | None, line: Tell, by: str | None = None
) -> list[Effect]:
    """The line, which waits for him until he can be written to, and the same to whoever hears it in his place.

    by: whose command it is, who is answered where the line does not reach (handlers/people/unreached.py).
    """
    other = in_place_of(uow, ticket, person)
    if person is None or other is None or other.id == by:
        return [line]
    name = name_of(uow, setting, ticket, person.id)
    return [line, replace(line, person_id=other.id, text=said_instead(setting, line.text, [name]))]


def said_instead(setting: Setting, text: str, names: Sequence[str]) -> str:
    """The line for him: it says first why it comes to him."""
    return setting.words.say("tell.instead", name="、".join(names), text=text)
