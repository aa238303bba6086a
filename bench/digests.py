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
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert
from sqlmodel import select

from bench.run import RESULTS, machine
from bot.clock import Ticker
from bot.media import Media
from bot.outgoing import Outbound
from handlers.periods import Span, last_over
from handlers.policy import load_policy
from handlers.readers import plan_digest
from handlers.reporting import frozen
from handlers.setting import Setting
from handlers.wording import load_wording
from models import schema
from models.codes import NodeLevel, PostKind, Role, RoomMode, Status, TicketKind
from models.engine import open_engine
from models.history_tables import TicketEvent
from models.outgoing_tables import Outgoing
from models.tables import Account, GridNode, Identity, Person, RoleGrant, Room
from models.ticket_tables import Ticket
from models.uow import Units
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander

CITY = (64, 996, 6_128, 14_392)
VILLAGE = (2, 6, 18, 60)
ROOMS_AN_ACCOUNT = 96
OLD, TODAY = 12, 3
"""Tickets of a micro-grid: of the last two months, most of them closed; and of today."""
EVENING = datetime(2026, 5, 6, 10, 0, tzinfo=UTC)
_LEADERS = {
    NodeLevel.DISTRICT: Role.DISTRICT,
    NodeLevel.TOWN: Role.TOWN,
    NodeLevel.VILLAGE: Role.SECRETARY,
    NodeLevel.GRID: Role.GRID_LEADER,
    NodeLevel.MICRO_GRID: Role.MICRO_LEADER,
}
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
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"digests-{datetime.now(UTC):%Y-%m-%d}.md"
        path.write_text(f"# Digests\n\n{text}", encoding="utf-8")
        print(f"wrote bench/results/{path.name}")


def measure(sizes: Sequence[int]) -> Figures:
    """Build the district and let its evening come."""
    with tempfile.TemporaryDirectory(prefix="xiaoshao-digests-") as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        schema.upgrade(engine)
        nodes = build(engine, sizes)
        tickets = fill(engine, nodes)
        units, setting = Units(engine), settled()
        plan(units, setting, nodes)
        ticker = Ticker(units=units, setting=setting, outbound=Outbound(setting.policy, Media(None), setting.words))
        cpu, wall = time.process_time(), time.perf_counter()
        ticker.run_due(EVENING)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        with units.read() as uow:
            count = select(func.count()).select_from(Outgoing).where(Outgoing.kind == PostKind.DIGEST)
            digests = uow.session.exec(count).one()
        towns = [node for node in nodes if node["level"] is NodeLevel.TOWN]
        weeks = time.process_time()
        for town in towns:
            freeze(units, setting, town["id"], Span.WEEK)
        weeks = time.process_time() - weeks
        month = time.process_time()
        freeze(units, setting, nodes[0]["id"], Span.MONTH)
        month = time.process_time() - month
        longest = _longest(units, setting, nodes)
        engine.dispose()
    return Figures(sizes[-1], tickets, digests, cpu, wall, longest, len(towns), weeks, month)


def settled() -> Setting:
    """What handlers are given; nothing is understood here."""
    return Setting(load_policy(), load_wording(), Taxonomy.load(), Understander.load().understand)


def plan(units: Units, setting: Setting, nodes: Sequence[dict[str, Any]]) -> None:
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


def _longest(units: Units, setting: Setting, nodes: Sequence[dict[str, Any]]) -> float:
    """Seconds for which the largest village's run would hold the database, once more."""
    ticker = Ticker(units=units, setting=setting, outbound=Outbound(setting.policy, Media(None), setting.words))
    village = next(row for row in nodes if row["level"] is NodeLevel.VILLAGE)
    with units() as uow:
        uow.once.plan("digest", str(village["id"]), "again", EVENING + timedelta(seconds=1))
        uow.commit()
    started = time.perf_counter()
    ticker.run_due(EVENING + timedelta(seconds=1))
    return time.perf_counter() - started


# -- the district ---------------------------------------------------------------------------------


