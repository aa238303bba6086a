"""Long texts in pieces that WeCom takes: lengths are counted in bytes of UTF-8."""

import re
import unicodedata
from collections.abc import Iterator

_BREAKS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？!?；;…]+[”’」』）)】》]*"),
    re.compile(r"[，,、：:]|\s"),
)
"""Where to cut, the best first: after a paragraph, a line, a sentence, a clause."""
_WHOLE = re.compile(r"<@[^<>\s]{1,64}>|@[\w·.\-]{1,32}|https?://[!-;=?-~]+")
"""Mentions and addresses: never cut in two."""
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most limit bytes, without blank ends and empty pieces.

    A piece ends where a paragraph, line, sentence or clause does, if one of these ends in its second half; else between
    two characters. limit must hold at least one character with its marks (say, 64).
    """
    return [piece for piece in (one.strip() for one in _cut(text, limit)) if piece]


def _cut(text: str, limit: int) -> Iterator[str]:
    while len(text.encode()) > limit:
        window = text.encode()[:limit].decode(errors="ignore")
        at = _place(text, window, limit)
        yield text[:at]
        text = text[at:]
    yield text


def _place(text: str, window: str, limit: int) -> int:
    whole = [(found.start(), found.end()) for found in _WHOLE.finditer(text, 0, len(window) + 128)]

    def free(at: int) -> bool:
        return not any(start < at < end for start, end in whole) and not _inside(text, at)

    for pattern in _BREAKS:
        ends = [found.end() for found in pattern.finditer(window)]
        far = [at for at in ends if free(at) and len(text[:at].encode()) >= limit // 2]
        if far:
            return far[-1]
    places = (at for at in range(len(window), 0, -1) if free(at))
    # Something whole that is longer than a piece is cut all the same.
    return next(places, 0) or next((at for at in range(len(window), 0, -1) if not _inside(text, at)), len(window))


def _inside(text: str, at: int) -> bool:
    """Whether a cut there tears a character from its marks, an emoji from its parts."""
    if at >= len(text):
        return False
    after, before = text[at], text[at - 1]
    return (
        unicodedata.combining(after) != 0
        or after in _JOINERS
        or before == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\U0001f1e6" <= after <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff")
    )


def quiet(text: str) -> str:
    """The text without what a resident's words might hold: the mention of everybody, and links behind other words."""
    text = re.sub(r"<@(all)>", "＜@\\1＞", text, flags=re.IGNORECASE)
    return re.sub(r"<(?=/?a[\s>])", "＜", text, flags=re.IGNORECASE)
