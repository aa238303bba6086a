"""The table of frozen reports."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.types import Utc


class Report(SQLModel, table=True):
    """What a week or a month was like at a node and below, as it was counted once and never again.

    kind is week or month, period its name ("2026-W19", "2026-05"), from since to before until. data holds counts,
    categories and the names of places and organisations as they were: no words, no people. hash covers all of it.
    """

    __table_args__ = (UniqueConstraint("kind", "period", "node_id"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    period: str
    node_id: int = Field(foreign_key="grid_node.id")
    since: datetime = Field(sa_type=Utc)
    until: datetime = Field(sa_type=Utc)
    made_at: datetime = Field(sa_type=Utc)
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    hash: str
