"""Calls of WeCom's server API: what an answer, a code or a silence says about whether something arrived.

Codes: developer.work.weixin.qq.com/document/path/90313. Only the number counts; the words beside it change.
"""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from bot.transports.base import Refused, Unknown

BASE = "https://qyapi.weixin.qq.com"
DEADLINE = 10.0
"""Seconds for one call; what takes longer may have arrived or not."""
BUSY = -1
BUSY_RETRIES = 3
FREQUENT = 45009
NO_RECEIVER = 81013
STALE_TOKEN = frozenset({40001, 40014, 42001})
"""The access token is wrong, was revoked or has run out."""
LARGEST_ANSWER = 1_000_000

_WAIT = {BUSY: 60.0, FREQUENT: 60.0, 45033: 5.0, 40014: 60.0, 42001: 60.0}
"""Codes after which the same may succeed later, and seconds until then. WeCom counts by the minute."""
_STOP = {
    40001: "the secret is wrong",
    40008: "this kind of message is not possible here",
    40009: "the picture is too large or too small",
    40013: "the corp id is wrong",
    40056: "the app's id is wrong",
    40091: "the secret is wrong",
    44004: "the text is empty",
    45002: "the text is too long",
    48002: "the app lacks the permission",
    60020: "the server's address is not among the app's trusted ones",
    81013: "nobody of those addressed may get it",
    93000: "the robot was removed from the group, or its key is wrong",
    93001: "the group is not one that may be sent to",
    93004: "the robot is disabled",
    93006: "the group is not one that may be sent to",
    93008: "the robot is not in the group",
}


class CallFailed(Exception):
    """A call did not succeed. outcome: what a transport says about its post. Holds no address and no secret."""

    def __init__(self, outcome: Refused | Unknown) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def judged(code: int) -> Refused:
    """What a code other than 0 means."""
    if code in _WAIT:
        return Refused("busy or too often", retry=True, code=code, after=_WAIT[code])
    return Refused(_STOP.get(code, "refused"), code=code)


class Api:
    """One server. Every call has its own connection, so that a dead one is noticed before anything is sent on it.

    pause: seconds before a busy server is asked again, doubled each time. sleep: how to wait.
    """

    def __init__(
        self,
        base: str = BASE,
        *,
        deadline: float = DEADLINE,
        pause: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._base = base.rstrip("/")
        self._deadline = deadline
        self._pause = pause
        self._sleep = sleep

    async def call(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        body: Mapping[str, object] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> dict[str, Any]:
        """The answer with its errcode, whatever that is; asked again while the server is busy.

        GET without body and form, else POST. Raises CallFailed when there is no answer of WeCom.
        """
        for attempt in range(BUSY_RETRIES + 1):
            answer = await self._once(path, params, body, form)
            if answer["errcode"] != BUSY or attempt == BUSY_RETRIES:
                break
            await self._sleep(self._pause * 2**attempt)
        return answer

    async def post_to(self, url: str, body: Mapping[str, object]) -> dict[str, Any]:
        """POST to an address that WeCom gave, as a response_url. Raises CallFailed."""
        return _read((await self._exchange("POST", url, {}, body, None, LARGEST_ANSWER))[1])

    async def fetch(self, path: str, params: Mapping[str, str], largest: int) -> bytes | dict[str, Any]:
        """A file of at most so many bytes, or the answer that there is none. Raises CallFailed."""
        kind, raw = await self._exchange("GET", self._base + path, params, None, None, largest + 1)
        if kind in ("application/json", "text/plain"):
            return _read(raw)
        if len(raw) > largest:
            raise CallFailed(Refused("the file is too large"))
        return raw

    async def _once(
        self,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, object] | None,
        form: Callable[[], aiohttp.FormData] | None,
    ) -> dict[str, Any]:
        method = "GET" if body is None and form is None else "POST"
        data = None if form is None else form()
        return _read((await self._exchange(method, self._base + path, params, body, data, LARGEST_ANSWER))[1])

    async def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        body: Mapping[str, object] | None,
        form: aiohttp.FormData | None,
        most: int,
    ) -> tuple[str, bytes]:
        """The type and the first so many bytes of what came with HTTP 200."""
        headers = {}
        data: aiohttp.FormData | io.BytesIO | None = form
        if body is not None:
            # A picture makes it long, and long bytes are written in parts only from a file.
            data = io.BytesIO(json.dumps(body, ensure_ascii=False).encode())
            headers = {"Content-Type": "application/json"}
        # An error of aiohttp may name the address with its secrets: none of them goes further than here.
        try:
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(force_close=True),
                    timeout=aiohttp.ClientTimeout(total=self._deadline),
                ) as session,
                session.request(
                    method, url, params=params, data=data, headers=headers, allow_redirects=False
                ) as response,
            ):
                if response.status != 200:
                    raise CallFailed(_status(response.status))
                return response.content_type, await read_at_most(response.content, most)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            raise CallFailed(Refused("no connection", retry=True)) from None
        except TimeoutError:
            raise CallFailed(Unknown("no answer in time")) from None
        except aiohttp.ClientError:
            raise CallFailed(Unknown("the connection broke")) from None


async def read_at_most(content: aiohttp.StreamReader, most: int) -> bytes:
    """The first so many bytes, however they are cut into chunks."""
    found = bytearray()
    while len(found) < most and (chunk := await content.read(min(65_536, most - len(found)))):
        found += chunk
    return bytes(found)


def _status(status: int) -> Refused | Unknown:
    if status in (429, 503):
        return Refused(f"HTTP {status}", retry=True, after=60.0)
    if status >= 500:
        return Unknown(f"HTTP {status}")
    return Refused(f"HTTP {status}")


def _read(raw: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or type(answer.get("errcode")) is not int:
        raise CallFailed(Unknown("not an answer of WeCom"))
    return answer
