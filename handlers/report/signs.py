"""What a week or a month shows across rooms: tendencies, bursts, early signs.

Words are read and never kept: only counts leave.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import sqrt
from typing import Any

from handlers.policy.reports import Reporting
from handlers.report.figures import may_name
from handlers.report.periods import Period, Span
from models.reports import Opened
from nlp.employers import employers

LIST_LENGTH = 20


def signs(
    rule: Reporting,
    week: Period,
    common: frozenset[str],
    now: Sequence[Opened],
    before: Sequence[tuple[int, str, datetime]],
    areas: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """What is unusual in the week: matters and waiting signals of the week, and (node, category, time) of those before.

    common: words that say nothing of what a matter is. areas: the name of the area of each node, where these count too.
    What came up less often than the policy's smallest count is left out. A month has no weekdays to compare.
    """
    seen = [one for one in now if may_name(one.category, one.flags)]
    certain = [one for one in seen if not one.doubtful]
    earlier = [row for row in before if may_name(row[1], ())]
    weeks = _weeks(week, earlier)
    return {
        "weeks": weeks,
        "tendencies": [row for row in _tendencies(certain, earlier, weeks) if row[1] >= rule.least or not row[1]],
        "bursts": [row for row in _bursts(rule, week, certain, earlier, weeks) if row[2] >= rule.least],
        "areas": [] if areas is None else _areas(rule, certain, earlier, weeks, areas),
        "signs": [row for row in _signs(rule, seen, _places(week, earlier, weeks), common) if row[2] >= rule.least],
        "doubtful": sum(one.doubtful for one in seen),
    }


def _weeks(week: Period, earlier: Iterable[tuple[int, str, datetime]]) -> int:
    """How many whole weeks (or months) before this one there is anything to compare with."""
    first, length = min((at for _, _, at in earlier), default=week.since), week.until - week.since
    return (week.since - first) // length + (1 if (week.since - first) % length else 0)


def _tendencies(now: Sequence[Opened], earlier: Sequence[tuple[int, str, datetime]], weeks: int) -> list[list[Any]]:
    """[category, count now, count in all weeks before], the largest first."""
    counts, usual = Counter(one.category for one in now), Counter(category for _, category, _ in earlier)
    rows: list[list[Any]] = [
        [category, counts[category], usual[category]] for category in counts | (usual if weeks else Counter())
    ]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))


def _bursts(
    rule: Reporting, week: Period, now: Sequence[Opened], earlier: Sequence[tuple[int, str, datetime]], weeks: int
) -> list[list[Any]]:
    """[category, weekday, count, count on that weekday in all weeks before, nodes] where a day is far above the usual.

    Far: three times the spread that chance alone would give, and at least burst_at_least.
    """
    if not weeks or week.span is not Span.WEEK:
        return []
    zone = week.zone
    usual = Counter((category, at.astimezone(zone).weekday()) for _, category, at in earlier)
    days: dict[tuple[str, int], list[int]] = {}
    for one in now:
        days.setdefault((one.category, one.at.astimezone(zone).weekday()), []).append(one.node_id)
    found: list[list[Any]] = []
    for (category, day), nodes in days.items():
        mean = usual[category, day] / weeks
        if len(nodes) >= rule.burst_at_least and len(nodes) > mean + 3 * sqrt(max(mean, 1)):
            found.append([category, day, len(nodes), usual[category, day], len(set(nodes))])
    return sorted(found, key=lambda row: (-row[2], row[1], row[0]))[:LIST_LENGTH]


def _areas(
    rule: Reporting,
    now: Sequence[Opened],
    earlier: Sequence[tuple[int, str, datetime]],
    weeks: int,
    areas: Mapping[int, str],
) -> list[list[Any]]:
    """[category, area, count, count in all weeks before] where a category is far above what is usual in an area."""
    if not weeks:
        return []
    counts = Counter((one.category, areas[one.node_id]) for one in now if one.node_id in areas)
    usual = Counter((category, areas[node_id]) for node_id, category, _ in earlier if node_id in areas)
    found: list[list[Any]] = []
    for (category, area), count in counts.items():
        mean = usual[category, area] / weeks
        if count >= max(rule.burst_at_least, rule.least) and count > mean + 3 * sqrt(max(mean, 1)):
            found.append([category, area, count, usual[category, area]])
    return sorted(found, key=lambda row: (-row[2], row[0], row[1]))[:LIST_LENGTH]


def _signs(
    rule: Reporting, now: Sequence[Opened], usual: Mapping[str, float] | None, common: frozenset[str]
) -> list[list[Any]]:
    """[why, category, matters, nodes] of what appears in several micro-grids, each category once, the surest first.

    employer: they name the same company or shop; words: they say the same, in more places than usual; category: it is
    in far more places than usual. usual: in how many places a category is in a week; None: nobody knows yet.
    """
    found: dict[str, list[Any]] = {}
    places = {category: {one.node_id for one in now if one.category == category} for category in _categories(now)}
    for why, least, groups in (
        ("employer", 2, _by(now, lambda one: employers(one.text))),
        ("words", rule.sign_nodes, _by(now, lambda one: {w for w in one.evidence if len(w) > 1 and w not in common})),
    ):
        for (category, _), members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
            nodes = {one.node_id for one in members}
            rare = why == "employer" or usual is None or len(places[category]) > usual.get(category, 0)
            if len(nodes) >= least and rare:
                found.setdefault(category, [why, category, len(members), len(nodes)])
    for category, nodes in places.items():
        if usual is not None and len(nodes) >= rule.sign_nodes and len(nodes) > 2 * usual.get(category, 0):
            matters = sum(one.category == category for one in now)
            found.setdefault(category, ["category", category, matters, len(nodes)])
    order = ("employer", "words", "category")
    return sorted(found.values(), key=lambda row: (order.index(row[0]), -row[3], -row[2], row[1]))[:LIST_LENGTH]


def _categories(now: Sequence[Opened]) -> list[str]:
    return sorted({one.category for one in now})


def _by(now: Sequence[Opened], keys: Callable[[Opened], Iterable[str]]) -> dict[tuple[str, str], list[Opened]]:
    """The matters of each category and key."""
    groups: dict[tuple[str, str], list[Opened]] = {}
    for one in now:
        for key in keys(one):
            groups.setdefault((one.category, key), []).append(one)
    return groups


def _places(week: Period, earlier: Sequence[tuple[int, str, datetime]], weeks: int) -> Mapping[str, float] | None:
    """In how many micro-grids each category was in a week before, on average."""
    if not weeks:
        return None
    seen = {(category, node_id, (week.since - at) // (week.until - week.since)) for node_id, category, at in earlier}
    return {category: count / weeks for category, count in Counter(category for category, _, _ in seen).items()}
