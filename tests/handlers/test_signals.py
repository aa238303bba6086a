"""What is kept of somebody's words: nothing that their masked text hides, and no endless ones."""

from datetime import UTC, datetime

import pytest

from handlers.talk.heard import LONGEST, words_of
from handlers.talk.signals import masked_piece, masked_pieces
from models.masking import mask
from models.message import Message


@pytest.mark.parametrize(
    ("piece", "kept"),
    [
        ("3栋2单元501", "3栋2单元***"),
        ("501", "***"),
        ("501漏水", "***漏水"),
        ("3栋2单元", "3栋2单元"),
        ("13800001111", "***"),
        ("漏了三天", "漏了三天"),
        ("扣了300元", "扣了300元"),
    ],
)
def test_a_piece_hides_what_the_whole_hides(piece: str, kept: str) -> None:
    said = mask("3栋2单元501漏水，漏了三天，扣了300元，电话13800001111")
    assert masked_piece(piece, said) == kept


def test_a_piece_of_which_nothing_is_left_is_no_evidence() -> None:
    assert masked_pieces(("501", "漏水"), mask("3栋2单元501漏水")) == ["漏水"]


def test_words_are_cut_before_they_are_stored() -> None:
    long = Message(id="m1", account="a", room="r", sender="s", text="漏" * (LONGEST + 1), at=datetime.now(UTC))
    assert len(words_of((long, long))) == LONGEST
