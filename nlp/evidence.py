"""Name the words that decided, as pieces of the original text."""

import re
from collections.abc import Sequence

from nlp.features import Reading, Span

MOST = 4
"""Pieces that are named at most."""

LONGEST = 8
"""Characters up to which pieces that touch are named as one."""

_TELLING = re.compile(r"[\w]")
_IDLE = frozenset("的了是我你他她在有就都也不没人个这那啊吧呢吗嘛和跟把被给到去来说要会还又很太好上下里着过")
_IDLE_WORDS = frozenset(("我们", "你们", "他们", "一个", "这个", "那个", "什么", "怎么", "就是", "还是", "可以"))
_MEASURES = frozenset("个只条块次件张台把根盏辆间户口栋楼层号点天年月日分元米斤份位家套双遍回下些种")
_NUMBER = re.compile(r"[0-9一二三四五六七八九十两几.]+")
_SHARE = 0.3  # of the strongest piece's pull, below which a piece is not named


def evidence(reading: Reading, pulls: Sequence[tuple[int, int, float]], first: Span | None = None) -> tuple[str, ...]:
    """One to MOST readable pieces, the most telling first.

    pulls are (start, end, contribution) in the normalised text. A piece is a word of the lexicons or of
    the segmenter; pieces that touch are named as one. first stands before all others, whatever they weigh.
    """
    text = reading.text
    weight = [0.0] * len(text)
    for start, end, pull in pulls:
        if end > start:
            share = pull / (end - start)
            for index in range(start, end):
                weight[index] += share
    ranked = sorted(((sum(weight[s:e]), s, e) for s, e in _candidates(reading)), key=lambda item: (-item[0], item[1]))
    if first is not None:
        ranked = [(ranked[0][0] + 1, *first), *ranked] if ranked else [(1.0, *first)]
    chosen: list[tuple[float, int, int]] = []
    for pull, start, end in ranked:
        if chosen and pull < _SHARE * chosen[0][0]:
            break
        if all(end <= s or start >= e for _, s, e in chosen):
            chosen.append((pull, start, end))
        if len(chosen) == MOST:
            break
    return _pieces(reading, chosen)


def _candidates(reading: Reading) -> list[Span]:
    units = {i for hit in reading.hits for i in range(hit.start, hit.end) if hit.entries[0].label == "places:unit"}
    spans = [(hit.start, hit.end) for hit in reading.hits if hit.end - hit.start > 1 and hit.start not in units]
    covered = {index for start, end in spans for index in range(start, end)}
    single: list[Span] = []
    position = 0
    for word in reading.words:
        span = (position, position + len(word))
        position += len(word)
        if word in _IDLE or word in _IDLE_WORDS or not _TELLING.search(word) or span[0] in covered or span[0] in units:
            continue
        if word in _MEASURES or _NUMBER.fullmatch(word):
            continue
        (spans if len(word) > 1 else single).append(span)
    text = reading.text
    whole = [(0, len(text))] if _TELLING.search(text) and len(text) <= 12 else []
    spans = [(start, end) for start, end in spans if _TELLING.search(text[start:end])]
    return [*spans, *single] or whole


def _pieces(reading: Reading, chosen: Sequence[tuple[float, int, int]]) -> tuple[str, ...]:
    """Join what touches, cut from the original, drop doubles; order by pull."""
    joined: list[list[float]] = []
    for pull, start, end in sorted(chosen, key=lambda item: item[1]):
        if joined and joined[-1][2] == start and end - joined[-1][1] <= LONGEST:
            joined[-1][0] += pull
            joined[-1][2] = end
        else:
            joined.append([pull, start, end])
    joined.sort(key=lambda item: -item[0])
    pieces = (reading.normal.cut(int(start), int(end)).strip() for _, start, end in joined)
    return tuple(dict.fromkeys(piece for piece in pieces if piece and not any("\ud800" <= c < "\ue000" for c in piece)))
