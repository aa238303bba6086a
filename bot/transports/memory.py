"""A channel in memory: the tests', the replay's."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

from bot.transports.base import Outcome, Post, Refused, Sent
from models.message import Message


class MemoryTransport:
    """Keeps what was sent; numbers posts by what caused them: "m3+1", "clock:digest:1"."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.sent: list[tuple[str, Post]] = []
        self.strangers: set[str] = set()
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._counts: Counter[str] = Counter()

    def put(self, message: Message) -> None:
        """Let somebody say something."""
        self._inbox.put_nowait(message)

    async def listen(self) -> AsyncIterator[Message]:
        """What was put in, for ever."""
        while True:
            yield await self._inbox.get()

    def deliver(self, post: Post) -> Outcome:
        """Take a post; it arrives unless it is a private one to somebody among strangers."""
        if post.to in self.strangers:
            return Refused("not a contact", nobody=True)
        cause = post.in_reply_to if post.in_reply_to is not None else f"clock:{post.kind.value}"
        self._counts[cause] += 1
        sign = "+" if post.in_reply_to is not None else ":"
        post_id = f"{cause}{sign}{self._counts[cause]}"
        self.sent.append((post_id, post))
        return Sent(post_id)

    async def send(self, post: Post) -> Outcome:
        """deliver(), as the protocol wants it."""
        return self.deliver(post)
