"""Of a policy pack: which matters a panel of neighbours reviews before they are closed (五人小组)."""

import re

from pydantic import Field, field_validator, model_validator

from handlers.policy.part import Part
from models.codes import NodeLevel, TicketKind

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(万|千|百)?\s*多?\s*(?:元|块)")
_TIMES = {"万": 10_000, "千": 1_000, "百": 100, "": 1}


def largest_amount(text: str) -> float:
    """The largest sum of money in the words, in yuan; 0 when they name none."""
    return max((float(number) * _TIMES[times] for number, times in _AMOUNT.findall(text)), default=0)


class Reviewed(Part):
    """Matters that are reviewed: whatever of this is given must be true of them.

    level: it has gone up at least so far. words: one of them stands in it. amount: it speaks of so many yuan or more.
    """

    kinds: tuple[TicketKind, ...] = ()
    categories: tuple[str, ...] = ()
    level: NodeLevel | None = None
    words: tuple[str, ...] = ()
    amount: float | None = Field(default=None, gt=0)

    @field_validator("kinds")
    @classmethod
    def _public(cls, kinds: tuple[TicketKind, ...]) -> tuple[TicketKind, ...]:
        if TicketKind.DISPUTE in kinds:
            raise ValueError("纠纷不公开，不能请邻里评议，请从 kinds 里去掉 dispute")
        return kinds

    @model_validator(mode="after")
    def _says_something(self) -> "Reviewed":
        if self == type(self).model_construct():
            raise ValueError("至少写一样：kinds、categories、level、words 或 amount")
        return self

    def fits(self, kind: TicketKind, category: str, level: NodeLevel, text: str) -> bool:
        """Whether a matter of that kind and category, at that level, in those words, is one of them."""
        order = list(NodeLevel)
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.categories or category in self.categories)
            and (self.level is None or order.index(level) <= order.index(self.level))
            and (not self.words or any(word in text for word in self.words))
            and (self.amount is None or largest_amount(text) >= self.amount)
        )


class Panels(Part):
    """A panel of size people looks at what rules say; with quorum votes the majority decides.

    remind_days, days: working days after which those who have not voted are reminded, and the leader is told.
    """

    on: bool = False
    name: str = Field(default="评议小组", min_length=2, max_length=8)
    rules: tuple[Reviewed, ...] = ()
    size: int = Field(default=5, ge=1, le=15)
    quorum: int = Field(default=3, ge=1, le=15)
    remind_days: float = Field(default=1, gt=0)
    days: float = Field(default=2, gt=0)

    @model_validator(mode="after")
    def _possible(self) -> "Panels":
        if self.quorum > self.size:
            raise ValueError(f"quorum（{self.quorum}）比人数 size（{self.size}）还多，请改小")
        if self.remind_days > self.days:
            raise ValueError("remind_days 要不晚于 days")
        return self
