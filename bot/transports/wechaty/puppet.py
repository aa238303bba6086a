"""Our own puppet below the `wechaty` package: it owns the connection, its deadlines and what is remembered of payloads.

Importing this module imports `wechaty`; nothing outside this package does, and only listen() does so here.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from grpclib.client import Channel

from bot.transports.wechaty import shim
from bot.transports.wechaty.cache import Cache
from bot.transports.wechaty.connection import credentials, open_channel
from bot.transports.wechaty.faults import FAULTS
from bot.transports.wechaty.options import Gateway, Patience
from bot.transports.wechaty.wire import Calls, Event

shim.apply()

import wechaty_puppet  # noqa: E402
from pyee.asyncio import AsyncIOEventEmitter  # noqa: E402
from wechaty import Wechaty, WechatyOptions  # noqa: E402
from wechaty_grpc.wechaty import PuppetStub  # noqa: E402
from wechaty_puppet_service import PuppetService  # noqa: E402

CONTACT, ROOM, MEMBER = "contact", "room", "member"
_DIRTY = {2: CONTACT, 3: ROOM, 4: MEMBER}
"""Payload types that a gateway calls dirty, by their number in wechaty-puppet."""


class Puppet(PuppetService):
    """A PuppetService that connects, reconnects and times out as its owner says.

    The stock one's start() sends Stop first (which logs the gateway out), sleeps a minute after a failure, waits for
    answers for ever and prints the token; nothing of that is used. What `wechaty` calls through it (friendship_accept,
    contact_payload, message_send_text …) goes over our channel with our deadlines.
    """

    def __init__(self, gateway: Gateway, patience: Patience) -> None:
        # Not PuppetService's own: that reads tokens from the environment and logs them.
        wechaty_puppet.Puppet.__init__(self, wechaty_puppet.PuppetOptions(), "xiaoshao")
        self._gateway = gateway
        self._patience = patience
        self._event_stream = AsyncIOEventEmitter()
        self._puppet_stub: PuppetStub | None = None
        self._calls: Calls | None = None
        self.channel: Channel | None = None
        self.login_user_id: str | None = None
        self._cache: Cache[Any] = Cache(patience.cached)

    def __repr__(self) -> str:
        return f"Puppet({self._gateway.endpoint})"

    # -- the connection ---------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Reach the gateway and say Start. Raises what grpclib raises."""
        self.disconnect()
        patience = self._patience
        self.channel = await open_channel(self._gateway, patience)
        metadata = credentials(self._gateway)
        self._puppet_stub = PuppetStub(self.channel, timeout=patience.call, metadata=metadata)
        self._calls = Calls(self.channel, timeout=patience.call, metadata=metadata)
        # The stream of events has no deadline of its own: the watchdog looks after it.
        self._endless = Calls(self.channel, metadata=metadata)
        self._starting = PuppetStub(self.channel, timeout=patience.start, metadata=metadata)
        async with asyncio.timeout(patience.connect):
            await self.channel.__connect__()
        await self._starting.start()

    async def take_over(self) -> None:
        """Make the gateway drop whoever holds its stream: it takes one at a time."""
        with suppress(*FAULTS):
            await self._starting.stop()
        await self._starting.start()

    def disconnect(self) -> None:
        """Close the connection. Nothing is said to the gateway: Stop would log the account out."""
        if self.channel is not None:
            with suppress(AttributeError):  # grpclib closes a connection that was lost already
                self.channel.close()
        self.channel = self._calls = self._puppet_stub = None

    async def stop(self) -> None:
        """What `wechaty` calls at its own end."""
        self.disconnect()

    @property
    def calls(self) -> Calls:
        """The gateway's calls; raises ConnectionError while there is no connection."""
        if self._calls is None:
            raise ConnectionError("no connection to the gateway")
        return self._calls

    async def happenings(self) -> AsyncGenerator[tuple[Event, Mapping[str, Any]], None]:
        """What happens, as the gateway tells it, until the stream ends. What is not known is left out."""
        async with aclosing(self._endless.events()) as stream:
            async for told in stream:
                try:
                    event, payload = Event(told.type), json.loads(told.payload or "{}")
                except ValueError:
                    structlog.get_logger("wechaty").warning("unknown_event", type=int(told.type))
                    continue
                if not isinstance(payload, dict):
                    continue
                if event is Event.DIRTY:
                    self.forget(payload.get("payloadType"), str(payload.get("payloadId", "")))
                yield event, payload

    # -- payloads, remembered for a while ---------------------------------------------------------------------------

    def forget(self, kind: object, key: str) -> None:
        """The gateway says that a payload changed."""
        name = _DIRTY.get(kind) if isinstance(kind, int) else None
        if name is not None:
            # A person's name in a room follows the person and the room.
            self._cache.drop(lambda one: isinstance(one, tuple) and key in one[1:] and (one[0] in (name, MEMBER)))

    def forget_all(self) -> None:
        """After a login nothing is sure."""
        self._cache.clear()

    def known(self, kind: str, *key: str) -> Any:
        """What is remembered, without asking."""
        return self._cache.get((kind, *key))

    async def contact_payload(self, contact_id: str) -> Any:
        """A person, from the gateway or remembered."""
        found = self._cache.get((CONTACT, contact_id))
        if found is None:
            found = await self.puppet_stub.contact_payload(id=contact_id)
            self._cache.put((CONTACT, contact_id), found)
        return found

    async def room_payload(self, room_id: str) -> Any:
        """A group, from the gateway or remembered."""
        found = self._cache.get((ROOM, room_id))
        if found is None:
            found = await self.puppet_stub.room_payload(id=room_id)
            self._cache.put((ROOM, room_id), found)
        return found

    async def room_member_payload(self, room_id: str, contact_id: str) -> Any:
        """A person in a group, from the gateway or remembered."""
        found = self._cache.get((MEMBER, room_id, contact_id))
        if found is None:
            found = await self.puppet_stub.room_member_payload(id=room_id, member_id=contact_id)
            self._cache.put((MEMBER, room_id, contact_id), found)
        return found

    async def message_send_text(self, conversation_id: str, message: str, mention_ids: list[str] | None = None) -> str:
        """Say something; the id of the message, or None where the gateway gives none, as the stock one does."""
        sent: str = await self.calls.send_text(  # type: ignore[assignment]
            conversation_id, message, mention_ids or (), self._patience.send
        )
        return sent


def robot(puppet: Puppet) -> Wechaty:
    """The `wechaty` robot over a puppet, for its models; its own start() and its scheduler are never started.

    A scheduler of its own would make a database file in the working directory.
    """
    return Wechaty(WechatyOptions(puppet=puppet, scheduler=AsyncIOScheduler()))
