"""An index of open matters: a few keys for each, so that the same matter is found without reading all that is open."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Boolean, TextClause, bindparam, case, func, inspect, text
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Session, col, delete, insert, select

from models.codes import SignalStatus, SourceRole
from models.history_tables import EventText
from models.outbox import batched, signal_subject
from models.states import OWED
from models.ticket_tables import OpenMatter, Signal, Source, Ticket
from models.types import Utc

KeysOf = Callable[[Ticket | Signal], Iterable[str]]
"""Under which keys a matter is looked for. What words and places mean is not known down here."""

FEW = 4
"""Rows read for each key: the newest."""
MOST = 20
"""Matters that one look-up loads."""
_TOLD_BY = ("node_id", "category", "status", "place", "evidence", "title", "text", "flags", "urgency", "private")
"""Columns from which keys are made, or which say that there are none."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the database knows of the talk about a ticket: when it last was, and what somebody had to do with it.

    took_part: words of his are in it; began: with his words it began.
    """

    last: datetime
    took_part: bool
    began: bool
    words: tuple[str, ...]


class Matters:
    """Keeps the index beside every change of a ticket or signal, and asks it."""

    def __init__(self, session: Session, keys_of: KeysOf | None) -> None:
        self._session = session
        self._keys_of = keys_of

    def tickets(self, node_id: int, category: str, keys: Sequence[str], after: datetime) -> list[Ticket]:
        """Public tickets opened since then that are not done and have one of the keys, the latest first.

        Of each key the newest.
        """
        found = self._subjects(node_id, category, keys, after, doubtful=False)
        if not found:
            return []
        query = select(Ticket).where(
            col(Ticket.id).in_(found), col(Ticket.status).in_(OWED), col(Ticket.private).is_(False)
        )
        return list(self._session.exec(query.order_by(col(Ticket.opened_at).desc(), col(Ticket.number).desc())).all())

    def signals(self, node_id: int, category: str, keys: Sequence[str], after: datetime) -> list[Signal]:
        """Waiting signals heard since then that have one of the keys, the latest first; the newest of each key."""
        found = self._subjects(node_id, category, keys, after, doubtful=True)
        if not found:
            return []
        ids = [int(subject.partition(":")[2]) for subject in found]
        query = select(Signal).where(col(Signal.id).in_(ids), Signal.status == SignalStatus.WAITING)
        return list(self._session.exec(query.order_by(col(Signal.at).desc(), col(Signal.id).desc())).all())

    def _subjects(
        self, node_id: int, category: str, keys: Sequence[str], after: datetime, *, doubtful: bool
    ) -> list[str]:
        """The newest of each key: first the first of every key in the order of keys, then the second …"""
        if not keys:
            return []
        self._session.flush()
        asked = {f"key{place}": key for place, key in enumerate(keys)}
        where = {"node": node_id, "category": category, "doubtful": doubtful, "after": after}
        # Not through the ORM's cache: the statement is made once for each number of keys.
        rows = self._session.connection().execute(_newest(len(keys)), {**where, **asked}).all()
        seen: dict[int, int] = {}
        ranked: list[tuple[int, int, str]] = []
        for place, subject in rows:
            ranked.append((seen.get(place, 0), place, subject))
            seen[place] = seen.get(place, 0) + 1
        return list(dict.fromkeys(subject for _, _, subject in sorted(ranked)))[:MOST]

    def spoken(self, ids: Sequence[str], person_id: str | None, lines: int) -> dict[str, Spoken]:
        """What was said of each of these tickets, seen by that person; of its words the last lines. Two statements."""
        mine = col(Source.person_id) == person_id
        reported = mine & (col(Source.role) == SourceRole.REPORT)
        query = select(
            Source.ticket_id,
            func.max(Source.at),
            func.max(case((mine, 1), else_=0)),
            func.max(case((reported, 1), else_=0)),
        )
        held = self._session.exec(query.where(col(Source.ticket_id).in_(ids)).group_by(col(Source.ticket_id))).all()
        place = func.row_number().over(partition_by=col(EventText.ticket_id), order_by=col(EventText.seq).desc())
        last = select(EventText.ticket_id, EventText.seq, EventText.text, place.label("place"))
        ranked = last.where(col(EventText.ticket_id).in_(ids)).subquery()
        rows = self._session.exec(
            select(ranked.c.ticket_id, ranked.c.text)
            .where(ranked.c.place <= lines)
            .order_by(ranked.c.ticket_id, ranked.c.seq)
        ).all()
        words: dict[str, list[str]] = {}
        for ticket_id, said in rows:
            words.setdefault(ticket_id, []).append(said)
        return {
            str(ticket_id): Spoken(at, bool(took_part), bool(began), tuple(words.get(str(ticket_id), ())))
            for ticket_id, at, took_part, began in held
        }

    # -- keeping --------------------------------------------------------------------------------

    def flushed(self, session: OrmSession, _: object) -> None:
        """Write, rewrite or delete the keys of what this flush has changed."""
        if self._keys_of is None:
            return
        for row in session.new:
            if isinstance(row, Ticket | Signal):
                self._write(row)
        for row in session.dirty:
            if isinstance(row, Ticket | Signal) and _has_changed(row):
                self._drop(row)
                self._write(row)

    def refile(self) -> int:
        """Write the keys of everything open that has none: after an upgrade. Returns how many matters those were."""
        known = select(OpenMatter.subject).distinct()
        tickets = select(Ticket.id).where(
            col(Ticket.status).in_(OWED), col(Ticket.private).is_(False), col(Ticket.id).not_in(known)
        )
        missing = list(self._session.exec(tickets).all())
        filed = set(self._session.exec(known.where(col(OpenMatter.doubtful).is_(True))).all())
        for part in batched(missing):
            for ticket in self._session.exec(select(Ticket).where(col(Ticket.id).in_(part))).all():
                self._write(ticket)
        waiting = self._session.exec(select(Signal).where(Signal.status == SignalStatus.WAITING)).all()
        heard = [signal for signal in waiting if _subject(signal) not in filed]
        for signal in heard:
            self._write(signal)
        return len(missing) + len(heard)

    def _write(self, row: Ticket | Signal) -> None:
        if self._keys_of is None or not _is_open(row):
            return
        signal = isinstance(row, Signal)
        same = {
            "subject": _subject(row),
            "node_id": row.node_id,
            "category": row.category,
            "doubtful": signal,
            "opened_at": row.at if isinstance(row, Signal) else row.opened_at,
        }
        rows = [{**same, "key": key} for key in dict.fromkeys(self._keys_of(row))]
        if rows:
            self._session.connection().execute(insert(OpenMatter), rows)

    def _drop(self, row: Ticket | Signal) -> None:
        self._session.connection().execute(delete(OpenMatter).where(col(OpenMatter.subject) == _subject(row)))


def _subject(row: Ticket | Signal) -> str:
    return row.id if isinstance(row, Ticket) else signal_subject(row.id or 0)


def _is_open(row: Ticket | Signal) -> bool:
    """Whether other people's words may belong to it: neither to what is private nor to what was reported as done."""
    if isinstance(row, Signal):
        return row.status is SignalStatus.WAITING
    return row.status in OWED and not row.private


def _has_changed(row: Ticket | Signal) -> bool:
    """Whether keys have to be written anew; a step from one open status to another changes none."""
    state = inspect(row)
    changed = [name for name in _TOLD_BY if name in state.attrs and state.attrs[name].history.has_changes()]
    if changed != ["status"] or isinstance(row, Signal):
        return bool(changed)
    before = state.attrs["status"].history.deleted
    return not before or (before[0] in OWED) != (row.status in OWED)


@lru_cache(maxsize=64)
def _newest(count: int) -> TextClause:
    """The newest rows of so many keys, each from the index: one list of all keys would read every row that has one."""
    one = (
        "SELECT * FROM (SELECT {place} AS place, subject FROM open_matter WHERE node_id = :node"
        " AND category = :category AND doubtful = :doubtful AND key = :key{place} AND opened_at > :after"
        " ORDER BY opened_at DESC LIMIT {few}) AS k{place}"
    )
    parts = " UNION ALL ".join(one.format(place=place, few=FEW) for place in range(count))
    return text(parts).bindparams(bindparam("after", type_=Utc()), bindparam("doubtful", type_=Boolean()))
