"""Whether the nodes make a tree: parents that exist, no circle, nobody below somebody smaller."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from bot.roster.columns import NODES, Titles
from bot.roster.problems import Problems, Spot
from models.codes import NodeLevel
from models.roster import Roster

_RANKS = {level: rank for rank, level in enumerate(NodeLevel)}


def check_tree(roster: Roster, rows: Mapping[str, int], unsure: Set[str], titles: Titles, problems: Problems) -> None:
    """Say what is wrong, and mend it, so that whoever comes after may walk up the tree.

    rows by code; unsure: nodes of which no level could be read.
    """
    for code, number in rows.items():
        parent = roster.nodes[code].parent
        if parent is not None and parent not in roster.nodes:
            problems.add(Spot(NODES.key, number, "parent"), "unknown_parent", code=parent)
            _uproot(roster, code)
    for circle in _circles(roster):
        code = next(code for code in circle if code in rows)
        way = " → ".join([*circle[circle.index(code) :], *circle[: circle.index(code)], code])
        problems.add(Spot(NODES.key, rows[code], "parent"), "circle", way=way)
        _uproot(roster, code)
    for code, node in roster.nodes.items():
        if node.parent is None or {code, node.parent} & unsure:
            continue
        above = roster.nodes[node.parent]
        here = code if code in rows else node.parent
        if _RANKS[above.level] > _RANKS[node.level] and here in rows:
            levels = {"level": titles.name("level", node.level), "above": titles.name("level", above.level)}
            spot = Spot(NODES.key, rows[here], "level")
            problems.add(spot, "level_above", name=node.name, parent=above.name, **levels)


def _uproot(roster: Roster, code: str) -> None:
    roster.nodes[code] = replace(roster.nodes[code], parent=None)


def _circles(roster: Roster) -> Iterator[list[str]]:
    """Each circle once: the codes on it, each followed by its parent."""
    seen: set[str] = set()
    for start in list(roster.nodes):
        way: dict[str, int] = {}
        here: str | None = start
        while here is not None and here not in seen and here not in way:
            way[here] = len(way)
            here = roster.nodes[here].parent
        if here is not None and here in way:
            yield list(way)[way[here] :]
        seen.update(way)
