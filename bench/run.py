"""How fast it is on this machine: python -m bench.run [--messages N] [--smoke] [--profile] [--write].

One run prints raw `jieba.lcut`, `understand`, the dispatcher on a SQLite file (WAL, synchronous=FULL) with 3 % of
messages that matter, and the machine's bare FULL commits a second beside them, with their ratios. --profile shows
where the dispatcher spends its time, --write keeps the table under bench/results/.
"""

import argparse
import cProfile
import pstats
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.output import headline, keep, spread
from bench.world import ACCOUNT, person_id, room_id, village
from bot.app import App
from bot.outcome import Outcome
from models.engine import open_engine
from models.message import Message
from nlp.corpus_files import read_corpus
from nlp.segment import Segmenter
from nlp.understander import Understander

ROOMS, PEOPLE_A_ROOM = 50, 20
SHARE = 0.03
"""Of a hundred messages in a residents' group, about three matter."""
START = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
GAP = timedelta(milliseconds=200)
"""An account of a large town hears about five messages a second at the peak."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured. Rates are a second, times in milliseconds, one a message."""

    messages: int
    needs: int
    characters: float
    jieba: float
    understand: float
    dispatcher: float
    commits: float
    effects: int
    posts: int
    failed: int
    quiet_ms: Sequence[float]
    effect_ms: Sequence[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--smoke", action="store_true", help="few messages, to see that it works")
    parser.add_argument("--profile", action="store_true", help="where the dispatcher spends its time")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    understander = Understander.load()
    chat = talk(300 if options.smoke else options.messages)
    if options.profile:
        profile(chat, understander)
        return
    text = report(measure(chat, understander, commits=50 if options.smoke else 1000))
    print(text, end="")
    if options.write:
        keep("bench", "Bench", text)


# -- what is said -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chat:
    """Messages of one account, and how many of them are lines that matter."""

    messages: Sequence[Message]
    needs: int


def talk(count: int) -> Chat:
    """Group chat of the project's own corpus: 97 % lines that need nothing, 3 % that matter; always the same."""
    chance = random.Random(1)
    lines = list(read_corpus())
    needs = [line.text for line in lines if line.matters]
    rest = [line.text for line in lines if not line.matters]
    matters = [chance.random() < SHARE for _ in range(count)]
    messages = []
    for number, need in enumerate(matters):
        room = chance.randrange(ROOMS)
        sender = person_id(room, chance.randrange(PEOPLE_A_ROOM))
        messages.append(
            Message(
                id=f"m{number}",
                account=ACCOUNT,
                room=room_id(room),
                sender=sender,
                sender_name=sender,
                text=chance.choice(needs if need else rest),
                at=START + number * GAP,
            )
        )
    return Chat(messages, sum(matters))


# -- measuring ----------------------------------------------------------------------------------


def measure(chat: Chat, understander: Understander, *, commits: int) -> Figures:
    """Run everything once, one thing after the other."""
    texts = [message.text for message in chat.messages]
    jieba = rate(texts, Segmenter(reference=True))  # without our words, without its cache
    understand = rate(texts, understander.understand)
    with tempfile.TemporaryDirectory(prefix="xiaoshao-bench-") as folder:
        bare = bare_commits(Path(folder) / "bare.db", commits)
        app = settled(folder, understander)
        outcomes, quiet, effect = dispatch(app, chat.messages)
        with app.units() as uow:
            posts = len(uow.outbox.pending(ACCOUNT))
    return Figures(
        messages=len(texts),
        needs=chat.needs,
        characters=sum(map(len, texts)) / len(texts),
        jieba=jieba,
        understand=understand,
        dispatcher=len(texts) / ((sum(quiet) + sum(effect)) / 1000),
        commits=bare,
        effects=outcomes[Outcome.EFFECT],
        posts=posts,
        failed=outcomes[Outcome.FAILED],
        quiet_ms=quiet,
        effect_ms=effect,
    )


def rate(texts: Sequence[str], work: Callable[[str], object]) -> float:
    """Texts a second."""
    started = time.perf_counter()
    for text in texts:
        work(text)
    return len(texts) / (time.perf_counter() - started)


def bare_commits(path: Path, count: int) -> float:
    """Commits a second of one small row with the same pragmas and nothing around them: what the disk allows."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
    started = time.perf_counter()
    for number in range(count):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO row (text) VALUES (?)", (f"row {number}",))
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return count / seconds


def settled(folder: str, understander: Understander) -> App:
    """The whole program over a database file, with its village."""
    return village(open_engine(f"sqlite:///{folder}/bench.db"), understander, ROOMS, PEOPLE_A_ROOM, START)


def dispatch(app: App, messages: Sequence[Message]) -> tuple[Counter[Outcome], list[float], list[float]]:
    """(outcomes, milliseconds of each message without effect, of each with one); up to the commit, nothing is sent."""
    handle = app.shards[ACCOUNT].dispatcher.handle
    outcomes: Counter[Outcome] = Counter()
    quiet: list[float] = []
    effect: list[float] = []
    for message in messages:
        started = time.perf_counter()
        outcome = handle(message, message.at)
        spent = (time.perf_counter() - started) * 1000
        outcomes[outcome] += 1
        (effect if outcome in (Outcome.EFFECT, Outcome.COMMAND) else quiet).append(spent)
    return outcomes, quiet, effect


def profile(chat: Chat, understander: Understander) -> None:
    """The functions in which the dispatcher spends most time, alone and with what they call."""
    with tempfile.TemporaryDirectory(prefix="xiaoshao-bench-") as folder:
        app = settled(folder, understander)
        profiler = cProfile.Profile()
        profiler.runcall(dispatch, app, chat.messages)
    stats = pstats.Stats(profiler)
    stats.sort_stats("tottime").print_stats(25)
    stats.sort_stats("cumulative").print_stats(r"(bot|handlers|nlp|models)/", 40)


# -- reporting ----------------------------------------------------------------------------------


def report(figures: Figures) -> str:
    """The table, as Markdown that is also readable on a terminal."""
    f = figures
    everything = [*f.quiet_ms, *f.effect_ms]
    lines = [
        headline(),
        "",
        f"{f.messages} messages of {f.characters:.0f} characters, {f.needs} of them lines that matter "
        f"({f.needs / f.messages:.1%}); {f.effects} had an effect, {f.posts} posts were written, {f.failed} failed.",
        "",
        "| what | a second | ratio |",
        "| :--- | ---: | :--- |",
        f"| raw jieba.lcut | {f.jieba:,.0f} | 1 |",
        f"| understand | {f.understand:,.0f} | {f.understand / f.jieba:.2f} of jieba |",
        f"| dispatcher on a SQLite file (WAL, FULL) | {f.dispatcher:,.0f} | "
        f"{f.dispatcher / f.understand:.2f} of understand, {f.dispatcher / f.jieba:.2f} of jieba |",
        f"| bare SQLite commits (WAL, FULL) | {f.commits:,.0f} | "
        f"{f.dispatcher / f.commits:.2f} messages a bare commit |",
        "",
        "| milliseconds a message | p50 | p99 | most |",
        "| :--- | ---: | ---: | ---: |",
        f"| without an effect ({len(f.quiet_ms)}) | {spread(f.quiet_ms)} |",
        f"| with an effect ({len(f.effect_ms)}) | {spread(f.effect_ms)} |",
        f"| all ({len(everything)}) | {spread(everything)} |",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
