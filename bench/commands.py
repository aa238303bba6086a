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
from models.history_tables import TicketEvent
from models.message import Message
from nlp.understander import Understander

CITY, SIZES, TIMES = (1, 64, 996, 6_128, 14_392), (1_000, 100_000, 1_000_000), 60
SMOKE_CITY, SMOKE_SIZES, SMOKE_TIMES = (1, 2, 6, 18, 60), (100, 400), 3
WARM = 1
"""So often each is said without being counted: statements are compiled and pages read then."""
GAP = timedelta(minutes=5)

Times = dict[tuple[str, int], list[tuple[float, float]]]
"""Milliseconds on the clock and of CPU of this process, each time that a message was said, by name and size."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small city, to see that it works")
    parser.add_argument("--only", choices=[name for name, _ in DATABASES], help="one database")
    parser.add_argument("--postgres", help="a server on which databases may be created; else a private one is started")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    understander = Understander.load()
    parts = [f"{headline()}\n"]
    print(parts[0])
    for name, database in DATABASES:
        if options.only in (None, name):
            with (
                tempfile.TemporaryDirectory(prefix="xiaoshao-commands-") as folder,
                database(folder, options.postgres) as new,
            ):
                parts.append(report(name, *measure(new, understander, smoke=options.smoke)))
                print(parts[-1], flush=True)
    if options.write:
        keep("commands", "Commands beside many tickets", "\n".join(parts))


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
                    cost = _say(app, one, message)
                statements[one.name] = len(counted)
                if turn >= WARM:
                    spent[one.name, size].append(cost)
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


def _say(app: App, one: Usual, message: Message) -> tuple[float, float]:
    handle = app.shards[message.account].dispatcher.handle
    clock, cpu = time.perf_counter(), time.process_time()
    outcome = handle(message, message.at)
    cost = ((time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000)
    if outcome is not one.outcome:
        raise SystemExit(f"{one.name}: {message.text!r} was {outcome}, not {one.outcome}")
    return cost


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


def report(name: str, spent: Times, statements: dict[str, int], filled: Sequence[float]) -> str:
    """One table: milliseconds on the clock at each size, and how many times the smallest the largest city costs."""
    sizes = sorted({size for _, size in spent})
    heads = " | ".join(f"{size:,} p50 | p95" for size in sizes)
    lines = [
        f"{name}; filled in {', '.join(f'{seconds:.0f}' for seconds in filled)} s. Milliseconds on the clock; largest",
        "city ÷ smallest by the medians on the clock, and of CPU of this process alone.",
        "",
        f"| what is said | statements | {heads} | ÷ clock | ÷ CPU |",
        f"| :--- | ---: | {'---: | ' * (2 * len(sizes))}---: | ---: |",
    ]
    for said in dict.fromkeys(said for said, _ in spent):
        times = [[clock for clock, _ in spent[said, size]] for size in sizes]
        cpu = [at([cpu for _, cpu in spent[said, size]], 0.5) for size in sizes]
        cells = " | ".join(f"{at(one, share):.1f}" for one in times for share in (0.5, 0.95))
        ratios = f"{at(times[-1], 0.5) / at(times[0], 0.5):.2f} | {cpu[-1] / cpu[0]:.2f}"
        lines.append(f"| {said} | {statements[said]} | {cells} | {ratios} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
