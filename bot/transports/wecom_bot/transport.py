"""The smart bot as a channel: keeps the long connection up for ever and turns callbacks into messages."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime

import aiohttp
import structlog
from pydantic import SecretStr

from bot.logs import failure
from bot.transports.base import Echo, Event, LoggedIn, LoggedOut, Outage, Outcome, Post, Refused
from bot.transports.unfinished import Unfinished, oldest
from bot.transports.wecom_bot import faults, frames, inbound
from bot.transports.wecom_bot.connection import Connection, NoAnswer, NotWritten
from bot.transports.wecom_bot.frames import Frame
from bot.transports.wecom_bot.inbound import Link, Said
from bot.transports.wecom_bot.limits import Limits
from bot.transports.wecom_bot.pictures import Unreadable, fetch
from bot.transports.wecom_bot.sending import Cause, Sender
from bot.transports.wecom_bot.timing import Timing
from models.codes import PostKind
from models.message import BOT, Attachment, AttachmentKind, Message

ADDRESS = "wss://openws.work.weixin.qq.com"
STEADY = 5
"""A connection that lived so many times the last pause was a good one: the next pause is the first one again."""
_SEEN = 10_000
_DOWNLOADS = 8
KICKED, REJECTED = "kicked", "rejected"


@dataclass(frozen=True, slots=True)
class _End:
    """How a connection ended: the reason, since when nothing was heard, how many seconds it was subscribed."""

    reason: str
    since: datetime
    lived: float = 0.0
    code: int | None = None


class SmartBotTransport:
    """One smart bot. clock: aware UTC. name: what the bot is called in its groups.

    url: another address than the public one, as a private installation has it. chance: in [0, 1), for the jitter.
    """

    def __init__(
        self,
        account: str,
        bot_id: str,
        secret: SecretStr,
        *,
        clock: Callable[[], datetime],
        name: str = "小哨",
        url: str = ADDRESS,
        timing: Timing | None = None,
        limits: Limits | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.account = account
        self._bot_id = bot_id
        self._secret = secret
        self._clock = clock
        self._name = name
        self._url = url
        self._timing = timing or Timing()
        self._chance = chance
        self._events: asyncio.Queue[tuple[Event, Callable[[], None]]] = asyncio.Queue()
        self._sender = Sender(limits or Limits())
        self._sending = {urgent: asyncio.Lock() for urgent in (True, False)}
        self._connection: Connection | None = None
        self._heard_at = clock()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._tails: dict[str, asyncio.Task[None]] = {}
        self._pending: set[asyncio.Task[None]] = set()
        self._unfinished = Unfinished(clock)
        self._deaf_since: datetime | None = clock()  # None: it hears, or is reported as out
        self._downloads = asyncio.Semaphore(_DOWNLOADS)
        self._state: str | None = None  # the last thing reported: "in", or why it is out
        self._log = structlog.get_logger("wecom_bot").bind(account=account)

    async def listen(self) -> AsyncIterator[Event]:
        """What is said to the bot, and what becomes of its connection, for ever."""
        waits = aiohttp.ClientTimeout(total=None, sock_connect=self._timing.connect)
        async with aiohttp.ClientSession(timeout=waits) as session:
            supervising = asyncio.create_task(self._supervise(session))
            try:
                while True:
                    event = asyncio.ensure_future(self._events.get())
                    try:
                        await asyncio.wait([event, supervising], return_when=asyncio.FIRST_COMPLETED)
                        if not event.done():
                            supervising.result()  # it runs for ever, so this is an error of ours: it is not hidden
                    finally:
                        if not event.done():
                            event.cancel()
                    told, ended = event.result()
                    yield told
                    ended()
            finally:
                tasks = [supervising, *self._pending]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def pending_since(self) -> datetime | None:
        """When the oldest message came that waits for its pictures, or since when nothing is heard."""
        return oldest(self._unfinished.since(), self._deaf_since)

    async def emptied(self) -> None:
        """Wait until the pictures that are on their way are here."""
        await self._unfinished.emptied()

    async def send(self, post: Post) -> Outcome:
        """Deliver one post as markdown that shows as written; a picture goes after its words."""
        urgent = post.kind is PostKind.EMERGENCY
        if urgent:
            # Beside a post whose answer is waited for; not as an answer, of which one message has one at a time.
            post = replace(post, in_reply_to=None)
        async with self._sending[urgent]:
            if self._connection is None:
                return Refused(faults.OFFLINE, retry=True, offline=True)
            return await self._sender.send(self._connection, post, self._clock())

    async def _supervise(self, session: aiohttp.ClientSession) -> None:
        """Connect again and again; what happened in between is reported as an outage."""
        timing = self._timing
        pause, kicks = timing.backoff_first, 0
        lost: _End | None = None
        loop = asyncio.get_running_loop()
        since = loop.time()
        while True:
            end = await self._once(session, lost)
            if end.lived > 0:
                since = loop.time()
            if end.lived > 0 or lost is None:
                lost = end
            if end.lived > pause * STEADY:
                pause = timing.backoff_first
            if end.lived > timing.kicked:
                kicks = 0
            self._log.warning("connection_ended", reason=end.reason, code=end.code)
            if end.reason == KICKED:
                # Whoever took over did so on purpose, or by mistake for ever: two that fight hear nothing, both.
                self._report_out(KICKED, None)
                await asyncio.sleep(min(timing.kicked * 2**kicks, timing.kicked_longest))
                kicks = min(kicks + 1, 20)
            elif end.reason == REJECTED:
                self._report_out(faults.rejected(end.code), lost)
                await asyncio.sleep(timing.rejected * (1 + self._chance() / 2))
            else:
                if loop.time() - since > timing.offline:
                    # Said while it lasts, not only when it is over: somebody may have to mend it.
                    self._report_out(faults.UNREACHABLE, lost)
                await asyncio.sleep(pause * (1 - self._chance() / 2))
                pause = min(pause * 2, timing.backoff_longest)

    async def _once(self, session: aiohttp.ClientSession, lost: _End | None) -> _End:
        """One connection from its beginning to its end."""
        began = self._clock()
        try:
            async with asyncio.timeout(self._timing.connect):
                # No pings of the protocol: servers were seen to drop them; ours are the application's.
                socket = await session.ws_connect(
                    self._url, heartbeat=None, timeout=aiohttp.ClientWSTimeout(ws_close=self._timing.request)
                )
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _End("unreachable", began)
        connection = Connection(socket, self._timing, lambda frame: self._got(connection, frame))
        running = asyncio.create_task(connection.run())
        try:
            body = {"bot_id": self._bot_id, "secret": self._secret.get_secret_value()}
            answer = await connection.request(frames.SUBSCRIBE, body)
            if answer.code != 0:
                passing = answer.code is None or answer.code in faults.BUSY
                return _End("busy" if passing else REJECTED, began, code=answer.code)
            subscribed = asyncio.get_running_loop().time()
            self._heard_at = now = self._clock()
            self._connection = connection
            if self._state != "in":
                self._tell(LoggedIn(bot=self._bot_id, at=now, name=self._name))
                self._state = "in"
            elif lost is not None:
                self._tell(Outage(since=lost.since, until=now, reason=lost.reason))
            self._deaf_since = None
            reason = await running
            # Of what a server closes in order everything was read; before any other end a part may be missing.
            since = self._deaf_since = self._clock() if reason in ("closed", KICKED) else self._heard_at
            return _End(reason, since, max(1e-6, asyncio.get_running_loop().time() - subscribed))
        except (NoAnswer, NotWritten):
            return _End("unanswered", began)
        finally:
            self._connection = None
            self._sender.forget_causes()
            connection.stop("ended")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await socket.close()

    def _report_out(self, reason: str, lost: _End | None) -> None:
        """Say once that the account is out; what was lost before is an outage of its own."""
        if self._state != reason:
            now = self._clock()
            if self._state == "in" and lost is not None:
                self._tell(Outage(since=lost.since, until=now, reason=lost.reason))
            self._tell(LoggedOut(reason=reason, at=now))
            self._state, self._deaf_since = reason, None

    def _got(self, connection: Connection, frame: Frame) -> None:
        """A frame that answers no request that is waited for. One that we stumble over costs only itself."""
        try:
            self._read(connection, frame)
        except Exception as error:
            failure("callback_failed", error, account=self.account)

    def _read(self, connection: Connection, frame: Frame) -> None:
        self._heard_at = self._clock()
        if frame.cmd == frames.EVENT:
            event = frame.body.get("event")
            if isinstance(event, dict) and event.get("eventtype") == "disconnected_event":
                connection.stop(KICKED)
        elif frame.cmd == frames.MESSAGE:
            said = inbound.read(frame.body, self._name, self._clock())
            if said is None:
                self._log.warning("callback_unreadable")
            else:
                self._sender.caused(said.id, Cause(connection, frame.req_id, said.chat, said.at))
                self._take(said)
        elif not frame.cmd and (post := self._sender.arrived_late(frame)) is not None:
            self._tell(Echo(text=post.text, at=self._clock(), room=post.room, to=post.to))

    def _take(self, said: Said) -> None:
        """Report a message once: now, or behind those of its chat whose pictures are still on their way."""
        if said.id in self._seen:
            return
        self._seen[said.id] = None
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
        before = self._tails.get(said.chat)
        if not said.links and before is None:
            self._tell(self._message(said, ()))
            return
        ended = self._unfinished.begin()
        task = asyncio.create_task(self._with_pictures(said, before, ended))
        self._tails[said.chat] = task
        self._pending.add(task)
        task.add_done_callback(lambda done: self._forget(said.chat, done, ended))

    def _tell(self, event: Event, ended: Callable[[], None] | None = None) -> None:
        """ended: of what was begun before, to be called when somebody has the event."""
        self._events.put_nowait((event, ended or self._unfinished.begin()))

    def _forget(self, chat: str, task: asyncio.Task[None], ended: Callable[[], None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            failure("message_not_read", error, account=self.account)
            ended()
        self._pending.discard(task)
        if self._tails.get(chat) is task:
            del self._tails[chat]

    async def _with_pictures(self, said: Said, before: asyncio.Task[None] | None, ended: Callable[[], None]) -> None:
        pictures = await asyncio.gather(*(self._picture(link) for link in said.links))
        if before is not None:
            await asyncio.wait([before])
        self._tell(self._message(said, tuple(pictures)), ended)

    async def _picture(self, link: Link) -> Attachment:
        """The picture, or one without bytes when it cannot be had."""
        try:
            async with self._downloads, aiohttp.ClientSession() as session:
                return await fetch(session, link.url, link.aeskey, self._timing.download)
        except Unreadable as error:
            self._log.warning("picture_unreadable", reason=str(error))
            return Attachment(AttachmentKind.IMAGE)

    def _message(self, said: Said, pictures: tuple[Attachment, ...]) -> Message:
        quote = said.quote
        if quote is not None and self._sender.is_own(said.chat, quote.text):
            quote = replace(quote, sender=BOT)
        return Message(
            id=said.id,
            account=self.account,
            room=said.room,
            sender=said.sender,
            text=said.text,
            at=said.at,
            mentions=(BOT,) if said.room is not None else (),
            quote=quote,
            attachments=pictures + ((Attachment(AttachmentKind.AUDIO),) if said.voice else ()),
        )
