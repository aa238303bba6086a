"""Hiding what must not stand in a group: phones, ID and bank numbers, flat numbers."""

import re

_ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}[\dXx](?![0-9A-Za-z])")
_CARD = re.compile(r"(?<!\d)\d{16,19}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d([- ]?)\d{4}\1\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)")
_ROOM = re.compile(
    r"(?<![\dA-Za-z])(?:\d{3,4}[A-Za-z]?|[A-Za-z]\d{3,4})(?=\s*(?:室|房(?!租|东|价|产|贷|子|屋)|号房|号室|住户|那户|这户|家(?!电|具)))"
)
_TRIPLE = re.compile(r"(?<![\d.\-])(\d{1,3}(?:[-—–]\d{1,2})?)[-—–](\d{3,4})(?![\d\-])")
_AFTER_BUILDING = re.compile(
    r"(?P<at>(?:\d{1,3}|[A-Za-z])\s*(?:栋|幢|座|号楼|单元|楼))(?P<gap>\s*(?:\d{1,2}\s*单元)?\s*)(?P<flat>\d{3,4}[A-Za-z]?)(?!\d|\s*(?:元|块|年|度|人|户|平|米|天|次|分|号楼|栋))"
)
_CHINESE_DIGITS = "零〇○一二三四五六七八九两幺"
_CHINESE_ROOM = re.compile(rf"[{_CHINESE_DIGITS}]{{3,4}}(?=室|房(?!租|东|价|产)|号房|住户)")

STARS = "***"


def mask(text: str) -> str:
    """The text with phones, ID and bank numbers and flat numbers replaced by ***.

    Buildings and units stay ("3栋2单元501" → "3栋2单元***"): without them nobody could find the
    fault. The function is idempotent.
    """
    text = _ID.sub(STARS, text)
    text = _MOBILE.sub(STARS, text)
    text = _LANDLINE.sub(STARS, text)
    text = _CARD.sub(STARS, text)
    text = _AFTER_BUILDING.sub(lambda found: f"{found['at']}{found['gap']}{STARS}", text)
    text = _ROOM.sub(STARS, text)
    text = _CHINESE_ROOM.sub(STARS, text)
    return _TRIPLE.sub(lambda found: f"{found[1]}-{STARS}", text)


def short(text: str, limit: int) -> str:
    """The text on one line, cut to at most limit characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
