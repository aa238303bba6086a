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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from bench.output import at, counting, headline, keep, spread
from bench.world import ACCOUNT, Row, filling, person_id, pour, room_id, ticket, village
from bot.app import App
from bot.outcome import Outcome
from handlers.talk.keys import filing
from models.codes import SourceRole, TicketKind
from models.engine import open_engine
from models.message import Message
from models.states import TERMS
from models.tables import GridNode
from models.ticket_tables import OpenMatter, Requester, Source, Ticket
from nlp.corpus_files import read_corpus
from nlp.understander import Understander
from nlp.understanding import Kind, Understanding

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
        keep("merging", "Merging", text)


def measure(tickets: int, messages: int, understander: Understander) -> Figures:
    """Say the reports in a room beside so many open tickets."""
    with tempfile.TemporaryDirectory(prefix="xiaoshao-merging-") as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        app = village(engine, understander, 1, PEOPLE, START)
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


# -- what is open and what is said --------------------------------------------------------------


def fill(app: App, engine: Engine, count: int, understander: Understander) -> None:
    """So many open tickets of the last week, by the same residents, with the keys that the bot writes."""
    keys_of = filing(app.setting.words)
    with app.units.read() as uow:
        room = uow.places.room(ACCOUNT, room_id(0))
        assert room is not None and room.node_id is not None
        node = uow.places.node(room.node_id)
        scope = uow.places.scope(node, app.setting.policy.number_scope)
        people = [uow.people.identity(ACCOUNT, person_id(0, n)) for n in range(PEOPLE)]
    ids = [identity.person_id for identity in people if identity is not None]
    tickets = [
        _ticket(n, text, meaning, node, scope, room.id) for n, (text, meaning) in enumerate(_needs(count, understander))
    ]
    keys = (
        {
            "subject": row.id, "key": key, "node_id": node.id, "category": row.category, "doubtful": False,
            "opened_at": row.opened_at,
        }
        for row in map(Ticket.model_validate, tickets)
        for key in dict.fromkeys(keys_of(row))
    )  # fmt: skip
    asking = (
        {"ticket_id": row["id"], "person_id": ids[n % PEOPLE], "joined_at": row["opened_at"], "position": 0}
        for n, row in enumerate(tickets)
    )
    sources = (
        {
            "account": ACCOUNT, "message_id": f"old{n}", "position": 0, "ticket_id": row["id"],
            "person_id": ids[n % PEOPLE], "role": SourceRole.REPORT, "at": row["opened_at"],
        }
        for n, row in enumerate(tickets)
    )  # fmt: skip
    with filling(engine) as connection:
        for model, rows in ((Ticket, tickets), (Requester, asking), (Source, sources), (OpenMatter, keys)):
            pour(connection, model, rows)


def _ticket(n: int, text: str, meaning: Understanding, node: GridNode, scope: GridNode, room: int | None) -> Row:
    kind = TicketKind(meaning.kind.value)
    chance = random.Random(n)
    house = f"{chance.randint(1, 30)}栋{chance.randint(1, 4)}单元{chance.randint(1, 18)}楼"
    assert node.id is not None and scope.id is not None
    return ticket(
        id=f"t{n}",
        scope_id=scope.id,
        number=100_000 + n,
        kind=kind,
        category=meaning.category,
        status=TERMS[kind].first,
        node_id=node.id,
        room_id=room,
        private=kind is TicketKind.DISPUTE,
        score=meaning.score,
        title=text[:120],
        place=meaning.place or (house if n % 3 else None),
        evidence=list(meaning.evidence),
        opened_at=START - timedelta(minutes=n % 10_000),
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
        sender = person_id(0, chance.randrange(PEOPLE))
        yield Message(
            id=f"m{n}",
            account=ACCOUNT,
            room=room_id(0),
            sender=sender,
            sender_name=sender,
            text=said,
            at=START + n * GAP,
        )


# -- reporting ----------------------------------------------------------------------------------


def report(rows: Sequence[Figures]) -> str:
    """The table, as Markdown that is also readable on a terminal."""
    lines = [
        headline(),
        "",
        "| open tickets in the node | effects | joined | statements p50 | p99 | most | CPU ms p50 | p99 | most |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        counts = " | ".join(f"{at(row.statements, share):.0f}" for share in (0.5, 0.99, 1))
        lines.append(
            f"| {row.tickets:,} | {len(row.statements)} | {row.joined} | {counts} | {spread(row.milliseconds)} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
