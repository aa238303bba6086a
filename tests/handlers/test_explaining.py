"""xiaoshao policy show: every field of a pack is told to a leader, or is technical on purpose."""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from packs import everything
from processes import xiaoshao
from pydantic import BaseModel

from bot.policies import shown
from handlers.explaining import SECTIONS, TECHNICAL, explain
from handlers.packs import lay_out
from handlers.policy import PACKS, load_policy
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy
from handlers.policy.part import Part
from handlers.setting import Setting
from handlers.wording import load_wording
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding

NAMES = sorted(file.stem for file in PACKS.glob("*.toml"))
WHOLE = {"name", "zone_name", "number_scope", "bot_names"}
"""What is said in the first line."""


def setting_of(policy: Policy) -> Setting:
    def deaf(text: str) -> Understanding:
        raise AssertionError("nobody says anything here")

    return lay_out(Setting(policy, load_wording(), Taxonomy.load(), deaf), {})


def full() -> Policy:
    """Everything on, and each table that may be empty with something in it."""
    more = {
        "calendar": {"holidays": ["2026-10-09"]},
        "wishes": {
            "members_first": {"on": True},
            "category": {"activity": {"helpers": 3, "approval": True, "nameless": False}},
        },
        "disputes": {"require": ["method"]},
        "routing": {
            "first_heard": ["hub"],
            "category": {"lift": {"start": "village", "levels": ["village"], "organisation": "property"}},
            "steps": [
                {"level": "village", "stage": "一", "told_organisations": ["甲"], "next_days": 1, "pass_hours": 2}
            ],
        },
        "reports": {
            "goal": 90,
            "mottos": [{"name": "小事不出网格", "level": "grid"}],
            "feedback": ["grid"],
            "overdue": 3,
        },
        "points": {"prizes": [{"name": "金哨", "role": "hub", "rules": ["reported"]}]},
        "words": {"help": {"hint": "在呢。"}},
    }
    return Policy.model_validate(laid_over(everything().model_dump(by_alias=True), more))


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The parts of a pack that a field holds, in lists and tables too."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for inner in get_args(annotation):
        yield from models_in(inner)


def fields(model: type[BaseModel] = Policy, path: str = "") -> Iterator[tuple[str, type[BaseModel], str]]:
    """(its path, the part that has it, its name) of every field of a pack that holds a value itself."""
    for name, field in model.model_fields.items():
        inner = list(models_in(field.annotation))
        if not inner:
            yield path + name, model, name
        for one in inner:
            yield from fields(one, f"{path}{name}.")


def test_every_field_is_told_or_technical_on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[type, str]] = set()

    def spy(self: object, name: str) -> Any:
        asked.add((type(self), name))
        return object.__getattribute__(self, name)

    policies = [full(), *map(load_policy, NAMES)]
    settings, default = [setting_of(policy) for policy in policies], load_policy()
    for model in (Part, *(one for one in models_in(Policy.model_fields["merging"].annotation))):
        monkeypatch.setattr(model, "__getattribute__", spy, raising=False)
    for setting in settings:
        explain(setting, default)
    monkeypatch.undo()
    # How near is one matter is one technical table.
    told = {path: (model, name) in asked for path, model, name in fields() if not path.startswith("merging.category.")}
    untold = {path for path, known in told.items() if not known} | {"merging.category"}
    assert sorted(untold - TECHNICAL) == [], "tell of it in handlers/explaining, or name it in TECHNICAL with a reason"
    assert sorted(TECHNICAL - untold) == [], "told after all"


def test_every_part_belongs_to_one_section() -> None:
    parts = [field for _, fields, _ in SECTIONS for field in fields]
    assert sorted(parts) == sorted(set(parts))
    assert set(Policy.model_fields) - set(parts) == WHOLE


@pytest.mark.parametrize("name", NAMES)
def test_each_pack_is_plain_chinese(name: str) -> None:
    text = shown(name, None)
    assert "None" not in text
    assert "{" not in text
    assert [line for line in text.splitlines() if len(line) > 200] == []


def test_what_a_leader_reads_of_three_whistles() -> None:
    text = shown("dongkeng", None)
    assert "1．日常哨（微网格）：治理员、微网格长负责\n" in text
    assert "【上报的步骤】（和默认不同）" in text
    assert "【期限和提醒】\n" in text
    assert "环境卫生：1个工时内受理，半个工作日内办好" in text
    assert shown("default", None).splitlines()[1] == "和默认规则一样。"


def test_everything_that_may_be_on_is_told() -> None:
    text = explain(setting_of(full()), load_policy())
    for words in (
        "随手拍：缺地点、类型、急不急就问一次",
        "走访：",
        "巡查：",
        "公开：",
        "奖项“金哨”：只评中心户，按",
        "自己的话1句",
        "1．特色服务2项（编号101到102），党员和居民来接：",
        "2．社区服务1项（编号201到201），归村社区办，不用同意：",
        "联席会议：每月5、15、25号08:30",
        "有一样就上会：10天还没化解",
        "议事：",
        "评议小组：办结前请5位评议员看",
        "帮扶：",
        "一事一册：工作人员说",
        "党员首议：",
        "心愿单的“服务代办”：代办跑腿",
    ):
        assert words in text


def test_the_command(tmp_path: Path) -> None:
    done = xiaoshao("policy", "show", "yunfu")
    assert (done.returncode, done.stdout.decode().splitlines()[0][:10]) == (0, "规则包「yunfu」")
    assert xiaoshao("policy", "show", "火星").returncode == 2


def test_what_a_case_costs_is_said_in_points_of_the_total() -> None:
    said = shown("dongping", None)
    assert "信访20（每件从总分里扣4分，扣完为止）" in said
    assert "12345投诉20（每件从总分里扣2分，扣完为止）" in said
