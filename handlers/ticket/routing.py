"""Whose a matter is: the person or organisation that answers for its category there, and what they are told."""

from collections.abc import Collection
from dataclasses import dataclass

from handlers.context import Context
from handlers.discreet.wordless import wordless
from handlers.people.deputies import principals
from handlers.ticket import steps
from models.codes import LEADERS, STAFF, NodeLevel, Role, TicketKind
from models.organisation_tables import Organisation
from models.tables import GridNode, Person
from models.ticket_tables import Ticket

SUPERVISORS = frozenset({*LEADERS, Role.HEAD})
"""Who may push a matter of a level below."""

RETURNED = "returned"
"""The step of whoever sent a matter back."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told of a matter first; organisation: as one of its people."""

    person: Person
    organisation: Organisation | None = None


def first_level(
    ctx: Context, line: list[GridNode], category: str, text: str = "", start: NodeLevel | None = None
) -> int:
    """How many levels above its node a matter of the category, in these words, begins; start: at that level."""
    item = None if start is not None else ctx.policy.items.of(category, text)
    if start is None:
        start = ctx.policy.routing.route(category).start if item is None else ctx.policy.items.level(item)
    return 0 if start is None else next((place for place, node in enumerate(line) if node.level is start), 0)


def route(ctx: Context, ticket: Ticket, asking: Collection[str], called: str = "") -> Route | None:
    """Who answers for the category of a matter there; None: whoever leads there, as for any other.

    A wish is for party members. What is private or touches health or children goes to nobody but staff. Nobody is
    given what he asks for himself (asking), nor what nobody could tell him of. called: the nearest organisation of that
    name has it before all others.
    """
    if ticket.kind is TicketKind.WISH:
        return None
    line = ctx.uow.places.line(ctx.node_of(ticket))
    if called and not wordless(ticket) and (due := _of_name(ctx, line, called, asking)) is not None:
        return due
    named = ctx.uow.organisations.responsible(line, ticket.category)
    if named is not None and named.person_id is not None:
        person = ctx.uow.people.get(named.person_id)
        leads = person.id in {leader.id for leader in ctx.leaders(ticket)[:1]}
        return None if leads or not _may_have(ctx, ticket, person, asking) else Route(person)
    if wordless(ticket):
        return None
    organisation = None
    if named is not None and named.organisation_id is not None:
        organisation = ctx.uow.organisations.get(named.organisation_id)
    elif (kind := ctx.policy.routing.route(ticket.category).organisation) is not None:
        organisation = ctx.uow.organisations.nearest(line, kind)
    member = None if organisation is None else first_member(ctx, organisation, asking)
    return None if member is None else Route(member, organisation)


def _of_name(ctx: Context, line: list[GridNode], name: str, asking: Collection[str]) -> Route | None:
    organisation = steps.organisation(ctx.uow, line, name)
    member = None if organisation is None else first_member(ctx, organisation, asking)
    return None if member is None else Route(member, organisation)


def _may_have(ctx: Context, ticket: Ticket, person: Person, asking: Collection[str]) -> bool:
    if person.id in asking or person.erased_at is not None:
        return False
    staff = bool(ctx.uow.people.roles_at(person.id, ctx.node_of(ticket)) & STAFF)
    return staff or (ctx.reachable(person) and not wordless(ticket))


def first_member(ctx: Context, organisation: Organisation, asking: Collection[str] = ()) -> Person | None:
    """The first of its people who can be written to and does not ask for the matter himself."""
    assert organisation.id is not None
    members = ctx.uow.organisations.members(organisation.id)
    return next((person for person in members if person.id not in asking and ctx.reachable(person)), None)


def give(ctx: Context, ticket: Ticket, to: Route, by: str | None) -> None:
    """The matter is theirs from now on; by: who passed it on (None: the routes)."""
    ticket.handler_id = to.person.id
    ticket.organisation_id = None if to.organisation is None else to.organisation.id
    ticket.given_at, ticket.given_by = ctx.now, by


def take_from_all(ticket: Ticket) -> None:
    """Nobody in particular has it any more."""
    ticket.handler_id = ticket.organisation_id = ticket.given_at = ticket.given_by = None


def organisation_of(ctx: Context, ticket: Ticket) -> Organisation | None:
    return None if ticket.organisation_id is None else ctx.uow.organisations.get(ticket.organisation_id)


def bound_for(ctx: Context, ticket: Ticket) -> str:
    """Who has a new matter now, for those who asked; empty where it is its micro-grid's leader."""
    organisation = organisation_of(ctx, ticket)
    if organisation is not None:
        return organisation.name
    step = None if ticket.step is None else steps.current(ctx.uow, ctx.policy.routing, ticket)
    if ticket.handler_id is not None and (step is None or not step.first):
        return ctx.say("name.responsible")
    if step is not None and (name := steps.whose(ctx.uow, ctx.setting.words, ticket, step, ctx.handler(ticket))):
        return name
    line = ctx.uow.places.line(ctx.node_of(ticket))
    return line[min(ticket.level, len(line) - 1)].name if ticket.level else ""


def in_hands_of(ctx: Context, ticket: Ticket) -> str:
    """Who sees to the matter, as 查 shows it; empty when nobody does."""
    organisation, handler = organisation_of(ctx, ticket), ctx.handler(ticket)
    if organisation is None:
        return "" if handler is None else ctx.called(handler)
    if ticket.handler_id is None or handler is None:
        return organisation.name
    return ctx.say("name.of_organisation", organisation=organisation.name, name=ctx.called(handler))


def level_of(ctx: Context, ticket: Ticket) -> GridNode:
    """The place at whose level the matter is."""
    line = ctx.uow.places.line(ctx.node_of(ticket))
    return line[min(ticket.level, len(line) - 1)]


def leads_above(ctx: Context, ticket: Ticket) -> bool:
    """Whether the speaker leads a level above the matter's own, and not below the one it has reached; or stands in for
    somebody who does."""
    person = ctx.known_me()
    if person is None:
        return False
    line = ctx.uow.places.line(ctx.node_of(ticket))
    above = {node.id for node in line[max(1, ticket.level) :]}
    people = (person.id, *principals(ctx.uow, person.id, ctx.now))
    grants = (grant for one in people for grant in ctx.uow.people.grants(one))
    return any(grant.role in SUPERVISORS and grant.node_id in above for grant in grants)


def has_returned(ctx: Context, ticket: Ticket, organisation_id: int | None, person_id: str) -> bool:
    """Whether that organisation, or without one that person, has sent the matter back before."""
    returns = [event for event in ctx.uow.tickets.events(ticket.id) if event.kind == RETURNED]
    if organisation_id is not None:
        return any(event.data.get("organisation") == organisation_id for event in returns)
    return any(
        event.data.get("organisation") is None and event.data.get("from", event.actor_id) == person_id
        for event in returns
    )
