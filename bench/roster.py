"""How long a large town takes to import: python -m bench.roster [--smoke] [--postgres URL] [--write].

20,000 nodes, 14,392 rooms and 60,000 people in one spreadsheet, first into an empty database, then the same
file again, then with one cell in a hundred changed; on a SQLite file (WAL, synchronous=FULL) and on a
PostgreSQL of its own, or on the server that --postgres names.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
from sqlalchemy import Engine

from bench.output import headline, keep
from bench.world import DATABASES, tree
from bot.roster.columns import SHEETS, Titles
from bot.roster.command import Importer, Options
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.codes import NodeLevel
from nlp.taxonomy import Taxonomy

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
_LEVELS = {
    NodeLevel.TOWN: "镇街",
    NodeLevel.VILLAGE: "村社区",
    NodeLevel.GRID: "网格",
    NodeLevel.MICRO_GRID: "微网格",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a town is imported."""

    levels: Sequence[int]  # towns, villages, grids, micro-grids
    rooms: int
    people: int

    @property
    def nodes(self) -> int:
        return sum(self.levels)


Step = tuple[str, float, float, list[str]]
"""What was imported, seconds, seconds of CPU of this process, what it said."""

FULL, SMOKE = Size((22, 440, 1_760, 17_778), 14_392, 60_000), Size((1, 4, 15, 180), 100, 600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small town, to see that it works")
    parser.add_argument(
        "--postgres", help="a server on which databases may be created; without it a private one is started"
    )
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    size = SMOKE if options.smoke else FULL
    with tempfile.TemporaryDirectory(prefix="xiaoshao-roster-") as folder:
        files = [book(Path(folder) / name, size, every) for name, every in (("first.xlsx", 0), ("changed.xlsx", 100))]
        rows = []
        for name, database in DATABASES:
            with database(folder, options.postgres) as new:
                rows.append((name, measure(new("roster"), *files)))
    text = report(size, rows)
    print(text, end="")
    if options.write:
        keep("roster", "Importing a town", text)


# -- a town -------------------------------------------------------------------------------------


def book(path: Path, size: Size, every: int) -> Path:
    """Write the spreadsheet; every: one node and person in so many has another name (0: none)."""
    titles = Titles(load_wording(), Taxonomy.load())
    nodes = list(tree(size.levels))
    codes = {node["id"]: node["code"] for node in nodes}
    micros = [node["code"] for node in nodes if node["level"] is NodeLevel.MICRO_GRID]
    file = openpyxl.Workbook(write_only=True)
    tables = {sheet.key: file.create_sheet(titles.sheet(sheet.key)) for sheet in SHEETS}
    for sheet in SHEETS:
        tables[sheet.key].append([titles.column(column.key) for column in sheet.columns])
    for number, node in enumerate(nodes):
        code, level, parent = node["code"], _LEVELS[node["level"]], codes.get(node["parent_id"], "")
        tables["nodes"].append([code, renamed(f"{level}{number}", number, every), level, parent])
        if node["level"] is NodeLevel.VILLAGE:
            tables["organisations"].append([f"WY{number}", f"物业{number}", "物业公司", code, f"W{number}"])
            tables["responsible"].append(["电梯", code, "", f"WY{number}"])
    for number in range(size.rooms):
        code = micros[number % len(micros)]
        tables["rooms"].append(["bench", f"{number}@chatroom", f"{code}群", code, "居民群", "影子"])
    for number in range(size.people):
        node, role = micros[number % len(micros)], "微网格长" if number < len(micros) else "党员"
        name, phone = renamed(f"居民{number}", number, every), f"138{number:08}"
        tables["people"].append([f"W{number}", name, phone, "红", role, node])
    file.save(path)
    return path


def renamed(name: str, number: int, every: int) -> str:
    return f"{name}新" if every and number % every == 0 else name


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


def report(size: Size, rows: list[tuple[str, list[Step]]]) -> str:
    lines = [
        headline(),
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
