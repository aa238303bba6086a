"""Who answers for a ticket. The one place that decides it, so that there is no ticket without anybody responsible."""

from models.codes import STAFF, Role
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


def keeps(uow: UnitOfWork, ticket: Ticket, person: Person) -> bool:
    """Whether what was given to the person is still his: he works there, or is who is asked first about such things.

    What an organisation has is its people's and the staff's, whatever else somebody may be.
    """
    if person.erased_at is not None:
        return False
    node = uow.places.node(ticket.node_id)
    if ticket.organisation_id is not None:
        if uow.people.roles_at(person.id, node) & STAFF:
            return True
        return ticket.organisation_id in {one.id for one in uow.organisations.of_person(person.id)}
    if works_at(uow, person, node):
        return True
    named = uow.organisations.responsible(uow.places.line(node), ticket.category)
    return named is not None and named.person_id == person.id


def next_member(uow: UnitOfWork, ticket: Ticket) -> Person | None:
    """The first of the organisation that has the ticket who can be told and does not ask for it himself."""
    if ticket.organisation_id is None:
        return None
    asking = {row.person_id for row in uow.tickets.requesters(ticket.id)}
    members = (one for one in uow.organisations.members(ticket.organisation_id) if one.id not in asking)
    return next((one for one in members if any(row.reachable for row in uow.people.identities(one.id))), None)


def in_charge(uow: UnitOfWork, ticket: Ticket, *, up: int = 0) -> Person | None:
    """Whoever the ticket was given to, as long as he works there; else the next of his organisation, else who leads.

    up: whoever leads so many levels above the ticket's own.
    """
    if up == 0 and ticket.handler_id is not None:
        handler = uow.people.get(ticket.handler_id)
        if keeps(uow, ticket, handler):
            return handler
    if up == 0 and (member := next_member(uow, ticket)) is not None:
        return member
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
