"""Working time: office hours, weekends, public holidays and make-up days, local exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Counts working time in the zone of the office.

    hours are (from, to) pairs within a day, in order. exceptions override everything: True is a
    working day, False is not.
    """

    zone: ZoneInfo
    hours: tuple[tuple[time, time], ...]
    exceptions: Mapping[date, bool] = field(default_factory=dict)

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

    @property
    def day_length(self) -> timedelta:
        """Working time in one working day."""
        anchor = date(2000, 1, 1)
        spans = (datetime.combine(anchor, end) - datetime.combine(anchor, start) for start, end in self.hours)
        return sum(spans, timedelta())

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which amount of working time has passed since start. Aware, in UTC terms of start.

        Raises ValueError when amount is negative or no working day lies in the next two years.
        """
        if amount < timedelta():
            raise ValueError("working time cannot be negative")
        local = start.astimezone(self.zone)
        left = amount
        day = local.date()
        for _ in range(800):
            for opens, closes in self._spans(day):
                begin = max(opens, local)
                if begin >= closes:
                    continue
                if begin + left <= closes:
                    return (begin + left).astimezone(start.tzinfo)
                left -= closes - begin
            day += _DAY
        raise ValueError("the calendar holds no working day within two years")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from start to end; zero when end is not after start."""
        total = timedelta()
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            for opens, closes in self._spans(day):
                total += max(timedelta(), min(closes, end) - max(opens, start))
            day += _DAY
        return total

    def days(self, amount: float) -> timedelta:
        """Working time of that many working days."""
        return self.day_length * amount

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        if not self.is_workday(day):
            return []
        return [
            (datetime.combine(day, start, self.zone), datetime.combine(day, end, self.zone))
            for start, end in self.hours
        ]
