"""The table of emergencies that wait for somebody."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from models.types import Utc


class Alarm(SQLModel, table=True):
    """An emergency to which somebody has to answer 收到. subject as in OutgoingSubject.

    A matter may have several, one after the other: level says from which level up this one is told, raised_by
    who moved the matter up there (None: nobody, it is the first). told holds the ids of those who were told, in
    that order. ended_at is set when somebody has it or nothing is to be done any more; what stays open is named
    in the digest. over_at is set when the matter itself has been seen to or dropped: nobody need go there then.
    """

    __table_args__ = (
        Index(
            "ux_alarm_waiting",
            "subject",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(index=True)
    level: int = 0
    raised_by: str | None = None
    at: datetime = Field(sa_type=Utc)
    told: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    acknowledged_by: str | None = None
    ended_at: datetime | None = Field(default=None, sa_column=Column(Utc, nullable=True, index=True))
    over_at: datetime | None = Field(default=None, sa_type=Utc)
