"""What speaks for or against a message being a part of a matter: the names of the features that Pairing weighs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlp.matters import Known, loud
from nlp.placing import apart
from nlp.understanding import Understanding, Utterance

_GAPS = (20, 60, 150, 400, 900, 1800, 7200, 43200, 129600, 260000)  # seconds
_PAUSES = (8, 20, 45, 90, 240, 900)  # seconds since the last message of the room
_SCORES = (0.0005, 0.002, 0.006, 0.015, 0.04, 0.1, 0.2, 0.35, 0.6, 0.85)
_LENGTHS = (2, 4, 7, 11, 16, 24, 40)
_TALKING = 3  # bucket of _PAUSES up to which people answer each other
_LONGEST = 48  # characters of a message that are weighed
_MARKS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("me", "我|俺|咱|侬|阿拉|人家"),
        ("you", "你|您|侬"),
        ("asks", r"[?？]|[吗没呢么]\W*$|什么|啥|咋|哪|几时|几点|几多|谁|边个|多少|怎么"),
        ("laughs", r"哈哈|嘿嘿|呵呵|\[(?:偷笑|捂脸|呲牙|奸笑|笑哭|坏笑)\]|😂|🤣"),
        ("points", "这|那|它|佢|该"),
        ("on", "又|还|仲|再|继续|照样|仍|依旧|依然"),
        ("also", "也|都|同样|一样|同"),
        ("advice", "快|赶紧|报警|打电话|去找|找|别|莫|不要|先|可以|试试|算了|要不|拍|问"),
        ("number", "[0-9一二三四五六七八九十两百千万]"),
        ("time", "昨|今|前天|早上|晚上|上次|上个?月|去年|刚才|刚刚|那天|夜里|半夜"),
        ("another", "还有|另外|顺便|对了|再说一个|再问|另一件|别的事"),
    )
)
_LENGTH_MATTERS = frozenset(("me", "also", "asks", "on", "time"))
_ASKS = dict(_MARKS)["asks"]
_HEADS = frozenset("我俺你这那还又也是就都不有没")
_NO_WORDS = frozenset("的了是我你他她它们这那有在不就也都还又人个一么什啊呀吧呢吗嘛哦，。！？,.!? ~、…\n")


@dataclass(frozen=True, slots=True)
class Said:
    """What is asked of a new message once, whatever it is compared with."""

    new: Utterance
    meaning: Understanding
    marks: tuple[str, ...]
    length: str
    score: str
    grams: frozenset[str]
    pairs: tuple[str, ...]  # two telling characters in a row
    signs: frozenset[str]  # telling characters
    last: Utterance | None = None  # what was said just before
    mine: Utterance | None = None  # what the sender said last

    @property
    def band(self) -> str:
        return f"band {self.meaning.band.value}"


def said(new: Utterance, meaning: Understanding, past: Sequence[Utterance]) -> Said:
    """new, read as meaning, ready to be compared. past: what was said before, oldest first."""
    text = new.text.strip()[:_LONGEST]
    marks = [name for name, pattern in _MARKS if pattern.search(text)]
    marks += sorted(f"cue {cue.value}" for cue in meaning.cues)
    if new.pictures:
        marks.append("picture, words" if text else "picture")
    if new.pin:
        marks.append("pin")
    if "@" in text:
        marks.append("at")
    if text[:1] in _HEADS:
        marks.append("^" + text[0])
    pairs = (text[i : i + 2] for i in range(len(text) - 1))
    return Said(
        new,
        meaning,
        tuple(marks),
        f"length {_bucket(len(text), _LENGTHS)}",
        f"score {_bucket(meaning.score, _SCORES)}",
        frozenset(
            {
                *text,
                *(text[i : i + 2] for i in range(len(text) - 1)),
                "^" + text[:1],
                "^" + text[:2],
                text[-1:] + "$",
                text[-2:] + "$",
            }
        ),
        tuple(pair for pair in pairs if not (pair[0] in _NO_WORDS or pair[1] in _NO_WORDS)),
        frozenset(text) - _NO_WORDS,
        past[-1] if past else None,
        next((one for one in reversed(past) if one.sender == new.sender), None),
    )


def role(new: Utterance, known: Known) -> str:
    """What the sender of new is to a matter."""
    return "own" if new.sender == known.opener else "member" if new.sender in known.senders else "other"


def pair_features(one: Said, known: Known, past: Sequence[Utterance], rank: int) -> Iterator[str]:
    """The names of what speaks for or against one being a part of known. rank: how many matters are fresher."""
    who = role(one.new, known)
    where = "far" if known.position is None else "near"
    gap = _bucket((one.new.at - known.last).total_seconds(), _GAPS)
    yield f"{where} {who}"
    yield f"{who} gap {gap}"
    if known.position is not None:
        yield from _position_features(one, known, past[known.position + 1 :], who, gap)
        yield f"{who} rank {min(rank, 3)}"
    kin = _kin(one.meaning, known)
    yield from _meaning_features(one, known, who, where, kin)
    yield from _scene_features(one, known, who)
    for shape in (one.length, one.score, one.band):
        yield f"{where} {who} {shape}"
    for mark in one.marks:
        yield f"{who} {mark}"
        yield f"{where} {who} {mark} kin {kin}"
        if mark in _LENGTH_MATTERS:
            yield f"{who} {mark} {one.length}"
    if one.new.quotes is not None:
        yield f"{who} quotes {'it' if one.new.quotes in known.ids else 'else'}"


def _position_features(one: Said, known: Known, between: Sequence[Utterance], who: str, gap: int) -> Iterator[str]:
    """What was said since the matter was last spoken of."""
    others = mine = 0
    for other in between:
        if other.sender == one.new.sender:
            mine += 1
        elif other.sender not in known.senders:
            others += 1
    yield f"{who} others {min(others, 6)}"
    yield f"{who} others {min(others, 4)} {one.score}"
    yield f"{who} mine {min(mine, 3)}"
    yield f"{who} gap {gap} {one.length}"
    if not between:
        yield f"{who} next"
        yield f"{who} next gap {gap}"
        return
    last = between[-1]
    after = "me" if last.sender == one.new.sender else "member" if last.sender in known.senders else "stranger"
    yield f"{who} after {after}"
    if _ASKS.search(last.text):
        yield f"{who} after question"


def _meaning_features(one: Said, known: Known, who: str, where: str, kin: str) -> Iterator[str]:
    """Category, kind, place and words of both."""
    meaning, kind = one.meaning, known.meaning.kind.value
    place = _places(meaning.place or one.new.pin, known.place)
    shared = min(sum(pair in known.text for pair in one.pairs), 3)
    signs = min(sum(sign in known.text for sign in one.signs), 4)
    yield f"{where} {who} kin {kin}"
    yield f"{where} {who} kin {kin} {one.band}"
    yield f"{who} kin {kin} {one.score}"
    if meaning.leanings and known.meaning.leanings:
        yield f"{who} leanings {len(set(meaning.leanings) & set(known.meaning.leanings))}"
    yield f"{where} {who} place {place}"
    yield f"{who} place {place} kin {kin}"
    yield f"{where} {who} shared {shared}"
    yield f"{who} shared {shared} kin {kin}"
    yield f"{where} {who} signs {signs}"
    yield f"{who} signs {signs} {one.length}"
    yield f"{who} kind {kind}"
    yield f"{who} kind {kind} {one.band} {meaning.kind.value}"
    if "me" in one.marks and "asks" not in one.marks and "you" not in one.marks:
        yield f"{who} tells of himself"
        yield f"{who} tells of himself shared {shared}"


def _scene_features(one: Said, known: Known, who: str) -> Iterator[str]:
    """What was said just before, and what the sender said last, seen from the matter."""
    for mark in one.marks:
        yield f"{who} {mark} kind {known.meaning.kind.value}"
    yield f"{who} of {known.meaning.category}"
    yield f"{who} kind {known.meaning.kind.value} {one.length}"
    yield f"{who} senders {min(len(known.senders), 4)}"
    yield f"{who} messages {min(len(known.ids), 6)}"
    last, mine, at = one.last, one.mine, one.new.at
    if last is None:
        return
    inside = "in" if last.id in known.ids else "out"
    by = "me" if mine is last else "member" if last.sender in known.senders else "stranger"
    yield f"{who} last {by} {inside} {'held' if last.held else 'loose'}"
    yield f"{who} last {by} {inside} pause {_bucket((at - last.at).total_seconds(), _PAUSES)}"
    yield f"{who} last {inside} {one.length}"
    if mine is None:
        yield f"{who} first words"
    else:
        told = "in" if mine.id in known.ids else "out"
        yield f"{who} mine {told} {_bucket((at - mine.at).total_seconds(), _GAPS)}"


def new_features(one: Said, knowns: Sequence[Known]) -> Iterator[str]:
    """What speaks for a matter of its own, beside these that are known."""
    roles = {role(one.new, known) for known in knowns if known.position is not None}
    beside = next((name for name in ("own", "member", "other") if name in roles), "far" if knowns else "none")
    yield "new"
    yield f"new beside {beside}"
    for shape in (one.length, one.score, one.band):
        yield f"new {shape}"
        yield f"new beside {beside} {shape}"
    yield f"new {one.meaning.kind.value}"
    yield f"new place {one.meaning.place is not None}"
    for mark in one.marks:
        yield f"new {mark}"
    yield from _opening_features(one)


def _opening_features(one: Said) -> Iterator[str]:
    """What was said just before a message that may begin something, or only answer."""
    last, mine, at = one.last, one.mine, one.new.at
    if last is None:
        yield "new first"
        return
    pause = _bucket((at - last.at).total_seconds(), _PAUSES)
    after = "me" if mine is last else "others"
    yield f"new after {after}"
    yield f"new after {after} pause {pause}"
    yield f"new after {after} {one.score}"
    if after == "others" and _ASKS.search(last.text):
        yield "new after question"
        yield f"new after question pause {pause}"
    if after == "others" and pause <= _TALKING:
        yield f"new in talk {one.score}"
        yield f"new in talk {one.length}"
    if mine is None:
        yield f"new first words {one.score}"
    else:
        yield f"new mine {_bucket((at - mine.at).total_seconds(), _GAPS)}"
        yield f"new mine {'held' if mine.held else 'loose'}"


def ranks(knowns: Sequence[Known]) -> list[int]:
    """Of each matter, how many were spoken of later."""
    return [sum(other.last > known.last for other in knowns) for known in knowns]


def _kin(meaning: Understanding, known: Known) -> str:
    """How near the categories are."""
    category = known.meaning.category
    if not loud(meaning):
        if not meaning.leanings:
            return "chatter"
        leans = category == meaning.leanings[0]
        return "leans" if leans else "leans a bit" if category in meaning.leanings else "leans away"
    if not loud(known.meaning):
        return "unknown"
    if meaning.category == category:
        return "same"
    if category in meaning.leanings:
        return "second" if category in meaning.leanings[:2] else "third"
    return "kind" if meaning.kind is known.meaning.kind else "alien"


def _places(one: str | None, other: str | None) -> str:
    if one is None or other is None:
        return "none" if one is other else "told" if other is None else "missing"
    return "apart" if apart(one, other) else "same"


def _bucket(value: float, edges: Sequence[float]) -> int:
    return sum(value >= edge for edge in edges)
