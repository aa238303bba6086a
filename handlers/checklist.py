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
