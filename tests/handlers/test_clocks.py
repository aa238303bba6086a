"""Clocks, what waits, and who answers, where a transcript does not reach."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from worlds import NOW, add_ticket, build_world

from bot.operating import calendar_findings
from handlers.clockwork import clocks
from handlers.dates import read_day, read_days
from handlers.policy import load_policy
from handlers.ticket import charge
from models.calendar import WorkingCalendar
from models.codes import Role, ScheduleState, Status
from models.tables import Schedule
from models.uow import SUCCESSION, UnitOfWork

POLICY = load_policy()
HOUR = timedelta(hours=1)


def test_what_waits_moves_by_the_working_time_waited_and_what_was_late_stays_late(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow), status=Status.ACCEPTED)
        ticket.respond_by, ticket.solve_by = NOW, NOW + 24 * HOUR
        for look in clocks.term(POLICY, ticket, NOW):
            uow.once.plan(look.kind, look.subject, look.period, look.at)
        clocks.stand_still(uow, ticket, NOW, "等配件")
        assert uow.once.due(NOW + 1000 * HOUR, clocks.TERM) == []
        # Friday to Monday: a make-up Saturday lies between, its Sunday does not count.
        until = NOW + 5 * 24 * HOUR
        waited = POLICY.working.between(NOW, until)
        before = ticket.solve_by
        assert clocks.go_on(uow, POLICY, ticket, until)
        assert ticket.solve_by == POLICY.working.add(before, waited)
        assert ticket.waiting_since is None
        assert not clocks.go_on(uow, POLICY, ticket, until)
        due = next(row for row in uow.once.due(NOW + 1000 * HOUR, clocks.TERM) if row.kind == "due")
        assert due.due_at == ticket.solve_by
        ticket.solve_by = NOW - HOUR
        clocks.stand_still(uow, ticket, NOW, "等配件")
        clocks.go_on(uow, POLICY, ticket, until)
        assert ticket.solve_by == NOW - HOUR


def test_a_word_moves_the_next_one_and_the_looks_at_the_old_one_are_gone(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow), status=Status.ACCEPTED)
        ticket.solve_by = NOW + 400 * HOUR
        clocks.word_given(uow, POLICY, ticket, NOW)
        first = ticket.next_by
        clocks.word_given(uow, POLICY, ticket, NOW + HOUR)
        assert first is not None
        assert ticket.next_by == first + HOUR
        waiting = uow.once.due(NOW + 1000 * HOUR, clocks.NEXT)
        assert {row.period for row in waiting} == {clocks.next_period(ticket)}
        clocks.stand_still(uow, ticket, NOW + HOUR, "等")
        clocks.go_on(uow, POLICY, ticket, NOW + 2 * HOUR)
        waiting = uow.once.due(NOW + 1000 * HOUR, clocks.NEXT)
        assert {row.period for row in waiting} == {clocks.next_period(ticket)}


def test_no_word_is_due_when_the_solution_is_due_before(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow), status=Status.ACCEPTED)
        ticket.solve_by = NOW + HOUR
        clocks.word_given(uow, POLICY, ticket, NOW)
        assert ticket.next_by is None


@pytest.mark.parametrize("bulk", [False, True])
def test_whoever_takes_a_role_away_plans_a_look_at_what_is_left(engine: Engine, bulk: bool) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        ticket = add_ticket(uow, world, handler_id=world.leader.id)
        upper = uow.people.add("老周")
        uow.people.grant(upper, world.village, Role.SECRETARY)
        assert charge.in_charge(uow, ticket) == world.leader
        if bulk:
            uow.people.forget(world.leader, NOW)
        else:
            uow.people.revoke(world.leader, world.micro, Role.MICRO_LEADER)
        uow.flush()
        assert charge.in_charge(uow, ticket) == upper
        rows = uow.session.exec(select(Schedule).where(Schedule.kind == SUCCESSION)).all()
        assert [(row.subject, row.state) for row in rows] == [(world.leader.id, ScheduleState.WAITING)]


def test_a_resident_who_leaves_plans_nothing(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.people.revoke(world.resident, world.micro, Role.RESIDENT)
        assert uow.session.exec(select(Schedule).where(Schedule.kind == SUCCESSION)).all() == []


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("5月10日", date(2026, 5, 10)),
        ("5-10", date(2026, 5, 10)),
        ("2026.5.10", date(2026, 5, 10)),
        ("10号", date(2026, 5, 10)),
        ("3号", date(2026, 6, 3)),
        ("1月3日", date(2027, 1, 3)),
        ("明天", date(2026, 5, 7)),
        ("周五", date(2026, 5, 8)),
        ("下周一", date(2026, 5, 11)),
        ("13月1日", None),
        ("2月30日", None),
        ("过几天", None),
        ("", None),
    ],
)
def test_days_are_read_as_people_write_them(said: str, day: date | None) -> None:
    assert read_day(said, date(2026, 5, 6)) == day


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("3天 等灯杆", (3, "等灯杆")),
        ("三个工作日，等灯杆", (3, "等灯杆")),
        ("2 雨季", (2, "雨季")),
        ("等等", (None, "等等")),
    ],
)
def test_numbers_of_days_are_read(said: str, read: tuple[float | None, str]) -> None:
    assert read_days(said) == read


def test_a_year_without_a_calendar_is_named_with_what_to_do() -> None:
    zone, hours = ZoneInfo("Asia/Shanghai"), POLICY.calendar.hours
    plain = WorkingCalendar(zone, hours)
    assert [(one.bad, "2003" in one.text) for one in calendar_findings(plain, 2003)] == [(True, True)]
    past = calendar_findings(plain, 2005, since=2002)
    assert [one.bad for one in past] == [True, True]
    assert all("calendar.holidays" in one.text for one in past)
    assert [one.bad for one in calendar_findings(plain, 2098)] == [True, False]
    local = WorkingCalendar(zone, hours, {date(2098, 10, 1): False})
    assert [one.bad for one in calendar_findings(local, 2098)] == [False, False]
    assert not local.is_workday(date(2098, 10, 1))
