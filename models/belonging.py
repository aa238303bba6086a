"""Which tickets have to do with a person, as lists of ids for larger queries."""

from typing import Any

from sqlalchemy import ScalarSelect, union
from sqlmodel import col, select

from models.ticket_tables import Claim, EventText, Requester, Ticket

# Always one list of ids, each part from its own index: with OR the planner reads every ticket.


def in_hand(person_id: str) -> ScalarSelect[Any]:
    """Tickets that the person asks for, has claimed or handles."""
    asked = select(Requester.ticket_id).where(Requester.person_id == person_id, col(Requester.withdrawn_at).is_(None))
    claimed = select(Claim.ticket_id).where(Claim.person_id == person_id, col(Claim.ended_at).is_(None))
    handled = select(Ticket.id).where(Ticket.handler_id == person_id)
    return union(asked, claimed, handled).scalar_subquery()


def held(person_id: str) -> ScalarSelect[Any]:
    """Tickets that the person has claimed or handles."""
    claimed = select(Claim.ticket_id).where(Claim.person_id == person_id, col(Claim.ended_at).is_(None))
    handled = select(Ticket.id).where(Ticket.handler_id == person_id)
    return union(claimed, handled).scalar_subquery()


def touched(person_id: str) -> ScalarSelect[Any]:
    """Tickets that the person ever asked for, claimed or wrote into, or handles."""
    asked = select(Requester.ticket_id).where(Requester.person_id == person_id)
    wrote = select(EventText.ticket_id).where(EventText.author_id == person_id)
    claimed = select(Claim.ticket_id).where(Claim.person_id == person_id)
    handled = select(Ticket.id).where(Ticket.handler_id == person_id)
    return union(asked, wrote, claimed, handled).scalar_subquery()
