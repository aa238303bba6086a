"""normalise.py: what is read of a message, and the way back to the original."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.normalise import MAX_LENGTH, Normaliser


@pytest.fixture(scope="module")
def normalise() -> Normaliser:
    return Normaliser()


@pytest.mark.parametrize(
    ("original", "read"),
    [
        ("３栋２单元電梯壞了", "3栋2单元电梯坏了"),
        ("ＷＹ不管", "物业不管"),
        ("漏\u200b水\u202e了\ufeff", "漏水了"),
        ("漏水\ud800了", "漏水了"),
        ("①号楼", "1号楼"),
        ("垃圾没人收[捂脸][流泪]", "垃圾没人收"),
        ("@物业小李 三楼漏水", "三楼漏水"),
        ("看这里 https://example.com/a?b=1 漏水", "看这里  漏水"),
        ("「张三：电梯坏了」\n- - - - - - - - - - - - - - -\n我家也是", "我家也是"),
        ("边个屋企冇水", "谁家里没水"),
        ("", ""),
    ],
)
def test_what_is_read(normalise: Normaliser, original: str, read: str) -> None:
    assert normalise(original).text == read


def test_what_was_stripped_leaves_a_sign(normalise: Normaliser) -> None:
    assert normalise("@物业 又漏了[捂脸]").signs == ("@staff", "捂脸")


def test_evidence_is_cut_from_the_original(normalise: Normaliser) -> None:
    normal = normalise("哎，３栋電\u200b梯 壞了")
    start = normal.text.index("电梯")
    assert normal.cut(start, start + 2) == "電\u200b梯"


def test_a_plain_word_stands_for_the_whole_dialect_word(normalise: Normaliser) -> None:
    normal = normalise("边个识整灯")
    assert normal.text.startswith("谁")
    assert normal.cut(0, 1) == "边个"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_every_character_has_its_place_in_the_original(text: str) -> None:
    normal = _shared()(text)
    for index in range(len(normal.text)):
        start, end = normal.span(index, index + 1)
        assert 0 <= start < end <= len(text)


def test_a_megabyte_is_cut(normalise: Normaliser) -> None:
    assert len(normalise("ﷺ" * 1_000_000).text) <= MAX_LENGTH


_kept: list[Normaliser] = []


def _shared() -> Normaliser:
    if not _kept:
        _kept.append(Normaliser())
    return _kept[0]
