"""The weeks and months of reports: half open, in the policy's zone, and what people call them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.report.periods import Span, last_over, named, of_day, read, sending

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 6, 10, 0, tzinfo=ZONE)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(day=DAYS, span=st.sampled_from(list(Span)))
def test_every_day_lies_in_exactly_one_period(day: date, span: Span) -> None:
    period = of_day(span, day, ZONE)
    assert period.first <= day < period.end
    assert period.after().first == period.end and period.before().end == period.first
    assert named(span, period.name, ZONE) == period
    assert period.before().name < period.name


@given(day=DAYS, span=st.sampled_from(list(Span)))
def test_the_last_period_that_is_over_ends_before_now(day: date, span: Span) -> None:
    now = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    period = last_over(span, now, ZONE)
    assert period.is_over(now) and not period.after().is_over(now)


def test_midnight_of_the_zone_belongs_to_the_new_month() -> None:
    period = of_day(Span.MONTH, date(2026, 5, 31), ZONE)
    assert period.until.astimezone(UTC) == datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
    assert period.since.astimezone(UTC) == datetime(2026, 4, 30, 16, 0, tzinfo=UTC)
    assert period.after().since == period.until


@pytest.mark.parametrize(
    ("span", "said", "name"),
    [
        (Span.WEEK, "", "2026-W18"),
        (Span.WEEK, "上周", "2026-W18"),
        (Span.WEEK, "上周的", "2026-W18"),
        (Span.WEEK, "本周", "2026-W19"),
        (Span.WEEK, "第 19 周", "2026-W19"),
        (Span.WEEK, "十八周", "2026-W18"),
        (Span.WEEK, "2026-W02", "2026-W02"),
        (Span.WEEK, "52", "2025-W52"),
        (Span.MONTH, "", "2026-04"),
        (Span.MONTH, "上个月", "2026-04"),
        (Span.MONTH, "本月", "2026-05"),
        (Span.MONTH, "三月份", "2026-03"),
        (Span.MONTH, "12月", "2025-12"),
        (Span.MONTH, "2026年1月", "2026-01"),
        (Span.MONTH, "2026.1", "2026-01"),
        (Span.MONTH, "202601", "2026-01"),
    ],
)
def test_what_people_call_a_period(span: Span, said: str, name: str) -> None:
    found = read(span, said, NOW, ZONE)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (Span.WEEK, "怎么还没发"), (Span.WEEK, "第60周"), (Span.WEEK, "0000-W01"), (Span.MONTH, "13月"),
        (Span.MONTH, "9999-12"), (Span.MONTH, "0月"), (Span.MONTH, "明年"), (Span.MONTH, "2026-W19"),
    ],
)  # fmt: skip
def test_what_names_no_period(span: Span, said: str) -> None:
    assert read(span, said, NOW, ZONE) is None


def test_a_report_leaves_at_the_first_such_moment_after_its_period() -> None:
    week, month = of_day(Span.WEEK, NOW.date(), ZONE), of_day(Span.MONTH, NOW.date(), ZONE)
    assert sending("Mon 08:30", Span.WEEK).after(week) == week.until + timedelta(hours=8.5)
    assert sending("Fri 17:00", Span.WEEK).after(week) == week.until + timedelta(days=4, hours=17)
    assert sending("5 09:00", Span.MONTH).after(month) == month.until + timedelta(days=4, hours=9)


@pytest.mark.parametrize(
    ("text", "span"),
    [("Mo 08:30", Span.WEEK), ("Mon", Span.WEEK), ("31 08:30", Span.MONTH), ("x 08:30", Span.MONTH)],
)
def test_a_time_that_does_not_exist_is_refused(text: str, span: Span) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        sending(text, span)
