"""The simulator as a channel: what is said on the page comes in, what the bot says goes to the page."""

import asyncio
from collections.abc import AsyncIterator, Callable

from bot.transports.base import Outcome, Post, Sent
from models.message import Message


class WebTransport:
    """A channel in memory whose posts are handed to the stage."""

    def __init__(self, account: str, show: Callable[[str, Post], None]) -> None:
        self.account = account
        self._show = show
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()

    def put(self, message: Message) -> None:
        """Somebody speaks on the page."""
        self._inbox.put_nowait(message)

    async def listen(self) -> AsyncIterator[Message]:
        """What is said on the page, for ever."""
        while True:
            yield await self._inbox.get()

    async def send(self, post: Post) -> Outcome:
        """Show a post on the page."""
        post_id = f"bot-{post.row}"
        self._show(post_id, post)
        return Sent(post_id)
