"""Calibration and thresholds (model/thresholds.json) from cross-fitted scores: never from the test passes.

In a real group about one message in a hundred matters, so scores are corrected for that prior.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from nlp.classify import Thresholds, terms
from nlp.corpus_files import Line

PRIOR = 0.01  # messages of a real group that matter
# Weights of what needs nothing beside the needs (1), while the slopes are fitted: the public chat, which is most of the
# field, and the corpus' own none lines; chosen by macro-F1 of the cross-fitted lines at the same rate in chat.
CHAT = 10.0
OWN_NONES = 0.7
CALM_SHARE = 0.8  # of real talk that is as far from any matter as public chat; the rest is like the corpus' none lines
# Ordinary messages answered. 0.3 are allowed; the part of the chat that is held out shows two to three times as many
# as the cross-fitted part, so the cuts stay well below.
ACT_PER_1000 = 0.15
ACT_LEAST = 0.25
ALONE_LEAST = 0.35  # n-grams alone must be this sure, whatever the chat says
# The first score knows the words of ordinary chat, the full model those of the corpus: both must be sure. At the same
# rate in ordinary chat the best of these cuts hears a tenth more needs than the full model's score alone.
ACT_FIRST = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
ASK_PER_1000 = 3.0
HARD_NONE = 0.025  # of the hard none lines may be answered
ACT_PRECISION = 0.965  # among lines that matter half the time
GATE_LOSS = 0.0025  # needs that the first score may drop
SECOND_LOSS = 0.0005  # of what the full model would hear, dropped by the second score
# Set by hand from dev lines and chat: emergencies are too few for a quantile.
EMERGENCY = -3.0
EMERGENCY_FLOOR = 0.005
HIGH = -1.5


@dataclass(frozen=True)
class Scored:
    """Cross-fitted scores of texts (texts × 8), in the order in which Model weighs them.

    matters, best need, best none, lead of the best need, first and second score, whether words agree, log length.
    """

    inputs: Any

    @property
    def first(self) -> Any:
        return self.inputs[:, 4]

    @property
    def second(self) -> Any:
        return self.inputs[:, 5]

    @property
    def agreed(self) -> Any:
        return self.inputs[:, 6] > 0

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Evidence:
    """The lines of the corpus with their scores, and those of the ordinary chat."""

    lines: Sequence[Line]
    own: Scored
    chat: Scored


def calibrate(evidence: Evidence) -> Thresholds:
    """Calibration and every cut."""
    lines = evidence.lines
    matters = np.array([line.matters for line in lines])
    hard = np.array(["h" in line.tags for line in lines])
    curve = _curve(evidence, matters)
    own, chat = curve(evidence.own.inputs), curve(evidence.chat.inputs)
    act = max((_act(evidence, own, chat, first) for first in ACT_FIRST), key=lambda found: found.hears)
    ask = _quantile_cut(chat, ASK_PER_1000)
    gate = float(np.quantile(evidence.own.first[matters], GATE_LOSS))
    heard = matters & (own >= ask) & (evidence.own.first >= gate)
    done = Thresholds(
        act=act.agreed,
        act_alone=act.alone,
        act_first=act.first,
        ask=ask,
        gate=round(gate, 4),
        second=round(float(np.quantile(evidence.own.second[heard], SECOND_LOSS)), 4),
        emergency=EMERGENCY,
        emergency_floor=EMERGENCY_FLOOR,
        high=HIGH,
        **asdict(curve),
    )
    print(done)
    for rate in (0.2, 0.5, 1, 2, 3, 5, 8):
        cut = _quantile_cut(chat, rate)
        found = f"needs {np.mean(own[matters] >= cut):.3f}, hard none {np.mean(own[hard] >= cut):.3f}"
        print(f"  {rate} of 1,000 chat lines: score {cut:.3f}, {found}")
    for name, scored in (("needs", evidence.own), ("chat", evidence.chat)):
        some = matters if name == "needs" else np.ones(len(chat), bool)
        first = scored.first >= done.gate
        both = first & (scored.second >= done.second)
        print(f"  {name}: pass the first score {first[some].mean():.4f}, both {both[some].mean():.4f}")
    print(f"cross-fitted: act hears {act.hears:.3f} of the needs, act + ask {(own >= ask)[matters].mean():.3f}")
    return done


@dataclass(frozen=True)
class _Curve:
    """Scored inputs → probability at the field's prior, as Model computes it."""

    centre: tuple[float, ...]
    spread: tuple[float, ...]
    slope: tuple[float, ...]
    intercept: float

    def __call__(self, inputs: Any) -> Any:
        logits = terms((inputs - np.array(self.centre)) / np.array(self.spread)) @ np.array(self.slope)
        return _sigmoid(np.clip(logits + self.intercept, -30, 30))


