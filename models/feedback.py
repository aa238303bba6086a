"""Labelled examples that come from what leaders correct."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlmodel import Session, col, select, update

from models.feedback_tables import Feedback


class Feedbacks:
    """Reads and writes of labelled examples within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, example: Feedback) -> None:
        self._session.add(example)

    def all(self) -> Iterator[Feedback]:
        """Every example, oldest first."""
        return iter(self._session.exec(select(Feedback).order_by(col(Feedback.id))).all())

    def blank_old(self, before: datetime) -> None:
        """Delete the words of what was noted before that moment, and which ticket they came from."""
        kept = update(Feedback).where(col(Feedback.at) < before, col(Feedback.ticket_id).is_not(None))
        self._session.exec(kept.values(text=None, ticket_id=None))

    def blank_of(self, ticket_ids: Iterable[str]) -> None:
        """Delete the words that came from these tickets."""
        for ticket_id in ticket_ids:
            kept = update(Feedback).where(col(Feedback.ticket_id) == ticket_id)
            self._session.exec(kept.values(text=None, ticket_id=None))
