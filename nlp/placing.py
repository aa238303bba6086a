"""Compare two normalised places: same, one inside the other, or apart."""

import re

_PART = re.compile(r"([A-Z]?[0-9]+|[A-Z])(号楼|号院|栋|幢|座|单元|楼|层|室|号|巷|弄|组|社|队|期|区|街|门)")
_BUILDING = {"幢": "栋", "座": "栋", "号楼": "栋", "层": "楼"}  # said of the same thing


def parts(place: str) -> dict[str, str]:
    """The numbered parts of a place: "3栋2单元" → {"栋": "3", "单元": "2"}."""
    return {_BUILDING.get(unit, unit): number for number, unit in _PART.findall(place)}


def apart(one: str | None, other: str | None) -> bool:
    """Whether two places certainly differ; a place that is not named differs from none."""
    if one is None or other is None or one in other or other in one:
        return False
    first, second = parts(one), parts(other)
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
    """Whether two names share a stretch of three characters: 河边小广场, 小广场东头."""
    return any(one[i : i + 3] in other for i in range(len(one) - 2))
