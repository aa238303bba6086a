"""The ledger of points (积分) and what is counted outside, within one unit of work."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import Session, col, select, update

from models.codes import BY_HAND, PointKind, Role
from models.places import at_or_below
from models.point_tables import OutsideCount, PointEntry
from models.tables import GridNode, Person, RoleGrant


@dataclass(frozen=True, slots=True)
class Ranked:
    """Somebody's month. works: what brought them and stands; reversals: what was taken back in it."""

    person_id: str
    points: int
    works: int
    reversals: int


class Points:
    """Reads and writes of the ledger. Lines are added and never changed, but for their words, which can be erased."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, entry: PointEntry) -> PointEntry:
        """A new line. One of the same key breaks a unique index."""
        self._session.add(entry)
        self._session.flush()
        return entry

    def reverse(self, entry: PointEntry, *, at: datetime, by_id: str | None, note: str = "") -> PointEntry:
        """The line that takes one back, at that moment. A line is taken back once: a unique index holds that."""
        line = PointEntry(
            scope_id=entry.scope_id, node_id=entry.node_id, person_id=entry.person_id,
            organisation_id=entry.organisation_id, rule=entry.rule, amount=-entry.amount, note=note,
            ticket_id=entry.ticket_id, record_id=entry.record_id, by_id=by_id, reverses=entry.id, at=at,
        )  # fmt: skip
        return self.put(line)

    def get(self, entry_id: int) -> PointEntry | None:
        return self._session.get(PointEntry, entry_id)

    def reversal(self, entry: PointEntry) -> PointEntry | None:
        """The line that took this one back."""
        return self._session.exec(select(PointEntry).where(PointEntry.reverses == entry.id)).first()

    def of_ticket(self, ticket_id: str) -> Sequence[PointEntry]:
        """Every line about a ticket, oldest first."""
        query = select(PointEntry).where(PointEntry.ticket_id == ticket_id)
        return self._session.exec(query.order_by(col(PointEntry.id))).all()

    def of_record(self, record_id: int) -> Sequence[PointEntry]:
        """Every line about a record, oldest first."""
        query = select(PointEntry).where(PointEntry.record_id == record_id)
        return self._session.exec(query.order_by(col(PointEntry.id))).all()

    def of_organisation(self, organisation_id: int, rule: str) -> Sequence[PointEntry]:
        """Every line of a rule about an organisation, oldest first."""
        query = select(PointEntry).where(PointEntry.organisation_id == organisation_id, PointEntry.rule == rule)
        return self._session.exec(query.order_by(col(PointEntry.id))).all()

    def total(self, person_id: str, since: datetime | None = None) -> int:
        """What somebody has, or has got since that moment."""
        query = select(func.coalesce(func.sum(PointEntry.amount), 0)).where(PointEntry.person_id == person_id)
        if since is not None:
            query = query.where(col(PointEntry.at) >= since)
        return self._session.exec(query).one()

    def latest(self, person_id: str, limit: int) -> Sequence[PointEntry]:
        """Somebody's last lines, newest first."""
        query = select(PointEntry).where(PointEntry.person_id == person_id)
        return self._session.exec(query.order_by(col(PointEntry.id).desc()).limit(limit)).all()

    def given(self, rule: str, person_id: str, since: datetime, until: datetime) -> int:
        """How much of a rule's points somebody got in [since, until) and has not lost again, without their signs."""
        gone = select(PointEntry.reverses).where(
            col(PointEntry.reverses).is_not(None), PointEntry.person_id == person_id
        )
        amounts = select(PointEntry.amount).where(
            PointEntry.person_id == person_id,
            PointEntry.rule == rule,
            col(PointEntry.reverses).is_(None),
            col(PointEntry.at) >= since,
            col(PointEntry.at) < until,
            col(PointEntry.id).not_in(gone),
        )
        return sum(map(abs, self._session.exec(amounts).all()))

    def ranking(
        self,
        path: str,
        since: datetime,
        until: datetime,
        *,
        rules: Collection[str] | None = None,
        role: Role | None = None,
        limit: int = 10,
    ) -> list[Ranked]:
        """Who has most points from [since, until) at the node of that path and below, most first; nobody below one.

        What was given or taken by hand is no work and does not count. rules: only their points count. role: only those
        who hold it there. Who is forgotten is never in it. Of equals first who had fewer lines taken back, then
        whose work was first, then by 工号 and id.
        """
        gained, back = col(PointEntry.reverses).is_(None), col(PointEntry.reverses).is_not(None)
        points = func.sum(PointEntry.amount)
        works = func.sum(case((and_(gained, col(PointEntry.amount) >= 0), 1), else_=0))
        reversals = func.sum(case((and_(back, col(PointEntry.amount) <= 0), 1), else_=0))
        first = func.min(case((gained, PointEntry.at)))
        here: list[ColumnElement[bool]] = [
            col(PointEntry.node_id).in_(select(GridNode.id).where(at_or_below(path))),
            col(PointEntry.at) >= since,
            col(PointEntry.at) < until,
            col(PointEntry.rule) != BY_HAND,
            col(Person.erased_at).is_(None),
        ]
        if rules is not None:
            here.append(col(PointEntry.rule).in_(list(rules)))
        if role is not None:
            holds = select(RoleGrant.person_id).join(GridNode, col(GridNode.id) == col(RoleGrant.node_id))
            here.append(col(Person.id).in_(holds.where(RoleGrant.role == role, at_or_below(path))))
        query = (
            select(Person.id, points, works, reversals)
            .join(PointEntry, col(PointEntry.person_id) == col(Person.id))
            .where(*here)
            .group_by(col(Person.id), col(Person.code))
            .having(points > 0)
            .order_by(
                points.desc(), reversals, first.is_(None), first, col(Person.code).is_(None), col(Person.code),
                col(Person.id),
            )
            .limit(limit)
        )  # fmt: skip
        return [
            Ranked(person_id, total, done - undone, undone)
            for person_id, total, done, undone in self._session.exec(query).all()
        ]

    # -- what is counted outside ------------------------------------------------------------------

    def count_outside(
        self, subject: str, kind: PointKind, month: str, count: int, *, by_id: str, at: datetime
    ) -> OutsideCount:
        """That many there were; what was entered before is replaced."""
        query = select(OutsideCount).where(
            OutsideCount.subject == subject, OutsideCount.kind == kind, OutsideCount.month == month
        )
        row = self._session.exec(query).first()
        if row is None:
            row = OutsideCount(subject=subject, kind=kind, month=month, count=count, at=at)
            self._session.add(row)
        row.count, row.by_id, row.at = count, by_id, at
        self._session.flush()
        return row

    def outside(self, subjects: Collection[str], month: str) -> dict[tuple[str, PointKind], int]:
        """What was entered about these in a month, by subject and kind."""
        query = select(OutsideCount.subject, OutsideCount.kind, OutsideCount.count).where(
            col(OutsideCount.subject).in_(list(subjects)), OutsideCount.month == month
        )
        return {(subject, PointKind(kind)): count for subject, kind, count in self._session.exec(query).all()}

    # -- erasing ----------------------------------------------------------------------------------

    def forget(self, person_id: str) -> None:
        """The words about that person, and those that he wrote, go; the figures stay without a name."""
        about = (col(PointEntry.person_id) == person_id) | (col(PointEntry.by_id) == person_id)
        self._session.exec(update(PointEntry).where(about, col(PointEntry.note) != "").values(note=""))

    def blank_old(self, before: datetime) -> None:
        """The words of lines from before that moment go."""
        self._session.exec(
            update(PointEntry).where(col(PointEntry.at) < before, col(PointEntry.note) != "").values(note="")
        )
