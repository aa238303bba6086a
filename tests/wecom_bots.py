"""A smart bot that listens to the stand-in server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import SecretStr
from wecom_bot_server import BOT_ID, DEADLINE, SECRET, StandIn, serving

from bot.transports.base import Event, LoggedIn, Outcome, Post
from bot.transports.wecom_bot import SmartBotTransport, Timing
from models.codes import PostKind

E = TypeVar("E")
# Two seconds of silence are a dead connection: a busy machine pauses for less.
QUICK = Timing(
    connect=5, request=5, ping=0.1, missed=20, backoff_first=0.02, backoff_longest=0.1, rejected=0.2, kicked=60
)
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


class Bot:
    """A transport that listens, and what it reported."""

    def __init__(self, transport: SmartBotTransport) -> None:
        self.transport = transport
        self.all: list[Event] = []
        self._fresh: asyncio.Queue[Event] = asyncio.Queue()

    async def listen(self) -> None:
        async with aclosing(self.transport.listen()) as events:  # at once, not when the loop gets to it
            async for event in events:
                self.all.append(event)
                self._fresh.put_nowait(event)

    async def next(self, kind: type[E]) -> E:
        """The next event; it must be of that kind."""
        async with asyncio.timeout(DEADLINE):
            event = await self._fresh.get()
        assert isinstance(event, kind), event
        return event

    async def says(self, text: str, *, to: str | None = None, **more: object) -> Outcome:
        """Send words to the group g1, or to somebody."""
        post = Post(1, "a", PostKind.REPLY, text, datetime.now(UTC), None if to else "g1", to, **more)  # type: ignore[arg-type]
        return await self.transport.send(post)


@asynccontextmanager
async def listening(
    stand_in: StandIn,
    timing: Timing = QUICK,
    secret: str = SECRET,
    url: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Bot]:
    transport = SmartBotTransport(
        "a", BOT_ID, SecretStr(secret), clock=clock, url=url or stand_in.url, timing=timing, chance=lambda: 0.0
    )
    bot = Bot(transport)
    task = asyncio.create_task(bot.listen())
    try:
        yield bot
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def run(test: Callable[[StandIn, Bot], Coroutine[None, None, None]], timing: Timing = QUICK) -> None:
    """A test with a bot that is logged in."""

    async def main() -> None:
        async with serving() as stand_in, listening(stand_in, timing) as bot:
            assert (await bot.next(LoggedIn)).bot == BOT_ID
            await test(stand_in, bot)

    asyncio.run(main())
