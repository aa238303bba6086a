"""Cut text into words that the lexicons know: with rjieba, or with jieba where rjieba is not installed.

Both hold the same dictionary and the same algorithm; rjieba is ten times faster and starts at once. A test compares
their cuts on the corpus: of 1,000 lines two or three differ, mostly at hyphens.
"""

import logging
import warnings
from collections.abc import Callable, Iterable
from typing import Protocol, cast

Cut = Callable[[str], list[str]]

_WEIGHT = 2
"""How many times the frequency that just makes a word stand: so that rounding decides nothing."""


class Segmenter:
    """A tokenizer of our own with words of our own."""

    def __init__(self, words: Iterable[str] = (), *, reference: bool = False) -> None:
        """Load the dictionary and add words (lexicon entries, two characters or more). reference: use jieba."""
        long = [word for word in words if len(word) > 1]
        fast = None if reference else _rjieba(long)
        self._cut = fast or _jieba(long)
        self.fast = fast is not None

    def __call__(self, text: str) -> list[str]:
        """The words of text; joined they are text again."""
        return self._cut(text)


class _Fast(Protocol):
    """The part of rjieba.Jieba that is used (rjieba has no type hints)."""

    def suggest_freq(self, segment: str) -> int: ...
    def add_word(self, word: str, freq: int | None, tag: str | None) -> int: ...
    def cut(self, text: str, hmm: bool) -> list[str]: ...


def _rjieba(words: Iterable[str]) -> Cut | None:
    """None when rjieba is not installed: there is no wheel for every machine."""
    try:
        import rjieba
    except ImportError:
        return None
    tokenizer = cast(_Fast, rjieba.Jieba())
    for word in words:
        tokenizer.add_word(word, tokenizer.suggest_freq(word) * _WEIGHT, None)
    return lambda text: tokenizer.cut(text, True)


class _Reference(Protocol):
    """The part of jieba.Tokenizer that is used (jieba has no type hints)."""

    FREQ: dict[str, int]
    total: int
    initialized: bool

    def get_dict_file(self) -> object: ...
    def gen_pfdict(self, file: object) -> tuple[dict[str, int], int]: ...
    def suggest_freq(self, segment: str) -> int: ...
    def add_word(self, word: str, freq: int | None = None, tag: str | None = None) -> None: ...
    def lcut(self, sentence: str, cut_all: bool = False, HMM: bool = True) -> list[str]: ...  # noqa: N803 - jieba's name


def _jieba(words: Iterable[str]) -> Cut:
    """A private tokenizer: it neither reads nor writes jieba's cache in the temporary folder.

    Anyone may write there, and jieba unmarshals what it finds; building the dictionary anew costs under a second.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42.1 has old escapes and imports pkg_resources
        import jieba
    jieba.default_logger.setLevel(logging.WARNING)
    tokenizer = cast(_Reference, jieba.Tokenizer())
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True  # keeps jieba from looking for its cache
    total = tokenizer.total
    for word in words:
        tokenizer.add_word(word, tokenizer.suggest_freq(word) * _WEIGHT)
        tokenizer.total = total  # as rjieba does, so that words of our own make no other word rarer
    return tokenizer.lcut
