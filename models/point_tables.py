"""Tables of points (积分): what a rule gave to whom, for what; and what is counted outside, a month at a time.

No line of the ledger is changed; a reversal takes one back.
"""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.codes import PointKind
from models.types import Utc, coded


class PointEntry(SQLModel, table=True):
    """One line of the ledger, of a person or of an organisation.

    key: what it was given for, so that a rule gives it once ("claim_done:‹ticket›:‹person›"). amount: points, negative
    too. note: words, erasable. by_id: who gave or took it; None: the rules did. reverses: the line that this one takes
    back, once.
    """

    __tablename__ = "point_entry"
    __table_args__ = (
        Index("ix_point_month", "scope_id", "at"),
        Index("ix_point_node", "node_id", "at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    scope_id: int = Field(foreign_key="grid_node.id")
    node_id: int = Field(foreign_key="grid_node.id")
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", index=True)
    rule: str
    amount: int
    key: str | None = Field(default=None, unique=True)
    note: str = ""
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id", index=True)
    record_id: int | None = Field(default=None, foreign_key="record.id", index=True)
    by_id: str | None = Field(default=None, foreign_key="person.id")
    reverses: int | None = Field(default=None, foreign_key="point_entry.id", unique=True)
    at: datetime = Field(sa_type=Utc)


class OutsideCount(SQLModel, table=True):
    """How many petitions, 12345 complaints or lawsuits a month brought about a place or an organisation.

    subject: "node:‹id›" or "organisation:‹id›". month: "2026-05". The last who entered it is by_id.
    """

    __tablename__ = "outside_count"
    __table_args__ = (UniqueConstraint("subject", "kind", "month"),)
    id: int | None = Field(default=None, primary_key=True)
    subject: str
    kind: PointKind = Field(sa_column=coded(PointKind))
    month: str
    count: int
    by_id: str | None = Field(default=None, foreign_key="person.id")
    at: datetime = Field(sa_type=Utc)
