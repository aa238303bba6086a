"""The clients that bench/wechaty.py compares; each answers every twentieth message and counts what it hears."""

import asyncio
import json
import os
import sys
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from bot.transports.wechaty import Gateway, WechatyTransport

EVERY = 20
WIDTH = 32
CLIENTS = ("stock", "ours", "stubs")


class Count:
    """What was heard so far; asked for on standard input."""

    def __init__(self) -> None:
        self.heard = 0

    def say(self, **what: Any) -> None:
        print(json.dumps(what), flush=True)

    async def answer(self) -> None:
        """Answer each line on standard input; with its end, which is that of the benchmark, so is this process."""
        while await asyncio.to_thread(sys.stdin.readline):
            self.say(heard=self.heard)
        os._exit(0)

    def hear(self, text: str) -> str | None:
        """Count a message; what to answer, if anything."""
        self.heard += 1
        number = int(text.split()[1])
        return None if number % EVERY else f"收到 {number}"


async def client(name: str, port: int, token: str) -> None:
    """Run one until killed."""
    count = Count()
    asked = asyncio.create_task(count.answer())
    await {"stock": _stock, "ours": _ours, "stubs": _stubs}[name](count, port, token)
    await asked


async def _ours(count: Count, port: int, token: str) -> None:
    from bot.transports.base import LoggedIn, Post
    from models.codes import PostKind
    from models.message import Message

    gateway = Gateway(f"127.0.0.1:{port}", SecretStr(token), tls=False)
    transport = WechatyTransport("bench", gateway, clock=lambda: datetime.now(UTC))
    answers: asyncio.Queue[tuple[str | None, str]] = asyncio.Queue()

    async def relay() -> None:  # one after the other, as the outbox does
        row = 0
        while True:
            room, text = await answers.get()
            row += 1
            await transport.send(Post(row, "bench", PostKind.REPLY, text, datetime.now(UTC), room=room))

    sending = asyncio.create_task(relay())
    async for event in transport.listen():
        if isinstance(event, LoggedIn):
            count.say(ready=True)
        elif isinstance(event, Message) and (text := count.hear(event.text)):
            answers.put_nowait((event.room, text))
    await sending


async def _stock(count: Count, port: int, token: str) -> None:
    """The package as its documentation uses it; only what lets it be imported at all is ours."""
    from bot.transports.wechaty import shim

    shim.apply()
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from wechaty import Wechaty, WechatyOptions

    class Robot(Wechaty):  # type: ignore[misc,unused-ignore]
        async def on_login(self, contact: Any) -> None:
            count.say(ready=True)

        async def on_message(self, msg: Any) -> None:
            if msg.is_self():
                return
            text = count.hear(msg.text())
            if text:
                await msg.room().say(text)

    options = WechatyOptions(token=token, endpoint=f"127.0.0.1:{port}", scheduler=AsyncIOScheduler())
    await Robot(options).start()


async def _stubs(count: Count, port: int, token: str) -> None:
    """Calls and nothing else."""
    from grpclib.client import Channel
    from wechaty_grpc.wechaty import PuppetStub

    from bot.transports.wechaty.wire import Calls, Event

    channel = Channel("127.0.0.1", port)
    metadata = {"authorization": f"Wechaty {token}"}
    calls = Calls(channel, metadata=metadata)
    await PuppetStub(channel, metadata=metadata).start()
    width = asyncio.Semaphore(WIDTH)
    tasks: set[asyncio.Task[None]] = set()

    async def one(message_id: str) -> None:
        async with width:
            payload = await calls.message(message_id)
            text = None if payload.from_id == "bot" else count.hear(payload.text)
            if text:
                await calls.send_text(payload.room_id, text, (), 20)

    async with aclosing(calls.events()) as stream:
        async for told in stream:
            if told.type == Event.LOGIN:
                count.say(ready=True)
            elif told.type == Event.MESSAGE:
                task = asyncio.create_task(one(json.loads(told.payload)["messageId"]))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
