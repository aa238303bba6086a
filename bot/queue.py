"""Pending rows in memory, by destination and priority: what may leave next is found without a scan."""

from collections import deque
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime

from handlers.policy.pack import Policy
from models.codes import PostKind
from models.outgoing_tables import Outgoing

PRIORITY: dict[PostKind, int] = {kind: place for place, kind in enumerate(PostKind)}
"""PostKind is declared in the order of urgency."""

Destination = tuple[str, object]
_Lane = tuple[int, Destination]

TURN = 4
"""How many posts of one lane may leave before those of another that came later."""


@dataclass(slots=True)
class Waiting:
    """A pending row, without its text. policy: the pack of its place, whose quiet hours and budget count."""

    row: int
    kind: PostKind
    room_id: int | None
    person_id: str | None
    destination: Destination
    not_before: datetime
    mergeable: bool
    policy: Policy


def waiting(row: Outgoing, policy: Policy) -> Waiting:
    """The queue's view of an outbox row."""
    assert row.id is not None
    if row.room_id is not None:
        destination: Destination = ("room", row.room_id)
    elif row.person_id is not None:
        destination = ("person", row.person_id)
    else:
        destination = ("leader", row.leader_of)
    mergeable = row.merge is not None or (
        row.room_id is None and row.kind in (PostKind.NOTICE, PostKind.REMINDER) and row.picture is None
    )
    return Waiting(row.id, row.kind, row.room_id, row.person_id, destination, row.not_before, mergeable, policy)


def _lane(item: Waiting) -> _Lane:
    return PRIORITY[item.kind], item.destination


class Queue:
    """Rows in order per destination and priority, and the lanes of a priority in turn.

    Nobody with much to say keeps the others waiting: after TURN posts it is the turn of whoever has had fewer. Who
    comes anew has had as many as those whose turn it is.
    """

    def __init__(self) -> None:
        self._lanes: dict[_Lane, deque[Waiting]] = {}
        self._had: dict[_Lane, int] = {}
        self._turn: dict[int, int] = {}
        self.rows: set[int] = set()

    def add(self, rows: Iterable[tuple[Outgoing, Policy]]) -> None:
        """Put rows into their lanes once, in order of row; one that comes back stands where it stood."""
        for row, policy in rows:
            item = waiting(row, policy)
            if item.row in self.rows:
                continue
            self.rows.add(item.row)
            key = _lane(item)
            lane = self._lanes.setdefault(key, deque())
            self._had.setdefault(key, self._turn.get(key[0], 0) * TURN)
            place = len(lane)
            while place and lane[place - 1].row > item.row:
                place -= 1
            lane.insert(place, item)
            if item.kind is PostKind.REMINDER and item.mergeable:
                for other in lane:  # what cannot wait takes along what was gathered for the same person
                    if other.mergeable and other.not_before > item.not_before:
                        other.not_before = item.not_before

    def heads(self, *, urgent: bool | None = None) -> Iterator[Waiting]:
        """The first row of each lane: the most urgent kind first, within a kind whose turn it is, then the oldest.

        urgent: emergencies only, or all but emergencies.
        """
        lanes = sorted(
            (key[0], self._had[key] // TURN, lane[0].row, key)
            for key, lane in self._lanes.items()
            if urgent is None or urgent is (key[0] == PRIORITY[PostKind.EMERGENCY])
        )
        return (self._lanes[key][0] for *_, key in lanes)

    def served(self, item: Waiting) -> None:
        """One post of the lane of item has left."""
        key = _lane(item)
        if key not in self._had:
            return  # nothing more waits there
        self._turn[key[0]] = max(self._turn.get(key[0], 0), self._had[key] // TURN)
        self._had[key] += 1

    def remove(self, item: Waiting) -> None:
        """Take a row that stands first out of its lane."""
        key = _lane(item)
        lane = self._lanes[key]
        lane.remove(item)
        self.rows.discard(item.row)
        if not lane:
            del self._lanes[key], self._had[key]

    def drop(self, row: int) -> None:
        """Take a row out, wherever it stands; nothing happens when it does not wait."""
        if row in self.rows:
            self.remove(next(item for lane in self._lanes.values() for item in lane if item.row == row))

    def hasten(self, rows: Set[int], now: datetime) -> None:
        """These rows may leave at once, in their turn."""
        for lane in self._lanes.values():
            for item in lane:
                if item.row in rows:
                    item.not_before = min(item.not_before, now)

    def companions(self, item: Waiting, now: datetime, limit: int) -> list[Waiting]:
        """Rows that may go out together with item: mergeable ones right behind it in its lane."""
        if not item.mergeable:
            return []
        lane = self._lanes[_lane(item)]
        found: list[Waiting] = []
        for other in list(lane)[1 : limit + 1]:
            if not other.mergeable or other.not_before > now:
                break
            found.append(other)
        return found

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())
