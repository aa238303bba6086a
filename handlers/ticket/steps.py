"""Where a matter is on its route, who is in charge of each step, and which steps lie before it.

A pack without steps has none: there a level of the tree is a step, and handlers/ticket/charge.py does without this.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from handlers.discreet.accused import accused
from handlers.policy.routing import Routing, Step
from handlers.wording import Wording
from models.codes import LEADERS, STAFF, TicketKind
from models.organisation_tables import Organisation
from models.states import TERMS
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Stop:
    """A step at a node of the matter's line. level: how many levels above the matter's own node that is.

    reach: those of its roles may work at a node up to here, which lies below the next higher step.
    """

    step: Step
    level: int
    reach: int

    @property
    def key(self) -> str:
        return self.step.key


def stops(uow: UnitOfWork, routing: Routing, ticket: Ticket) -> list[Stop]:
    """The steps of the matter's route in this tree, the lowest first; none where every level is a step.

    Wishes go by levels. Steps at levels that the tree does not have are left out.
    """
    if ticket.kind is TicketKind.WISH:
        return []
    line = uow.places.line(uow.places.node(ticket.node_id))
    at = {node.level: place for place, node in enumerate(line)}
    steps = [step for step in routing.path(ticket.category) if step.first or step.level in at]
    levels = [at[step.level] for step in steps if not step.first]
    found = []
    for step in steps:
        level = 0 if step.first else at[step.level]
        if step.first:
            reach = min(levels, default=len(line) - 1)
        else:
            reach = min((other for other in levels if other > level), default=level + 1) - 1
        found.append(Stop(step, level, reach))
    return found


def place(found: Sequence[Stop], ticket: Ticket) -> int:
    """Which of its stops a matter is at.

    After a change of the pack its step may be gone, or lie at another level: then it is at the first step of the level
    that it has reached, or else on its way to the next one above.
    """
    for number, stop in enumerate(found):
        if stop.key == ticket.step and (stop.level == ticket.level or stop.step.first):
            return number
    above = (n for n, stop in enumerate(found) if stop.level >= ticket.level and not stop.step.first)
    return next(above, len(found) - 1)


def current(uow: UnitOfWork, routing: Routing, ticket: Ticket) -> Step | None:
    """The step that the matter has reached; None where levels are steps, or where none is at its level."""
    found = stops(uow, routing, ticket)
    if not found:
        return None if ticket.kind is TicketKind.WISH else routing.step(_level(uow, ticket).level)
    stop = found[place(found, ticket)]
    return stop.step if stop.level == ticket.level or stop.step.first else None


def before(found: Sequence[Stop], ticket: Ticket) -> list[Stop]:
    """The stops that the matter has not reached, the next one first."""
    if not found:
        return []
    number = place(found, ticket)
    reached = found[number].level <= ticket.level or found[number].step.first
    return list(found[number + 1 :] if reached else found[number:])


def is_vacant(uow: UnitOfWork, ticket: Ticket, stop: Stop) -> bool:
    """Whether nobody at all is in charge of it there, whatever the matter is."""
    line = uow.places.line(uow.places.node(ticket.node_id))
    company = organisation(uow, line, stop.step.organisation)
    if company is not None and company.id is not None and uow.organisations.members(company.id):
        return False
    roles = LEADERS if stop.step.is_common else stop.step.who or ()
    return not any(uow.people.holders(node, roles) for node in line[stop.level : stop.reach + 1])


def people(uow: UnitOfWork, ticket: Ticket, stop: Stop, without: Collection[str] = ()) -> list[Person]:
    """Who is in charge of a stop, in order. What is private or delicate is for staff only."""
    return seat(uow, ticket, stop, without)[1]


def seat(uow: UnitOfWork, ticket: Ticket, stop: Stop, without: Collection[str] = ()) -> tuple[int, list[Person]]:
    """The level at which a stop is seen to, and by whom: of those who hear first it is where they work."""
    line = uow.places.line(uow.places.node(ticket.node_id))
    level, found = stop.level, list[Person]()
    company = organisation(uow, line, stop.step.organisation)
    if company is not None and company.id is not None:
        found = _fit(uow, ticket, line[0], uow.organisations.members(company.id), without)
    if not found and stop.step.is_common:
        found = _fit(uow, ticket, line[0], uow.people.leaders([line[stop.level]]), without)
    elif not found and stop.step.who is not None:
        for number in range(stop.level, stop.reach + 1):
            found = _fit(uow, ticket, line[0], uow.people.holders(line[number], stop.step.who), without)
            if found:
                level = number if stop.step.first else stop.level
                break
    return level, found


def _fit(
    uow: UnitOfWork, ticket: Ticket, node: GridNode, found: Sequence[Person], without: Collection[str]
) -> list[Person]:
    if is_delicate(ticket):
        found = [one for one in found if uow.people.roles_at(one.id, node) & STAFF]
    return [one for one in found if one.id not in without]


def first_hearers(uow: UnitOfWork, routing: Routing, ticket: Ticket) -> list[Person]:
    """All who hear first of a matter of which none of them has said a word yet, without those who ask for it; none at
    any later step. It stands in the name of the first of them, and is whoever's takes it."""
    if ticket.step is None or ticket.status is not TERMS[ticket.kind].first:
        return []
    stop = next((one for one in stops(uow, routing, ticket) if one.step.first and one.key == ticket.step), None)
    if stop is None or ticket.organisation_id is not None:
        return []
    asking = {row.person_id for row in uow.tickets.requesters(ticket.id)}
    return people(uow, ticket, stop, asking | accused(uow, ticket))


def organisation(uow: UnitOfWork, line: Sequence[GridNode], name: str) -> Organisation | None:
    """The organisation of that name that works there, the nearest of several."""
    if not name:
        return None
    found = uow.organisations.named(line, name)
    order = {node.id: number for number, node in enumerate(line)}
    return min(found, key=lambda one: order.get(one.node_id, len(order)), default=None)


def title(words: Wording, step: Step) -> str:
    """What the step is called: 疑难哨·驻点团队; of those who hear first their role."""
    if step.first and step.who:
        return words.name("role", step.who[0].value)
    return "·".join(filter(None, (step.name, step.stage)))


def called(words: Wording, routing: Routing, key: str | None) -> str:
    """What the step of that key is called; empty when the pack has none or does not name it."""
    step = next((one for one in (*routing.hearers, *routing.steps) if one.key == key), None)
    return "" if step is None else title(words, step)


def whose(uow: UnitOfWork, words: Wording, ticket: Ticket, step: Step, person: Person | None) -> str:
    """As what somebody is in charge of a step: the name of his role there; empty where he leads it as everywhere."""
    if step.who is None or person is None:
        return ""
    held = uow.people.roles_at(person.id, uow.places.node(ticket.node_id))
    role = next((one for one in step.who if one in held), None)
    return "" if role is None else words.name("role", role.value)


def is_delicate(ticket: Ticket) -> bool:
    """Whether only staff may see to it."""
    return ticket.private or bool(ticket.flags)


def _level(uow: UnitOfWork, ticket: Ticket) -> GridNode:
    line = uow.places.line(uow.places.node(ticket.node_id))
    return line[min(ticket.level, len(line) - 1)]
