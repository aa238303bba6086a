"""Teams: who belongs to one, and what a pack may say of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from worlds import World, build_world

from bot.policies import checked
from handlers.policy import load_policy
from models.codes import Role, Team
from models.tables import Person
from models.uow import UnitOfWork


@pytest.fixture
def uow(sqlite_engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(sqlite_engine) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    return build_world(uow)


def names(people: list[Person]) -> list[str]:
    return [person.name for person in people]


def test_a_colour_in_the_sheet_goes_before_the_role(uow: UnitOfWork, world: World) -> None:
    line, roles = [world.micro, world.grid, world.village], [Role.PARTY_MEMBER]
    assert names(uow.people.of_team(line, Team.RED, roles)) == ["老张"]
    world.member.team, world.leader.team = Team.GREEN, Team.RED
    uow.flush()
    assert names(uow.people.of_team(line, Team.RED, roles)) == ["老李"]
    assert names(uow.people.of_team(line, Team.GREEN, [])) == ["老张"]


def test_residents_and_other_villages_are_never_called(uow: UnitOfWork, world: World) -> None:
    world.resident.team = Team.RED
    uow.flush()
    assert names(uow.people.of_team([world.micro, world.village], Team.RED, [Role.RESIDENT])) == []
    assert names(uow.people.of_team([world.other_village], Team.RED, [Role.PARTY_MEMBER])) == []


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ('{ team = "red", name = "红队", roles = ["resident"] }', "居民不能整个编进队伍"),
        ('{ team = "red", name = "红队" }, { team = "red", name = "党队" }', "一种颜色只能写一支队伍"),
        ('{ team = "pink", name = "粉队" }', "只能是 red、blue、green 里的一个"),
    ],
)
def test_what_no_team_is(tmp_path: Path, named: str, said: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f"[teams]\nnamed = [{named}]\n", "utf-8")
    lines, usable = checked(str(file))
    assert not usable
    assert said in lines[0]
    assert lines[0].startswith("✗ own.toml 第 2 行 teams.named")


def test_dongkeng_has_three() -> None:
    assert [one.team for one in load_policy("dongkeng").teams.named] == list(Team)
    assert not load_policy().teams.on
