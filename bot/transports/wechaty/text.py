"""What WeChat hides in the words of a message: quotes, mentions, which message was taken back, where a place is."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# 「Name：words」, a line of dashes, then the answer. The name holds no colon; the words may hold 」 and lines.
_QUOTE = re.compile(r"\A\s*「([^\n]{0,64}?)[：:](.*)」[ \t]*\r?\n[ \t]*(?:[-—–][ \t]*){5,}\r?\n(.*)\Z", re.DOTALL)
_ID = re.compile(r"[\w@.:+/=-]{1,128}", re.ASCII)
# After a name in a mention comes a thin space, white space, punctuation or nothing.
_END = r"(?=[\s\u2005\u200b，。！？、：；,.!?:;]|\Z)"


class Quoting(NamedTuple):
    """The three parts of a message that quotes."""

    name: str
    quoted: str
    said: str


def quoting(text: str) -> Quoting | None:
    """The parts of a message in WeChat's form of a quote; None when it quotes nothing."""
    if "「" not in text:
        return None
    found = _QUOTE.match(text)
    return None if found is None else Quoting(found[1].strip(), found[2].strip(), found[3].strip())


def names_in(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Which of the names are mentioned with an @ in the text."""
    if "@" not in text and "＠" not in text:
        return ()
    return tuple(name for name in names if name and re.search(rf"[@＠]{re.escape(name)}{_END}", text))


def recalled_id(text: str) -> str | None:
    """The id of the message that was taken back: the text itself, or in WeChat's XML its newmsgid."""
    plain = text.strip()
    if not plain.startswith("<"):
        return plain if _ID.fullmatch(plain) else None
    root = _xml(plain)
    if root is None:
        return None
    return next((word for tag in ("newmsgid", "msgid") for word in _texts(root, tag)), None)


def place_in(text: str) -> str | None:
    """The label of a shared location in WeChat's XML."""
    root = _xml(text.strip()) if text.lstrip().startswith("<") else None
    if root is None:
        return None
    for spot in root.iter("location"):
        return label(spot.get("label", ""), spot.get("poiname", ""))
    return None


def label(address: str, name: str) -> str | None:
    """One label of a location of its address and its name."""
    address, name = address.strip(), name.strip()
    if name in ("", "[位置]") or name in address:
        return address or None
    return name if not address or address in name else f"{address} {name}"


def _xml(text: str) -> Element | None:
    """The tree of what anybody may have sent; None when it is no XML, or one with entities."""
    try:
        root: Element = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _texts(root: Element, tag: str) -> Iterable[str]:
    return (one.text.strip() for one in root.iter(tag) if one.text and one.text.strip())
