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
    """It did not arrive. retry: trying again later may help.

    code: the channel's own number of the fault, as WeCom's errcode; after: not to be tried again before so
    many seconds, where the channel says so or its documentation does. nobody: whatever the words are, the account
    cannot write to that person: it is no contact, or the channel reaches no persons. offline: the account is not
    connected; what is refused for that goes as soon as it has logged in.
    """

    reason: str
    retry: bool = False
    code: int | None = None
    after: float | None = None
    nobody: bool = False
    offline: bool = False


Outcome = Sent | Unknown | Refused


@dataclass(frozen=True, slots=True)
class Recalled:
    """Somebody took back a message of his. message_id: the channel's id of that message."""

    room: str | None
    sender: str
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Echo:
    """The account's own post, seen coming back from the channel: whatever was unknown about it has arrived.

    Exactly one of room and to is set; id is the channel's own, if it gives one.
    """

    text: str
    at: datetime
    room: str | None = None
    to: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The account can hear and speak from now on. bot: its own external id."""

    bot: str
    at: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The account can neither hear nor speak until somebody logs it in. qr: what he scans, if the channel gives it."""

    reason: str
    at: datetime
    qr: str | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing was heard from since to until, although the account was logged in. reason: a short code."""

    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """A group was renamed (name), people came (joined) or went (left): external ids. gone: the account itself left."""

    room: str
    at: datetime
    name: str | None = None
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class FriendRequest:
    """Somebody wants to be a contact of the account. hello: what he wrote. id: what accept() takes."""

    id: str
    sender: str
    hello: str
    at: datetime


Event = Message | Recalled | Echo | LoggedIn | LoggedOut | Outage | RoomChanged | FriendRequest
"""What a channel reports."""


class Transport(Protocol):
    """A channel for one account."""

    @property
    def account(self) -> str: ...

    def listen(self) -> AsyncIterator[Event]:
        """Messages, and what happens to the account and its groups, as it comes, for ever."""

    async def send(self, post: Post) -> Outcome:
        """Deliver one post. Never raises for what a channel can do wrong."""


class Checked(Protocol):
    """A channel that can be tried without a connection of its own that would throw out another one."""

    async def check(self) -> Refused | Unknown | None:
        """Whether what the operator entered is taken; None: it is. Nothing is sent or read. Never raises for what a
        channel can do wrong."""


class Behind(Protocol):
    """A channel that knows of more than it has handed out by listen(), or at times hears nothing.

    Both also answer after listen() was closed.
    """

    def pending_since(self) -> datetime | None:
        """Since when something may be lost that nobody has seen yet: the oldest arrival that was announced and not
        handed out, or the moment since which nothing is heard, whichever is older. An event counts as handed out when
        the next one is asked for. None: nothing is open. What a reported Outage or LoggedOut covers does not count."""

    async def emptied(self) -> None:
        """Wait until everything that has been announced so far is handed out. The caller sets the deadline."""


class Accepting(Protocol):
    """A channel on which people ask to become contacts."""

    async def accept(self, request: FriendRequest) -> bool:
        """Become a contact of whoever asked; False when the channel did not do it. Never raises for that."""
