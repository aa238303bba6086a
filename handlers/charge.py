"""Who answers for a ticket. The one place that decides it, so that there is no ticket without anybody responsible."""

from models.codes import Role
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork


def works_at(uow: UnitOfWork, person: Person, node: GridNode) -> bool:
    """Whether the person still has anything to do there: a role beside that of a resident, or an organisation."""
    if person.erased_at is not None:
        return False
    if uow.people.roles_at(person.id, node) - {Role.RESIDENT}:
        return True
    return bool(uow.organisations.of_person(person.id))


def in_charge(uow: UnitOfWork, ticket: Ticket, *, up: int = 0) -> Person | None:
    """Whoever the ticket was given to, as long as he works there; else who leads at its level.

    up: whoever leads so many levels above that.
    """
    node = uow.places.node(ticket.node_id)
    if up == 0 and ticket.handler_id is not None:
        handler = uow.people.get(ticket.handler_id)
        if works_at(uow, handler, node):
            return handler
    leading = leaders(uow, ticket, up=up)
    return leading[0] if leading else None


def leaders(uow: UnitOfWork, ticket: Ticket, *, up: int = 0) -> list[Person]:
    """Those who lead at the ticket's level or above it, else anybody who leads on its line; nearest first."""
    line = uow.places.line(uow.places.node(ticket.node_id))
    return uow.people.leaders(line[min(ticket.level + up, len(line) - 1) :]) or uow.people.leaders(line)


def above(uow: UnitOfWork, ticket: Ticket) -> Person | None:
    """Who leads above whoever is in charge: nobody is asked to see to his own delay unless nobody is above him."""
    has = in_charge(uow, ticket)
    line = uow.places.line(uow.places.node(ticket.node_id))
    for node in line[min(ticket.level, len(line) - 1) :]:
        others = [person for person in uow.people.leaders([node]) if has is None or person.id != has.id]
        if others:
            return others[0]
    return has
