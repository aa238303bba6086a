"""Tables of tickets and signals, of who asks for them and who has them, and of the keys under which they are found."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, Integer, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from models.codes import Rating, SignalStatus, SourceRole, Status, TicketKind
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
        Index("ix_ticket_ended", "node_id", "closed_at"),
        Index("ix_ticket_handler", "handler_id", "status"),
        Index("ix_ticket_handler_scope", "handler_id", "scope_id"),
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
    handler_id: str | None = Field(default=None, foreign_key="person.id")
    opened_at: datetime = Field(sa_type=Utc)
    respond_by: datetime | None = Field(default=None, sa_type=Utc)
    solve_by: datetime | None = Field(default=None, sa_type=Utc)
    finished_at: datetime | None = Field(default=None, sa_type=Utc)
    missed_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
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


class Claim(SQLModel, table=True):
    """Who has a wish. Each of the ticket's seats (helpers_wanted) holds one live claim; outcome says how it ended."""

    __table_args__ = (
        Index("ix_claim_in_hand", "person_id", "ended_at"),
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
    person_id: str = Field(foreign_key="person.id")
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
