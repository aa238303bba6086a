"""Working time: holidays of 2026, exceptions, zones, and the arithmetic itself."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = ((time(8, 30), time(12)), (time(14), time(17, 30)))
OFFICE = WorkingCalendar(SHANGHAI, HOURS)
ALWAYS = ((time(0), time(0)),)

zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Urumqi", "UTC", "Asia/Kolkata", "Europe/Berlin")]
)
moments = st.datetimes(datetime(2025, 6, 1), datetime(2027, 6, 1)).map(lambda at: at.replace(tzinfo=UTC))
amounts = st.timedeltas(timedelta(), timedelta(days=12))
hours = st.sampled_from([HOURS, ALWAYS, ((time(0), time(23, 59)),), ((time(9), time(12)), (time(18), time(0)))])
calendars = st.builds(
    WorkingCalendar,
    zones,
    hours,
    st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans(), max_size=5),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@given(calendars, moments, amounts)
def test_what_was_added_lies_between(calendar: WorkingCalendar, start: datetime, amount: timedelta) -> None:
    end = calendar.add(start, amount)
    assert end >= start
    assert calendar.between(start, end) == amount


@given(calendars, moments, amounts, amounts)
def test_adding_is_monotone_and_goes_by_parts(
    calendar: WorkingCalendar, start: datetime, one: timedelta, more: timedelta
) -> None:
    middle = calendar.add(start, one)
    end = calendar.add(start, one + more)
    assert start <= middle <= end
    if more:
        assert calendar.add(middle, more) == end


@given(calendars, moments, amounts)
def test_no_deadline_outside_of_hours(calendar: WorkingCalendar, start: datetime, amount: timedelta) -> None:
    end = calendar.add(start, amount).astimezone(calendar.zone)
    today, yesterday = end.date(), (end - timedelta(microseconds=1)).date()
    midnight = end.time() == time()
    assert calendar.is_workday(today) or (midnight and calendar.is_workday(yesterday))
    inside = any(
        start <= end.time() and (stop == time() or stop == time(23, 59) or end.time() <= stop)
        for start, stop in calendar.hours
    )
    assert inside or midnight


@given(calendars, moments, moments)
def test_between_is_never_negative_nor_longer_than_the_time_itself(
    calendar: WorkingCalendar, start: datetime, end: datetime
) -> None:
    worked = calendar.between(start, end)
    assert timedelta() <= worked <= max(timedelta(), end - start)


@given(moments, amounts)
def test_the_zone_of_the_question_does_not_matter(start: datetime, amount: timedelta) -> None:
    local = start.astimezone(ZoneInfo("America/New_York"))
    answer = OFFICE.add(local, amount)
    assert answer == OFFICE.add(start, amount)
    assert answer.tzinfo is local.tzinfo


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        ("2026-05-06 10:00", timedelta(hours=1), "2026-05-06 11:00"),
        ("2026-05-06 11:30", timedelta(hours=1), "2026-05-06 14:30"),  # over noon
        ("2026-05-06 12:00", timedelta(), "2026-05-06 14:00"),
        ("2026-05-06 17:30", timedelta(hours=1), "2026-05-07 09:30"),
        ("2026-05-07 23:59", timedelta(hours=7), "2026-05-08 17:30"),
        ("2026-05-08 17:00", timedelta(hours=1), "2026-05-09 09:00"),  # a Saturday that is worked
        ("2026-05-09 17:00", timedelta(hours=1), "2026-05-11 09:00"),
    ],
)
def test_deadlines(start: str, amount: timedelta, end: str) -> None:
    assert OFFICE.add(at(start), amount) == at(end)


@pytest.mark.parametrize(
    "day",
    ["2026-01-01", "2026-01-02", "2026-02-16", "2026-02-23", "2026-04-06", "2026-05-01", "2026-05-05", "2026-06-19",
     "2026-09-25", "2026-10-01", "2026-10-07", "2026-05-10", "2026-11-28"],
)  # fmt: skip
def test_free_days_of_2026(day: str) -> None:
    assert not OFFICE.is_workday(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10", "2026-05-06", "2026-10-08"],
)
def test_working_days_of_2026_among_them_the_made_up_ones(day: str) -> None:
    assert OFFICE.is_workday(date.fromisoformat(day))


def test_over_the_spring_festival() -> None:
    assert OFFICE.add(at("2026-02-14 17:00"), timedelta(hours=1)) == at("2026-02-24 09:00")


def test_local_exceptions_come_first() -> None:
    local = WorkingCalendar(SHANGHAI, HOURS, {date(2026, 5, 7): False, date(2026, 5, 10): True})
    assert local.add(at("2026-05-06 17:00"), timedelta(hours=1)) == at("2026-05-08 09:00")
    assert local.is_workday(date(2026, 5, 10))


def test_a_year_without_official_days_counts_weekends() -> None:
    assert WorkingCalendar.knows(2026)
    assert not WorkingCalendar.knows(2038)
    assert not WorkingCalendar.knows(1999)
    assert OFFICE.is_workday(date(2038, 10, 1))  # a Friday
    assert not OFFICE.is_workday(date(2038, 10, 2))


def test_a_whole_day_loses_no_minute() -> None:
    for hours_of_day in (ALWAYS, ((time(0), time(23, 59)),)):
        calendar = WorkingCalendar(SHANGHAI, hours_of_day)
        assert calendar.day_length == timedelta(days=1)
        assert calendar.add(at("2026-05-06 00:00"), timedelta(days=2)) == at("2026-05-08 00:00")
        assert calendar.between(at("2026-05-06 23:00"), at("2026-05-07 01:00")) == timedelta(hours=2)


def test_an_evening_that_ends_at_midnight() -> None:
    calendar = WorkingCalendar(SHANGHAI, ((time(18), time(0)),))
    assert calendar.day_length == timedelta(hours=6)
    assert calendar.add(at("2026-05-06 23:30"), timedelta(hours=1)) == at("2026-05-07 18:30")


def test_clocks_put_forward_take_no_hour_away() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar = WorkingCalendar(berlin, ALWAYS, {date(2026, 3, 29): True})
    start = datetime(2026, 3, 29, 1, 30, tzinfo=berlin)
    assert calendar.add(start, timedelta(hours=1)) == datetime(2026, 3, 29, 3, 30, tzinfo=berlin)


@pytest.mark.parametrize(
    "bad",
    [(), ((time(12), time(9)),), ((time(9), time(9)),), ((time(9), time(12)), (time(11), time(17))),
     ((time(14), time(17)), (time(9), time(12)))],
)  # fmt: skip
def test_hours_that_make_no_sense_are_refused(bad: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="hours"):
        WorkingCalendar(SHANGHAI, bad)


def test_questions_without_an_answer_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        OFFICE.add(at("2026-05-06 10:00"), timedelta(seconds=-1))
    with pytest.raises(ValueError, match="aware"):
        OFFICE.add(datetime(2026, 5, 6), timedelta())
    never = WorkingCalendar(SHANGHAI, HOURS, {date(2026, 1, 1) + timedelta(days=n): False for n in range(1500)})
    with pytest.raises(ValueError, match="no working day"):
        never.add(at("2026-05-06 10:00"), timedelta(hours=1))


def test_a_deadline_of_many_years_is_no_calendar_without_days() -> None:
    assert OFFICE.add(at("2026-05-06 10:00"), OFFICE.days(900)) > at("2029-01-01 00:00")
