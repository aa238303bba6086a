"""The real npm gateway as a process, what happens in its imitated messenger, and an ear on our channel."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from pydantic import SecretStr

from bot.transports.base import Echo, Event, LoggedIn, Outage, Post, Sent
from bot.transports.wechaty import Gateway, Patience, WechatyTransport
from models.codes import PostKind
from models.message import Message

FOLDER = Path(__file__).parent / "gateway"
TOKEN = "a-token-that-must-not-show"
BOT, ROOM = "bot", "1001@chatroom"
QUICK = Patience(
    connect=3.0,
    start=5.0,
    call=3.0,
    send=3.0,
    file=20.0,
    hold=20.0,
    ding=0.5,
    watchdog=1.5,
    backoff_least=0.1,
    backoff_most=0.5,
    slow=1.0,
    login=1.0,
    canary=3600.0,
    canary_answer=1.0,
)
"""Small, so that tests need not wait."""
E = TypeVar("E")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class GatewayProcess:
    """One gateway, on the same port after each restart."""

    def __init__(self, *, tls: bool = False) -> None:
        self.port = free_port()
        self.tls = tls
        self._process: subprocess.Popen[str] | None = None
        self._control = 0

    def reach(self, token: str = TOKEN, **changes: Any) -> Gateway:
        """Where it is, for the channel."""
        return Gateway(f"127.0.0.1:{self.port}", SecretStr(token), **({"tls": self.tls} | changes))

    async def start(self) -> None:
        """Start it and wait until it serves."""
        if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
            raise RuntimeError("The Wechaty gateway for tests is not installed: make peers")
        environment = os.environ | {"GATEWAY_PORT": str(self.port), "GATEWAY_TOKEN": TOKEN, "WECHATY_LOG": "silent"}
        self._process = subprocess.Popen(
            ["node", "--no-deprecation", "gateway.mjs"],
            cwd=FOLDER,
            env=environment | {"GATEWAY_TLS": "1" if self.tls else "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(asyncio.to_thread(self._process.stdout.readline), 30)
        self._control = json.loads(line)["control"]
        await self._people()

    async def _people(self) -> None:
        await self.do("contact", id="li", name="李婶")
        await self.do("contact", id="wang", name="王强")
        await self.do("room", id=ROOM, topic="锦绣小区一微网格", members=["li", "wang", BOT])

    async def fresh(self) -> None:
        """Serving, with a messenger as it is at first, whatever the last test left."""
        if self._process is None or self._process.poll() is not None:
            self.kill()
            await self.start()
        await self.do("reset")
        await self._people()

    async def do(self, what: str, **arguments: Any) -> Any:
        """Ask for something to happen in the messenger."""
        address, body = f"http://127.0.0.1:{self._control}/", json.dumps({"do": what} | arguments)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(address, data=body) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            return json.loads(text)

    async def say(self, text: str, sender: str = "li", room: str | None = ROOM, **more: Any) -> str:
        """Somebody says something; the id of the message."""
        return str(await self.do("say", text=text, **{"from": sender}, **({"room": room} if room else {}), **more))

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, if it lives."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


@asynccontextmanager
async def gateway_running(*, tls: bool = False) -> AsyncIterator[GatewayProcess]:
    """A gateway that serves."""
    gateway = GatewayProcess(tls=tls)
    try:
        await gateway.start()
        yield gateway
    finally:
        gateway.kill()


class Ear:
    """Everything that a channel reported, and waiting for more."""

    def __init__(self, transport: WechatyTransport) -> None:
        self.transport = transport
        self.events: list[Event] = []
        self._more = asyncio.Condition()

    async def run(self) -> None:
        """Listen until cancelled."""
        stream = self.transport.listen()
        try:
            async for event in stream:
                async with self._more:
                    self.events.append(event)
                    self._more.notify_all()
        finally:
            await stream.aclose()  # type: ignore[attr-defined]

    async def wait(self, kind: type[E], matches: Callable[[E], bool] = lambda _: True, *, after: int = 0) -> E:
        """The first event of a kind that matches, of those after so many; fails after 20 seconds."""

        def found() -> E | None:
            return next((one for one in self.events[after:] if isinstance(one, kind) and matches(one)), None)

        try:
            async with asyncio.timeout(20), self._more:
                await self._more.wait_for(lambda: found() is not None)
        except TimeoutError:
            raise AssertionError(f"no such {kind.__name__} in {self.events[after:][-20:]}") from None
        answer = found()
        assert answer is not None
        return answer

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind."""
        return [one for one in self.events if isinstance(one, kind)]


@asynccontextmanager
async def listening(
    gateway: GatewayProcess, patience: Patience = QUICK, *, reach: Gateway | None = None, wait: bool = True
) -> AsyncIterator[Ear]:
    """Our channel on a gateway; wait: until it is logged in."""
    transport = WechatyTransport(
        "account", reach or gateway.reach(), clock=lambda: datetime.now(UTC), patience=patience
    )
    ear = Ear(transport)
    task = asyncio.create_task(ear.run())
    try:
        if wait:
            await ear.wait(LoggedIn)
        yield ear
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def post(text: str) -> Post:
    """Something to say in the group."""
    return Post(row=1, account="account", kind=PostKind.REPLY, text=text, at=datetime.now(UTC), room=ROOM)


async def works_again(gateway: GatewayProcess, ear: Ear, after: int) -> None:
    """It hears and speaks, within twenty seconds of the gateway."""
    began = time.monotonic()
    await ear.wait(LoggedIn, after=after)
    word = f"听得见吗 {after}"
    await gateway.say(word)
    await ear.wait(Message, lambda one: one.text == word, after=after)
    assert isinstance(await ear.transport.send(post(f"听得见 {after}")), Sent)
    await ear.wait(Echo, lambda one: one.text == f"听得见 {after}", after=after)
    assert time.monotonic() - began < 20


def gaps(ear: Ear, after: int) -> list[Outage]:
    """What was told as not heard."""
    return [one for one in ear.events[after:] if isinstance(one, Outage)]
