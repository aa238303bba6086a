"""Normalise chat text, and keep the way back so that evidence can be cut from the original."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from operator import add

MAX_LENGTH = 2000
"""Characters of a message that are read; the rest of a longer one is ignored."""

_GONE = "\0"  # stands for a character that must vanish, until the slow path removes it

# Zero-width characters, direction marks, variation selectors and lone surrogates carry no meaning and hide words.
_INVISIBLE = (
    *range(0x09), *range(0x0B, 0x0D), *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E,
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF,
    *range(0xFFF0, 0xFFFC), *range(0xD800, 0xE000), *range(0x1F3FB, 0x1F400), *range(0xE0000, 0xE0200),
)  # fmt: skip
_SPACES = (0x09, 0x0A, 0x0D, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)

# A cheap test that most messages fail: nothing in them to strip.
_SUSPECT = re.compile(r"[\0@\[「<]|://|www\.")
_QUOTE_HEAD = re.compile(r"\s*「[^」]{0,1500}」\s*(?:[-—]\s?){3,}\s*")
_LINK = re.compile(r"(?:https?://|www\.)[!-~]+")
_MARKUP = re.compile(r"</?[a-z][^<>]{0,200}>")
_MENTION = re.compile(r"@([^\s@,.!?;:]{1,20})(?:\s|$)")
_SIGN = re.compile(r"\[([^\[\]\s]{1,6})\]")
_STAFF = re.compile(r"物业|网格|管家|客服|书记|主任|社区|村委|居委|保安|经理|小哨|wy|站长|村长|组长")
_EVERYBODY = re.compile(r"所有人|all")


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised text and its relation to the original.

    text is NFKC, simplified, lower-case, stripped of quotes, @names, emoji codes and links, and in plain words
    for dialect ones. text[i] stands for original[starts[i]:ends[i]]; starts None means that indices are the same.
    signs are the names of what was stripped and still tells something: emoji codes ("捂脸"),
    "@staff", "@all", "@name", "link", "quote".
    """

    original: str
    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    signs: tuple[str, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in original of text[start:end]; 0 ≤ start < end ≤ len(text)."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def cut(self, start: int, end: int) -> str:
        """The piece of original that text[start:end] came from."""
        first, last = self.span(start, end)
        return self.original[first:last]


class Normaliser:
    """Turns a message into a Normal; holds the character table and the dialect words, built once."""

    def __init__(self) -> None:
        self._table = _character_table()
        dialect = _dialect(self._table)
        self._table |= {ord(word): plain for word, plain in dialect.items() if len(word) == len(plain) == 1}
        # The table works first, so longer words are looked for as it leaves them.
        rest = {
            word.translate(self._table): plain for word, plain in dialect.items() if not len(word) == len(plain) == 1
        }
        self._plain: Mapping[str, str] = rest
        self._dialect = _alternatives(rest)
        # Most messages have none of these beginnings: no search, which is ten times slower.
        self._single = frozenset(word for word in rest if len(word) == 1)
        self._beginnings = frozenset(word[:2] for word in rest)

    def fold(self, text: str) -> str:
        """The text in half width, lower case and simplified characters, one character for one."""
        return text.translate(self._table)

    def __call__(self, text: str) -> Normal:
        """Normalise the first MAX_LENGTH characters of text."""
        original = text[:MAX_LENGTH]
        even = original.translate(self._table)  # one character to one character: indices stay
        starts: list[int] | None = None
        if not unicodedata.is_normalized("NFKC", even):
            even, starts = _compatible(even, self._table)
        ends = None if starts is None else [index + 1 for index in starts]
        normal = Normal(original, even, starts, ends)
        if _SUSPECT.search(even) is not None:
            normal = _strip(normal)
        plain = normal.text
        if self._single.isdisjoint(plain) and self._beginnings.isdisjoint(map(add, plain, plain[1:])):
            return normal
        return normal if self._dialect.search(plain) is None else self._in_plain_words(normal)

    def word(self, word: str) -> str:
        """How a word of a list reads after normalising."""
        return self(word).text

    def _in_plain_words(self, normal: Normal) -> Normal:
        """Put the plain word for each dialect word; every character of it stands for the whole dialect word."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []

        def copy(first: int, last: int) -> None:
            pieces.append(normal.text[first:last])
            starts.extend(range(first, last) if normal.starts is None else normal.starts[first:last])
            ends.extend(range(first + 1, last + 1) if normal.ends is None else normal.ends[first:last])

        position = 0
        for found in self._dialect.finditer(normal.text):
            copy(position, found.start())
            plain = self._plain[found[0]]
            first, last = normal.span(*found.span())
            pieces.append(plain)
            starts.extend([first] * len(plain))
            ends.extend([last] * len(plain))
            position = found.end()
        copy(position, len(normal.text))
        return Normal(normal.original, "".join(pieces), starts, ends, normal.signs)


def _dialect(table: Mapping[int, str]) -> dict[str, str]:
    """Dialect word → plain word from lexicons/dialect.tsv."""
    found: dict[str, str] = {}
    for line in files("nlp").joinpath("lexicons", "dialect.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            plain, words = line.split("\t")
            found |= {word.translate(dict(table)): plain for word in words.split()}
    return {word: plain for word, plain in found.items() if word != plain}


def _alternatives(words: Mapping[str, str]) -> re.Pattern[str]:
    """The longest of words that fits; Latin ones only where no other letter touches them."""
    parts = (
        rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word[0].isascii() and word[0].isalpha() else re.escape(word)
        for word in sorted(words, key=lambda word: (-len(word), word))
    )
    return re.compile("|".join(parts))


def _character_table() -> dict[int, str]:
    """Each character to one other: full width to half width, upper to lower case, traditional to simplified."""
    from opencc import OpenCC  # slow to import, needed only here

    table = dict.fromkeys(_INVISIBLE, _GONE)
    table |= dict.fromkeys(_SPACES, " ")
    table |= {code: chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
    table |= {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    han = "".join(map(chr, (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))))
    simple = OpenCC("t2s").convert(han)
    if len(simple) != len(han):
        raise RuntimeError("opencc no longer converts character by character; normalise.py needs another table")
    table |= {ord(old): new for old, new in zip(han, simple, strict=True) if old != new}
    return table


def _compatible(text: str, table: dict[int, str]) -> tuple[str, list[int]]:
    """NFKC character by character, with the index in text of each result; bounded by MAX_LENGTH."""
    pieces: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        piece = char if char == _GONE else unicodedata.normalize("NFKC", char).translate(table)
        pieces.append(piece)
        offsets.extend([index] * len(piece))
        if len(offsets) >= MAX_LENGTH:
            break
    return "".join(pieces)[:MAX_LENGTH], offsets[:MAX_LENGTH]


def _strip(normal: Normal) -> Normal:
    """Take out what no word is made of, remembering it as signs."""
    text = normal.text
    keep = bytearray(b"\1" * len(text))
    signs: list[str] = []

    def drop(start: int, end: int, sign: str) -> None:
        keep[start:end] = bytes(end - start)
        signs.append(sign)

    if head := _QUOTE_HEAD.match(text):
        drop(0, head.end(), "quote")
    for pattern, sign in ((_LINK, "link"), (_MARKUP, "markup")):
        for found in pattern.finditer(text):
            drop(*found.span(), sign)
    for found in _MENTION.finditer(text):
        name = found[1]
        everybody, staff = _EVERYBODY.match(name), _STAFF.search(name)
        drop(*found.span(), "@all" if everybody else "@staff" if staff else "@name")
    for found in _SIGN.finditer(text):
        drop(*found.span(), found[1])
    kept = [i for i, char in enumerate(text) if keep[i] and char != _GONE]
    starts = kept if normal.starts is None else [normal.starts[i] for i in kept]
    ends = [i + 1 for i in kept] if normal.ends is None else [normal.ends[i] for i in kept]
    return Normal(normal.original, "".join(text[i] for i in kept), starts, ends, tuple(signs))
