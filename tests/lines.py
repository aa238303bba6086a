"""A channel that a test holds in its hands: it reports what it is told to, and keeps what was sent."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from worlds import ACCOUNT, NOW

from bot.transports.base import Event, FriendRequest, Outcome, Post, Sent
from models.message import Message


class HeldLine:
    """A transport over queues. broken: what listen() raises next; hangs: sends wait until it is set."""

    def __init__(self, account: str = ACCOUNT) -> None:
        self.account = account
        self.sent: list[Post] = []
        self.acknowledged: list[str] = []
        self.accepted: list[str] = []
        self.closed = 0
        self.outcome: Callable[[Post], Outcome] = lambda post: Sent(f"x{post.row}")
        self.hangs: asyncio.Event | None = None
        self._events: deque[Event | Exception] = deque()  # no queue of asyncio: those belong to one event loop
        self._number = 0

    def put(self, *events: Event | Exception) -> None:
        """Let it report these, or fail."""
        self._events.extend(events)

    def say(self, text: str, *, sender: str = "王阿姨", room: str | None = "r1", at: datetime = NOW) -> Message:
        """Let somebody say something."""
        self._number += 1
        said = Message(f"{self.account}-{self._number}", self.account, room, sender, text, at, sender_name=sender)
        self.put(said)
        return said

    async def listen(self) -> AsyncIterator[Event]:
        while True:
            while not self._events:
                await asyncio.sleep(0.005)
            event = self._events.popleft()
            if isinstance(event, Exception):
                raise event
            yield event

    async def send(self, post: Post) -> Outcome:
        self.sent.append(post)
        if self.hangs is not None:
            await self.hangs.wait()
        return self.outcome(post)

    async def handled(self, message_id: str) -> None:
        self.acknowledged.append(message_id)

    async def accept(self, request: FriendRequest) -> bool:
        self.accepted.append(request.id)
        return True

    async def close(self) -> None:
        self.closed += 1

    @property
    def read(self) -> bool:
        """Whether everything that was put in has been taken."""
        return not self._events

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.sent]


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until it holds, as long as another thread may need."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)
