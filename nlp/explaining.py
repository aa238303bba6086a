"""Why a message was understood as it was: the values of each step, for people who want to know."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from nlp.classify import Model, Scores
from nlp.features import Reading, spans
from nlp.lexicons import Hit
from nlp.understanding import Understanding


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the full model and the extractors saw in a text that did not leave at the first scores.

    best are the needs with the highest logits, none is the best category of what needs nothing. score is
    calibrated; act, act_first (a cut of the first score) and ask are the cuts that held for this text.
    emergency is a logit and its cut. pulls are pieces of the normalised text, most for the category first,
    with "" for all that stands at no place in it: length, signs, what words say together.
    """

    MOST: ClassVar[int] = 5

    words: tuple[str, ...]
    hits: tuple[Hit, ...]
    alarms: tuple[str, ...]
    best: tuple[tuple[str, float], ...]
    none: tuple[str, float]
    score: float
    act: float
    act_first: float
    ask: float
    emergency: tuple[float, float]
    pulls: tuple[tuple[str, float], ...]
    cried: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps of understanding one text. weighing is None when it left at the first scores (logits) as chatter."""

    text: str
    first: float
    gate: float
    second: float
    second_cut: float
    weighing: Weighing | None
    outcome: Understanding


def weigh(reading: Reading, model: Model, scores: Scores, category: str) -> tuple[tuple[str, float], ...]:
    """What each word of a text says for or against category, all its features together."""
    pull = model.weighed(scores, category)
    known = [(row, span) for block, name, span in spans(reading) if (row := model.row(block, name)) in pull]
    located = [(row, span) for row, span in known if row is not None and span[1] > span[0]]
    times = Counter(row for row, _ in located)
    weight = [0.0] * len(reading.text)
    for row, (start, end) in located:
        for index in range(start, end):
            weight[index] += pull[row] / times[row] / (end - start)
    said: dict[str, float] = {}
    position = 0
    for word in reading.words:
        end = position + len(word)
        if word.strip():
            said[word] = said.get(word, 0.0) + sum(weight[position:end])
        position = end
    said[""] = sum(value for row, value in pull.items() if row not in times)
    return tuple(sorted(said.items(), key=lambda item: -item[1]))
