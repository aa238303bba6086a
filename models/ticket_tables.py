"""Tables of tickets, signals, their histories, and what is to be said about them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, Integer, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from models.codes import (
    FeedbackSource,
    OutgoingState,
    PostKind,
    Rating,
    SignalStatus,
    SourceRole,
    Status,
    TicketKind,
    Topic,
)
from models.types import Utc, coded

_VERSION = Column("version", Integer, nullable=False)
"""Named apart from its table so that the mapper can be told to check it at every change."""


class Ticket(SQLModel, table=True):
    """A matter that somebody has to see to. number counts within scope_id, the 村社区.

    title and place are unmasked and for the handler; group texts are masked when they are made.
    level is 0 at the micro-grid and rises with each escalation; step says which step of its route it has reached there,
    by the key that the policy pack gives it (None: a level is a step). band says what opened it:
    act, ask (a confirmed signal) or command. organisation_id: who is to solve it, beside the handler who answers for
    it. helpers_wanted: how many may claim a wish. nameless: the group does not hear who wished. While waiting_since is
    set the clocks stand still; waiting_for says what for. next_by: when the next word is due. extended_days: by how
    many working days its deadline was put off. given_at: since when whoever has it has it because it was passed on to
    him, given_by by whom (None: by the routes at its opening). supervised_at: when somebody of a level above last asked
    for it to be pushed. anonymised_at: since then it has no words and nobody who asked. version is checked by every
    change.
    """

    __table_args__ = (
        UniqueConstraint("scope_id", "number"),
        Index("ix_ticket_node", "node_id", "status", "opened_at"),
        Index("ix_ticket_kept", "anonymised_at", "closed_at"),
        Index("ix_ticket_organisation", "organisation_id", "status", "opened_at"),
    )
    id: str = Field(primary_key=True)
    scope_id: int = Field(foreign_key="grid_node.id")
    number: int
    kind: TicketKind = Field(sa_column=coded(TicketKind))
    category: str
    status: Status = Field(sa_column=coded(Status))
    node_id: int = Field(foreign_key="grid_node.id")
    room_id: int | None = Field(default=None, foreign_key="room.id", index=True)
    private: bool = False
    level: int = 0
    reopened: int = 0
    urgency: str = "normal"
    band: str
    score: float | None = None
    title: str
    place: str | None = None
    evidence: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    flags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    handler_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    opened_at: datetime = Field(sa_type=Utc)
    respond_by: datetime | None = Field(default=None, sa_type=Utc)
    solve_by: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_column=Column(Utc, nullable=True, index=True))
    rating: Rating | None = Field(default=None, sa_column=coded(Rating, nullable=True))
    asks: int = 0
    merged_into: str | None = Field(default=None, foreign_key="ticket.id", index=True)
    linked_from: str | None = Field(default=None, foreign_key="ticket.id")
    organisation_id: int | None = None
    given_at: datetime | None = Field(default=None, sa_type=Utc)
    given_by: str | None = None
    supervised_at: datetime | None = Field(default=None, sa_type=Utc)
    helpers_wanted: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    nameless: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    waiting_since: datetime | None = Field(default=None, sa_type=Utc)
    waiting_for: str | None = None
    next_by: datetime | None = Field(default=None, sa_type=Utc)
    anonymised_at: datetime | None = Field(default=None, sa_type=Utc)
    extended_days: float | None = None
    step: str | None = None
    version: int = Field(default=None, sa_column=_VERSION)

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": _VERSION}


class Requester(SQLModel, table=True):
    """Somebody who asked for the matter to be seen to. A ticket may have many; position orders those of one moment.

    merged_from: the ticket that he asked for until it was merged into this one.
    """

    __table_args__ = (Index("ix_requester_person", "person_id", "joined_at"),)
    ticket_id: str = Field(foreign_key="ticket.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    joined_at: datetime = Field(sa_type=Utc)
    position: int = 0
    withdrawn_at: datetime | None = Field(default=None, sa_type=Utc)
    rating: Rating | None = Field(default=None, sa_column=coded(Rating, nullable=True))
    rated_at: datetime | None = Field(default=None, sa_type=Utc)
    merged_from: str | None = None


class Source(SQLModel, table=True):
    """Which message is held by which ticket or signal. No text."""

    __table_args__ = (
        Index("ix_source_ticket", "ticket_id"),
        Index("ix_source_signal", "signal_id"),
    )
    account: str = Field(primary_key=True)
    message_id: str = Field(primary_key=True)
    position: int = 0
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id")
    signal_id: int | None = Field(default=None, foreign_key="signal.id")
    person_id: str | None = None
    role: SourceRole = Field(sa_column=coded(SourceRole))
    at: datetime = Field(sa_type=Utc)


class TicketEvent(SQLModel, table=True):
    """One step of a ticket's history, chained by hash. actor_id is an opaque person id or None (the clock).

    sealed_on is the day of the seal that holds it; None until the next seal.
    """

    __tablename__ = "ticket_event"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: str = Field(foreign_key="ticket.id")
    seq: int
    at: datetime = Field(sa_column=Column(Utc, nullable=False, index=True))
    kind: str
    actor_id: str | None = None
    from_status: Status | None = Field(default=None, sa_column=coded(Status, nullable=True))
    to_status: Status = Field(sa_column=coded(Status))
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    text_hash: str | None = None
    prev_hash: str
    hash: str
    sealed_on: str | None = Field(default=None, index=True)


class EventText(SQLModel, table=True):
    """The words of an event, apart from the chain so that they can be erased."""

    __tablename__ = "event_text"
    ticket_id: str = Field(foreign_key="ticket.id", primary_key=True)
    seq: int = Field(primary_key=True)
    author_id: str | None = Field(default=None, index=True)
    salt: str
    text: str


class Seal(SQLModel, table=True):
    """A daily hash over all events that no seal held yet, chained in order of id, so that removed tails are found."""

    id: int | None = Field(default=None, primary_key=True)
    day: str = Field(unique=True)
    at: datetime = Field(sa_type=Utc)
    events: int
    prev_hash: str
    hash: str


class Claim(SQLModel, table=True):
    """Who has a wish. Each of the ticket's seats (helpers_wanted) holds one live claim; outcome says how it ended."""

    __table_args__ = (
        Index(
            "ux_claim_live",
            "ticket_id",
            "seat",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ux_claim_person",
            "ticket_id",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    at: datetime = Field(sa_type=Utc)
    assigned: bool = False
    seat: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    contact: str | None = None  # None | asked | given | refused
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    outcome: str | None = None


class StoredAttachment(SQLModel, table=True):
    """A picture of a ticket, its bytes under sha256 in the media folder (None: the channel gave no bytes)."""

    __tablename__ = "attachment"
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    account: str
    message_id: str
    kind: str
    media_type: str | None = None
    sha256: str | None = None
    at: datetime = Field(sa_type=Utc)


class Signal(SQLModel, table=True):
    """Something heard that a leader confirms or drops. Masked text only; gone after 7 days."""

    __table_args__ = (UniqueConstraint("scope_id", "number"), Index("ix_signal_state", "status", "node_id"))
    id: int | None = Field(default=None, primary_key=True)
    scope_id: int = Field(foreign_key="grid_node.id")
    number: int
    kind: TicketKind = Field(sa_column=coded(TicketKind))
    category: str
    status: SignalStatus = Field(default=SignalStatus.WAITING, sa_column=coded(SignalStatus))
    node_id: int = Field(foreign_key="grid_node.id")
    room_id: int | None = Field(default=None, foreign_key="room.id")
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    text: str
    place: str | None = None
    urgency: str = "normal"
    score: float | None = None
    evidence: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    flags: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_column=Column(Utc, nullable=False, index=True))
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id")


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


class Outgoing(SQLModel, table=True):
    """Something that the bot has promised to say; written in the commit of what caused it.

    Exactly one of room_id, person_id and leader_of (a room that has nobody in charge yet) says
    where it goes; address is the person's external id on the account. merge holds the ticket
    number of an acknowledgement that may be merged with others; ticket_ids and signal_ids supply
    the number when somebody quotes the post. valid_in lists ticket statuses outside of which the
    post is no longer true (reminders). topic says what a line about an emergency is, so that it can
    be said anew. secret: its words go as soon as it was sent.
    """

    __table_args__ = (
        Index("ix_outgoing_queue", "account", "state", "not_before"),
        Index("ix_outgoing_budget", "account", "sent_at"),
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
    merged_into: int | None = None


class OutgoingSubject(SQLModel, table=True):
    """What a post speaks of, by subject, so that it is found without reading every post."""

    __tablename__ = "outgoing_subject"
    subject: str = Field(primary_key=True)  # a ticket's id, or signal: or record: and an id
    outgoing_id: int = Field(foreign_key="outgoing.id", primary_key=True)


class OpenMatter(SQLModel, table=True):
    """One key under which an open ticket or a waiting signal (doubtful) is looked for. Derived, never written by hand.

    subject as in OutgoingSubject. The index reads the newest of a key without touching the others.
    """

    __tablename__ = "open_matter"
    __table_args__ = (Index("ix_open_matter_key", "node_id", "category", "doubtful", "key", "opened_at"),)
    subject: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    node_id: int = Field(foreign_key="grid_node.id")
    category: str
    doubtful: bool
    opened_at: datetime = Field(sa_type=Utc)
