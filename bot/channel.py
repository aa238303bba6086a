"""One account, live: listening, relaying and the heartbeat around a shard and its thread."""

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

from bot.lease import LeaseHeldError, LeaseLostError
from bot.logs import failure
from bot.outcome import Outcome as Handled
from bot.shard import Shard
from bot.transports.base import (
    Event,
    FriendRequest,
    LoggedIn,
    LoggedOut,
    Outage,
    Outcome,
    Post,
    Sent,
    Transport,
    Unknown,
)
from bot.transports.unfinished import oldest
from models.message import Message

T = TypeVar("T")
BEAT_SECONDS = 5.0
"""How often is written how far was heard; what a crash may lose without a trace."""
AGAIN_SECONDS = 5.0
"""How long to wait when the database or the channel failed in a way that nobody expected."""
CANARY_SECONDS = 3600.0
"""How often a channel that can is asked whether it really hears."""
CANARY_DEADLINE = 60.0
"""So long may that take."""
SETTLE_SECONDS = 20.0
"""So long a stop waits for what is in flight; a send that takes longer is found at the next start."""
EMPTY_SECONDS = 5.0
"""So long a stop waits for what the channel has announced and not handed out; the rest becomes a gap."""
INBOX_MOST = 2000
"""So many events may wait to be handled, pictures included, before the channel has to keep the next ones itself."""


class _Line:
    """Posts that are sent one after the other: emergencies, or all others, so that no emergency waits for an answer."""

    def __init__(self, *, urgent: bool) -> None:
        self.urgent = urgent
        self.wake = asyncio.Event()
        self.lock = asyncio.Lock()


