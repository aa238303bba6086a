"""A city of four levels of grids, as Yunfu has them: python -m bench.city [--smoke] [--sheet FILE] [--write].

64 large, 996 medium, 6,128 small grids and 14,392 micro-grids below one city, with a room for each micro-grid and
somebody who leads each node; all names are made by rule. Measured on a SQLite file (WAL, synchronous=FULL), one core,
in seconds of CPU, because the machine may be shared: the import of the spreadsheet by what xiaoshao import runs, then
the city's month over as many tickets as come up in one (15 a micro-grid, invented). --sheet only writes the file.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl

from bench.output import headline, keep
from bench.world import Row, filling, pour, ticket
from bot.roster.columns import SHEETS, Titles
from bot.roster.command import Importer, Options
from handlers.packs import lay_out, worded
from handlers.policy import load_policy
from handlers.report.periods import Span, last_over
from handlers.report.report_text import text_of
from handlers.report.reporting import frozen
from handlers.setting import Setting
from handlers.wording import load_wording
from models import schema
from models.codes import NodeLevel, Role, Status, TicketKind
from models.engine import open_engine
from models.history_tables import TicketEvent
from models.ticket_tables import Ticket
from models.uow import Units
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding

CITY, SMOKE = (1, 64, 996, 6_128, 14_392), (1, 2, 6, 18, 60)
A_MONTH = 15
"""Tickets of a micro-grid."""
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
MONTH = datetime(2026, 4, 1, tzinfo=UTC)
_ONE, _TWO = "东西南北上中下前后青白红云石水金木竹松梅", "坑塘湖岭山河溪井桥坪田园湾坡冲洞岗洲滩寨"
_LEADERS = (Role.DISTRICT, Role.TOWN, Role.VILLAGE, Role.GRID_LEADER, Role.MICRO_LEADER)
_CATEGORIES = ("sanitation", "parking", "noise", "plumbing", "road_facility", "lift", "pets", "utilities")


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds are CPU of this process, wall those of the clock."""

    nodes: int
    written: float
    imported: tuple[float, float]
    again: tuple[float, float]
    tickets: int
    month: tuple[float, float]
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small city, to see that it works")
    parser.add_argument("--sheet", type=Path, help="only write the spreadsheet to this file")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    sizes = SMOKE if options.smoke else CITY
    if options.sheet is not None:
        sheet(options.sheet, sizes)
        return
    found = measure(sizes)
    text = report(found)
    print(text, end="")
    print(found.text)
    if options.write:
        keep("city", "A city of four levels", text)


# -- the sheet ------------------------------------------------------------------------------------


