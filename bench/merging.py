"""What finding the same matter costs beside many open ones: python -m bench.merging [--smoke] [--write].

One node, one room, 100, then 1,000, then 10,000 open tickets; the same reports are said each time. Printed are SQL
statements and milliseconds of CPU (the disk aside) for each message with an effect, up to the commit, on a SQLite
file (WAL, synchronous=FULL). None of them may grow with the number of tickets.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, event, insert

from bench.run import RESULTS, machine, spread
from bot.app import App, build
from bot.outcome import Outcome
from bot.village import PersonPlan, RoomPlan, VillagePlan, settle
from handlers.keys import filing
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.codes import Role, SourceRole, TicketKind
from models.engine import open_engine
from models.message import Message
from models.states import TERMS
from models.tables import GridNode
from models.ticket_tables import OpenMatter, Requester, Source, Ticket
from nlp.corpus_files import read_corpus
from nlp.understander import Understander
from nlp.understanding import Kind, Understanding

ACCOUNT, ROOM = "bench", "room"
PEOPLE = 200
SIZES = (100, 1_000, 10_000)
START = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
GAP = timedelta(minutes=11)
"""Between two reports: longer than the talk to which one may be a reply."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One size: statements and milliseconds of CPU of each message with an effect; how many joined what was open."""

    tickets: int
    statements: Sequence[int]
    milliseconds: Sequence[float]
    joined: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="few tickets and messages, to see that it works")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    options = parser.parse_args()
    understander = Understander.load()
    sizes, count = ((10, 100), 10) if options.smoke else (SIZES, 200)
    text = report([measure(size, count, understander) for size in sizes])
    print(text, end="")
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"merging-{datetime.now(UTC):%Y-%m-%d}.md"
        path.write_text(f"# Merging\n\n{text}", encoding="utf-8")
        print(f"wrote bench/results/{path.name}")


def measure(tickets: int, messages: int, understander: Understander) -> Figures:
    """Say the reports in a room beside so many open tickets."""
    with tempfile.TemporaryDirectory(prefix="xiaoshao-merging-") as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        app = settled(engine, understander)
        fill(app, engine, tickets, understander)
        handle = app.shards[ACCOUNT].dispatcher.handle
        statements: list[int] = []
        spent: list[float] = []
        with counting(engine) as counted:
            for message in reports(messages, understander):
                counted.clear()
                started = time.process_time()
                outcome = handle(message, message.at)
                if outcome is Outcome.EFFECT:
                    spent.append((time.process_time() - started) * 1000)
                    statements.append(len(counted))
        with app.units.read() as uow:
            opened = len(uow.tickets.all()) - tickets + len(uow.signals.all())
        engine.dispose()
    return Figures(tickets, statements, spent, len(spent) - opened)


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


# -- what is open and what is said --------------------------------------------------------------


def settled(engine: Engine, understander: Understander) -> App:
    """The whole program over a database, with one micro-grid and its residents."""
    schema.upgrade(engine)
    app = build(
        engine,
        accounts=(ACCOUNT,),
        policy=load_policy(),
        words=load_wording(),
        understander=understander,
        reaches_leaders=True,
    )
    people = [PersonPlan(f"居民{n}", f"居民{n}", {ROOM: Role.RESIDENT}) for n in range(PEOPLE)]
    people.append(PersonPlan("组长", "组长", {ROOM: Role.MICRO_LEADER}))
    plan = VillagePlan(ACCOUNT, "bench", "bench", "测试村", [RoomPlan(ROOM, "第一微网格")], people)
    with app.units() as uow:
        settle(uow, plan, app.setting, app.outbound, START)
        uow.commit()
    return app


