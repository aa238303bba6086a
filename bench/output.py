"""What every benchmark needs to measure and to say: statements, spreads, where it ran, where tables are kept."""

import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, event

RESULTS = Path(__file__).parent / "results"


def keep(name: str, title: str, text: str) -> None:
    """Write the table under bench/results/, with today's date, and say so."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{datetime.now(UTC):%Y-%m-%d}.md"
    path.write_text(f"# {title}\n\n{text}", encoding="utf-8")
    print(f"wrote bench/results/{path.name}")


def headline() -> str:
    """When and on what it ran."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine()}"


def at(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies: 0.5 the median, 1 the largest."""
    return sorted(values)[int(share * (len(values) - 1))]


def spread(values: Sequence[float]) -> str:
    """p50, p99 and the largest, as three cells."""
    if not values:
        return "– | – | –"
    return " | ".join(f"{at(values, share):.3f}" for share in (0.5, 0.99, 1))


def machine() -> str:
    """What it ran on, without the machine's name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    return (
        f"{processor()}, {cores} cores, {system}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def processor() -> str:
    """The processor's own name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)
