"""Publications, visits, patrols, votes, care, meetings and reviews within one unit of work."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select, update

from models.codes import RecordKind, RecordState
from models.outbox import batched
from models.places import Places, at_or_below
from models.record_tables import Record, RecordEntry
from models.tables import GridNode


class Records:
    """Reads and writes of records. Who may see one is decided by the handlers."""

    def __init__(self, session: Session, places: Places) -> None:
        self._session = session
        self._places = places
        self.touched: dict[int, Record] = {}  # what began or ended in this unit, by id

    def open(
        self,
        kind: RecordKind,
        node: GridNode,
        scope: GridNode,
        *,
        title: str,
        at: datetime,
        person_id: str | None = None,
        text: str = "",
        room_id: int | None = None,
        ticket_id: str | None = None,
        subject: str | None = None,
        period: str | None = None,
        due_at: datetime | None = None,
        data: dict[str, Any] | None = None,
    ) -> Record:
        """A new record with the next number of the scope. One of a series that exists already breaks a unique index."""
        assert scope.id is not None
        assert node.id is not None
        record = Record(
            kind=kind,
            scope_id=scope.id,
            number=self._places.next_number(scope.id, "ticket"),
            node_id=node.id,
            room_id=room_id,
            person_id=person_id,
            ticket_id=ticket_id,
            subject=subject,
            period=period,
            title=title,
            text=text,
            data=data or {},
            at=at,
            due_at=due_at,
        )
        self._session.add(record)
        self._session.flush()
        self.touched[record.id or 0] = record
        return record

    def get(self, record_id: int) -> Record:
        """The record. Raises LookupError."""
        found = self._session.get(Record, record_id)
        if found is None:
            raise LookupError(f"no record {record_id}")
        return found

    def by_number(self, scope_id: int, number: int) -> Record | None:
        query = select(Record).where(Record.scope_id == scope_id, Record.number == number)
        return self._session.exec(query).first()

    def numbered(self, scope_ids: Sequence[int], number: int) -> list[Record]:
        """Those with that number in any of these scopes, at most one in each."""
        found: list[Record] = []
        for some in batched(scope_ids):
            query = select(Record).where(col(Record.scope_id).in_(some), Record.number == number)
            found += self._session.exec(query.order_by(col(Record.scope_id))).all()
        return found

    def of_series(self, kind: RecordKind, node_id: int, subject: str | None, period: str | None) -> Record | None:
        """The one of a series: of that subject, in that period."""
        query = select(Record).where(
            Record.kind == kind, Record.node_id == node_id, Record.subject == subject, Record.period == period
        )
        return self._session.exec(query.order_by(col(Record.id).desc())).first()

    def below(
        self,
        path: str,
        kind: RecordKind,
        *,
        states: Collection[RecordState] = tuple(RecordState),
        since: datetime | None = None,
        limit: int = 50,
    ) -> Sequence[Record]:
        """Records of a kind at the node of that path and below, newest first."""
        here = col(Record.node_id).in_(select(GridNode.id).where(at_or_below(path)))
        query = select(Record).where(here, Record.kind == kind, col(Record.state).in_(list(states)))
        if since is not None:
            query = query.where(col(Record.at) > since)
        return self._session.exec(query.order_by(col(Record.at).desc(), col(Record.id).desc()).limit(limit)).all()

    def at_any(self, node_ids: Collection[int], kind: RecordKind, *, limit: int = 50) -> Sequence[Record]:
        """Records of a kind at exactly these nodes, newest first."""
        query = select(Record).where(col(Record.node_id).in_(list(node_ids)), Record.kind == kind)
        return self._session.exec(query.order_by(col(Record.at).desc(), col(Record.id).desc()).limit(limit)).all()

    def search(
        self, kind: RecordKind, node_ids: Collection[int], words: Sequence[str], paths: Sequence[str], limit: int
    ) -> Sequence[Record]:
        """Records of a kind that ended and still have words, all of these in their title or text, newest first.

        At exactly these nodes, or at or below one of these paths.
        """
        places: list[ColumnElement[bool]] = [col(Record.node_id).in_(list(node_ids))]
        places += [col(Record.node_id).in_(select(GridNode.id).where(at_or_below(path))) for path in paths]
        query = select(Record).where(or_(*places), Record.kind == kind, Record.state == RecordState.ENDED)
        query = query.where(col(Record.erased_at).is_(None))
        for word in words:
            query = query.where(
                or_(col(Record.title).contains(word, autoescape=True), col(Record.text).contains(word, autoescape=True))
            )
        return self._session.exec(query.order_by(col(Record.at).desc(), col(Record.id).desc()).limit(limit)).all()

    def due(self, kind: RecordKind, person_id: str, now: datetime, limit: int) -> Sequence[Record]:
        """Open records of a kind that are that person's to see to by now, the longest due first."""
        query = select(Record).where(
            Record.kind == kind,
            Record.state == RecordState.OPEN,
            col(Record.due_at) <= now,
            Record.person_id == person_id,
        )
        return self._session.exec(query.order_by(col(Record.due_at), col(Record.id)).limit(limit)).all()

    def last_of(self, kind: RecordKind, person_id: str, after: datetime) -> Record | None:
        """The newest record of a kind that the person began since then."""
        query = select(Record).where(Record.kind == kind, Record.person_id == person_id, col(Record.at) > after)
        return self._session.exec(query.order_by(col(Record.at).desc(), col(Record.id).desc())).first()

    def times(self, path: str, kind: RecordKind, since: datetime, until: datetime) -> Sequence[tuple[int, datetime]]:
        """(node id, when) of every record of a kind at the node of that path and below, in [since, until)."""
        here = col(Record.node_id).in_(select(GridNode.id).where(at_or_below(path)))
        query = select(Record.node_id, Record.at).where(
            here, Record.kind == kind, col(Record.at) >= since, col(Record.at) < until
        )
        return self._session.exec(query).all()

    def about(self, ticket_id: str, kind: RecordKind) -> Sequence[Record]:
        """Records of a kind about that ticket, newest first."""
        query = select(Record).where(Record.ticket_id == ticket_id, Record.kind == kind)
        return self._session.exec(query.order_by(col(Record.id).desc())).all()

    def end(self, record: Record, at: datetime, state: RecordState = RecordState.ENDED) -> None:
        record.state, record.ended_at = state, at
        self._session.flush()
        self.touched[record.id or 0] = record

    # -- entries --------------------------------------------------------------------------------

    def entries(self, record_id: int, kind: str | None = None) -> Sequence[RecordEntry]:
        """The parts of a record, oldest first."""
        query = select(RecordEntry).where(RecordEntry.record_id == record_id)
        if kind is not None:
            query = query.where(RecordEntry.kind == kind)
        return self._session.exec(query.order_by(col(RecordEntry.id))).all()

    def entry(self, record_id: int, kind: str, key: str) -> RecordEntry | None:
        query = select(RecordEntry).where(
            RecordEntry.record_id == record_id, RecordEntry.kind == kind, RecordEntry.key == key
        )
        return self._session.exec(query).first()

    def put(
        self,
        record: Record,
        kind: str,
        key: str,
        *,
        at: datetime,
        value: str | None = None,
        text: str = "",
        person_id: str | None = None,
        ticket_id: str | None = None,
    ) -> tuple[RecordEntry, bool]:
        """The part of that key, written anew if it stood there; whether it is new."""
        assert record.id is not None
        entry = self.entry(record.id, kind, key)
        new = entry is None
        if entry is None:
            entry = RecordEntry(record_id=record.id, kind=kind, key=key, at=at)
            self._session.add(entry)
        entry.value, entry.text, entry.person_id, entry.ticket_id, entry.at = value, text, person_id, ticket_id, at
        self._session.flush()
        return entry, new

    def drop(self, entry: RecordEntry) -> None:
        self._session.delete(entry)
        self._session.flush()

    # -- erasing --------------------------------------------------------------------------------

    def kept_since(self, before: datetime, limit: int) -> Sequence[Record]:
        """The first of those that ended before that moment and still have words; visits have months of their own."""
        query = select(Record).where(col(Record.erased_at).is_(None), col(Record.ended_at) < before)
        query = query.where(Record.kind != RecordKind.VISIT)
        return self._session.exec(query.order_by(col(Record.ended_at)).limit(limit)).all()

    def visits_since(self, before: datetime, limit: int) -> tuple[Sequence[Record], Sequence[RecordEntry]]:
        """The first files whose last visit was before that moment, and notes of others that are as old."""
        visits = (Record.kind == RecordKind.VISIT, col(Record.erased_at).is_(None))
        files = self._session.exec(select(Record).where(*visits, col(Record.at) < before).limit(limit)).all()
        query = select(RecordEntry).join(Record, col(Record.id) == col(RecordEntry.record_id))
        query = query.where(*visits, col(RecordEntry.at) < before, RecordEntry.text != "")
        return files, self._session.exec(query.order_by(col(RecordEntry.id)).limit(limit)).all()

    def erase(self, record: Record, title: str, at: datetime) -> None:
        """Take the words away; what is counted stays."""
        record.title, record.text, record.erased_at = title, "", at
        of = col(RecordEntry.record_id) == record.id
        self._session.exec(update(RecordEntry).where(of).values(text=""))
        self._session.flush()

    def forget(self, person_id: str) -> None:
        """What that person said in records goes; how he voted stays without him, under an opaque key."""
        mine = col(RecordEntry.person_id) == person_id
        self._session.exec(update(RecordEntry).where(mine).values(text=""))
        self._session.flush()
