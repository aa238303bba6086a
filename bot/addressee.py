"""Finding a way to a person: privately, else by a staff room of his place, else by a neutral line in the group."""

from collections.abc import Sequence
from datetime import datetime

from handlers.discreet.wordless import may_be_asked_aloud
from handlers.setting import Setting
from models.codes import STAFF, OutgoingState, PostKind, RoomMode, RoomPurpose
from models.masking import mask
from models.outbox import CANNOT
from models.outgoing_tables import Outgoing
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

_HEARD = frozenset({RoomMode.ASK, RoomMode.ON})


def to_staff_room(uow: UnitOfWork, setting: Setting, row: Outgoing, room_id: int | None) -> bool:
    """Turn a private row into a post in the staff room nearest above the place that it is about.

    Only for staff of that place, and only in words that all staff may read. False: there is no such room.
    """
    if row.person_id is None or row.secret or row.kind is PostKind.REPLY:
        return False
    node = _place(uow, row, room_id)
    if node is None or not uow.people.roles_at(row.person_id, node) & STAFF:
        return False
    for above in uow.places.line(node):
        assert above.id is not None
        rooms = uow.places.rooms_at(above.id, RoomPurpose.STAFF)
        found = next((room for room in rooms if room.account == row.account and room.mode in _HEARD), None)
        if found is not None:
            open_to_all = _for_all_staff(uow, row)
            if not open_to_all:
                _keep_for_later(uow, row)
            said = mask(row.text) if open_to_all else setting.words.say("tell.confidential")
            name = called(uow, setting, uow.people.get(row.person_id), row.account)
            row.text = setting.words.say("tell.staff", name=name, text=said)
            row.room_id, row.person_id, row.address = found.id, None, None
            return True
    return False


def to_group(uow: UnitOfWork, setting: Setting, row: Outgoing) -> bool:
    """Ask in one neutral line in the group what could not be asked in private; nothing that is private or sensitive."""
    if row.kind is not PostKind.EVALUATION or row.person_id is None or len(row.ticket_ids) != 1:
        return False
    ticket = uow.tickets.get(row.ticket_ids[0])
    if ticket.room_id is None or not may_be_asked_aloud(ticket):
        return False
    person = uow.people.get(row.person_id)
    row.text = setting.words.say(
        "evaluation.group",
        names=f"@{called(uow, setting, person, row.account)}",
        label=setting.label(ticket, group=True),
        note="",
        number=ticket.number,
    )
    row.room_id, row.person_id, row.address = ticket.room_id, None, None
    return True


def unreachable(uow: UnitOfWork, setting: Setting, row: Outgoing) -> bool:
    """The channel does not take private lines to that address: note it, and find another way. False: there is none."""
    identity = None if row.address is None else uow.people.identity(row.account, row.address)
    if identity is None or row.person_id is None:
        return False
    identity.reachable = False
    uow.flush()
    other = uow.people.identity_on(row.person_id, row.account)
    if other is not None and other.reachable and not row.secret:
        row.address = other.external_id
        return True
    return to_staff_room(uow, setting, row, None) or to_group(uow, setting, row)


def reached(uow: UnitOfWork, row: Outgoing, now: datetime) -> bool:
    """A private line arrived: whatever the channel said before, that address can be written to. True: what waited
    for that may leave now."""
    identity = None if row.room_id is not None or row.address is None else uow.people.identity(row.account, row.address)
    if identity is None or identity.reachable or identity.person_id != row.person_id:
        return False
    identity.reachable = True
    return uow.outbox.release(row.account, identity.person_id, identity.external_id, now) > 0


def _keep_for_later(uow: UnitOfWork, row: Outgoing) -> None:
    """The words themselves wait, visibly, until the person can be written to (models/outbox.py, release)."""
    values = row.model_dump(exclude={"id", "state", "error", "attempts", "sent_id", "sent_at"})
    uow.outbox.add(Outgoing(**values, state=OutgoingState.STUCK, error=CANNOT))


def called(uow: UnitOfWork, setting: Setting, person: Person, account: str) -> str:
    """How a person is called in this account's rooms."""
    identity = uow.people.identity_on(person.id, account)
    return (identity.display_name if identity else "") or person.name or setting.words.say("name.somebody")


def _tickets(uow: UnitOfWork, row: Outgoing) -> Sequence[Ticket]:
    return [uow.tickets.get(ticket_id) for ticket_id in row.ticket_ids]


def _place(uow: UnitOfWork, row: Outgoing, room_id: int | None) -> GridNode | None:
    """The place that the row is about: that of the room, else of its first ticket or signal."""
    if room_id is not None:
        node_id = uow.places.room_by_id(room_id).node_id
        return None if node_id is None else uow.places.node(node_id)
    tickets = _tickets(uow, row)
    if tickets:
        return uow.places.node(tickets[0].node_id)
    signal = uow.signals.get(row.signal_ids[0]) if row.signal_ids else None
    return None if signal is None else uow.places.node(signal.node_id)


def _for_all_staff(uow: UnitOfWork, row: Outgoing) -> bool:
    """Whether a private line may be read by all staff of a place: nothing of disputes, health, children, signals.

    And nothing that may say who has a wish whose wisher stays unnamed.
    """
    if row.signal_ids:
        return False
    if row.kind is PostKind.DIGEST:
        return True  # written so that a group may read it
    return not any(ticket.private or ticket.nameless or ticket.flags for ticket in _tickets(uow, row))
