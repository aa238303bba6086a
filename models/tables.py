"""Tables of people, places and channels. Tickets stand in models/ticket_tables.py."""

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from models.codes import NodeLevel, Role, RoomMode, RoomPurpose, ScheduleState, Team
from models.types import BYTEWISE, Utc, coded


class GridNode(SQLModel, table=True):
    """A node of the grid tree. path is "/1/4/9/": ids from the root to the node itself.

    policy: the pack by which the node and everything below it goes; None: that of whatever is above it.
    """

    __tablename__ = "grid_node"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    level: NodeLevel = Field(sa_column=coded(NodeLevel))
    parent_id: int | None = Field(default=None, foreign_key="grid_node.id", index=True)
    path: str = Field(default="", sa_column=Column(BYTEWISE, nullable=False, index=True))
    policy: str | None = None


class Account(SQLModel, table=True):
    """A login on a channel. heard_until is written in batches, so it may lie seconds back.

    roles_paused: so many strangers speak in known rooms that nobody may act by his role until leaders have looked.
    """

    name: str = Field(primary_key=True)
    transport: str
    heard_until: datetime | None = Field(default=None, sa_type=Utc)
    paused: bool = False
    roles_paused: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class Room(SQLModel, table=True):
    """A chat group, bound to one node. voices_unread counts voice messages since the last digest."""

    __table_args__ = (UniqueConstraint("account", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    account: str = Field(foreign_key="account.name")
    external_id: str
    name: str
    node_id: int | None = Field(default=None, foreign_key="grid_node.id", index=True)
    mode: RoomMode = Field(default=RoomMode.OFF, sa_column=coded(RoomMode))
    muted: bool = False
    purpose: RoomPurpose = Field(default=RoomPurpose.RESIDENTS, sa_column=coded(RoomPurpose))
    notice_version: int = 0
    watermark: datetime | None = Field(default=None, sa_type=Utc)
    voices_unread: int = 0


class Person(SQLModel, table=True):
    """A human being. The id is opaque; everything that names the person can be erased.

    code: 工号, the town's own key, by which a spreadsheet finds the person again. Of the forgotten it is veiled.
    household: 户号, the village's own key of the home, for what counts once a household.
    """

    id: str = Field(primary_key=True)
    name: str
    code: str | None = Field(default=None, unique=True, index=True)
    phone: str | None = None
    team: Team | None = Field(default=None, sa_column=coded(Team, nullable=True))
    household: str | None = None
    erased_at: datetime | None = Field(default=None, sa_type=Utc)


class Identity(SQLModel, table=True):
    """How a person appears on one account. deaf: 别听我, messages are dropped before understanding."""

    __table_args__ = (UniqueConstraint("account", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    account: str
    external_id: str
    person_id: str = Field(foreign_key="person.id", index=True)
    display_name: str = ""
    reachable: bool = False
    deaf: bool = False


class OptOut(SQLModel, table=True):
    """Somebody who asked not to be listened to and then to be forgotten. Names nobody; gone with his next identity."""

    __tablename__ = "opt_out"
    account: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)


class RoleGrant(SQLModel, table=True):
    """A role that a person holds at a node and below. deputy (副): asked after those who hold the same in full."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("person_id", "node_id", "role"), Index("ix_role_node", "node_id", "role"))
    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    node_id: int = Field(foreign_key="grid_node.id")
    role: Role = Field(sa_column=coded(Role))
    deputy: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class Duty(SQLModel, table=True):
    """Who is told first of an emergency at a node and below it, in order of position."""

    node_id: int = Field(foreign_key="grid_node.id", primary_key=True)
    position: int = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)


class Counter(SQLModel, table=True):
    """The last number given in a 村社区; name is ticket or signal."""

    node_id: int = Field(foreign_key="grid_node.id", primary_key=True)
    name: str = Field(primary_key=True)
    value: int = 0


class Seen(SQLModel, table=True):
    """A message that had an effect, so that its redelivery has none."""

    account: str = Field(primary_key=True)
    message_id: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(Utc, nullable=False, index=True))


class Schedule(SQLModel, table=True):
    """Something to do at due_at, once: two clocks can never do the same (kind, subject, period) twice."""

    __table_args__ = (
        UniqueConstraint("kind", "subject", "period"),
        Index("ix_schedule_due", "state", "due_at"),
        Index("ix_schedule_subject", "subject", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str
    period: str
    due_at: datetime = Field(sa_type=Utc)
    state: ScheduleState = Field(default=ScheduleState.WAITING, sa_column=coded(ScheduleState))
    done_at: datetime | None = Field(default=None, sa_type=Utc)


class Gap(SQLModel, table=True):
    """A stretch of time that an account did not hear. room_id None = all its rooms."""

    id: int | None = Field(default=None, primary_key=True)
    account: str
    room_id: int | None = None
    since: datetime = Field(sa_type=Utc)
    until: datetime = Field(sa_column=Column(Utc, nullable=False, index=True))
    reason: str
