"""Reports: what is counted, that it is frozen, and that nothing of anybody's words is in it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from worlds import NOW, World, add_ticket, build_world

from handlers.policy import load_policy
from handlers.policy.reports import Reporting
from handlers.report.figures import count
from handlers.report.periods import Period, Span, of_day
from handlers.report.report_table import table_of
from handlers.report.report_text import text_of
from handlers.report.report_words import percent
from handlers.report.reporting import frozen
from handlers.report.signs import signs
from handlers.setting import Setting
from handlers.wording import load_wording
from models.codes import OrganisationKind, Rating, Status, TicketKind
from models.reports import Counted, Opened, ReportChanged, Step
from models.states import Move
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding


def _deaf(text: str) -> Understanding:
    raise AssertionError(text)


SETTING = Setting(load_policy(), load_wording(), Taxonomy.load(), _deaf)
ZONE = SETTING.policy.zone
MAY = of_day(Span.MONTH, date(2026, 5, 6), ZONE)
WEEK = of_day(Span.WEEK, date(2026, 5, 6), ZONE)
LATER = MAY.until + timedelta(hours=9)


@pytest.fixture
def world(engine: Engine) -> World:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.commit()
    return world


def _solve(uow: UnitOfWork, ticket: Ticket, at: datetime, rating: Rating | None = None) -> None:
    for move in (Move.ACCEPT, Move.PROCESS, Move.RESOLVE):
        uow.tickets.move(ticket, move, at=at, actor_id=None)
    if rating is not None:
        uow.tickets.move(ticket, Move.CLOSE, at=at, actor_id=None, data={"rating": rating.value})
        ticket.rating = rating


def _all(uow: UnitOfWork, world: World, period: Period = MAY, **changes: object) -> dict[str, object]:
    data = frozen(uow, SETTING, world.town, period, LATER).data
    figures: dict[str, object] = data["all"]
    return figures


def test_a_period_ends_before_its_last_midnight(engine: Engine, world: World) -> None:
    second = timedelta(seconds=1)
    with UnitOfWork(engine) as uow:
        for at in (MAY.since - second, MAY.since, MAY.until - second, MAY.until):
            add_ticket(uow, world, at=at)
        uow.flush()
        assert _all(uow, world)["new"] == 2


def test_what_was_no_matter_is_not_counted(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        for move in (Move.REJECT, Move.WITHDRAW, Move.MERGE, None):
            ticket = add_ticket(uow, world)
            if move is not None:
                uow.tickets.move(ticket, move, at=NOW, actor_id=None)
        uow.flush()
        figures = _all(uow, world)
        assert (figures["new"], figures["categories"]) == (1, {"leak": 1})


def test_in_time_counts_against_what_is_late_and_unfinished(engine: Engine, world: World) -> None:
    due = NOW + timedelta(days=1)
    with UnitOfWork(engine) as uow:
        for days in (0.5, 2, None):
            ticket = add_ticket(uow, world, solve_by=due)
            if days is not None:
                _solve(uow, ticket, NOW + timedelta(days=days), Rating.SATISFIED)
        uow.flush()
        figures = _all(uow, world)
        assert [figures[name] for name in ("finished", "in_time", "late", "median")] == [2, 1, 1, 30 * 60]


def test_sent_back_is_not_finished_and_reopened_was_not_closed(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        back, again, both = (add_ticket(uow, world) for _ in range(3))
        _solve(uow, back, NOW)
        uow.tickets.move(back, Move.SEND_BACK, at=NOW, actor_id=None)
        for ticket in (again, both):
            _solve(uow, ticket, NOW, Rating.SATISFIED)
            uow.tickets.move(ticket, Move.REOPEN, at=NOW, actor_id=None)
        uow.tickets.move(both, Move.RESOLVE, at=NOW + timedelta(hours=1), actor_id=None)
        uow.tickets.move(both, Move.CLOSE_SILENT, at=NOW + timedelta(days=7), actor_id=None)
        both.rating = Rating.UNRATED
        uow.flush()
        figures = _all(uow, world)
        assert (figures["finished"], figures["grades"]) == (1, {"dissatisfied": 3, "unrated": 1})


def test_who_answers_after_the_closing_makes_the_grade_worse(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, world)
        _solve(uow, ticket, NOW, Rating.SATISFIED)
        uow.tickets.record(ticket, "rated", at=NOW, actor_id=None, data={"rating": "fair"})
        uow.tickets.record(ticket, "rated", at=NOW, actor_id=None, data={"rating": "dissatisfied", "own": True})
        uow.tickets.record(ticket, "rated", at=MAY.until, actor_id=None, data={"rating": "dissatisfied"})
        assert _all(uow, world)["grades"] == {"fair": 1}


def test_the_figures_are_those_of_the_end_however_late_they_are_asked_for(engine: Engine, world: World) -> None:
    """What was reopened, solved, moved up or found to be none in June changes nothing of May."""
    june, due = MAY.until + timedelta(days=3), NOW + timedelta(days=2)
    with UnitOfWork(engine) as uow:
        solved = add_ticket(uow, world, solve_by=due)
        _solve(uow, solved, NOW + timedelta(days=1), Rating.SATISFIED)
        owed = add_ticket(uow, world, solve_by=due)
        raised = add_ticket(uow, world, solve_by=due)
        none = add_ticket(uow, world, solve_by=due)
        at_once = frozen(uow, SETTING, world.village, MAY, MAY.until)
        uow.tickets.move(solved, Move.REOPEN, at=june, actor_id=None, data={"from_level": 0})
        solved.level, solved.solve_by, solved.rating = 2, june + timedelta(days=5), None
        _solve(uow, owed, june, Rating.FAIR)
        uow.tickets.record(raised, "escalated", at=june, actor_id=None, data={"from": 0, "to": 2, "expired": True})
        raised.level, raised.missed_at, raised.solve_by = 2, due, june + timedelta(days=5)
        uow.tickets.move(none, Move.REJECT, at=june, actor_id=None)
        uow.flush()
        late = frozen(uow, SETTING, world.town, MAY, june + timedelta(days=30))
        assert late.data["all"] == at_once.data["all"]
        assert (late.data["all"]["finished"], late.data["all"]["late"]) == (1, 3)
        rebuilt = SETTING.words.say("report.rebuilt")
        assert rebuilt in text_of(SETTING, late)
        assert rebuilt not in text_of(SETTING, at_once)


def test_what_missed_a_deadline_is_not_in_time_by_a_later_one(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        for missed in (None, NOW + timedelta(hours=1)):
            ticket = add_ticket(uow, world, solve_by=NOW + timedelta(days=9), missed_at=missed)
            _solve(uow, ticket, NOW + timedelta(days=1))
        figures = _all(uow, world)
        assert (figures["finished"], figures["in_time"]) == (2, 1)


def test_what_waits_is_late_only_if_it_was_before(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        due = NOW + timedelta(days=2)
        add_ticket(uow, world, solve_by=due, waiting_since=NOW + timedelta(days=1))
        assert _all(uow, world)["late"] == 0
        add_ticket(uow, world, solve_by=due, waiting_since=NOW + timedelta(days=3), node=world.other_micro)
        assert frozen(uow, SETTING, world.village, MAY, LATER).data["all"]["late"] == 1


def test_levels_places_grids_and_organisations(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        firm = uow.organisations.put(code="wy", name="清河物业", kind=OrganisationKind.PROPERTY, node=world.village)
        for level, organisation in ((0, firm.id), (1, None), (4, None)):
            _solve(uow, add_ticket(uow, world, level=level, organisation_id=organisation), NOW, Rating.SATISFIED)
        add_ticket(uow, world, node=world.other_village)
        uow.flush()
        report = frozen(uow, SETTING, world.town, MAY, LATER)
    assert report.data["all"]["levels"] == {"grid": 1, "micro_grid": 1, "town": 1}
    assert [(row[0], row[3]["new"]) for row in report.data["places"]] == [("g", 3), ("v1", 3), ("v2", 1)]
    assert report.data["below"] == ["v1", "v2"]
    assert [(row[0], row[2]["new"]) for row in report.data["organisations"]] == [("清河物业", 1)]
    text = text_of(SETTING, report)
    assert "在哪一级办好：微网格33%、网格33%、镇街33%" in text
    assert "承办单位：\n清河物业 新增1，办好1（100%）" in text
    rows = table_of(SETTING, report).splitlines()
    assert [row.split(",")[0] for row in rows] == ["行", "合计", "下级", "下级", "下级", "承办单位"]


def test_mediations_that_held_and_that_did_not(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        for rating in (Rating.SATISFIED, None):
            ticket = add_ticket(uow, world, TicketKind.DISPUTE, category="debt", private=True)
            _solve(uow, ticket, NOW, rating)
            if rating is None:
                uow.tickets.move(ticket, Move.SEND_BACK, at=NOW, actor_id=None)
        uow.flush()
        report = frozen(uow, SETTING, world.village, MAY, LATER)
    assert "纠纷调处2件，成功率50%" in text_of(SETTING, report)


def test_a_second_run_gives_the_same_text_whatever_has_happened(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        tickets = [add_ticket(uow, world, at=NOW + timedelta(minutes=n)) for n in range(3)]
        _solve(uow, tickets[0], NOW + timedelta(hours=3), Rating.SATISFIED)
        uow.flush()
        first = text_of(SETTING, frozen(uow, SETTING, world.town, MAY, LATER))
        uow.commit()
    with UnitOfWork(engine) as uow:
        for ticket in uow.tickets.all():
            ticket.title, ticket.category, ticket.rating = "（内容已删除）", "noise", Rating.DISSATISFIED
        uow.places.node(world.village.id or 0).name = "新名字"
        uow.commit()
    with UnitOfWork(engine) as uow:
        again = text_of(SETTING, frozen(uow, SETTING, world.town, MAY, LATER + timedelta(days=400)))
        assert again.encode() == first.encode()


def test_a_changed_snapshot_is_noticed(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        add_ticket(uow, world)
        uow.flush()
        report = frozen(uow, SETTING, world.town, MAY, LATER)
        report.data = json.loads(json.dumps(report.data).replace('"new": 1', '"new": 7'))
        uow.commit()
    with UnitOfWork(engine) as uow, pytest.raises(ReportChanged):
        frozen(uow, SETTING, world.town, MAY, LATER)


def test_nothing_is_kept_of_a_period_without_anything(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        report = frozen(uow, SETTING, world.town, MAY, LATER)
        assert report.id is None
        assert text_of(SETTING, report) == "【2026年5月月报】清河镇\n没有新增的事"


def test_no_words_and_no_people_are_in_a_snapshot(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        for node in (world.micro, world.other_micro):
            words = "鑫达鞋厂拖欠工资，王阿姨电话13800000001"
            add_ticket(
                uow, world, TicketKind.DISPUTE, node=node, category="labour", words=words, private=True,
                evidence=["拖欠工资"],
            )  # fmt: skip
        add_ticket(uow, world, TicketKind.DISPUTE, category="group_petition", private=True, flags=["petition"])
        uow.flush()
        report = frozen(uow, SETTING, world.town, WEEK, LATER)
    kept = json.dumps(report.data, ensure_ascii=False)
    assert report.data["signs"] == [["employer", "labour", 2, 2]]
    for word in ("鑫达", "工资", "王阿姨", "138", "group_petition", world.resident.id):
        assert word not in kept


def test_a_name_that_a_spreadsheet_would_compute_is_only_a_name(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        uow.places.node(world.village.id or 0).name = "=1+1"
        add_ticket(uow, world)
        uow.flush()
        assert ",'=1+1," in table_of(SETTING, frozen(uow, SETTING, world.town, MAY, LATER))


def test_a_message_is_short_however_much_there_is(engine: Engine, world: World) -> None:
    codes = ("sanitation", "noise", "parking", "pets", "lift", "greenery", "pollution", "plumbing")
    with UnitOfWork(engine) as uow:
        for n in range(12):
            name = f"第{n}物业"
            uow.organisations.put(code=name, name=name, kind=OrganisationKind.PROPERTY, node=world.village)
            node = uow.places.add_node(code=f"x{n}", name=f"{n}村", level=world.village.level, parent=world.town)
            for code in codes:
                firm = uow.organisations.by_code(name)
                assert firm is not None
                ticket = add_ticket(
                    uow, world, node=node, category=code, organisation_id=firm.id, solve_by=NOW, evidence=["臭死了"]
                )
                if n % 2:
                    _solve(uow, ticket, NOW, Rating.SATISFIED)
        add_ticket(uow, world, at=NOW - timedelta(days=7))
        uow.flush()
        for period in (MAY, WEEK):
            text = text_of(SETTING, frozen(uow, SETTING, world.town, period, LATER))
            assert len(text.splitlines()) <= 30
            assert "……还有" in text


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 0, "—"), (1, 3, "33%"), (99, 99, "100%"), (199, 200, "99.5%"), (9999, 10000, "99.9%"), (5, 5, "100%")],
)
def test_a_share_is_never_rounded_up(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


# -- what is unusual ------------------------------------------------------------------------------

RULE = Reporting()


def _came(node: int, *, hours: float = 0, category: str = "noise", text: str = "吵", **other: object) -> Opened:
    at = WEEK.since + timedelta(hours=10 + hours)
    return replace(Opened(node, category, (), at, text, (), doubtful=False), **other)  # type: ignore[arg-type]


def _before(*counts: int) -> list[tuple[int, str, datetime]]:
    """So many on the Monday of each week before, the last week first."""
    return [
        (1, "noise", WEEK.since - timedelta(weeks=week, hours=-10))
        for week, number in enumerate(counts, start=1)
        for _ in range(number)
    ]


@pytest.mark.parametrize(
    ("now", "before", "burst"),
    [
        (5, (1, 0, 2, 1), True),
        (3, (0, 0, 0, 0, 1), False),  # too few to say anything
        (5, (4, 5, 4), False),  # as always on a Monday
        (12, (4, 5, 4), True),
        (9, (), False),  # nobody knows yet what is usual
    ],
)
def test_a_burst_is_far_above_the_same_weekday(now: int, before: tuple[int, ...], burst: bool) -> None:
    found = signs(RULE, WEEK, frozenset(), [_came(n) for n in range(now)], _before(*before))
    assert bool(found["bursts"]) is burst


def test_signs_need_several_places() -> None:
    words = {"evidence": ("停水",), "category": "utilities"}
    one = [_came(1, **words), _came(1, **words), _came(1, **words)]  # type: ignore[arg-type]
    assert signs(RULE, WEEK, frozenset(), one, [])["signs"] == []
    three = [_came(node, **words) for node in (1, 2, 3)]  # type: ignore[arg-type]
    assert signs(RULE, WEEK, frozenset(), three, [])["signs"] == [["words", "utilities", 3, 3]]
    assert signs(RULE, WEEK, frozenset({"停水"}), three, [])["signs"] == []


def test_a_category_in_far_more_places_than_usual_is_a_sign() -> None:
    now = [_came(node) for node in range(5)]
    assert signs(RULE, WEEK, frozenset(), now, _before(1, 1))["signs"] == [["category", "noise", 5, 5]]
    assert signs(RULE, WEEK, frozenset(), now[:3], _before(1, 1))["signs"] == [["category", "noise", 3, 3]]
    usual = [(node, "noise", at) for _, _, at in _before(1, 1) for node in range(4)]
    assert signs(RULE, WEEK, frozenset(), now, usual)["signs"] == []


def test_waiting_signals_count_as_signs_and_not_as_matters() -> None:
    now = [_came(node, doubtful=True, text="鑫达鞋厂没发工资", category="labour") for node in (1, 2)]
    found = signs(RULE, WEEK, frozenset(), now, [])
    assert found["signs"] == [["employer", "labour", 2, 2]]
    assert (found["tendencies"], found["doubtful"]) == ([], 2)


def test_the_order_of_rows_changes_nothing(engine: Engine, world: World) -> None:
    tickets = [
        Counted(
            f"t{n}", world.micro.id or 0, TicketKind.COMPLAINT, ("lift", "pets")[n % 2], (), 0, Status.CLOSED,
            Rating.SATISFIED, None, NOW, None, NOW,
        )
        for n in range(6)
    ]  # fmt: skip
    steps = [Step(ticket, Move.CLOSE.value, NOW, "satisfied") for ticket in tickets]
    nodes = {node.id or 0: node for node in (world.town, world.village, world.grid, world.micro)}
    made: Callable[[int], str] = lambda way: json.dumps(  # noqa: E731
        count(world.town, nodes, {}, tickets[::way], steps[::way], [])
    )
    assert made(1) == made(-1)
