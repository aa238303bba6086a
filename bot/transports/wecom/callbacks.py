"""The URL that WeCom calls (…/document/path/101033 for smart bots, 90238 for apps), as a sub-application of aiohttp.

Mount it where the public address leads: `app.add_subapp("/wecom/name", callbacks.app())`. Whoever runs the server keeps
its access log off: the address of a call carries signatures and ciphertext.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiohttp import web

from bot.logs import failure
from bot.transports.wecom.api import read_at_most
from bot.transports.wecom.codec import CallbackRefused, Codec, Fault
from bot.transports.wecom.replay import ReplayGuard

LARGEST = 65_536
"""Bytes of a body that are read. Official texts are shorter; what is longer gets 413."""
READING = 5.0
"""Seconds in which a body has to be here."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a callback is answered with; empty text: nothing. written hears whether it left the process."""

    text: str = ""
    written: asyncio.Future[bool] | None = None


Receive = Callable[[str, datetime], Awaitable[Reply | None]]
"""Handles a decrypted callback of that time; None: not handled, to come again."""


class Callbacks:
    """Verifies, decrypts, lets a receiver handle, answers. Nobody who is refused is told why."""

    def __init__(
        self,
        codec: Codec,
        guard: ReplayGuard,
        *,
        unwrap: Callable[[bytes], str],
        wrap: Callable[[Codec, str, str, str], web.Response],
        receive: Receive,
        largest: int = LARGEST,
        reading: float = READING,
    ) -> None:
        """unwrap: the ciphertext in a body, or CallbackRefused. wrap: the answer around a text, timestamp and nonce."""
        self._codec = codec
        self._guard = guard
        self._unwrap = unwrap
        self._wrap = wrap
        self._receive = receive
        self._largest = largest
        self._reading = reading
        self._log = structlog.get_logger()

    def app(self) -> web.Application:
        """The sub-application, with and without a slash at the end."""
        app = web.Application()
        for path in ("", "/"):
            app.router.add_get(path, self._greet, allow_head=False)
            app.router.add_post(path, self._post)
        return app

    async def _greet(self, request: web.Request) -> web.Response:
        """The question whether this URL is ours, asked when it is entered: answered with what only we can read."""
        try:
            echo = _one(request, "echostr")
            self._check(request, echo)
            return web.Response(text=self._codec.decrypt(echo))
        except CallbackRefused as refused:
            return self._refuse(refused)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await self._body(request)
            encrypted = self._unwrap(body)
            timestamp, nonce = self._check(request, encrypted)
            plain = self._codec.decrypt(encrypted)
        except CallbackRefused as refused:
            return self._refuse(refused)
        except TimeoutError:
            return web.Response(status=408)
        try:
            reply = await self._receive(plain, datetime.fromtimestamp(int(timestamp), UTC))
        except Exception as error:
            failure("callback_failed", error)
            reply = None
        if reply is None:
            self._guard.release(timestamp, nonce)  # the retry may be the very same call
            return web.Response(status=503)
        if not reply.text:
            return web.Response()
        return await self._answer(request, reply, timestamp, nonce)

    def _check(self, request: web.Request, encrypted: str) -> tuple[str, str]:
        signature, timestamp, nonce = (_one(request, name) for name in ("msg_signature", "timestamp", "nonce"))
        self._codec.verify(signature, timestamp, nonce, encrypted)
        self._guard.accept(timestamp, nonce)
        return timestamp, nonce

    async def _body(self, request: web.Request) -> bytes:
        if (request.content_length or 0) > self._largest:
            raise CallbackRefused(Fault.TOO_LARGE)
        async with asyncio.timeout(self._reading):
            body = await read_at_most(request.content, self._largest + 1)
        if len(body) > self._largest:
            raise CallbackRefused(Fault.TOO_LARGE)
        return body

    async def _answer(self, request: web.Request, reply: Reply, timestamp: str, nonce: str) -> web.StreamResponse:
        written = False
        try:
            response = self._wrap(self._codec, reply.text, timestamp, nonce)
            await response.prepare(request)
            await response.write_eof()
            written = request.transport is not None and not request.transport.is_closing()
        finally:
            if reply.written is not None and not reply.written.done():
                reply.written.set_result(written)
        return response

    def _refuse(self, refused: CallbackRefused) -> web.Response:
        self._log.warning("callback_refused", reason=refused.fault.value)
        return web.Response(status=413 if refused.fault is Fault.TOO_LARGE else 403)


def _one(request: web.Request, name: str) -> str:
    """A parameter that is there once."""
    found = request.query.getall(name, [])
    if len(found) != 1:
        raise CallbackRefused(Fault.FORM)
    return found[0]
