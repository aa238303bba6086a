"""How the models of bench.variants see texts: which lines and which ordinary chat, and the numbers made of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from nlp.corpus_files import Line
from nlp.features import Reading, fold
from nlp.features import names as feature_names
from nlp.train import BLOCKS, FOLDS, Names, vectors

LEGAL = ("lawyerllama_questions",)  # shows how words are used; no line of it says what needs something
RAREST_TOKEN, WINDOW = 5, 5  # of the co-occurrences


@dataclass(frozen=True)
class Texts:
    """Lines of the corpus with their readings, and ordinary chat; legal questions only show how words are used."""

    lines: Sequence[Line]
    own: Sequence[Reading]
    chat: Sequence[Reading]
    legal: Sequence[Reading]

    @cached_property
    def readings(self) -> list[Reading]:
        """The lines, then the chat; so in matters and labels."""
        return [*self.own, *self.chat]

    @cached_property
    def matters(self) -> Any:
        return np.array([line.matters for line in self.lines] + [False] * len(self.chat))

    @cached_property
    def labels(self) -> Any:
        return np.array([line.category for line in self.lines] + ["chat"] * len(self.chat))

    @cached_property
    def vectors(self) -> tuple[Names, Any, Any]:
        """Names, idf and matrix as nlp.train makes them."""
        return vectors(self.readings, len(self.lines))

    @cached_property
    def inner(self) -> tuple["Texts", "Texts"]:
        """A split of their own, for scales."""
        return self.split(0)

    def split(self, number: int, share: float = 1.0, chat: float = 1.0) -> tuple["Texts", "Texts"]:
        """What is left without fold number, shortened to these shares, and the fold: passes and a piece of the chat."""
        voices = sorted({line.voice for line in self.lines}, key=lambda voice: (voice[1:], voice[0]))
        others = [voice for index, voice in enumerate(voices) if index % FOLDS != number]
        kept = {voice for index, voice in enumerate(others) if int((index + 1) * share) > int(index * share)}
        start, end = (len(self.chat) * piece // FOLDS for piece in (number, number + 1))
        rest = [*self.chat[:start], *self.chat[end:]]
        return self._of(kept, rest[: int(len(rest) * chat)]), self._of({*voices} - {*others}, self.chat[start:end])

    def _of(self, voices: set[str], chat: Sequence[Reading]) -> "Texts":
        mine = [(line, text) for line, text in zip(self.lines, self.own, strict=True) if line.voice in voices]
        return Texts([line for line, _ in mine], [text for _, text in mine], chat, self.legal)


Look = Callable[[Sequence[Reading]], Any]
See = Callable[[Texts], tuple[Look, int]]  # learns to see texts as numbers; how many numbers that keeps


def blocks(*chosen: int, plain: bool = False) -> See:
    """Blocks of nlp.features, each scaled by itself; presence only where plain (for naive Bayes)."""
    weights = {block: BLOCKS[block] if len(chosen) > 1 else 1.0 for block in chosen}

    def learn(texts: Texts) -> tuple[Look, int]:
        names, idf, _ = texts.vectors
        kept = [index for index, (block, _) in enumerate(names) if block in weights]
        ids = {names[index]: column for column, index in enumerate(kept)}
        block = np.array([names[index][0] for index in kept])

        def look(readings: Sequence[Reading]) -> Any:
            found = map(feature_names, readings)
            known = present(([(b, name) for b in weights for name in one[b]] for one in found), ids)
            parts = (normalize(known @ sp.diags(idf[kept] * (block == b))) * w for b, w in weights.items())
            return known if plain else sum(parts, sp.csr_matrix(known.shape))

        return look, len(kept)

    return learn


def meanings(dimensions: int) -> See:
    """Vectors of words and pairs of characters from how they stand together (PPMI, truncated SVD); a text's means."""

    def learn(texts: Texts) -> tuple[Look, int]:
        rows = [row for text in (*texts.readings, *texts.legal) for row in tokens(text)]
        count = Counter(token for row in rows for token in row)
        kept = sorted(token for token, number in count.items() if number >= RAREST_TOKEN)
        ids = {token: index for index, token in enumerate(kept)}
        svd = TruncatedSVD(dimensions, random_state=0)
        table = svd.fit_transform(ppmi([[ids[token] for token in row if token in ids] for row in rows], len(kept)))
        table /= np.sqrt(svd.singular_values_)
        share = np.array([count[token] for token in kept]) / count.total()
        weight = sp.diags(1e-3 / (1e-3 + share))  # what stands everywhere says little

        def look(readings: Sequence[Reading]) -> Any:
            sorts = zip(*map(tokens, readings), strict=True)
            return np.hstack([normalize(present(sort, ids) @ weight, norm="l1") @ table for sort in sorts])

        return look, table.size

    return learn


def tokens(reading: Reading) -> tuple[list[str], list[str]]:
    """A text as words and as pairs of characters; a pair carries a mark, so that it is no word."""
    pairs = [f"_{one}{other}" for one, other in pairwise(fold(reading.text))]
    return [fold(word) for word in reading.words if not word.isspace()], pairs


def ppmi(rows: Sequence[Sequence[int]], size: int) -> Any:
    """Positive pointwise mutual information of the tokens that stand within WINDOW of each other in a row."""
    flat = np.array([token for row in rows for token in row])
    place = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    near = [(gap, np.flatnonzero(place[:-gap] == place[gap:])) for gap in range(1, WINDOW + 1)]
    one = flat[np.concatenate([start for _, start in near])]
    other = flat[np.concatenate([start + gap for gap, start in near])]
    found = sp.csr_matrix((np.ones(2 * len(one)), (np.r_[one, other], np.r_[other, one])), shape=(size, size)).tocoo()
    total = np.asarray(found.sum(axis=1)).ravel()
    context = total**0.75 / (total**0.75).sum()  # smoothed, so that rare neighbours do not rule
    worth = np.log(found.data / total[found.row] / context[found.col])
    return sp.csr_matrix((np.maximum(worth, 0), (found.row, found.col)), shape=(size, size))


def present(found: Iterable[Iterable[Any]], ids: Mapping[Any, int]) -> Any:
    """The 0/1 matrix of which text has which known name."""
    rows = [{ids[name] for name in row if name in ids} for row in found]
    flat = np.array([index for row in rows for index in row], dtype=np.int64)
    return sp.csr_matrix((np.ones(len(flat)), flat, np.cumsum([0, *map(len, rows)])), shape=(len(rows), len(ids)))
