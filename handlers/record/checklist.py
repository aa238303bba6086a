"""Reading what somebody found on a round: which items of the checklist are in order, which are not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from handlers.policy.patrols import Item

OK, PROBLEM = "ok", "problem"
_PARTS = re.compile(r"[。；;，,！!\n]+")
_FINE = re.compile(
    r"正常|没(?:有)?问题|没(?:有)?异常|无异常|无问题|未发现|没(?:有)?发现|完好|良好|(?<!不)满意|都好|很好|没啥|没什么|[oO][kK]|√"
)
_NOT_FINE = re.compile(r"不正常|不满意|不太|不好|但|除了")
_GOOD = (
    r"(?:正常|没(?:有)?问题|没(?:有)?异常|无异常|无问题|未发现(?:问题)?|没(?:有)?发现(?:问题)?|完好|良好|都好|很好"
    r"|没啥(?:问题)?|没什么(?:问题)?|[oO][kK]|√)"
)
_WHOLE = (
    r"(?:其余|其他|其它|别的|剩下的?|另外的?|全部|全都|都|均|一切|全|各项|几项|[一二三四五六七八九十\d]+项"
    r"|检查|的|也|方面)"
)
_ENDING = r"(?:的|了|呢|啊|哈|呀)*"
_ALL_REST = re.compile(rf"{_WHOLE}+{_GOOD}{_ENDING}")
_REST = re.compile(rf"{_WHOLE}*{_GOOD}{_ENDING}")
_FILLER = re.compile(r"(?:好的?|嗯+|哦|收到|你好|您好|小哨|报告|补充|回复)")
_ASKING = re.compile(r"吗$|呢$|几点|怎么办|什么时候|能不能|行不行|多少钱")
_ALL = re.compile(r"其余|其他|其它|别的|都|全部|均|一切|全")


@dataclass(slots=True)
class Round:
    """found: (value, words) by item name. rest: the items not named are in order. loose: words that name no item."""

    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    rest: bool = False
    loose: list[str] = field(default_factory=list)

    @property
    def says_something(self) -> bool:
        return bool(self.found) or self.rest


def read_round(items: Sequence[Item], text: str) -> Round:
    """What the words say of each item; words behind a problem that name no item belong to it."""
    result, last, alone = Round(), None, False
    for part in (piece.strip() for piece in _PARTS.split(text)):
        if not part:
            continue
        goes_on, alone = alone, False
        named = [item for item in items if _names(item, part)]
        fine = bool(_FINE.search(part)) and not _NOT_FINE.search(part)
        if not named:
            if fine:
                result.rest = True
            elif last is not None and result.found[last][0] == PROBLEM:
                result.found[last] = (PROBLEM, f"{result.found[last][1]}，{part}")
            else:
                alone = True
                result.loose[-1:] = [f"{result.loose[-1]}，{part}"] if goes_on else [*result.loose[-1:], part]
            continue
        for item in named:
            if fine or _none_of(item, part):
                result.found.setdefault(item.name, (OK, ""))
            else:
                result.found[item.name] = (PROBLEM, _behind(item, part))
            last = item.name
        if fine and _ALL.match(part):
            result.rest = True
    return result


def is_report(items: Sequence[Item], text: str, *, asked: bool) -> bool:
    """Whether each part of the words speaks of the round: of an item by its name, or of all the rest.

    asked: whether they quote the question or follow right behind it: then 没问题 alone is enough. What else somebody
    says within the hour (今天天气很好, 服务中心几点开门) is no answer.
    """
    parts = [piece.strip() for piece in _PARTS.split(text) if piece.strip()]
    told = [part for part in parts if not _FILLER.fullmatch(part)]
    if not told or any(mark in text for mark in "?？"):
        return False
    return all(
        bool((_REST if asked else _ALL_REST).fullmatch(part)) or any(_reports(item, part) for item in items)
        for part in told[:1]
    ) and not any(_ASKING.search(part) for part in told)


def _reports(item: Item, part: str) -> bool:
    """消防：楼道堆了纸箱; 涉黄的有一家; 无邪教; 卫生正常."""
    if _none_of(item, part):
        return True
    words = "|".join(map(re.escape, sorted((item.name, *item.words), key=len, reverse=True)))
    behind = rf"(?:{words})(?:方面|这块|这一项|上|的)?\s*(?:$|[:：\s、和]|有|没|无|不|都|还|也|很|比较|{_FINE.pattern})"
    return re.match(rf"(?:就是|只有|但是?|不过|除了|其中)?{behind}", part) is not None


def _names(item: Item, part: str) -> bool:
    return any(word in part for word in (item.name, *item.words))


def _none_of(item: Item, part: str) -> bool:
    """无邪教, 没有纠纷, 邪教：无."""
    words = "|".join(map(re.escape, sorted((item.name, *item.words), key=len, reverse=True)))
    return re.search(rf"(?:无|没有|没)(?:{words})|(?:{words})\s*[:：]?\s*(?:无|没有|0)$", part) is not None


def _behind(item: Item, part: str) -> str:
    """The words without the item's name, where it only stands in front of them."""
    for word in (item.name, *item.words):
        if (found := re.match(rf".{{0,4}}?{re.escape(word)}\s*[:：\s]\s*(?:有)?\s*(?=\S)", part)) is not None:
            return part[found.end() :]
    return part
