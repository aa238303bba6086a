"""One account, live: listening, relaying and the heartbeat around a shard and its thread."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

from bot.logs import failure
from bot.outcome import Outcome as Handled
from bot.shard import Shard
from bot.transports.base import Outcome, Post, Transport, Unknown
from models.message import Message

T = TypeVar("T")
BEAT_SECONDS = 5.0
"""How often is written how far was heard; what a crash may lose without a trace."""
AGAIN_SECONDS = 5.0
"""How long to wait when the database or the channel failed in a way that nobody expected."""


class Channel:
    """Runs a transport over a shard. All database work happens on the shard's own thread."""

    def __init__(
        self,
        shard: Shard,
        transport: Transport,
        *,
        clock: Callable[[], datetime],
        heard: Callable[[Message, Handled], Awaitable[None]] | None = None,
    ) -> None:
        self._shard = shard
        self._transport = transport
        self._clock = clock
        self._heard = heard
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"shard-{shard.account}")
        self._wake = asyncio.Event()
        self._sending = asyncio.Lock()
        self._inbox: asyncio.Queue[Message | None] = asyncio.Queue()
        self._arrivals: deque[datetime] = deque()  # of the messages that were read and not handled yet

    async def on_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Run work on the shard's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *arguments))

    def poke(self) -> None:
        """Something may be ready to be sent."""
        self._wake.set()

    async def run(self) -> None:
        """Listen and relay until cancelled or the transport ends; then write how far was heard."""
        await self.on_thread(self._shard.start, self._clock())
        try:
            async with asyncio.TaskGroup() as tasks:
                beside = [tasks.create_task(work()) for work in (self._read, self._relay, self._beat)]
                await self._listen()
                await self.drain()
                for task in beside:
                    task.cancel()
        finally:
            await asyncio.shield(self.on_thread(self._shard.beat, self._clock(), self._heard_until()))
            self._thread.shutdown(wait=True)

    async def _read(self) -> None:
        """Take messages in as they come, so that it is known how far the handling is behind."""
        async for event in self._transport.listen():
            if isinstance(event, Message):
                self._arrivals.append(self._clock())
                self._inbox.put_nowait(event)
        self._inbox.put_nowait(None)

    def _heard_until(self) -> datetime:
        """Everything that came before has been handled; a crash now loses what came after."""
        return self._arrivals[0] if self._arrivals else self._clock()

    async def _listen(self) -> None:
        """Handle one message after the other until the transport ends, which only the console's does."""
        while (message := await self._inbox.get()) is not None:
            try:
                outcome = await self.on_thread(self._shard.handle, message, self._clock())
            except Exception as error:
                failure("message_failed", error, account=self._shard.account, message_id=message.id)
                continue
            finally:
                self._arrivals.popleft()
            if self._heard is not None:
                await self._heard(message, outcome)
            self.poke()

    async def _relay(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.drain()
                wake_at = await self.on_thread(self._shard.relay.wake_at, self._clock())
            except Exception as error:
                failure("relay_failed", error, account=self._shard.account)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            # The clock of a demo may jump, which poke() announces; a minute bounds every other surprise.
            wait = 60.0 if wake_at is None else max(0.05, min(60.0, (wake_at - self._clock()).total_seconds()))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    async def drain(self) -> None:
        """Send everything that may leave now, one post after the other."""
        async with self._sending:
            await self.on_thread(self._shard.relay.refill)
            while (post := await self.on_thread(self._shard.relay.take, self._clock())) is not None:
                outcome = await self._send(post)
                await self.on_thread(self._shard.relay.settle, post, outcome, self._clock())

    async def _send(self, post: Post) -> Outcome:
        try:
            return await self._transport.send(post)
        except Exception as error:
            failure("send_failed", error, account=self._shard.account, row=post.row)
            return Unknown(type(error).__name__)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.on_thread(self._shard.beat, self._clock(), self._heard_until())
            except Exception as error:
                # A database that is busy for a moment is no reason to stop listening.
                failure("beat_failed", error, account=self._shard.account)
