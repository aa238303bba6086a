"""Of a policy pack: meetings about hard disputes (联席会议): on which days, who gets the agenda, what is hard."""

from datetime import time
from typing import Literal

from pydantic import Field

from handlers.policy.part import Part
from models.codes import LEADERS, NodeLevel, Role

HOLDING = frozenset({*LEADERS, Role.HEAD})
"""Who may read the disputes of his place, and so record what was decided of them."""


class Hard(Part):
    """A dispute is hard when one of these holds; what is left out does not count.

    days: open for so many days. level: it has come up to that level. reported: 上报 so many times. reopened: so many
    times. overdue: its deadline is over.
    """

    days: int | None = Field(default=None, ge=1)
    level: NodeLevel | None = None
    reported: int | None = Field(default=None, ge=1)
    reopened: int | None = Field(default=None, ge=1)
    overdue: bool = False

    @property
    def says_anything(self) -> bool:
        return self.overdue or any(one is not None for one in (self.days, self.level, self.reported, self.reopened))


class Meetings(Part):
    """days: of the month. short_month: what becomes of a day that a month lacks. moved: off days that are none of work.

    levels: the places that meet. roles: who of them gets the agenda and records outcomes; organisations: whose people
    get it too, without words unless they may read disputes there. most: so many disputes are listed.
    """

    on: bool = False
    name: str = Field(default="联席会议", min_length=2, max_length=12)
    days: tuple[int, ...] = (5, 15, 25)
    short_month: Literal["last", "skip"] | None = None
    moved: Literal["no", "before", "after"] = "no"
    at: time = time(8, 30)
    levels: tuple[NodeLevel, ...] = (NodeLevel.VILLAGE, NodeLevel.TOWN)
    roles: tuple[Role, ...] = (Role.SECRETARY, Role.VILLAGE, Role.HEAD, Role.TOWN)
    organisations: tuple[str, ...] = ()
    hard: Hard = Hard(days=10)
    most: int = Field(default=12, ge=1, le=30)
