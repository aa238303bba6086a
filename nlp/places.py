"""Find the place that a text names, and write it one way.

The rule: numbers are always Arabic (三栋二单元 → 3栋2单元, 二楼楼梯口 → 2楼楼梯口), letters are capital (b栋 → B栋),
nothing stands between the parts, and the place is the chain of name, numbered units and spot that is named first.
Words that fit any place (门口, 楼道, 学校) count only behind a number, a name or another spot. Flat numbers stay:
masking is the caller's work.
"""

import re
from collections.abc import Collection

from nlp.features import Reading
from nlp.lexicons import Lexicons
from nlp.place_names import is_name, led, name_start, opens, trimmed, word_starts

_NUMBER = r"(?:[0-9]{1,4}|[一二三四五六七八九十百两零]{1,4}|[a-z](?![a-z])[0-9]{0,3}|负[0-9一二三])"
_HOUSE = "楼(?![道下顶梯上门前后])"  # 3栋楼, but 3栋 楼道
_UNITS = (
    rf"(?:号楼(?![道梯上])|号院|栋{_HOUSE}|单元{_HOUSE}|单元|栋|幢|座(?![车山桥坟庙])|楼(?![道下顶梯上])|楼(?=梯口)|"
    r"层|号门|号岗|号线|巷|弄|组|社|队|期|区|街|梯|门|号)"
)
_CHAIN = (
    rf"(?:{_NUMBER}{_UNITS}(?:[0-9]{{3,4}}(?:室|房|号)?)?)+|[0-9]{{1,2}}#|[0-9]{{1,2}}-[0-9]{{1,2}}(?:-[0-9]{{3,4}})?"
    r"|(?<![个了在有开打凿挖])[一二三四五六七八九十]{1,2}洞(?![桥天口])"  # 三洞: how many spell 栋
)
_SIDE = (
    r"(?:门口|口子|口|旁边|旁|边上|边|后面|后头|前面|前头|对面|背后|东头|西头|拐弯处|拐角处|拐角|转角|东边|西边|南边|北边|里头|"
    r"斜坡|西墙|东墙|前坪|入口|出口|楼梯口|楼道|电梯口|电梯间|地下室|负一楼|顶楼|天台|侧门|后门|"
    r"大厅|过道|底下|门前|楼下|台阶|后巷|大门|(?<=[0-9一二三四五六七八九十]楼)梯口|下面|[南北东西]面|坡脚|脚|转弯处?|下坡|顶上|道口|底楼|(?<=[栋楼幢座])[前后外](?![天面头门来墙])|(?<=巷)尾)"
)
_EARLY = r"(?:[东西南北中前后上下老新大小旧]{1,2}|村|镇)"  # what may stand before a spot: 老祠堂, 东公园
_ESTATE = r"(?:小区|花园|家园|新村|公寓|大厦|家属院|大院|安置区|安置点|苑|里弄|园区)"
_NAMED = (
    rf"(?:{_ESTATE}|新城|名城|华庭|名邸|公园|片区|水库|小学|中学|"
    r"工业园|大道|胡同|路(?![灯面人线况段障费过由程沿牙缘子滑基肩政途])|街(?![道坊舞头]|天桥)|巷|"
    r"村(?![民里干支长委医])|桥(?![梁墩栏板洞])|湾|岭|坝|坳|庄|寨|河(?![道水里])|弄(?=[0-9一二三四五六七八九十]))"
)  # ends a name of its own
# Ends a name only where the line begins with it.
_OPENING = (
    r"(?:[园沟坡滩塘堤岸厝渡矿坪组府楼口站院弄场区]|"
    r"院子|绿道|步道|绿廊|高架|商城|冷库|工地|宿舍|项目部|住院部|新居|安置房)"
)
# Goes on from a name: 后山组, 村口沟.
_FURTHER = r"(?:[组站坪埕沟头堤塘坡队](?![长员部])|冷库|项目部|隧道口|空地|弯道|工地)"
# Ends a name when a spot or a number follows: 写字楼门口, 县二中侧门, 福泽园1栋.
_HOUSED = r"(?:[里园城楼区府庭坊社院邸居厦舍店厂司会校站场库室部诊局馆吧营处铺亭宫庙祠商科中]|榕树|槐树|樟树)"
_HOUSE_END = re.compile(_HOUSED)
_COUNTED = re.compile(r"^(?:[两几]|[0-9]{3,})(?:栋|幢|楼|层|梯|区|队|组|期)$|^[^栋号洞]{1,3}(?:层|街|期|门|线|梯|区)$")
_ONE_OF = re.compile(r"[一1](?:[栋幢]楼|座)|.{1,2}层楼")  # 同一栋楼, 一座桥, 六层楼: a count
_EACH = re.compile(r"[一每](?:家|人|户|层)$")  # 一家一楼: each has one
_LAYER = re.compile(r"^[一两几1-3]层$")  # 一层冰
_FLOOR = re.compile(r"^[^栋幢座号]{1,4}[楼层]$")
_CLIMBED = re.compile(
    r"[爬到上下抬背拎去往离按]$|[爬上下按]了$"
)  # 爬了14楼, 搬到六楼: where somebody goes, not where it is
_PASSED = re.compile(r"[以半到往把至和跟]|[\s,.!?]|$")  # 三楼以上, 一楼到四楼
_ANY_HOUSE = re.compile(r"楼(?!梯间)")
_BARE_NUMBER = re.compile(rf"^{_NUMBER}号$")
_HOUSE_AFTER = re.compile(
    r"^(?:.{0,2}(?:阿婆|阿公|伯伯|阿姨|老师|师傅|奶奶|爷爷|妈)|天花板|灶|阁楼|底楼|装|水管|"
    r"那|家|老|院|屋|房|门|楼|车库|店|铺|的|墙|岗|库|[东西南北前后])"
)
# A flat without its house, where a line may name one, and no amount: 302的阿婆, 楼上503; not 500块.
_FLAT = re.compile(
    r"(?:^|^[帮替给]|楼上|恭喜|是)([1-9][0-9]?[0-3][1-9])(?=[一-鿿]|$)"
    r"(?!天[^天花]|[个块元斤米人年分路号岁万千多来只台条件楼栋层单位平度班国包名户])"
)
_NO_FLAT = frozenset(("119", "122", "315", "404"))
_DIGITS = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_CHINESE = re.compile(rf"[一二三四五六七八九十百两零]{{1,4}}(?={_UNITS}|洞|[0-9]{{3}})")
_SIMPLE = str.maketrans("棟樓東門後間騎場祠號單層區", "栋楼东门后间骑场祠号单层区")


