"""The table of wishes that wait for somebody: how often they were offered, and when they are again."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.types import Utc


class WishOffer(SQLModel, table=True):
    """How often a wish was offered again since it was put on the list, and when it is the next time.

    due_at None: there is no next time, because the branch was asked to give it to somebody. Which step comes at
    due_at follows from times: the group is asked so many times as the policy says, then the branch.
    """

    __tablename__ = "wish_offer"
    ticket_id: str = Field(foreign_key="ticket.id", primary_key=True)
    times: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Utc)
