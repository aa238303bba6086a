"""Tables of the record of a dispute: what was filled in, what stays when the words are erased."""

from datetime import datetime

from sqlmodel import Column, Field, SQLModel

from models.types import Utc


class DisputeRecord(SQLModel, table=True):
    """What figures are made of, without any personal words: it stays when the words of a dispute are erased.

    method is one of the policy's; succeeded None: nobody has said so (again, since it was sent back). settled_at: of
    the last 办结. out_of: the public ticket that turned into this dispute.
    """

    __tablename__ = "dispute_record"
    ticket_id: str = Field(foreign_key="ticket.id", primary_key=True)
    method: str | None = None
    succeeded: bool | None = None
    people: int | None = None
    settled_at: datetime | None = Field(default=None, sa_column=Column(Utc, nullable=True, index=True))
    out_of: str | None = Field(default=None, foreign_key="ticket.id", index=True)


class DisputeEntry(SQLModel, table=True):
    """Which step of the ticket's history holds the value of a field now; the words stand there, erasable."""

    __tablename__ = "dispute_entry"
    ticket_id: str = Field(foreign_key="ticket.id", primary_key=True)
    field: str = Field(primary_key=True)
    seq: int
