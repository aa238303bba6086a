"""Our text as markdown shows as it was written; checked with an independent renderer."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.transports.wecom_bot.markdown import LONGEST, as_written, messages, plain
from bot.transports.wecom_bot.sentences import pieces

RENDERERS = (MarkdownIt("commonmark"), MarkdownIt("gfm-like", {"linkify": False}), MarkdownIt("js-default"))
SIGNS = st.lists(
    st.sampled_from([*"*_`~#>-+=|[]()<>\\&;.:1 2a李楼\n\t/!\"'$@", "](", "https://a.cn/b_c*d ", "&amp;", "    "]),
    max_size=30,
).map("".join)


def shown(text: str, renderer: MarkdownIt) -> str:
    """What a reader sees, and that nothing but paragraphs and line ends (and the addresses of pages) is in it."""
    seen: list[str] = []
    for block in renderer.parse(text):
        assert block.type in ("paragraph_open", "paragraph_close", "inline"), block.type
        for part in block.children or ():
            if part.type in ("hardbreak", "softbreak"):
                assert part.type == "hardbreak", "a line's end would be lost"
                seen.append("\n")
            else:
                assert part.type in ("text", "link_open", "link_close"), part.type
                seen.append(unquote(part.content))
        if block.type == "paragraph_close":
            seen.append("\n")
    return "".join(seen)


@pytest.mark.parametrize(
    "text",
    [
        "#12 路灯坏了 → 已派单",
        "# 今日简报\n## 一\n> 引用\n- 一项\n* 二项\n+ 三项\n3. 三\n7) 七",
        "**加粗** _斜_ __粗__ `码` ~~删~~ ```\n码\n```",
        "[点这里](https://bad.example) ![图](x) <b>黑</b> <@all> <font color='info'>绿</font>",
        "一\n===\n二\n---\n三\n***",
        "| 楼 | 户 |\n| --- | --- |\n| 1 | 2 |",
        "楼 | 户\n--- | ---\n1 | 2",
        "    缩进四格\n\t制表符",
        "反斜杠 \\* \\# &amp; &#35; &copy;",
        "[a]: https://bad.example\n[a]",
        "user_name 与 _开头 和 结尾_ 2*3*4",
    ],
)
def test_marks_show_as_written(text: str) -> None:
    for renderer in RENDERERS:
        assert plain(shown(as_written(text), renderer)) == plain(unquote(text))


@given(SIGNS)
def test_any_signs_show_as_written(text: str) -> None:
    for renderer in RENDERERS:
        assert plain(shown(as_written(text), renderer)) == plain(unquote(text))


def test_addresses_and_ordinary_text_stay_as_they_are() -> None:
    assert as_written("已受理 #12，请等通知。") == "已受理 #12，请等通知。"
    assert as_written("见 https://a.cn/x_y?z=1&b=2，谢谢") == "见 https://a.cn/x_y?z=1&b=2，谢谢"
    assert as_written("https://a.cn/_x_?a=*") == "https://a.cn/%5Fx%5F?a=%2A"  # the same page


def test_lines_and_blank_lines_are_kept() -> None:
    assert shown(as_written("一\n二\n\n三"), RENDERERS[0]) == "一\n二\n三\n"


@given(st.text(alphabet="李楼。，\n a1*#", max_size=300), st.integers(min_value=4, max_value=60))
def test_pieces_lose_no_sign_but_blank_lines(text: str, longest: int) -> None:
    parts = list(pieces(text, longest))
    assert all(len(part.encode()) <= longest for part in parts)
    assert re.sub(r"\n", "", "".join(parts)) == re.sub(r"\n", "", text)


def test_a_long_text_is_cut_at_the_ends_of_sentences() -> None:
    text = "三号楼电梯又停了，请大家先走楼梯。" * 800
    parts = messages(text)
    assert len(parts) > 1 and "".join(parts) == text
    assert all(part.endswith("。") and len(part.encode()) <= LONGEST for part in parts)
    assert all(len(part.encode()) <= LONGEST for part in messages("*" * 30_000))