class Places:
    """Finds places with the words of places.tsv: spot and site stand alone, vague and kind need company."""

    def __init__(self, lexicons: Lexicons) -> None:
        words = {name: lexicons.of("places", name) for name in ("spot", "site", "vague", "kind", "common")}
        self._common = words["common"]
        spot = _any_of(words["spot"] | words["site"])
        vague = _any_of(words["spot"] | words["site"] | words["vague"] | words["kind"])
        side = rf"(?:{_SIDE}|{vague})"
        more = rf"(?:{_CHAIN}|{_SIDE}|{vague})"
        further = rf"(?:{_CHAIN}|{_SIDE}|{vague}|{_NAMED}|{_FURTHER})"
        self._pattern = re.compile(
            rf"(?P<chain>{_CHAIN})(?P<sides>{side}*)"
            rf"|(?!广场舞)(?P<spot>{_EARLY}?{spot}{further}*|{vague}{more}+)"
            rf"|(?<=[一-鿿])(?P<named>{_NAMED}){further}*"
            rf"|(?<=[一-鿿])(?P<opening>{_OPENING})(?P<after>{further}*)"
            rf"|(?<=[一-鿿])(?P<housed>{_HOUSED}){more}+"
        )
        self._any = re.compile(rf"{_CHAIN}|{spot}|{vague}{side}|(?<=[一-鿿]){_ESTATE}")
        self._numbered = re.compile(_CHAIN)

    def may_name(self, text: str) -> bool:
        """Whether anything in a normalised text looks like a place; cheaper than to find which."""
        return self._any.search(text) is not None

    def __call__(self, reading: Reading) -> str | None:
        """The place that is named first and best: a numbered one, then a name or spot, then a bare floor, or None."""
        text = reading.text
        if (flat := _FLAT.search(text)) and flat[1] not in _NO_FLAT:
            return flat[1]
        starts = word_starts(reading.words)
        spot: str | None = None
        floor: str | None = None
        position = least = 0
        while found := self._pattern.search(text, position):
            position = found.end()
            if found["chain"]:
                least = position
                if not _is_place(found, text):
                    continue
                if not _FLOOR.match(found["chain"]):
                    begin = 0 if _opens_numbered(found, text, starts) else found.start()
                    return normal_place(text[begin:position])
                if floor is None and _tells(found, text):
                    floor = found[0]
                continue
            named = _beginning(found, text, starts, least)
            if named is None:  # what follows the end of no name may still be a place
                position = found.end(_end_group(found))
                continue
            least = position
            piece = text[named:position]
            if piece in self._common or _ANY_HOUSE.match(piece):
                continue
            if self._numbered.search(piece):
                return normal_place(piece)
            spot = spot or piece
        best = spot or floor
        return normal_place(best) if best else None


