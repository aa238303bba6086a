"""How many a wish asks for, who stays unnamed, and what a policy may say of wishes."""

from pathlib import Path

import pytest

from handlers.policy import PACKS, load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.wishes import CategoryWishes, Wishes
from handlers.wish.helpers import count_of, wanted_in, without_count
from handlers.wish.nameless import asks


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("想请人搬柜子，要3人", 3), ("想搬柜子 要 两个人帮忙", 2), ("需要十位志愿者", None), ("要三个人一起抬", 3),
        ("想要三个人的餐桌", None), ("想借一个梯子", None), ("要4位，周六来", 4), ("要一个人陪我去医院", None),
    ],
)  # fmt: skip
def test_how_many_the_words_ask_for(text: str, count: int | None) -> None:
    assert wanted_in(text) == count


@pytest.mark.parametrize(("text", "count"), [("3", 3), ("五个人", 5), ("3位", 3), ("好几个", None), ("", None)])
def test_how_many_a_correction_says(text: str, count: int | None) -> None:
    assert count_of(text) == count


def test_the_number_at_the_end_is_said_in_its_own_place() -> None:
    assert without_count("想请人搬柜子，要3人") == "想请人搬柜子"
    assert without_count("要两个人帮忙贴春联") == "要两个人帮忙贴春联"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("想借轮椅，不要提我的名字", True), ("匿名，想借轮椅", True), ("别在群里说我名字", True),
        ("请不要写姓名", True),
        ("想请人帮我写名字", False), ("不要名牌的", False), ("别提了", False),
    ],
)  # fmt: skip
def test_who_asks_not_to_be_named(text: str, asked: bool) -> None:
    assert asks(text) is asked


def test_a_category_differs_only_in_what_it_names() -> None:
    rule = Wishes(
        approval=True,
        most_helpers=5,
        category={"activity": CategoryWishes(helpers=9), "job": CategoryWishes(approval=False)},
    )
    assert (rule.needs_approval("goods"), rule.needs_approval("activity"), rule.needs_approval("job")) == (
        True,
        True,
        False,
    )
    assert (rule.helpers_for("activity"), rule.helpers_for("goods")) == (5, 1)
    assert not rule.is_nameless("goods")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("goods = { helpers = 0 }", "wishes.category.goods.helpers"),
        ("noise = { helpers = 2 }", "wishes.category.noise"),
        ("goods = { help = 2 }", "wishes.category.goods.help"),
    ],
)
def test_a_wrong_pack_is_named_with_its_place(tmp_path: Path, line: str, named: str) -> None:
    pack = tmp_path / "own.toml"
    text = (PACKS / "default.toml").read_text(encoding="utf-8")
    pack.write_text(text.replace("[wishes.category]\n", f"[wishes.category]\n{line}\n"), encoding="utf-8")
    with pytest.raises(PolicyError, match=named):
        load_policy(str(pack))
