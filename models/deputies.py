"""Who stands in for whom, and until when."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from models.deputy_tables import Deputy
from models.outbox import batched
from models.tables import Person


class Deputies:
    """Reads and writes of deputies within one unit of work. A deputy's own deputy is never followed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, deputy_row_id: int) -> Deputy | None:
        return self._session.get(Deputy, deputy_row_id)

    def name(self, person: Person, deputy: Person, *, since: datetime, until: datetime) -> Deputy:
        """The deputy stands in for the person from now on, in place of whoever did."""
        before = self._open(person.id)
        if before is not None:
            self.end(before, since)
        row = Deputy(person_id=person.id, deputy_id=deputy.id, since=since, until=until)
        self._session.add(row)
        self._session.flush()
        return row

    def end(self, row: Deputy, at: datetime) -> None:
        row.ended_at = at
        self._session.flush()

    def of(self, person_id: str, now: datetime) -> Deputy | None:
        """Who stands in for the person now."""
        row = self._open(person_id)
        return row if row is not None and row.until > now else None

    def standing_in(self, person_ids: Sequence[str], now: datetime) -> dict[str, str]:
        """Who of them has a deputy now, and whom, by ids; in few statements however many they are."""
        found: dict[str, str] = {}
        for some in batched(person_ids):
            query = select(Deputy).where(
                col(Deputy.person_id).in_(some), col(Deputy.ended_at).is_(None), col(Deputy.until) > now
            )
            found.update({row.person_id: row.deputy_id for row in self._session.exec(query).all()})
        return found

    def principals(self, deputy_id: str, now: datetime) -> list[str]:
        """Ids of those for whom that one stands in now."""
        query = select(Deputy.person_id).where(
            Deputy.deputy_id == deputy_id, col(Deputy.ended_at).is_(None), col(Deputy.until) > now
        )
        return list(self._session.exec(query.order_by(col(Deputy.id))).all())

    def involving(self, person_id: str) -> Sequence[Deputy]:
        """What has not ended yet and has the person on either side."""
        sides = (col(Deputy.person_id) == person_id) | (col(Deputy.deputy_id) == person_id)
        query = select(Deputy).where(sides, col(Deputy.ended_at).is_(None))
        return self._session.exec(query.order_by(col(Deputy.id))).all()

    def _open(self, person_id: str) -> Deputy | None:
        query = select(Deputy).where(Deputy.person_id == person_id, col(Deputy.ended_at).is_(None))
        return self._session.exec(query).first()
