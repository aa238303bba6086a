"""Dates and times as WeChat and its exporters write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.replay.gather import YEARS, fault, to_utc

STAMP = (
    r"(?>(?:(?P<y>\d{4})\s?[-/.年]\s?(?P<mo>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})日?"
    r"|(?P<mo2>\d{1,2})月(?P<d2>\d{1,2})日|(?P<mo3>\d\d)[-/](?P<d3>\d\d)"
    r"|(?P<rel>今天|昨天|前天|(?:星期|周|礼拜)[一二三四五六日天]))?"
    r"[ \u3000T,，]{0,3}(?:(?:星期|周|礼拜)[一二三四五六日天])?\s{0,3}"
    r"(?P<part>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|[AaPp][Mm])?\s{0,3}"
    r"(?:(?P<h>\d{1,2})[:：](?P<mi>\d\d)(?:[:：](?P<s>\d\d)(?:\.\d{1,6})?)?)?(?:\s?(?P<half>[AaPp][Mm]))?)"
)
"""A date, a time or both. It also matches nothing: use read_stamp, which refuses that.

Atomic, so that no line makes it backtrack and 10:21:33 is never read as 10:21.
"""

_STAMP = re.compile(STAMP)
_AFTERNOON = ("下午", "傍晚", "晚上", "pm")
_WEEKDAYS = "一二三四五六日"
_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a stamp says, no more: any part may be missing. relative is 今天, 昨天, 前天 or 星期…."""

    year: int | None
    month: int | None
    day: int | None
    relative: str | None
    clock: time | None

    @property
    def full(self) -> bool:
        return self.year is not None

    @property
    def dated(self) -> bool:
        return self.month is not None or self.relative is not None


def read_stamp(text: str) -> Stamp | None:
    """The stamp that the whole text is; None if it is none, or an impossible clock such as 25:61."""
    found = _STAMP.fullmatch(text)
    return stamp_of(found) if found else None


def stamp_of(found: re.Match[str]) -> Stamp | None:
    """The stamp of a match of a pattern that contains STAMP; None as for read_stamp."""
    group = found.groupdict()
    month, day = (group["mo"] or group["mo2"] or group["mo3"]), (group["d"] or group["d2"] or group["d3"])
    clock = None
    if group["h"] is not None:
        clock = _clock(int(group["h"]), int(group["mi"]), int(group["s"] or 0), group["part"] or group["half"] or "")
        if clock is None:
            return None
    if clock is None and month is None and group["rel"] is None:
        return None
    return Stamp(
        int(group["y"]) if group["y"] else None,
        int(month) if month else None,
        int(day) if day else None,
        group["rel"],
        clock,
    )


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A complete date and time (ISO 8601, 2026/5/1 10:21, 2026年5月1日 下午1:05), as UTC; else None."""
    text = text.strip()
    try:
        local = datetime.fromisoformat(text) if ":" in text else None
    except ValueError:
        local = None
    if local is None:
        stamp = read_stamp(text) if len(text) <= 60 else None
        if stamp is None or stamp.year is None or stamp.month is None or stamp.day is None or stamp.clock is None:
            return None
        try:
            local = datetime.combine(date(stamp.year, stamp.month, stamp.day), stamp.clock)
        except ValueError:
            return None
    return to_utc(local, zone)


def read_epoch(text: str) -> datetime | None:
    """Unix seconds or milliseconds (9 to 13 digits), as UTC; else None."""
    text = text.strip().removesuffix(".0")
    if not (text.isascii() and text.isdigit() and 9 <= len(text) <= 13):
        return None
    seconds = int(text) // 1000 if len(text) >= 12 else int(text)
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if moment.year in YEARS else None


def _clock(hour: int, minute: int, second: int, part: str) -> time | None:
    part = part.lower()
    if (part in _AFTERNOON and hour < 12) or (part == "中午" and hour < 11):
        hour += 12
    elif part in ("凌晨", "晚上", "am") and hour == 12:
        hour = 0
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


class Calendar:
    """Gives each stamp of a pasted chat its day, going down the file.

    given is the day of copying (--date). Plain clocks belong to the last date named; if a header
    named it, they are younger than it and belong to given. A clock more than an hour before the
    one above it is the next day's.
    """

    def __init__(self, zone: ZoneInfo, given: date | None, stamps: Iterable[Stamp]) -> None:
        self._zone = zone
        self._given = given
        self._first = next((stamp for stamp in stamps if stamp.full), None)
        self._day: date | None = None
        self._by_separator = False
        self._last: datetime | None = None

    def separator(self, stamp: Stamp, line: int) -> None:
        """A line of its own that says the day, the clock or both of what follows."""
        if stamp.dated:
            self._day = self._date(stamp, line)
            self._by_separator = True
            self._last = None
        if stamp.clock is not None:
            self._last = self._moment(stamp.clock, stamp.dated, line) - timedelta(minutes=1)

    def at(self, stamp: Stamp | None, line: int) -> datetime:
        """The UTC time of a message; without a stamp a minute after the one before, from 09:00 on."""
        if stamp is None or stamp.clock is None:
            local = self._next_minute(line)
        elif stamp.dated:
            self._day, self._by_separator = self._date(stamp, line), False
            local = self._moment(stamp.clock, True, line)
        else:
            if not self._by_separator and self._given and self._day and self._day < self._given:
                self._day, self._last = self._given, None
            local = self._moment(stamp.clock, False, line)
        self._last = local
        moment = to_utc(local, self._zone)
        if moment is None:
            raise fault(line, "的日期不合理", "请检查年份")
        return moment

    def _next_minute(self, line: int) -> datetime:
        if self._last is None:
            return datetime.combine(self._today(line), time(9))
        return self._last + timedelta(minutes=1)

    def _moment(self, clock: time, dated: bool, line: int) -> datetime:
        local = datetime.combine(self._today(line), clock)
        if not dated and self._last is not None and self._last - local > _AN_HOUR:
            local += timedelta(days=1)
            self._day = local.date()
        return local

    def _today(self, line: int) -> date:
        if self._day is None:
            self._day = self._given or (self._date(self._first, line) if self._first else None)
        if self._day is None:
            raise fault(line, "没有说是哪一天", "请加上 --date 2026-05-01 这样的日期再试")
        return self._day

    def _date(self, stamp: Stamp, line: int) -> date:
        if stamp.relative is not None:
            return self._relative(stamp.relative, line)
        year = stamp.year if stamp.year is not None else self._year(line)
        try:
            day = date(year, stamp.month or 0, stamp.day or 0)
            if stamp.year is None and self._day is not None and (self._day - day).days > 180:
                day = day.replace(year=year + 1)
        except ValueError:
            raise fault(line, "的日期不存在", "请检查月和日") from None
        if day.year not in YEARS:
            raise fault(line, "的日期不合理", "请检查年份")
        return day

    def _year(self, line: int) -> int:
        if self._day is None and self._given is None and self._first is None:
            raise fault(line, "的日期没有年份", "请加上 --date 2026-05-01 这样的日期再试")
        return self._today(line).year

    def _relative(self, word: str, line: int) -> date:
        if self._given is None:
            raise fault(line, f"写的是“{word}”", "请用 --date 2026-05-01 的写法说明复制的那天是几号")
        if word in ("今天", "昨天", "前天"):
            return self._given - timedelta(days=("今天", "昨天", "前天").index(word))
        weekday = _WEEKDAYS.index(word[-1].replace("天", "日"))
        return self._given - timedelta(days=(self._given.weekday() - weekday) % 7 or 7)
