"""Calls the bot's URL as WeCom does, with crypto that is not the bot's own."""

import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import aiohttp
from aiohttp import web
from wecom_families import AES_KEY, NOW, Call, b64, body, call, cbc, padded
from wecom_readers import npm_opens

from bot.transports.wecom.codec import unpadded

CHAT = "wrkSFfCgAAxxxxxxxxxx"


@dataclass(frozen=True)
class Answered:
    """What the bot's URL answered, after how many seconds."""

    status: int
    body: str
    seconds: float

    def opened(self, nonce: str) -> dict[str, Any]:
        """The encrypted answer, read by npm @wecom/crypto."""
        got = json.loads(self.body)
        assert (got["timestamp"], got["nonce"]) == (NOW, nonce)
        (text,) = npm_opens([Call(got["msgsignature"], str(NOW), nonce, got["encrypt"])], receiver="")
        found = json.loads(text)
        assert isinstance(found, dict)
        return found


@dataclass
class Caller:
    """WeCom, as it calls one URL."""

    url: str
    receiver: str
    xml: bool
    session: aiohttp.ClientSession
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def sealed(self, plain: str, nonce: str = "", timestamp: int = NOW) -> Call:
        encrypted = b64(cbc(padded(body(plain.encode(), self.receiver.encode()))))
        return call(encrypted, str(timestamp), nonce or f"n{next(self.numbers)}")

    async def post(self, one: Call, raw: bytes | None = None) -> Answered:
        if raw is None and self.xml:
            raw = f"<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[{one.encrypted}]]></Encrypt></xml>".encode()
        elif raw is None:
            raw = json.dumps({"encrypt": one.encrypted}).encode()
        began = time.monotonic()
        async with self.session.post(self.url, params=query(one), data=raw) as response:
            return Answered(response.status, await response.text(), time.monotonic() - began)

    async def get(self, params: dict[str, str] | list[tuple[str, str]]) -> Answered:
        began = time.monotonic()
        async with self.session.get(self.url, params=params) as response:
            return Answered(response.status, await response.text(), time.monotonic() - began)

    async def say(self, payload: dict[str, Any] | str, nonce: str = "") -> Answered:
        """A message: an object of JSON, or XML."""
        plain = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        return await self.post(self.sealed(plain, nonce))


def query(one: Call) -> dict[str, str]:
    return {"msg_signature": one.signature, "timestamp": one.timestamp, "nonce": one.nonce}


@asynccontextmanager
async def called(sub: web.Application, receiver: str, *, xml: bool = False) -> AsyncIterator[Caller]:
    """The sub-application behind a real port, and who calls it."""
    app = web.Application()
    app.add_subapp("/wecom/bot", sub)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/wecom/bot"
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield Caller(url, receiver, xml, session)
    finally:
        await runner.cleanup()


def said(text: str = "@小哨 登记 路灯坏了", message_id: str = "m1", **more: Any) -> dict[str, Any]:
    """What a smart bot is told of a message in a group, in the form of WeCom's page."""
    return {
        "msgid": message_id,
        "aibotid": "AIBOTID",
        "chatid": CHAT,
        "chattype": "group",
        "from": {"userid": "lisi"},
        "msgtype": "text",
        "text": {"content": text},
        **more,
    }


def written(kind: str = "text", message_id: str = "1234567890123456", **parts: str) -> str:
    """What an app is told of a message, in the form of WeCom's page."""
    head = {"ToUserName": "wx5823bf96d3bd56c7", "FromUserName": "lisi", "CreateTime": str(NOW - 3), "MsgType": kind}
    tags = {**head, **parts, "MsgId": message_id, "AgentID": "7"}
    return "<xml>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in tags.items() if text) + "</xml>"


def locked(data: bytes, key: bytes = AES_KEY) -> bytes:
    """A picture as WeCom gives it out."""
    sealed = cbc(padded(data), key)
    assert unpadded(padded(data)) == data
    return sealed
