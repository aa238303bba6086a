"""Compare two normalised places: same, one inside the other, or apart."""

import re

PART = re.compile(r"([A-Z]?[0-9]+|[A-Z])(号楼|号院|栋|幢|座|单元|楼|层|室|号|巷|弄|组|社|队|期|区|街|门)")
SIDES = re.compile(
    r"(?:门口|口子|旁边|边上|后面|后头|前面|前头|对面|背后|拐弯处|拐角处?|转角|里头|里面|侧边|[东西南北](?:头|边|侧|面)|旁|边|里)+$"
)  # what says where beside a named spot
_BUILDING = {"幢": "栋", "座": "栋", "号楼": "栋", "层": "楼"}  # said of the same thing


def parts(place: str) -> dict[str, str]:
    """The numbered parts of a place: "3栋2单元" → {"栋": "3", "单元": "2"}."""
    return {_BUILDING.get(unit, unit): number for number, unit in PART.findall(place)}


def apart(one: str | None, other: str | None) -> bool:
    """Whether two places certainly differ; a place that is not named differs from none."""
    if one is None or other is None or one == other:
        return False
    first, second = parts(one), parts(other)
    if not (first and second) and (one in other or other in one):
        return False
    if not first and not second:
        return not _overlap(one, other)
    shared = first.keys() & second.keys()
    if shared:
        return any(first[unit] != second[unit] for unit in shared)
    return not (first and second)  # 3栋 and 南门 differ; 3楼 and 2单元 may be one


def same(one: str | None, other: str | None) -> bool:
    """Whether both places are named and fit each other."""
    return one is not None and other is not None and not apart(one, other)


def _overlap(one: str, other: str) -> bool:
    """Whether two names share a stretch of two characters, sides aside: 河边小广场, 小广场东头; 地下车库, 车库里头."""
    first, second = SIDES.sub("", one) or one, SIDES.sub("", other) or other
    if first in second or second in first:
        return True
    return any(first[i : i + 2] in second for i in range(len(first) - 1))
