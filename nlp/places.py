"""Find the place that a text names, and write it one way.

The rule: numbers are always Arabic (三栋二单元 → 3栋2单元, 二楼楼梯口 → 2楼楼梯口), letters are capital (b栋 → B栋),
nothing stands between the parts, and the place is the chain of name, numbered units and spot that is named first.
Words that fit any place (门口, 楼道, 学校) count only behind a number, a name or another spot. Flat numbers stay:
masking is the caller's work.
"""

import re

from nlp.features import Reading
from nlp.lexicons import Lexicons

_NUMBER = r"(?:[0-9]{1,4}|[一二三四五六七八九十百两零]{1,4}|[a-z](?![a-z])[0-9]{0,3}|负[0-9一二三])"
_HOUSE = "楼(?![道下顶梯上门前后])"  # 3栋楼, but 3栋 楼道
_UNITS = (
    rf"(?:号{_HOUSE}|号院|栋{_HOUSE}|单元{_HOUSE}|单元|栋|幢|座|楼(?![道下顶梯上])|"
    r"层|号门|号岗|号线|巷|弄|组|社|队|期|区|街|梯|门|号)"
)
_CHAIN = (
    rf"(?:{_NUMBER}{_UNITS}(?:[0-9]{{3,4}}(?:室|房|号)?)?)+|[0-9]{{1,2}}#|[0-9]{{1,2}}-[0-9]{{1,2}}(?:-[0-9]{{3,4}})?"
)
_NO_NAME = (
    "我你他她它们的在了是有把到住去从给对跟和又都就还这那哪个咱俺被让请来没不很太好"
    "帮问说叫要想会能谁下报或者躲感谢隔壁周"
)
_NAME = rf"[^\W\d_a-z{_NO_NAME}]{{1,5}}?"
_NAMED = rf"{_NAME}(?:小区|花园|家园|新村|公寓|大厦|家属院|大院|安置区|安置点|苑|里弄|园区)"
_STREET = rf"{_NAME}(?:路|街|巷|弄|坊|大道)(?=[0-9一二三四五六七八九十百]{{1,4}}号)"  # 沿河街37号
_SIDE = (
    r"(?:门口|口子|口|旁边|旁|边上|边|后面|后头|前面|前头|对面|背后|东头|西头|拐弯处|拐角处|拐角|转角|东边|西边|南边|北边|里头|"
    r"斜坡|西墙|东墙|前坪|入口|出口|楼梯口|楼道|电梯口|电梯间|地下室|负一楼|顶楼|天台|侧门|后门)"
)
_EARLY = r"(?:[东西南北中前后上下老新大小旧]{1,2}|村|镇)"  # what may stand before a spot: 老祠堂, 东公园
_COUNTED = re.compile(r"^(?:[两几]|[0-9]{3,})(?:栋|幢|楼|层|梯|区|队|组|期)$|^[^栋号]{1,3}(?:层|街|期|门|线|梯|区)$")
_EACH = re.compile(r"[一每](?:家|人|户|层)$")  # 一家一楼: each has one
_LAYER = re.compile(r"^[一两几1-3]层$")  # 一层冰
_CLIMBED = re.compile(
    r"[爬到上住下抬背拎去往离]$|[爬上下]了$"
)  # 爬了14楼, 搬到六楼: where somebody goes, not where it is
_BARE_NUMBER = re.compile(rf"^{_NUMBER}号$")
_HOUSE_AFTER = re.compile(r"^(?:那|家|老|院|屋|房|门|楼|车库|店|铺|的|墙|岗|库|[东西南北前后])")
_DIGITS = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_CHINESE = re.compile(rf"[一二三四五六七八九十百两零]{{1,4}}(?={_UNITS}|[0-9]{{3}})")


class Places:
    """Finds places with the words of places.tsv."""

    def __init__(self, lexicons: Lexicons) -> None:
        spot = _any_of(lexicons.of("places", "spot"))
        vague = _any_of(lexicons.of("places", "vague") | lexicons.of("places", "spot"))
        self._pattern = re.compile(
            rf"(?P<name>{_NAMED}|{_STREET})?(?P<chain>(?:{_CHAIN}))(?P<tail>(?:{vague}|{_SIDE})*)"
            rf"|(?!广场舞)(?P<spot>{_NAMED}(?:{vague}|{_SIDE})*|{_EARLY}?{spot}(?:{vague}|{_SIDE})*|{vague}(?:{vague}|{_SIDE})+)"
        )

    def may_name(self, text: str) -> bool:
        """Whether anything in a normalised text looks like a place; cheaper than to find which."""
        return self._pattern.search(text) is not None

    def __call__(self, reading: Reading) -> str | None:
        """The place that is named first and best: a numbered one before a spot; None when there is none."""
        text = reading.text
        starts = _word_starts(reading)
        spot: str | None = None
        for found in self._pattern.finditer(text):
            if found["chain"] and _is_place(found, text):
                return normal_place(found[0])
            if not found["chain"] and spot is None:
                piece = found[0]
                while piece and found.end() - len(piece) not in starts:
                    piece = piece[1:]
                spot = normal_place(piece) if piece else None
        return spot


def _any_of(words: frozenset[str]) -> str:
    return rf"(?:{'|'.join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))})"


def normal_place(text: str) -> str:
    """The one way to write a place: Arabic numbers, capital letters, no blanks."""
    compact = re.sub(r"[\s,.]", "", text)
    compact = _CHINESE.sub(lambda found: str(number(found[0])), compact)
    compact = re.sub(r"(栋|单元)楼(?![道下顶梯上门前后])", r"\1", compact)
    return re.sub(r"#", "号楼", compact).upper()


def number(chinese: str) -> int:
    """The value of a Chinese number below 1000: 十二 → 12, 二十 → 20, 三〇 is not read; 一二 → 12."""
    if not any(char in "十百" for char in chinese):
        return int("".join(str(_DIGITS[char]) for char in chinese))
    value = digit = 0
    for char in chinese:
        if char in "十百":
            value += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return value + digit


def _is_place(found: re.Match[str], text: str) -> bool:
    """Not 两栋 (a count), not 12号 (a date)."""
    chain, after = found["chain"], text[found.end("chain") :]
    before = text[: found.start()]
    if _EACH.search(before) or _LAYER.match(chain):
        return False
    if found["name"] or found["tail"]:
        return True
    if _COUNTED.match(chain) or (chain.endswith("楼") and _CLIMBED.search(before)):
        return False
    if _BARE_NUMBER.match(chain):
        return before[-1:] != "月" and bool(_HOUSE_AFTER.match(after))
    return True


def _word_starts(reading: Reading) -> set[int]:
    starts, position = set(), 0
    for word in reading.words:
        starts.add(position)
        position += len(word)
    return starts
