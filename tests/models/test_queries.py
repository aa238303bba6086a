"""The hot queries use their indexes, in a town after years. Asserted is the plan, not a time."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, insert
from worlds import ACCOUNT, NOW, World, build_world

from models import schema
from models.codes import NodeLevel, OutgoingState, PostKind, Status, TicketKind
from models.engine import open_engine
from models.states import ENDED
from models.tables import GridNode
from models.ticket_tables import Outgoing, OutgoingSubject, Requester, Ticket
from models.uow import UnitOfWork

TICKETS, NODES = 20_000, 500
BIG = frozenset({"ticket", "outgoing", "outgoing_subject", "requester", "claim", "source", "grid_node", "schedule"})


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
        "state": state, "created_at": NOW, "not_before": NOW, "sent_at": NOW, "attempts": 0, "doubled": False,
    }  # fmt: skip


QUERIES: dict[str, Callable[[UnitOfWork, World], object]] = {
    "same_matter": lambda uow, world: uow.tickets.same_matter(world.micro.id or 0, "c0", NOW - timedelta(days=7)),
    "menu": lambda uow, world: uow.tickets.below(world.micro.path, kinds=[TicketKind.WISH], statuses=[Status.OPEN]),
    "digest of a grid": lambda uow, world: uow.tickets.below(world.grid.path, closed_after=NOW - timedelta(days=1)),
    "digest of a town": lambda uow, world: uow.tickets.below(world.town.path, closed_after=NOW - timedelta(days=1)),
    "of_person": lambda uow, world: uow.tickets.of_person(world.resident.id),
    "touched_by": lambda uow, world: uow.tickets.touched_by(world.resident.id),
    "scopes_of": lambda uow, world: uow.tickets.scopes_of(world.resident.id),
    "by_number": lambda uow, world: uow.tickets.by_number(world.other_village.id or 0, 77),
    "touching": lambda uow, world: uow.outbox.touching("t77", tuple(OutgoingState)),
    "pending": lambda uow, world: uow.outbox.pending(ACCOUNT),
    "by_sent_id": lambda uow, world: uow.outbox.by_sent_id(ACCOUNT, "x"),
    "sent_since": lambda uow, world: uow.outbox.sent_since(ACCOUNT, NOW),
    "rooms_below": lambda uow, world: uow.places.rooms_below(world.grid.path),
    "due": lambda uow, world: uow.once.due(NOW, ["digest"]),
    "signals": lambda uow, world: uow.signals.waiting([world.grid.path]),
}


@pytest.mark.parametrize("name", QUERIES)
def test_hot_queries_scan_no_big_table(town: tuple[Engine, World], name: str) -> None:
    engine, world = town
    asked: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with UnitOfWork(engine, read_only=True) as uow:
            QUERIES[name](uow, world)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert asked
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[call-overload]
            lines = [row[3] for row in plan]
            scanned = {line.split()[1] for line in lines if line.startswith("SCAN")}
            assert not scanned & BIG, (statement, lines)


def test_the_big_tables_are_there() -> None:
    assert {model.__tablename__ for model in (Ticket, Outgoing, Requester, GridNode)} <= BIG
