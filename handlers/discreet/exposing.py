"""What must not stand in what a whole village reads: whose phone, card, flat or poverty it is."""

import re
from collections.abc import Collection, Iterator, Sequence

from handlers.discreet.name_words import CLEAN, COMPOUND, FIGURES, ORDINARY, PLACES, STEPPE, WORDY
from models.masking import hidden

_RUN = re.compile(r"[\u4e00-\u9fff]+")
_MARKED = re.compile(
    r"[\u4e00-\u9fff](?:[*＊×xXｘＸ○〇●△□]{1,2}[\u4e00-\u9fff]?|某{1,2}[\u4e00-\u9fff]?)|[\u4e00-\u9fff]{1,8}[·•][\u4e00-\u9fff]{1,8}"
)
"""张*三, 李某, 王某某, 陈XX; 阿依·古丽."""
_SPACED = re.compile(r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff](?:[ \u3000][\u4e00-\u9fff]){1,2}(?![\u4e00-\u9fff])")
"""王 桂 花."""
_FIGURE = re.compile(r"[\s:：,，]{0,2}\d[\d.,]*\s*(?:元|块|户|口|人|角|月|号)")
_STEPPE = re.compile(
    rf"(?:{'|'.join(STEPPE)})(?![\u4e00-\u9fff]{{0,2}}(?:嘎查|苏木|旗|镇|村|组|社区|县|市|草原))[\u4e00-\u9fff]{{0,3}}"
)
_LONGEST = max(map(len, ORDINARY))
_BY_ITSELF = (2, 4)
"""So many characters a name has that stands by itself."""


def personal(text: str) -> list[str]:
    """Phones, numbers of cards, flats: what no group may read of anybody, as it was written."""
    return list(dict.fromkeys(hidden(text)))


def sensitive_word(text: str, sensitive: Collection[str]) -> str | None:
    """The first word of need or debt that the text speaks of."""
    return next((word for word in sensitive if word in text), None)


def named(text: str, sensitive: Collection[str]) -> tuple[str, list[str]] | None:
    """A word of need or debt in the text and what looks like names beside it, if there are both.

    What a notice says is known (ORDINARY); of what is left, whatever begins like a name is taken for one, and so is
    what stands by itself with a figure behind it. Rather a notice too much goes back than one name goes out.
    """
    word = sensitive_word(text, sensitive)
    if word is None:
        return None
    spaced = (match[0] for match in _SPACED.finditer(text) if match[0][0] in CLEAN | WORDY)
    names = list(dict.fromkeys([*(match[0] for match in _MARKED.finditer(text)), *spaced, *_names(text)]))
    return (word, names) if names else None


def _names(text: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        yield from _STEPPE.findall(run[0])
        pieces = list(_cut(run[0]))
        # 万小燕: the family name is an ordinary word, the rest is none.
        if run[0][0] in WORDY and _stands_alone(run[0], pieces):
            yield run[0]
            continue
        for place, (piece, known) in enumerate(pieces):
            if known:
                continue
            behind = pieces[place + 1][0] if place + 1 < len(pieces) else ""
            alone = len(pieces) == 1
            found = _name(piece, behind, alone=alone)
            if (
                found is None
                and alone
                and _FIGURE.match(text, run.end())
                and _fits(piece)
                and piece[-1] not in FIGURES | PLACES
            ):
                found = piece
            if found is not None:
                yield found


def _cut(run: str) -> Iterator[tuple[str, bool]]:
    """The run in pieces: ordinary words, the longest first, and what is left between them."""
    left, at = "", 0
    while at < len(run):
        size = next((size for size in range(min(_LONGEST, len(run) - at), 0, -1) if run[at : at + size] in ORDINARY), 0)
        if size == 0:
            left += run[at]
            at += 1
            continue
        if left:
            yield left, False
            left = ""
        yield run[at : at + size], True
        at += size
    if left:
        yield left, False


def _stands_alone(run: str, pieces: Sequence[tuple[str, bool]]) -> bool:
    """Whether what stands between two marks is as long as a name, no place, and not made of ordinary words alone."""
    if not _fits(run) or run[-1] in PLACES | FIGURES or all(known for _, known in pieces):
        return False
    return not any(known and piece[0] in PLACES for piece, known in pieces)


def _fits(piece: str) -> bool:
    return _BY_ITSELF[0] <= len(piece) <= _BY_ITSELF[1]


def _name(piece: str, behind: str, *, alone: bool) -> str | None:
    """What of a piece that is no ordinary word looks like a name.

    behind: the ordinary word that follows. alone: nothing but the piece stands between two marks.
    """
    place = behind[:1] in PLACES or piece[-1] in PLACES
    if any(part in piece for part in COMPOUND):
        return piece
    for at, sign in enumerate(piece):
        rest = piece[at:]
        if sign in CLEAN and not place:
            if len(rest) > 1:
                return rest[:3] if at else rest
            if behind:  # 王大爷, 周建国, 王五
                return rest + behind
    if alone and piece[0] in WORDY and _fits(piece) and not place:
        return piece
    return None
