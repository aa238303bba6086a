"""Tables of what the bot has promised to say."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, false
from sqlmodel import Field, SQLModel

from models.codes import OutgoingState, PostKind, Topic
from models.types import Utc, coded


class Outgoing(SQLModel, table=True):
    """Something that the bot has promised to say; written in the commit of what caused it.

    Exactly one of room_id, person_id and leader_of (a room that has nobody in charge yet) says
    where it goes; address is the person's external id on the account. merge holds the ticket
    number of an acknowledgement that may be merged with others; ticket_ids and signal_ids supply
    the number when somebody quotes the post. valid_in lists ticket statuses outside of which the
    post is no longer true (reminders). topic says what a line about an emergency is, so that it can
    be said anew. secret: its words go as soon as it was sent. code: the channel's number of what error names.
    tried_at: when it was last given to the channel and may have arrived, for the budgets; tried_before: the try
    before that, of one that went again. echo: salt and hash of the words that were sent, by which the channel's
    echo of it is known when the words themselves are gone; kept while nobody knows whether it arrived.
    """

    __table_args__ = (
        Index("ix_outgoing_queue", "account", "state", "not_before"),
        Index("ix_outgoing_tried", "account", "tried_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    account: str
    room_id: int | None = Field(default=None, foreign_key="room.id", index=True)
    person_id: str | None = Field(default=None, index=True)
    address: str | None = None
    leader_of: int | None = None
    kind: PostKind = Field(sa_column=coded(PostKind))
    text: str
    picture: str | None = None
    in_reply_to: str | None = None
    ticket_ids: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    signal_ids: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    record_ids: list[int] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    merge: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    valid_in: list[str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    topic: Topic | None = Field(default=None, sa_column=coded(Topic, nullable=True))
    schedule: str | None = None
    secret: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    state: OutgoingState = Field(default=OutgoingState.PENDING, sa_column=coded(OutgoingState))
    created_at: datetime = Field(sa_type=Utc)
    not_before: datetime = Field(sa_type=Utc)
    expires_at: datetime | None = Field(default=None, sa_type=Utc)
    attempts: int = 0
    doubled: bool = False
    sent_at: datetime | None = Field(default=None, sa_type=Utc)
    sent_id: str | None = Field(default=None, index=True)
    error: str | None = None
    code: int | None = None
    tried_at: datetime | None = Field(default=None, sa_type=Utc)
    tried_before: datetime | None = Field(default=None, sa_type=Utc)
    echo: str | None = None
    merged_into: int | None = None


class OutgoingSubject(SQLModel, table=True):
    """What a post speaks of, by subject, so that it is found without reading every post."""

    __tablename__ = "outgoing_subject"
    subject: str = Field(primary_key=True)  # a ticket's id, or signal: or record: and an id
    outgoing_id: int = Field(foreign_key="outgoing.id", primary_key=True)
