"""The table of those who stand in for somebody."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.types import Utc


class Deputy(SQLModel, table=True):
    """From since until until, deputy_id does what person_id has to do. A person has one deputy at a time.

    ended_at is set when it was taken back, replaced, or when until has passed and both were told.
    """

    __table_args__ = (
        Index(
            "ux_deputy_live",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    deputy_id: str = Field(foreign_key="person.id", index=True)
    since: datetime = Field(sa_type=Utc)
    until: datetime = Field(sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
