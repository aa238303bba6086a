"""Which tickets have to do with a person, as lists of ids for larger queries."""

from typing import Any

from sqlalchemy import CompoundSelect, ScalarSelect, func, union
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from models.history_tables import EventText
from models.states import ALIVE
from models.ticket_tables import Claim, Requester, Ticket

# Always one list of ids, each part from its own index: with OR the planner reads every ticket.


def in_hand(person_id: str) -> ScalarSelect[Any]:
    """Tickets that the person asks for, has claimed or handles; of those that he handled, what has not ended."""
    asked = select(Requester.ticket_id).where(Requester.person_id == person_id, col(Requester.withdrawn_at).is_(None))
    claimed = select(Claim.ticket_id).where(Claim.person_id == person_id, col(Claim.ended_at).is_(None))
    return union(asked, claimed, _handled(person_id)).scalar_subquery()


def held(person_id: str) -> ScalarSelect[Any]:
    """Tickets that the person has claimed, or handles and that have not ended."""
    claimed = select(Claim.ticket_id).where(Claim.person_id == person_id, col(Claim.ended_at).is_(None))
    return union(claimed, _handled(person_id)).scalar_subquery()


def touched(person_id: str) -> ScalarSelect[Any]:
    """Tickets that the person ever asked for, claimed or wrote into, or handles."""
    asked = select(Requester.ticket_id).where(Requester.person_id == person_id)
    wrote = select(EventText.ticket_id).where(EventText.author_id == person_id)
    claimed = select(Claim.ticket_id).where(Claim.person_id == person_id)
    handled = select(Ticket.id).where(Ticket.handler_id == person_id)
    return union(asked, wrote, claimed, handled).scalar_subquery()


def scopes(person_id: str) -> CompoundSelect[Any]:
    """The number scopes of what the person ever asked for or handled, or has claimed.

    Who handles matters for years has thousands of one or two scopes: the index is asked for the next scope, and the
    next, instead of for all of them.
    """
    asked = select(Ticket.scope_id).join(Requester, col(Requester.ticket_id) == col(Ticket.id))
    asked = asked.where(Requester.person_id == person_id)
    claimed = select(Ticket.scope_id).join(Claim, col(Claim.ticket_id) == col(Ticket.id))
    claimed = claimed.where(Claim.person_id == person_id, col(Claim.ended_at).is_(None))
    lowest = select(func.min(Ticket.scope_id).label("scope_id")).where(Ticket.handler_id == person_id)
    found = lowest.cte("found", recursive=True)
    following = lowest.where(col(Ticket.scope_id) > found.c.scope_id).scalar_subquery()
    found = found.union_all(sql_select(following).where(found.c.scope_id.is_not(None)))
    handled = sql_select(found.c.scope_id).where(found.c.scope_id.is_not(None))
    return union(asked, claimed, handled)


def _handled(person_id: str) -> Any:
    return select(Ticket.id).where(Ticket.handler_id == person_id, col(Ticket.status).in_(ALIVE))
