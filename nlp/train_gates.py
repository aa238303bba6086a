"""Learn the two cheap scores that let chatter leave early (classify.Gate)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from nlp.classify import gate_grams
from nlp.corpus_files import Line

RAREST = 3  # texts that an n-gram must stand in


@dataclass(frozen=True)
class GateKind:
    """How one of the scores learns. longest: n-gram; nones: weight of the corpus' own lines that need nothing."""

    name: str
    longest: int
    nones: float
    strictness: float = 20.0


# The first tells needs from ordinary chat only, so that what is nearly a need may pass; the second is closer to the
# full model. Trigrams add nothing to the first, and cost half of its time.
GATES = (GateKind("first", 2, 0.0), GateKind("second", 3, 1.0))


@dataclass(frozen=True)
class GateWeights:
    """A learned score: n-grams, their weights, bias."""

    kind: GateKind
    names: list[str]
    weights: Any
    bias: float


@dataclass(frozen=True)
class GateMatrix:
    """Texts as a gate weighs them (texts × n-grams). idf scales the columns; names are theirs."""

    kind: GateKind
    names: list[str]
    idf: Any
    matrix: Any

    def scores(self, learned: GateWeights, rows: Any) -> Any:
        """The logits of some texts."""
        return self.matrix[rows] @ (learned.weights / self.idf) + learned.bias


def gate_matrix(kind: GateKind, texts: Sequence[str], incidence: Any) -> GateMatrix:
    """Look up the n-grams of texts; incidence makes the 0/1 matrix of which text has which name."""
    found = [list(gate_grams(text, kind.longest)) for text in texts]
    count = Counter(name for names in found for name in names)
    names = sorted(name for name, number in count.items() if number >= RAREST)
    idf = np.array([np.log((1 + len(texts)) / (1 + count[name])) + 1 for name in names])
    lengths = sp.diags(np.array([1 / np.sqrt(len(text) + 2) for text in texts]))
    return GateMatrix(kind, names, idf, (lengths @ incidence(found, names) @ sp.diags(idf)).tocsr())


def learn_gate(texts: GateMatrix, lines: Sequence[Line], own: Any, rest: Any) -> GateWeights:
    """Needs against ordinary chat (rows rest) and, as far as the kind says, the none lines of the corpus (rows own)."""
    weight = {row: 1.0 if lines[row].matters else texts.kind.nones for row in own}
    mine = np.array([row for row in own if weight[row] > 0])
    rows = np.r_[mine, rest]
    truth = np.r_[[lines[row].matters for row in mine], np.zeros(len(rest), bool)]
    weights = np.r_[[weight[row] for row in mine], np.ones(len(rest))]
    model = LogisticRegression(C=texts.kind.strictness, solver="liblinear")
    model.fit(texts.matrix[rows], truth, sample_weight=weights)
    return GateWeights(texts.kind, texts.names, model.coef_[0] * texts.idf, float(model.intercept_[0]))
