"""A city of accounts and one publication to all of its groups, on a clock that nobody waits for.

    python -m bench.fleet [--smoke] [--write]

Whoever may publish for the whole city says 公开 in a private chat; the real dispatcher, handler, outbox and relays do
the rest, over a channel that takes everything at once and notes when. What is checked afterwards, from the channel's
notes alone: no window of an account or a group ever held more than its limit, nobody read it twice, everybody read it,
and no later than was promised. Once more with all processes killed while they send, and once with a 撤回 half way.
"""

import argparse
import heapq
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from bench.output import headline, keep
from bench.world import city, filling
from bot.app import App, build
from bot.transports.base import Post, Sent
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.codes import OutgoingState, PostKind
from models.engine import open_engine
from models.limits import LIMITS
from models.message import Message
from models.uow import UnitOfWork
from nlp.understander import Understander
from nlp.understanding import Band, Kind, Understanding

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # 10:00 in China, a working day
CITY = (1, 12, 240, 2400, 14_392)
"""Nodes of each level; each of the lowest has a group, 96 groups an account."""
SMOKE = (1, 2, 4, 8, 220)
KIND = "wechaty"
LEARNS = timedelta(minutes=1)
"""So late the process of another account may learn of a new post."""
SENDING = timedelta(seconds=1)
"""How long a channel takes for one post."""
PUBLICATION = "公开 村务 本周六上午全市统一清洁家园，请各家门前清扫干净"


class _Deaf:
    """Understands nothing: nobody talks here."""

    model_id = "deaf"

    def fold(self, text: str) -> str:
        return text.lower()

    def features(self, text: str) -> tuple[int, ...]:
        return ()

    def delicate(self, text: str) -> frozenset[str]:
        return frozenset()

    def understand(self, text: str) -> Understanding:
        return Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0)


