"""One live connection: requests with their answers, the application's own pings, and how it ended."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import aiohttp

from bot.transports.wecom_bot.frames import PING, Frame, decode, encode, new_id
from bot.transports.wecom_bot.timing import Timing


class NotWritten(Exception):
    """The request did not leave: nobody got it."""


class NoAnswer(Exception):
    """The request left, and nobody said what became of it. The text is a short code."""

    def __init__(self, reason: str, req_id: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.req_id = req_id


class Connection:
    """Speaks over a websocket that is open. got: what is called with every frame that answers no request."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, timing: Timing, got: Callable[[Frame], None]) -> None:
        self._socket = socket
        self._timing = timing
        self._got = got
        self._waiting: dict[str, asyncio.Future[Frame]] = {}
        self._frames = 0
        self._end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.unanswered: set[str] = set()
        """Ids whose answer may still come: no second request may use them."""

    async def run(self) -> str:
        """Read and ping until the connection ends; a short code of how: closed, lost, no_pong, or what stop() got."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._ping())]
        try:
            await asyncio.wait([*tasks, self._end], return_when=asyncio.FIRST_COMPLETED)
            if self._end.done():
                return self._end.result()
            return next(task.result() for task in tasks if task.done())
        finally:
            self.stop("ended")
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for req_id, answer in self._waiting.items():
                if not answer.done():
                    answer.set_exception(NoAnswer("connection lost", req_id))
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self._socket.close()

    def stop(self, reason: str) -> None:
        """End it; run() returns the first reason."""
        if not self._end.done():
            self._end.set_result(reason)

    async def request(self, cmd: str, body: Mapping[str, Any] | None = None, req_id: str | None = None) -> Frame:
        """Ask and wait for the answer; raises NotWritten or NoAnswer."""
        req_id = req_id or new_id(cmd)
        if self._end.done() or self._socket.closed:
            raise NotWritten
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[req_id] = answer
        try:
            async with asyncio.timeout(self._timing.request):
                try:
                    await self._socket.send_str(encode(cmd, req_id, body))
                except (aiohttp.ClientError, OSError):
                    raise NotWritten from None
                return await answer
        except TimeoutError:
            self.unanswered.add(req_id)
            raise NoAnswer("no answer in time", req_id) from None
        finally:
            if answer.done() and not answer.cancelled():
                answer.exception()  # looked at, even if the sending failed first
            self._waiting.pop(req_id, None)

    async def _read(self) -> str:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            self._frames += 1
            frame = decode(message.data)
            if frame is None:
                continue
            answer = None if frame.cmd else self._waiting.get(frame.req_id)
            if answer is not None and not answer.done():
                answer.set_result(frame)
            else:
                self._got(frame)
        code = self._socket.close_code
        return "lost" if code in (None, aiohttp.WSCloseCode.ABNORMAL_CLOSURE) else "closed"

    async def _ping(self) -> str:
        """Ping as the application does (servers drop the protocol's own pings); any frame counts as a sign of life."""
        silent = 0
        while silent < self._timing.missed:
            before = self._frames
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with asyncio.timeout(self._timing.ping):
                    await self._socket.send_str(encode(PING, new_id(PING)))
            await asyncio.sleep(self._timing.ping)
            silent = silent + 1 if self._frames == before else 0
        return "no_pong"
