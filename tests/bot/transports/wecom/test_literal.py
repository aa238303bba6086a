"""Plain words where WeCom takes Markdown."""

import pytest

from bot.transports.wecom.literal import literal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("已登记 投诉 #1【路灯】", "已登记 投诉 #1【路灯】"),
        ("#1 已办结\n#2 未办结", "#1 已办结\n#2 未办结"),
        ("# 标题", "＃ 标题"),
        ("## 标题", "＃＃ 标题"),
        ("> 引用", "＞ 引用"),
        (">引用", "＞引用"),
        ("3 > 2", "3 > 2"),
        ("*急* 和 **急**", "＊急＊ 和 ＊＊急＊＊"),
        ("`12`", "｀12｀"),
        ("__x__ a_b", "＿＿x＿＿ a_b"),
        ("[这里](https://example.org)", "[这里］(https://example.org)"),
        ("[图片] 看", "[图片] 看"),
        ("上\n---\n下", "上\n———\n下"),
        ('<font color="warning">红</font>', '＜font color="warning">红＜/font>'),
        ("<@lisi> 请看 <@all>", "<@lisi> 请看 ＜@all＞"),
        ("~~删~~", "～～删～～"),
        ("- 一\n- 二", "- 一\n- 二"),
    ],
)
def test_it_shows_as_it_was_written(text: str, shown: str) -> None:
    assert literal(text) == shown
