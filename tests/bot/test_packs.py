"""Several packs in one deployment: who names which, what is wrong with it, and what is the same for all."""

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import books
import pytest
from books import load, save, town
from sqlalchemy import Engine
from worlds import NOW, build_world

from bot import operating
from bot.operating import NotReadyError
from bot.packing import use
from bot.packs import named
from bot.roster.problems import RosterError
from bot.settings import Settings
from handlers.clockwork import schedules
from handlers.packs import COMMON, beside, differing, lay_out
from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.pack import Policy
from handlers.setting import Setting
from handlers.wording import load_wording
from models import schema
from models.engine import open_engine
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding

HEADERS = {**books.HEADERS, "网格": ("编码", "名称", "级别", "上级编码", "规则包")}


def _deaf(text: str) -> Understanding:
    raise AssertionError("nobody says anything here")


def home() -> Setting:
    return Setting(load_policy(), load_wording(), Taxonomy.load(), _deaf)


@pytest.fixture
def uow(sqlite_engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(sqlite_engine) as unit:
        yield unit


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A database with a town of two villages."""
    address = f"sqlite:///{tmp_path}/x.db"
    engine = open_engine(address)
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        build_world(uow)
        uow.commit()
    engine.dispose()
    monkeypatch.setenv("DATABASE_URL", address)
    return Settings()


def told(settings: Settings, *, bad: bool) -> str:
    return "\n".join(finding.text for finding in operating.examine(settings) if finding.bad is bad)


def test_what_lies_below_goes_by_the_nearest_pack_above(uow: UnitOfWork) -> None:
    world = build_world(uow)
    world.village.policy = "dongkeng"
    setting = lay_out(home(), {name: load_policy(name) for name in ("dongkeng", "yunfu")})
    assert setting.at(uow, world.micro).policy.name == "dongkeng"
    assert setting.at(uow, world.other_village).policy.name == "default"
    world.town.policy = "yunfu"
    assert setting.at(uow, world.micro).policy.name == "dongkeng"
    assert setting.at(uow, world.other_village).policy.name == "yunfu"


def test_a_pack_that_nobody_knows_counts_as_none(uow: UnitOfWork) -> None:
    world = build_world(uow)
    world.town.policy, world.village.policy = "dongkeng", "fort"
    setting = lay_out(home(), {"dongkeng": load_policy("dongkeng")})
    assert setting.at(uow, world.micro).policy.name == "dongkeng"


def test_what_is_common_is_the_deployments_own() -> None:
    other = load_policy("dongkeng").model_copy(update={"bot_names": ("哨哨",), "zone_name": "Asia/Urumqi"})
    assert differing(other, load_policy()) == ["zone", "bot_names"]
    used = beside(other, load_policy())
    assert (used.bot_names, str(used.zone)) == (("小哨",), "Asia/Shanghai")
    assert used.routing == other.routing
    assert set(COMMON) <= {field.alias or name for name, field in Policy.model_fields.items()}


def test_every_kind_of_schedule_has_a_place_or_sees_to_it_itself() -> None:
    parts = (schedules.OF_NODES, schedules.OF_RECORDS, schedules.OF_MATTERS, schedules.OF_SEVERAL)
    assert sum(map(len, parts)) == len(frozenset().union(*parts))
    assert frozenset().union(*parts) == set(schedules.KINDS), "say in schedules.py what its subject is"


def test_a_village_gets_a_pack_and_loses_it_again(settings: Settings) -> None:
    lines = use(settings, "v1", "dongkeng")
    assert lines[0] == "东坑村（v1）和它下面用规则包 dongkeng。"
    assert "东坑村用规则包 dongkeng。" in told(settings, bad=False)
    assert use(settings, "东坑村", "dongkeng") == ["东坑村（v1）本来就是这样，没有变化。"]
    assert use(settings, "t", "bayannur")[1] == "东坑村有自己的规则包，不受影响。"
    assert use(settings, "v1", "无")[0] == "东坑村（v1）不再用自己的规则包，跟着上一级。"
    assert "东坑村用" not in told(settings, bad=False)


@pytest.mark.parametrize(
    ("place", "name", "sentence"),
    [("火星", "dongkeng", "没有编码或名字是「火星」"), ("m1", "dongkeng", "只能整个村社区一起换：请写 v1")],
)
def test_what_cannot_have_a_pack(settings: Settings, place: str, name: str, sentence: str) -> None:
    with pytest.raises(NotReadyError, match=sentence):
        use(settings, place, name)


def test_a_pack_that_is_none_is_not_named(settings: Settings) -> None:
    with pytest.raises(PolicyError, match="没有名为「火星」的规则包"):
        use(settings, "v1", "火星")
    assert "火星" not in told(settings, bad=True)


def test_a_pack_that_is_gone_is_told_of_and_the_one_above_counts(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('name = "own"\nzone = "Asia/Urumqi"\n', "utf-8")
    assert "own.toml 里的 zone 不起作用" in "\n".join(use(settings, "v1", str(file)))
    assert not told(settings, bad=True)
    file.unlink()
    assert f"东坑村的规则包用不了，那里先按上一级的规则办：没有名为「{file}」的规则包" in told(settings, bad=True)
    with UnitOfWork(operating.current_database(settings), read_only=True) as uow:
        assert named(uow, load_policy()).packs == {}


# -- the sheet --------------------------------------------------------------------------------------


def test_the_sheet_names_packs_and_leaves_them_alone(engine: Engine, tmp_path: Path) -> None:
    sheets = town()
    sheets["网格"] = [(*row, "dongkeng" if row[0] == "v1" else "") for row in sheets["网格"]]
    headers = HEADERS
    load(engine, save(tmp_path / "a.xlsx", sheets, headers))
    assert _pack(engine, "v1") == "dongkeng"
    load(engine, save(tmp_path / "b.xlsx", town()))  # an old sheet without the column
    assert _pack(engine, "v1") == "dongkeng"
    sheets["网格"][0] = (*town()["网格"][0], "无")
    lines = load(engine, save(tmp_path / "c.xlsx", sheets, headers), dry_run=True)
    assert "～「网格」东坑村（v1）：规则包 dongkeng → 无" in lines
    load(engine, save(tmp_path / "c.xlsx", sheets, headers))
    assert _pack(engine, "v1") is None


def test_the_sheet_says_which_pack_cannot_be(engine: Engine, tmp_path: Path) -> None:
    sheets = town()
    packs = {"v1": "火星", "m1": "dongkeng"}
    sheets["网格"] = [(*row, packs.get(str(row[0]), "")) for row in sheets["网格"]]
    with pytest.raises(RosterError) as error:
        load(engine, save(tmp_path / "a.xlsx", sheets, HEADERS))
    _, first, second = str(error.value).splitlines()
    assert first.startswith("「网格」第 2 行 E 列（规则包）：这个规则包用不了：没有名为「火星」的规则包")
    assert second == "「网格」第 4 行 E 列（规则包）：规则包只能整个村社区一起换，请写在村社区或它的上级那一行。"


def test_digests_leave_at_the_time_of_the_pack(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("early.toml")
    file.write_text('name = "early"\n[digest]\nat = "07:30"\n', "utf-8")
    sheets = town()
    sheets["网格"] = [(*row, str(file) if row[0] == "v1" else "") for row in sheets["网格"]]
    load(engine, save(tmp_path / "a.xlsx", sheets, HEADERS))
    with UnitOfWork(engine) as uow:
        node = uow.places.node_by_code("v1")
        assert node is not None
        rows = uow.once.due(NOW + timedelta(days=2), ["digest"])
        due = [row.due_at for row in rows if row.subject == str(node.id)]
    assert [at.astimezone(load_policy().zone).time() for at in due] == [time(7, 30)]


def _pack(engine: Engine, code: str) -> str | None:
    with UnitOfWork(engine) as uow:
        node = uow.places.node_by_code(code)
        assert node is not None
        return node.policy
