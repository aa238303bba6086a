"""On which days meetings are: days that a month lacks, days off, years whose holidays nobody knows."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.policy import PolicyError, load_policy
from handlers.policy.checking import require_sense
from handlers.policy.meetings import Hard, Meetings
from handlers.policy.pack import Policy
from handlers.record.meeting_days import days_of, is_meeting_day, next_day
from models.codes import Role

ZONE = ZoneInfo("Asia/Shanghai")
DEFAULT = load_policy()


def _pack(**values: object) -> Policy:
    return DEFAULT.model_copy(update={"meetings": Meetings(on=True, **values)})


def _days(policy: Policy, year: int, month: int) -> list[str]:
    return [day.isoformat()[5:] for day in days_of(policy.meetings, policy.working, year, month)]


def test_the_days_of_dongping() -> None:
    pack = load_policy("dongping")
    # The 5th and the 25th of April 2026 are a holiday and a Saturday.
    assert _days(pack, 2026, 4) == ["04-07", "04-15", "04-27"]
    assert _days(pack, 2026, 5) == ["05-06", "05-15", "05-25"]


@pytest.mark.parametrize(
    ("year", "month", "short_month", "expected"),
    [
        (2026, 5, "last", ["05-31"]),
        (2026, 6, "last", ["06-30"]),
        (2027, 2, "last", ["02-28"]),
        (2028, 2, "last", ["02-29"]),
        (2026, 6, "skip", []),
        (2026, 7, "skip", ["07-31"]),
    ],
)
def test_a_day_that_a_month_lacks(year: int, month: int, short_month: str, expected: list[str]) -> None:
    assert _days(_pack(days=(31,), short_month=short_month), year, month) == expected


def test_two_days_that_become_one_are_one_meeting() -> None:
    assert _days(_pack(days=(30, 31), short_month="last"), 2026, 6) == ["06-30"]
    # Both are days off: the 2nd and the 3rd of May, moved to the first working day.
    assert _days(_pack(days=(2, 3), moved="after"), 2026, 5) == ["05-06"]


def test_moved_before_and_after_holidays() -> None:
    # The 1st to the 7th of October are holidays.
    assert _days(_pack(days=(5,), moved="after"), 2026, 10) == ["10-08"]
    assert _days(_pack(days=(5,), moved="before"), 2026, 10) == ["09-30"]


def test_a_year_whose_holidays_nobody_knows_counts_weekends_alone() -> None:
    pack = _pack(days=(5, 15, 25), moved="after")
    assert not pack.working.knows(2027)
    assert _days(pack, 2027, 6) == ["06-07", "06-15", "06-25"]


def test_the_next_day_is_never_the_one_whose_agenda_has_left() -> None:
    pack = _pack(days=(5, 15, 25))
    before = datetime(2026, 5, 15, 8, 29, tzinfo=ZONE)
    assert next_day(pack, before) == date(2026, 5, 15)
    assert next_day(pack, before + timedelta(minutes=1)) == date(2026, 5, 25)
    assert next_day(pack, datetime(2026, 12, 26, tzinfo=ZONE)) == date(2027, 1, 5)


def test_a_day_that_was_moved_into_the_next_month_is_found() -> None:
    pack = _pack(days=(31,), short_month="skip", moved="after")
    # The 31st of January 2026 is a Saturday.
    assert next_day(pack, datetime(2026, 2, 1, tzinfo=ZONE)) == date(2026, 2, 2)
    assert is_meeting_day(pack, date(2026, 2, 2))
    assert not is_meeting_day(pack, date(2026, 2, 3))


def test_the_29th_of_february_may_be_far_away_and_others_are_not() -> None:
    assert next_day(_pack(days=(30,), short_month="skip"), datetime(2027, 1, 31, tzinfo=ZONE)) == date(2027, 3, 30)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"days": ()}, "一天都没有"),
        ({"days": (0,)}, "没有 0 号"),
        ({"days": (32,)}, "没有 32 号"),
        ({"days": (31,)}, "31 号有的月份没有"),
        ({"days": (29,)}, 'short_month = "last"'),
        ({"days": (5, 5)}, "5 号写了两次"),
        ({"levels": ()}, "哪一级"),
        ({"roles": ()}, "没有人收到议程"),
        ({"roles": (Role.PARTY_MEMBER,)}, "party_member 不能看全部纠纷"),
        ({"hard": Hard()}, "什么是疑难纠纷"),
    ],
)
def test_what_is_wrong_with_a_pack_is_named(values: dict[str, object], said: str) -> None:
    with pytest.raises(PolicyError, match="meetings") as caught:
        require_sense(_pack(**values), "test.toml")
    assert said in str(caught.value)


def test_the_day_is_accepted_once_the_pack_says_what_becomes_of_it() -> None:
    require_sense(_pack(days=(31,), short_month="skip"), "test.toml")