def fill(app: App, engine: Engine, count: int, understander: Understander) -> None:
    """So many open tickets of the last week, by the same residents, with the keys that the bot writes."""
    keys_of = filing(app.setting.words)
    with app.units.read() as uow:
        room = uow.places.room(ACCOUNT, ROOM)
        assert room is not None and room.node_id is not None
        node = uow.places.node(room.node_id)
        scope = uow.places.scope(node, app.setting.policy.number_scope)
        people = [uow.people.identity(ACCOUNT, f"居民{n}") for n in range(PEOPLE)]
    ids = [identity.person_id for identity in people if identity is not None]
    tickets = [
        _ticket(n, text, meaning, node, scope, room.id) for n, (text, meaning) in enumerate(_needs(count, understander))
    ]
    with engine.begin() as connection:
        connection.execute(insert(Ticket), [ticket.model_dump() for ticket in tickets])
        connection.execute(
            insert(Requester),
            [
                {"ticket_id": ticket.id, "person_id": ids[n % PEOPLE], "joined_at": ticket.opened_at, "position": 0}
                for n, ticket in enumerate(tickets)
            ],
        )
        connection.execute(
            insert(Source),
            [
                {
                    "account": ACCOUNT, "message_id": f"old{n}", "position": 0, "ticket_id": ticket.id,
                    "person_id": ids[n % PEOPLE], "role": SourceRole.REPORT, "at": ticket.opened_at,
                }
                for n, ticket in enumerate(tickets)
            ],
        )  # fmt: skip
        keys = [
            {
                "subject": ticket.id, "key": key, "node_id": node.id, "category": ticket.category, "doubtful": False,
                "opened_at": ticket.opened_at,
            }
            for ticket in tickets
            for key in dict.fromkeys(keys_of(ticket))
        ]  # fmt: skip
        connection.execute(insert(OpenMatter), keys)


def _ticket(n: int, text: str, meaning: Understanding, node: GridNode, scope: GridNode, room_id: int | None) -> Ticket:
    kind = TicketKind(meaning.kind.value)
    chance = random.Random(n)
    house = f"{chance.randint(1, 30)}栋{chance.randint(1, 4)}单元{chance.randint(1, 18)}楼"
    assert node.id is not None and scope.id is not None
    return Ticket(
        id=f"t{n}",
        scope_id=scope.id,
        number=100_000 + n,
        kind=kind,
        category=meaning.category,
        status=TERMS[kind].first,
        node_id=node.id,
        room_id=room_id,
        private=kind is TicketKind.DISPUTE,
        band="act",
        score=meaning.score,
        title=text[:120],
        place=meaning.place or (house if n % 3 else None),
        evidence=list(meaning.evidence),
        opened_at=START - timedelta(minutes=n % 10_000),
        version=1,
    )


def _needs(count: int, understander: Understander) -> Iterator[tuple[str, Understanding]]:
    """Lines of the corpus that are matters, again and again."""
    lines = [line.text for line in read_corpus() if line.matters]
    random.Random(2).shuffle(lines)
    read: list[tuple[str, Understanding]] = []
    for text in lines[200:]:
        meaning = understander.understand(text)
        if meaning.kind is not Kind.NONE:
            read.append((text, meaning))
        if len(read) == min(count, 2_000):
            break
    return (read[n % len(read)] for n in range(count))


def reports(count: int, understander: Understander) -> Iterator[Message]:
    """What is said: matters by those who have others open already, some of them with a place; always the same."""
    lines = [line.text for line in read_corpus() if line.matters]
    chance = random.Random(2)
    chance.shuffle(lines)
    for n, text in enumerate(lines[:count]):
        said = f"{chance.randint(1, 30)}栋{chance.randint(1, 4)}单元，{text}" if n % 2 else text
        sender = f"居民{chance.randrange(PEOPLE)}"
        yield Message(
            id=f"m{n}", account=ACCOUNT, room=ROOM, sender=sender, sender_name=sender, text=said, at=START + n * GAP
        )


# -- reporting ----------------------------------------------------------------------------------


def report(rows: Sequence[Figures]) -> str:
    """The table, as Markdown that is also readable on a terminal."""
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine()}",
        "",
        "| open tickets in the node | effects | joined | statements p50 | p99 | most | CPU ms p50 | p99 | most |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        ordered = sorted(row.statements)
        counts = " | ".join(str(ordered[int(share * (len(ordered) - 1))]) for share in (0.5, 0.99, 1))
        lines.append(f"| {row.tickets:,} | {len(ordered)} | {row.joined} | {counts} | {spread(row.milliseconds)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
