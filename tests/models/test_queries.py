"""The hot queries use their indexes, in a town after years. Asserted is the plan, not a time."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, insert
from worlds import ACCOUNT, NOW, World, add_ticket, build_world

from handlers.clockwork import clocks
from models import schema
from models.codes import NodeLevel, OutgoingState, PostKind, RecordKind, RecordState, Status, TicketKind
from models.engine import open_engine
from models.matters import FEW, MOST
from models.outgoing_tables import Outgoing, OutgoingSubject
from models.record_tables import Record, RecordEntry
from models.states import ENDED
from models.tables import GridNode
from models.ticket_tables import OpenMatter, Requester, Signal, Ticket
from models.uow import UnitOfWork

TICKETS, NODES = 20_000, 500
BIG = frozenset(
    {
        "ticket", "outgoing", "outgoing_subject", "requester", "claim", "source", "grid_node", "schedule",
        "open_matter", "signal", "record", "record_entry",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, World]]:
    """A town after years: five in a hundred tickets are open, each has a post."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('town')}/town.db")
    schema.create(engine)
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        nodes = [
            uow.places.add_node(code=f"n{number}", name="n", level=NodeLevel.MICRO_GRID, parent=world.other_village).id
            for number in range(NODES)
        ]
        uow.commit()
    alive, ended = (Status.OPEN, Status.CLAIMED, Status.IN_PROGRESS), sorted(ENDED)
    with engine.begin() as connection:
        connection.execute(insert(Ticket), [_ticket(n, world, nodes, alive, ended) for n in range(TICKETS)])
        connection.execute(insert(Outgoing), [_post(n) for n in range(TICKETS)])
        links = [{"subject": f"t{n}", "outgoing_id": n + 1} for n in range(TICKETS)]
        connection.execute(insert(OutgoingSubject), links)
        asking = [
            {"ticket_id": f"t{n}", "person_id": world.resident.id, "joined_at": NOW} for n in range(0, TICKETS, 999)
        ]
        connection.execute(insert(Requester), asking)
        connection.execute(insert(Record), [_record(n, world) for n in range(TICKETS // 10)])
        connection.execute(insert(RecordEntry), [_entry(n) for n in range(TICKETS // 10)])
        connection.execute(insert(OpenMatter), [_key(n, world, nodes) for n in range(0, TICKETS, 20)])
    yield engine, world
    engine.dispose()


def _ticket(
    n: int, world: World, nodes: list[int | None], alive: tuple[Status, ...], ended: list[Status]
) -> dict[str, object]:
    opened = NOW - timedelta(minutes=n)
    is_alive = n % 20 == 0
    return {
        "id": f"t{n}", "scope_id": world.other_village.id, "number": n + 1, "kind": list(TicketKind)[n % 3],
        "category": f"c{n % 40}", "status": alive[n // 20 % 3] if is_alive else ended[n % 4],
        "node_id": world.micro.id if n % 1000 == 0 else nodes[n % NODES], "band": "act", "title": "x", "evidence": [],
        "flags": [], "private": False, "level": 0, "reopened": 0, "urgency": "normal", "asks": 0, "opened_at": opened,
        "closed_at": None if is_alive else opened, "version": 1,
    }  # fmt: skip


def _post(n: int) -> dict[str, object]:
    state = OutgoingState.PENDING if n % 5000 == 0 else OutgoingState.SENT
    return {
        "account": ACCOUNT, "kind": PostKind.NOTICE, "text": "x", "ticket_ids": [f"t{n}"], "signal_ids": [],
        "state": state, "created_at": NOW, "not_before": NOW, "sent_at": NOW, "tried_at": NOW, "attempts": 0,
        "doubled": False,
    }  # fmt: skip


def _record(n: int, world: World) -> dict[str, object]:
    at = NOW - timedelta(minutes=n)
    return {
        "id": n + 1, "kind": list(RecordKind)[n % 3], "scope_id": world.village.id, "number": TICKETS + n,
        "node_id": world.micro.id, "person_id": world.leader.id if n % 50 == 0 else None, "state": RecordState.OPEN,
        "title": "x", "text": "", "data": {}, "at": at, "ended_at": at, "erased_at": None if n % 20 else at,
    }  # fmt: skip


def _entry(n: int) -> dict[str, object]:
    kind = ("visit", "item", "picture")[n % 3]
    return {
        "record_id": n + 1, "kind": kind, "key": str(n), "text": "x" if n % 20 == 0 else "",
        "at": NOW - timedelta(minutes=n), "ticket_id": f"t{n}" if n % 100 == 0 else None,
    }  # fmt: skip


def _key(n: int, world: World, nodes: list[int | None]) -> dict[str, object]:
    return {
        "subject": f"t{n}", "key": f"w{n % 7}", "node_id": world.micro.id if n % 1000 == 0 else nodes[n % NODES],
        "category": f"c{n % 40}", "doubtful": False, "opened_at": NOW - timedelta(minutes=n),
    }  # fmt: skip


QUERIES: dict[str, Callable[[UnitOfWork, World], object]] = {
    "same matter": lambda uow, world: _matters(uow, world, "w0", "w1", "w2"),
    "own tickets": lambda uow, world: uow.tickets.asked_by(world.resident.id, world.room.id or 0, limit=10),
    "own of a category": lambda uow, world: uow.tickets.asked_by(
        world.resident.id, world.room.id or 0, limit=10, category="c0"
    ),
    "own signals": lambda uow, world: uow.signals.own(world.resident.id, 10),
    "asking": lambda uow, world: uow.tickets.asking("t77"),
    "menu": lambda uow, world: uow.tickets.below(world.micro.path, kinds=[TicketKind.WISH], statuses=[Status.OPEN]),
    "wanting": lambda uow, world: uow.wishes.wanting(world.micro.path),
    "first of those": lambda uow, world: uow.wishes.wanting(world.town.path, public=True, limit=12),
    "how many of those": lambda uow, world: uow.wishes.count_wanting(world.town.path, 200),
    "in nobody's hands": lambda uow, world: uow.tickets.in_nobodys_hands(
        {world.micro.id or 0: 0, world.grid.id or 0: 2}, 100
    ),
    "numbered": lambda uow, world: uow.tickets.numbered([world.village.id or 0, world.other_village.id or 0], 77),
    "helpers of a wish": lambda uow, world: uow.wishes.live("t0"),
    "offers": lambda uow, world: uow.wishes.offers(["t0", "t60"]),
    "digest of a grid": lambda uow, world: uow.tickets.below(world.grid.path, closed_after=NOW - timedelta(days=1)),
    "digest of a town": lambda uow, world: uow.tickets.below(world.town.path, closed_after=NOW - timedelta(days=1)),
    "of_person": lambda uow, world: uow.tickets.of_person(world.resident.id),
    "touched_by": lambda uow, world: uow.tickets.touched_by(world.resident.id),
    "in_hands_of": lambda uow, world: uow.tickets.in_hands_of(world.leader.id),
    "scopes_of": lambda uow, world: uow.tickets.scopes_of(world.resident.id),
    "by_number": lambda uow, world: uow.tickets.by_number(world.other_village.id or 0, 77),
    "touching": lambda uow, world: uow.outbox.touching("t77", tuple(OutgoingState)),
    "last answer": lambda uow, world: uow.outbox.last_answer(world.resident.id),
    "pending": lambda uow, world: uow.outbox.pending(ACCOUNT),
    "by_sent_id": lambda uow, world: uow.outbox.by_sent_id(ACCOUNT, "x"),
    "awaited": lambda uow, world: uow.outbox.awaited(ACCOUNT),
    "queued": lambda uow, world: uow.outbox.queued(ACCOUNT),
    "sent_since": lambda uow, world: uow.outbox.sent_since(ACCOUNT, NOW),
    "rooms_below": lambda uow, world: uow.places.rooms_below(world.grid.path),
    "due": lambda uow, world: uow.once.due(NOW, ["digest"]),
    "signals": lambda uow, world: uow.signals.waiting([world.grid.path]),
    "records kept too long": lambda uow, world: uow.records.kept_since(NOW - timedelta(days=1), 50),
    "visits kept too long": lambda uow, world: uow.records.visits_since(NOW - timedelta(days=1), 50),
    "who shows a picture": lambda uow, world: uow.records.shows("7"),
    "files of a visitor": lambda uow, world: uow.records.of_person(RecordKind.VISIT, world.leader.id),
}


def _matters(uow: UnitOfWork, world: World, *keys: str, category: str = "c0") -> list[Ticket]:
    return uow.matters.tickets(world.micro.id or 0, category, keys, NOW - timedelta(days=7))


def _asked(engine: Engine, ask: Callable[[UnitOfWork], object]) -> list[tuple[str, object]]:
    """The questions that one call sends, with their parameters."""
    asked: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with UnitOfWork(engine, read_only=True) as uow:
            ask(uow)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert asked
    return asked


def _plan(engine: Engine, statement: str, parameters: object) -> list[str]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[call-overload]
    return [row[3] for row in rows]


@pytest.mark.parametrize("name", QUERIES)
def test_hot_queries_scan_no_big_table(town: tuple[Engine, World], name: str) -> None:
    engine, world = town
    for statement, parameters in _asked(engine, lambda uow: QUERIES[name](uow, world)):
        lines = _plan(engine, statement, parameters)
        scanned = {line.split()[1] for line in lines if line.startswith("SCAN")}
        assert not scanned & BIG, (statement, lines)


def test_the_same_matter_is_read_from_its_index_key_by_key_newest_first(town: tuple[Engine, World]) -> None:
    engine, world = town
    (statement, parameters), *_ = _asked(engine, lambda uow: _matters(uow, world, "w0", "w1", "w2"))
    lines = _plan(engine, statement, parameters)
    index = "ix_open_matter_key (node_id=? AND category=? AND doubtful=? AND key=? AND opened_at>?)"
    assert sum(line.endswith(index) for line in lines) == 3, lines
    assert not any("TEMP B-TREE" in line for line in lines), lines


def test_own_tickets_begin_with_the_person_and_not_with_the_room(town: tuple[Engine, World]) -> None:
    engine, world = town
    for name in ("own tickets", "own of a category"):
        ((statement, parameters),) = _asked(engine, lambda uow, name=name: QUERIES[name](uow, world))  # type: ignore[misc]
        lines = _plan(engine, statement, parameters)
        assert "ix_requester_person (person_id=?)" in lines[0], lines
        assert not any("TEMP B-TREE" in line for line in lines), lines


def test_what_somebody_has_in_hand_is_found_without_what_he_has_ended(town: tuple[Engine, World]) -> None:
    engine, world = town
    ((statement, parameters),) = _asked(engine, lambda uow: uow.tickets.of_person(world.leader.id))
    lines = _plan(engine, statement, parameters)
    assert any("ix_ticket_handler (handler_id=? AND status=?)" in line for line in lines), lines
    assert any("ix_claim_in_hand (person_id=? AND ended_at=?)" in line for line in lines), lines


def test_looks_that_were_planned_for_a_matter_are_found_without_those_of_others(town: tuple[Engine, World]) -> None:
    engine, _ = town
    asked: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "schedule" in statement:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    kinds = (*clocks.TERM, *clocks.NEXT)
    try:
        with UnitOfWork(engine) as uow:
            uow.once.park(kinds, "t77")
            uow.once.resume(kinds, "t77", lambda at: at)
            uow.once.cancel(kinds, "t77")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 3
    for statement, parameters in asked:
        lines = _plan(engine, statement, parameters)
        assert any("ix_schedule_subject (subject=? AND state=?)" in line for line in lines), (statement, lines)


def test_scopes_of_what_somebody_handled_are_read_one_by_one(town: tuple[Engine, World]) -> None:
    engine, world = town
    ((statement, parameters),) = _asked(engine, lambda uow: uow.tickets.scopes_of(world.leader.id))
    lines = _plan(engine, statement, parameters)
    index = "COVERING INDEX ix_ticket_handler_scope"
    assert any(f"{index} (handler_id=?)" in line for line in lines), lines
    assert any(f"{index} (handler_id=? AND scope_id>?)" in line for line in lines), lines


def test_what_ended_lately_at_a_place_is_read_from_its_index(town: tuple[Engine, World]) -> None:
    engine, world = town
    ask = QUERIES["digest of a grid"]
    ((statement, parameters),) = _asked(engine, lambda uow: ask(uow, world))
    lines = _plan(engine, statement, parameters)
    assert any("ix_ticket_ended (node_id=? AND closed_at>?)" in line for line in lines), lines


def test_scopes_are_those_of_what_was_asked_for_or_handled_or_is_claimed(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        asked, wish = add_ticket(uow, world), add_ticket(uow, world, TicketKind.WISH)
        uow.tickets.join(asked, world.resident, NOW)
        uow.tickets.claim(wish, world.member, NOW)
        for number, scope in enumerate([world.village, world.other_village, world.town] * 2, start=900):
            assert scope.id is not None
            add_ticket(uow, world, scope_id=scope.id, number=number, handler_id=world.leader.id, status=Status.CLOSED)
        uow.commit()
    with UnitOfWork(engine, read_only=True) as uow:
        assert uow.tickets.scopes_of(world.resident.id) == [world.village.id]
        assert uow.tickets.scopes_of(world.member.id) == [world.village.id]
        places = [world.village.id, world.other_village.id, world.town.id]
        assert uow.tickets.scopes_of(world.leader.id) == sorted(place for place in places if place)


@pytest.mark.parametrize("count", [30, 300])
def test_looking_for_the_same_matter_takes_two_statements_however_much_is_open(engine: Engine, count: int) -> None:
    with UnitOfWork(engine, keys_of=lambda row: ["w", f"place{row.number % 10}", f"own{row.number}"]) as uow:
        world = build_world(uow)
        for number in range(count):
            add_ticket(uow, world, at=NOW - timedelta(minutes=number))
        uow.commit()
    keys = ["w", *(f"place{number}" for number in range(10)), "nothing"]
    found: list[Ticket] = []
    asked = _asked(engine, lambda uow: found.extend(_matters(uow, world, *keys, category="leak")))
    assert len(asked) == 2
    assert len(found) == MOST
    assert found[0].opened_at == NOW and found == sorted(found, key=lambda ticket: ticket.opened_at, reverse=True)
    one: list[Ticket] = []
    _asked(engine, lambda uow: one.extend(_matters(uow, world, "w", category="leak")))
    assert [ticket.opened_at for ticket in one] == [NOW - timedelta(minutes=number) for number in range(FEW)]


def test_the_big_tables_are_there() -> None:
    assert {model.__tablename__ for model in (Ticket, Outgoing, Requester, GridNode, OpenMatter, Signal)} <= BIG
