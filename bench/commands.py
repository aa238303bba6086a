"""What a command costs beside many tickets: python -m bench.commands [--smoke] [--only NAME] [--write].

A city of 14,392 micro-grids with 1,000, 100,000 and 1,000,000 tickets and everything that hangs on them
(bench/past.py), on SQLite files (WAL, synchronous=FULL) and on a PostgreSQL of its own, or on the server that
--postgres names. The same messages (bench/usual.py) are said in all three, through the real dispatcher up to the
commit, one city after the other, so that whatever else the machine does falls on each alike. What they wrote is
counted at the end.
"""

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from bench.output import at, counting, headline, keep
from bench.past import START, Past, fill
from bench.usual import USUAL, Usual
from bench.world import DATABASES, Database, program
from bot.app import App
from handlers.commands import COMMANDS
from models.message import Message
from models.ticket_tables import TicketEvent
from nlp.understander import Understander

CITY, SIZES, TIMES = (1, 64, 996, 6_128, 14_392), (1_000, 100_000, 1_000_000), 60
SMOKE_CITY, SMOKE_SIZES, SMOKE_TIMES = (1, 2, 6, 18, 60), (100, 400), 3
WARM = 1
"""So often each is said without being counted: statements are compiled and pages read then."""
GAP = timedelta(minutes=5)

Times = dict[tuple[str, int], list[float]]
"""Milliseconds of each time that a message was said, by its name and the number of tickets."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small city, to see that it works")
    parser.add_argument("--only", choices=[name for name, _ in DATABASES], help="one database")
    parser.add_argument("--postgres", help="a server on which databases may be created; else a private one is started")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    understander = Understander.load()
    parts = [headline(), ""]
    for name, database in DATABASES:
        if options.only in (None, name):
            with (
                tempfile.TemporaryDirectory(prefix="xiaoshao-commands-") as folder,
                database(folder, options.postgres) as new,
            ):
                parts += report(name, *measure(new, understander, smoke=options.smoke))
    text = "\n".join(parts)
    print(text, end="")
    if options.write:
        keep("commands", "Commands beside many tickets", text)


def measure(new: Database, understander: Understander, *, smoke: bool) -> tuple[Times, dict[str, int], list[float]]:
    """What each message cost in each city, how many statements it took, and how long each city took to fill."""
    shape, sizes, times = (SMOKE_CITY, SMOKE_SIZES, SMOKE_TIMES) if smoke else (CITY, SIZES, TIMES)
    cities: dict[int, tuple[Engine, Past, App]] = {}
    filled = []
    for size in sizes:
        engine, started = new(f"n{size}"), time.perf_counter()
        past = fill(engine, shape, size, times + WARM, understander)
        filled.append(time.perf_counter() - started)
        account = past.city.homes[past.village]
        cities[size] = (engine, past, program(engine, understander, account))
    usual = [one for one in USUAL if one.known(COMMANDS)]
    spent: Times = defaultdict(list)
    statements: dict[str, int] = {}
    for turn in range(times + WARM):
        for number, one in enumerate(usual):
            # Nobody is always the first after the others.
            for size in [*sizes[turn % len(sizes) :], *sizes[: turn % len(sizes)]]:
                engine, past, app = cities[size]
                message = _message(past, one, turn, turn * len(usual) + number)
                with counting(engine) as counted:
                    milliseconds = _say(app, one, message)
                statements[one.name] = len(counted)
                if turn >= WARM:
                    spent[one.name, size].append(milliseconds)
    for engine, _, _ in cities.values():
        _check(engine, usual, times + WARM)
    return spent, statements, filled


def _message(past: Past, one: Usual, turn: int, number: int) -> Message:
    said = one.said(past, turn)
    return Message(
        id=f"said{number}",
        account=past.city.homes[past.village],
        room=None if said.node is None else f"r{said.node}",
        sender=f"w{said.speaker}",
        sender_name="",
        text=said.text,
        at=START + number * GAP,
    )


def _say(app: App, one: Usual, message: Message) -> float:
    handle = app.shards[message.account].dispatcher.handle
    started = time.perf_counter()
    outcome = handle(message, message.at)
    milliseconds = (time.perf_counter() - started) * 1000
    if outcome is not one.outcome:
        raise SystemExit(f"{one.name}: {message.text!r} was {outcome}, not {one.outcome}")
    return milliseconds


def _check(engine: Engine, usual: Sequence[Usual], times: int) -> None:
    """A refusal is an answer too: each command must have written its step each time."""
    with Session(engine) as session:
        query = select(TicketEvent.kind, func.count()).where(
            col(TicketEvent.at) >= START, col(TicketEvent.sealed_on).is_(None)
        )
        written = Counter(dict(session.exec(query.group_by(col(TicketEvent.kind))).all()))
    for one in usual:
        if one.step and written[one.step] < times:
            raise SystemExit(f"{one.name}: {written[one.step]} of {times} had an effect")


def report(name: str, spent: Times, statements: dict[str, int], filled: Sequence[float]) -> list[str]:
    """One table: milliseconds at each size, and how many times the smallest the largest city costs."""
    sizes = sorted({size for _, size in spent})
    heads = " | ".join(f"{size:,} p50 | p95" for size in sizes)
    lines = [
        f"{name}; filled in {', '.join(f'{seconds:.0f}' for seconds in filled)} s. Milliseconds on the clock.",
        "",
        f"| what is said | statements | {heads} | largest ÷ smallest, p50 |",
        f"| :--- | ---: | {'---: | ' * (2 * len(sizes))}---: |",
    ]
    for said in dict.fromkeys(said for said, _ in spent):
        cells = " | ".join(f"{at(spent[said, size], share):.1f}" for size in sizes for share in (0.5, 0.95))
        ratio = at(spent[said, sizes[-1]], 0.5) / at(spent[said, sizes[0]], 0.5)
        lines.append(f"| {said} | {statements[said]} | {cells} | {ratio:.2f} |")
    return [*lines, ""]


if __name__ == "__main__":
    main()