def tree(sizes: Sequence[int]) -> Iterator[tuple[str, str, int, str]]:
    """(code, name, depth, code of its parent), parents first, as evenly as the numbers allow."""
    above = [""]
    for depth, size in enumerate(sizes):
        made = []
        for number in range(size):
            parent = above[number * len(above) // size]
            code = f"{'SDZXW'[depth]}{number + 1}"
            made.append(code)
            yield code, name_of(number, depth), depth, parent
        above = made


def name_of(number: int, depth: int) -> str:
    """东坑大网格, 第3小网格: by rule, of no real place."""
    if depth > 2:
        return f"第{number + 1}{('小', '微')[depth - 3]}网格"
    place = _ONE[number % len(_ONE)] + _TWO[number // len(_ONE) % len(_TWO)]
    round_number = number // (len(_ONE) * len(_TWO))
    return place + (str(round_number + 1) if round_number else "") + ("市", "大网格", "中网格")[depth]


def sheet(path: Path, sizes: Sequence[int]) -> Path:
    """Write the spreadsheet."""
    words = worded(load_wording(), load_policy("yunfu"))
    titles = Titles(words, Taxonomy.load())
    levels = [words.name("level", level.value) for level in NodeLevel]
    book = openpyxl.Workbook(write_only=True)
    tables = {one.key: book.create_sheet(titles.sheet(one.key)) for one in SHEETS}
    for one in SHEETS:
        tables[one.key].append([titles.column(column.key) for column in one.columns])
    for number, (code, name, depth, parent) in enumerate(tree(sizes)):
        tables["nodes"].append([code, name, levels[depth], parent])
        role = titles.name("role", _LEADERS[depth])
        tables["people"].append([f"R{number}", f"负责人{number}", f"138{number:08}", "", role, code])
        if depth == len(sizes) - 1:
            tables["rooms"].append(["bench", f"{code}@chatroom", f"{name}群", code, "居民群", "影子"])
    book.save(path)
    return path


# -- measuring ------------------------------------------------------------------------------------


def measure(sizes: Sequence[int]) -> Figures:
    with tempfile.TemporaryDirectory(prefix="xiaoshao-city-") as folder:
        started = time.process_time()
        path = sheet(Path(folder) / "city.xlsx", sizes)
        written = time.process_time() - started
        engine = open_engine(f"sqlite:///{folder}/city.db")
        schema.upgrade(engine)
        policy = load_policy("yunfu")
        importer = Importer(engine, policy, worded(load_wording(), policy))
        imported = _timed(lambda: importer.run(Options(path), NOW))
        again = _timed(lambda: importer.run(Options(path), NOW))
        units = Units(engine)
        with units.read() as uow:
            nodes = [node for root in uow.places.roots() for node in uow.places.below(root.path)]
            micro = [(node.id or 0, node.path) for node in nodes if node.level is NodeLevel.MICRO_GRID]
            villages = {node.id for node in nodes if node.level is NodeLevel.VILLAGE}
            top = nodes[0].id or 0
        with filling(engine) as connection:
            rows = list(_tickets(micro, villages))
            pour(connection, Ticket, rows)
            pour(connection, TicketEvent, (step for row in rows for step in _steps(row)))
        setting = lay_out(Setting(policy, load_wording(), Taxonomy.load(), _deaf), {})
        told: list[str] = []

        def month() -> None:
            with units() as uow:
                period = last_over(Span.MONTH, NOW, policy.zone)
                told.append(text_of(setting, frozen(uow, setting, uow.places.node(top), period, NOW)))
                uow.commit()

        spent = _timed(month)
        engine.dispose()
    return Figures(sum(sizes), written, imported, again, len(rows), spent, told[0])


def _timed(what: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU and of the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    what()
    return time.process_time() - cpu, time.perf_counter() - wall


def _deaf(text: str) -> Understanding:
    raise AssertionError("nobody says anything here")


def _tickets(micro: Sequence[tuple[int, str]], villages: set[int | None]) -> Iterator[Row]:
    chance, numbers = random.Random(17), Counter[int]()
    for node_id, path in micro:
        scope = next(int(part) for part in path.split("/") if part and int(part) in villages)
        for _ in range(A_MONTH):
            numbers[scope] += 1
            opened = MONTH + timedelta(days=chance.uniform(0, 29.5))
            yield _ticket(node_id, scope, numbers[scope], opened, chance)


def _ticket(node_id: int, scope: int, number: int, opened: datetime, chance: random.Random) -> Row:
    wish = chance.random() < 0.3
    closed = opened + timedelta(hours=chance.uniform(1, 90)) if chance.random() < 0.97 else None
    return ticket(
        id=f"t{scope}-{number}",
        scope_id=scope,
        number=number,
        kind=TicketKind.WISH if wish else TicketKind.COMPLAINT,
        category="goods" if wish else chance.choice(_CATEGORIES),
        status=Status.OPEN if closed is None else Status.CLOSED,
        node_id=node_id,
        level=min(3, int(chance.expovariate(1.6))),
        title="3栋2单元楼道的灯坏了，晚上看不见路",
        evidence=["灯坏了"],
        opened_at=opened,
        respond_by=opened + timedelta(hours=4),
        solve_by=opened + timedelta(days=4),
        asks=int(closed is not None),
        finished_at=closed,
        closed_at=closed,
        rating=None if closed is None else chance.choice(("satisfied", "satisfied", "fair", "unrated")),
    )


def _steps(row: Row) -> list[Row]:
    if row["closed_at"] is None:
        return []
    kind, status = ("done", Status.DONE) if row["kind"] is TicketKind.WISH else ("resolved", Status.RESOLVED)
    moves = ((kind, status, {}), ("closed", Status.CLOSED, {"rating": row["rating"]}))
    return [
        {
            "ticket_id": row["id"],
            "seq": place,
            "at": row["closed_at"],
            "kind": what,
            "to_status": to,
            "data": data,
            "prev_hash": "",
            "hash": "",
        }
        for place, (what, to, data) in enumerate(moves, start=2)
    ]


def report(found: Figures) -> str:
    rows = [
        ("the spreadsheet, written by rule", found.written, None),
        ("xiaoshao import, empty database", *found.imported),
        ("xiaoshao import, the same again", *found.again),
        ("month report of the city", *found.month),
    ]
    lines = [
        headline(),
        "",
        f"{found.nodes:,} nodes, {found.tickets:,} tickets of one month, SQLite file, one core.",
        "",
        "| what | CPU s | by the clock s |",
        "| :--- | ---: | ---: |",
    ]
    lines += [f"| {what} | {cpu:.1f} | {'' if wall is None else f'{wall:.1f}'} |" for what, cpu, wall in rows]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
