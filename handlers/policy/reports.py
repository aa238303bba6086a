"""Of a policy pack: digests and reports."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field

from handlers.policy.part import Part
from handlers.report.periods import Sending, Span, sending
from models.codes import NodeLevel


def _weekly(text: str) -> str:
    try:
        sending(text, Span.WEEK)
    except ValueError:
        raise ValueError('请写成 "Mon 08:30" 这样（Mon 到 Sun）') from None
    return text


def monthly_moment(text: str) -> str:
    try:
        sending(text, Span.MONTH)
    except ValueError:
        raise ValueError('请写成 "1 08:30" 这样（1 到 28 号）') from None
    return text


class DigestTime(Part):
    """When digests and reports leave, and to whom by themselves: the leaders of nodes of these levels.

    empty: whether a day on which nothing is to be told gets one too.
    """

    at: time
    empty: bool = False
    levels: tuple[NodeLevel, ...] = tuple(level for level in NodeLevel if level is not NodeLevel.DISTRICT)
    weekly: Annotated[str, AfterValidator(_weekly)] = "Mon 08:30"
    weekly_levels: tuple[NodeLevel, ...] = (NodeLevel.DISTRICT, NodeLevel.TOWN)
    monthly: Annotated[str, AfterValidator(monthly_moment)] = "1 08:30"
    monthly_levels: tuple[NodeLevel, ...] = (NodeLevel.DISTRICT,)

    def sending(self, span: Span) -> Sending:
        """When reports of that kind leave."""
        return sending(self.weekly if span is Span.WEEK else self.monthly, span)


class Motto(Part):
    """What a town wants solved how near (小事不出网格): the share that was solved at that level and below."""

    name: str = Field(min_length=1, max_length=12)
    level: NodeLevel


class Reporting(Part):
    """What counts as unusual, and what else a report says.

    A burst: at least burst_at_least matters of a category on one day, far above the same weekday of the
    baseline_weeks before. A sign: matters in at least sign_nodes micro-grids. least: what came up less often is in no
    tendency, burst or sign. areas: also bursts of a category in one area. monthly_signs: monthly reports say these
    too, compared with baseline_months before.
    rate_name: how the share of what was solved is called; goal: what it should be, in percent, said in monthly reports.
    by_level: how much of what came to each level was solved there. overdue: so many of what is overdue are listed.
    outcomes: success of disputes as it was recorded, with the year so far. feedback: leaders of places of these levels
    get a line about their own place with each report of their 村社区.
    """

    baseline_weeks: int = Field(default=8, ge=1, le=52)
    baseline_months: int = Field(default=3, ge=1, le=12)
    burst_at_least: int = Field(default=4, ge=2)
    sign_nodes: int = Field(default=3, ge=2)
    least: int = Field(default=1, ge=1, le=100)
    areas: bool = False
    monthly_signs: bool = False
    rate_name: str = Field(default="办结率", min_length=1, max_length=8)
    goal: float | None = Field(default=None, gt=0, le=100)
    by_level: bool = False
    overdue: int = Field(default=0, ge=0, le=30)
    outcomes: bool = False
    mottos: tuple[Motto, ...] = ()
    feedback: tuple[NodeLevel, ...] = ()
