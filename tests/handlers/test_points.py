"""Points: given once, taken back with the work, ranked the same way each time; and what is wrong with rules of them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from packs import everything
from sqlalchemy import Engine
from worlds import NOW, World, add_ticket, build_world

from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.pack import Policy
from handlers.report.periods import Span, of_day
from handlers.score.awarding import count_against, settle
from handlers.score.boards import COMPANIES, score_of, scored
from handlers.score.rankings import ranking_text
from handlers.setting import Setting
from handlers.wording import load_wording
from models.codes import BY_HAND, OrganisationKind, PointKind, Rating, Role, Status, TicketKind
from models.point_tables import PointEntry
from models.states import Move
from models.tables import Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding


def _deaf(text: str) -> Understanding:
    raise AssertionError(text)


SETTING = Setting(everything(), load_wording(), Taxonomy.load(), _deaf)
MAY = of_day(Span.MONTH, NOW.date(), SETTING.policy.zone)


@pytest.fixture
def world(engine: Engine) -> World:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.commit()
    return world


def _solved(uow: UnitOfWork, world: World, handler: Person, rating: Rating = Rating.SATISFIED) -> Ticket:
    ticket = add_ticket(uow, world, category="plumbing")
    for move in (Move.ACCEPT, Move.PROCESS, Move.RESOLVE, Move.CLOSE):
        uow.tickets.move(ticket, move, at=NOW, actor_id=None)
    ticket.handler_id, ticket.rating = handler.id, rating
    return ticket


def _line(uow: UnitOfWork, world: World, person: Person, amount: int = 2, minutes: int = 0) -> PointEntry:
    assert world.village.id is not None
    assert world.micro.id is not None
    return uow.points.put(
        PointEntry(
            scope_id=world.village.id, node_id=world.micro.id, person_id=person.id, rule="matter_done", amount=amount,
            at=NOW + timedelta(minutes=minutes),
        )
    )  # fmt: skip


def test_work_is_paid_once_however_often_it_is_looked_at(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        helper = uow.people.add("老张")
        _solved(uow, world, helper)
        for _ in range(3):
            settle(uow, SETTING, NOW)
        assert uow.points.total(helper.id) == 2


def test_undone_work_is_taken_back_and_paid_again_when_it_is_done_again(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        helper = uow.people.add("老张")
        ticket = _solved(uow, world, helper)
        totals = []
        for round_number in range(3):
            settle(uow, SETTING, NOW)
            totals.append(uow.points.total(helper.id))
            uow.tickets.move(ticket, Move.REOPEN, at=NOW, actor_id=None)
            settle(uow, SETTING, NOW)
            totals.append(uow.points.total(helper.id))
            uow.tickets.move(ticket, Move.RESOLVE, at=NOW, actor_id=None)
            uow.tickets.move(ticket, Move.CLOSE, at=NOW + timedelta(hours=round_number), actor_id=None)
        assert totals == [2, 0] * 3
        assert len(uow.points.of_ticket(ticket.id)) == 6


def test_what_staff_took_back_is_not_given_again(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        helper, clerk = uow.people.add("老张"), uow.people.add("周书记")
        ticket = _solved(uow, world, helper)
        settle(uow, SETTING, NOW)
        uow.points.reverse(uow.points.of_ticket(ticket.id)[0], at=NOW, by_id=clerk.id, note="记重了")
        settle(uow, SETTING, NOW)
        assert uow.points.total(helper.id) == 0


def test_silence_and_own_matters_give_nothing(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        helper = uow.people.add("老张")
        _solved(uow, world, helper, Rating.UNRATED)
        own = _solved(uow, world, helper)
        uow.tickets.join(own, helper, NOW)
        settle(uow, SETTING, NOW)
        assert [line for line in uow.points.latest(helper.id, 9) if line.rule == "matter_done"] == []


def test_nobody_is_counted_for_what_is_private(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, world, category="plumbing", band="ask", private=True)
        uow.tickets.join(ticket, world.resident, NOW)
        settle(uow, SETTING, NOW)
        assert uow.points.total(world.resident.id) == 0


def test_equals_stand_in_the_same_order_each_time(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        people = {name: uow.people.add(name) for name in ("c", "b", "a", "later", "taken")}
        for code in ("a", "b", "c"):
            people[code].code = code
            _line(uow, world, people[code])
        _line(uow, world, people["later"], minutes=5)
        uow.points.reverse(_line(uow, world, people["taken"]), at=NOW, by_id=None)
        _line(uow, world, people["taken"])
        rows = uow.points.ranking(world.town.path, MAY.since, MAY.until)
        assert [uow.people.get(row.person_id).name for row in rows] == ["a", "b", "c", "later", "taken"]
        assert [(row.points, row.works, row.reversals) for row in rows] == [(2, 1, 0)] * 4 + [(2, 1, 1)]


def test_a_month_that_is_over_stays_as_it_was(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        helper = uow.people.add("老张")
        line = _line(uow, world, helper)
        before = ranking_text(uow, SETTING, world.town, MAY, group=False)
        assert before is not None
        uow.points.reverse(line, at=MAY.until + timedelta(days=3), by_id=None)
        assert ranking_text(uow, SETTING, world.town, MAY, group=False) == before
        uow.people.forget(helper, NOW)
        uow.flush()
        assert ranking_text(uow, SETTING, world.town, MAY, group=False) is None


def test_what_is_undone_in_another_month_is_taken_back_there(engine: Engine, world: World) -> None:
    """放弃 after 不满意, 撤回 of a confirmed signal, 退回 by a company: a line of June, and May stays as it was."""
    june = MAY.until + timedelta(days=3)
    with UnitOfWork(engine) as uow:
        helper, other = uow.people.add("老张"), uow.people.add("小马")
        wish = add_ticket(uow, world, TicketKind.WISH, category="repair")
        claim = uow.tickets.claim(wish, helper, NOW)
        for move in (Move.CLAIM, Move.DO):
            uow.tickets.move(wish, move, at=NOW, actor_id=helper.id)
        uow.tickets.move(wish, Move.CLOSE, at=NOW, actor_id=None)
        wish.rating = Rating.SATISFIED
        heard = add_ticket(uow, world, category="plumbing", band="ask")
        uow.tickets.join(heard, world.resident, NOW)
        firms = [
            uow.organisations.put(code=code, name=code, kind=OrganisationKind.PROPERTY, node=world.village)
            for code in ("f1", "f2")
        ]
        given = _solved(uow, world, other)
        given.organisation_id = firms[0].id
        uow.flush()
        settle(uow, SETTING, NOW)
        assert [uow.points.total(one.id) for one in (helper, world.resident, other)] == [2, 2, 2]
        before = ranking_text(uow, SETTING, world.town, MAY, group=False)

        uow.tickets.move(wish, Move.REOPEN, at=june, actor_id=None)
        uow.wishes.end(claim, june, "handed_back")
        uow.tickets.move(heard, Move.WITHDRAW, at=june, actor_id=None)
        uow.tickets.move(given, Move.REOPEN, at=june, actor_id=None)
        settle(uow, SETTING, june)
        given.organisation_id, given.handler_id = firms[1].id, None
        for move in (Move.RESOLVE, Move.CLOSE):
            uow.tickets.move(given, move, at=june, actor_id=None)
        given.rating = Rating.SATISFIED
        settle(uow, SETTING, june)
        assert [uow.points.total(one.id) for one in (helper, world.resident, other)] == [0, 0, 0]
        back = [line for one in (wish, heard, given) for line in uow.points.of_ticket(one.id) if line.reverses]
        assert {line.at for line in back} == {june}
        companies = [
            sum(line.amount for line in uow.points.of_organisation(one.id or 0, "company_done")) for one in firms
        ]
        assert companies == [0, 2]
        assert ranking_text(uow, SETTING, world.town, MAY, group=False) == before


def test_what_is_given_by_hand_stands_in_no_ranking(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        helper = uow.people.add("老张")
        line = _line(uow, world, helper)
        line.rule = BY_HAND
        uow.flush()
        assert ranking_text(uow, SETTING, world.town, MAY, group=False) is None


def test_residents_are_masked_where_many_read_it(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        for person in (world.resident, world.member, world.leader):
            _line(uow, world, person)
        setting = replace(SETTING, policy=_without_names(SETTING.policy))
        shown = ranking_text(uow, setting, world.village, MAY, group=True) or ""
        assert ("王**" in shown, "王阿姨" in shown, "老张" in shown, "老李" in shown) == (True, False, True, True)
        own = ranking_text(uow, setting, world.village, MAY, group=True, reader=world.resident.id) or ""
        assert "王阿姨" in own
        assert "王阿姨" in (ranking_text(uow, setting, world.village, MAY, group=False) or "")


def _without_names(policy: Policy) -> Policy:
    return policy.model_copy(update={"points": policy.points.model_copy(update={"everybody_named": False})})


def test_only_those_with_the_role_are_ranked_for_a_prize_of_it(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        hub, other = uow.people.add("吴婶"), uow.people.add("老徐")
        uow.people.grant(hub, world.micro, Role.HUB)
        _line(uow, world, hub)
        _line(uow, world, other, amount=5)
        rows = uow.points.ranking(world.town.path, MAY.since, MAY.until, role=Role.HUB)
        assert [row.person_id for row in rows] == [hub.id]


def test_what_is_counted_against_a_company_is_replaced(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        firm = uow.organisations.put(code="f", name="绿城物业", kind=OrganisationKind.PROPERTY, node=world.village)
        assert firm.id is not None
        for count in (3, 3, 1, 0, 2):
            count_against(uow, SETTING, firm, PointKind.HOTLINE, "2026-05", count, NOW)
        lines = uow.points.of_organisation(firm.id, "hotline")
        assert [line.amount for line in lines] == [6, -6, 2, -2, 4]


# -- boards ---------------------------------------------------------------------------------------


def test_a_score_counts_only_what_is_known() -> None:
    weights = {"on_time": 40, "satisfaction": 40, "hotline": 20}
    assert score_of(weights, {"on_time": 1000, "satisfaction": 500, "hotline": 800}) == 760
    assert score_of(weights, {"on_time": 1000, "satisfaction": None, "hotline": 700}) == 900
    assert score_of(weights, {"on_time": None, "satisfaction": None, "hotline": None}) is None


def test_fifty_companies_are_judged_once(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        for number in range(50):
            uow.organisations.put(
                code=f"f{number:02}", name=f"物业{number:02}", kind=OrganisationKind.PROPERTY, node=world.village
            )
        firms = uow.organisations.around([], world.town.path)
        for firm in firms[:49]:
            late = (firm.id or 0) % 2 == 0
            ticket = add_ticket(uow, world, category="plumbing", organisation_id=firm.id)
            ticket.solve_by = NOW - timedelta(hours=1) if late else NOW + timedelta(days=1)
            for move in (Move.ACCEPT, Move.PROCESS, Move.RESOLVE):
                uow.tickets.move(ticket, move, at=NOW, actor_id=None)
        uow.flush()
        later = MAY.until + timedelta(days=5)
        report = scored(uow, SETTING, COMPANIES, world.town, MAY, later)
        assert len(report.data["rows"]) == 50
        assert [row[1] for row in report.data["rows"]].count(None) == 1
        assert (len(report.data["red"]), len(report.data["black"])) == (5, 5)
        for ticket in uow.tickets.all():
            ticket.status = Status.REJECTED
        uow.flush()
        assert scored(uow, SETTING, COMPANIES, world.town, MAY, later).data == report.data


# -- packs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("[points.rules.wishes]\nname = '心愿'\npoints = 2", ("points.rules.wishes", "wish_done")),
        ("[points.rules.wish_done]\nname = '心愿'\npoints = 0", ("wish_done", "是 0")),
        ("[points]\nprizes = [{ name = '金哨', rules = ['reported'] }]", ("金哨", "reported")),
        ("[boards.grids]\nweights = { handling = 50, on_time = 40 }", ("加起来是 90", "100")),
        ("[boards.grids]\nweights = { handling = 50, luck = 50 }", ("luck", "handling")),
        ("[boards.companies]\nweights = { handling = 50, hotline = 50 }", ("hotline", "per_case")),
        ("[boards.companies]\nred_from = 50\nblack_below = 70", ("black_below",)),
        ("[hazards]\ncategories = ['labour']", ("labour", "诉求")),
        ("[hazards]\ncategories = ['lift']\ntiles = [5, 3, 1]", ("tiles", "从小到大")),
        ("[points]\nmonthly = '31 09:00'", ("points.monthly", "1 到 28")),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pack_is_named(tmp_path: Path, lines: str, words: tuple[str, ...]) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f"name = 'own'\n{lines}\n", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(str(path))
    assert [word for word in words if word not in str(caught.value)] == []