def _curve(evidence: Evidence, matters: Any) -> _Curve:
    """The terms' slopes from needs against none and chat, then one line for the prior of the field."""
    inputs = np.r_[evidence.own.inputs, evidence.chat.inputs]
    truth = np.r_[matters, np.zeros(len(evidence.chat), bool)]
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    found = terms((inputs - centre) / spread)
    scale = found.std(axis=0)  # so that the penalty is fair to all terms
    weights = np.r_[
        np.where(matters, 1 / matters.sum(), OWN_NONES / (~matters).sum()),
        np.full(len(evidence.chat), CHAT / len(evidence.chat)),
    ]
    model = LogisticRegression(C=1.0, max_iter=1000)
    slope = model.fit(found / scale, truth, sample_weight=weights * len(truth)).coef_[0] / scale
    field = _weights(matters, len(evidence.chat), PRIOR, CALM_SHARE)
    line = LogisticRegression(C=1e6).fit((found @ slope)[:, None], truth, sample_weight=field * len(truth))
    slope *= line.coef_[0][0]
    return _Curve(_rounded(centre), _rounded(spread), _rounded(slope), round(float(line.intercept_[0]), 4))


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def _weights(matters: Any, chat: int, prior: float, share: float) -> Any:
    """Weights that sum to 1: prior for the needs, and of the rest share for the public chat."""
    none = (1 - prior) * (1 - share) / (~matters).sum()
    return np.r_[np.where(matters, prior / matters.sum(), none), np.full(chat, (1 - prior) * share / chat)]


@dataclass(frozen=True)
class _Cuts:
    """Cuts for acting; hears: the share of the needs that they let through."""

    agreed: float
    alone: float
    first: float
    hears: float


def _act(evidence: Evidence, own: Any, chat: Any, first: float) -> _Cuts:
    """The cuts that hear most needs and keep all promises while the first score is at least first.

    For each cut where words agree, the lowest one where they do not that keeps the promise for ordinary chat.
    """
    lines = evidence.lines
    matters = np.array([line.matters for line in lines])
    hard = np.array(["h" in line.tags for line in lines])
    sure = evidence.own.first >= first
    chat = np.where(evidence.chat.first >= first, chat, 0.0)
    allowed = int(len(chat) * ACT_PER_1000 / 1000)
    loudest = np.sort(np.where(evidence.chat.agreed, chat, 0.0))[::-1]
    alone_loudest = np.sort(np.where(evidence.chat.agreed, 0.0, chat))[::-1]
    best = _Cuts(1.0, 1.0, first, 0.0)
    for with_words in range(allowed + 1):
        agreed = max(ACT_LEAST, float(loudest[with_words]) + 1e-5)
        alone = max(agreed, ALONE_LEAST, float(alone_loudest[allowed - with_words]) + 1e-5)
        for rise in np.arange(0, 0.5, 0.01):
            loud = (own >= np.where(evidence.own.agreed, agreed + rise, alone + rise)) & sure
            right, wrong = loud[matters].mean(), loud[~matters].mean()
            if loud[hard].mean() <= HARD_NONE and right / max(right + wrong, 1e-9) >= ACT_PRECISION:
                if right > best.hears:
                    best = _Cuts(round(float(agreed + rise), 5), round(float(alone + rise), 5), first, float(right))
                break
    return best


def _quantile_cut(scores: Any, per_1000: float) -> float:
    """The score that at most per_1000 of these texts reach."""
    allowed = int(len(scores) * per_1000 / 1000)
    return round(float(np.sort(scores)[::-1][allowed]) + 1e-5, 5)


def _sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))
