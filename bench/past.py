"""Years of tickets in a city, for bench.commands: with their histories, messages, posts and looks at the clock.

One village is busier than the others (one ticket in fifty), and its micro-grids have the same matters open however
many tickets there are: those that commands are said of. Elsewhere one in fifty is open. Nothing was erased yet.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from bench.world import City, Row, city, filling, pour, settle_people, ticket
from handlers.talk.keys import filing
from handlers.wording import load_wording
from models import schema
from models.codes import NodeLevel, Role, Status, TicketKind
from models.tables import Counter as Numbers
from models.ticket_tables import OpenMatter, Requester, Ticket
from nlp.understander import Understander

START = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
YEARS = timedelta(days=1000)
HOUSEHOLDS, MEMBERS, HERE_RESIDENTS, ASKERS = 3, 10, 200, 190
"""Residents of a micro-grid who ask, party members of a village; residents of a micro-grid of the busy village, and how
many of them have asked for something."""
SAID = (
    "楼道灯坏了，晚上看不见路", "下水道堵了，污水往外冒", "垃圾桶满了没人清，味道很大", "路面坏了个大坑，骑车摔了人",
    "水管漏水了，流了一地", "楼上装修太吵了，孩子没法睡",
)  # fmt: skip
WISHED = "家里老人腿脚不方便，想要一台轮椅"
OPEN: dict[str, tuple[TicketKind, Status]] = {
    "process": (TicketKind.COMPLAINT, Status.OPEN),
    "resolve": (TicketKind.COMPLAINT, Status.IN_PROGRESS),
    "claim": (TicketKind.WISH, Status.OPEN),
    "transfer": (TicketKind.COMPLAINT, Status.OPEN),
    "extend": (TicketKind.COMPLAINT, Status.OPEN),
    "rate": (TicketKind.COMPLAINT, Status.RESOLVED),
    "join": (TicketKind.COMPLAINT, Status.OPEN),
}
"""What is open in the busy village for each command, one ticket for each time that it is said."""
_CLOCK = ("near", "due")


@dataclass(frozen=True, slots=True)
class Past:
    """A filled city. village: the busy one; micro: its micro-grids; times: how often a command can be said."""

    city: City
    village: int
    micro: Sequence[int]
    times: int

    def number(self, purpose: str, time: int) -> int:
        """The number of the ticket that is open for that command."""
        return time * len(OPEN) + list(OPEN).index(purpose) + 1

    def place(self, purpose: str, time: int) -> int:
        """The micro-grid where that one is open."""
        return self.micro[(time + list(OPEN).index(purpose)) % len(self.micro)]


def house(number: int) -> str:
    return f"{number // 4 + 1}栋{number % 4 + 1}单元"


def fill(engine: Engine, sizes: Sequence[int], count: int, times: int, understander: Understander) -> Past:
    """Write a city of these sizes with so many tickets in all."""
    schema.upgrade(engine)
    with filling(engine) as connection:
        town = city(connection, sizes)
        village = town.of(NodeLevel.VILLAGE)[0]
        micro = [n["id"] for n in town.of(NodeLevel.MICRO_GRID) if n["path"].startswith(village["path"])]
        past = Past(town, village["id"], micro, times)
        _people(connection, past)
        _write(connection, past, list(_tickets(past, count, understander)))
        for statement in _derived(connection.dialect.name):
            connection.exec_driver_sql(statement)
    return past


def _people(connection: Connection, past: Past) -> None:
    homes, here = past.city.homes, set(past.micro)
    residents = [
        (f"r{node['id']}-{n}", f"居民{node['id']}-{n}", node["id"], Role.RESIDENT, homes[node["id"]])
        for node in past.city.of(NodeLevel.MICRO_GRID)
        for n in range(HERE_RESIDENTS if node["id"] in here else HOUSEHOLDS)
    ]
    members = [
        (f"m{node['id']}-{n}", f"党员{node['id']}-{n}", node["id"], Role.PARTY_MEMBER, homes[node["id"]])
        for node in past.city.of(NodeLevel.VILLAGE)
        for n in range(MEMBERS)
    ]
    settle_people(connection, residents + members)


def _tickets(past: Past, count: int, understander: Understander) -> Iterator[Row]:
    """Those that are open for the commands, then the past."""
    chance = random.Random(3)
    meanings = {text: understander.understand(text) for text in (*SAID, WISHED)}
    villages = {node["id"] for node in past.city.of(NodeLevel.VILLAGE)}
    scopes = {
        node["id"]: next(int(part) for part in node["path"].split("/") if part and int(part) in villages)
        for node in past.city.of(NodeLevel.MICRO_GRID)
    }
    elsewhere = [node for node in scopes if node not in set(past.micro)]
    numbers: Counter[int] = Counter()

    def made(node: int, kind: TicketKind, status: Status, opened: datetime, said: str, place: str) -> Row:
        scope, meaning = scopes[node], meanings[said]
        numbers[scope] += 1
        over = status is Status.CLOSED
        closed = min(opened + timedelta(hours=chance.uniform(1, 200)), START) if over else None
        leads, helps = f"p{node}", f"m{scope}-{chance.randrange(MEMBERS)}"
        taken = status not in (Status.OPEN, Status.PROPOSED)
        return ticket(
            id=f"{chance.getrandbits(128):032x}",
            scope_id=scope,
            number=numbers[scope],
            kind=kind,
            category=meaning.category,
            status=status,
            node_id=node,
            room_id=node,
            title=place + said,
            place=place,
            score=meaning.score,
            evidence=list(meaning.evidence),
            handler_id=(helps if kind is TicketKind.WISH else leads) if taken else None,
            opened_at=opened,
            respond_by=START + timedelta(days=20) if not over else opened,
            solve_by=START + timedelta(days=30) if not over else closed,
            asks=int(over or status is Status.RESOLVED),
            finished_at=closed if over else opened if status is Status.RESOLVED else None,
            closed_at=closed,
            rating="satisfied" if over else None,
        )

    for time in range(past.times):
        opened = START - timedelta(days=1, minutes=time)
        for n, (purpose, (kind, status)) in enumerate(OPEN.items()):
            said = WISHED if kind is TicketKind.WISH else SAID[n % len(SAID)]
            yield made(past.place(purpose, time), kind, status, opened, said, house(time * len(OPEN) + n))
    for n in range(count - past.times * len(OPEN)):
        here = n % 50 == 0 or not elsewhere
        node = chance.choice(past.micro if here else elsewhere)
        alive = n % 49 == 1 and not here
        opened = START - chance.random() * (timedelta(days=30) if alive else YEARS)
        kind = TicketKind.WISH if n % 3 == 0 else TicketKind.COMPLAINT
        said = WISHED if kind is TicketKind.WISH else chance.choice(SAID)
        place = house(chance.randrange(100))
        yield made(node, kind, Status.OPEN if alive else Status.CLOSED, opened, said, place)


def _write(connection: Connection, past: Past, tickets: Sequence[Row]) -> None:
    keys_of, here = filing(load_wording()), set(past.micro)
    pour(connection, Ticket, tickets)
    pour(connection, Requester, (_asks(n, row, here) for n, row in enumerate(tickets)))
    alive = (Ticket.model_validate(row) for row in tickets if row["closed_at"] is None)
    keys = (
        {
            "subject": row.id, "key": key, "node_id": row.node_id, "category": row.category, "doubtful": False,
            "opened_at": row.opened_at,
        }
        for row in alive
        for key in dict.fromkeys(keys_of(row))
    )  # fmt: skip
    pour(connection, OpenMatter, keys)
    last: Counter[int] = Counter()
    for row in tickets:
        last[row["scope_id"]] = row["number"]
    pour(connection, Numbers, ({"node_id": node, "name": "ticket", "value": value} for node, value in last.items()))


def _asks(n: int, row: Row, here: Iterable[int]) -> Row:
    """Who asked for it: in the busy village one of the first, so that the others may join."""
    person = n // len(OPEN) % ASKERS if row["node_id"] in here else n % HOUSEHOLDS
    return {
        "ticket_id": row["id"], "person_id": f"r{row['node_id']}-{person}", "joined_at": row["opened_at"],
        "position": 0,
    }  # fmt: skip


def _derived(dialect: str) -> Iterator[str]:
    """Statements that give each ticket what follows from it: steps, words, messages, claims, posts, looks."""
    empty, ids = ("'{}'", "'[\"' || t.id || '\"]'")
    none = "'[]'"
    if dialect == "postgresql":
        empty, ids, none = (f"CAST({value} AS JSON)" for value in (empty, ids, none))
    asked = "ticket t JOIN requester r ON r.ticket_id = t.id"
    yield f"""WITH step (matter, seq, kind, before, after, late, staff) AS (VALUES
        ('complaint', 1, 'opened', NULL, 'open', 0, 0), ('complaint', 2, 'accepted', 'open', 'accepted', 0, 1),
        ('complaint', 3, 'processed', 'accepted', 'in_progress', 0, 1),
        ('complaint', 4, 'resolved', 'in_progress', 'resolved', 1, 1),
        ('complaint', 5, 'closed', 'resolved', 'closed', 1, 0),
        ('wish', 1, 'opened', NULL, 'open', 0, 0), ('wish', 2, 'claimed', 'open', 'claimed', 0, 1),
        ('wish', 3, 'done', 'claimed', 'done', 1, 1), ('wish', 4, 'closed', 'done', 'closed', 1, 0))
        INSERT INTO ticket_event (ticket_id, seq, at, kind, actor_id, from_status, to_status, data, text_hash,
            prev_hash, hash, sealed_on)
        SELECT t.id, s.seq, CASE s.late WHEN 1 THEN COALESCE(t.closed_at, t.opened_at) ELSE t.opened_at END, s.kind,
            CASE s.staff WHEN 1 THEN t.handler_id ELSE r.person_id END, s.before, s.after, {empty},
            CASE WHEN s.seq IN (1, 3) THEN t.id || t.id END, t.id || t.id, t.id || t.id, '2026-05-05'
        FROM {asked} JOIN step s ON s.matter = t.kind
            AND s.seq <= CASE t.status WHEN 'open' THEN 1 WHEN 'in_progress' THEN 3 WHEN 'resolved' THEN 4 ELSE 5 END"""
    yield """INSERT INTO event_text (ticket_id, seq, author_id, salt, text)
        SELECT ticket_id, seq, actor_id, prev_hash, '师傅今天下午到现场看过了，明天带零件来换' FROM ticket_event
        WHERE seq IN (1, 3)"""
    yield f"""INSERT INTO source (account, message_id, position, ticket_id, person_id, role, at)
        SELECT room.account, 'old-' || t.id, 0, t.id, r.person_id, 'report', t.opened_at
        FROM {asked} JOIN room ON room.id = t.room_id"""
    yield """INSERT INTO claim (ticket_id, person_id, at, assigned, seat, ended_at, outcome)
        SELECT id, handler_id, opened_at, FALSE, 0, closed_at, 'fulfilled' FROM ticket
        WHERE kind = 'wish' AND closed_at IS NOT NULL"""
    yield """INSERT INTO wish_offer (ticket_id, times, due_at) SELECT id, 0, solve_by FROM ticket WHERE kind = 'wish'"""
    yield f"""WITH post (kind, aloud, staff, late) AS (VALUES ('ack', 1, 0, 0), ('notice', 0, 1, 0),
            ('evaluation', 0, 0, 1), ('notice', 1, 0, 1))
        INSERT INTO outgoing (account, room_id, person_id, kind, text, in_reply_to, ticket_ids, signal_ids, state,
            created_at, not_before, attempts, doubled, sent_at, sent_id)
        SELECT room.account, CASE p.aloud WHEN 1 THEN t.room_id END,
            CASE WHEN p.aloud = 1 THEN NULL WHEN p.staff = 1 THEN COALESCE(t.handler_id, 'p' || t.node_id)
                ELSE r.person_id END,
            p.kind, '', t.id, {ids}, {none}, 'sent', t.opened_at, t.opened_at, 1, FALSE,
            CASE p.late WHEN 1 THEN COALESCE(t.closed_at, t.opened_at) ELSE t.opened_at END, t.id || p.kind
        FROM {asked} JOIN room ON room.id = t.room_id JOIN post p ON p.late = 0 OR t.closed_at IS NOT NULL"""
    yield "INSERT INTO outgoing_subject (subject, outgoing_id) SELECT in_reply_to, id FROM outgoing"
    looks = ", ".join(f"('{kind}')" for kind in _CLOCK)
    yield f"""WITH look (kind) AS (VALUES {looks})
        INSERT INTO schedule (kind, subject, period, due_at, state, done_at)
        SELECT look.kind, t.id, '0.0', t.solve_by, CASE WHEN t.closed_at IS NULL THEN 'waiting' ELSE 'done' END,
            t.closed_at FROM ticket t CROSS JOIN look"""
