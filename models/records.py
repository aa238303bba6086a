"""Publications, visits, patrols, votes, care, meetings and reviews within one unit of work."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column, or_
from sqlmodel import Session, col, delete, select, update

from models.codes import RecordKind, RecordState
from models.outbox import batched
from models.places import Places, at_or_below
from models.record_tables import Record, RecordEntry
from models.tables import GridNode

NOTE, PICTURE = "visit", "picture"
"""Kinds of entries: a note of a visit; a picture of a publication, its key the hash of the bytes."""
VOTED, UNCOUNTED = "vote", "uncounted"
"""Kinds of entries: a vote; one that counts as soon as its household is known."""


def vote_key(record_id: int | None, whose: str) -> str:
    """Under which a vote stands: opaque, and another one in each record."""
    return hashlib.sha256(f"{record_id}\x1f{whose}".encode()).hexdigest()[:32]


def absorb(session: Session, former_id: str, person_id: str) -> None:
    """Two persons turn out to be one: what was the former's is the other's, who has one vote and not two."""
    session.exec(update(Record).where(col(Record.person_id) == former_id).values(person_id=person_id))
    for entry in session.exec(select(RecordEntry).where(RecordEntry.person_id == former_id)).all():
        key = entry.key
        if key == former_id:
            key = person_id
        elif key == vote_key(entry.record_id, former_id):
            key = vote_key(entry.record_id, person_id)
        same = (RecordEntry.record_id == entry.record_id, RecordEntry.kind == entry.kind, RecordEntry.key == key)
        if key != entry.key and session.exec(select(RecordEntry).where(*same)).first() is not None:
            session.delete(entry)
        else:
            entry.key, entry.person_id = key, person_id
    running = (Record.kind == RecordKind.REVIEW, Record.state == RecordState.OPEN)
    for review in session.exec(select(Record).where(*running)).all():
        if review.data.get("leader") == former_id:
            review.data = {**review.data, "leader": person_id}
    session.flush()


class Records:
    """Reads and writes of records. Who may see one is decided by the handlers."""

    def __init__(self, session: Session, places: Places) -> None:
        self._session = session
        self._places = places
        self.touched: dict[int, Record] = {}  # what began or ended in this unit, by id
        self.noted: dict[int, RecordEntry] = {}  # what was noted in it, by id

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

    def running(
        self, kinds: Collection[RecordKind], *, meetings_since: datetime, path: str | None = None
    ) -> Sequence[Record]:
        """Open records of these kinds (at the node of that path, below or above it); of meetings those since then."""
        if not kinds:
            return ()
        query = select(Record).where(col(Record.kind).in_(list(kinds)), Record.state == RecordState.OPEN)
        query = query.where(or_(col(Record.kind) != RecordKind.MEETING, col(Record.at) > meetings_since))
        if path is not None:
            above = [path[: end + 1] for end, char in enumerate(path) if char == "/"]
            nodes = select(GridNode.id).where(or_(at_or_below(path), col(GridNode.path).in_(above)))
            query = query.where(col(Record.node_id).in_(nodes))
        return self._session.exec(query.order_by(col(Record.id))).all()

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

    def of_person(self, kind: RecordKind, person_id: str) -> Sequence[Record]:
        """Open records of a kind that are that person's, oldest first."""
        query = select(Record).where(
            Record.kind == kind, Record.state == RecordState.OPEN, Record.person_id == person_id
        )
        return self._session.exec(query.order_by(col(Record.id))).all()

    def of_subject(self, kind: RecordKind, node_id: int, subject: str) -> Sequence[Record]:
        """The whole series of a subject, newest first."""
        query = select(Record).where(Record.kind == kind, Record.node_id == node_id, Record.subject == subject)
        return self._session.exec(query.order_by(col(Record.id).desc())).all()

    def open_counts(self, path: str, kind: RecordKind, now: datetime) -> tuple[int, int, int]:
        """At the node of that path and below: how many are open, are overdue, are nobody's."""
        here = col(Record.node_id).in_(select(GridNode.id).where(at_or_below(path)))
        late, nobody = col(Record.due_at) <= now, col(Record.person_id).is_(None)
        query = select(func.count(), func.sum(case((late, 1), else_=0)), func.sum(case((nobody, 1), else_=0)))
        row = self._session.exec(query.where(here, Record.kind == kind, Record.state == RecordState.OPEN)).one()
        return int(row[0]), int(row[1] or 0), int(row[2] or 0)

    def last_of(self, kind: RecordKind, person_id: str, after: datetime) -> Record | None:
        """The newest record of a kind that the person began since then."""
        query = select(Record).where(Record.kind == kind, Record.person_id == person_id, col(Record.at) > after)
        return self._session.exec(query.order_by(col(Record.at).desc(), col(Record.id).desc())).first()

    def between(self, path: str, kind: RecordKind, since: datetime, until: datetime) -> Sequence[Record]:
        """Every record of a kind at the node of that path and below that began in [since, until), oldest first."""
        here = col(Record.node_id).in_(select(GridNode.id).where(at_or_below(path)))
        query = select(Record).where(here, Record.kind == kind, col(Record.at) >= since, col(Record.at) < until)
        return self._session.exec(query.order_by(col(Record.at), col(Record.id))).all()

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
        self.noted[entry.id or 0] = entry
        return entry, new

    def drop(self, entry: RecordEntry) -> None:
        self._session.delete(entry)
        self._session.flush()

    def hold(self, record: Record) -> None:
        """Read it anew and keep others from changing it until the end of the unit."""
        self._session.refresh(record, with_for_update=True)

    def tally(self, record_id: int, kind: str) -> dict[str, int]:
        """How many parts of that kind have each value."""
        query = select(RecordEntry.value, func.count()).where(
            RecordEntry.record_id == record_id, RecordEntry.kind == kind
        )
        return {value or "": count for value, count in self._session.exec(query.group_by(RecordEntry.value)).all()}

    def met_about(self, ticket_id: str) -> Sequence[int]:
        """The nodes of the meetings that have or had a ticket before them."""
        about = (RecordEntry.ticket_id == ticket_id, Record.kind == RecordKind.MEETING)
        query = select(Record.node_id).join(RecordEntry, col(RecordEntry.record_id) == col(Record.id))
        return self._session.exec(query.where(*about).distinct()).all()

    def entries_of(self, person_id: str, kind: str) -> Sequence[RecordEntry]:
        """The parts of that kind that are of that person, oldest first."""
        query = select(RecordEntry).where(RecordEntry.person_id == person_id, RecordEntry.kind == kind)
        return self._session.exec(query.order_by(col(RecordEntry.id))).all()

    def drop_entries(self, record_id: int, *kinds: str) -> None:
        """Take all parts of these kinds away."""
        of = (col(RecordEntry.record_id) == record_id, col(RecordEntry.kind).in_(kinds))
        self._session.exec(delete(RecordEntry).where(*of))
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
        # As the index has it, word for word: only then it is used.
        words = col(RecordEntry.text) != literal_column("''")
        query = select(RecordEntry).where(RecordEntry.kind == NOTE, col(RecordEntry.at) < before, words)
        return files, self._session.exec(query.order_by(col(RecordEntry.at)).limit(limit)).all()

    def erase(self, record: Record, title: str, at: datetime) -> None:
        """Take the words and the names of pictures away; what is counted stays."""
        record.title, record.text, record.erased_at = title, "", at
        if "pictures" in record.data:
            record.data = {**record.data, "pictures": [], "held": []}
        of = col(RecordEntry.record_id) == record.id
        self._session.exec(delete(RecordEntry).where(of, col(RecordEntry.kind) == PICTURE))
        self._session.exec(update(RecordEntry).where(of).values(text=""))
        self._session.flush()

    def erase_about(self, ticket_id: str, title: str) -> None:
        """Take away the words from which a ticket was made (a note of a visit, what was found on a round) and those of
        records about it: they go when its own go."""
        self._session.exec(update(RecordEntry).where(col(RecordEntry.ticket_id) == ticket_id).values(text=""))
        about = select(Record.id).where(Record.ticket_id == ticket_id)
        self._session.exec(update(RecordEntry).where(col(RecordEntry.record_id).in_(about)).values(text=""))
        self._session.exec(update(Record).where(col(Record.ticket_id) == ticket_id).values(title=title, text=""))
        self._session.flush()

    def worded_of(self, kind: RecordKind, person_id: str) -> Sequence[Record]:
        """Records of a kind that are that person's and still have words, oldest first."""
        query = select(Record).where(
            Record.kind == kind, Record.person_id == person_id, col(Record.erased_at).is_(None)
        )
        return self._session.exec(query.order_by(col(Record.id))).all()

    def forget(self, person_id: str) -> None:
        """What that person said in records goes, and that it was he. What the village published, how a vote ended and
        which round was done stay, without him; how he voted stays under an opaque key.

        Whose household he looked after, and which review waits for his word, is known until somebody else is asked
        (handlers/record/care_looks.py, handlers/record/reviewing.py).
        """
        mine = col(RecordEntry.person_id) == person_id
        self._session.exec(update(RecordEntry).where(mine).values(text=""))
        self._session.exec(delete(RecordEntry).where(mine, col(RecordEntry.kind) == UNCOUNTED))
        running = select(Record.id).where(Record.kind == RecordKind.REVIEW, Record.state == RecordState.OPEN)
        done = col(RecordEntry.record_id).not_in(running)
        self._session.exec(update(RecordEntry).where(mine, done).values(person_id=None))
        helped = (
            col(Record.kind) == RecordKind.CARE,
            col(Record.person_id) == person_id,
            col(Record.state) == RecordState.ENDED,
        )
        self._session.exec(update(Record).where(*helped).values(text=""))
        others = or_(col(Record.kind) != RecordKind.CARE, col(Record.state) != RecordState.OPEN)
        of_him = col(Record.person_id) == person_id
        self._session.exec(update(Record).where(of_him, others).values(person_id=None))
        self._session.flush()

    # -- pictures -------------------------------------------------------------------------------

    def add_picture(self, record: Record, sha256: str, at: datetime) -> None:
        """The record shows the picture of that hash, as long as it has words."""
        self.put(record, PICTURE, sha256, at=at)

    def shows(self, sha256: str) -> bool:
        """Whether any record still has the picture of that hash."""
        query = select(RecordEntry.id).where(RecordEntry.kind == PICTURE, RecordEntry.key == sha256)
        return self._session.exec(query).first() is not None
