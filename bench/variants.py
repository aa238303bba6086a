"""Classifiers that bench.models sets side by side: each learns from texts, and then scores others."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from bench.looks import See, Texts, blocks, meanings
from nlp.calibrate import CHAT, OWN_NONES, calibrate
from nlp.classify import Gate, agreed, terms
from nlp.features import CLASSES, GRAMS, WORDS, Reading
from nlp.lexicons import Lexicons
from nlp.normalise import Normaliser
from nlp.taxonomy import Taxonomy
from nlp.train import cross_fit, incidence
from nlp.train import learn as learn_heads
from nlp.train_gates import GATES, gate_matrix, learn_gate
from nlp.understanding import Kind

TAXONOMY = Taxonomy.load()
NEEDS = TAXONOMY.codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE)
TELLING = ("things", "faults", "needs", "parties")
NEVER = -1e3  # logarithm of a share that is nothing; score of a category that no learned line has
ENSEMBLES = {"11a mean of 7 and 10": ("7", "10"), "11b mean of 2, 3 and 9": ("2", "3", "9")}


@dataclass(frozen=True)
class Learned:
    """hear: texts → scores that grow with how surely a text matters, and texts × NEEDS. size: numbers kept."""

    hear: Callable[[Sequence[Reading]], tuple[Any, Any]]
    size: int


Learn = Callable[[Texts], Learned]


def keywords(texts: Texts) -> Learned:
    """No learning: a thing beside a fault, a need or another party; the category that most of these words point at."""

    def weigh(reading: Reading) -> tuple[float, list[int]]:
        entries = [entry for hit in reading.hits for entry in hit.entries]
        lists = {entry.list for entry in entries} & {*TELLING}
        votes = Counter(code for _, code in {(e.list, code) for e in entries if e.list in lists for code in e.codes})
        turned_off = any(entry.list == "turnoffs" for entry in entries)
        score = len(lists) + ("things" in lists and len(lists) > 1) - turned_off + 0.1 * max(votes.values(), default=0)
        return score, [votes[code] for code in NEEDS]

    def hear(readings: Sequence[Reading]) -> tuple[Any, Any]:
        scores, votes = zip(*map(weigh, readings), strict=True)
        return np.array(scores), np.array(votes, dtype=float)

    return Learned(hear, len(Lexicons.load(Normaliser().word).words(*TELLING)))


def two_heads(see: See, whether: Any, which: Any) -> Learn:
    """One model for whether a text matters (lines and chat), one for the category (lines that matter)."""

    def learn(texts: Texts) -> Learned:
        look, size = see(texts)
        matrix = look(texts.readings)
        first = whether().fit(matrix, texts.matters)
        second = which().fit(matrix[texts.matters], texts.labels[texts.matters])

        def hear(readings: Sequence[Reading]) -> tuple[Any, Any]:
            matrix = look(readings)
            score = said(first, matrix)
            by_need = in_order(second.classes_, said(second, matrix))
            return score if score.ndim == 1 else score[:, 1] - score[:, 0], by_need

        return Learned(hear, size + numbers(first) + numbers(second))

    return learn


def one_model(see: See, make: Any) -> Learn:
    """One model for all categories, those of none among them; a text's score is how far the needs lead."""

    def learn(texts: Texts) -> Learned:
        look, size = see(texts)
        model = make().fit(look(texts.readings), texts.labels)
        need = np.isin(model.classes_, NEEDS)
        # Shares add up; of margins, which are no shares, the best of each side speaks.
        side = logsumexp if hasattr(model, "predict_log_proba") else np.max

        def hear(readings: Sequence[Reading]) -> tuple[Any, Any]:
            values = said(model, look(readings))
            return side(values[:, need], axis=1) - side(values[:, ~need], axis=1), in_order(model.classes_, values)

        return Learned(hear, size + numbers(model))

    return learn


def shipped(texts: Texts) -> Learned:
    """What nlp.train builds, unpruned: its heads, both cheap scores and the quadratic calibration."""
    matrix, own = texts.vectors[2], np.arange(len(texts.lines))
    rest = np.arange(len(own), len(texts.readings))
    cheap = [gate_matrix(kind, [text.text for text in texts.readings], incidence) for kind in GATES]

    def known(readings: Sequence[Reading]) -> Any:
        return np.array([(agreed(reading), np.log1p(len(reading.text))) for reading in readings])

    with redirect_stdout(StringIO()):  # the report is for training
        cuts = calibrate(cross_fit(matrix, cheap, texts.lines, rest, known(texts.readings)))
    look, size = blocks(GRAMS, WORDS, CLASSES)(texts)
    heads = learn_heads(matrix, texts.lines, own, rest)
    learned = [learn_gate(gate, texts.lines, own, rest) for gate in cheap]
    gates = [Gate(dict(zip(g.names, g.weights.tolist(), strict=True)), g.bias, g.kind.longest) for g in learned]

    def hear(readings: Sequence[Reading]) -> tuple[Any, Any]:
        matrix = look(readings)
        first_two = np.array([[gate(reading.text) for gate in gates] for reading in readings])
        inputs = (np.c_[heads.inputs(matrix), first_two, known(readings)] - np.array(cuts.centre)) / cuts.spread
        logits = matrix @ heads.weights + heads.bias
        by_need = in_order(heads.needs, logits[:, 1 : 1 + len(heads.needs)])
        return terms(inputs) @ np.array(cuts.slope) + cuts.intercept, by_need

    return Learned(hear, size + heads.weights.size + sum(len(gate.weights) for gate in gates))


