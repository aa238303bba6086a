"""Numbers as people write them in a line: 12, #12, 十二号, 清河村-12; and what parts words from each other.

Rules against collision with talk stand in docs/decisions/0004.
"""

import re
from dataclasses import dataclass

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = "".join((*_DIGITS, *_UNITS))

# 3栋, 3个, 3天 … are places, amounts and times, not ticket numbers.
_COUNTED = (
    "栋楼单元座室幢层户门弄巷排组队路街区期"
    "个件次天点块元年月日人斤只条张份米分小周岁度种位家万千百把台辆遍回声折%时公级"
)
_BUILDINGS = "栋幢"
_SPACED = re.compile(r"[楼座室层户个件次天点块条遍栋幢]|单元")
"""After a blank these make a number doubtful: it counts only for somebody who speaks to the bot."""
SEPARATOR = r"[\s,，:：;；.。、!！?？~～]"
_NUMBER = re.compile(
    r"(?:(?P<scope>[\u4e00-\u9fff]{2,8})-)?(?:第|编号|工单|no\.?|[#＃])?\s*"
    rf"(?P<value>\d{{1,6}}|[{_CHINESE}]{{1,7}})(?P<sign>\s?号|#)?"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A number at the start of a line, and where it ends. clean: nothing behind it makes it doubtful."""

    value: int
    scope: str | None
    end: int
    clean: bool


def is_bare_number(text: str) -> bool:
    """「12」, 「#12」, 「十二号」: a number and nothing that is wanted of it."""
    match = _NUMBER.fullmatch(text.strip())
    return match is not None and match["scope"] is None


def scoped_number(text: str) -> tuple[int, str | None] | None:
    """(12, "清河村") of 「清河村-12」, (12, None) of 「#12」; None when there is anything else."""
    match = _NUMBER.fullmatch(text.strip())
    number = None if match is None else number_of(match["value"])
    return None if match is None or not number else (number, match["scope"])


def numbers_in(text: str) -> tuple[int, ...] | None:
    """5 and 7 of 「5 7」, 「#5、#7」, 「5号和七号」; None when there is anything else."""
    pieces = re.split(rf"(?:{SEPARATOR}|和|跟|与|到)+", text.strip())
    found = [_NUMBER.fullmatch(piece) for piece in pieces if piece]
    if not found or any(match is None or match["scope"] for match in found):
        return None
    numbers = [number_of(match["value"]) for match in found if match is not None]
    return tuple(dict.fromkeys(number for number in numbers if number)) or None


def number_of(text: str) -> int | None:
    """12 of "12", "十二", "一百零三"; None when it is no number."""
    if text.isascii() and text.isdigit():
        return int(text)
    if all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total, digit = 0, None
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[char]
            digit = None
        else:
            return None
    return total + (digit or 0)


def read_number(plain: str) -> Found | None:
    """A ticket number at the start of plain, by the rules against collision."""
    match = _NUMBER.match(plain)
    if match is None:
        return None
    value, after = match["value"], plain[match.end() :]
    chinese = not value[0].isdigit()
    apart = parted(after)
    if chinese and not (apart or match["sign"]):
        return None
    follows = trim_left(after)
    # 「转办 2 小马」 and 「办结 2 路灯修好了」 have a number; 「完成 3 栋的登记」 is a place however it is spaced.
    counted = _BUILDINGS if apart else _COUNTED
    if follows and follows[0] in counted and not match["sign"]:
        return None
    if match["sign"] and not apart and after[0] in _COUNTED:
        return None
    number = number_of(value)
    if not number:
        return None
    clean = apart and _SPACED.match(follows) is None
    return Found(number, match["scope"], match.end(), clean=clean)


def parted(rest: str) -> bool:
    """Whether the words before the rest end there."""
    return not rest or re.match(SEPARATOR, rest) is not None


def trim_left(text: str) -> str:
    """The text without what parts it from the words before."""
    return re.sub(rf"^{SEPARATOR}+", "", text)


def trim(text: str) -> str:
    """The text without what parts it from the words before, and without blanks at its end."""
    return re.sub(r"^[\s,，:：;；、.。]+|[\s]+$", "", text)
