"""Which tickets groups and reports show without their words."""

from models.codes import Status
from models.ticket_tables import Ticket
from models.tickets import ASIDE, LATER
from nlp.understanding import Flag

UNREAD = "unread"
"""Flag of a ticket that somebody registered in words which understanding could not place: they may say anything."""

HANDLER_ONLY = frozenset({Flag.HEALTH.value, Flag.MINOR.value})


def handlers_alone(ticket: Ticket) -> bool:
    """Whether its words are read by whoever has it and by nobody else, however high: health, 低保, children.

    Where only a later step speaks of such, that is so of the words of the step (handlers/ticket/said.py).
    """
    return bool(HANDLER_ONLY & set(ticket.flags)) and LATER not in ticket.flags


def may_be_asked_aloud(ticket: Ticket) -> bool:
    """Whether whoever asked may be asked in the group how it went: what is only known of a note says nothing there."""
    return not ticket.private and set(ticket.flags) <= {ASIDE} and ticket.status is not Status.PROPOSED


def wordless(ticket: Ticket) -> bool:
    """Whether groups and reports show its number and category only: health, children, unread, what is private, and
    what nobody has agreed to yet."""
    return bool(ticket.flags) or ticket.private or ticket.status is Status.PROPOSED
