"""What the digests and reports of a city cost: python -m bench.digests [--smoke] [--write].

A district as in docs: 64 towns, 996 villages, 6,128 grids, 14,392 micro-grids, each node with somebody who leads it;
every micro-grid has a room and a few tickets open and closed today, and older ones. Prepared is what the clock does in
the evening: each village's and each town's run, from reading to the commit of the posts, on a SQLite file (WAL,
synchronous=FULL), one core. Also measured: the week of each town and the month of the district, counted and frozen.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func
from sqlalchemy.engine import Connection
from sqlmodel import select

from bench.output import headline, keep
from bench.world import City, Row, city, filling, pour, ticket
from bot.clock import Ticker
from bot.media import Media
from bot.outgoing import Outbound
from handlers.policy import load_policy
from handlers.report.periods import Span, last_over
from handlers.report.readers import plan_digest
from handlers.report.reporting import frozen
from handlers.setting import Setting
from handlers.wording import load_wording
from models import schema
from models.codes import NodeLevel, PostKind, Status, TicketKind
from models.engine import open_engine
from models.history_tables import TicketEvent
from models.outgoing_tables import Outgoing
from models.ticket_tables import Ticket
from models.uow import Units
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander

CITY = (64, 996, 6_128, 14_392)
VILLAGE = (2, 6, 18, 60)
OLD, TODAY = 12, 3
"""Tickets of a micro-grid: of the last two months, most of them closed; and of today."""
EVENING = datetime(2026, 5, 6, 10, 0, tzinfo=UTC)
_CATEGORIES = ("sanitation", "parking", "noise", "plumbing", "road_facility", "lift", "pets", "utilities")


@dataclass(frozen=True, slots=True)
class Figures:
    """One run. Seconds are of this process on the CPU, and by the clock."""

    micro_grids: int
    tickets: int
    digests: int
    cpu: float
    wall: float
    longest: float
    weeks: int
    weeks_cpu: float
    month_cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small district, to see that it works")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    text = report(measure(VILLAGE if options.smoke else CITY))
    print(text, end="")
    if options.write:
        keep("digests", "Digests", text)


def measure(sizes: Sequence[int]) -> Figures:
    """Build the district and let its evening come."""
    with tempfile.TemporaryDirectory(prefix="xiaoshao-digests-") as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        schema.upgrade(engine)
        with filling(engine) as connection:
            district = city(connection, (1, *sizes))
            tickets = fill(connection, district)
        units, setting = Units(engine), settled()
        plan(units, setting, district.nodes)
        ticker = Ticker(units=units, setting=setting, outbound=Outbound(Media(None), setting))
        cpu, wall = time.process_time(), time.perf_counter()
        ticker.run_due(EVENING)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        with units.read() as uow:
            count = select(func.count()).select_from(Outgoing).where(Outgoing.kind == PostKind.DIGEST)
            digests = uow.session.exec(count).one()
        towns = district.of(NodeLevel.TOWN)
        weeks = time.process_time()
        for town in towns:
            freeze(units, setting, town["id"], Span.WEEK)
        weeks = time.process_time() - weeks
        month = time.process_time()
        freeze(units, setting, district.nodes[0]["id"], Span.MONTH)
        month = time.process_time() - month
        longest = _longest(units, setting, district)
        engine.dispose()
    return Figures(sizes[-1], tickets, digests, cpu, wall, longest, len(towns), weeks, month)


def settled() -> Setting:
    """What handlers are given; nothing is understood here."""
    return Setting(load_policy(), load_wording(), Taxonomy.load(), Understander.load().understand)


def plan(units: Units, setting: Setting, nodes: Sequence[Row]) -> None:
    """The evening's digests of every village and of what is above."""
    with units() as uow:
        for row in nodes:
            if row["level"] in (NodeLevel.DISTRICT, NodeLevel.TOWN, NodeLevel.VILLAGE):
                planned = plan_digest(uow.places.node(row["id"]), setting, EVENING - timedelta(minutes=5))
                uow.once.plan(planned.kind, planned.subject, planned.period, planned.at)
        uow.commit()


def freeze(units: Units, setting: Setting, node_id: int, span: Span) -> None:
    with units() as uow:
        period = last_over(span, EVENING, setting.policy.zone)
        frozen(uow, setting, uow.places.node(node_id), period, EVENING)
        uow.commit()