@dataclass
class Fleet:
    """The accounts of a city, their processes and what their channels took."""

    engine: Engine
    accounts: list[str]
    now: datetime = NOW
    took: list[tuple[datetime, Post]] = field(default_factory=list)
    crashed: int = 0
    app: App = field(init=False)
    _due: list[tuple[datetime, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """New processes over the same database, all at once."""
        self.app = build(
            self.engine,
            accounts=self.accounts,
            policy=load_policy("bayannur"),
            words=load_wording(),
            understander=cast(Understander, _Deaf()),
        )
        for account in self.accounts:
            self.app.shards[account].start(self.now)
        self._due = [(self.now, account) for account in self.accounts]

    def say(self, words: str, number: int) -> str:
        """The publisher writes to the bot; returns what he is answered."""
        account, place = self.accounts[0], len(self.took)
        self.app.shards[account].handle(Message(f"m{number}", account, None, "wp1", words, self.now), self.now)
        self._due = [(self.now if one == account else self.now + LEARNS, one) for one in self.accounts]
        heapq.heapify(self._due)
        self.run(until=self.now)
        return next((post.text for _, post in self.took[place:] if post.kind is PostKind.REPLY), "")

    def run(self, *, until: datetime | None = None, posts: int | None = None) -> None:
        """Let the relays work until a moment, until so many posts were taken, or until nothing waits."""
        while self._due and (posts is None or len(self.took) < posts):
            at, account = self._due[0]
            if until is not None and at > until:
                self.now = until
                return
            heapq.heappop(self._due)
            self.now = max(self.now, at)
            self._work(account, at)

    def kill(self, *, arrives: bool) -> None:
        """All processes die; one of them while it sends, before or after the channel took the post."""
        post = None
        while post is None and self._due:
            at, account = heapq.heappop(self._due)
            self.now = max(self.now, at)
            relay = self.app.shards[account].relay
            relay.refill()
            post = relay.take(self.now)
            wake = relay.wake_at(self.now)
            if post is None and wake is not None:
                heapq.heappush(self._due, (max(wake, at + SENDING), account))
        if post is not None:
            self.crashed += 1
            if arrives:
                self.took.append((self.now, post))
        self.restart()

    def _work(self, account: str, at: datetime) -> None:
        relay = self.app.shards[account].relay
        relay.refill()
        post = relay.take(at)
        if post is None:
            wake = relay.wake_at(at)
            if wake is not None:
                heapq.heappush(self._due, (max(wake, at + SENDING), account))
            return
        self.took.append((at, post))
        relay.settle(post, Sent(f"{post.account}-{post.row}"), at)
        heapq.heappush(self._due, (at + SENDING, account))

    def states(self) -> Counter[OutgoingState]:
        """How many of the posts of the publication are in which state."""
        with UnitOfWork(self.engine, read_only=True) as uow:
            return Counter(row.state for row in uow.outbox.about_record(1) if row.kind is PostKind.PUBLICITY)


def broken(took: Sequence[tuple[datetime, Post]]) -> list[str]:
    """What the channel's notes say against the limits of its kind; nothing, where all is well."""
    limits = LIMITS[KIND]
    accounts: defaultdict[str, list[datetime]] = defaultdict(list)
    rooms: defaultdict[str, list[datetime]] = defaultdict(list)
    for at, post in took:
        accounts[post.account].append(at)
        if post.room is not None and post.kind not in (PostKind.REPLY, PostKind.EMERGENCY):
            rooms[f"{post.account} {post.room}"].append(at)
    found = []
    for span, most, times in (
        (timedelta(minutes=1), limits.account_per_minute, accounts),
        (timedelta(days=1), limits.account_per_day, accounts),
        (timedelta(hours=1), limits.room_unasked_per_hour, rooms),
    ):
        assert most is not None
        for name, moments in times.items():
            crowded = [late for early, late in zip(moments, moments[most:], strict=False) if late - early < span]
            found += [f"{name}: more than {most} within {span} at {at}" for at in crowded[:1]]
    return found


def read_by(took: Sequence[tuple[datetime, Post]]) -> Counter[tuple[str, str]]:
    """How often each group read the publication."""
    return Counter(
        (post.account, post.room) for _, post in took if post.kind is PostKind.PUBLICITY and post.room is not None
    )


def promised_by(said: str) -> datetime:
    """By when everybody has read it, as the publisher was answered."""
    found = re.search(r"预计(\d+)月(\d+)日 (\d+):(\d+)前", said)
    assert found is not None, said
    month, day, hour, minute = map(int, found.groups())
    return datetime(NOW.year, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


def open_fleet(engine: Engine, sizes: Sequence[int]) -> Fleet:
    """The city in an empty database: everybody at work on the morning of a working day."""
    schema.upgrade(engine)
    with filling(engine) as connection:
        made = city(connection, sizes)
        connection.execute(text("UPDATE account SET transport = :kind"), {"kind": KIND})
        connection.execute(
            text("INSERT INTO role_grant (person_id, node_id, role, deputy) VALUES ('p1', 1, 'head', false)")
        )
    names = list(dict.fromkeys(made.homes[node["id"]] for node in made.nodes))
    return Fleet(engine, sorted(names, key=lambda name: (name != made.homes[1], name)))


# -- measuring ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one publication."""

    what: str
    rooms: int
    read: int
    promised: str
    lasted: timedelta
    seconds: float
    states: Counter[OutgoingState]
    faults: Sequence[str]


def publication(folder: str, sizes: Sequence[int], what: str) -> Run:
    """One publication to the whole city: as it goes, killed on the way, or taken back half way."""
    engine = open_engine(f"sqlite:///{folder}/{what.split()[0]}.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    fleet = open_fleet(engine, sizes)
    rooms = sizes[-1]
    chance = random.Random(7)
    started, began = time.perf_counter(), fleet.now
    promised = fleet.say(PUBLICATION, 1)
    half = rooms // 2
    if what == "killed":
        for part in range(1, 6):
            fleet.run(posts=rooms * part // 6)
            fleet.kill(arrives=chance.random() < 0.5)
    if what == "taken back":
        fleet.run(posts=half)
        promised = fleet.say("撤回 1", 2)
    left = read_by(fleet.took)
    fleet.run()
    read = read_by(fleet.took)
    faults = broken(fleet.took)
    faults += [f"{name}: read twice" for name, times in read.items() if times > 1]
    states = fleet.states()
    if what == "taken back":
        told = Counter(post.text[:3] for _, post in fleet.took if post.kind is PostKind.PUBLICITY)
        faults += [] if told["#1【"] == len(left) else [f"{told['#1【']} of {len(left)} heard that it was taken back"]
        faults = [fault for fault in faults if not fault.endswith("read twice")]
    elif len(read) < rooms - fleet.crashed:
        faults.append(f"{rooms - len(read)} groups never read it")
    last = max(at for at, post in fleet.took if post.kind is PostKind.PUBLICITY)
    if last > promised_by(promised):
        faults.append(f"promised: {promised}, the last one left at {last}")
    engine.dispose()
    return Run(what, rooms, len(read), promised, last - began, time.perf_counter() - started, states, faults)


def report(sizes: Sequence[int], runs: Sequence[Run]) -> str:
    """The table."""
    accounts = sizes[-1] // 96 + 1
    lines = [
        headline(),
        "",
        f"{sizes[-1]:,} groups on {accounts} accounts of kind {KIND}, SQLite file, one process, a fake clock.",
        "",
        "| publication | groups that read it | from 公开 to the last post | limits broken | maybe | seconds, real |",
        "| :--- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {run.what} | {run.read:,} of {run.rooms:,} | {run.lasted} | {len(run.faults)} "
        f"| {run.states[OutgoingState.MAYBE]} | {run.seconds:.0f} |"
        for run in runs
    ]
    lines += ["", f"Answered: {runs[0].promised}", *(fault for run in runs for fault in run.faults[:5]), ""]
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--smoke", action="store_true", help="a few hundred groups")
    arguments.add_argument("--write", action="store_true", help="keep the table under bench/results/")
    given = arguments.parse_args()
    sizes = SMOKE if given.smoke else CITY
    with tempfile.TemporaryDirectory(prefix="xiaoshao-fleet-") as folder:
        runs = [publication(folder, sizes, what) for what in ("undisturbed", "killed", "taken back")]
    table = report(sizes, runs)
    print(table)
    if given.write:
        keep("fleet", "One publication to a whole city", table)
    if any(run.faults for run in runs):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
