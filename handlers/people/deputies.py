"""Who stands in for whom (代理), and what he may do meanwhile; what he hears stands in standing_in.py."""

from datetime import datetime

from models.codes import LEADERS, STAFF, Role
from models.tables import GridNode, Person
from models.uow import UnitOfWork

TRUSTED = STAFF | {Role.PROPERTY, Role.PARTY_MEMBER, Role.HUB, Role.INFORMANT}

LENT = (STAFF | {Role.PROPERTY}) - {Role.ADMIN}
"""Roles that a deputy has while he stands in. That of the operator is nobody's to lend."""


def fits(uow: UnitOfWork, person_id: str, deputy_id: str) -> bool:
    """Whether that person's work may be in the deputy's hands: for staff, staff only; else somebody who is trusted with
    anything, or of the same organisation. Asked when he is named and at each use: either may have lost his role."""
    mine = {grant.role for grant in uow.people.grants(person_id)}
    theirs = {grant.role for grant in uow.people.grants(deputy_id)}
    if mine & STAFF:
        return bool(theirs & STAFF)
    if theirs & TRUSTED:
        return True
    mates = {one.id for one in uow.organisations.of_person(person_id)}
    return bool(mates & {one.id for one in uow.organisations.of_person(deputy_id)})


def principals(uow: UnitOfWork, deputy_id: str, now: datetime) -> list[str]:
    """Ids of those for whom that one stands in now, and still may."""
    return [one for one in uow.deputies.principals(deputy_id, now) if fits(uow, one, deputy_id)]


def roles_lent(uow: UnitOfWork, deputy_id: str, node: GridNode | None, now: datetime) -> frozenset[Role]:
    """The roles at the node (None: anywhere) of all for whom that one stands in. Their own deputyships do not count."""
    lent: set[Role] = set()
    for person_id in principals(uow, deputy_id, now):
        if node is None:
            lent.update(grant.role for grant in uow.people.grants(person_id))
        else:
            lent.update(uow.people.roles_at(person_id, node))
    return frozenset(lent & LENT)


def nodes_led(uow: UnitOfWork, person_id: str, now: datetime) -> list[GridNode]:
    """The nodes that the person leads, himself or for somebody."""
    ids = [person_id, *principals(uow, person_id, now)]
    grants = [grant for one in ids for grant in uow.people.grants(one) if grant.role in LEADERS]
    return [uow.places.node(node_id) for node_id in dict.fromkeys(grant.node_id for grant in grants)]


def nodes_overseen(uow: UnitOfWork, person_id: str, now: datetime) -> list[GridNode]:
    """The nodes of which the person may read digests and reports: those that he leads, and where he is 领导."""
    led = {node.path: node for node in nodes_led(uow, person_id, now)}
    heads = [grant for grant in uow.people.grants(person_id) if grant.role is Role.HEAD]
    found = {node.path: node for grant in heads for node in (uow.places.node(grant.node_id),)}
    return list({**led, **found}.values())


def stand_in(uow: UnitOfWork, person: Person, now: datetime) -> Person:
    """Who is reminded in that person's place: his deputy, if he has one who can be written to."""
    row = uow.deputies.of(person.id, now)
    if row is None or not fits(uow, person.id, row.deputy_id):
        return person
    if not any(identity.reachable for identity in uow.people.identities(row.deputy_id)):
        return person
    return uow.people.get(row.deputy_id)
