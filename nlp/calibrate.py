"""Calibration and thresholds (model/thresholds.json) from cross-fitted scores: never from the test passes.

In a real group about one message in a hundred matters, so scores are corrected for that prior.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from nlp.classify import Thresholds
from nlp.corpus_files import Line

PRIOR = 0.01  # messages of a real group that matter
CHAT_WEIGHT = 0.3  # weight of the public chat among what needs nothing, while the slopes are fitted
CALM_SHARE = 0.8  # of real talk that is as far from any matter as public chat; the rest is like the corpus' none lines
# Ordinary messages answered with words of two lists, and without. Together 0.3 are allowed; the half of the chat
# that is held out shows two to three times as many as the cross-fitted half, so the cuts stay well below.
AGREED_PER_1000 = 0.05
ALONE_PER_1000 = 0.05
AGREED_LEAST = 0.42
ALONE_LEAST = 0.55  # n-grams alone must be this sure, whatever the chat says
# The first score knows the words of ordinary chat, the full model those of the corpus: both must be sure. At the same
# rate in ordinary chat the best of these cuts hears a tenth more needs than the full model's score alone.
ACT_FIRST = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
ASK_PER_1000 = 3.0
HARD_NONE = 0.025  # of the hard none lines may be answered
ACT_PRECISION = 0.965  # among lines that matter half the time
GATE_LOSS = 0.004  # needs that the first score may drop
SECOND_LOSS = 0.0005  # of what the full model would hear, dropped by the second score
# Set by hand from dev lines and chat: emergencies are too few for a quantile.
EMERGENCY = -2.5
EMERGENCY_FLOOR = 0.015
HIGH = -1.5


@dataclass(frozen=True)
class Scored:
    """Cross-fitted scores of texts. inputs: texts × 3; first, second: the cheap scores.

    agreed: whether words of two lists agree (classify.agreed).
    """

    inputs: Any
    first: Any
    second: Any
    agreed: Any


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
    slope, intercept = _platt(evidence, matters)
    own = _sigmoid(evidence.own.inputs @ slope + intercept)
    chat = _sigmoid(evidence.chat.inputs @ slope + intercept)
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
        slope=tuple(round(float(value), 4) for value in slope),
        intercept=round(float(intercept), 4),
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


def _platt(evidence: Evidence, matters: Any) -> tuple[Any, float]:
    """Slopes from needs against none and chat, intercept for the prior of the field."""
    truth = np.r_[matters, np.zeros(len(evidence.chat.first), bool)]
    inputs = np.r_[evidence.own.inputs, evidence.chat.inputs]
    balanced = _weights(matters, len(evidence.chat.first), 0.5, CHAT_WEIGHT)
    slope = LogisticRegression(C=1e3).fit(inputs, truth, sample_weight=balanced * len(truth)).coef_[0]
    field = _weights(matters, len(evidence.chat.first), PRIOR, CALM_SHARE)
    line = LogisticRegression(C=1e6).fit((inputs @ slope)[:, None], truth, sample_weight=field * len(truth))
    return slope * line.coef_[0][0], float(line.intercept_[0])


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
    """The lowest cuts that keep all promises while the first score is at least first.

    Chat scores of the other sort count as 0.
    """
    lines = evidence.lines
    matters = np.array([line.matters for line in lines])
    hard = np.array(["h" in line.tags for line in lines])
    sure = evidence.own.first >= first
    chat = np.where(evidence.chat.first >= first, chat, 0.0)
    alone = max(ALONE_LEAST, _quantile_cut(np.where(evidence.chat.agreed, 0.0, chat), ALONE_PER_1000))
    lowest = max(AGREED_LEAST, _quantile_cut(np.where(evidence.chat.agreed, chat, 0.0), AGREED_PER_1000))
    for candidate in (*np.unique(own[(own >= lowest) & (own <= alone)]), alone):
        loud = (own >= np.where(evidence.own.agreed, candidate, alone)) & sure
        right, wrong = loud[matters].mean(), loud[~matters].mean()
        if loud[hard].mean() <= HARD_NONE and right / max(right + wrong, 1e-9) >= ACT_PRECISION:
            break
    return _Cuts(round(float(candidate), 5), alone, first, float(right))


def _quantile_cut(scores: Any, per_1000: float) -> float:
    """The score that at most per_1000 of these texts reach."""
    allowed = int(len(scores) * per_1000 / 1000)
    return round(float(np.sort(scores)[::-1][allowed]) + 1e-5, 5)


def _sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))
