"""What every channel does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.codes import PostKind
from models.message import Message


@dataclass(frozen=True, slots=True)
class Post:
    """One outbox row, addressed and ready to be sent.

    Exactly one of room and to (external ids) or leader_of (external id of a room without anybody
    in charge) is set. in_reply_to is the id of the message that caused it, None for the clock.
    doubled: it may have arrived once already.
    """

    row: int
    account: str
    kind: PostKind
    text: str
    at: datetime
    room: str | None = None
    to: str | None = None
    leader_of: str | None = None
    in_reply_to: str | None = None
    picture: bytes | None = None
    doubled: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived; id is the channel's own, if it gives one."""

    id: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it arrived."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not arrive. retry: trying again later may help."""

    reason: str
    retry: bool = False


Outcome = Sent | Unknown | Refused


class Transport(Protocol):
    """A channel for one account."""

    @property
    def account(self) -> str: ...

    def listen(self) -> AsyncIterator[Message]:
        """Messages as they come, for ever."""

    async def send(self, post: Post) -> Outcome:
        """Deliver one post. Never raises for what a channel can do wrong."""
