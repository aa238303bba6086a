"""How well the ear hears: python -m bench.eval [FOLDER OF PUBLIC TEXT] [--split test|dev|train] [--errors N].

Prints, for the passes of the split that the weights never saw: precision, recall and F1 of each kind, macro-F1,
category accuracy, act precision and recall, hard none lines answered, emergencies, places; and posts per 1,000
messages of each public file. Intervals are 95 %: Wilson for shares, bootstrap over passes for F1.
"""

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.curves import print_curves
from nlp.classify import Model
from nlp.corpus_files import Line, read_corpus
from nlp.normalise import Normaliser
from nlp.places import normal_place
from nlp.placing import apart
from nlp.public_text import TRAINABLE, Part, read_public
from nlp.understander import Understander
from nlp.understanding import Band, Kind, Understanding, Urgency

MEASURED = ("trec06c_ham_bbs", "reviews_takeaway", "tipdm_labeled", "tipdm_answered", "fuzhou12345_rivers")
LABELLED = "fuzhou12345_rivers"
LETTERS = ("tipdm_labeled", "tipdm_answered", "fuzhou12345_rivers")
ROUNDS = 300
Pair = tuple[Line, Understanding]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="public text, one JSON object a line")
    parser.add_argument("--split", default="test", choices=("train", "dev", "test"))
    parser.add_argument("--errors", type=int, default=30)
    options = parser.parse_args()
    ear = Understander.load()
    pairs = [(line, ear.understand(line.text)) for line in read_corpus(splits=(options.split,))]
    print(f"{options.split}: {len(pairs)} lines of {len({line.voice for line, _ in pairs})} passes\n")
    if pairs:
        print_kinds(pairs)
        print_bands(pairs)
        print_first_score(pairs)
        print_rest(pairs)
    chat = print_public(ear, options.folder)
    if pairs and chat:
        print_curves(*scores(pairs), chat)
    print_errors(pairs, options.errors)


def print_kinds(pairs: Sequence[Pair]) -> None:
    """Precision, recall, F1 of the kinds, confusion, category accuracy."""
    by_voice: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_voice.setdefault(pair[0].voice, []).append(pair)
    chance = random.Random(1)
    rounds = [
        f_scores([pair for voice in chance.choices(sorted(by_voice), k=len(by_voice)) for pair in by_voice[voice]])
        for _ in range(ROUNDS)
    ]
    scores = f_scores(pairs)
    print("kind (act + ask)   precision          recall             F1")
    for kind in Kind:
        true = sum(line.kind == kind for line, _ in pairs)
        said = sum(heard.kind is kind for _, heard in pairs)
        both = sum(line.kind == kind == heard.kind for line, heard in pairs)
        low, high = spread([s[kind] for s in rounds])
        print(f"  {kind:10}  {share(both, said)}  {share(both, true)}  {scores[kind]:.3f} ({low:.3f}–{high:.3f})")
    low, high = spread([sum(s.values()) / 4 for s in rounds])
    print(f"  macro-F1 {sum(scores.values()) / 4:.3f} ({low:.3f}–{high:.3f})")
    alone = {voice: sum(f_scores(own).values()) / 4 for voice, own in sorted(by_voice.items())}
    print("  by pass: " + ", ".join(f"{voice} {score:.3f}" for voice, score in alone.items()))
    right = [pair for pair in pairs if pair[0].matters and pair[0].kind == pair[1].kind]
    print(f"  category among right kinds {share(sum(a.category == b.category for a, b in right), len(right))}")
    print("  confusion (rows: truth; columns: " + " ".join(Kind) + ")")
    confusion = Counter((line.kind, heard.kind) for line, heard in pairs)
    for kind in Kind:
        print(f"    {kind:10}" + "".join(f"{confusion[kind, heard]:6}" for heard in Kind))


def print_bands(pairs: Sequence[Pair]) -> None:
    """What would be said aloud, among lines that matter half the time."""
    needs = [pair for pair in pairs if pair[0].matters]
    rest = [pair for pair in pairs if not pair[0].matters]
    hard = [pair for pair in rest if "h" in pair[0].tags]
    loud = sum(heard.band is Band.ACT for _, heard in needs)
    right_kind = sum(heard.band is Band.ACT and line.kind == heard.kind for line, heard in needs)
    wrong = sum(heard.band is Band.ACT for _, heard in rest)
    hit, false = loud / max(len(needs), 1), wrong / max(len(rest), 1)
    print("\nbands")
    print(f"  recall in act {share(loud, len(needs))}, with the right kind {share(right_kind, len(needs))}")
    print(f"  precision of act, half of the lines matter: {hit / max(hit + false, 1e-9):.3f}")
    print(f"  recall in act or ask {share(sum(h.band is not Band.IGNORE for _, h in needs), len(needs))}")
    answered = share(sum(heard.band is Band.ACT for _, heard in hard), len(hard))
    print(f"  hard none answered {answered}, asked {share(sum(h.band is Band.ASK for _, h in hard), len(hard))}")
    for tag, name in (("k", "without keyword"), ("i", "irony"), ("o", "for another"), ("u", "urgent")):
        some = [heard for line, heard in needs if tag in line.tags]
        print(f"  {name}: act or ask {share(sum(h.band is not Band.IGNORE for h in some), len(some))}")


def print_first_score(pairs: Sequence[Pair]) -> None:
    """The needs that the cheap first score drops, which no later step can hear."""
    normalise, model = Normaliser(), Model.load()
    scores = [model.first(normalise(line.text).text) for line, _ in pairs if line.matters]
    dropped = sum(score < model.thresholds.gate for score in scores)
    print(f"  dropped by the first score {share(dropped, len(scores))}")


