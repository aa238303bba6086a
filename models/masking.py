"""Hiding what must not stand in a group: phones, ID and bank numbers, chat ids, flat numbers.

Buildings, units and floors stay ("3栋2单元501" → "3栋2单元***"): without them nobody could find the
fault. A number alone says nothing, so most patterns need a neighbour that makes it a flat: a
building before it, 室 behind it, 楼上 before it. Prices, dates, counts and hotlines stay.
"""

import re
from collections.abc import Callable, Iterable

STARS = "***"

_Hide = Callable[[re.Match[str]], Iterable[tuple[int, int]]]
"""From where to where a match is hidden."""

_HAN = "零〇○一二三四五六七八九两幺"
# What really counts, each with the words behind it that make something else of it: 501天 is a time, 501天天吵 a flat.
_MEASURES = (
    r"[块斤吨岁秒袋箱根页辆份盏件％%]|元(?!旦)|万(?!一)|百(?!姓|货)|千(?!万)|[多余](?=[元块万千百户人个平米斤吨度件张台只条份])|[来几](?=[元块户个平米斤])"
    r"|(?<=(?:19|20)\d\d)年|年(?=[，。,.！!？?]|$)"
    r"|月|日(?!常|子)|小时(?!候)|分(?=钟|[，。,.！!？?]|$)|天(?!天|花|台|井|黑|亮|没|气|然|生)|次(?!卧|日)|度(?!假|过)"
    r"|平(?!时|常|安|日|台|房|静)|米(?!阿|大|奶|爷|叔|姐|先|女|老|小)|[kKmMwW](?![A-Za-z])|公[斤里分升顷]|里(?=路|地)"
    r"|人(?!家|在|不|都|没|呢|走|去|又|也|说|很|总)|个(?!别|体)|名(?!字|叫)|位(?=居民|业主|老人|群众|村民)|届|版(?!本)"
    r"|台(?!阶|风)|只(?!有|是|要|能|会|好|顾|知|剩|管)|条(?!件)|桶(?!装)|升(?!降|级|起)|克(?!扣|服)|字(?=[，。,.！!？?]|$)"
    r"|张(?=床|桌|椅|凳|票|纸|卡|照|图|表|证|海报|传单|沙发|网|选票|收据|发票|罚单)"
    r"|路(?=公交|车)|线路?公交|国道|省道|县道"
)
_HALF = str.maketrans("０１２３４５６７８９－＋（）＃", "0123456789-+()#")

# A flat that nothing but its shape vouches for: floor 1–49, room 01–16. 1200, 300 and 2026 are none.
_FLAT = r"(?:[1-9]|[1-4]\d)(?:0[1-9]|1[0-6])[A-Za-z]?"
_ANY_FLAT = r"\d{3,4}[A-Za-z]?"
_AND = r"\s{0,2}(?:[、,，/和与及跟到至~～]|还有)\s{0,2}"
_NOT_COUNTED = rf"(?!\d|[.:]\d|\s?(?:{_MEASURES})|号楼|号线|栋|幢|座(?!机)|单元|户(?:居民|人))"
_HOTLINE = r"(?!(?:110|119|120|122)(?!\d))"

_MOBILE_DIGIT = rf"[0-9{_HAN}]"
_MOBILE = re.compile(
    r"(?<!\d)(?<!\d[.])(?:(?:\+|00)?86[- ]?)?"
    rf"(?P<number>[1一幺][ -]?[3-9三四五六七八九](?:[ .·_—–-]?{_MOBILE_DIGIT}){{9}})(?!{_MOBILE_DIGIT})"
)
_SEPARATOR = re.compile(r"[ .·_—–-]+")


def _phone(found: re.Match[str]) -> Iterable[tuple[int, int]]:
    """A mobile is written in few groups; eleven digits in many small ones are a list of prices."""
    groups = _SEPARATOR.split(found["number"])
    return _all(found) if len(groups) == 1 or (len(groups) <= 4 and max(map(len, groups)) >= 4) else ()


def _all(found: re.Match[str]) -> Iterable[tuple[int, int]]:
    return (found.span(),)


