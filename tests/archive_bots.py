"""A reader of the archive over its stand-in, and what it reported."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta
from typing import TypeVar

from archive_folder import START, Folder, pems

from bot.transports.base import Event
from bot.transports.wecom_archive.bookmark import Bookmark, Mark
from bot.transports.wecom_archive.transport import ArchiveTransport, Timing
from models.message import Message

E = TypeVar("E")
DEADLINE = 30.0
QUICK = Timing(poll=0.02, deadline=10, backoff_first=0.02, backoff_longest=0.05, out=0.1, page=3, tries=2)


class Kept:
    """A bookmark in memory."""

    def __init__(self, mark: Mark | None = None) -> None:
        self.marks = [] if mark is None else [mark]

    async def load(self) -> Mark | None:
        return self.marks[-1] if self.marks else None

    async def save(self, mark: Mark) -> None:
        assert not self.marks or mark.seq >= self.marks[-1].seq
        self.marks.append(mark)

    @property
    def seq(self) -> int:
        return self.marks[-1].seq if self.marks else 0


class Bot:
    """A transport that listens; what it reported; whether each message is handled at once."""

    def __init__(self, transport: ArchiveTransport, *, handling: bool) -> None:
        self.transport = transport
        self._handling = handling
        self._fresh: asyncio.Queue[Event] = asyncio.Queue()

    async def listen(self) -> None:
        async with aclosing(self.transport.listen()) as events:  # at once, not when the loop gets to it
            async for event in events:
                self._fresh.put_nowait(event)
                if self._handling and isinstance(event, Message):
                    await self.transport.handled(event.id)

    async def next(self, kind: type[E]) -> E:
        async with asyncio.timeout(DEADLINE):
            event = await self._fresh.get()
        assert isinstance(event, kind), event
        return event


@asynccontextmanager
async def reading(
    folder: Folder, kept: Bookmark | None = None, *, handling: bool = True, **more: object
) -> AsyncIterator[Bot]:
    options: dict[str, object] = {
        "clock": lambda: START + timedelta(minutes=1),
        "timing": QUICK,
        "command": folder.command,
        "chance": lambda: 0.0,
        "keys": pems(1),
        "access": folder.access,
    } | more
    access, keys = options.pop("access"), options.pop("keys")
    transport = ArchiveTransport("a", access, keys, kept or Kept(), **options)  # type: ignore[arg-type]
    bot = Bot(transport, handling=handling)
    task = asyncio.create_task(bot.listen())
    try:
        yield bot
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    """Wait for what another process or task does."""
    async with asyncio.timeout(DEADLINE):
        while not true():
            await asyncio.sleep(0.01)


def run(main: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(main())
