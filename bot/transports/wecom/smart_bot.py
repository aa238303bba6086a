"""A smart bot (智能机器人) that is called at a URL: hears what is said to it, answers what it heard.

It can only answer: by the response_url of a message (once, within an hour, and WeCom says whether it arrived) or in the
answer to the callback itself (at once, and nobody says so). What nobody caused it cannot send; a group's webhook can.
"""

import asyncio
import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from aiohttp import web

from bot.transports.base import Event, Outcome, Post, Refused, Sent, Unknown
from bot.transports.wecom.api import Api, CallFailed, judged
from bot.transports.wecom.callbacks import Callbacks, Reply
from bot.transports.wecom.codec import Codec
from bot.transports.wecom.inbox import Inbox
from bot.transports.wecom.literal import literal
from bot.transports.wecom.messages import digest, message_of
from bot.transports.wecom.payloads import Happened, Picture, Said, read_json, unwrap_json
from bot.transports.wecom.pictures import SENDABLE, Downloads, media_type
from bot.transports.wecom.replay import ReplayGuard
from models.message import Message

K = TypeVar("K")
V = TypeVar("V")
LIMIT = 4.5
"""Seconds until a callback is answered; WeCom waits for five."""
WINDOW = 1.0
"""Seconds after the commit in which an answer may still go with the answer to the callback."""
ANSWER_BYTES = 20_480
PICTURE_BYTES = 10 * 1024 * 1024
URL_HOLDS = timedelta(hours=1)
SETTLING = timedelta(seconds=20)
"""After a start: how to answer what was heard before may come again with WeCom's retry."""
_REMEMBERED = 2_000
_WRITING = 5.0


@dataclass(slots=True)
class _Open:
    """A callback that waits: what is offered goes with its answer."""

    offered: asyncio.Future[str]
    written: asyncio.Future[bool]


