"""Tables of how an account's ids come to stand for people: one-time codes, and ids that changed with a new login."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from models.codes import RebindingState
from models.types import Utc, coded


class RoleCode(SQLModel, table=True):
    """A one-time code for a person with roles. Only a hash of it is kept; it stays when it was used, as the record.

    issued_by None: the operator. used_at without used_on: it was said aloud or replaced, and is worth nothing.
    """

    __tablename__ = "role_code"
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    issued_by: str | None = None
    issued_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    used_at: datetime | None = Field(default=None, sa_type=Utc)
    used_on: str | None = None


class CodeTry(SQLModel, table=True):
    """How often somebody has given a wrong code on that day. digest veils his id."""

    __tablename__ = "code_try"
    account: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    day: str
    count: int = 0


class Rebinding(SQLModel, table=True):
    """Somebody unknown who may be a known person under a new id. Only a human decides.

    number is what leaders call it on that account. evidence holds codes: name, room, silent, command. When it is
    decided the ids and the name go; who decided stays.
    """

    __table_args__ = (Index("ix_rebinding_waiting", "account", "state"),)
    id: int | None = Field(default=None, primary_key=True)
    account: str
    number: int
    room_id: int = Field(foreign_key="room.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    old_external_id: str
    new_external_id: str
    display_name: str
    evidence: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    state: RebindingState = Field(default=RebindingState.WAITING, sa_column=coded(RebindingState))
    at: datetime = Field(sa_type=Utc)
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=Utc)