def _each(pattern: str) -> _Hide:
    """Hide every number in the part named flats, and keep the rest."""
    numbers = re.compile(pattern)
    return lambda found: [number.span() for number in numbers.finditer(found.string, *found.span("flats"))]


def _keep(found: re.Match[str]) -> Iterable[tuple[int, int]]:
    """Hide what stands behind the part named at."""
    return ((found.end("at"), found.end()),)


_BUILDING = (
    rf"(?:(?:\d{{1,3}}|[A-Za-z]\d?|[{_HAN}十百]{{1,4}})\s{{0,2}}(?:栋|幢|座|号楼|单元|楼|层|弄|梯|门(?=\d))"
    r"|(?<![\d#])\d{1,3}#\s{0,2}楼?)"
)

_RULES: tuple[tuple[re.Pattern[str], _Hide], ...] = (
    (re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"), _all),
    # ID cards of 18 characters, also in groups; then every run of digits that long, and cards in fours.
    (
        re.compile(r"(?<!\d)[1-9]\d{5}[ -]?(?:18|19|20)\d{2}[ -]?(?:0[1-9]|1[0-2])\d{2}[ -]?\d{3}[\dXxＸｘ](?!\d)"),
        _all,
    ),
    (re.compile(r"(?<!\d)\d{4}(?:[ -]\d{4}){3}(?:[ -]?\d{1,3})?(?!\d)"), _all),
    (re.compile(r"\d{15,}[Xx]?"), _all),
    (_MOBILE, _phone),
    (re.compile(r"(?<!\d)\(?0\d{2,3}\)?[- —–]?\d{3,4}[- ]?\d{4}(?!\d)"), _all),
    (
        re.compile(
            r"(?P<at>(?:电话|座机|手机|号码|联系方式|(?i:tel))[号码]{0,2}\s{0,2}(?:[:：是为]\s{0,2})?)"
            r"\d{3,4}[- ]?\d{4}(?!\d)"
        ),
        _keep,
    ),
    (
        re.compile(
            r"(?P<at>(?:微信|威信|薇信|[Ww]ei[Xx]in|[Ww]e[Cc]hat|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx]|QQ|qq)|[Vv]信|[扣抠]{2})"
            r"号?(?:码|ID|id)?\s{0,2}(?:[:：是为]\s{0,2})?)(?:[A-Za-z][A-Za-z0-9_-]{5,19}|\d{5,12})(?![A-Za-z0-9_-])"
        ),
        _keep,
    ),
    (
        re.compile(
            r"(?P<at>(?:加|＋|\+)\s{0,2}我?\s{0,2}(?:[VvＶｖ]|好友)?\s{0,2}[:：]?\s{0,2})(?=[A-Za-z_-]*\d)[A-Za-z][A-Za-z0-9_-]{5,19}(?![A-Za-z0-9_-])"
        ),
        _keep,
    ),
    # 3-2-501, 3/2/501; with two parts only what looks like a flat: 3-501, A2-1203.
    (
        re.compile(rf"(?<![\d./\-])(?P<at>[A-Za-z]?\d{{1,3}}[-—–_]\d{{1,2}}[-—–_])\d{{3,4}}{_NOT_COUNTED}(?![\-])"),
        _keep,
    ),
    (
        re.compile(rf"(?<![\d./\-])(?P<at>\d{{1,3}}/\d{{1,2}}/)(?!(?:19|20)\d\d)\d{{3,4}}{_NOT_COUNTED}(?![/\-])"),
        _keep,
    ),
    (
        re.compile(
            rf"(?<![\d./\-¥￥$])(?P<at>(?:[A-Za-z]\d?|[A-Za-z]?\d{{1,2}})[-—–_]){_FLAT}{_NOT_COUNTED}(?![\-A-Za-z])"
        ),
        _keep,
    ),
    # After a building or a unit: 3栋2单元501、502, 三栋二单元五〇一, 5座12B, 2单元5楼1号.
    (
        re.compile(
            rf"(?P<at>{_BUILDING}[-—–]?)(?P<flats>{_ANY_FLAT}(?:{_AND}{_ANY_FLAT}{_NOT_COUNTED}){{0,9}}){_NOT_COUNTED}"
        ),
        _each(r"\d{3,4}[A-Za-z]?"),
    ),
    (
        re.compile(
            rf"(?P<at>{_BUILDING}\s{{0,2}}[的,，:：]?\s{{0,2}})(?P<flats>{_HOTLINE}{_ANY_FLAT}(?:{_AND}{_ANY_FLAT}{_NOT_COUNTED}){{0,9}})"
            rf"{_NOT_COUNTED}"
        ),
        _each(r"\d{3,4}[A-Za-z]?"),
    ),
    (
        re.compile(
            rf"(?P<at>{_BUILDING}\s{{0,2}})(?P<flats>[{_HAN}]{{3,4}}(?:{_AND}[{_HAN}]{{3,4}}){{0,9}})(?![{_HAN}十百千]|栋|幢|座|单元|\s?(?:{_MEASURES}))"
            # 三四五楼 are three floors; 五〇一楼道 lies before a flat.
            r"(?:(?<=[零〇○].)|(?!楼(?![道下顶梯])|层|户))"
        ),
        _each(rf"[{_HAN}]{{3,4}}"),
    ),
    (re.compile(r"(?P<at>(?:栋|幢|座|单元)\s{0,2})\d{1,2}[A-Ha-h](?![A-Za-z0-9])"), _keep),
    (re.compile(r"(?P<at>(?:栋|幢|座|单元)\s{0,2})\d{1,2}[Ff]-?\d{1,2}(?!\d)"), _keep),
    (
        re.compile(
            rf"(?P<at>(?:单元|栋|幢|座)\s{{0,2}}(?:\d{{1,2}}|[{_HAN}十]{{1,3}})\s{{0,2}}[楼层]\s{{0,2}})(?:\d{{1,2}}|[{_HAN}十])"
            r"(?=\s{0,2}(?:号(?!楼|线|院|店|门|电梯|梯|车|机)|室|房))"
        ),
        _keep,
    ),
    (
        re.compile(rf"(?P<at>(?:单元)\s{{0,2}})(?:\d{{1,2}}|[{_HAN}十])(?=\s{{0,2}}(?:室(?!\s{{0,2}}\S厅)|号房|号室))"),
        _keep,
    ),
    (re.compile(rf"(?P<at>\d\s{{0,2}}号\s{{0,2}}){_HOTLINE}{_FLAT}{_NOT_COUNTED}"), _keep),
    # Before 室, 房, 住户 …
    (
        re.compile(
            rf"(?<![\d#A-Za-z.:：])(?P<at>)(?P<flats>(?:[A-Za-z]?{_ANY_FLAT}{_AND}){{0,9}}(?:[A-Za-z]\d{{3,4}}|{_ANY_FLAT}))"
            r"(?=\s{0,2}(?:室|号房|号室|房(?!租|东|价|产|贷|子|屋|款|型)))"
        ),
        _each(r"[A-Za-z]?\d{3,4}[A-Za-z]?"),
    ),
    (
        re.compile(
            rf"(?<![{_HAN}十百千])(?P<at>)(?P<flats>(?:[{_HAN}]{{3,4}}{_AND}){{0,9}}[{_HAN}]{{3,4}})(?=室|房(?!租|东|价|产)|号房|住户)"
        ),
        _each(rf"[{_HAN}]{{3,4}}"),
    ),
    (
        re.compile(
            rf"(?<![\d#A-Za-z.:：\-])(?P<at>)(?P<flats>(?:{_FLAT}{_AND}){{0,9}}{_FLAT})"
            r"(?=\s{0,2}(?:住户|业主|租户|租客|房客|那户|这户|那家|这家|号?邻居|家(?!电|具|商|店|企|公司|单位|门店|餐|超市|工厂|银行|医院)))"
        ),
        _each(_FLAT),
    ),
    (
        re.compile(
            rf"(?<![\d#A-Za-z.:：\-])(?P<at>)(?P<flats>{_HOTLINE}(?:{_FLAT}{_AND}){{0,9}}{_FLAT})(?=楼[道上下顶梯])"
        ),
        _each(_FLAT),
    ),
    # After 楼上, 我家, 房号 …
    (
        re.compile(
            r"(?P<at>(?:房号|门牌号?|房间号|户号)\s{0,2}(?:[:：是为]\s{0,2})?)[A-Za-z]?\d{1,3}(?:[-—–]\d{1,4}){0,3}\d{0,2}[A-Za-z]?"
        ),
        _keep,
    ),
    (
        re.compile(
            rf"(?P<at>(?:楼上|楼下|隔壁|对面|对门|邻居|我家|我们家|咱家|我是|住在?|家在)\s{{0,2}}(?:的|是)?\s{{0,2}})"
            rf"(?P<flats>{_HOTLINE}{_FLAT}(?:{_AND}{_FLAT}{_NOT_COUNTED}){{0,9}}){_NOT_COUNTED}"
        ),
        _each(_FLAT),
    ),
    # 502又漏水了: at the beginning of a clause, before what flats do.
    (
        re.compile(
            rf"(?<![\dA-Za-z#.:：\-\u4e00-\u9fff*])(?P<at>)(?P<flats>{_HOTLINE}{_FLAT}(?:{_AND}{_FLAT}){{0,9}})"
            r"(?=漏水|渗水|装修|又|天天|老是|总是|一直|半夜|晚上|阳台|门口|空调|养|"
            r"的(?:人|邻居|业主|阳台|空调|狗|小孩|孩子|老人|厕所|水管|下水))"
        ),
        _each(_FLAT),
    ),
)


def mask(text: str) -> str:
    """The text with phones, ID and bank numbers, chat ids and flat numbers replaced by ***.

    Everything else stays as it was written. The function is idempotent: it repeats until nothing
    is left to hide, which ends because each round takes digits away.
    """
    while True:
        masked = text
        for pattern, hide in _RULES:
            masked = _without(masked, pattern, hide)
        if masked == text:
            return text
        text = masked


def hidden(text: str) -> list[str]:
    """What mask() would hide of the text, piece by piece."""
    pieces: list[str] = []
    masked = text
    while True:
        before = masked
        for pattern, hide in _RULES:
            for found in pattern.finditer(masked.translate(_HALF)):
                pieces += [masked[begin:stop] for begin, stop in hide(found)]
            masked = _without(masked, pattern, hide)
        if masked == before:
            return pieces


def _without(text: str, pattern: re.Pattern[str], hide: _Hide) -> str:
    """The text with what one rule hides replaced; the rules read half width, of the same length."""
    pieces, end = [], 0
    for found in pattern.finditer(text.translate(_HALF)):
        for begin, stop in hide(found):
            pieces += [text[end:begin], STARS]
            end = stop
    return "".join([*pieces, text[end:]])


_HOUSE = re.compile(rf"(?:\d{{1,3}}|[A-Za-z]\d?|[{_HAN}十百]{{1,4}})(?:号楼|栋|幢|座|#楼?|楼(?=\d{{1,2}}单元))")
_INSIDE = re.compile(
    rf"[-—–_/]?(?:\d+|(?<![A-Za-z])[A-Za-z]\d?|[{_HAN}十百]+)(?:单元|门|梯|楼|层|室|号|房|户)|[-—–_/]\d|\d{{3,}}|{re.escape(STARS)}"
)
_HOME = re.compile(r"家(?!园|属|具|电|乐|常|和|兴|福|苑|里村|村)")


def to_building(place: str) -> str | None:
    """The place down to its building or lane; None when nothing is left that is not somebody's home."""
    masked = mask(place)
    house = _HOUSE.search(masked)
    inside = _INSIDE.search(masked)
    if house is not None and (inside is None or house.start() <= inside.start()):
        left = masked[: house.end()]
    else:
        left = masked if inside is None else masked[: inside.start()]
    left = left.strip(" ,，、的")
    return None if not left or _HOME.search(left) else left


def short(text: str, limit: int) -> str:
    """The text on one line, cut to at most limit characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
