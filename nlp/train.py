"""Learn the classifier from the corpus: python -m nlp.train FOLDER_OF_PUBLIC_TEXT.

The weights are learned from the train and dev passes and from messages of the training conversations (settings were
chosen on dev, the test passes stay unseen).
Calibration and thresholds come from cross-fitting: each pass is scored by weights that never saw it. The public text
(files marked *train*: lccc_weibo, cped_tv_groups, nus_sms) only shows what ordinary chat looks like; no row of it
is stored, only weights.
"""

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from nlp.calibrate import Evidence, Scored, calibrate
from nlp.classify import Thresholds, agreed, judged
from nlp.corpus_files import Line, read_corpus
from nlp.features import Reading
from nlp.features import names as feature_names
from nlp.public_text import TRAINABLE, Part, read_public, without_matters
from nlp.talks import Expected, Talk, read_talks
from nlp.train_gates import GATES, GateMatrix, GateWeights, gate_matrix, learn_gate
from nlp.understander import reader

MODEL = Path(__file__).parent / "model"
BLOCKS = (1.0, 0.3, 0.15)  # weight of n-grams, words, lexicon classes; chosen on dev
RAREST = 2  # lines that a feature must stand in
LARGEST = 75_000  # features kept, those with the heaviest weights
ORDINARY_CHAT = 2  # every second line of the ordinary chat is shown to the category heads, as "chat"
FOLDS = 5
ONE_GO = 120  # seconds between the pieces of what is told in one go
OPENING = 8  # characters from which the first message of a conversation's matter speaks for itself

Names = list[tuple[int, str]]


@dataclass(frozen=True)
class Heads:
    """Linear heads side by side. weights: features × heads; names: what each column says."""

    names: list[str]
    weights: Any
    bias: Any
    needs: list[str]
    nones: list[str]

    def inputs(self, matrix: Any) -> Any:
        """What calibration weighs of the heads: matters, then classify.judged (texts × 4)."""
        logits = matrix @ self.weights + self.bias
        first = 1 + len(self.needs)
        return np.c_[logits[:, 0], judged(logits[:, 1:first], logits[:, first : first + len(self.nones)])]


def main(public: Path, folder: Path = MODEL, *, without: Collection[str] = ()) -> None:
    """Train, cross-fit, calibrate, write the model's folder. without: passes of conversations not to learn from."""
    lines = [*read_corpus(splits=("train", "dev")), *(line for line in from_talks() if line.voice not in without)]
    ordinary = without_matters(read_public(public, Part.TRAIN, TRAINABLE))
    print(f"{len(lines)} lines, {len(ordinary)} lines of ordinary chat")
    read = reader()
    readings = [read(text) for text in [line.text for line in lines] + ordinary]
    names, idf, matrix = vectors(readings, len(lines))
    gates = [gate_matrix(kind, [r.text for r in readings], incidence) for kind in GATES]
    rest = np.arange(len(lines), len(readings))
    known = np.array([(agreed(reading), np.log1p(len(reading.text))) for reading in readings])
    thresholds = calibrate(cross_fit(matrix, gates, lines, rest, known))
    everything = np.arange(len(lines))
    heads = learn(matrix, lines, everything, rest)
    learned = [learn_gate(gate, lines, everything, rest) for gate in gates]
    strongest = np.abs(heads.weights).max(axis=1) * idf
    keep = np.sort(np.argsort(-strongest, kind="stable")[:LARGEST])
    write(
        [names[i] for i in keep],
        idf[keep],
        heads,
        heads.weights[keep],
        learned,
        lines,
        len(ordinary),
        thresholds,
        folder,
    )


def from_talks() -> Iterator[Line]:
    """Messages of the training conversations: what belongs to no matter as hard none, and what opens a matter.

    A matter that its sender tells in pieces is shown as one text too, as threading reads it.
    """
    for talk in read_talks(splits=("train",)):
        held = {message for ticket in talk.tickets for message in ticket.messages}
        opening = {ticket.messages[0]: ticket for ticket in talk.tickets if ticket.messages and not ticket.withdrawn}
        for message in talk.messages:
            name, text = f"{talk.id}-{message.id}", message.text.strip()
            if text and message.id not in held:
                yield Line(name, talk.voice, text, "none", "chat", None, "h")
            elif len(text) >= OPENING and message.id in opening:
                ticket = opening[message.id]
                yield Line(name, talk.voice, text, ticket.kind, ticket.category, None, "")
        for ticket in opening.values():
            pieces = told(talk, ticket)
            if len(pieces) > 1:
                name = f"{talk.id}-{ticket.messages[0]}-whole"
                yield Line(name, talk.voice, "，".join(pieces), ticket.kind, ticket.category, None, "")


