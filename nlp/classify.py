"""The learned linear model: features in, calibrated score, category and evidence out.

The weights stand in model/weights.npz, what they mean in model/model.json, and every threshold in
model/thresholds.json. `python -m nlp.train` rebuilds all three.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.features import Reading, names, spans

_TELLING_LISTS = frozenset(("things", "faults", "needs", "parties", "urgency", "emergencies"))
KINDS_AGREED = 2
"""Kinds of lexicon words that make a decision more than the n-grams' alone."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Every cut that decisions use; model/thresholds.json. Scores are probabilities at the field's prior."""

    act: float  # where words of two lists agree (see agreed)
    act_alone: float  # where they do not: the n-grams alone must be surer
    act_first: float  # logit of the first score that every act needs
    ask: float
    gate: float  # logit of the first score below which a text is chatter
    second: float  # logit of the second score below which the full model would not hear it either
    emergency: float  # logit of the emergency head
    emergency_floor: float  # score from which an emergency is acted on
    high: float  # logit of the urgency head
    centre: Sequence[float]  # calibration: inputs (see judged) less centre, by spread, in terms() by slope
    spread: Sequence[float]
    slope: Sequence[float]
    intercept: float

    @classmethod
    def load(cls, folder: Traversable) -> "Thresholds":
        """Read thresholds.json of a model folder."""
        return cls(**json.loads(folder.joinpath("thresholds.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Gate:
    """A score over character n-grams, cheap enough for every message.

    weights: n-gram (of at most longest characters) → weight.
    """

    weights: Mapping[str, float]
    bias: float
    longest: int

    def __call__(self, text: str) -> float:
        """The logit that text matters, from its n-grams alone."""
        found = map(self.weights.get, gate_grams(text, self.longest))
        return self.bias + sum(filter(None, found)) / math.sqrt(len(text) + 2)


def gate_grams(text: str, longest: int) -> set[str]:
    """The distinct n-grams of text with ^ and $ at its ends; longest is 2 or 3."""
    edged = f"^{text}$"
    pairs = [*map(add, edged, edged[1:])]
    return {*edged, *pairs} if longest == 2 else {*edged, *pairs, *map(add, pairs, edged[2:])}


def agreed(reading: Reading) -> bool:
    """Whether at least two kinds of lexicon words (thing, fault, need, other party, haste) stand in the text."""
    return (
        len({entry.list for hit in reading.hits for entry in hit.entries if entry.list in _TELLING_LISTS})
        >= KINDS_AGREED
    )


def judged(needs: Floats, nones: Floats) -> Floats:
    """What calibration weighs of the category heads (texts × heads): best need, best none, lead of the best need."""
    ordered = np.sort(needs, axis=-1)
    return np.stack([ordered[..., -1], nones.max(axis=-1), ordered[..., -1] - ordered[..., -2]], axis=-1)


def terms(inputs: Floats) -> Floats:
    """Each input and the product of each two (texts × inputs → texts × terms)."""
    one, other = np.triu_indices(inputs.shape[-1])
    return np.concatenate([inputs, inputs[..., one] * inputs[..., other]], axis=-1)


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of one text. score: calibrated; heads: name → logit; category: the best need.

    rows and values are the text's features, for Model.pulls.
    """

    score: float
    heads: Mapping[str, float]
    category: str
    rows: Sequence[int]
    values: Floats


