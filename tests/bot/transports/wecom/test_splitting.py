"""Long texts go in pieces that hold together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.transports.wecom.splitting import pieces, quiet


def test_a_short_text_is_one_piece() -> None:
    assert pieces("三楼漏水了。", 2048) == ["三楼漏水了。"]
    assert pieces(" \n ", 2048) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("一" * 20 + "\n" + "二" * 5 + "。" + "三" * 20, "一" * 20),  # a line before a sentence
        ("一" * 20 + "。" + "二" * 40, "一" * 20 + "。"),
        ("一" * 20 + "！」" + "二" * 40, "一" * 20 + "！」"),
        ("一" * 20 + "，" + "二" * 40, "一" * 20 + "，"),
        ("一" * 3 + "。" + "二" * 40, "一" * 3 + "。" + "二" * 28),  # too early an end is none
        ("一" * 40, "一" * 32),
    ],
)
def test_it_is_cut_where_something_ends(text: str, first: str) -> None:
    assert pieces(text, 98)[0] == first


@pytest.mark.parametrize(
    "whole", ["<@ZhangSan.01>", "@张三·小明", "https://example.org/a?b=c&d=e", "👩‍👩‍👧", "é\u0301", "👍🏽", "🇨🇳", "☎️"]
)
def test_nothing_is_torn(whole: str) -> None:
    for before in range(20, 34):
        text = "一" * before + " " + whole + " " + "二" * 40
        assert sum(whole in piece for piece in pieces(text, 99)) == 1


def test_a_mention_longer_than_a_piece_is_cut_all_the_same() -> None:
    assert "".join(pieces("https://" + "x" * 300, 64)) == "https://" + "x" * 300


SIGNS = "ab @<>/。，\n！三楼路灯🙂👍\u200d\ufe0f\u0301🏽🇨🇳"


@given(st.text(alphabet=SIGNS, max_size=400), st.integers(64, 200))
def test_every_piece_fits_and_nothing_is_lost(text: str, limit: int) -> None:
    found = pieces(text, limit)
    assert all(0 < len(piece.encode()) <= limit and piece == piece.strip() for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_words_that_are_passed_on_mention_nobody_else_and_link_nowhere() -> None:
    assert quiet("他说 <@all> 快来 <@ALL> <@lisi>") == "他说 ＜@all＞ 快来 ＜@ALL＞ <@lisi>"
    assert (
        quiet('<a href="https://example.org">奖金</A> <b>a</b>') == '＜a href="https://example.org">奖金＜/A> <b>a</b>'
    )
