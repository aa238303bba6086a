"""A self-built app (自建应用): hears what members write to it, one to one, and writes to them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import structlog
from aiohttp import web

from bot.transports.base import Event, Outcome, Post, Refused, Unknown
from bot.transports.wecom.api import CallFailed
from bot.transports.wecom.app_messages import AppMessages
from bot.transports.wecom.callbacks import Callbacks, Reply
from bot.transports.wecom.codec import Codec
from bot.transports.wecom.inbox import Inbox
from bot.transports.wecom.messages import message_of
from bot.transports.wecom.payloads import Said, read_xml, unwrap_xml
from bot.transports.wecom.pictures import DEADLINE, LARGEST, media_type
from bot.transports.wecom.replay import ReplayGuard
from bot.transports.wecom.smart_bot import LIMIT
from models.message import Message


class AppTransport:
    """One app. handled() has to be called for each message that listen() gave, after its commit.

    Answers go by message/send, which says whether they arrived, never in the answer to the callback.
    """

    echoes = False
    reaches_leaders = False

    def __init__(
        self,
        account: str,
        codec: Codec,
        messages: AppMessages,
        *,
        clock: Callable[[], datetime],
        guard: ReplayGuard | None = None,
        inbox: Inbox | None = None,
        limit: float = LIMIT,
        picture_deadline: float = DEADLINE,
    ) -> None:
        self.account = account
        self._codec = codec
        self._messages = messages
        self._guard = guard or ReplayGuard(clock)
        self._inbox = inbox or Inbox()
        self._limit = limit
        self._picture_deadline = picture_deadline
        self._log = structlog.get_logger()

    async def check(self) -> Refused | Unknown | None:
        """Whether corp id and secret give a token; None: they do."""
        return await self._messages.check()

    def app(self) -> web.Application:
        """The sub-application that WeCom calls."""
        return Callbacks(self._codec, self._guard, unwrap=unwrap_xml, wrap=_never, receive=self._receive).app()

    async def listen(self) -> AsyncIterator[Event]:
        """What members write, for ever."""
        async for message in self._inbox.messages():
            yield message

    def handled(self, message_id: str) -> None:
        """The message's effect is committed: its callback may be answered."""
        self._inbox.handled(message_id)

    def failed(self, message_id: str) -> None:
        """The message had no effect: WeCom is to bring it again."""
        self._inbox.failed(message_id)

    async def send(self, post: Post) -> Outcome:
        """Write to the member whom the post is for."""
        return await self._messages.send(post)

    async def _receive(self, plain: str, at: datetime) -> Reply | None:
        said = read_xml(plain, at)
        if not isinstance(said, Said):
            return Reply()
        taken = await self._inbox.take(said.id, said.chat, lambda: self._message(said), self._limit)
        return Reply() if taken else None

    async def _message(self, said: Said) -> Message:
        return message_of(self.account, said, [await self._picture(one.media_id) for one in said.pictures])

    async def _picture(self, media_id: str) -> bytes | None:
        try:
            async with asyncio.timeout(self._picture_deadline):
                data = await self._messages.download(media_id, LARGEST)
        except (CallFailed, TimeoutError) as error:
            self._log.warning("picture_lost", error=type(error).__name__)
            return None
        return data if media_type(data) else None


def _never(codec: Codec, text: str, timestamp: str, nonce: str) -> web.Response:
    raise AssertionError("an app is answered with nothing")
