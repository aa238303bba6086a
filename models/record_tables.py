"""Tables of what a village keeps beside tickets: publications, visits, patrols, votes, care, meetings, reviews."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.codes import RecordKind, RecordState
from models.types import Utc, coded

_HAS_WORDS = text("text != ''")


class Record(SQLModel, table=True):
    """One of them; its number is of the same counter as those of tickets, so that a number means one thing.

    person_id: who began it. period: which one of a series it is (a month of visits, the date of a meeting), unique
    within kind, node and subject ("" where there is none). subject: what it is about beside the node, an opaque key.
    due_at: until when something has to be done. text and entries hold words, erasable; data codes and figures only.
    """

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("scope_id", "number"),
        UniqueConstraint("kind", "node_id", "subject", "period"),
        Index("ix_record_node", "node_id", "kind", "state", "at"),
        Index("ix_record_due", "kind", "state", "due_at"),
        Index("ix_record_ended", "erased_at", "ended_at"),
        Index("ix_record_kept", "kind", "erased_at", "at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: RecordKind = Field(sa_column=coded(RecordKind))
    scope_id: int = Field(foreign_key="grid_node.id")
    number: int
    node_id: int = Field(foreign_key="grid_node.id")
    room_id: int | None = Field(default=None, foreign_key="room.id")
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id", index=True)
    subject: str | None = None
    period: str | None = None
    state: RecordState = Field(default=RecordState.OPEN, sa_column=coded(RecordState))
    title: str
    text: str = ""
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=Utc)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    erased_at: datetime | None = Field(default=None, sa_type=Utc)


class RecordEntry(SQLModel, table=True):
    """A part of a record: a vote, a checked item, a matter on an agenda, a reviewer's word.

    key: who or what it counts for (a person, a household, an item, a ticket); of one kind only once in a record as long
    as it stands. value: a code (agree, ok, failed). text: words, erasable.
    """

    __tablename__ = "record_entry"
    __table_args__ = (
        UniqueConstraint("record_id", "kind", "key"),
        Index("ix_record_entry_key", "kind", "key"),
        Index("ix_record_entry_words", "kind", "at", sqlite_where=_HAS_WORDS, postgresql_where=_HAS_WORDS),
    )
    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    kind: str
    key: str
    value: str | None = None
    text: str = ""
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id", index=True)
    at: datetime = Field(sa_type=Utc)
