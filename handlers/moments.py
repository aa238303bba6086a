"""Moments on the clock and the calendar that people of a zone read."""

from calendar import monthrange
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_time(moment: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """The first time after moment at which the clock of the zone shows that time."""
    local = moment.astimezone(zone)
    target = datetime.combine(local.date(), clock, zone)
    if target <= local:
        target = datetime.combine(local.date() + timedelta(days=1), clock, zone)
    return target.astimezone(moment.tzinfo)


def months_before(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same day and time of the zone so many months earlier; the last day of a month that is too short."""
    local = moment.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(moment.tzinfo)
