"""What talk in front of a line costs it: python -m bench.beside [--split dev|test|train] [--lines N].

Each line that matters and is heard alone is said again behind 3–8 messages of a conversation that has nothing to do
with it, through the real program: by somebody who has said nothing yet, and by one of those who have just spoken.
Printed is what becomes of it then, with 95 % intervals (Wilson). Lines of dev passes taught the weights, so that more
of them are plain than of a town's: read the loss, not the recall.
"""

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from bench.eval import share
from bench.talk_match import Found
from bench.talk_run import Player
from nlp.corpus_files import Line, read_corpus
from nlp.talks import Said, Talk, read_talks
from nlp.understander import Understander
from nlp.understanding import Band

FEWEST, MOST = 3, 8
"""Messages in front of the line."""
PAUSES = (15, 90)
"""Seconds between the last of them and the line."""
STRANGER = "刚来的"
LINE = "line"


class Fate(StrEnum):
    """What became of a line behind other talk."""

    OWN = "its own, as alone"
    LOUDER = "its own, a ticket instead of a question"
    QUIETER = "its own, a question instead of a ticket"
    JOINED = "taken for a part of another matter"
    LOST = "lost"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="dev", choices=("train", "dev", "test"))
    parser.add_argument("--lines", type=int, default=300, help="lines of each band that are tried")
    parser.add_argument("--show", type=int, default=0, help="how many of the losses to print")
    options = parser.parse_args()
    ear, dice = Understander.load(), random.Random(20261122)
    lines = [line for line in read_corpus(splits=(options.split,)) if line.matters]
    talks = [talk for talk in read_talks(splits=(options.split,)) if len(talk.messages) >= FEWEST]
    heard = {band: [line for line in lines if ear.understand(line.text).band is band] for band in (Band.ACT, Band.ASK)}
    player = Player(ear)
    for band, found in heard.items():
        chosen = dice.sample(found, min(options.lines, len(found)))
        for who in ("a stranger", "one of them"):
            fates: Counter[Fate] = Counter()
            losses: list[str] = []
            for line in chosen:
                talk = beside(line, talks, dice, one_of_them=who != "a stranger")
                fate = fate_of(talk, player.play(talk), band)
                fates[fate] += 1
                if fate in (Fate.LOST, Fate.JOINED):
                    losses.append(told(fate, talk))
            print(f"{len(chosen)} lines that are {band.value} alone, said by {who}")
            for fate in Fate:
                print(f"  {share(fates[fate], len(chosen))}  {fate.value}")
            print("\n".join(losses[: options.show]))


def beside(line: Line, talks: Sequence[Talk], dice: random.Random, *, one_of_them: bool) -> Talk:
    """Some messages of a conversation in which nobody wants what the line wants, and the line behind them."""
    talk = dice.choice([one for one in talks if all(matter.category != line.category for matter in one.tickets)])
    count = dice.randint(FEWEST, min(MOST, len(talk.messages)))
    first = dice.randint(0, len(talk.messages) - count)
    before = talk.messages[first : first + count]
    known = {said.id for said in before}
    start = before[0].at
    before = tuple(replace(s, at=s.at - start, quote=s.quote if s.quote in known else None) for s in before)
    sender = dice.choice(sorted({said.sender for said in before})) if one_of_them else STRANGER
    at = before[-1].at + dice.randint(*PAUSES)
    matters = tuple(one for one in talk.tickets if known & set(one.messages))
    return replace(talk, messages=(*before, Said(LINE, sender, at, line.text)), tickets=matters)


def fate_of(talk: Talk, found: Sequence[Found], band: Band) -> Fate:
    """What became of the line. What its sender said just before in the same breath may stand with it."""
    holder = next((one for one in found if LINE in one.messages), None)
    if holder is None:
        return Fate.LOST
    others = {message for matter in talk.tickets for message in matter.messages}
    by = {said.id: said.sender for said in talk.messages}
    if any(one in others or by[one] != by[LINE] for one in holder.messages):
        return Fate.JOINED
    if holder.act is (band is Band.ACT):
        return Fate.OWN
    return Fate.LOUDER if holder.act else Fate.QUIETER


def told(fate: Fate, talk: Talk) -> str:
    """A conversation, as a few lines."""
    said = "".join(f"\n    {one.at:5} {one.sender}：{one.text}" for one in talk.messages)
    return f"  {fate.value}, beside {talk.id} {[one.category for one in talk.tickets]}{said}"


if __name__ == "__main__":
    main()