def build(engine: Engine, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """The tree, its rooms, and a leader for every node; returns the nodes."""
    nodes = list(_tree(sizes))
    micro = [node for node in nodes if node["level"] is NodeLevel.MICRO_GRID]
    accounts = [f"a{n}" for n in range(len(micro) // ROOMS_AN_ACCOUNT + 1)]
    people = [{"id": f"p{node['id']}", "name": f"网格长{node['id']}"} for node in nodes]
    home = {node["id"]: accounts[n // ROOMS_AN_ACCOUNT] for n, node in enumerate(micro)}
    first = {node["path"]: home[node["id"]] for node in micro}
    with engine.begin() as connection:
        connection.execute(insert(GridNode), nodes)
        connection.execute(
            insert(Account), [{"name": name, "transport": "bench", "paused": False} for name in accounts]
        )
        connection.execute(insert(Room), [_room(node, home[node["id"]]) for node in micro])
        connection.execute(insert(Person), people)
        connection.execute(
            insert(RoleGrant),
            [{"person_id": f"p{n['id']}", "node_id": n["id"], "role": _LEADERS[n["level"]]} for n in nodes],
        )
        paths = sorted(first)
        connection.execute(insert(Identity), [_identity(node, first, paths) for node in nodes])
    return nodes


def _tree(sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Parents before children, as evenly as the sizes allow."""
    yield {"id": 1, "code": "d", "name": "云河区", "level": NodeLevel.DISTRICT, "parent_id": None, "path": "/1/"}
    above, next_id = [(1, "/1/")], 2
    for level, size in zip(list(NodeLevel)[1:], sizes, strict=True):
        made = []
        for n in range(size):
            parent_id, path = above[n * len(above) // size]
            made.append((next_id, f"{path}{next_id}/"))
            name = f"{level.value}{n}"
            yield {
                "id": next_id,
                "code": name,
                "name": name,
                "level": level,
                "parent_id": parent_id,
                "path": made[-1][1],
            }
            next_id += 1
        above = made


def _room(node: dict[str, Any], account: str) -> dict[str, Any]:
    return {
        "id": node["id"], "account": account, "external_id": f"r{node['id']}", "name": node["name"],
        "node_id": node["id"], "mode": RoomMode.ON, "muted": False, "purpose": "residents", "notice_version": 1,
        "voices_unread": node["id"] % 3,
    }  # fmt: skip


def _identity(node: dict[str, Any], first: dict[str, str], paths: Sequence[str]) -> dict[str, Any]:
    """On the account of the first room below."""
    account = first[paths[bisect_left(paths, node["path"])]]
    return {
        "account": account, "external_id": f"w{node['id']}", "person_id": f"p{node['id']}", "display_name": "",
        "reachable": True, "deaf": False,
    }  # fmt: skip


def fill(engine: Engine, nodes: Sequence[dict[str, Any]]) -> int:
    """Tickets with the steps that reports count; returns how many."""
    chance = random.Random(1)
    villages = {node["id"] for node in nodes if node["level"] is NodeLevel.VILLAGE}
    numbers: dict[int, int] = {}
    tickets: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    total = 0
    for node in nodes:
        if node["level"] is not NodeLevel.MICRO_GRID:
            continue
        scope = next(int(part) for part in node["path"].split("/") if part and int(part) in villages)
        for n in range(OLD + TODAY):
            numbers[scope] = numbers.get(scope, 0) + 1
            age = timedelta(hours=chance.uniform(0, 20)) if n >= OLD else timedelta(days=chance.uniform(1, 60))
            tickets.append(_ticket(node["id"], scope, numbers[scope], EVENING - age, chance))
            events += _steps(tickets[-1])
        if len(tickets) > 20_000:
            total += _write(engine, tickets, events)
    return total + _write(engine, tickets, events)


def _write(engine: Engine, tickets: list[dict[str, Any]], events: list[dict[str, Any]]) -> int:
    with engine.begin() as connection:
        connection.execute(insert(Ticket), tickets)
        connection.execute(insert(TicketEvent), events)
    count = len(tickets)
    tickets.clear()
    events.clear()
    return count


def _ticket(node_id: int, scope: int, number: int, opened: datetime, chance: random.Random) -> dict[str, Any]:
    kind = chance.choice((TicketKind.COMPLAINT, TicketKind.COMPLAINT, TicketKind.WISH))
    closed = opened + timedelta(hours=chance.uniform(1, 90))
    over = closed < EVENING
    return {
        "id": f"t{scope}-{number}", "scope_id": scope, "number": number, "kind": kind,
        "category": "goods" if kind is TicketKind.WISH else chance.choice(_CATEGORIES),
        "status": Status.CLOSED if over else Status.OPEN, "node_id": node_id, "room_id": node_id, "private": False,
        "level": int(chance.random() < 0.1), "reopened": 0, "urgency": "normal", "band": "act",
        "title": "3栋2单元楼道的灯坏了，晚上看不见路", "evidence": ["灯坏了"], "flags": [], "opened_at": opened,
        "respond_by": opened + timedelta(hours=4), "solve_by": opened + timedelta(days=2), "asks": int(over),
        "finished_at": closed if over else None, "closed_at": closed if over else None,
        "rating": "satisfied" if over else None, "version": 1,
    }  # fmt: skip


def _steps(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    if ticket["closed_at"] is None:
        return []
    wish = ticket["kind"] is TicketKind.WISH
    done = {"kind": "done" if wish else "resolved", "to_status": Status.DONE if wish else Status.RESOLVED, "data": {}}
    closed = {"kind": "closed", "to_status": Status.CLOSED, "data": {"rating": "satisfied"}}
    common = {"ticket_id": ticket["id"], "at": ticket["closed_at"], "prev_hash": "", "hash": ""}
    return [{**common, **step, "seq": seq} for seq, step in enumerate((done, closed), start=2)]


def report(figures: Figures) -> str:
    """The table, with where and when."""
    rate = figures.digests / figures.cpu if figures.cpu else 0
    return "\n".join(
        [
            f"{machine()}. {figures.micro_grids:,} micro-grids, {figures.tickets:,} tickets.",
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
