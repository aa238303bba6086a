"""Writing a roster: what differs from the database, in bulk, one statement for each kind of change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlmodel import Session, SQLModel

from models.codes import Role
from models.organisation_tables import Member, Organisation, Responsible
from models.roster import Roster, Stored
from models.tables import Account, GridNode, Person, RoleGrant, Room

IMPORTED = "imported"
"""Transport of an account that nobody has opened yet."""

Rows = Sequence[Mapping[str, Any]]


def write(session: Session, before: Stored, after: Roster) -> dict[str, int]:
    """Make the database say what after says, uncommitted; returns the ids of all nodes by code."""
    writer = _Writer(session.connection(), before, after)
    session.flush()
    writer.accounts()
    writer.nodes()
    writer.rooms()
    writer.people()
    writer.grants()
    writer.organisations()
    writer.responsible()
    session.expire_all()
    return writer.node_ids


class _Writer:
    """One run; node_ids holds the ids of new nodes too as soon as they have one."""

    def __init__(self, connection: Connection, before: Stored, after: Roster) -> None:
        self._connection = connection
        self._stored = before
        self._before, self._after = before.roster, after
        self.node_ids = dict(before.node_ids)

    def accounts(self) -> None:
        names = sorted(self._after.accounts - self._before.accounts)
        self._insert(Account, [{"name": name, "transport": IMPORTED, "paused": False} for name in names])

    def nodes(self) -> None:
        """New nodes first without a place in the tree: their ids make the paths."""
        before, after = self._before.nodes, self._after.nodes
        new = [code for code in after if code not in before]
        self._insert(
            GridNode,
            [{"code": code, "name": after[code].name, "level": after[code].level, "path": ""} for code in new],
        )
        if new:
            self.node_ids = self._ids(GridNode)
        paths = self._paths()
        changed = [
            code
            for code, state in after.items()
            if before.get(code) != state or self._stored.paths.get(code) != paths[code]
        ]
        self._update(
            GridNode,
            ("id",),
            [
                {
                    "id": self.node_ids[code],
                    "name": after[code].name,
                    "level": after[code].level,
                    "parent_id": self._node(after[code].parent),
                    "path": paths[code],
                    "policy": after[code].policy,
                }
                for code in changed
            ],
        )

    def _paths(self) -> dict[str, str]:
        """Path of each node; the tree has no cycle."""
        paths: dict[str, str] = {}
        for code in self._after.nodes:
            waiting = []
            for here in self._after.line(code):
                if here in paths:
                    break
                waiting.append(here)
            for here in reversed(waiting):
                parent = self._after.nodes[here].parent
                paths[here] = f"{'/' if parent is None else paths[parent]}{self.node_ids[here]}/"
        return paths

    def rooms(self) -> None:
        before, after = self._before.rooms, self._after.rooms
        rows = [
            {
                "account": account,
                "external_id": external_id,
                "name": room.name,
                "node_id": self._node(room.node),
                "purpose": room.purpose,
                "mode": room.mode,
            }
            for (account, external_id), room in after.items()
            if before.get((account, external_id)) != room
        ]
        new = [row for row in rows if (row["account"], row["external_id"]) not in before]
        others = {"muted": False, "notice_version": 0, "voices_unread": 0}
        self._insert(Room, [row | others for row in new])
        known = [row for row in rows if (row["account"], row["external_id"]) in before]
        self._update(Room, ("account", "external_id"), known)

    def people(self) -> None:
        before, after = self._before.people, self._after.people
        rows = [
            {"id": person.id, "code": code, "name": person.name, "phone": person.phone, "team": person.team}
            for code, person in after.items()
            if before.get(code) != person
        ]
        self._insert(Person, [row for row in rows if row["code"] not in before])
        self._update(Person, ("id",), [row for row in rows if row["code"] in before])

    def grants(self) -> None:
        """Those who hold a role in full come before their deputies, in the order of ids too."""
        before, after = self._before.grants, self._after.grants
        columns = ("person_id", "node_id", "role")
        self._delete(RoleGrant, columns, [self._grant(key) for key in before if key not in after])
        known = [key for key, deputy in after.items() if before.get(key, deputy) != deputy]
        self._update(RoleGrant, columns, [self._grant(key) | {"deputy": after[key]} for key in known])
        new = sorted((key for key in after if key not in before), key=lambda key: after[key])
        self._insert(RoleGrant, [self._grant(key) | {"deputy": after[key]} for key in new])

    def _grant(self, key: tuple[str, str, Role]) -> dict[str, Any]:
        person_id, node, role = key
        return {"person_id": person_id, "node_id": self.node_ids[node], "role": role}

    def organisations(self) -> None:
        before, after = self._before.organisations, self._after.organisations
        changed = [code for code, state in after.items() if before.get(code) != state]
        rows = [
            {
                "code": code,
                "name": after[code].name,
                "kind": after[code].kind,
                "node_id": self.node_ids[after[code].node],
            }
            for code in changed
        ]
        self._insert(Organisation, [row for row in rows if row["code"] not in before])
        self._update(Organisation, ("code",), [row for row in rows if row["code"] in before])
        if not changed:
            return
        ids = self._ids(Organisation)
        self._delete(Member, ("organisation_id",), [{"organisation_id": ids[code]} for code in changed])
        self._insert(
            Member,
            [
                {"organisation_id": ids[code], "person_id": person_id, "position": position}
                for code in changed
                for position, person_id in enumerate(after[code].members)
            ],
        )

    def responsible(self) -> None:
        before, after = self._before.responsible, self._after.responsible
        columns = ("node_id", "category")
        gone = [key for key in before if after.get(key) != before[key]]
        self._delete(Responsible, columns, [{"node_id": self.node_ids[node], "category": what} for node, what in gone])
        new = [(key, who) for key, who in after.items() if before.get(key) != who]
        if not new:
            return
        ids = self._ids(Organisation)
        self._insert(
            Responsible,
            [
                {
                    "node_id": self.node_ids[node],
                    "category": category,
                    "person_id": who.person,
                    "organisation_id": None if who.organisation is None else ids[who.organisation],
                }
                for (node, category), who in new
            ],
        )

    # -- statements -----------------------------------------------------------------------------

    def _node(self, code: str | None) -> int | None:
        return None if code is None else self.node_ids[code]

    def _ids(self, kind: type[GridNode] | type[Organisation]) -> dict[str, int]:
        columns = table_of(kind).c
        return {row.code: row.id for row in self._connection.execute(select(columns.code, columns.id))}

    def _insert(self, kind: type[SQLModel], rows: Rows) -> None:
        if rows:
            self._connection.execute(insert(table_of(kind)), rows)

    def _update(self, kind: type[SQLModel], key: tuple[str, ...], rows: Rows) -> None:
        """Each row replaces what it names in the row with the same key."""
        if rows:
            table = table_of(kind)
            values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in key}
            statement = update(table).where(*_same(table, key)).values(values)
            self._connection.execute(statement, [_bound(row, key) for row in rows])

    def _delete(self, kind: type[SQLModel], key: tuple[str, ...], rows: Rows) -> None:
        if rows:
            table = table_of(kind)
            self._connection.execute(delete(table).where(*_same(table, key)), [_bound(row, key) for row in rows])


def table_of(kind: type[SQLModel]) -> Table:
    """The table itself: rows by the ten thousand are read and written without objects."""
    return SQLModel.metadata.tables[str(kind.__tablename__)]


def _same(table: Table, key: Iterable[str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"old_{name}") for name in key]


def _bound(row: Mapping[str, Any], key: tuple[str, ...]) -> dict[str, Any]:
    """The row with its key under the names by which it is looked for."""
    return {(f"old_{name}" if name in key else name): value for name, value in row.items()}
