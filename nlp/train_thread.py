"""Learn how messages relate to matters: python -m nlp.train_thread FOLDER_OF_PUBLIC_TEXT.

The shipped classifier has learned from messages of the training conversations, so it hears these better than any
others. What a message means is therefore taken from one that has learned from the other half of the conversations
only: two are trained first, and thrown away.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize

from nlp import train
from nlp.burst import gathered
from nlp.classify import Model
from nlp.lexicons import Lexicons
from nlp.matters import Known, add, live, loud
from nlp.normalise import Normaliser
from nlp.pair_features import Said, new_features, pair_features, ranks, role, said
from nlp.pairing import NEW, NOTHING
from nlp.talks import Expected, Talk, read_talks
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander
from nlp.understanding import Understand, Understanding, Utterance

OUT = Path(__file__).parent / "model" / "thread.json"
KEPT = timedelta(minutes=30)
"""What was said longer ago is far: only what a ticket tells is known of it."""
START = datetime(2026, 5, 6, 2, tzinfo=UTC)
STRAYS = 2
"""Messages of other conversations that are shown at each decision, so that nearness alone does not tie."""
STRAY_WEIGHT, STRAY_MATTER = 0.1, 1.0
"""What a message of another conversation weighs, a remark and a matter: see docs/understanding.md."""
SOON = timedelta(minutes=2)
"""Sooner than this the sender of a matter hardly ever makes small talk."""
STRICT, STRICT_WORDS = 3.0, 10.0  # L2; cross-fitted by pass
RAREST, RAREST_WORD = 3, 5  # alternatives that a feature must stand in
SMALLEST = 0.005  # weights nearer to nothing are left out

Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Decision:
    """One message with the features of each choice (see nlp/pairing.py), and the right one."""

    choices: Mapping[int, Sequence[str]]
    truth: int
    weight: float = 1.0


def main(public: Path) -> None:
    """Learn from the training conversations and write model/thread.json."""
    talks = list(read_talks(splits=("train",)))
    rows: list[Decision] = []
    for half in halves(talks):
        understand = unspoiled(public, {talk.voice for talk in half}).understand
        dice, foreign = random.Random(7), strays(half, understand)
        rows += [row for talk in half for row in decisions(talk, understand, foreign, dice)]
    weights = fit(rows)
    print(f"{len(talks)} conversations, {len(rows)} decisions, {len(weights)} weights")
    OUT.write_text(json.dumps(as_data(weights), ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def halves(talks: Sequence[Talk]) -> tuple[list[Talk], list[Talk]]:
    """The conversations, every second pass in one half: a pass is never cut."""
    voices = sorted({talk.voice for talk in talks})
    first = set(voices[::2])
    return [talk for talk in talks if talk.voice in first], [talk for talk in talks if talk.voice not in first]


def unspoiled(public: Path, voices: Collection[str]) -> Understander:
    """An understander whose classifier never saw these passes of conversations."""
    with TemporaryDirectory() as folder:
        train.main(public, Path(folder), without=voices)
        normalise = Normaliser()
        return Understander(normalise, Lexicons.load(normalise.word), Model(Path(folder)), Taxonomy.load())


def strays(talks: Sequence[Talk], understand: Understand) -> list[Utterance]:
    """Messages that certainly go on with no matter of another conversation: openings, and remarks."""
    found = []
    for talk in talks:
        held = {message for ticket in talk.tickets for message in ticket.messages}
        first = {ticket.messages[0] for ticket in talk.tickets}
        for message in talk.messages:
            heard = understand(message.text)
            begins, idle = message.id in first and loud(heard), message.id not in held and not loud(heard)
            if message.text and not heard.cues and (begins or idle):
                found.append(Utterance(message.id, message.sender, START, message.text, heard))
    return found


def decisions(
    talk: Talk, understand: Understand, foreign: Sequence[Utterance] = (), dice: random.Random | None = None
) -> Iterator[Decision]:
    """The decisions of a conversation, each with the right state before it."""
    heard: list[Utterance] = []
    opened: dict[int, Known] = {}
    holder = {message: ticket for ticket in talk.tickets for message in ticket.messages}
    for message in talk.messages:
        at = START + timedelta(seconds=message.at)
        new = Utterance(
            message.id, message.sender, at, message.text, understand(message.text),
            message.pictures, message.place, message.quote,
        )  # fmt: skip
        past = [one for one in heard if at - one.at <= KEPT]
        whole, parts = gathered(past, new, understand)
        knowns = live(past)
        near = {name for known in knowns for name in known.ids}
        knowns += [recalled(known) for known in opened.values() if not known.ids & near]
        ticket = holder.get(message.id)
        if knowns or loud(whole):
            yield decision(said(new, whole, past), knowns, past, _truth(knowns, ticket, whole))
        if knowns:
            yield from _beside(new, knowns, past, dice.sample(foreign, STRAYS) if dice else (), dice)
        heard.append(new)
        if ticket is not None and not ticket.withdrawn:
            _hold(opened, heard, talk.tickets.index(ticket), whole, {*parts} & {*ticket.messages})


def recalled(known: Known) -> Known:
    """A matter as it is known when nothing of it was said lately: by what its ticket tells."""
    return replace(known, position=None, meaning=replace(known.meaning, leanings=(known.meaning.category,)))


def _truth(knowns: Sequence[Known], ticket: Expected | None, whole: Understanding) -> int:
    """The matter that holds most of the ticket's messages; where none does, the message begins it if it is heard."""
    if ticket is None:
        return NOTHING
    overlaps = [len(known.ids & {*ticket.messages}) for known in knowns]
    if any(overlaps):
        return overlaps.index(max(overlaps))
    return NEW if loud(whole) else NOTHING


