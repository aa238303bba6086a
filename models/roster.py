"""The roster of a town as one value: nodes, rooms, people, roles, organisations, who answers for what.

Read once as a whole (models/rosters.py), compared with what a spreadsheet says, written in bulk.
Nodes and organisations go by their codes, people by their ids, so that what is not in the database
yet can be spoken of as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from models.codes import NodeLevel, OrganisationKind, Role, RoomMode, RoomPurpose, Team


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node; parent is a code. policy: the pack that it names."""

    name: str
    level: NodeLevel
    parent: str | None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room; node is a code."""

    name: str
    node: str | None
    purpose: RoomPurpose
    mode: RoomMode


@dataclass(frozen=True, slots=True)
class PersonState:
    """Somebody with a 工号."""

    id: str
    name: str
    phone: str | None
    team: Team | None


@dataclass(frozen=True, slots=True)
class OrganisationState:
    """A company or department; members are ids of people, in order."""

    name: str
    kind: OrganisationKind
    node: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who is asked first: a person's id or an organisation's code."""

    person: str | None
    organisation: str | None


@dataclass(slots=True)
class Roster:
    """Everything that a spreadsheet may say.

    people by 工号; grants: (person's id, node's code, role) → whether only as deputy; responsible by (node's code,
    category). Grants are those of people with a 工号, and of anybody who leads.
    """

    nodes: dict[str, NodeState] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)
    rooms: dict[tuple[str, str], RoomState] = field(default_factory=dict)
    people: dict[str, PersonState] = field(default_factory=dict)
    grants: dict[tuple[str, str, Role], bool] = field(default_factory=dict)
    organisations: dict[str, OrganisationState] = field(default_factory=dict)
    responsible: dict[tuple[str, str], Answerer] = field(default_factory=dict)

    def copy(self) -> "Roster":
        """One that may be changed without this one."""
        return Roster(
            dict(self.nodes),
            set(self.accounts),
            dict(self.rooms),
            dict(self.people),
            dict(self.grants),
            dict(self.organisations),
            dict(self.responsible),
        )

    def line(self, code: str) -> Iterator[str]:
        """The node and everything above it, nearest first."""
        here: str | None = code
        while here is not None:
            yield here
            here = self.nodes[here].parent

    def scope(self, code: str, level: NodeLevel) -> str:
        """The node within which numbers count there: the nearest of that level, else the root."""
        above = list(self.line(code))
        return next((node for node in above if self.nodes[node].level is level), above[-1])


@dataclass(frozen=True, slots=True)
class Stored:
    """A roster as it stands in the database, with what only the database knows.

    node_ids and paths by code; names: everybody who appears in it, by id; forgotten: veiled codes of people who
    said 忘记我; bound: ids of people who are known on some account.
    """

    roster: Roster
    node_ids: Mapping[str, int]
    paths: Mapping[str, str]
    names: Mapping[str, str]
    forgotten: frozenset[str]
    bound: frozenset[str]
