"""The table of what leaders corrected."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from models.codes import FeedbackSource
from models.types import Utc, coded


class Feedback(SQLModel, table=True):
    """What a leader's 误报, 确认, 忽略 or 改 类别 says of a judgement: an example with its right label.

    category, band and score are what the bot had said; label is the right category or "none". features
    are rows of the model named in model. text is masked and kept only where the policy allows it, and
    ticket_id stands only as long as text does: nothing else leads back to a person.
    """

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Utc)
    scope_id: int = Field(foreign_key="grid_node.id")
    source: FeedbackSource = Field(sa_column=coded(FeedbackSource))
    category: str
    label: str
    band: str | None = None
    score: float | None = None
    model: str | None = None
    features: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    text: str | None = None
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id", index=True)
