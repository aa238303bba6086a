"""Emergencies that wait for somebody who says that he has them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from models.ticket_tables import Alarm


class Alarms:
    """Reads and writes of alarms within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, subject: str, at: datetime) -> Alarm:
        alarm = Alarm(subject=subject, at=at)
        self._session.add(alarm)
        self._session.flush()
        return alarm

    def get(self, subject: str) -> Alarm | None:
        """The alarm of a subject, locked: two people must not both be told that they have it."""
        self._session.flush()
        query = select(Alarm).where(Alarm.subject == subject).with_for_update()
        return self._session.exec(query.execution_options(populate_existing=True)).first()

    def waiting(self) -> Sequence[Alarm]:
        """Everything that nobody has said 收到 to, oldest first."""
        query = select(Alarm).where(col(Alarm.ended_at).is_(None))
        return self._session.exec(query.order_by(col(Alarm.at), col(Alarm.subject))).all()
