"""Who is to be told of an emergency, one after the other."""

from collections.abc import Collection, Sequence

from models.codes import LEADERS, STAFF, Role
from models.tables import GridNode, Person
from models.uow import UnitOfWork

_OTHER_KEEPERS = (Role.HEAD, Role.GOVERNOR)
"""Staff who lead nothing and may be given what is private."""


def on_duty(uow: UnitOfWork, node: GridNode, level: int = 0) -> list[Person]:
    """Whom an emergency at the node is told to, in order; level: only from so many levels above it.

    First the nearest duty list, then those who lead the node, then those who lead each node above
    it. Who has lost his role since he was put on the list is passed over.
    """
    line = uow.places.line(node)[level:]
    listed = next((people for above in line if (people := listed_for(uow, above, node))), [])
    leading = [person for above in line for person in uow.people.holders(above, LEADERS)]
    return list({person.id: person for person in (*listed, *leading)}.values())


def keepers(uow: UnitOfWork, line: Sequence[GridNode], without: Collection[str]) -> list[Person]:
    """Who sees to something private where all who lead on its line are spoken of (without): others of the staff who may
    be given it, nearest first; nobody where nobody is."""
    if not without:
        return []
    return [one for node in line for one in uow.people.holders(node, _OTHER_KEEPERS) if one.id not in without]


def listed_for(uow: UnitOfWork, above: GridNode, node: GridNode) -> list[Person]:
    """The list of exactly one node, as far as its people work at a node there or below."""
    return [person for person in uow.duties.at(above) if uow.people.roles_at(person.id, node) & STAFF]


def in_charge_at(uow: UnitOfWork, node: GridNode, level: int = 0, without: Collection[str] = ()) -> Person | None:
    """Who leads there: he is told of everything, as of any other matter. without: who does not count."""
    line = uow.places.line(node)
    leaders = uow.people.leaders(line[min(level, len(line) - 1) :], without) or uow.people.leaders(line, without)
    found = leaders or keepers(uow, line, without)
    return found[0] if found else None


def at_once(uow: UnitOfWork, line: Sequence[Person], in_charge: Person | None, account: str | None) -> list[Person]:
    """Those of the line who are told as soon as it is known: the first, and whoever is in charge."""
    called = next_on(uow, line, (), account)
    return [*called, in_charge] if in_charge is not None and in_charge in line and in_charge not in called else called


def next_on(uow: UnitOfWork, line: Sequence[Person], told: Collection[str], account: str | None) -> list[Person]:
    """The next who can be written to, with those before him who can not: nobody waits for their answer."""
    called: list[Person] = []
    for person in line:
        if person.id in told:
            continue
        called.append(person)
        if _is_reachable(uow, person, account):
            break
    return called


def _is_reachable(uow: UnitOfWork, person: Person, account: str | None) -> bool:
    """Whether that account, or with None any, can write to the person."""
    identities = uow.people.identities(person.id)
    return any(identity.reachable for identity in identities if account in (None, identity.account))
