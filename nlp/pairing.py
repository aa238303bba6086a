"""How likely a message belongs to a matter that is known, is one of its own, or has to do with none.

A multinomial logit: the alternatives are every known matter, "new" and "nothing"; the chance of each grows with
the sum of the weights of its features (nlp/pair_features.py). The weights stand in model/thread.json;
`python -m nlp.train_thread` learns them from the training conversations.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from nlp.matters import Known, loud
from nlp.pair_features import new_features, pair_features, ranks, role, said
from nlp.understanding import Understanding, Utterance

NOTHING, NEW = -2, -1
"""Choices besides the index of a known matter."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """The learned weights: of features by name, and of characters and pairs of them for each role and for "new"."""

    weights: Mapping[str, float]
    words: Mapping[str, Mapping[str, float]]

    @classmethod
    def load(cls) -> "Pairing":
        """Read the package's weights."""
        return cls(**json.loads(files("nlp").joinpath("model", "thread.json").read_text(encoding="utf-8")))

    def chances(
        self, new: Utterance, meaning: Understanding, knowns: Sequence[Known], past: Sequence[Utterance]
    ) -> dict[int, float]:
        """The chance of each choice: NOTHING, NEW where the message would be a matter alone, indexes of knowns."""
        one = said(new, meaning, past)
        words: dict[str, float] = {}
        logits = {NOTHING: 0.0}
        for index, (known, rank) in enumerate(zip(knowns, ranks(knowns), strict=True)):
            who = role(new, known)
            if who not in words:
                words[who] = self._of_words(who, one.grams)
            logits[index] = words[who] + self._sum(pair_features(one, known, past, rank))
        if loud(meaning):
            logits[NEW] = self._of_words("new", one.grams) + self._sum(new_features(one, knowns))
        top = max(logits.values())
        odds = {choice: math.exp(logit - top) for choice, logit in logits.items()}
        total = sum(odds.values())
        return {choice: value / total for choice, value in odds.items()}

    def _sum(self, names: Iterable[str]) -> float:
        return sum(filter(None, map(self.weights.get, names)))

    def _of_words(self, table: str, grams: Iterable[str]) -> float:
        return sum(filter(None, map(self.words.get(table, {}).get, grams)))
