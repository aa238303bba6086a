"""Urgency, emergencies and flags of a message that matters."""

import re

from nlp.alarms import calmed
from nlp.features import Reading
from nlp.understanding import Flag, Urgency

_VERY_SURE = 2.7  # logits above the threshold at which the learned head needs no pattern
_CRY_CHARACTERS = frozenset("活百见生腕药死楼河杀")  # each alternative of _CRY has one; a quick test for every message
_CRY = re.compile(
    r"不想活(?!动|泼)|活不下去|活够了|活着.{0,3}没(?:意思|劲|意义|盼头)|一了百了|寻短见|轻生|割腕|喝农药|"
    r"(?:我|真的|真|好)想死(?!你|我|他|她|了你)|(?:有人|要|想)(?:跳楼|跳河|自杀)"
)
_RARE = {"missing": 1.5, "collapse": 1.0}  # logits granted to what is worded in ever new ways
_DENIED = re.compile(r"(?:[没不别冇]|没有|不会|不要)$")


def labelled(reading: Reading, name: str) -> list[tuple[str, int, int]]:
    """(class, start, end) of each hit of one list."""
    return [(e.name, hit.start, hit.end) for hit in reading.hits for e in hit.entries if e.list == name]


def emergency(reading: Reading, logit: float, cut: float) -> bool:
    """Fire, gas, somebody trapped, missing or collapsed, now and here.

    logit is the learned head's. It and the patterns of alarms.py must agree, or the head must be very sure.
    """
    if not reading.alarms:
        return logit >= cut + _VERY_SURE
    return logit >= cut - max(_RARE.get(name, 0.0) for name in reading.alarms)


def may_cry(text: str) -> bool:
    """Whether a text has direct words of suicide; such a text is never dropped by the first score."""
    return not _CRY_CHARACTERS.isdisjoint(text) and _CRY.search(text) is not None


def cry(reading: Reading) -> bool:
    """Direct words of suicide that nothing turns off: the leader must hear of them, however low the score is."""
    return may_cry(reading.text) and not calmed(reading.labels())


def urgency(reading: Reading, logit: float, cut: float) -> Urgency:
    """HIGH when the learned head or several words of urgency.tsv say that it cannot wait."""
    words = {name for name, _, _ in labelled(reading, "urgency")}
    if logit >= cut or (len(words) >= 2 and logit >= cut - 1.5):
        return Urgency.HIGH
    return Urgency.NORMAL


def flags(reading: Reading) -> frozenset[Flag]:
    """What decides who may be told of the matter."""
    text = reading.text
    found: set[Flag] = set()
    for name, start, _ in labelled(reading, "flags"):
        flag = Flag(name)
        if flag in (Flag.VIOLENCE, Flag.SUICIDE, Flag.PETITION) and _denied(text, start):
            continue
        found.add(flag)
    return frozenset(found)


def _denied(text: str, start: int) -> bool:
    return bool(_DENIED.search(text[max(0, start - 3) : start]))
