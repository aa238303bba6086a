"""Other ways to hear, side by side: python -m bench.models FOLDER_OF_PUBLIC_TEXT [--share S] [--chat C] [--folds N].

Each variant learns from the train and dev passes and the ordinary chat without one fold of both (split as in
nlp.train.cross_fit), then hears that fold. --share and --chat shorten what is learned from, never what is measured.
The test passes are not read. Nothing is kept on disk: the table is all there is.
"""

import argparse
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from bench.looks import LEGAL, Texts
from bench.variants import ENSEMBLES, NEEDS, TAXONOMY, Learn, Learned, mean, variants
from nlp.calibrate import ASK_PER_1000
from nlp.corpus_files import read_corpus
from nlp.public_text import TRAINABLE, Part, read_public
from nlp.train import FOLDS
from nlp.understander import reader
from nlp.understanding import Kind

SMOKE_PASSES, SMOKE_CHAT = 6, 300

COLUMNS = (
    "variant", "macro-F1", "needs heard", "hard none heard", "best macro-F1", "category", "million numbers",
    "ms per 1,000",
)  # fmt: skip


def row(variant: Learned, left: Texts) -> list[float]:
    """COLUMNS but the first. Heard is what scores above the cut that ASK_PER_1000 ordinary messages pass.

    category: right ones among the needs heard with the right kind. Milliseconds are of one processor, reading not
    counted, and looking up any block of n-grams costs the same, as nlp.features names all of them at once.
    """
    own = len(left.lines)
    score, by_need = variant.hear(left.readings)
    score, chat = score[:own], np.sort(score[own:])[::-1]
    category = np.array(NEEDS)[by_need[:own].argmax(axis=1)]
    kind = np.array([str(TAXONOMY.kind(code)) for code in category])
    truth, matters = np.array([line.kind for line in left.lines]), left.matters[:own]
    hard = np.array(["h" in line.tags for line in left.lines])

    def macro(cut: float) -> float:
        heard = np.where(score > cut, kind, "none")
        both = [(heard == name, truth == name) for name in map(str, Kind)]
        return float(np.mean([2 * (said & true).sum() / max(said.sum() + true.sum(), 1) for said, true in both]))

    cut = chat[int(len(chat) * ASK_PER_1000 / 1000)]
    loud = score > cut
    right = loud & matters & (kind == truth)
    found = (category == left.labels[:own])[right].mean() if right.any() else 0.0
    best = max(map(macro, np.quantile(score, np.arange(0, 1, 0.02))))
    some, times = left.readings[-1000:], []
    for _ in range(3):
        started = time.process_time()
        variant.hear(some)
        times.append((time.process_time() - started) * 1e6 / len(some))
    return [macro(cut), loud[matters].mean(), loud[hard].mean(), best, found, variant.size / 1e6, min(times)]


def told(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="public text, one JSON object a line")
    parser.add_argument("--share", type=float, default=0.5, help="of the passes that are learned from")
    parser.add_argument("--chat", type=float, default=0.3, help="of the ordinary chat that is learned from")
    parser.add_argument("--folds", type=int, default=1, choices=range(1, FOLDS + 1))
    parser.add_argument("--smoke", action="store_true", help="a few passes and small networks: only whether it runs")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # networks stop after their epochs, logistic ones near enough
    lines = [*read_corpus(splits=("train", "dev"))]
    chat, legal = (read_public(options.folder, Part.TRAIN, names) for names in (TRAINABLE, LEGAL))
    if options.smoke:
        some = sorted({line.voice for line in lines})[:SMOKE_PASSES]
        lines, chat, legal = [line for line in lines if line.voice in some][::2], chat[:SMOKE_CHAT], []
        options.share = options.chat = 1.0
    read = reader()
    texts = Texts(lines, [read(x.text) for x in lines], [read(x) for x in chat], [read(x) for x in legal])
    table: dict[str, list[list[float]]] = {}
    for number in range(options.folds):
        learned, left = texts.split(number, options.share, options.chat)
        for use, part in (("learned from", learned), ("measured on", left)):
            passes = len({line.voice for line in part.lines})
            print(f"{use} {passes} passes, {len(part.lines)} lines, {len(part.chat)} messages of chat", flush=True)
        done: dict[str, tuple[Learn, Learned]] = {}
        for name, learn in variants(options.smoke).items():
            done[name] = (learn, learn(learned))
            table.setdefault(name, []).append(row(done[name][1], left))
        for name, wanted in ENSEMBLES.items():
            members = [pair for member, pair in done.items() if member.split()[0] in wanted]
            table.setdefault(name, []).append(row(mean(members)(learned), left))
    print("\n" + told(COLUMNS) + "\n|" + "---|" * len(COLUMNS))
    for name, rows in table.items():
        *shares, size, took = np.mean(rows, axis=0)
        print(told([name, *(f"{share:.3f}" for share in shares), f"{size:.2f}", f"{took:.0f}"]))


if __name__ == "__main__":
    main()
