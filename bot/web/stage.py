"""What the simulator's page needs from the running bot: values and one protocol.

The page knows nothing of tables or handlers; bot/simulator.py implements Stage over the same
dispatcher, relay and clock as every other transport.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StageRoom:
    """A group chat. mode is off | shadow | ask | on, mode_name its Chinese name."""

    id: str
    name: str
    mode: str
    mode_name: str
    muted: bool


@dataclass(frozen=True, slots=True)
class StagePerson:
    """Somebody the visitor may speak as. role_name is Chinese (居民, 党员, 微网格长 …)."""

    id: str
    name: str
    role_name: str
    rooms: tuple[str, ...]
    note: str = ""  # one line about the person for the visitor


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message in a chat.

    chat is "room:<room id>" or "private:<person id>". sender is a person's id or "bot".
    """

    id: str
    chat: str
    sender: str
    sender_name: str
    text: str
    at: datetime
    picture: str | None = None  # URL path of the picture
    quote_name: str | None = None
    quote_text: str | None = None


@dataclass(frozen=True, slots=True)
class BoardEvent:
    """One line of a ticket's history, ready to be shown."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class BoardTicket:
    """A ticket (or, with number "S3", a signal) as the board shows it. All names are Chinese."""

    number: str
    kind: str  # wish | complaint | dispute
    kind_name: str
    category_name: str
    status: str
    status_name: str
    room_name: str
    title: str
    place: str | None
    private: bool
    urgency: str  # emergency | high | normal
    opened_at: datetime
    due_at: datetime | None
    overdue: bool
    requesters: tuple[str, ...]
    handler: str | None
    evidence: tuple[str, ...]
    history: tuple[BoardEvent, ...]
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A push to the pages: kind is bubble | board | clock | rooms; data is JSON-ready."""

    kind: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Picture:
    """An uploaded picture: its bytes as they came and the media type that was checked."""

    data: bytes
    media_type: str


class StageError(Exception):
    """A request that makes no sense. str() is a Chinese sentence for the visitor."""


class Stage(Protocol):
    """The simulated village."""

    @property
    def zone(self) -> str:
        """IANA name of the zone in which times are shown."""

    def rooms(self) -> Sequence[StageRoom]: ...

    def people(self) -> Sequence[StagePerson]: ...

    def now(self) -> datetime: ...

    def bubbles(self) -> Sequence[Bubble]:
        """Everything said so far, oldest first (kept in memory only, bounded)."""

    def picture(self, name: str) -> Picture | None: ...

    async def board(self) -> Sequence[BoardTicket]:
        """Tickets and waiting signals, newest first."""

    async def say(self, chat: str, sender: str, text: str, quote: str | None, pictures: Sequence[Picture]) -> None:
        """Speak. Raises StageError when chat or sender is unknown or the sender is not in the room."""

    async def advance(self, minutes: int) -> datetime:
        """Move the clock on; due schedules run on the way. Returns the new time."""

    async def advance_to(self, hour: int, minute: int) -> datetime:
        """Move the clock to the next HH:MM of the stage's zone. Returns the new time."""

    def subscribe(self) -> AsyncIterator[Event]:
        """Pushes from now on, until the iterator is closed."""
