"""Working time: office hours, weekends, public holidays and make-up days, local exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

_DAY = timedelta(days=1)
_MIDNIGHT = time()
_LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Counts working time in the zone of the office.

    hours are (from, to) pairs within a day, in order. An end of 00:00, or 23:59 as many write it,
    is the midnight at the end of the day. exceptions override everything: True is a working day,
    False is not. Raises ValueError when hours are empty, overlap or stand in the wrong order.
    """

    zone: ZoneInfo
    hours: tuple[tuple[time, time], ...]
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        edges = [edge for start, end in self.hours for edge in (_since_midnight(start), _until(end))]
        if not edges or any(start >= end for start, end in zip(edges[::2], edges[1::2], strict=True)):
            raise ValueError("office hours must begin before they end")
        if edges != sorted(edges):
            raise ValueError("office hours must stand in order and not overlap")

    def is_workday(self, day: date) -> bool:
        """Whether the office works on day: local exceptions, then the official calendar, then weekends."""
        if day in self.exceptions:
            return self.exceptions[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            # The official calendar of that year is not published or not shipped: see knows().
            return day.weekday() < 5

    @staticmethod
    def knows(year: int) -> bool:
        """Whether the official holidays of the year are known; otherwise only weekends count as free."""
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def plans(self, year: int) -> bool:
        """Whether the free days of the year are known: officially, or because the local exceptions name any."""
        return self.knows(year) or any(day.year == year for day in self.exceptions)

    @property
    def day_length(self) -> timedelta:
        """Working time in one working day."""
        return sum((_until(end) - _since_midnight(start) for start, end in self.hours), timedelta())

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which amount of working time has passed since start, in the zone of start.

        Raises ValueError when start is naive, amount is negative, or no working day lies in the
        next two years.
        """
        if start.tzinfo is None:
            raise ValueError("working time counts from an aware moment")
        if amount < timedelta():
            raise ValueError("working time cannot be negative")
        # In UTC: two moments of one zone are compared and counted by their clocks, whatever happens in between.
        moment = start.astimezone(UTC)
        left = amount
        day = start.astimezone(self.zone).date()
        idle = 0
        while idle < 800:
            idle += 1
            for opens, closes in self._spans(day):
                begin = max(opens, moment)
                if begin >= closes:
                    continue
                if begin + left <= closes:
                    return (begin + left).astimezone(start.tzinfo)
                left -= closes - begin
                idle = 0
            day += _DAY
        raise ValueError("the calendar holds no working day within two years")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from start to end; zero when end is not after start."""
        total = timedelta()
        since, until = start.astimezone(UTC), end.astimezone(UTC)
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            for opens, closes in self._spans(day):
                total += max(timedelta(), min(closes, until) - max(opens, since))
            day += _DAY
        return total

    def days(self, amount: float) -> timedelta:
        """Working time of that many working days."""
        return self.day_length * amount

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Office hours of the day in UTC: between them lies real time even where clocks are put forward."""
        if not self.is_workday(day):
            return []
        return [
            (self._moment(day, _since_midnight(start)), self._moment(day, _until(end))) for start, end in self.hours
        ]

    def _moment(self, day: date, clock: timedelta) -> datetime:
        return (datetime.combine(day, _MIDNIGHT) + clock).replace(tzinfo=self.zone).astimezone(UTC)


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)


def _until(clock: time) -> timedelta:
    """The end of a span since its midnight."""
    return _DAY if clock == _MIDNIGHT or clock >= _LAST_MINUTE else _since_midnight(clock)
