"""Pending rows in memory, by destination and priority: what may leave next is found without a scan."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from models.codes import PostKind
from models.outgoing_tables import Outgoing

PRIORITY: dict[PostKind, int] = {kind: place for place, kind in enumerate(PostKind)}
"""PostKind is declared in the order of urgency."""

Destination = tuple[str, object]


@dataclass(slots=True)
class Waiting:
    """A pending row, without its text."""

    row: int
    kind: PostKind
    room_id: int | None
    destination: Destination
    not_before: datetime
    mergeable: bool


def waiting(row: Outgoing) -> Waiting:
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
    return Waiting(row.id, row.kind, row.room_id, destination, row.not_before, mergeable)


class Queue:
    """Rows in order per destination and priority."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[int, Destination], deque[Waiting]] = {}
        self.rows: set[int] = set()

    def add(self, rows: Iterable[Outgoing]) -> None:
        """Put rows into their lanes once, in order of row; one that comes back stands where it stood."""
        for row in rows:
            item = waiting(row)
            if item.row in self.rows:
                continue
            self.rows.add(item.row)
            lane = self._lanes.setdefault((PRIORITY[item.kind], item.destination), deque())
            place = len(lane)
            while place and lane[place - 1].row > item.row:
                place -= 1
            lane.insert(place, item)
            if item.kind is PostKind.REMINDER and item.mergeable:
                for other in lane:  # what cannot wait takes along what was gathered for the same person
                    if other.mergeable and other.not_before > item.not_before:
                        other.not_before = item.not_before

    def heads(self) -> Iterator[Waiting]:
        """The first row of each lane: the most urgent kind first, within a kind the oldest row."""
        lanes = sorted((priority, lane[0].row, lane[0]) for (priority, _), lane in self._lanes.items() if lane)
        return (item for _, _, item in lanes)

    def remove(self, item: Waiting) -> None:
        """Take a row that stands first out of its lane."""
        key = (PRIORITY[item.kind], item.destination)
        lane = self._lanes[key]
        lane.remove(item)
        self.rows.discard(item.row)
        if not lane:
            del self._lanes[key]

    def companions(self, item: Waiting, now: datetime, limit: int) -> list[Waiting]:
        """Rows that may go out together with item: mergeable ones right behind it in its lane."""
        if not item.mergeable:
            return []
        lane = self._lanes[(PRIORITY[item.kind], item.destination)]
        found: list[Waiting] = []
        for other in list(lane)[1 : limit + 1]:
            if not other.mergeable or other.not_before > now:
                break
            found.append(other)
        return found

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())
