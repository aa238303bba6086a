"""Classifiers that bench.models sets side by side: each learns from texts, and then scores others."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.svm import LinearSVC

from nlp.calibrate import CHAT, OWN_NONES, calibrate
from nlp.classify import Gate, agreed, terms
from nlp.corpus_files import Line
from nlp.features import CLASSES, GRAMS, WORDS, Reading, fold
from nlp.features import names as feature_names
from nlp.lexicons import Lexicons
from nlp.normalise import Normaliser
from nlp.taxonomy import Taxonomy
from nlp.train import BLOCKS, FOLDS, Names, cross_fit, incidence, vectors
from nlp.train import learn as learn_heads
from nlp.train_gates import GATES, gate_matrix, learn_gate
from nlp.understanding import Kind

LEGAL = ("lawyerllama_questions",)  # shows how words are used; no line of it says what needs something
TAXONOMY = Taxonomy.load()
NEEDS = TAXONOMY.codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE)
TELLING = ("things", "faults", "needs", "parties")
NEVER = -1e3  # logarithm of a share that is nothing; score of a category that no learned line has
RAREST_TOKEN, WINDOW = 5, 5  # of the co-occurrences
ENSEMBLES = {"11a mean of 7 and 10": ("7", "10"), "11b mean of 2, 3 and 9": ("2", "3", "9")}


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


@dataclass(frozen=True)
class Learned:
    """hear: texts → scores that grow with how surely a text matters, and texts × NEEDS. size: numbers kept."""

    hear: Callable[[Sequence[Reading]], tuple[Any, Any]]
    size: int


See = Callable[[Texts], tuple[Look, int]]  # learns to see texts as numbers; how many numbers that keeps
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


def present(found: Iterable[Iterable[Any]], ids: Mapping[Any, int]) -> Any:
    """The 0/1 matrix of which text has which known name."""
    rows = [{ids[name] for name in row if name in ids} for row in found]
    flat = np.array([index for row in rows for index in row], dtype=np.int64)
    return sp.csr_matrix((np.ones(len(flat)), flat, np.cumsum([0, *map(len, rows)])), shape=(len(rows), len(ids)))


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