@dataclass(slots=True)
class _Heard:
    """How a message can be answered. chat: room and person, one of them None."""

    chat: tuple[str | None, str | None]
    url: str
    until: datetime
    open: _Open | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class SmartBotCallbacks:
    """One smart bot. handled() has to be called for each message that listen() gave, after its commit.

    name: the bot's in WeCom. welcome: what who opens the chat with it for the first time that day reads. window and
    limit: see WINDOW and LIMIT.
    """

    echoes = False
    reaches_leaders = False

    def __init__(
        self,
        account: str,
        codec: Codec,
        *,
        clock: Callable[[], datetime],
        name: str = "小哨",
        welcome: str = "",
        api: Api | None = None,
        downloads: Downloads | None = None,
        guard: ReplayGuard | None = None,
        inbox: Inbox | None = None,
        window: float = WINDOW,
        limit: float = LIMIT,
    ) -> None:
        self.account = account
        self._codec = codec
        self._clock = clock
        self._name = name
        self._welcome = welcome
        self._api = api or Api()
        self._downloads = downloads or Downloads()
        self._guard = guard or ReplayGuard(clock)
        self._inbox = inbox or Inbox()
        self._began = clock()
        self._window = window
        self._limit = limit
        self._heard: OrderedDict[str, _Heard] = OrderedDict()
        self._said: OrderedDict[bytes, str] = OrderedDict()

    def app(self) -> web.Application:
        """The sub-application that WeCom calls."""
        return Callbacks(self._codec, self._guard, unwrap=unwrap_json, wrap=_wrap, receive=self._receive).app()

    async def listen(self) -> AsyncIterator[Event]:
        """What is said to the bot, for ever."""
        async for message in self._inbox.messages():
            yield message

    def handled(self, message_id: str) -> None:
        """The message's effect is committed: its callback may be answered."""
        self._inbox.handled(message_id)

    def failed(self, message_id: str) -> None:
        """The message had no effect: WeCom is to bring it again."""
        self._inbox.failed(message_id)

    async def send(self, post: Post) -> Outcome:
        """Answer the message that caused the post, where it was said."""
        heard = None if post.in_reply_to is None else self._heard.get(post.in_reply_to)
        if heard is None and post.in_reply_to is not None and self._clock() - self._began < SETTLING:
            return Refused("how to answer it is not known yet", retry=True, after=5.0)
        if heard is None or heard.chat != (post.room, post.to):
            unasked = post.in_reply_to is None  # an answer that comes too late says nothing of the next one
            reason = "a smart bot at a URL can only answer what was said to it there"
            return Refused(reason, nobody=unasked and post.room is None)
        text = literal(post.text).strip()
        if len(text.encode()) > ANSWER_BYTES:
            return Refused("the answer is too long")
        if post.picture is not None:
            if len(post.picture) > PICTURE_BYTES or media_type(post.picture) not in SENDABLE:
                return Refused("the picture is no JPEG or PNG of at most 10 MB")
        elif not text:
            return judged(44004)
        async with heard.lock:
            outcome = await self._answer(heard, post, text)
        if isinstance(outcome, Sent) and outcome.id is not None:
            _remember(self._said, digest(post.text), outcome.id)
        return outcome

    async def _answer(self, heard: _Heard, post: Post, text: str) -> Outcome:
        sent = Sent(f"{post.in_reply_to}+{post.row}")
        refused = Refused("the message was answered already, or too long ago")
        if post.picture is None and heard.url and self._clock() < heard.until:
            try:
                answer = await self._api.post_to(heard.url, {"msgtype": "markdown", "markdown": {"content": text}})
            except CallFailed as failed:
                if isinstance(failed.outcome, Unknown):
                    heard.url = ""  # it holds once, and may have been used
                return failed.outcome
            if answer["errcode"] != 0 and (refused := judged(answer["errcode"])).retry:
                return refused
            heard.url = ""
            if answer["errcode"] == 0:
                return sent
        if heard.open is None:
            return refused
        waiting, heard.open = heard.open, None
        waiting.offered.set_result(_stream(post, text))
        try:
            written = await asyncio.wait_for(asyncio.shield(waiting.written), _WRITING)
        except TimeoutError:
            written = False
        return sent if written else Unknown("the callback broke while it was answered")

    async def _receive(self, plain: str, at: datetime) -> Reply | None:
        said = read_json(plain, at, self._name)
        if isinstance(said, Happened) and said.kind == "enter_chat" and self._welcome:
            return Reply(json.dumps({"msgtype": "text", "text": {"content": self._welcome}}, ensure_ascii=False))
        if not isinstance(said, Said):
            return Reply()
        loop = asyncio.get_running_loop()
        began = loop.time()
        waiting = _Open(loop.create_future(), loop.create_future())
        heard = self._note(said)
        heard.open = waiting
        try:
            if not await self._inbox.take(said.id, said.chat, lambda: self._message(said), self._limit):
                return None
            left = min(self._window, max(0.0, self._limit - (loop.time() - began)))
            await asyncio.wait((waiting.offered,), timeout=left)
        finally:
            if heard.open is waiting:
                heard.open = None
        if waiting.offered.done():
            return Reply(waiting.offered.result(), waiting.written)
        return Reply()

    def _note(self, said: Said) -> _Heard:
        heard = self._heard.get(said.id)
        if heard is None:
            chat = (said.room, None if said.room is not None else said.sender)
            heard = _Heard(chat, said.response_url, self._clock() + URL_HOLDS)
            _remember(self._heard, said.id, heard)
        return heard

    async def _message(self, said: Said) -> Message:
        quoted = None if said.quote is None else self._said.get(digest(said.quote))
        pictures = await asyncio.gather(*map(self._picture, said.pictures))
        return message_of(self.account, said, pictures, quoted=quoted)

    async def _picture(self, picture: Picture) -> bytes | None:
        key = self._codec.key if picture.key is None else _key(picture.key)
        return await self._downloads.picture(picture.url, key)


def _wrap(codec: Codec, text: str, timestamp: str, nonce: str) -> web.Response:
    encrypted = codec.encrypt(text)
    signature = codec.sign(timestamp, nonce, encrypted)
    body = {"encrypt": encrypted, "msgsignature": signature, "timestamp": int(timestamp), "nonce": nonce}
    return web.json_response(body)


def _stream(post: Post, text: str) -> str:
    """A finished stream: the only answer to a callback that holds plain words or a picture (…/document/path/101031)."""
    stream: dict[str, object] = {"id": f"{post.in_reply_to}+{post.row}", "finish": True, "content": text}
    if post.picture is not None:
        md5 = hashlib.md5(post.picture, usedforsecurity=False).hexdigest()
        image = {"base64": base64.b64encode(post.picture).decode(), "md5": md5}
        stream["msg_item"] = [{"msgtype": "image", "image": image}]
    return json.dumps({"msgtype": "stream", "stream": stream}, ensure_ascii=False)


def _key(text: str) -> bytes:
    """A picture's own key, as WeCom writes it; empty for anything else, which decrypts nothing."""
    try:
        return base64.b64decode(text.rstrip("=") + "=", validate=True)
    except ValueError:
        return b""


def _remember(known: OrderedDict[K, V], key: K, value: V) -> None:
    known[key] = value
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
