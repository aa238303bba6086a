"""Compare the tickets of a conversation with the expected ones, and count what is right.

The unit is the matter: an expected ticket, or one that was found. Two belong together by the messages that
they hold; each has at most one partner.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.places import normal_place
from nlp.placing import same
from nlp.talks import Expected

PETITION = "group_petition"


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket (act) or waiting signal (ask) at the end of a conversation."""

    label: str
    kind: str
    category: str
    place: str | None
    messages: tuple[str, ...]
    requesters: tuple[str, ...] = ()
    act: bool = True
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The partners by index, and the counts: see NAMES in bench/talks.py."""

    partner: dict[int, int]  # index of the expected → index of the found
    counts: Counter[str]


def compare(expected: Sequence[Expected], found: Sequence[Found]) -> Match:
    """Pair expected and found matters by overlap of their messages, and count."""
    partner = _pairs(expected, found)
    counts: Counter[str] = Counter(talks=1, wanted=sum(not matter.withdrawn for matter in expected))
    for index, matter in enumerate(expected):
        if matter.withdrawn:
            counts["taken_back"] += 1
            counts["taken_back_right"] += index not in partner
        elif index in partner:
            counts.update(_judge(matter, found[partner[index]]))
        else:
            counts["missed"] += 1
        holders = [one for one in found if not one.withdrawn and _overlap(matter, one)]
        alone = len(holders) == 1 and not _mixed(expected, holders[0])
        counts["joined"] += not matter.withdrawn and alone and _agree(matter, holders[0])
        counts["split"] += not matter.withdrawn and len(holders) > 1
    counts["mixed"] = sum(_mixed(expected, one) for one in found)
    counts.update(_extra(expected, found, set(partner.values())))
    return Match(partner, counts)


def _pairs(expected: Sequence[Expected], found: Sequence[Found]) -> dict[int, int]:
    """Greedy by overlap, the right kind first. What was withdrawn has no partner; the wanted ones choose first."""
    candidates = sorted(
        (
            (matter.withdrawn, -overlap, matter.kind != one.kind, len(one.messages), i, j)
            for i, matter in enumerate(expected)
            for j, one in enumerate(found)
            if not one.withdrawn and (overlap := _overlap(matter, one))
        ),
    )
    partner: dict[int, int] = {}
    for *_, i, j in candidates:
        if i not in partner and j not in partner.values():
            partner[i] = j
    return partner


def _judge(matter: Expected, one: Found) -> Counter[str]:
    """How well a found matter meets its expected one."""
    counts: Counter[str] = Counter()
    wanted, held = set(matter.messages), set(one.messages)
    counts["messages_wanted"], counts["messages_held"] = len(wanted), len(held)
    counts["messages_right"] = len(wanted & held)
    if matter.kind != one.kind:
        counts["wrong_kind"] = 1
        return counts
    counts["kind_right"] = 1
    counts["right" if wanted == held else "partly"] = 1
    counts["people"] = _agree(matter, one)
    counts["category"] = matter.category == one.category
    if matter.place is not None:
        counts["placed"] = 1
        counts["place"] = same(normal_place(matter.place), one.place)
    return counts


def _extra(expected: Sequence[Expected], found: Sequence[Found], paired: set[int]) -> Counter[str]:
    """Found matters that nobody wanted. A withdrawn one is none if its messages were wanted or taken back."""
    counts: Counter[str] = Counter()
    for index, one in enumerate(found):
        if index in paired or (one.withdrawn and any(_overlap(matter, one) for matter in expected)):
            continue
        counts["extra_tickets" if one.act else "extra_signals"] += 1
    return counts


def _mixed(expected: Sequence[Expected], one: Found) -> bool:
    """Whether it holds messages of two matters."""
    return sum(_overlap(matter, one) > 0 for matter in expected) > 1


def _agree(matter: Expected, one: Found) -> bool:
    """Whether kind and requesters are as expected; of who calls for a petition no list is kept, on purpose."""
    if matter.category == one.category == PETITION:
        return True
    return matter.kind == one.kind and set(matter.requesters) == set(one.requesters)


def _overlap(matter: Expected, one: Found) -> int:
    return len(set(matter.messages) & set(one.messages))
