"""On which days a policy's meetings are, and when their agendas leave."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from handlers.effects import Remind
from handlers.policy.meetings import Meetings
from handlers.policy.pack import Policy
from handlers.setting import Setting
from models.calendar import WorkingCalendar
from models.tables import GridNode
from models.uow import UnitOfWork

MEETING = "meeting"
"""The kind of schedule. Its subject is the topmost place of a tree that meets, its period the day."""

_AHEAD = 26
"""Months within which a day of the pack must come: the 29th of February may be skipped for a while."""
_MOST_FREE = 40
"""Days in a row that may be none of work, before a meeting stays where it is."""


def days_of(rule: Meetings, working: WorkingCalendar, year: int, month: int) -> list[date]:
    """The meeting days that belong to a month, in order; moved ones may lie in the month beside it."""
    last = monthrange(year, month)[1]
    days = {min(day, last) for day in rule.days if day <= last or rule.short_month == "last"}
    return sorted({_moved(rule, working, date(year, month, day)) for day in days})


def _moved(rule: Meetings, working: WorkingCalendar, day: date) -> date:
    if rule.moved == "no":
        return day
    step = timedelta(days=1 if rule.moved == "after" else -1)
    tried = (day + number * step for number in range(_MOST_FREE))
    return next((one for one in tried if working.is_workday(one)), day)


def next_day(policy: Policy, now: datetime) -> date | None:
    """The next day on which the agenda has still to leave; None: the pack names no day that comes."""
    today = now.astimezone(policy.zone).date()
    return next((day for day in _coming(policy, today) if moment_of(policy, day) > now), None)


def is_meeting_day(policy: Policy, day: date) -> bool:
    """Whether the pack, as it is now, has a meeting that day."""
    return policy.meetings.on and any(one == day for one in _coming(policy, day) if one <= day)


def _coming(policy: Policy, today: date) -> Iterator[date]:
    """Meeting days from that day on, nearest first."""
    first = today.year * 12 + today.month - 2  # a day of last month may have been moved into this one
    seen: set[date] = set()
    for number in range(first, first + _AHEAD):
        year, month = divmod(number, 12)
        for day in days_of(policy.meetings, policy.working, year, month + 1):
            if day >= today and day not in seen:
                seen.add(day)
                yield day


def moment_of(policy: Policy, day: date) -> datetime:
    return datetime.combine(day, policy.meetings.at, policy.zone)


def plan_meetings(uow: UnitOfWork, setting: Setting, scope: GridNode, now: datetime) -> list[Remind]:
    """The next agendas of the tree in which a scope lies: one run for all places of it that meet."""
    rule = setting.policy.meetings
    meeting = [node for node in uow.places.line(scope) if node.level in rule.levels]
    if not rule.on or not meeting:
        return []
    day = next_day(setting.policy, now)
    return (
        [] if day is None else [Remind(MEETING, str(meeting[-1].id), day.isoformat(), moment_of(setting.policy, day))]
    )
