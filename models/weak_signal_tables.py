"""The table of weak signals (微弱信号) that were heard: what field, when, what became of it. No words, no people."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.types import Utc


class WeakSignal(SQLModel, table=True):
    """One line of the ledger; it stays when the signal itself is gone.

    signal_id leads to the signal as long as nobody has decided about it. fields: names of the policy's fields, one in a
    line. outcome: confirmed, dropped, opened (its own words became plain) or expired; None: it waits.
    """

    __tablename__ = "weak_signal"
    __table_args__ = (Index("ix_weak_signal_node", "node_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    signal_id: int | None = Field(default=None, index=True)
    node_id: int = Field(foreign_key="grid_node.id")
    category: str
    fields: str
    at: datetime = Field(sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    outcome: str | None = None
