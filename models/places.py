"""Grid nodes, accounts, rooms and their reading gaps."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, delete, select

from models.codes import NodeLevel, RoomMode, RoomPurpose
from models.outbox import batched
from models.tables import Account, Counter, Gap, GridNode, Room

FAILED = "failed"
"""The reason of a gap that is one message: it was read, and an error of ours kept it from having its effect."""
RESTART = "restart"
"""The reason of a gap between two processes."""


def at_or_below(path: str) -> ColumnElement[bool]:
    """Nodes of that path and below it. A range of paths, because LIKE cannot use the index everywhere."""
    last = path[:-1] + chr(ord(path[-1]) + 1)
    return and_(col(GridNode.path) >= path, col(GridNode.path) < last)


class Places:
    """Reads and writes of the grid tree, accounts, rooms and gaps within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._nodes: dict[int, GridNode] = {}  # the session itself lets go of what nobody holds, and reads it again

    def add_node(self, *, code: str, name: str, level: NodeLevel, parent: GridNode | None) -> GridNode:
        """A new node below parent (None: a root)."""
        node = GridNode(code=code, name=name, level=level, parent_id=None if parent is None else parent.id)
        self._session.add(node)
        self._session.flush()
        node.path = f"{'/' if parent is None else parent.path}{node.id}/"
        return node

    def node(self, node_id: int) -> GridNode:
        """The node with that id, which must exist."""
        node = self._nodes.get(node_id)
        if node is None or node not in self._session:
            node = self._session.get(GridNode, node_id)
            if node is None:
                raise LookupError(f"grid node {node_id} does not exist")
            self._nodes[node_id] = node
        return node

    def node_by_code(self, code: str) -> GridNode | None:
        return self._session.exec(select(GridNode).where(GridNode.code == code)).first()

    def below(self, path: str) -> Sequence[GridNode]:
        """The node of that path and everything below it, by path."""
        return self._session.exec(select(GridNode).where(at_or_below(path)).order_by(col(GridNode.path))).all()

    def children(self, node: GridNode) -> Sequence[GridNode]:
        """The nodes right below it, in the order in which they were added."""
        return self._session.exec(
            select(GridNode).where(GridNode.parent_id == node.id).order_by(col(GridNode.id))
        ).all()

    def roots(self) -> Sequence[GridNode]:
        """The nodes above which there is nothing."""
        return self._session.exec(
            select(GridNode).where(col(GridNode.parent_id).is_(None)).order_by(col(GridNode.id))
        ).all()

    def line(self, node: GridNode) -> list[GridNode]:
        """The node and everything above it, nearest first."""
        ids = [int(part) for part in node.path.split("/") if part]
        return [self.node(node_id) for node_id in reversed(ids)]

    def scope(self, node: GridNode, level: NodeLevel) -> GridNode:
        """The node within which numbers count: the nearest of that level, else the root."""
        above = self.line(node)
        return next((candidate for candidate in above if candidate.level == level), above[-1])

    def with_packs(self, path: str | None = None) -> Sequence[GridNode]:
        """The nodes that name a policy pack of their own, everywhere or at and below that path, by path."""
        query = select(GridNode).where(col(GridNode.policy).is_not(None)).order_by(col(GridNode.path))
        return self._session.exec(query if path is None else query.where(at_or_below(path))).all()

    def scopes_at(self, node: GridNode, level: NodeLevel) -> list[int]:
        """Ids of the number scopes that a role at the node reaches: its own, or all that lie below it."""
        own = self.scope(node, level)
        if own.level == level and own.id is not None:
            return [own.id]
        query = select(GridNode.id).where(GridNode.level == level, at_or_below(node.path))
        below = [node_id for node_id in self._session.exec(query.order_by(col(GridNode.id))).all() if node_id]
        return below or ([own.id] if own.id is not None else [])

    def nodes_named(self, name: str, level: NodeLevel) -> Sequence[GridNode]:
        """Nodes of that level with that name, also without 村 or 社区 behind it."""
        names = [name, f"{name}村", f"{name}社区"]
        return self._session.exec(select(GridNode).where(col(GridNode.name).in_(names), GridNode.level == level)).all()

    def named_below(self, path: str, name: str) -> Sequence[GridNode]:
        """Nodes of that name at that path or below it, by path."""
        query = select(GridNode).where(at_or_below(path), GridNode.name == name)
        return self._session.exec(query.order_by(col(GridNode.path))).all()

    def account(self, name: str, transport: str | None = None) -> Account:
        """The account of that name; made when transport is given and it does not exist yet."""
        account = self._session.get(Account, name)
        if account is None:
            if transport is None:
                raise LookupError(f"account {name} does not exist")
            account = Account(name=name, transport=transport)
            self._session.add(account)
            self._session.flush()
        return account

    def roles_paused(self, account: str) -> bool:
        """Whether nobody may act by his role on that account until leaders have looked at its new ids."""
        found = self._session.get(Account, account)
        return found is not None and found.roles_paused

    def accounts(self) -> Sequence[Account]:
        return self._session.exec(select(Account).order_by(Account.name)).all()

    def add_room(
        self,
        *,
        account: str,
        external_id: str,
        name: str,
        node: GridNode | None,
        mode: RoomMode,
        purpose: RoomPurpose = RoomPurpose.RESIDENTS,
    ) -> Room:
        room = Room(account=account, external_id=external_id, name=name, node_id=None, mode=mode, purpose=purpose)
        room.node_id = None if node is None else node.id
        self._session.add(room)
        self._session.flush()
        return room

    def room(self, account: str, external_id: str) -> Room | None:
        found = select(Room).where(Room.account == account, Room.external_id == external_id)
        return self._session.exec(found).first()

    def room_by_id(self, room_id: int) -> Room:
        room = self._session.get(Room, room_id)
        if room is None:
            raise LookupError(f"room {room_id} does not exist")
        return room

    def rooms(self, account: str | None = None) -> Sequence[Room]:
        """All rooms (of an account), in the order in which they were added."""
        query = select(Room).order_by(col(Room.id))
        return self._session.exec(query if account is None else query.where(Room.account == account)).all()

    def rooms_at(self, node_id: int, purpose: RoomPurpose = RoomPurpose.RESIDENTS) -> Sequence[Room]:
        """The rooms bound to exactly this node."""
        query = select(Room).where(Room.node_id == node_id, Room.purpose == purpose).order_by(col(Room.id))
        return self._session.exec(query).all()

    def rooms_below(self, path: str) -> Sequence[Room]:
        """The residents' rooms bound to a node of that path or below it."""
        query = (
            select(Room)
            .join(GridNode, col(GridNode.id) == col(Room.node_id))
            .where(at_or_below(path), Room.purpose == RoomPurpose.RESIDENTS)
            .order_by(col(Room.id))
        )
        return self._session.exec(query).all()

    def rooms_of(self, room_ids: Sequence[int]) -> list[Room]:
        """The rooms with these ids, in few statements."""
        found: list[Room] = []
        for part in batched(sorted(set(room_ids))):
            found += self._session.exec(select(Room).where(col(Room.id).in_(part))).all()
        return found

    def bound(self, path: str) -> Sequence[GridNode]:
        """The nodes of that path and below it that have a residents' room, by id."""
        rooms = select(Room.node_id).where(Room.purpose == RoomPurpose.RESIDENTS)
        query = select(GridNode).where(at_or_below(path), col(GridNode.id).in_(rooms))
        return self._session.exec(query.order_by(col(GridNode.id))).all()

    def next_number(self, scope_id: int, name: str) -> int:
        """The next number of a counter. Take it last in a commit: the row stays locked until then."""
        query = select(Counter).where(Counter.node_id == scope_id, Counter.name == name).with_for_update()
        counter = self._session.exec(query).first()
        if counter is None:
            counter = Counter(node_id=scope_id, name=name, value=0)
            self._session.add(counter)
        counter.value += 1
        self._session.flush()
        return counter.value

    def add_gap(self, account: str, since: datetime, until: datetime, reason: str, room_id: int | None = None) -> Gap:
        gap = Gap(account=account, room_id=room_id, since=since, until=until, reason=reason)
        self._session.add(gap)
        return gap

    def gaps(self, account: str, after: datetime, until: datetime) -> Sequence[Gap]:
        """Gaps that became known in (after, until]: those that ended then."""
        query = select(Gap).where(Gap.account == account, col(Gap.until) > after, col(Gap.until) <= until)
        return self._session.exec(query.order_by(col(Gap.since))).all()

    def was_missed(self, account: str, at: datetime, room_id: int) -> bool:
        """Whether that moment lies in a gap of the account, or of that room."""
        query = select(Gap.id).where(Gap.account == account, col(Gap.since) <= at, col(Gap.until) >= at)
        query = query.where(or_(col(Gap.room_id).is_(None), col(Gap.room_id) == room_id))
        return self._session.exec(query.limit(1)).first() is not None

    def widen_gap(self, account: str, since: datetime, until: datetime, reason: str) -> Gap:
        """A gap of all rooms of the account; one with what it touches, so that an outage in parts is told once."""
        query = select(Gap).where(Gap.account == account, col(Gap.room_id).is_(None))
        touching = query.where(col(Gap.since) <= until, col(Gap.until) >= since).order_by(col(Gap.since))
        found = self._session.exec(touching).all()
        if not found:
            return self.add_gap(account, since, until, reason)
        first, *others = found
        first.since = min(first.since, since)
        first.until = max(until, *(gap.until for gap in found))
        for gap in others:
            self._session.delete(gap)
        return first

    def purge_gaps(self, before: datetime) -> None:
        """Delete gaps that ended before that moment."""
        self._session.exec(delete(Gap).where(col(Gap.until) < before))

    def all_gaps(self, account: str) -> Sequence[Gap]:
        """Every gap of the account, oldest first."""
        return self._session.exec(select(Gap).where(Gap.account == account).order_by(col(Gap.since))).all()
