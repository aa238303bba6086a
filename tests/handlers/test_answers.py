"""Which private lines answer a question of the bot, and which are said of something else."""

import pytest

from handlers.policy import load_policy
from handlers.record.checklist import is_report
from handlers.talk.answers import is_choice, is_place, may_be_place

ITEMS = load_policy("dongping").patrols.items
TALK = (
    "好的谢谢", "明天再说吧", "晚饭吃了没", "紧急联系人填谁", "周五开会我去不了", "在吗", "小区几点停水？", "楼下等你",
    "帮我看看门口的快递到了没", "下午去医院", "收到", "嗯嗯", "谢谢小哨",
)  # fmt: skip
REPORTS = (
    "其余正常", "其余都正常", "别的没问题", "全部正常", "8项都正常", "公共服务满意", "重点人员和矛盾纠纷：无",
    "没有纠纷",
    "治安隐患：村口路灯坏了",
    "好的，其余正常", "涉黄的有一家按摩店很可疑", "生产生活困难没有",
)  # fmt: skip
NO_REPORTS = (
    "今天天气很好", "服务中心几点开门", "生活费发了", "没问题", "矛盾的是我没时间", "困难户的补助发了吗",
    "这个月工资正常发",
    "好的",
    "治安大队来过了", "诉求表在哪里领", "都好久没见了",
)  # fmt: skip


@pytest.mark.parametrize("text", TALK)
def test_private_talk_is_no_place_and_no_choice(text: str) -> None:
    assert not is_place(text)
    assert not may_be_place(text)


@pytest.mark.parametrize("text", ["西门口", "3栋2单元门口", "团结路东头", "村委会对面", "4栋后面", "水站旁边"])
def test_a_place_is_one(text: str) -> None:
    assert is_place(text)


@pytest.mark.parametrize(
    ("text", "may"), [("老槐树底", True), ("二狗烧饼", True), ("好的", False), ("", False), ("x", False)]
)
def test_a_name_that_nobody_knows_may_be_one_right_after_the_question(text: str, may: bool) -> None:
    assert may_be_place(text) is may


@pytest.mark.parametrize(
    ("text", "may"), [("较急", True), ("公物破损", True), ("一般我周末在家", False), ("急着吃饭", False)]
)
def test_a_choice_stands_by_itself(text: str, may: bool) -> None:
    assert is_choice(text) is may


@pytest.mark.parametrize("text", REPORTS)
def test_what_names_an_item_or_all_the_rest_is_of_the_round(text: str) -> None:
    assert is_report(ITEMS, text, asked=False)


@pytest.mark.parametrize("text", NO_REPORTS)
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert not is_report(ITEMS, text, asked=False)


def test_a_bare_word_is_enough_right_after_the_question() -> None:
    assert is_report(ITEMS, "没问题", asked=True)
    assert not is_report(ITEMS, "今天天气很好", asked=True)
