"""The routes of a pack: what its checks name, and where an open matter stands when the pack changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from worlds import World, add_ticket, build_world

from handlers.policy import PolicyError, load_policy
from handlers.policy.routing import Routing, Step
from handlers.ticket import charge, steps
from models.codes import NodeLevel, OrganisationKind, Role, TicketKind
from models.uow import UnitOfWork

VILLAGE, TOWN, MICRO = NodeLevel.VILLAGE, NodeLevel.TOWN, NodeLevel.MICRO_GRID


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[[routing.steps]]\nlevel = "village"\nname = "甲"\nwho = []', "没有人负责"),
        ('[[routing.steps]]\nlevel = "village"\nname = "甲"\nwho = ["resident"]', "不是工作人员"),
        ('[[routing.steps]]\nlevel = "village"\nname = "甲"\ntold = ["informant"]', "told 里的 informant"),
        (
            '[[routing.steps]]\nlevel = "town"\nname = "甲"\n[[routing.steps]]\nlevel = "village"\nname = "乙"',
            "「乙」 不对：level 是 village，比前一步「甲」的 town 还低",
        ),
        (
            '[[routing.steps]]\nlevel = "village"\nname = "甲"\n[[routing.steps]]\nlevel = "village"\nname = "甲"',
            "出现了两次",
        ),
        ('[[routing.steps]]\nlevel = "village"\nname = "甲"\nwhoo = ["head"]', "routing.steps.0.whoo"),
        ('[[routing.steps]]\nlevel = "hamlet"', "routing.steps.0.level"),
        (
            '[[routing.steps]]\nlevel = "village"\n[routing.category.noise]\nlevels = ["town"]',
            "town 这一级没有步骤",
        ),
        ('[[routing.steps]]\nlevel = "village"\n[routing.category.noise]\nstart = "town"', "没有去处"),
        ('[routing]\nfirst_heard = ["hub", "hub"]', "hub 出现了两次"),
        ('[routing]\nfirst_heard = ["resident"]', "resident 不能先听到事情"),
        ('[items]\nlisted = [{ name = "甲", category = "noise", grade = "四级" }]', "没有「四级」这一级"),
        (
            '[items]\ngrades = { "三级" = "village" }\nlisted = [{ name = "甲", category = "nois", grade = "三级" }]',
            "nois 不是心愿",
        ),
        ('[telling]\nmust_report = [{ name = "两安全" }]', "什么都认不出来"),
        ('[telling]\nmust_report = [{ name = "甲", flags = ["petition"] }]', "只问微网格长"),
        ('[telling]\nmust_report = [{ name = "甲", words = ["气"] }]', "太短"),
        ('[telling]\nmust_report = [{ name = "甲", words = ["燃气"], told = ["hub"] }]', "told 里的 hub 不是负责人"),
        ('[weak_signals]\nfields = [{ name = "甲", flags = ["illness"] }]', "没有 illness 这个标记"),
        (
            '[weak_signals]\nfields = [{ name = "甲", words = ["押金"] }, { name = "甲", words = ["房租"] }]',
            "请并成一个",
        ),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, toml: str, words: str) -> None:
    pack = tmp_path / "own.toml"
    pack.write_text(toml, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(str(pack))
    assert words in str(caught.value)
    assert str(caught.value).endswith("。")


@pytest.mark.parametrize("name", ["default", "dongkeng", "zhenjiang"])
def test_the_packs_are_right(name: str) -> None:
    load_policy(name)


def test_zhenjiang_lists_seventy_matters_in_three_grades_and_six_steps_over_three_levels() -> None:
    policy = load_policy("zhenjiang")
    assert len(policy.items.listed) == 70
    assert list(policy.items.grades) == ["三级", "二级", "一级"]
    assert {item.grade for item in policy.items.listed} == set(policy.items.grades)
    assert [step.name for step in policy.routing.steps] == [
        "村社区直办", "镇街核办", "镇街协办", "区直领办", "区级联办", "委领导研办",
    ]  # fmt: skip
    assert len({step.level for step in policy.routing.steps}) == 3


def test_of_several_items_the_one_that_begins_highest_counts() -> None:
    items = load_policy("zhenjiang").items
    item = items.of("pollution", "化工厂那边又烧垃圾，味道刺鼻")
    assert item is not None
    assert items.level(item) is NodeLevel.DISTRICT
    assert items.of("pollution", "有股味道") is None
    assert items.of("noise", "化工厂刺鼻") is None


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(engine) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    return build_world(uow)


def _routing(*steps_: Step) -> Routing:
    return Routing(steps=steps_)


DAILY = Step(level=MICRO, code="daily", name="日常哨")
KEY = Step(level=VILLAGE, code="key", name="重点哨")
TEAM = Step(level=VILLAGE, code="team", name="疑难哨", organisation="驻点团队")
HEAD = Step(level=VILLAGE, code="head", name="疑难哨", stage="领导", who=(Role.HEAD,))
ABOVE = Step(level=TOWN, code="centre", name="疑难哨", stage="中心")


def test_an_open_matter_keeps_its_step_when_others_come_and_go(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world, level=_level(uow, world, VILLAGE))
    ticket.step = "head"
    for routing in (
        _routing(DAILY, KEY, TEAM, HEAD, ABOVE),
        _routing(KEY, HEAD, ABOVE),
        _routing(HEAD),
        _routing(DAILY, HEAD.model_copy(update={"name": "难办哨", "stage": ""})),
    ):
        found = steps.stops(uow, routing, ticket)
        assert found[steps.place(found, ticket)].key == "head"


def test_a_step_that_is_gone_is_the_first_of_the_level_that_was_reached(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world, level=_level(uow, world, VILLAGE))
    ticket.step = "head"
    found = steps.stops(uow, _routing(DAILY, KEY, TEAM, ABOVE), ticket)
    assert found[steps.place(found, ticket)].key == "key"
    assert [stop.key for stop in steps.before(found, ticket)] == ["team", "centre"]


def test_a_step_that_moved_to_another_level_counts_no_longer(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world, level=_level(uow, world, VILLAGE))
    ticket.step = "head"
    moved = HEAD.model_copy(update={"level": TOWN})
    found = steps.stops(uow, _routing(DAILY, KEY, moved), ticket)
    assert found[steps.place(found, ticket)].key == "key"


def test_between_two_steps_the_next_one_is_not_skipped(uow: UnitOfWork, world: World) -> None:
    grid = _level(uow, world, NodeLevel.GRID)
    ticket = add_ticket(uow, world, level=grid)
    found = steps.stops(uow, _routing(DAILY, KEY, ABOVE), ticket)
    assert [stop.key for stop in steps.before(found, ticket)] == ["key", "centre"]


def test_a_ticket_from_before_the_steps_goes_by_its_level(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world)
    found = steps.stops(uow, _routing(DAILY, KEY, ABOVE), ticket)
    assert found[steps.place(found, ticket)].key == "daily"


def test_wishes_go_by_levels(uow: UnitOfWork, world: World) -> None:
    wish = add_ticket(uow, world, kind=TicketKind.WISH, category="goods")
    assert steps.stops(uow, _routing(DAILY, KEY, ABOVE), wish) == []


def test_whoever_is_in_charge_of_a_step_answers_and_above_him_the_next(uow: UnitOfWork, world: World) -> None:
    routing = _routing(DAILY, KEY, TEAM, HEAD)
    head, member = uow.people.add("吴领导"), uow.people.add("陈队")
    uow.people.grant(head, world.village, Role.HEAD)
    company = uow.organisations.put(code="c", name="清河驻点团队", kind=OrganisationKind.OTHER, node=world.village)
    uow.organisations.put_members(company, [member])
    ticket = add_ticket(uow, world, level=_level(uow, world, VILLAGE))
    ticket.step = "team"
    assert charge.in_charge(uow, ticket, routing=routing) == member
    assert charge.in_charge(uow, ticket, up=1, routing=routing) == head
    assert charge.above(uow, ticket, routing=routing) == head
    ticket.private = True  # a member who is no staff may not see it
    assert charge.in_charge(uow, ticket, routing=routing) == head


def _level(uow: UnitOfWork, world: World, level: NodeLevel) -> int:
    line = uow.places.line(world.micro)
    return next(place for place, node in enumerate(line) if node.level is level)