class Model:
    """The full linear model; immutable after loading."""

    def __init__(self, folder: Traversable) -> None:
        meta = json.loads(folder.joinpath("model.json").read_text(encoding="utf-8"))
        with np.load(BytesIO(folder.joinpath("weights.npz").read_bytes()), allow_pickle=False) as data:
            known = bytes(data["names"]).decode().split("\n")
            self._weights: Floats = data["weights"].astype(np.float32) * data["scale"]
            self._bias: Floats = data["bias"]
            self._idf: Floats = data["idf"].astype(np.float32)
            pool = _Pool()
            gates = [_gate(data, meta, name, pool) for name in ("second", "first")]
        self._blocks: tuple[float, ...] = tuple(meta["blocks"])
        self._ids: tuple[dict[str, int], ...] = tuple({} for _ in self._blocks)
        for index, name in enumerate(known):
            self._ids[int(name[0])][pool.gram(name[1:])] = index
        self.heads: tuple[str, ...] = tuple(meta["heads"])
        self.needs: tuple[str, ...] = tuple(meta["needs"])
        self.nones: tuple[str, ...] = tuple(meta["nones"])
        self._needs = slice(1, 1 + len(self.needs))  # the columns stand in the order matters, needs, nones, others
        self._nones = slice(self._needs.stop, self._needs.stop + len(self.nones))
        self.second, self.first = gates
        self.thresholds = Thresholds.load(folder)
        self.id = hashlib.sha256(folder.joinpath("weights.npz").read_bytes()).hexdigest()[:12]
        self._centre, self._spread, self._slope = (
            np.array(row, np.float32) for row in (self.thresholds.centre, self.thresholds.spread, self.thresholds.slope)
        )

    @classmethod
    def load(cls) -> "Model":
        """Read the package's model."""
        return cls(files("nlp").joinpath("model"))

    def __call__(self, reading: Reading) -> Scores:
        """Score a text."""
        rows, values = self._vector(reading)
        logits = values @ self._weights[rows] + self._bias
        needs, nones = logits[self._needs], logits[self._nones]
        heard = [*judged(needs, nones), self.first(reading.text), self.second(reading.text), agreed(reading)]
        score = self._calibrated(np.array([logits[0], *heard, math.log1p(len(reading.text))], np.float32))
        heads = dict(zip(self.heads, logits.tolist(), strict=True))
        return Scores(score, heads, self.needs[int(needs.argmax())], rows, values)

    def pulls(self, reading: Reading, scores: Scores, category: str) -> list[tuple[int, int, float]]:
        """(start, end, contribution) in the normalised text of all that speaks for category."""
        column = 1 + self.needs.index(category)
        weights = self._weights[scores.rows, 0] + self._weights[scores.rows, column]
        pull = {
            row: value for row, value in zip(scores.rows, (scores.values * weights).tolist(), strict=True) if value > 0
        }
        known = [(row, span) for block, name, span in spans(reading) if (row := self._ids[block].get(name)) in pull]
        times = Counter(row for row, _ in known)
        return [(*span, pull[row] / times[row]) for row, span in known if span[1] > span[0]]

    def weighed(self, scores: Scores, category: str) -> dict[int, float]:
        """What each feature of a text says for (or, below 0, against) category, by row."""
        weights = self._weights[scores.rows, 0] + self._weights[scores.rows, 1 + self.needs.index(category)]
        return dict(zip(scores.rows, (scores.values * weights).tolist(), strict=True))

    def row(self, block: int, name: str) -> int | None:
        """The row of a feature; None for one that the model does not know. Rows belong to this id."""
        return self._ids[block].get(name)

    def none_category(self, heads: Mapping[str, float]) -> str:
        """The best category of a text that needs nothing."""
        return max(self.nones, key=lambda head: heads.get(head, -math.inf))

    def _vector(self, reading: Reading) -> tuple[list[int], Floats]:
        """The known features of a text as rows of the weights, and their values; each block has its own length."""
        rows: list[int] = []
        parts: list[Floats] = []
        for ids, found, weight in zip(self._ids, names(reading), self._blocks, strict=True):
            block = [row for row in map(ids.get, found) if row is not None]
            values = self._idf[block]
            parts.append(values * (weight / max(math.sqrt(float(values @ values)), 1e-9)))
            rows += block
        return rows, np.concatenate(parts)

    def hopeless(self, text: str) -> bool:
        """Whether the second score says that the full model would ignore text: most of what the first lets pass."""
        return self.second(text) < self.thresholds.second

    def _calibrated(self, inputs: Floats) -> float:
        cut = self.thresholds
        logit = float(terms((inputs - self._centre) / self._spread) @ self._slope) + cut.intercept
        return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))


class _Pool:
    """One object for equal n-grams and equal weights: tables of a model share most, ten megabytes."""

    def __init__(self) -> None:
        self._grams: dict[str, str] = {}
        self._weights: dict[float, float] = {}

    def gram(self, gram: str) -> str:
        return self._grams.setdefault(gram, gram)

    def weight(self, weight: float) -> float:
        return self._weights.setdefault(weight, weight)


def _gate(data: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], name: str, pool: _Pool) -> Gate:
    """The first or second score of a model file."""
    grams = map(pool.gram, bytes(data[f"{name}_names"]).decode().split("\n"))
    weights = map(pool.weight, data[f"{name}_weights"].astype(float).tolist())
    return Gate(dict(zip(grams, weights, strict=True)), meta[name]["bias"], meta[name]["longest"])
