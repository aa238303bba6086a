"""Urgency, emergencies and flags of a message that matters."""

import re

from nlp.alarms import calmed
from nlp.cries import beaten, despair
from nlp.delicate import branded, ill
from nlp.features import Reading
from nlp.understanding import Flag, Urgency

_VERY_SURE = 2.7  # logits above the threshold at which the learned head needs no pattern
_RARE = {"missing": 1.5}  # logits granted to what is worded in ever new ways
_DENIED = re.compile(r"(?:[没不别冇]|没有|不会|不要)$")
_NOT_HERE = frozenset(f"turnoffs:{name}" for name in ("story", "notice", "advert", "retraction", "elsewhere"))
_PHONED = re.compile(r"打我(?:的?(?:电话|手机|微信|脸|主意|旗号|招呼|卡|钱|账)|.{0,4}(?:麻将|牌))")  # no blow
_SCHOOLS = re.compile(r"(?:幼儿园|小学|学校|托儿所).{0,6}(?:老师|体罚|虐|打|欺负|同学|霸凌|学生|校车)")
_NO_CHILD = re.compile(
    r"女儿墙|学生(?:公寓|宿舍|街|路)|孩子气|娃娃(?:机|鱼|菜|脸)|娃哈哈|儿子儿媳|崽种|[猪狗牛羊猫鸡]崽|[狗猫]娃"
)
_CROWD = re.compile(
    r"大家|我们|咱|俺们|一起|都去|集体|一家|全体|组织|号召|工人|工友|业主|兄弟|讨|维权|签名|停工|市政府|售楼|物业办"
)
_THING = re.compile(
    r"(?:车|垃圾|杂物|狗|箱|雪|桌|摊|树|电梯|洗衣机|空调|热水器|灯|机|水|泥|土|货|砖|沙|柜|纸|快递|冰|广告|宣传|闸).{0,8}$"
)  # what blocks a door or goes on strike without wanting anything
_WEAK_CALLS = frozenset(("堵门", "堵大门", "堵路", "围堵", "罢工", "横幅"))


def labelled(reading: Reading, name: str) -> list[tuple[str, int, int]]:
    """(class, start, end) of each hit of one list."""
    return [(e.name, hit.start, hit.end) for hit in reading.hits for e in hit.entries if e.list == name]


def emergency(reading: Reading, logit: float, cut: float) -> bool:
    """Fire, gas, somebody trapped, missing or collapsed, now and here.

    logit is the learned head's. It and the patterns of alarms.py must agree, or the head must be very sure.
    A lift is an emergency only with words of somebody in it: 电梯门关不上 is urgent, and no more.
    """
    if not reading.alarms:
        return logit >= cut + _VERY_SURE and not any("lift" in e.codes for hit in reading.hits for e in hit.entries)
    return logit >= cut - max(_RARE.get(name, 0.0) for name in reading.alarms)


def cries(reading: Reading) -> frozenset[Flag]:
    """Direct words of suicide or of blows at home that nothing turns off: the leader must hear of them."""
    found: set[Flag] = set()
    if despair(reading.text) and not calmed(reading.labels()):
        found.add(Flag.SUICIDE)
    if beaten(reading.text) and reading.labels().isdisjoint(_NOT_HERE):
        found.add(Flag.VIOLENCE)
    return frozenset(found)


def urgency(reading: Reading, logit: float, cut: float) -> Urgency:
    """HIGH when the learned head or several words of urgency.tsv say that it cannot wait."""
    words = {name for name, _, _ in labelled(reading, "urgency")}
    if logit >= cut or (len(words) >= 2 and logit >= cut - 1.5):
        return Urgency.HIGH
    return Urgency.NORMAL


def flags(reading: Reading) -> frozenset[Flag]:
    """What decides who may be told of the matter."""
    text = reading.text
    found = set(cries(reading))
    for name, start, end in labelled(reading, "flags"):
        flag, word = Flag(name), text[start:end]
        if flag in (Flag.VIOLENCE, Flag.SUICIDE, Flag.PETITION) and _denied(text, start):
            continue
        if flag is Flag.VIOLENCE and _PHONED.match(text[start : start + 9]):
            continue
        if flag is Flag.PETITION and word in _WEAK_CALLS and not _called(text, start):
            continue
        if flag is Flag.MINOR and any(s <= start < e for s, e in (m.span() for m in _NO_CHILD.finditer(text))):
            continue
        found.add(flag)
    if _SCHOOLS.search(text):
        found.add(Flag.MINOR)
    if ill(text):
        found.add(Flag.HEALTH)
    if branded(text):
        found.add(Flag.FORMER)
    return frozenset(found)


def _called(text: str, start: int) -> bool:
    """Whether people block the door or strike: not an e-bike, not a lift."""
    return _CROWD.search(text) is not None and _THING.search(text[max(0, start - 12) : start]) is None


def _denied(text: str, start: int) -> bool:
    return bool(_DENIED.search(text[max(0, start - 3) : start]))
