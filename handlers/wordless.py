"""Which tickets groups and reports show without their words."""

from models.codes import Status
from models.ticket_tables import Ticket

UNREAD = "unread"
"""Flag of a ticket that somebody registered in words which understanding could not place: they may say anything."""


def wordless(ticket: Ticket) -> bool:
    """Whether groups and reports show its number and category only: health, children, unread, what is private, and
    what nobody has agreed to yet."""
    return bool(ticket.flags) or ticket.private or ticket.status is Status.PROPOSED