def _beside(
    new: Utterance,
    knowns: Sequence[Known],
    past: Sequence[Utterance],
    foreign: Sequence[Utterance],
    dice: random.Random | None,
) -> Iterator[Decision]:
    """The same moment with words of another conversation."""
    for stray in foreign:
        assert dice is not None
        heard = stray.understood
        may_be_own = loud(heard) or new.at - knowns[-1].last > SOON
        sender = dice.choice([knowns[-1].opener if may_be_own else new.sender, new.sender, "somebody"])
        row = decision(
            said(replace(stray, sender=sender, at=new.at), heard, past), knowns, past, NEW if loud(heard) else NOTHING
        )
        weight = STRAY_MATTER if loud(heard) else STRAY_WEIGHT
        yield replace(row, weight=weight if sender == knowns[-1].opener else weight / 3)


def _hold(opened: dict[int, Known], heard: list[Utterance], key: int, whole: Understanding, parts: set[str]) -> None:
    """The last message becomes a part of its ticket; with its earlier parts it opens it once it is heard."""
    new = heard[-1]
    if key not in opened:
        if not loud(whole):
            return
        opened[key] = Known(new.id, new.sender, whole, new.at)
    for index, one in enumerate(heard):
        if one is new or one.id in parts:
            heard[index] = replace(one, held=str(key), understood=whole if one is new else one.understood)
            add(opened[key], heard[index], 0)


def decision(one: Said, knowns: Sequence[Known], past: Sequence[Utterance], truth: int) -> Decision:
    """The choices that one has beside knowns."""
    choices: dict[int, list[str]] = {NOTHING: []}
    for index, (known, rank) in enumerate(zip(knowns, ranks(knowns), strict=True)):
        words = (f"#{role(one.new, known)}#{gram}" for gram in one.grams)
        choices[index] = [*pair_features(one, known, past, rank), *words]
    if loud(one.meaning):
        choices[NEW] = [*new_features(one, knowns), *(f"#new#{gram}" for gram in one.grams)]
    return Decision(choices, truth)


def fit(rows: Sequence[Decision], strict: float = STRICT, strict_words: float = STRICT_WORDS) -> Weights:
    """The weights under which the right choices are likeliest."""
    count = Counter(name for row in rows for names in row.choices.values() for name in set(names))
    names = sorted(name for name, number in count.items() if number >= (RAREST_WORD if _is_word(name) else RAREST))
    ids = {name: index for index, name in enumerate(names)}
    lines = [
        (row, choice, [ids[n] for n in found if n in ids]) for row in rows for choice, found in row.choices.items()
    ]
    flat = [index for _, _, found in lines for index in found]
    ends = np.cumsum([0, *(len(found) for _, _, found in lines)])
    matrix = sp.csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(lines), len(names)))
    truth = np.array([choice == row.truth for row, choice, _ in lines])
    starts = np.cumsum([0, *(len(row.choices) for row in rows[:-1])])
    group = np.repeat(np.arange(len(rows)), [len(row.choices) for row in rows])
    weight = np.array([row.weight for row in rows])
    penalty = np.array([strict_words if _is_word(name) else strict for name in names])

    def loss(values: Any) -> tuple[float, Any]:
        logits = matrix @ values
        top = np.maximum.reduceat(logits, starts)
        odds = np.exp(logits - top[group])
        total = np.add.reduceat(odds, starts)
        surprise = -(weight * (logits[truth] - top - np.log(total))).sum()
        slope = matrix.T @ ((odds / total[group] - truth) * weight[group])
        return surprise + 0.5 * (penalty * values * values).sum(), slope + penalty * values

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return {name: float(value) for name, value in zip(names, found, strict=True) if abs(value) > SMALLEST}


def as_data(weights: Weights) -> dict[str, Any]:
    """The weights as nlp.pairing.Pairing has them."""
    words: dict[str, Weights] = {}
    for name, value in weights.items():
        if _is_word(name):
            _, table, gram = name.split("#", 2)
            words.setdefault(table, {})[gram] = round(value, 3)
    return {"weights": {name: round(v, 3) for name, v in weights.items() if not _is_word(name)}, "words": words}


def _is_word(name: str) -> bool:
    return name.startswith("#")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m nlp.train_thread FOLDER_OF_PUBLIC_TEXT")
    main(Path(sys.argv[1]))
