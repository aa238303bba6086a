"""A stand-in for the server of WeCom's smart bots: the long connection as its pages and its own client describe it.

It is not WeCom: what it does was read, not seen on a live account. tests/bot/transports/test_wecom_sdk.py
checks it with the vendor's client.
"""

import asyncio
import base64
import itertools
import json
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BOT_ID, SECRET = "aib-stand-in", "the-secret-of-the-stand-in"
DEADLINE = 20.0
"""Seconds after which a test that waits for something has failed."""
KINDS = {
    "aibot_respond_msg": ("stream", "template_card", "markdown", "file", "image", "voice", "video"),
    "aibot_send_msg": ("template_card", "markdown", "file", "image", "voice", "video"),
}


@dataclass(eq=False)
class Peer:
    """One connection of a client."""

    socket: web.WebSocketResponse
    request: web.Request
    subscribed: bool = False
    chats: dict[str, str] = field(default_factory=dict)  # req_id of a callback → its chat


class StandIn:
    """The server. now: seconds, for the limits and the ages of messages."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._numbers = itertools.count(1)
        self._frames: dict[str, deque[float]] = {}
        self._uploads: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Condition()
        self.peers: list[Peer] = []
        self.posts: list[dict[str, Any]] = []  # what arrived in chats: cmd, chat, body
        self.media: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}  # what is fetched by HTTP
        self.spoken: set[str] = set()
        self.pings = 0
        self.subscriptions = 0
        self.refused = 0
        self.protocol_pings = 0
        self.answers_pings = True
        self.answers: asyncio.Event = asyncio.Event()  # cleared: posts arrive and their answers wait
        self.answers.set()
        self.codes: deque[int] = deque()  # errcodes for the next posts
        self.stop: Callable[[], Awaitable[None]]
        self.url = ""
        self.http = ""

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One client, until it leaves."""
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        peer = Peer(socket, request)
        self.peers.append(peer)
        asked: set[asyncio.Task[None]] = set()
        try:
            async for message in socket:
                if message.type is WSMsgType.PING:
                    self.protocol_pings += 1  # and no pong: servers were seen to drop them
                if message.type is not WSMsgType.TEXT:
                    continue
                frame = json.loads(message.data)
                if frame["cmd"] in KINDS:
                    task = asyncio.create_task(self._posted(peer, frame))  # an answer that waits stops no ping
                    asked.add(task)
                else:
                    await self._asked(peer, frame)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            self.peers.remove(peer)
            await self._notify()
        return socket

    async def _asked(self, peer: Peer, frame: dict[str, Any]) -> None:
        cmd, body = frame["cmd"], frame.get("body", {})
        if cmd == "aibot_subscribe":
            await self._subscribe(peer, frame)
        elif cmd == "ping":
            self.pings += 1
            if self.answers_pings:
                await self._answer(peer, frame, 0)
            await self._notify()
        elif not peer.subscribed:
            await self._answer(peer, frame, 846609)
        elif cmd.startswith("aibot_upload_media_"):
            code, result = self._upload(cmd.removeprefix("aibot_upload_media_"), body)
            await self._answer(peer, frame, code, result)
        elif cmd == "aibot_respond_welcome_msg":
            self.posts.append({"cmd": cmd, "chat": peer.chats.get(frame["headers"]["req_id"]), "body": body})
            await self._answer(peer, frame, 0)
            await self._notify()
        else:
            await self._answer(peer, frame, 40008)

    async def _subscribe(self, peer: Peer, frame: dict[str, Any]) -> None:
        if (frame["body"].get("bot_id"), frame["body"].get("secret")) != (BOT_ID, SECRET):
            self.refused += 1
            await self._answer(peer, frame, 40001)
            await peer.socket.close()
            return
        for older in [one for one in self.peers if one.subscribed]:
            await self.kick(older)
        peer.subscribed = True
        self.subscriptions += 1
        await self._answer(peer, frame, 0)
        await self._notify()

    async def kick(self, peer: Peer) -> None:
        """A newer connection took over: say so, and close."""
        peer.subscribed = False
        await self._callback(peer, "aibot_event_callback", self._event("disconnected_event"), "")
        await peer.socket.close(code=WSCloseCode.OK)

    async def _posted(self, peer: Peer, frame: dict[str, Any]) -> None:
        code = self._place(peer, frame)
        await self._notify()
        await self.answers.wait()
        await self._answer(peer, frame, code)

    def _place(self, peer: Peer, frame: dict[str, Any]) -> int:
        """Let a post arrive in its chat, or the errcode why it does not."""
        cmd, body = frame["cmd"], frame["body"]
        kind = body.get("msgtype")
        if not peer.subscribed:
            return 846609
        if self.codes:
            return self.codes.popleft()
        if cmd == "aibot_respond_msg":
            chat = peer.chats.get(frame["headers"]["req_id"])
            if chat is None:
                return 846605
        else:
            chat = body.get("chatid", "")
            if chat not in self.spoken:
                return 93006
        if kind not in KINDS[cmd] or not isinstance(body.get(kind), dict):
            return 40008
        content = body[kind].get("content")
        if kind == "markdown" and not content:
            return 44004
        if kind in ("markdown", "stream") and len(content.encode()) > 20_480:
            return 45002
        if kind == "image" and body["image"].get("media_id") not in self.media:
            return 40007
        if not self._within(chat):
            return 45009
        self.posts.append({"cmd": cmd, "chat": chat, "body": body})
        return 0

    def _within(self, chat: str) -> bool:
        sent, now = self._frames.setdefault(chat, deque()), self._now()
        while sent and sent[0] <= now - 3600:
            sent.popleft()
        if len(sent) >= 1000 or sum(at > now - 60 for at in sent) >= 30:
            return False
        sent.append(now)
        return True

    def _upload(self, step: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        if step == "init":
            upload = f"upload-{next(self._numbers)}"
            self._uploads[upload] = {**body, "chunks": {}}
            return 0, {"upload_id": upload}
        known = self._uploads.get(body.get("upload_id", ""))
        if known is None:
            return 40007, None
        if step == "chunk":
            chunk = base64.b64decode(body["base64_data"], validate=True)
            if len(chunk) > 512 * 1024 or not 0 <= body["chunk_index"] < known["total_chunks"]:
                return 40009, None
            known["chunks"][body["chunk_index"]] = chunk
            return 0, {}
        data = b"".join(known["chunks"].get(number, b"") for number in range(known["total_chunks"]))
        if len(data) != known["total_size"] or md5(data).hexdigest() != known["md5"]:
            return 40009, None
        media = f"media-{next(self._numbers)}"
        self.media[media] = data
        return 0, {"type": known["type"], "media_id": media, "created_at": int(self._now())}

    async def _answer(self, peer: Peer, frame: dict[str, Any], code: int, body: dict[str, Any] | None = None) -> None:
        message = "ok" if code == 0 else f"error {code}, hint: [1], from ip: 127.0.0.1"
        answer = {"headers": frame["headers"], "errcode": code, "errmsg": message}
        await peer.socket.send_json(answer if body is None else {**answer, "body": body})

    async def _callback(self, peer: Peer, cmd: str, body: dict[str, Any], chat: str) -> None:
        req_id = f"{os.urandom(4).hex()}-{next(self._numbers)}"
        peer.chats[req_id] = chat
        await peer.socket.send_json({"cmd": cmd, "headers": {"req_id": req_id}, "body": body})

    @property
    def live(self) -> Peer:
        """The connection that hears."""
        return next(peer for peer in self.peers if peer.subscribed)

    async def say(self, sender: str, *, chat: str | None = None, **content: Any) -> dict[str, Any]:
        """Somebody speaks to the bot, in a group or in private; the body that was sent."""
        body = {
            "msgid": f"msg-{next(self._numbers)}",
            "aibotid": BOT_ID,
            "chattype": "single" if chat is None else "group",
            "from": {"userid": sender},
            "create_time": int(self._now()),
            **content,
        }
        if chat is not None:
            body["chatid"] = chat
        await self.again(body)
        return body

    async def again(self, body: dict[str, Any]) -> None:
        """Send a body, or send it once more."""
        chat = body.get("chatid") or body["from"]["userid"]
        self.spoken.add(chat)
        await self._callback(self.live, "aibot_msg_callback", body, chat)

    async def text(self, sender: str, text: str, *, chat: str | None = None, **more: Any) -> dict[str, Any]:
        """say() for words."""
        return await self.say(sender, chat=chat, msgtype="text", text={"content": text}, **more)

    def _event(self, kind: str) -> dict[str, Any]:
        return {
            "msgid": f"event-{next(self._numbers)}",
            "create_time": int(self._now()),
            "aibotid": BOT_ID,
            "from": {"userid": "u1"},
            "msgtype": "event",
            "event": {"eventtype": kind},
        }

    async def event(self, kind: str) -> None:
        """Something happens that is no message."""
        await self._callback(self.live, "aibot_event_callback", self._event(kind), "u1")

    def picture(self, data: bytes) -> dict[str, str]:
        """The address and the key of a picture: AES-256-CBC, padded to 32."""
        key, name = os.urandom(32), f"file-{next(self._numbers)}"
        pad = 32 - len(data) % 32
        worker = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        self.files[name] = worker.update(data + bytes([pad]) * pad) + worker.finalize()
        return {"url": f"{self.http}/{name}", "aeskey": base64.b64encode(key).decode()}

    async def fetched(self, request: web.Request) -> web.Response:
        """A picture by HTTP."""
        data = self.files.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def close(self) -> None:
        """Close the live connection in order."""
        await self.live.socket.close(code=WSCloseCode.GOING_AWAY)

    def break_off(self) -> None:
        """Cut the live connection without a word."""
        transport = self.live.request.transport
        assert transport is not None
        transport.abort()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something holds that a client caused."""
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(true)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def serving(now: Callable[[], float] = time.time, port: int = 0) -> AsyncIterator[StandIn]:
    """The stand-in on a port of this machine."""
    stand_in = StandIn(now)
    app = web.Application()
    app.router.add_get("/", stand_in.connect)
    app.router.add_get("/{name}", stand_in.fetched)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server = site._server
    assert server is not None
    bound = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    stand_in.url, stand_in.http = f"ws://127.0.0.1:{bound}/", f"http://127.0.0.1:{bound}"

    async def stop() -> None:
        for peer in list(stand_in.peers):
            await peer.socket.close()
        await runner.cleanup()

    stand_in.stop = stop
    try:
        yield stand_in
    finally:
        await stop()
