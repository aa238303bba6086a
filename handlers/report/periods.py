"""The weeks and months of reports: from midnight to midnight in the policy's zone, the end not included."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from handlers.numbers import number_of

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = timedelta(days=7)
_CHINESE = "零〇一二两三四五六七八九十"


class Span(StrEnum):
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """[first day, day after the last). name: "2026-W19" or "2026-05"; names of one kind are in order of time."""

    span: Span
    name: str
    first: date
    end: date
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.end, time(), self.zone)

    def before(self) -> "Period":
        """The period that ends where this one begins."""
        return of_day(self.span, self.first - timedelta(days=1), self.zone)

    def after(self) -> "Period":
        return of_day(self.span, self.end, self.zone)

    def is_over(self, now: datetime) -> bool:
        return self.until <= now


def month_name(period: Period) -> str:
    """「2026年5月」."""
    return f"{period.first.year}年{period.first.month}月"


@dataclass(frozen=True, slots=True)
class Sending:
    """When a report leaves: at clock on a weekday (0 = Monday) or a day of the month."""

    day: int
    clock: time

    def after(self, period: Period) -> datetime:
        """The first such moment at or after the end of the period."""
        day = period.end
        while (day.weekday() if period.span is Span.WEEK else day.day) != self.day:
            day += timedelta(days=1)
        return datetime.combine(day, self.clock, period.zone)


def sending(text: str, span: Span) -> Sending:
    """What "Mon 08:30" or "1 08:30" means. Raises ValueError."""
    day, _, clock = text.partition(" ")
    at = time.fromisoformat(clock)
    if span is Span.WEEK:
        return Sending(WEEKDAYS.index(day), at)
    if not 1 <= int(day) <= 28:
        raise ValueError("a month has no such day")
    return Sending(int(day), at)


def of_day(span: Span, day: date, zone: ZoneInfo) -> Period:
    """The period in which that day lies."""
    if span is Span.WEEK:
        year, week, weekday = day.isocalendar()
        first = day - timedelta(days=weekday - 1)
        return Period(span, f"{year}-W{week:02}", first, first + _WEEK, zone)
    first = day.replace(day=1)
    return Period(span, f"{day:%Y-%m}", first, (first + timedelta(days=31)).replace(day=1), zone)


def last_over(span: Span, now: datetime, zone: ZoneInfo) -> Period:
    """The last period that is over."""
    return of_day(span, now.astimezone(zone).date(), zone).before()


def named(span: Span, name: str, zone: ZoneInfo) -> Period:
    """The period of exactly that name. Raises ValueError."""
    day = (
        date.fromisocalendar(int(name[:4]), int(name[6:]), 1) if span is Span.WEEK else date.fromisoformat(f"{name}-01")
    )
    return of_day(span, day, zone)


def read(span: Span, text: str, now: datetime, zone: ZoneInfo) -> Period | None:
    """The period that somebody means: nothing or 上周, 本周, 第19周, 2026-W19; 上月, 本月, 5月, 2026年5月, 2026-05.

    Without a year it is the last one that has begun. None: not understood.
    """
    said = re.sub(r"\s", "", text).rstrip("的份。.").lower()
    today = of_day(span, now.astimezone(zone).date(), zone)
    own = {Span.WEEK: ("周", "星期", "个星期", "一周"), Span.MONTH: ("月", "个月")}[span]
    if not said or said in {f"上{name}" for name in own}:
        return today.before()
    if said in {f"{this}{name}" for this in ("本", "这") for name in own}:
        return today
    try:
        return _week(said, today, zone) if span is Span.WEEK else _month(said, today, zone)
    except (ValueError, OverflowError):
        return None  # no such week, or far outside of any calendar


def _week(said: str, today: Period, zone: ZoneInfo) -> Period | None:
    match = re.fullmatch(rf"(?:(\d{{4}})(?:年|-|/)?)?(?:第|w)?(\d{{1,2}}|[{_CHINESE}]{{1,3}})周?", said)
    number = None if match is None else number_of(match[2])
    if match is None or not number:
        return None
    year = int(match[1]) if match[1] else today.first.isocalendar().year
    found = of_day(Span.WEEK, date.fromisocalendar(year, number, 1), zone)
    if not match[1] and found.first > today.first:
        found = of_day(Span.WEEK, date.fromisocalendar(year - 1, number, 1), zone)
    return found


def _month(said: str, today: Period, zone: ZoneInfo) -> Period | None:
    match = re.fullmatch(rf"(?:(\d{{4}})(?:年|-|/|\.)?)?(\d{{1,2}}|[{_CHINESE}]{{1,3}})月?", said)
    number = None if match is None else number_of(match[2])
    if match is None or not number:
        return None
    year = int(match[1]) if match[1] else today.first.year
    found = of_day(Span.MONTH, date(year, number, 1), zone)
    if not match[1] and found.first > today.first:
        found = of_day(Span.MONTH, date(year - 1, number, 1), zone)
    return found
