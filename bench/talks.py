"""How well whole conversations become tickets: python -m bench.talks [--split dev|test|all] [--worst N] [--smoke].

Each conversation of nlp/corpus/talks is played through the real program. Figures for tickets alone (act) and for
tickets and waiting signals together (act + ask), with 95 % intervals by bootstrap over conversations.
"""

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.talk_match import Found, Match, compare
from bench.talk_run import Player
from nlp.talks import Expected, Talk, read_talks
from nlp.understander import Understander

SPLITS = {"train": ("train",), "dev": ("dev",), "test": ("test",), "all": ("train", "dev", "test")}
ROUNDS = 1000
SMOKE = 4  # conversations that --smoke plays
SHARES = (
    ("right", "wanted", "matters right: kind, and exactly their messages"),
    ("partly", "wanted", "right but for joins: kind, some of their messages"),
    ("joined", "wanted", "right with their joins: kind and requesters, neither split nor mixed with another"),
    ("wrong_kind", "wanted", "found with another kind"),
    ("missed", "wanted", "missed"),
    ("people", "kind_right", "requesters right, of right kinds"),
    ("category", "kind_right", "category right, of right kinds"),
    ("place", "placed", "place right, of right kinds with a place"),
    ("messages_right", "messages_wanted", "messages held, of those wanted in found matters"),
    ("messages_right", "messages_held", "messages held rightly, of those held"),
    ("taken_back_right", "taken_back", "taken back and not left open"),
)
RATES = (
    ("extra_tickets", "extra tickets"),
    ("extra_signals", "extra signals"),
    ("mixed", "wrongly joined: holds messages of two matters"),
    ("split", "wrongly split: one matter in two"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """A conversation with what became of it, as tickets alone and with the signals."""

    talk: Talk
    found: tuple[Found, ...]
    act: Match
    both: Match

    @property
    def badness(self) -> float:
        """Order of the worst list: what the group would see weighs most."""
        counts = self.both.counts
        loud = 3 * self.act.counts["extra_tickets"] + counts["extra_signals"]
        return loud + 2 * (counts["missed"] + counts["mixed"] + counts["wrong_kind"]) + counts["split"] + _off(self)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="dev", choices=tuple(SPLITS))
    parser.add_argument("--worst", type=int, help="conversations to show; none of the test split unless asked for")
    parser.add_argument("--smoke", action="store_true", help="only a handful, for a test")
    options = parser.parse_args()
    talks = list(read_talks(splits=SPLITS[options.split]))[: SMOKE if options.smoke else None]
    results = run(talks, Understander.load())
    show(results)
    worst = options.worst if options.worst is not None else 10 if options.split in ("train", "dev") else 0
    for result in sorted(results, key=lambda one: -one.badness)[:worst]:
        print("\n" + diff(result))


def run(talks: Sequence[Talk], understander: Understander) -> list[Result]:
    """Play and compare each conversation."""
    player = Player(understander)
    results = []
    for talk in talks:
        found = tuple(player.play(talk))
        act = compare(talk.tickets, [one for one in found if one.act])
        results.append(Result(talk, found, act, compare(talk.tickets, found)))
    return results


def show(results: Sequence[Result]) -> None:
    """All figures: together, then by pass."""
    total = sum_up([result.both for result in results])
    print(f"{total['talks']} conversations, {total['wanted']} matters, {total['taken_back']} taken back\n")
    for name, matches in (("act", [r.act for r in results]), ("act + ask", [r.both for r in results])):
        print(name)
        for line in figures(matches):
            print("  " + line)
        print()
    print("pass   matters |  act: right partly missed extra | act + ask: right partly missed tickets signals")
    for voice in sorted({result.talk.voice for result in results}):
        own = [result for result in results if result.talk.voice == voice]
        act, both = sum_up([r.act for r in own]), sum_up([r.both for r in own])
        wanted = max(act["wanted"], 1)
        first = [f"{act[key] / wanted:6.2f}" for key in ("right", "partly", "missed")]
        second = [f"{both[key] / wanted:6.2f}" for key in ("right", "partly", "missed")]
        print(
            f"{voice:6} {wanted:7} | {' '.join(first)} {act['extra_tickets']:6} |"
            f" {' '.join(second)} {both['extra_tickets']:6} {both['extra_signals']:6}"
        )


def sum_up(matches: Sequence[Match]) -> Counter[str]:
    """The counts of several conversations."""
    total: Counter[str] = Counter()
    for match in matches:
        total.update(match.counts)
    return total


def figures(matches: Sequence[Match]) -> list[str]:
    """Shares of matters and rates per 100 conversations, with their intervals."""
    total, drawn = sum_up(matches), _resampled(matches)
    lines = []
    for part, whole, told in SHARES:
        low, high = _middle([share(one, part, whole) for one in drawn])
        lines.append(
            f"{share(total, part, whole):6.3f} ({low:.2f}–{high:.2f})  {told} ({total[part]} of {total[whole]})"
        )
    for part, told in RATES:
        low, high = _middle([100 * share(one, part, "talks") for one in drawn])
        value = 100 * share(total, part, "talks")
        lines.append(f"{value:6.1f} ({low:.1f}–{high:.1f})  {told}, per 100 conversations ({total[part]})")
    return lines


def share(counts: Counter[str], part: str, whole: str) -> float:
    return counts[part] / counts[whole] if counts[whole] else 0.0


def _resampled(matches: Sequence[Match]) -> list[Counter[str]]:
    """Sums over conversations drawn with replacement, the same ones at every run."""
    dice = random.Random(20260506)
    return [sum_up(dice.choices(matches, k=len(matches))) for _ in range(ROUNDS)] if matches else []


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 %."""
    ordered = sorted(values)
    return (ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered)) - 1]) if ordered else (0.0, 0.0)


def _off(result: Result) -> float:
    """The share of messages that are held wrongly or not at all."""
    counts = result.both.counts
    wrong = counts["messages_wanted"] + counts["messages_held"] - 2 * counts["messages_right"]
    return wrong / max(1, counts["messages_wanted"] + counts["messages_held"])


def diff(result: Result) -> str:
    """A conversation with, before each message, what should hold it and what holds it: A = 1 is right."""
    talk, names = result.talk, "ABCDEFGH"
    lines = [f"{talk.id} {talk.about}"]
    wanted: dict[str, str] = {}
    for name, matter in zip(names, talk.tickets, strict=False):
        lines.append(f"  {name}: {_told(matter)}")
        wanted.update(dict.fromkeys(matter.messages, name))
    held: dict[str, str] = {}
    for one in result.found:
        lines.append(f"  {one.label}: {_told(one)}")
        held.update(dict.fromkeys(one.messages, one.label))
    partner = {talk.tickets[i]: result.found[j] for i, j in result.both.partner.items()}
    right = {(names[talk.tickets.index(m)], one.label) for m, one in partner.items()} | {("", "")}
    for said in talk.messages:
        pair = wanted.get(said.id, ""), held.get(said.id, "")
        mark = " " if pair in right else "!"
        extra = "[图]" * said.pictures + (f"[{said.place}]" if said.place else "")
        quote = f" >{said.quote}" if said.quote else ""
        head = f"  {mark} {pair[0] or '-':1} {pair[1] or '-':3} {said.id:3} {said.at:6}"
        lines.append(f"{head} {said.sender}：{said.text}{extra}{quote}")
    return "\n".join(lines)


def _told(one: Expected | Found) -> str:
    gone = "withdrawn" if one.withdrawn else ""
    return " ".join(filter(None, (one.kind, one.category, one.place or "-", "、".join(one.requesters), gone)))


if __name__ == "__main__":
    main()