def _end_group(found: re.Match[str]) -> str:
    """Which kind of end of a name was found."""
    return next(name for name in ("named", "opening", "housed") if found[name])


def _beginning(found: re.Match[str], text: str, starts: list[int], least: int) -> int | None:
    """Where the name begins whose end was found, or the spot with the name before it; None when it is no name."""
    start = found.start()
    begin = name_start(text, start, starts, least)
    if found["spot"]:
        return trimmed(text, begin if led(text, begin, starts) else starts[start], start, starts)
    stop = found.end(_end_group(found))
    if found["named"]:
        return trimmed(text, begin, start, starts) if is_name(text, begin, start, stop, starts) else None
    if found["opening"]:
        if opens(text, begin, start, stop, starts):
            return begin
        if not found["after"] or not _HOUSE_END.match(found["opening"][-1]):
            return None
    if not led(text, begin, starts):
        begin = starts[start]
    return None if begin == start else trimmed(text, begin, start, starts)


def _opens_numbered(found: re.Match[str], text: str, starts: list[int]) -> bool:
    """Whether the line begins with a short name and its number: 西栅12号, 渔业二队."""
    start = found.start()
    return 0 < start <= 3 and found["chain"][-1] in "号社队" and name_start(text, start, starts) == 0


def _any_of(words: Collection[str]) -> str:
    """A pattern for the longest of words that fits, by first characters: ten times faster than a plain list."""
    endings: dict[str, set[str]] = {}
    for word in words:
        if word:
            endings.setdefault(word[0], set()).add(word[1:])
    choices = (re.escape(first) + (_any_of(rest) if rest != {""} else "") for first, rest in sorted(endings.items()))
    return f"(?:{'|'.join(choices)}){'?' if '' in words else ''}"


def normal_place(text: str) -> str:
    """The one way to write a place: Arabic numbers, capital letters, no blanks."""
    compact = re.sub(r"[\s,.]", "", text).translate(_SIMPLE)
    compact = re.sub(r"(?<=[0-9一二三四五六七八九十])楼梯口", "楼楼梯口", compact)
    compact = _CHINESE.sub(lambda found: str(number(found[0])), compact)
    compact = re.sub(r"(?<=[0-9])洞", "栋", compact)
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


def _tells(found: re.Match[str], text: str) -> bool:
    """Whether a floor without its house says where: not 三楼以上."""
    if found["sides"] or not _PASSED.match(text, found.end()):
        return True
    return found.end() - found.start() == len(text)


def _is_place(found: re.Match[str], text: str) -> bool:
    """Not 两栋 (a count), not 12号 (a date)."""
    chain, after = found["chain"], text[found.end("chain") :]
    before = text[: found.start()]
    if _EACH.search(before) or _LAYER.match(chain) or _ONE_OF.match(text, found.start()):
        return False
    if found["sides"]:
        return True
    if _COUNTED.match(chain) or (_FLOOR.match(chain) and _CLIMBED.search(before)):
        return False
    if _BARE_NUMBER.match(chain):
        return before[-1:] != "月" and bool(_HOUSE_AFTER.match(after))
    return True
