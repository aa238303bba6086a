"""The fast tokenizer and the reference cut alike."""

import sys

import pytest

from nlp.corpus_files import read_corpus
from nlp.lexicons import Lexicons
from nlp.normalise import Normaliser
from nlp.segment import Segmenter
from nlp.understander import SEGMENTED

ALIKE = 0.997
"""Share of lines; the rest differ at hyphens (15-906) and where two cuts are equally likely."""


@pytest.fixture(scope="module")
def words() -> tuple[str, ...]:
    return Lexicons.load(Normaliser().word).words(*SEGMENTED)


def test_both_cut_the_corpus_alike(words: tuple[str, ...]) -> None:
    fast, reference, normalise = Segmenter(words), Segmenter(words, reference=True), Normaliser()
    assert fast.fast, "rjieba is not installed: make setup"
    texts = [normalise(line.text).text for line in read_corpus()][::5]
    same = sum(fast(text) == reference(text) for text in texts)
    assert same / len(texts) >= ALIKE


@pytest.mark.parametrize("reference", [False, True])
def test_words_joined_are_the_text(reference: bool) -> None:
    cut = Segmenter(["微心愿"], reference=reference)
    for text in ("登记微心愿", "", " ", "a-b 3栋2单元!", "😀漏水😀", "𠮶个人", "x" * 2000):
        assert "".join(cut(text)) == text
    assert cut("登记微心愿") == ["登记", "微心愿"]


def test_without_the_fast_one_the_reference_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rjieba", None)
    cut = Segmenter(["微心愿"])
    assert not cut.fast
    assert cut("登记微心愿") == ["登记", "微心愿"]