class Channel:
    """Runs a transport over a shard. All database work happens on the shard's own thread.

    Of a transport these are used where it has them: handled(message id), called when the effect of a message is
    committed, or failed(message id); accept(request); canary(), which says whether the account hears its own message;
    pending_since() and emptied() of bot/transports/base.py (Behind); history, true where what was not handled is
    delivered anew, so that an outage is no gap; close().
    """

    def __init__(
        self,
        shard: Shard,
        transport: Transport,
        *,
        clock: Callable[[], datetime],
        heard: Callable[[Message, Handled], Awaitable[None]] | None = None,
        happened: Callable[[Event], None] | None = None,
        canary_seconds: float | None = None,
        started: Callable[[], None] | None = None,
    ) -> None:
        """heard is told of every message, happened of every other event and after it; canary_seconds None: the
        default; started is called when this process has the account."""
        self._shard = shard
        self._transport = transport
        self._clock = clock
        self._heard = heard
        self._happened = happened
        self._started = started
        self._canary_seconds = CANARY_SECONDS if canary_seconds is None else canary_seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"shard-{shard.account}")
        self._lines = (_Line(urgent=True), _Line(urgent=False))
        self._fresh = False  # the relay knows of all rows
        self._echoed: dict[int, asyncio.Event] = {}  # by the row that is with the channel
        self._inbox: asyncio.Queue[Event | None] = asyncio.Queue()
        self._arrivals: deque[datetime] = deque()  # of the events that were read and not handled yet
        self._handled_one = asyncio.Event()
        self._read_until: datetime | None = None  # when the reading ended
        self._stopping = asyncio.Event()

    async def on_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Run work on the shard's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *arguments))

    def poke(self) -> None:
        """Something may be ready to be sent."""
        self._fresh = False
        for line in self._lines:
            line.wake.set()

    def stop(self) -> None:
        """Read no more; what was read is handled, what is being sent is settled, then run() returns."""
        self._stopping.set()

    async def run(self) -> None:
        """Listen and relay until cancelled, stopped or the transport ends; then write how far was heard.

        Raises LeaseHeldError at once, and LeaseLostError later, when another process has the account.
        """
        try:
            await self.on_thread(partial(self._shard.start, channel=self._transport), self._clock())
            if self._started is not None:
                self._started()
            await self._work()
        finally:
            # However it ends: how far was heard is written, and the account is free for whoever comes next.
            await asyncio.shield(self._leave())

    async def _work(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                works = (self._relay, self._beat, self._watch_canary)
                beside = [tasks.create_task(work()) for work in works]
                reading = tasks.create_task(self._read())
                reading.add_done_callback(lambda _: self._reading_ended())
                beside.append(tasks.create_task(self._end_reading(reading)))
                await self._listen()
                with suppress(TimeoutError):
                    async with asyncio.timeout(SETTLE_SECONDS if self._stopping.is_set() else None):
                        await self.drain()
                for task in beside:
                    task.cancel()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _leave(self) -> None:
        def leave() -> None:
            with suppress(LeaseLostError, LeaseHeldError):
                self._shard.leave(self._clock(), self._heard_until())

        try:
            await self.on_thread(leave)
        except Exception as error:
            failure("leave_failed", error, account=self._shard.account)
        finally:
            self._thread.shutdown(wait=True)
        close = getattr(self._transport, "close", None)
        if close is not None:
            closing = close()
            if inspect.isawaitable(closing):
                await closing

    # -- in -------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Take events in as they come, so that it is known how far the handling is behind."""
        events = self._transport.listen()
        try:
            async for event in events:
                self._take_in(event)
                while len(self._arrivals) >= INBOX_MOST:
                    self._handled_one.clear()
                    await self._handled_one.wait()
        finally:
            close = getattr(events, "aclose", None)  # of a generator that was not waited for just now
            if close is not None:
                await close()

    def _reading_ended(self) -> None:
        self._read_until = self._clock()
        self._inbox.put_nowait(None)

    async def _end_reading(self, reading: asyncio.Task[None]) -> None:
        """Once stopped: not before the post in flight has its answer, which the channel may lose with its connection,
        and what was announced is here. Neither is waited for longer than it may take."""
        await self._stopping.wait()
        await asyncio.gather(self._settled(), self._emptied())
        reading.cancel()

    async def _settled(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                for line in self._lines:
                    async with line.lock:
                        pass

    async def _emptied(self) -> None:
        emptied = getattr(self._transport, "emptied", None)
        if emptied is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(EMPTY_SECONDS):
                    await emptied()

    def _take_in(self, event: Event) -> None:
        # The event itself is still among what the channel calls pending: the time is that of its announcement.
        since = event.since if isinstance(event, Outage) else None
        self._arrivals.append(oldest(self._clock(), self._pending_since(), since) or self._clock())
        self._inbox.put_nowait(event)

    def _pending_since(self) -> datetime | None:
        pending = getattr(self._transport, "pending_since", None)
        found: datetime | None = None if pending is None else pending()
        return found

    def _heard_until(self) -> datetime:
        """Everything that came before has been handled; a crash now loses what came after."""
        now = self._clock()
        return oldest(now, *self._arrivals, self._pending_since(), self._read_until) or now

    async def _listen(self) -> None:
        """Handle one event after the other until the transport ends, which only the console's does."""
        while (event := await self._inbox.get()) is not None:
            try:
                if isinstance(event, Message):
                    await self._handle(event)
                else:
                    await self._happen(event)
            except (LeaseLostError, asyncio.CancelledError):
                raise
            except Exception as error:
                what = {"message_id": event.id} if isinstance(event, Message) else {"kind": type(event).__name__}
                failure("message_failed", error, account=self._shard.account, **what)
                if isinstance(event, Message):
                    await self._acknowledge(event, "failed")
            finally:
                self._arrivals.popleft()
                self._handled_one.set()

    async def _handle(self, message: Message) -> None:
        outcome = await self.on_thread(self._shard.handle, message, self._clock())
        await self._acknowledge(message, "failed" if outcome is Handled.FAILED else "handled")
        if self._heard is not None:
            await self._heard(message, outcome)
        self.poke()

    async def _acknowledge(self, message: Message, what: str) -> None:
        """Only now, after the commit, may the channel forget the message; one that failed is to be brought again."""
        tell = getattr(self._transport, what, None)
        if tell is None:
            return
        answer = tell(message.id)
        if inspect.isawaitable(answer):
            await answer

    async def _happen(self, event: Event) -> None:
        if isinstance(event, FriendRequest):
            await self._befriend(event)
        else:
            await self.on_thread(self._shard.happen, event, self._clock())
        for row, echoed in self._echoed.items():
            if self._shard.relay.has_arrived(row):
                echoed.set()
        if self._happened is not None:
            self._happened(event)
        self.poke()

    async def _befriend(self, request: FriendRequest) -> None:
        accept = getattr(self._transport, "accept", None)
        if accept is None or not await self.on_thread(self._shard.wants, request, self._clock()):
            return
        if await accept(request):
            await self.on_thread(self._shard.befriended, request, self._clock())

    # -- out ------------------------------------------------------------------------------------

    async def _relay(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                for line in self._lines:
                    tasks.create_task(self._relay_along(line))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _relay_along(self, line: _Line) -> None:
        while True:
            line.wake.clear()
            try:
                await self._send_along(line)
                wake_at = await self.on_thread(partial(self._shard.relay.wake_at, urgent=line.urgent), self._clock())
            except LeaseLostError:
                raise
            except Exception as error:
                failure("relay_failed", error, account=self._shard.account)
                self._fresh = False
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            # The clock of a demo may jump, which poke() announces; a minute bounds every other surprise.
            wait = 60.0 if wake_at is None else max(0.05, min(60.0, (wake_at - self._clock()).total_seconds()))
            # Not wait_for, which up to Python 3.11 swallows a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await line.wake.wait()
                continue
            self._fresh = False

    async def drain(self) -> None:
        """Send everything that may leave now, emergencies first; once stopped, nothing new."""
        self._fresh = False
        for line in self._lines:
            await self._send_along(line)

    async def _send_along(self, line: _Line) -> None:
        """One post after the other, beside those of the other line."""
        async with line.lock:
            await self._refill()
            while not self._stopping.is_set():
                post = await self.on_thread(partial(self._shard.relay.take, urgent=line.urgent), self._clock())
                if post is None:
                    return
                outcome = await self._send(post)
                if await self.on_thread(self._shard.relay.settle, post, outcome, self._clock()):
                    self.poke()

    async def _refill(self) -> None:
        if self._fresh:
            return
        self._fresh = True  # at once: the thread does one thing after the other, so that this is done before any take()
        try:
            await self.on_thread(self._shard.relay.refill)
        except BaseException:
            self._fresh = False
            raise

    async def _send(self, post: Post) -> Outcome:
        try:
            if getattr(self._transport, "echoes", False) is True:
                return await self._send_or_see(post)
            return await self._transport.send(post)
        except Exception as error:
            failure("send_failed", error, account=self._shard.account, row=post.row)
            return Unknown(type(error).__name__)

    async def _send_or_see(self, post: Post) -> Outcome:
        """Where the echo is there before the answer, the answer is not waited for."""
        echoed = self._echoed[post.row] = asyncio.Event()
        sending = asyncio.ensure_future(self._transport.send(post))
        seeing = asyncio.ensure_future(echoed.wait())
        try:
            await asyncio.wait((sending, seeing), return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else Sent()
        finally:
            del self._echoed[post.row]
            for task in (sending, seeing):
                task.cancel()
            await asyncio.gather(sending, seeing, return_exceptions=True)

    # -- alive ----------------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.on_thread(self._shard.beat, self._clock(), self._heard_until())
            except LeaseLostError:
                raise
            except Exception as error:
                # A database that is busy for a moment is no reason to stop listening.
                failure("beat_failed", error, account=self._shard.account)

    async def _watch_canary(self) -> None:
        """Now and then a message to itself: an account may look online and hear nothing."""
        canary = getattr(self._transport, "canary", None)
        well = True
        while canary is not None:
            await asyncio.sleep(self._canary_seconds)
            asked_at = self._clock()
            try:
                async with asyncio.timeout(CANARY_DEADLINE):
                    sings = bool(await canary())
            except Exception as error:
                failure("canary_failed", error, account=self._shard.account)
                sings = False
            if sings and not well:
                self._take_in(LoggedIn("", self._clock()))
            elif well and not sings:
                self._take_in(LoggedOut("deaf", asked_at))
            well = sings
