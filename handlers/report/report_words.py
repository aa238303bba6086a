"""How a report says shares, means, times, days and categories."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from handlers.setting import Setting

FINE = 100
"""From so many on a share is given to a tenth."""


def percent(part: int, whole: int) -> str:
    """The share, rounded down so that 100% is only said of everything."""
    if not whole:
        return "—"
    return f"{part * 1000 // whole / 10:g}%" if whole >= FINE else f"{part * 100 // whole}%"


def mean_of(total: int, weeks: int) -> str:
    return f"{total / weeks:.1f}".removesuffix(".0") if weeks else "0"


def time_of(setting: Setting, minutes: int) -> str:
    if minutes < 60:
        return setting.words.say("report.minutes", count=max(minutes, 1))
    if minutes < 48 * 60:
        return setting.words.say("report.hours", count=f"{minutes / 60:.1f}".removesuffix(".0"))
    return setting.words.say("report.days", count=f"{minutes / 1440:.1f}".removesuffix(".0"))


def day_of(day: date) -> str:
    return f"{day.month}月{day.day}日"


def category_of(setting: Setting, data: Mapping[str, Any], code: str) -> str:
    """As it was called when the report was frozen."""
    name: str | None = data["names"].get(code)
    return name or setting.words.say("report.unnamed")
