"""Who answers for a ticket. The one place that decides it, so that there is no ticket without anybody responsible.


routing: the steps of the policy's routes, where the pack names any; without it a level of the tree is a step.
"""

from collections.abc import Sequence

from handlers.alarm.duty import keepers
from handlers.discreet.accused import accused, is_accused
from handlers.policy.routing import Routing
from handlers.ticket import steps
from models.codes import LEADERS, STAFF, Role
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

_LEADING = frozenset({*LEADERS, Role.HEAD})


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
    if ticket.private:
        return bool(uow.people.roles_at(person.id, node) & STAFF)
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


def in_charge(uow: UnitOfWork, ticket: Ticket, *, up: int = 0, routing: Routing | None = None) -> Person | None:
    """Whoever the ticket was given to, as long as he works there; else the next of his organisation, else who is in
    charge of the step it has reached.

    up: who is so many steps above that.
    """
    if up == 0 and ticket.handler_id is not None:
        handler = uow.people.get(ticket.handler_id)
        if keeps(uow, ticket, handler) and not is_accused(uow, ticket, handler.id):
            return handler
    if up == 0 and (member := next_member(uow, ticket)) is not None:
        return member
    leading = leaders(uow, ticket, up=up, routing=routing)
    return leading[0] if leading else None


def leaders(uow: UnitOfWork, ticket: Ticket, *, up: int = 0, routing: Routing | None = None) -> list[Person]:
    """Those in charge of the step that the ticket has reached, or of one above it, else anybody who leads on its line;
    nearest first."""
    found = [] if routing is None else steps.stops(uow, routing, ticket)
    without = accused(uow, ticket)
    if found:
        for stop in found[steps.place(found, ticket) + up :]:
            if up and stop.step.organisation:
                continue  # it is asked to solve things, not to look after others
            people = steps.people(uow, ticket, stop, without)
            if people:
                return people
    line = uow.places.line(uow.places.node(ticket.node_id))
    level = min(ticket.level + up, len(line) - 1)
    leading = uow.people.leaders(line[level:], without) or uow.people.leaders(line, without)
    return leading or (keepers(uow, line, without) if ticket.private and without else [])


def above(uow: UnitOfWork, ticket: Ticket, *, routing: Routing | None = None) -> Person | None:
    """Who is above whoever is in charge, or beside him, and never below him; himself where nobody is."""
    has = in_charge(uow, ticket, routing=routing)
    line = uow.places.line(uow.places.node(ticket.node_id))
    found = [] if routing is None else steps.stops(uow, routing, ticket)
    ahead = [stop for stop in found[max(steps.place(found, ticket), 0) :] if not stop.step.organisation]
    groups = [steps.people(uow, ticket, stop) for stop in ahead]
    groups += [uow.people.leaders([node]) for node in line[min(ticket.level, len(line) - 1) :]]
    own = -1 if has is None else height(uow, has, line)
    for group in groups:
        others = [one for one in group if (has is None or one.id != has.id) and not is_accused(uow, ticket, one.id)]
        others = [one for one in others if height(uow, one, line) >= own]
        if others:
            return others[0]
    return has


def height(uow: UnitOfWork, person: Person, line: Sequence[GridNode]) -> int:
    """How far up the line the person leads at most; -1: nowhere on it."""
    led = {grant.node_id for grant in uow.people.grants(person.id) if grant.role in _LEADING}
    return max((place for place, node in enumerate(line) if node.id in led), default=-1)
