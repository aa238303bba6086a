"""Nobody loses a role while matters are his, and no open matter is left without anybody in charge."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.roster.columns import NODES, PEOPLE, Titles
from bot.roster.filling import Filled
from bot.roster.problems import Problems, Spot, listed
from handlers.wording import Wording
from models.codes import LEADERS, STAFF, NodeLevel, Role
from models.roster import Roster, Stored
from models.rosters import InHand, Rosters


@dataclass(frozen=True, slots=True)
class Keeper:
    """Compares the roster as it is with what it would be. scope: the level within which numbers count."""

    rosters: Rosters
    stored: Stored
    filled: Filled
    scope: NodeLevel
    words: Wording
    titles: Titles
    problems: Problems

    def check(self, *, freeze: bool) -> None:
        """Say what must be handed over first. freeze: tickets stay as they are until the commit."""
        before, after = self.stored.roster, self.filled.roster
        lost = _lost_roles(before, after)
        left = {person for code, one in before.organisations.items() for person in one.members
                if person not in after.organisations[code].members}  # fmt: skip
        uncovered = _led(before) - _led(after)
        moved = {code for code in before.nodes if before.scope(code, self.scope) != after.scope(code, self.scope)}
        if freeze and (lost or left or uncovered or moved):
            self.rosters.freeze()
        self._in_hand(lost, left)
        self._uncovered(uncovered & set(before.nodes))
        self._moved(moved)

    def _in_hand(self, lost: Mapping[str, list[tuple[str, Role]]], left: set[str]) -> None:
        """Open tickets of those who would have no standing to see to them any more."""
        codes = {node_id: code for code, node_id in self.stored.node_ids.items()}
        held = _standing(self.filled.roster, {*lost, *left})
        members = {person for one in self.filled.roster.organisations.values() for person in one.members}
        stuck: dict[str, list[InHand]] = {}
        for ticket in self.rosters.in_hand({*lost, *left}):
            roles = held.get(ticket.person_id, [])
            by_role = self._loses(ticket, codes[ticket.node_id], lost.get(ticket.person_id, []), roles)
            by_organisation = (
                ticket.person_id in left
                and ticket.organisation_id is not None
                and ticket.person_id not in members
                and not roles
            )
            if by_role or by_organisation:
                stuck.setdefault(ticket.person_id, []).append(ticket)
        for person_id, tickets in stuck.items():
            numbers = [f"{self._name(codes[ticket.scope_id])}-{ticket.number}" for ticket in tickets]
            row = self.filled.person_rows.get(person_id)
            self.problems.add(
                Spot(PEOPLE.key, row, None if row is None else "role"),
                "still_his" if row is None else "still_his_here",
                name=self.stored.names.get(person_id, person_id),
                count=len(tickets),
                numbers=listed(numbers, self.words.say("import.and_more")),
            )

    def _loses(self, ticket: InHand, node: str, lost: list[tuple[str, Role]], roles: list[tuple[str, Role]]) -> bool:
        """Whether what he loses is why he has it, and nothing that he keeps reaches there."""
        if not lost:
            return False
        if not roles:
            return True
        there = set(self.stored.roster.line(node))
        gone = [role for where, role in lost if where in there]
        line = set(self.filled.roster.line(node))
        staying = [role for where, role in roles if where in line]
        return bool(gone) and not any(role in STAFF or gone[0] not in STAFF for role in staying)

    def _uncovered(self, nodes: set[str]) -> None:
        """Places that had somebody in charge and would have nobody."""
        if not nodes:
            return
        counts = self.rosters.open_at((self.stored.node_ids[code] for code in nodes), unassigned=True)
        for code in sorted(nodes):
            if count := counts.get(self.stored.node_ids[code], 0):
                self.problems.add(Spot(PEOPLE.key), "nobody_in_charge", name=self._name(code), code=code, count=count)
        names = [self._name(code) for code in sorted(nodes)]
        self.problems.note("unled", count=len(names), names=listed(names, self.words.say("import.and_more")))

    def _moved(self, nodes: set[str]) -> None:
        """The numbers of open tickets count in the place where they were given."""
        if not nodes:
            return
        counts = self.rosters.open_at(self.stored.node_ids[code] for code in nodes)
        for code in sorted(nodes):
            if count := counts.get(self.stored.node_ids[code], 0):
                row = self.filled.node_rows.get(code)
                spot = Spot(NODES.key, row, None if row is None else "parent")
                scope = self._name(self.stored.roster.scope(code, self.scope))
                self.problems.add(spot, "moved", name=self._name(code), scope=scope, count=count)

    def _name(self, code: str) -> str:
        return self.stored.roster.nodes[code].name


def _lost_roles(before: Roster, after: Roster) -> dict[str, list[tuple[str, Role]]]:
    """(node, role) of each person that the new roster does not have any more."""
    lost: dict[str, list[tuple[str, Role]]] = {}
    for person_id, node, role in before.grants:
        if (person_id, node, role) not in after.grants:
            lost.setdefault(person_id, []).append((node, role))
    return lost


def _standing(roster: Roster, people: Iterable[str]) -> dict[str, list[tuple[str, Role]]]:
    """(node, role) of everything that these people hold, living there aside."""
    wanted = frozenset(people)
    held: dict[str, list[tuple[str, Role]]] = {}
    for person_id, node, role in roster.grants:
        if person_id in wanted and role is not Role.RESIDENT:
            held.setdefault(person_id, []).append((node, role))
    return held


def _led(roster: Roster) -> set[str]:
    """The nodes that somebody leads, there or above."""
    leading = {node for _, node, role in roster.grants if role in LEADERS}
    return {code for code in roster.nodes if any(here in leading for here in roster.line(code))}
