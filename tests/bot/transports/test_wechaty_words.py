"""What WeChat hides in the words of a message."""

import pytest

from bot.transports.wechaty.text import Quoting, label, names_in, place_in, quoting, recalled_id

LINE = "- - - - - - - - - - - - - - -"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"「李婶：三栋水管爆了」\n{LINE}\n我家也是", Quoting("李婶", "三栋水管爆了", "我家也是")),
        (f"「李婶:三栋\n水管爆了」\n{LINE}\n+1", Quoting("李婶", "三栋\n水管爆了", "+1")),
        (f"「小哨：「心愿」#12 已登记」\r\n{LINE}\r\n认领", Quoting("小哨", "「心愿」#12 已登记", "认领")),
        ("「王强：几点」\n———————————————\n八点", Quoting("王强", "几点", "八点")),
        (f"「李婶：」\n{LINE}\n这是什么", Quoting("李婶", "", "这是什么")),
        ("「李婶：说什么」没有横线", None),
        ("他说「水管」坏了", None),
        (f"水管爆了\n{LINE}\n李婶", None),
        ("", None),
    ],
)
def test_a_quote_is_parted(text: str, parts: Quoting | None) -> None:
    assert quoting(text) == parts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@小哨\u2005认领 12", ("小哨",)),
        ("请 @小哨 看看", ("小哨",)),
        ("＠小哨，在吗", ("小哨",)),
        ("@小哨", ("小哨",)),
        ("@小哨兵 在吗", ()),
        ("小哨 在吗", ()),
        ("a@b.c", ()),
    ],
)
def test_a_name_is_mentioned_only_whole_and_with_the_sign(text: str, found: tuple[str, ...]) -> None:
    assert names_in(text, ["小哨", "王强", ""]) == found


def test_the_recalled_message_is_the_text_or_stands_in_the_xml() -> None:
    assert recalled_id(" 7788 ") == "7788"
    xml = "<sysmsg type='revokemsg'><revokemsg><msgid>1</msgid><newmsgid>99</newmsgid></revokemsg></sysmsg>"
    assert recalled_id(xml) == "99"
    assert recalled_id("李婶 撤回了一条消息") is None
    assert recalled_id("<sysmsg><unclosed>") is None
    assert recalled_id("") is None


def test_a_place_has_one_label() -> None:
    xml = '<msg><location x="23.1" y="113.2" label="东坑镇长安路12号" poiname="锦绣花园3栋"/></msg>'
    assert place_in(xml) == "东坑镇长安路12号 锦绣花园3栋"
    assert place_in('<msg><location label="东坑镇长安路12号" poiname="[位置]"/></msg>') == "东坑镇长安路12号"
    assert place_in("没有地点") is None
    assert place_in("<msg/>") is None
    assert label("", "锦绣花园") == "锦绣花园"
    assert label("长安路12号锦绣花园", "锦绣花园") == "长安路12号锦绣花园"
    assert label(" ", "") is None


def test_xml_with_entities_is_read_as_nothing() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x><newmsgid>&b;</newmsgid></x>'
    assert recalled_id(bomb) is None
    assert place_in(bomb) is None
