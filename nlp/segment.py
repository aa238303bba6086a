"""Cut text into words with a private jieba tokenizer that knows the lexicon's words."""

import logging
import warnings
from collections.abc import Iterable
from typing import Protocol, cast


class _Tokenizer(Protocol):
    """The part of jieba.Tokenizer that is used (jieba has no type hints)."""

    FREQ: dict[str, int]
    total: int
    initialized: bool

    def get_dict_file(self) -> object: ...
    def gen_pfdict(self, file: object) -> tuple[dict[str, int], int]: ...
    def add_word(self, word: str, freq: int | None = None, tag: str | None = None) -> None: ...
    def lcut(self, sentence: str, cut_all: bool = False, HMM: bool = True) -> list[str]: ...  # noqa: N803 - jieba's name


class Segmenter:
    """A tokenizer of our own: it neither reads nor writes jieba's cache in the temporary folder.

    Anyone may write there, and jieba unmarshals what it finds; building the dictionary anew costs under a second.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        """Load jieba's dictionary and add words (lexicon entries, two characters or more)."""
        self._tokenizer = _private_tokenizer()
        for word in words:
            if len(word) > 1:
                self._tokenizer.add_word(word)

    def __call__(self, text: str) -> list[str]:
        """The words of text; joined they are text again."""
        return self._tokenizer.lcut(text)


def _private_tokenizer() -> _Tokenizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42.1 has old escapes and imports pkg_resources
        import jieba
    jieba.default_logger.setLevel(logging.WARNING)
    tokenizer = cast(_Tokenizer, jieba.Tokenizer())
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True  # keeps jieba from looking for its cache
    return tokenizer