def mean(members: Sequence[tuple[Learn, Learned]]) -> Learn:
    """The mean of log odds, and of shares of the categories; scales come from texts that a copy of each never saw."""

    def learn(texts: Texts) -> Learned:
        learned, left = texts.inner
        scales = [scale(*fresh(learned).hear(left.readings), left) for fresh, _ in members]

        def hear(readings: Sequence[Reading]) -> tuple[Any, Any]:
            heard = [member.hear(readings) for _, member in members]
            odds = [score * slope + start for (score, _), (slope, start, _) in zip(heard, scales, strict=True)]
            shares = [softmax(needs * sure, axis=1) for (_, needs), (_, _, sure) in zip(heard, scales, strict=True)]
            return np.mean(odds, axis=0), np.mean(shares, axis=0)

        return Learned(hear, sum(member.size for _, member in members))

    return learn


def scale(score: Any, by_need: Any, texts: Texts) -> tuple[float, float, float]:
    """Slope and start that make scores log odds (weighted as in nlp.calibrate), and a factor for the categories."""
    matters, own, chat = texts.matters, len(texts.lines), len(texts.chat)
    lines = np.where(matters[:own], 1 / matters.sum(), OWN_NONES / max((~matters[:own]).sum(), 1))
    weights = np.r_[lines, np.full(chat, CHAT / max(chat, 1))] * len(matters)
    line = LogisticRegression(C=1e6).fit(score[:, None], matters, weights)
    truth = [NEEDS.index(label) for label in texts.labels[matters]]
    fits = {
        k: log_softmax(by_need[matters] * k, axis=1)[np.arange(len(truth)), truth].mean() for k in 2.0 ** np.r_[-4:5]
    }
    return float(line.coef_[0][0]), float(line.intercept_[0]), max(fits, key=lambda k: fits[k])


def said(model: Any, matrix: Any) -> Any:
    """Logarithms of shares, or margins where a model has none."""
    if not hasattr(model, "predict_log_proba"):
        return model.decision_function(matrix)
    with np.errstate(divide="ignore"):
        return np.maximum(model.predict_log_proba(matrix), NEVER)


def in_order(classes: Sequence[str], values: Any) -> Any:
    """The columns of values as NEEDS has them."""
    column = {str(name): index for index, name in enumerate(classes)}
    missing = np.full(len(values), NEVER)
    return np.stack([values[:, column[need]] if need in column else missing for need in NEEDS], axis=1)


def numbers(model: Any) -> int:
    """How many weights a model of scikit-learn holds."""
    if isinstance(model, Pipeline):
        return sum(numbers(step) for _, step in model.steps)
    if isinstance(model, OneVsRestClassifier):
        return sum(map(numbers, model.estimators_))
    arrays = [getattr(model, name, ()) for name in ("coef_", "feature_log_prob_", "components_")]
    return sum(int(np.size(array)) for array in (*arrays, *getattr(model, "coefs_", ())))


def variants(smoke: bool) -> dict[str, Learn]:
    """Each variant that is no ensemble; dense ones are small where only their running counts."""
    epochs, dimensions, squeezed, hidden = (3, 16, 16, 16) if smoke else (25, 150, 300, 128)

    def logistic() -> Any:
        return LogisticRegression(C=10, solver="liblinear")

    def each() -> Any:
        return OneVsRestClassifier(logistic())

    def smooth() -> Any:
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))

    def svm() -> Any:
        return LinearSVC(C=0.5, random_state=0)

    def bayes() -> Any:
        return MultinomialNB(alpha=0.1)

    def network(*before: Any) -> Any:
        # It stops when a tenth of its lines is heard no better; the few lines of a smoke run cannot be parted so.
        early = {"early_stopping": not smoke, "n_iter_no_change": 3}
        net = MLPClassifier((hidden,), alpha=1e-2, batch_size=256, max_iter=epochs, random_state=0, **early)
        return make_pipeline(*before, StandardScaler(), net)

    every = blocks(GRAMS, WORDS, CLASSES)
    return {
        "1 keyword list, a hand rule": keywords,
        "2 character 1–3-grams, logistic": two_heads(blocks(GRAMS), logistic, each),
        "3 jieba words 1–2-grams, linear SVM": two_heads(blocks(WORDS), svm, svm),
        "4 lexicon classes, logistic": two_heads(blocks(CLASSES), logistic, each),
        "5 character 1–3-grams, naive Bayes": two_heads(blocks(GRAMS, plain=True), bayes, bayes),
        "6 all three blocks, one linear SVM": one_model(every, svm),
        "7 shipped heads, quadratic calibration": shipped,
        "8 embeddings, logistic": two_heads(meanings(dimensions), smooth, smooth),
        "9 embeddings, small network": one_model(meanings(dimensions), network),
        "10 SVD of all blocks, small network": one_model(
            every, lambda: network(TruncatedSVD(squeezed, n_iter=3, random_state=0))
        ),
    }