def told(talk: Talk, ticket: Expected) -> list[str]:
    """What its first sender says of a matter in one go."""
    by_id = {message.id: message for message in talk.messages}
    first = by_id[ticket.messages[0]]
    held = (by_id[name] for name in ticket.messages)
    found, last = [], first.at
    for message in held:
        if message.sender != first.sender:
            continue
        if message.at - last > ONE_GO:
            break
        last = message.at
        if message.text.strip():
            found.append(message.text.strip())
    return found


def vectors(readings: Sequence[Reading], own: int) -> tuple[Names, Any, Any]:
    """Names (those of the corpus only), idf and the scaled sparse matrix (texts × names)."""
    found = [[(b, name) for b, block in enumerate(feature_names(r)) for name in block] for r in readings]
    count = Counter(name for names in found[:own] for name in names)
    names = sorted(name for name, number in count.items() if number >= RAREST)
    idf = np.array([np.log((1 + own) / (1 + count[name])) + 1 for name in names]).astype(np.float16).astype(float)
    counts = incidence(found, names) @ sp.diags(idf)
    block = np.array([name[0] for name in names])
    parts = [normalize(counts @ sp.diags((block == b).astype(float))) * weight for b, weight in enumerate(BLOCKS)]
    return names, idf, sum(parts[1:], parts[0]).tocsr()


def incidence(found: Sequence[Sequence[Any]], names: Sequence[Any]) -> Any:
    """The 0/1 matrix of which text has which name."""
    ids = {name: index for index, name in enumerate(names)}
    rows = [[ids[name] for name in row if name in ids] for row in found]
    flat = np.array([index for row in rows for index in row])
    return sp.csr_matrix((np.ones(len(flat)), flat, np.cumsum([0, *map(len, rows)])), shape=(len(rows), len(names)))


def learn(matrix: Any, lines: Sequence[Line], own: Any, rest: Any) -> Heads:
    """All heads from the rows own (of lines) and rest (ordinary chat).

    The category columns are sums of three linear models (categories among needs; categories and kinds of none among
    all; kinds): cross-fitted on dev, the sum is right more often than each, and it costs no more.
    """
    mine = [lines[i] for i in own]
    needs_rows = np.array([i for i in own if lines[i].matters])
    both = np.r_[own, rest]
    few = rest[::ORDINARY_CHAT]
    some = np.r_[own, few]

    def yes_no(model: Any, truth: Sequence[bool]) -> tuple[Any, float]:
        model.fit(matrix[both], np.r_[np.array(truth), np.zeros(len(rest), bool)])
        return model.coef_[0], float(model.intercept_[0])

    def one_of(strictness: float, rows: Any, labels: Sequence[str]) -> tuple[list[str], Any, Any]:
        model = LinearSVC(C=strictness, random_state=0).fit(matrix[rows], labels)
        return [str(name) for name in model.classes_], model.coef_, model.intercept_

    matters = [line.matters for line in mine]
    first, first_bias = yes_no(LogisticRegression(C=10, solver="liblinear"), matters)
    second, second_bias = yes_no(LinearSVC(C=0.5, random_state=0), matters)
    needs, by_need, need_bias = one_of(1.0, needs_rows, [lines[i].category for i in needs_rows])
    labels = [line.category for line in mine] + ["chat"] * len(few)
    every, by_all, all_bias = one_of(0.5, some, labels)
    kinds, by_kind, kind_bias = one_of(0.5, needs_rows, [lines[i].kind for i in needs_rows])
    kind_of = {line.category: line.kind for line in lines}
    same = [every.index(need) for need in needs]
    over = [kinds.index(kind_of[need]) for need in needs]
    nones = [name for name in every if name not in needs]
    idle = [every.index(name) for name in nones]
    alarm, alarm_bias = yes_no(LogisticRegression(C=10, solver="liblinear"), ["e" in line.tags for line in mine])
    haste, haste_bias = yes_no(
        LogisticRegression(C=3, solver="liblinear"), [bool({*line.tags} & {*"ue"}) for line in mine]
    )
    columns = [first + second, *(by_need + 0.5 * by_all[same] + 0.5 * by_kind[over]), *by_all[idle], alarm, haste]
    bias = [
        first_bias + second_bias, *(need_bias + 0.5 * all_bias[same] + 0.5 * kind_bias[over]), *all_bias[idle],
        alarm_bias, haste_bias,
    ]  # fmt: skip
    names = ["matters", *needs, *nones, "emergency", "high"]
    return Heads(names, np.array(columns).T, np.array(bias), needs, nones)


