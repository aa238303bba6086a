"""How near two places must be to be one for a matter, and the keys by which near places find each other."""

import re
from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations

from nlp.placing import PART, SIDES, apart, parts

_LANES = frozenset({"巷", "弄", "街"})
_STREET = re.compile(r"\w*?(?:路|街|巷|弄|坊|大道)(?=[0-9]|$)")
MOST_PARTS = 4
MOST_PAIRS = 8


class Distance(StrEnum):
    """Within what the same trouble is one matter; each reaches further than the one before."""

    OWN = "own"  # never another person's
    SPOT = "spot"  # the places must be the same
    ENTRANCE = "entrance"  # the same building and unit, whatever floor
    BUILDING = "building"  # the same building or lane, whatever unit
    GRID = "grid"  # anywhere around


def within(one: str, other: str, distance: Distance) -> bool:
    """Whether two places are near enough, though they may not be the same spot."""
    if distance is Distance.GRID or not apart(one, other):
        return True
    if distance not in (Distance.ENTRANCE, Distance.BUILDING):
        return False
    first, second = _head(one, distance), _head(other, distance)
    shared = first.keys() & second.keys()
    if any(first[unit] != second[unit] for unit in shared):
        return False
    if shared or distance is Distance.ENTRANCE:
        return bool(shared)
    return _street(one) is not None and _street(one) == _street(other)


def unrelated(one: str, other: str) -> bool:
    """Whether both are numbered but by nothing in common: 3楼 and 2单元 may be one, and may not."""
    first, second = parts(one), parts(other)
    return bool(first and second) and not first.keys() & second.keys()


def keys(place: str) -> list[str]:
    """Under what a matter at this place is found by one nearby: all of its numbers, some of them, its name."""
    numbers = _numbers(place)
    exact = [f"={_joined(numbers)}"] if numbers else []
    return [*exact, *(f"~{_joined(some)}" for some in _subsets(numbers)), *(f".{pair}" for pair in _pairs(place))]


def questions(place: str) -> list[str]:
    """The keys of matters at places that may be this one or near it, the most telling first."""
    numbers = _numbers(place)
    whole = [f"~{_joined(numbers)}"] if numbers else []  # every place that says at least as much
    less = [f"={_joined(some)}" for some in _subsets(numbers)]  # every place that says less, and nothing else
    beside = [f"~{_joined(some)}" for some in _subsets(numbers) if len(some) < len(numbers)]
    return [*less, *whole, *(f".{pair}" for pair in _pairs(place)), *beside]


def _head(place: str, distance: Distance) -> dict[str, str]:
    """The numbers that say which building or lane, or entrance, it is."""
    found = parts(place)
    order = list(found)
    if "单元" in found and "楼" in found and "栋" not in found and order.index("楼") < order.index("单元"):
        found["栋"] = found.pop("楼")  # 12楼3单元 is a building as people in the north say it
    fine = {"楼", "室"}
    if "栋" in found:
        fine.add("号")
    if distance is Distance.BUILDING:
        fine |= {"单元", "门"}
        if _LANES & found.keys() or _street(place) is not None:
            fine.add("号")  # a lane is one, whatever house; where there is no lane, the house is the building
    return {unit: number for unit, number in found.items() if unit not in fine}


def _street(place: str) -> str | None:
    """The name of the street or lane: 沿河街37号 → 沿河街."""
    found = _STREET.match(place)
    return found[0] if found is not None and len(found[0]) > 1 and not found[0][0].isdigit() else None


def _numbers(place: str) -> list[str]:
    return sorted(f"{unit}{number}" for unit, number in parts(place).items())[:MOST_PARTS]


def _subsets(numbers: list[str]) -> list[tuple[str, ...]]:
    """All choices of the numbers, the largest first."""
    return [some for size in range(len(numbers), 0, -1) for some in combinations(numbers, size)]


def _joined(numbers: Sequence[str]) -> str:
    return "|".join(numbers)


def _pairs(place: str) -> list[str]:
    """Every two characters in a row of what is no number; a name of one character stands alone."""
    found: dict[str, None] = {}
    for name in re.split(r"\W+", PART.sub(" ", place)):
        bare = SIDES.sub("", name) or name
        found.update(dict.fromkeys(bare[i : i + 2] for i in range(max(1, len(bare) - 1)) if bare))
    return list(found)[:MOST_PAIRS]
