"""Personal WeChat, through a Wechaty gateway that the operator runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.transports.base import Echo, Event, FriendRequest, Outage, Outcome, Post, Refused
from bot.transports.unfinished import Unfinished, oldest
from bot.transports.wechaty.cache import Cache
from bot.transports.wechaty.faults import log_fault
from bot.transports.wechaty.intake import Found, Intake, Taken
from bot.transports.wechaty.options import WIDTH, Gateway, Patience
from models.message import Attachment

if TYPE_CHECKING:
    from bot.transports.wechaty.parts import Parts
    from bot.transports.wechaty.reading import Reader
    from bot.transports.wechaty.supervise import Supervisor
    from bot.transports.wechaty.wire import MessagePayload

AGAIN_SECONDS = 24 * 3600.0
"""How long an id counts as read: gateways tell the same message twice, mostly at once."""


class WechatyTransport:
    """Hears and speaks for one account. Transport and Accepting of bot/transports/base.py.

    The `wechaty` package is imported when listen() is first iterated. One listener at a time: a gateway has one stream.
    names: what people call the bot in a group besides the account's own name there.
    """

    echoes = True
    """Its own posts come back to listen()."""

    def __init__(
        self,
        account: str,
        gateway: Gateway,
        *,
        clock: Callable[[], datetime],
        patience: Patience | None = None,
        names: tuple[str, ...] = ("小哨",),
    ) -> None:
        gateway.address()  # a wrong one is told at once
        self._account = account
        self._gateway = gateway
        self._clock = clock
        self._patience = patience or Patience()
        self._names = names
        self._events: asyncio.Queue[tuple[Event, Taken]] = asyncio.Queue()
        self._unfinished = Unfinished(clock)
        self._pictures: set[asyncio.Task[Attachment]] = set()
        self._supervisor: Supervisor | None = None  # of the last listening
        self._seen: Cache[bool] = Cache(AGAIN_SECONDS, size=100_000)
        self._parts: Parts | None = None

    @property
    def account(self) -> str:
        """The account's name in the bot."""
        return self._account

    async def listen(self) -> AsyncIterator[Event]:
        """What is said and what happens, for ever; the gateway may come and go."""
        from bot.transports.wechaty.parts import Parts  # imports wechaty

        self._unfinished = Unfinished(self._clock)
        intake = Intake(self._put, self._unfinished, width=WIDTH)
        parts = Parts.of(
            self._account, self._gateway, self._patience, self._clock, self._names, self._tell, self._happened
        )
        await parts.robot.init_puppet()  # binds its models to our puppet
        self._parts, self._intake, self._supervisor = parts, intake, parts.supervisor
        tasks = [asyncio.create_task(work()) for work in (intake.run, parts.supervisor.run, parts.canary.run)]
        try:
            while True:
                event = asyncio.ensure_future(self._events.get())
                done, _ = await asyncio.wait([event, *tasks], return_when=asyncio.FIRST_COMPLETED)
                if event not in done:
                    event.cancel()
                    done.pop().result()  # none of them ever ends by itself: raises
                told, taken = event.result()
                yield told
                taken()
        finally:
            self._parts = None
            ending = [*tasks, *self._pictures]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            parts.puppet.disconnect()

    def pending_since(self) -> datetime | None:
        """When the oldest message was announced that nobody has got yet, or since when nothing is heard."""
        deaf = None if self._supervisor is None else self._supervisor.since
        return oldest(self._unfinished.since(), deaf)

    async def emptied(self) -> None:
        """Wait until everything that was announced so far is handed out."""
        await self._unfinished.emptied()

    async def send(self, post: Post) -> Outcome:
        """Deliver one post; Refused with retry while there is no connection."""
        if self._parts is None:
            return Refused("not connected", retry=True, offline=True)
        return await self._parts.sender.send(post)

    async def accept(self, request: FriendRequest) -> bool:
        """Become a contact of whoever asked."""
        if self._parts is None:
            return False
        try:
            friendship = self._parts.robot.Friendship.load(request.id)
            await friendship.ready()
            await friendship.accept()
        except Exception as error:
            log_fault("friend_not_accepted", error, account=self._account)
            return False
        return True

    # -- in --------------------------------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        """Of the account itself: nothing that was announced."""
        self._put(event, self._unfinished.begin())

    def _put(self, event: Event, taken: Taken) -> None:
        parts = self._parts
        if isinstance(event, Echo) and parts is not None and parts.canary.is_own(event, parts.reader.bot):
            taken()
            return
        self._events.put_nowait((event, taken))

    def _happened(self, name: str, payload: Mapping[str, Any]) -> None:
        """Something came on the stream besides who is logged in."""
        room = str(payload.get("roomId") or "")
        match name:
            case "MESSAGE" if payload.get("messageId"):
                self._message(str(payload["messageId"]))
            case "FRIENDSHIP" if payload.get("friendshipId"):
                self._friendship(str(payload["friendshipId"]))
            case "ROOM_TOPIC" if room:
                self._room(room, name=str(payload.get("newTopic") or "") or None)
            case "ROOM_JOIN" if room:
                self._room(room, joined=_ids(payload, "inviteeIdList"))
            case "ROOM_LEAVE" if room:
                self._room(room, left=_ids(payload, "removeeIdList"))

    def _message(self, message_id: str) -> None:
        if not self._seen.first(message_id, True):
            return
        parts, arrived = self._parts, self._clock()
        assert parts is not None

        async def find() -> Found | None:
            try:
                payload = await parts.reader.look_up(message_id, parts.connected)
            except Exception as error:
                self._tell(missed(error))
                return None
            picture = parts.reader.picture(payload)
            if picture is not None:
                self._pictures.add(picture)
                picture.add_done_callback(self._pictures.discard)
            return Found(payload.room_id or payload.from_id, partial(finish, payload, picture))

        async def finish(payload: "MessagePayload", picture: "asyncio.Task[Attachment] | None") -> Event | None:
            try:
                return await parts.reader.read(payload, picture)
            except Exception as error:
                return missed(error)

        def missed(error: Exception) -> Outage:
            """It was announced and could not be read: nothing was heard at that moment."""
            log_fault("message_not_read", error, account=self._account)
            self._seen.forget(message_id)  # should the gateway tell of it again, it counts
            return Outage(since=arrived, until=self._clock(), reason="unreadable")

        self._intake.put(find)

    def _friendship(self, friendship_id: str) -> None:
        reader = self._reader()

        async def find() -> Found:
            return Found(f"friendship {friendship_id}", lambda: reader.friend_request(friendship_id))

        self._intake.put(find)

    def _room(self, room: str, **change: Any) -> None:
        reader = self._reader()

        async def finish() -> Event:
            return reader.room_changed(room, **change)

        async def find() -> Found:
            return Found(room, finish)

        self._intake.put(find)

    def _reader(self) -> "Reader":
        assert self._parts is not None
        return self._parts.reader


def _ids(payload: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = payload.get(key)
    return tuple(str(one) for one in found if one) if isinstance(found, list) else ()
