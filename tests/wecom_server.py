"""A stand-in for WeCom's server: what its pages say of codes, limits, tokens and pictures, over real HTTP.

It is checked by nobody at WeCom: what it does is what the pages say.
"""

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

CORP = "ww0123456789abcdef"
TOKEN_SECONDS = 7200
Answer = dict[str, Any]


@dataclass
class App:
    """A self-built app of the corp."""

    agent: int
    secret: str
    members: set[str] = field(default_factory=lambda: {"ZhangSan", "lisi"})
    allowed: bool = True
    token: str | None = None
    ends: float = 0.0
    revoked: set[str] = field(default_factory=set)
    got: list[Answer] = field(default_factory=list)


class WecomServer:
    """Its state stands open to the test; clock() is what time the server takes it to be.

    faults: for a path, answers to give before the usual ones: a code, a ("status", n), "hang", "drop", "odd" or
    "lost" (done, but the connection breaks before the answer).
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.url = ""
        self.apps = {7: App(7, "secret-of-7"), 8: App(8, "secret-of-8")}
        self.robots: dict[str, list[Answer]] = {"key-a": [], "key-b": []}
        self.pictures: dict[str, bytes] = {}
        self.responses: dict[str, list[Answer]] = {}
        self.files: dict[str, bytes] = {}
        self.asked: dict[str, int] = defaultdict(int)
        self.faults: dict[str, list[object]] = defaultdict(list)
        self.token_limit = 2000
        self._times: dict[object, list[float]] = defaultdict(list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["WecomServer"]:
        """Serve on a free port of this machine."""
        app = web.Application(client_max_size=20_000_000)
        for method, path, work in (
            ("GET", "/cgi-bin/gettoken", self._gettoken),
            ("POST", "/cgi-bin/webhook/send", self._webhook),
            ("POST", "/cgi-bin/message/send", self._message),
            ("POST", "/cgi-bin/media/upload", self._upload),
            ("POST", "/cgi-bin/aibot/response", self._response),
        ):
            app.router.add_route(method, path, self._answering(path, work))
        app.router.add_get("/cgi-bin/media/get", self._media)
        app.router.add_get("/file/{name}", self._file)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()

    def revoke(self, agent: int) -> None:
        """Take back an app's token before its time."""
        app = self.apps[agent]
        if app.token is not None:
            app.revoked.add(app.token)
            app.token = None

    @contextmanager
    def fault(self, path: str, *faults: object) -> Iterator[None]:
        """Give these answers, one a call; all of them must have been given."""
        self.faults[path] = list(faults)
        yield
        assert not self.faults[path], "not every fault was met"

    def _answering(self, path: str, work: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.StreamResponse:
            self.asked[path] += 1
            fault = self.faults[path].pop(0) if self.faults[path] else None
            match fault:
                case int():
                    return web.json_response(_said(fault))
                case ("status", int() as status):
                    where = {"Location": "/cgi-bin/elsewhere"} if 300 <= status < 400 else {}
                    return web.Response(status=status, text="<html>", headers=where)
                case "odd":
                    return web.Response(text="<html>not JSON</html>")
                case "hang" | "drop":
                    await request.read()
                    if fault == "hang":
                        await asyncio.Event().wait()
                    return _broken(request)
                case "lost":
                    await work(request)
                    return _broken(request)
            return web.json_response(await work(request))

        return answer

    async def _gettoken(self, request: web.Request) -> Answer:
        app = next((one for one in self.apps.values() if one.secret == request.query.get("corpsecret")), None)
        if request.query.get("corpid") != CORP:
            return _said(40013)
        if app is None:
            return _said(40001)
        if self._over(("token", app.agent), self.token_limit, 3600):
            return _said(45009)
        now = self.clock().timestamp()
        if app.token is None or app.ends <= now:
            app.token, app.ends = f"token-{app.agent}-{secrets.token_hex(8)}", now + TOKEN_SECONDS
        return {**_said(0), "access_token": app.token, "expires_in": int(app.ends - now)}

    async def _webhook(self, request: web.Request) -> Answer:
        got = self.robots.get(request.query.get("key", ""))
        if got is None:
            return _said(93000)
        message = await request.json()
        kind = message.get("msgtype")
        if kind not in ("text", "markdown", "image"):
            return _said(40008)
        code = _webhook_fault(kind, message.get(kind) or {})
        if code:
            return _said(code)
        if self._over(request.query["key"], 20, 60):
            return _said(45009)
        got.append(message)
        return _said(0)

    async def _message(self, request: web.Request) -> Answer:
        app = self._app(request)
        if isinstance(app, int):
            return _said(app)
        message = await request.json()
        kind, to = message.get("msgtype"), message.get("touser", "")
        if message.get("agentid") != app.agent:
            return _said(40056)
        if not app.allowed:
            return _said(48002)
        if kind == "text" and not message["text"]["content"]:
            return _said(44004)
        if kind == "text" and len(message["text"]["content"].encode()) > 2048:
            return _said(45002)
        if kind == "image" and message["image"]["media_id"] not in self.pictures:
            return _said(40007)
        known = {member.lower(): member for member in app.members}
        if to.lower() not in known:
            return _said(81013)
        if not self._over((app.agent, to.lower()), 30, 60):  # else it is dropped, and the answer is 0 all the same
            app.got.append(message)
        return {**_said(0), "invaliduser": "", "msgid": f"id-{len(app.got)}"}

    async def _upload(self, request: web.Request) -> Answer:
        app = self._app(request)
        if isinstance(app, int):
            return _said(app)
        part = (await request.post()).get("media")
        if not isinstance(part, web.FileField) or not part.filename:
            return _said(40004)
        data = part.file.read()
        if len(data) <= 5 or len(data) > 10 * 1024 * 1024:
            return _said(40009)
        media_id = f"media-{len(self.pictures)}"
        self.pictures[media_id] = data
        return {**_said(0), "type": "image", "media_id": media_id, "created_at": "1380000000"}

    async def _media(self, request: web.Request) -> web.Response:
        app = self._app(request)
        data = self.pictures.get(request.query.get("media_id", ""))
        if isinstance(app, int) or data is None:
            return web.json_response(_said(app if isinstance(app, int) else 40007))
        return web.Response(body=data, content_type="image/png")

    async def _response(self, request: web.Request) -> Answer:
        got = self.responses.get(request.query.get("response_code", ""))
        message = await request.json()
        if got is None or got:  # unknown, or used: an address holds once
            return _said(40058)
        if message.get("msgtype") != "markdown" or not message["markdown"]["content"]:
            return _said(40008)
        got.append(message)
        return _said(0)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.asked["/file"] += 1
        if name.startswith("slow"):
            await asyncio.Event().wait()
        if name.startswith("away"):
            raise web.HTTPFound("/file/other")
        if name not in self.files:
            raise web.HTTPNotFound
        response = web.StreamResponse()  # without a length, so that a reader has to count
        await response.prepare(request)
        await response.write(self.files[name])
        return response

    def _app(self, request: web.Request) -> App | int:
        token = request.query.get("access_token", "")
        for app in self.apps.values():
            if token and token == app.token:
                return app if app.ends > self.clock().timestamp() else 42001
            if token in app.revoked:
                return 40014
        return 40014 if token else 41001

    def _over(self, what: object, limit: int, seconds: float) -> bool:
        now = self.clock().timestamp()
        times = self._times[what] = [one for one in self._times[what] if now - one < seconds]
        if len(times) >= limit:
            return True
        times.append(now)
        return False


def _said(code: int) -> Answer:
    hint = "ok" if code == 0 else "words that change, hint: [1], from ip: 127.0.0.1, more info at ..."
    return {"errcode": code, "errmsg": hint}


def _broken(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def _webhook_fault(kind: str, content: Answer) -> int:
    if kind == "image":
        try:
            data = base64.b64decode(content.get("base64", ""), validate=True)
        except (ValueError, binascii.Error):
            return 40008
        if hashlib.md5(data).hexdigest() != content.get("md5"):
            return 301019
        return 40009 if len(data) > 2 * 1024 * 1024 else 0
    text = content.get("content") or ""
    if not text.strip():
        return 44004
    return 40058 if len(text.encode()) > (2048 if kind == "text" else 4096) else 0


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now
