"""Whose words of a wish a helper may read: as the group, until a leader has given him the wisher's contact."""

from datetime import datetime

from handlers.deputies import roles_lent
from handlers.setting import LABEL_LENGTH, Setting
from models.codes import STAFF, TicketKind
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

GIVEN, REFUSED, ASKED = "given", "refused", "asked"
"""What has become of the contact of a claim."""


def sees(uow: UnitOfWork, ticket: Ticket, person_id: str | None, now: datetime) -> bool:
    """Whether somebody who has to do with a ticket may read all its words: of a wish that is staff there, whoever said
    it, and who was given the contact. None: whoever leads there."""
    if ticket.kind is not TicketKind.WISH or person_id is None:
        return True
    if uow.tickets.opened_by(ticket.id) == person_id or works_there(uow, ticket, person_id, now):
        return True
    return any(one.contact == GIVEN for one in uow.wishes.until(ticket.id, now) if one.person_id == person_id)


def works_there(uow: UnitOfWork, ticket: Ticket, person_id: str, now: datetime) -> bool:
    """Whether the person is staff where the ticket is, or stands in for somebody who is."""
    node = uow.places.node(ticket.node_id)
    return bool((uow.people.roles_at(person_id, node) | roles_lent(uow, person_id, node, now)) & STAFF)


def label_to(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str | None, now: datetime, limit: int = LABEL_LENGTH
) -> str:
    """How a ticket is called to somebody who has to do with it."""
    return setting.label(ticket, group=not sees(uow, ticket, person_id, now), limit=limit)
