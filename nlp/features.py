"""Features of a text: what the linear model weighs, and where in the text each stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import add

from nlp.alarms import Alarms, calmed
from nlp.lexicons import Hit, Lexicons
from nlp.normalise import Normal
from nlp.segment import Segmenter

GRAMS, WORDS, CLASSES = 0, 1, 2
"""The blocks of features; each is scaled to length 1 by itself, so that none drowns the others."""

_DIGITS = re.compile(r"[0-9]+")
_ODD = re.compile(r"[^\w\s,.!?]")
_LENGTHS = (3, 5, 8, 12, 18, 28, 45, 80, 150)
_PLACE = re.compile(r"[0-9a-z一二三四五六七八九十两]+(?:栋|幢|号楼|座|单元|楼|层|室|号|巷|组|社|队|期|门)")
_MONEY = re.compile(r"[0-9一二三四五六七八九十两百千万几]+(?:块|元|万|蚊|百|千)")
_PHONE = re.compile(r"1[0-9]{10}|1[0-9]{2}\*{4}[0-9]{4}|[0-9]{7,8}")
_CROSSED = ("things", "faults", "needs", "parties")
_TURNS = ("turnoffs", "times", "cues")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the classifier and the extractors see it."""

    normal: Normal
    words: Sequence[str]
    hits: Sequence[Hit]
    alarms: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return self.normal.text

    def labels(self) -> set[str]:
        """All "list:class" labels that the text hits."""
        return {entry.label for hit in self.hits for entry in hit.entries}


class Reader:
    """Segments a normalised text and looks its words up in the lexicons."""

    def __init__(self, lexicons: Lexicons, segmenter: Segmenter) -> None:
        self._lexicons = lexicons
        self._segmenter = segmenter
        self._alarms = Alarms()

    def __call__(self, normal: Normal) -> Reading:
        words = self._segmenter(normal.text)
        return Reading(normal, words, self._lexicons.hits(normal.text, words), self._alarms(normal.text))


def fold(text: str) -> str:
    """text with every digit as 0, so that 3栋 and 12栋 share their n-grams; same length."""
    return _DIGITS.sub(lambda found: "0" * len(found[0]), text)


def names(reading: Reading) -> tuple[set[str], set[str], set[str]]:
    """The names of all features by block: n-grams, words, classes."""
    edged = f"^{fold(reading.text)}$"
    grams = {*edged, *map(add, edged, edged[1:]), *(edged[i : i + 3] for i in range(len(edged) - 2))}
    words = [word for word in map(fold, reading.words) if not word.isspace()]
    pairs = (f"{one} {other}" for one, other in zip(["^", *words], [*words, "$"], strict=True))
    classes = {name for name, _ in _classes(reading)}
    classes.update(_shapes(reading))
    return grams, {*words, *pairs}, classes


def spans(reading: Reading) -> list[tuple[int, str, Span]]:
    """(block, name, span in the normalised text) wherever a feature of names() stands; slower, for evidence."""
    text = reading.text
    edged, last = f"^{fold(text)}$", len(text)
    found: list[tuple[int, str, Span]] = []
    for size in (1, 2, 3):
        count = len(edged) - size + 1
        starts = [0, *range(count - 1)][:count]
        ends = [*range(size - 1, len(edged) - 1), last][:count]
        names = (edged[i : i + size] for i in range(count))
        found.extend(zip(repeat(GRAMS, count), names, zip(starts, ends, strict=True), strict=True))
    before, before_start, position = "^", 0, 0
    for word in reading.words:
        end = position + len(word)
        if not word.isspace():
            found.append((WORDS, fold(word), (position, end)))
            found.append((WORDS, f"{before} {fold(word)}", (before_start, end)))
            before, before_start = fold(word), position
        position = end
    found.append((WORDS, f"{before} $", (before_start, position)))
    found.extend((CLASSES, name, span) for name, span in _classes(reading))
    return found


def _classes(reading: Reading) -> Iterator[tuple[str, Span]]:
    """What the lexicons say: labels, categories pointed at, and things × faults and the like."""
    by_list: dict[str, dict[str, Span]] = {}
    codes: dict[str, set[str]] = {}
    for hit in reading.hits:
        span = (hit.start, hit.end)
        for entry in hit.entries:
            yield entry.label, span
            by_list.setdefault(entry.list, {}).setdefault(entry.name, span)
            for code in entry.codes:
                yield f"code:{code}", span
                codes.setdefault(code, set()).add(entry.list)
    for code, lists in codes.items():
        if len(lists) > 1:
            yield f"codes:{code}", (0, 0)
    for i, one in enumerate(_CROSSED):
        if one not in by_list:
            continue
        for other in (*_CROSSED[i + 1 :], *_TURNS):
            if other not in by_list:
                continue
            for name, span in by_list[one].items():
                for name2, span2 in by_list[other].items():
                    crossed = f"{one}:{name}+{other}:{name2}"
                    yield crossed, span
                    yield crossed, span2


def _shapes(reading: Reading) -> list[str]:
    """What a text looks like: its length, its end, numbers, signs."""
    text = reading.text.strip()
    shapes = [f"alarm:{alarm}" for alarm in reading.alarms]
    if reading.alarms:
        shapes.append("alarm:calmed" if calmed(reading.labels()) else "alarm:open")
    shapes += [f"length:{sum(len(text) > n for n in _LENGTHS)}", *(f"sign:{sign}" for sign in reading.normal.signs)]
    if reading.normal.signs:
        shapes.append("signs")
    for name, pattern in (("place", _PLACE), ("money", _MONEY), ("phone", _PHONE), ("odd", _ODD)):
        if pattern.search(text):
            shapes.append(f"has:{name}")
    if text.endswith(("?", "吗", "呢", "么")):
        shapes.append("ends:question")
    if "!!" in text or text.endswith("!"):
        shapes.append("has:shout")
    if not any("一" <= char <= "鿿" for char in text):
        shapes.append("no:han")
    return shapes