def cross_fit(matrix: Any, gates: Sequence[GateMatrix], lines: Sequence[Line], rest: Any, known: Any) -> Evidence:
    """Score every pass and every piece of the ordinary chat by weights that never saw it.

    known: what needs no weights (texts × 2: agreed, logarithm of the length).
    """
    voices = sorted({line.voice for line in lines}, key=lambda voice: (voice[1:], voice[0]))
    fold = np.array([voices.index(line.voice) % FOLDS for line in lines])
    rest_fold = np.arange(len(rest)) * FOLDS // len(rest)  # in pieces: neighbours are of one conversation
    inputs, cheap = np.zeros((len(lines) + len(rest), 4)), np.zeros((len(lines) + len(rest), len(gates)))
    for number in range(FOLDS):
        learned, seen = np.flatnonzero(fold != number), rest[rest_fold != number]
        left = np.r_[np.flatnonzero(fold == number), rest[rest_fold == number]]
        inputs[left] = learn(matrix, lines, learned, seen).inputs(matrix[left])
        for column, gate in enumerate(gates):
            cheap[left, column] = gate.scores(learn_gate(gate, lines, learned, seen), left)
    own = len(lines)
    every = np.c_[inputs, cheap, known]
    return Evidence(lines, Scored(every[:own]), Scored(every[own:]))


def write(
    names: Names,
    idf: Any,
    heads: Heads,
    weights: Any,
    gates: Sequence[GateWeights],
    lines: Sequence[Line],
    ordinary: int,
    thresholds: Thresholds,
    folder: Path,
) -> None:
    """Put weights.npz (8 bits a weight, one scale a head), model.json and thresholds.json: built first, then put."""
    folder.mkdir(exist_ok=True)
    scale = np.abs(weights).max(axis=0) / 127
    arrays: dict[str, Any] = {f"{g.kind.name}_weights": g.weights.astype(np.float16) for g in gates}
    arrays |= {f"{g.kind.name}_names": np.frombuffer("\n".join(g.names).encode(), dtype=np.uint8) for g in gates}
    packed = BytesIO()
    np.savez_compressed(
        packed,
        names=np.frombuffer("\n".join(f"{block}{name}" for block, name in names).encode(), dtype=np.uint8),
        weights=np.round(weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=heads.bias.astype(np.float32),
        idf=idf.astype(np.float16),
        **arrays,
    )
    meta = {
        "command": "python -m nlp.train PUBLIC_TEXT",
        "corpus": {
            "lines": len(lines),
            "passes": sorted({line.voice for line in lines}),
            "sha256": hashlib.sha256("\n".join(f"{x.id} {x.text}" for x in lines).encode()).hexdigest(),
        },
        "ordinary chat": {"lines": ordinary, "files": list(TRAINABLE)},
        "features": len(names),
        "blocks": BLOCKS,
        "needs": heads.needs,
        "nones": heads.nones,
        "heads": heads.names,
        **{g.kind.name: {"features": len(g.names), "longest": g.kind.longest, "bias": round(g.bias, 4)} for g in gates},
        "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
    }
    contents = {
        "weights.npz": packed.getvalue(),
        "model.json": (json.dumps(meta, ensure_ascii=False, indent=1) + "\n").encode(),
        "thresholds.json": (json.dumps(asdict(thresholds), indent=1) + "\n").encode(),
    }
    for name, content in contents.items():
        (folder / f".{name}.new").write_bytes(content)
    for name in contents:
        os.replace(folder / f".{name}.new", folder / name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m nlp.train FOLDER_OF_PUBLIC_TEXT")
    main(Path(sys.argv[1]))