def print_rest(pairs: Sequence[Pair]) -> None:
    """Emergencies, urgency and places."""
    alarm = [(("e" in line.tags), heard.urgency is Urgency.EMERGENCY) for line, heard in pairs]
    both = sum(true and said for true, said in alarm)
    print("\nemergencies: recall " + share(both, sum(true for true, _ in alarm)), end="")
    print(", precision " + share(both, sum(said for _, said in alarm)))
    high = [("u" in line.tags or "e" in line.tags, heard.urgency is not Urgency.NORMAL) for line, heard in pairs]
    both = sum(true and said for true, said in high)
    print("high or emergency: recall " + share(both, sum(true for true, _ in high)), end="")
    print(", precision " + share(both, sum(said for _, said in high)))
    heard_needs = [(line, heard) for line, heard in pairs if line.matters and heard.band is not Band.IGNORE]
    named = [(normal_place(line.place), heard.place) for line, heard in heard_needs if line.place]
    exact = sum(true == said for true, said in named)
    fits = sum(said is not None and not apart(true, said) for true, said in named)
    extra = sum(heard.place is not None for line, heard in heard_needs if not line.place)
    print(f"places: exact {share(exact, len(named))}, fitting {share(fits, len(named))}", end="")
    print(f", named where there is none {share(extra, len(heard_needs) - len(named))}")


def print_public(ear: Understander, folder: Path | None) -> list[float]:
    """Posts per 1,000 ordinary messages; act + ask of complaint titles. Returns the scores of what was held out."""
    print("\npublic text" + ("" if folder else ": no folder given"))
    if folder is None:
        return []
    together: Counter[str] = Counter()
    unseen: list[float] = []
    for name in (*TRAINABLE, *MEASURED):
        if not (folder / f"{name}.jsonl").exists():
            print(f"  {name:20} absent")
            continue
        texts = read_public(folder, Part.HELD_OUT if name in TRAINABLE else Part.ALL, (name,))
        heard = [ear.understand(text) for text in texts]
        count = Counter(str(one.band) for one in heard)
        alarms = sum(one.urgency is Urgency.EMERGENCY and one.band is Band.ACT for one in heard)
        if name in LETTERS:
            print(f"  {name:20} {len(texts):6} titles: act + ask {share(count['act'] + count['ask'], len(texts))}")
            continue
        print(f"  {name:20} {rates(count, len(texts))}, group emergencies {alarms}")
        if name in TRAINABLE:
            unseen += [one.score for one in heard]
        if name in TRAINABLE[:2]:
            together += count
    print(f"  {'the first two':20} {rates(together, together.total())}")
    print_labels(ear, folder / f"{LABELLED}.jsonl")
    return unseen


def print_labels(ear: Understander, path: Path) -> None:
    """For information: what is heard of real complaints, by the label that their office gave them."""
    if not path.exists():
        return
    found: dict[str, Counter[str]] = {}
    for row in path.read_text(encoding="utf-8").splitlines():
        data = json.loads(row)
        found.setdefault(str(data.get("label")), Counter())[str(ear.understand(data["text"]).band)] += 1
    for label, count in sorted(found.items(), key=lambda item: -item[1].total()):
        print(f"    {path.stem} {label}: act + ask {share(count['act'] + count['ask'], count.total())}")


def scores(pairs: Sequence[Pair]) -> tuple[list[float], list[float]]:
    """The scores of the needs and of the rest."""
    return [heard.score for line, heard in pairs if line.matters], [
        heard.score for line, heard in pairs if not line.matters
    ]


def print_errors(pairs: Sequence[Pair], most: int) -> None:
    """The most confident mistakes, false ones and missed ones."""
    wrong = [pair for pair in pairs if pair[0].kind != pair[1].kind]
    wrong.sort(key=lambda pair: -pair[1].score if not pair[0].matters else pair[1].score)
    false, missed = [p for p in wrong if not p[0].matters], [p for p in wrong if p[0].matters]
    for title, some in (("answered or asked wrongly", false), ("missed or wrong kind", missed)):
        print(f"\n{title}: {len(some)}, the worst")
        for line, heard in some[: most // 2]:
            said = f"{heard.category}/{heard.band} {heard.score:.3f}"
            print(f"  {line.category} [{line.tags}] → {said}: {line.text[:70]}  {' '.join(heard.evidence)}")


def f_scores(pairs: Sequence[Pair]) -> dict[Kind, float]:
    """F1 by kind."""
    found = {}
    for kind in Kind:
        true = sum(line.kind == kind for line, _ in pairs)
        said = sum(heard.kind is kind for _, heard in pairs)
        both = sum(line.kind == kind == heard.kind for line, heard in pairs)
        found[kind] = 2 * both / max(true + said, 1)
    return found


def share(part: int, whole: int) -> str:
    """A share with its Wilson interval: 0.912 (0.88–0.94)."""
    low, high = wilson(part, whole)
    return f"{part / max(whole, 1):.3f} ({low:.2f}–{high:.2f}, n={whole})"


def rates(count: Counter[str], whole: int) -> str:
    """Acts and asks per 1,000 with their intervals."""
    told = []
    for band in ("act", "ask"):
        low, high = wilson(count[band], whole)
        told.append(f"{band} {1000 * count[band] / max(whole, 1):.2f} ({1000 * low:.2f}–{1000 * high:.2f})")
    return f"{whole:6} messages, per 1,000: " + ", ".join(told)


def wilson(part: int, whole: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not whole:
        return 0.0, 1.0
    p = part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return max(0.0, middle - half), min(1.0, middle + half)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of bootstrap values."""
    ordered = sorted(values)
    return ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered)) - 1]


if __name__ == "__main__":
    main()
