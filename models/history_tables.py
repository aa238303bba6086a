"""Tables of the histories of tickets: steps, their words, seals."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.codes import Status
from models.types import Utc, coded


class TicketEvent(SQLModel, table=True):
    """One step of a ticket's history, chained by hash. actor_id is an opaque person id or None (the clock).

    sealed_on is the day of the seal that holds it; None until the next seal.
    """

    __tablename__ = "ticket_event"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: str = Field(foreign_key="ticket.id")
    seq: int
    at: datetime = Field(sa_column=Column(Utc, nullable=False, index=True))
    kind: str
    actor_id: str | None = None
    from_status: Status | None = Field(default=None, sa_column=coded(Status, nullable=True))
    to_status: Status = Field(sa_column=coded(Status))
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    text_hash: str | None = None
    prev_hash: str
    hash: str
    sealed_on: str | None = Field(default=None, index=True)


class EventText(SQLModel, table=True):
    """The words of an event, apart from the chain so that they can be erased."""

    __tablename__ = "event_text"
    ticket_id: str = Field(foreign_key="ticket.id", primary_key=True)
    seq: int = Field(primary_key=True)
    author_id: str | None = Field(default=None, index=True)
    salt: str
    text: str


class Seal(SQLModel, table=True):
    """A daily hash over all events that no seal held yet, chained in order of id, so that removed tails are found."""

    id: int | None = Field(default=None, primary_key=True)
    day: str = Field(unique=True)
    at: datetime = Field(sa_type=Utc)
    events: int
    prev_hash: str
    hash: str
