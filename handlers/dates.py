"""Reading a day as people write it: 5月10日, 5-10, 2026-05-10, 明天, 三天."""

import re
from datetime import date, timedelta

from handlers.numbers import number_of

_FULL = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?")
_SHORT = re.compile(r"(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?")
_DAY = re.compile(r"(\d{1,2})\s*[日号]")
_NEAR = {"今天": 0, "明天": 1, "后天": 2, "大后天": 3}
_WEEK = re.compile(r"(下)?(?:周|星期|礼拜)([一二三四五六日天])")
_WEEKDAYS = "一二三四五六日"
_SPAN = re.compile(r"(\d{1,3}|[一二两三四五六七八九十]{1,3})\s*个?\s*(?:工作)?[天日]?")


def read_day(text: str, today: date) -> date | None:
    """The day that the words name, the next one where the year or month is left out; None when they name none."""
    words = text.strip().rstrip("。.!！ ")
    try:
        if full := _FULL.fullmatch(words):
            return date(int(full[1]), int(full[2]), int(full[3]))
        if short := _SHORT.fullmatch(words):
            day = date(today.year, int(short[1]), int(short[2]))
            return day if day >= today else day.replace(year=today.year + 1)
        if alone := _DAY.fullmatch(words):
            day = today.replace(day=int(alone[1]))
            return day if day >= today else (today.replace(day=1) + timedelta(days=32)).replace(day=int(alone[1]))
    except ValueError:
        return None
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    if week := _WEEK.fullmatch(words):
        wanted = _WEEKDAYS.index(week[2].replace("天", "日"))
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=1 if week[1] else 0)
        day = monday + timedelta(days=wanted)
        return day if day >= today else day + timedelta(weeks=1)
    return None


def read_days(text: str) -> tuple[float | None, str]:
    """A number of days at the start of the words (3天, 三个工作日, 2), and what stands behind it."""
    words = text.strip()
    found = _SPAN.match(words)
    if found is None:
        return None, words
    return number_of(found[1]), re.sub(r"^[\s,，:：;；。、]+", "", words[found.end() :])
