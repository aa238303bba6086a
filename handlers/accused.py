"""Whom the words of something private are about, where he works there himself: he neither hears of it nor ends it."""

import re
from collections.abc import Mapping

from models.codes import STAFF, Role, TicketKind
from models.tables import Person
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork
from nlp.understanding import Flag

SHORTEST = 2
"""Characters of a name that may be looked for in somebody's words."""

_TITLES: Mapping[Role, str] = {
    Role.MICRO_LEADER: "微网格长",
    Role.GRID_LEADER: "(?<!微)网格长",
    Role.SECRETARY: "支书|书记",
    Role.VILLAGE: "村主任|村长|社区主任",
    Role.GOVERNOR: "治理员",
}
_NEAREST = "网格长"
"""What whoever leads a micro-grid is called where nobody leads the grid above it."""
_BEFORE = "(?<![@找请叫喊告诉问让托])(?<![找请问托诉][过了])"
_BEHIND = r"(?![，,：:、！!\s]*(?:快|救|帮|在吗|你|您|麻烦|请|赶紧|管管|过来|来一下|来看|去看|能))"
"""老李快来, 告诉老李 and 请网格长来 call for somebody; they do not speak of him."""
_TOLD = r"(?:都|也|已经|早就)?(?:(?:说|讲|反映|报告|汇报)(?:过|了|的时候|好|$|[，,。！!\s])|打(?:过|了)?电话)"
"""跟老李说过 tells whom somebody has told."""
_PERILOUS = frozenset({Flag.VIOLENCE.value, Flag.SUICIDE.value, Flag.MINOR.value})


def accused(uow: UnitOfWork, matter: Ticket | Signal) -> frozenset[str]:
    """Ids of those who work where it was said and of whom its words speak, by name or title.

    Only of what is private. Talk of a petition is left to its leader: nobody is named by it.
    """
    words = _words(matter)
    if not words:
        return frozenset()
    line = uow.places.line(uow.places.node(matter.node_id))
    people = {one.id: one for node in line for one in uow.people.holders(node, tuple(STAFF))}
    return frozenset(one.id for one in people.values() if _speaks_of(uow, matter, words, one))


def is_accused(uow: UnitOfWork, matter: Ticket | Signal, person_id: str) -> bool:
    """Whether that person is one of them."""
    words = _words(matter)
    return bool(words) and _speaks_of(uow, matter, words, uow.people.get(person_id))


def _words(matter: Ticket | Signal) -> str:
    if Flag.PETITION.value in matter.flags:
        return ""
    if isinstance(matter, Ticket):
        return matter.title if matter.private else ""
    hidden = matter.kind is TicketKind.DISPUTE or bool(_PERILOUS & set(matter.flags))
    return matter.text if hidden else ""


def _speaks_of(uow: UnitOfWork, matter: Ticket | Signal, words: str, person: Person) -> bool:
    if person.erased_at is not None:
        return False
    roles = uow.people.roles_at(person.id, uow.places.node(matter.node_id)) & STAFF
    if not roles:
        return False
    names = {person.name, *(identity.display_name for identity in uow.people.identities(person.id))}
    said = [re.escape(name) for name in names if name and len(name) >= SHORTEST]
    said += [_TITLES[role] for role in roles if role in _TITLES]
    if Role.MICRO_LEADER in roles and _NEAREST in words and _is_nearest(uow, matter):
        said.append(_NEAREST)
    return any(re.search(f"{_BEFORE}(?!(?<=[跟和对向给])(?:{one}){_TOLD})(?:{one}){_BEHIND}", words) for one in said)


def _is_nearest(uow: UnitOfWork, matter: Ticket | Signal) -> bool:
    line = uow.places.line(uow.places.node(matter.node_id))
    return not any(uow.people.holders(node, (Role.GRID_LEADER,)) for node in line)