def _longest(units: Units, setting: Setting, district: City) -> float:
    """Seconds for which the largest village's run would hold the database, once more."""
    ticker = Ticker(units=units, setting=setting, outbound=Outbound(Media(None), setting))
    village = district.of(NodeLevel.VILLAGE)[0]
    with units() as uow:
        uow.once.plan("digest", str(village["id"]), "again", EVENING + timedelta(seconds=1))
        uow.commit()
    started = time.perf_counter()
    ticker.run_due(EVENING + timedelta(seconds=1))
    return time.perf_counter() - started


# -- its tickets ----------------------------------------------------------------------------------


def fill(connection: Connection, district: City) -> int:
    """Tickets with the steps that reports count; returns how many."""
    tickets = list(_tickets(district))
    pour(connection, Ticket, tickets)
    pour(connection, TicketEvent, (step for row in tickets for step in _steps(row)))
    return len(tickets)


def _tickets(district: City) -> Iterator[Row]:
    chance = random.Random(1)
    villages = {node["id"] for node in district.of(NodeLevel.VILLAGE)}
    numbers: Counter[int] = Counter()
    for node in district.of(NodeLevel.MICRO_GRID):
        scope = next(int(part) for part in node["path"].split("/") if part and int(part) in villages)
        for n in range(OLD + TODAY):
            numbers[scope] += 1
            age = timedelta(hours=chance.uniform(0, 20)) if n >= OLD else timedelta(days=chance.uniform(1, 60))
            yield _ticket(node["id"], scope, numbers[scope], EVENING - age, chance)


def _ticket(node_id: int, scope: int, number: int, opened: datetime, chance: random.Random) -> Row:
    kind = chance.choice((TicketKind.COMPLAINT, TicketKind.COMPLAINT, TicketKind.WISH))
    closed = opened + timedelta(hours=chance.uniform(1, 90))
    over = closed < EVENING
    return ticket(
        id=f"t{scope}-{number}",
        scope_id=scope,
        number=number,
        kind=kind,
        category="goods" if kind is TicketKind.WISH else chance.choice(_CATEGORIES),
        status=Status.CLOSED if over else Status.OPEN,
        node_id=node_id,
        room_id=node_id,
        level=int(chance.random() < 0.1),
        title="3栋2单元楼道的灯坏了，晚上看不见路",
        evidence=["灯坏了"],
        opened_at=opened,
        respond_by=opened + timedelta(hours=4),
        solve_by=opened + timedelta(days=2),
        asks=int(over),
        finished_at=closed if over else None,
        closed_at=closed if over else None,
        rating="satisfied" if over else None,
    )


def _steps(row: Row) -> list[Row]:
    if row["closed_at"] is None:
        return []
    wish = row["kind"] is TicketKind.WISH
    kind, status = ("done", Status.DONE) if wish else ("resolved", Status.RESOLVED)
    done: Row = {"kind": kind, "to_status": status, "data": {}}
    closed: Row = {"kind": "closed", "to_status": Status.CLOSED, "data": {"rating": "satisfied"}}
    common: Row = {"ticket_id": row["id"], "at": row["closed_at"], "prev_hash": "", "hash": ""}
    return [{**common, **step, "seq": seq} for seq, step in enumerate((done, closed), start=2)]


def report(figures: Figures) -> str:
    """The table, with where and when."""
    rate = figures.digests / figures.cpu if figures.cpu else 0
    return "\n".join(
        [
            f"{headline()}. {figures.micro_grids:,} micro-grids, {figures.tickets:,} tickets.",
            "",
            "| what | how many | CPU s | wall s |",
            "| :--- | ---: | ---: | ---: |",
            f"| daily digests prepared and committed | {figures.digests:,} | {figures.cpu:.1f} | {figures.wall:.1f} |",
            f"| weekly reports of towns | {figures.weeks:,} | {figures.weeks_cpu:.1f} | |",
            f"| monthly report of the district | 1 | {figures.month_cpu:.1f} | |",
            "",
            f"{rate:,.0f} digests a second of CPU; one village's run holds the database for {figures.longest:.2f} s.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
