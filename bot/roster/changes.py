"""What an import changes, in words: how much in each sheet, and one line for each change."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.roster.columns import NODES, ORGANISATIONS, PEOPLE, RESPONSIBLE, ROOMS, SHEETS, Titles
from handlers.wording import Wording
from models.codes import Role
from models.roster import Answerer, NodeState, OrganisationState, PersonState, RoomState, Roster, Stored

Key = TypeVar("Key")
Value = TypeVar("Value")
FIRST = 5
"""So many new rows of a sheet are shown; of what changes or goes, all."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing in one sheet. before and after: its values by column key; None: it was not there, or goes.

    role: it is what somebody is at a place, which stands in the sheet of people and is counted by itself.
    """

    sheet: str
    what: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None
    role: bool = False


class Changes:
    """Everything that differs between what is stored and what would be."""

    def __init__(self, stored: Stored, after: Roster, words: Wording, titles: Titles) -> None:
        self._before, self._after = stored.roster, after
        self._words, self._titles = words, titles
        self._none = words.say("name.none")
        self._names = {**stored.names, **{person.id: person.name for person in after.people.values()}}
        self._all = list(self._found())

    def __bool__(self) -> bool:
        return bool(self._all)

    def counts(self) -> list[str]:
        """One line for each sheet in which something changes; people and what they are are counted apart."""
        lines = []
        for sheet in SHEETS:
            for role in (False, True):
                own = [change for change in self._all if change.sheet == sheet.key and change.role is role]
                if not own:
                    continue
                new = sum(change.before is None for change in own)
                gone = sum(change.after is None for change in own)
                title = self._words.say("import.roles") if role else self._titles.sheet(sheet.key)
                line = self._words.say("import.counts", sheet=title, new=new, changed=len(own) - new - gone, gone=gone)
                lines.append(line)
        return lines

    def lines(self) -> list[str]:
        """What changes, one line each; of what is new only the first of each sheet."""
        shown: list[str] = []
        for sheet in SHEETS:
            own = [change for change in self._all if change.sheet == sheet.key]
            new = [change for change in own if change.before is None]
            title = self._titles.sheet(sheet.key)
            shown += [self._words.say("import.new", sheet=title, what=change.what) for change in new[:FIRST]]
            if len(new) > FIRST:
                shown.append(self._words.say("import.new_more", sheet=title, count=len(new) - FIRST))
            shown += [self._line(title, change) for change in own if change.before is not None]
        return shown

    def _line(self, title: str, change: Change) -> str:
        if change.after is None:
            return self._words.say("import.gone", sheet=title, what=change.what)
        assert change.before is not None
        cells = [
            self._words.say("import.cell", column=self._titles.column(key), before=change.before[key], after=value)
            for key, value in change.after.items()
            if change.before[key] != value
        ]
        return self._words.say("import.changed", sheet=title, what=change.what, cells="；".join(cells))

    def _found(self) -> Iterator[Change]:
        old, new = self._before, self._after
        yield from _differing(NODES.key, old.nodes, new.nodes, lambda code: self._node(new, code), self._node_cells)
        rooms = new.rooms
        yield from _differing(ROOMS.key, old.rooms, rooms, lambda key: rooms[key].name, self._room_cells)
        people = new.people
        yield from _differing(PEOPLE.key, old.people, people, lambda key: people[key].name, self._person_cells)
        yield from _differing(PEOPLE.key, old.grants, new.grants, self._grant, self._grant_cells, role=True)
        organisations = new.organisations
        yield from _differing(
            ORGANISATIONS.key,
            old.organisations,
            organisations,
            lambda code: organisations[code].name,
            self._organisation_cells,
        )
        yield from _differing(
            RESPONSIBLE.key, old.responsible, new.responsible, self._responsible, self._responsible_cells
        )

    # -- names and values -----------------------------------------------------------------------

    def _node(self, roster: Roster, code: str | None) -> str:
        return self._none if code is None else f"{roster.nodes[code].name}（{code}）"

    def _node_cells(self, node: NodeState) -> Mapping[str, str]:
        return {
            "name": node.name,
            "level": self._titles.name("level", node.level),
            "parent": node.parent or self._none,
            "policy": node.policy or self._none,
        }

    def _room_cells(self, room: RoomState) -> Mapping[str, str]:
        return {
            "room_name": room.name,
            "node": room.node or self._none,
            "purpose": self._titles.name("purpose", room.purpose),
            "mode": self._titles.name("mode", room.mode),
        }

    def _person_cells(self, person: PersonState) -> Mapping[str, str]:
        return {
            "person_name": person.name,
            "phone": self._none if person.phone is None else f"{person.phone[:3]}****{person.phone[-4:]}",
            "team": self._none if person.team is None else self._titles.name("team", person.team),
        }

    def _grant(self, key: tuple[str, str, Role]) -> str:
        person_id, node, role = key
        name = self._names.get(person_id, person_id)
        where = self._node(self._after, node)
        return self._words.say("import.grant", name=name, node=where, role=self._titles.name("role", role))

    def _grant_cells(self, deputy: bool) -> Mapping[str, str]:
        return {"deputy": self._words.say("import.deputy") if deputy else self._none}

    def _organisation_cells(self, one: OrganisationState) -> Mapping[str, str]:
        return {
            "organisation_name": one.name,
            "kind": self._titles.name("organisation_kind", one.kind),
            "node": one.node,
            "member": "、".join(self._names.get(person, person) for person in one.members) or self._none,
        }

    def _responsible(self, key: tuple[str, str]) -> str:
        node, category = key
        return f"{self._titles.name('category', category)}：{self._node(self._after, node)}"

    def _responsible_cells(self, who: Answerer) -> Mapping[str, str]:
        return {
            "person": self._none if who.person is None else self._names.get(who.person, who.person),
            "organisation": who.organisation or self._none,
        }


def _differing(
    sheet: str,
    before: Mapping[Key, Value],
    after: Mapping[Key, Value],
    what: Callable[[Key], str],
    cells: Callable[[Value], Mapping[str, str]],
    *,
    role: bool = False,
) -> Iterator[Change]:
    for key, value in after.items():
        if key not in before:
            yield Change(sheet, what(key), None, cells(value), role)
        elif before[key] != value:
            yield Change(sheet, what(key), cells(before[key]), cells(value), role)
    for key, value in before.items():
        if key not in after:
            yield Change(sheet, what(key), cells(value), None, role)
