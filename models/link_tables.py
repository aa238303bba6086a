"""Tables of how an account is connected: who runs it, whether it is logged in, what it did today."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.types import Utc


class AccountLease(SQLModel, table=True):
    """Which process runs an account. Every commit of that account compares epoch, so that two never both write.

    holder is opaque; place is for people, host and process number. Free from until on, or when holder is empty.
    """

    __tablename__ = "account_lease"
    account: str = Field(primary_key=True)
    epoch: int = 0
    holder: str = ""
    place: str = ""
    until: datetime = Field(sa_type=Utc)


class AccountLink(SQLModel, table=True):
    """Whether an account is logged in, on a channel that reports it. There is no row before the first report.

    since: of that state; reason: a channel's short code of why it is not. alarmed: somebody was told of this outage.
    """

    __tablename__ = "account_link"
    account: str = Field(primary_key=True)
    online: bool
    since: datetime = Field(sa_type=Utc)
    reason: str = ""
    alarmed: bool = False


class DailyCount(SQLModel, table=True):
    """How often an account did something on that day that is limited by the day. One row for each (account, what)."""

    __tablename__ = "daily_count"
    account: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    day: str
    count: int = 0
