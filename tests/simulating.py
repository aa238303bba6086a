"""A made-up stage behind the simulator's real server, for tests of its page and its HTTP interface."""

import asyncio
import http.client
import json
import struct
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.web.simulator import simulator_app
from bot.web.stage import BoardEvent, BoardTicket, Bubble, Event, Picture, StagePerson, StageRoom

ZONE = ZoneInfo("Asia/Shanghai")


def png(width: int = 40, height: int = 30) -> bytes:
    """A real one-coloured PNG."""
    row = b"\0" + b"\x50\x90\x60" * width
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


class FakeStage:
    """A village whose bot answers 坏 with a ticket, 18:00 with a digest and every private line with an echo."""

    zone = "Asia/Shanghai"

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 3, 9, 5, tzinfo=ZONE).astimezone(UTC)
        self.said: list[Bubble] = []
        self.tickets: dict[str, BoardTicket] = {}
        self.photos: dict[str, Picture] = {}
        self.listeners: set[asyncio.Queue[Event]] = set()
        self.add("room:r1", "wang", "大家早上好")

    def rooms(self) -> Sequence[StageRoom]:
        return [StageRoom("r1", "东坑一组", "on", "开", False), StageRoom("r2", "东坑二组", "ask", "询问", True)]

    def people(self) -> Sequence[StagePerson]:
        return [
            StagePerson("zhang", "张阿姨", "居民", ("r1",), "住 3 栋，热心肠"),
            StagePerson("wang", "王大爷", "居民", ("r1",)),
            StagePerson("chen", "小陈", "党员", ("r1", "r2")),
            StagePerson("li", "老李", "微网格长", ("r1",)),
            StagePerson("liu", "刘姐", "居民", ("r2",)),
        ]

    def now(self) -> datetime:
        return self.time

    def bubbles(self) -> Sequence[Bubble]:
        return self.said

    def picture(self, name: str) -> Picture | None:
        return self.photos.get(name)

    async def board(self) -> Sequence[BoardTicket]:
        return list(reversed(self.tickets.values()))

    async def say(self, chat: str, sender: str, text: str, quote: str | None, pictures: Sequence[Picture]) -> None:
        quoted = next((bubble for bubble in self.said if bubble.id == quote), None)
        urls = []
        for picture in pictures:
            name = f"{len(self.photos)}.png"
            self.photos[name] = picture
            urls.append(f"/pictures/{name}")
        self.add(chat, sender, text, urls[0] if urls else None, quoted)
        if chat.startswith("private:"):
            self.add(chat, "bot", f"收到：{text}")
        elif "坏" in text:
            self.open(text, sender)
            self.add(chat, "bot", f"已登记 投诉 #{len(self.tickets)}，回复「撤回 {len(self.tickets)}」可撤回")
        elif text.startswith("受理") and "1" in self.tickets:
            old = self.tickets["1"]
            event = BoardEvent(self.time, "老李受理了这件事")
            self.tickets["1"] = replace(old, status="accepted", status_name="已受理", history=(*old.history, event))
            self.push("board")

    async def advance(self, minutes: int) -> datetime:
        self.time += timedelta(minutes=minutes)
        self.push("clock")
        return self.time

    async def advance_to(self, hour: int, minute: int) -> datetime:
        local = self.time.astimezone(ZONE)
        at = local.replace(hour=hour, minute=minute)
        self.time = (at if at > local else at + timedelta(days=1)).astimezone(UTC)
        self.add("private:li", "bot", "【日报】东坑一组\n· 新增 1 件\n· 待办 1 件")
        self.push("clock")
        return self.time

    async def subscribe(self) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self.listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.listeners.remove(queue)

    def push(self, kind: str) -> None:
        for queue in self.listeners:
            queue.put_nowait(Event(kind, {}))

    def add(self, chat: str, sender: str, text: str, picture: str | None = None, quote: Bubble | None = None) -> None:
        name = next((person.name for person in self.people() if person.id == sender), "小哨")
        said, words = (quote.sender_name, quote.text) if quote else (None, None)
        self.said.append(Bubble(f"m{len(self.said)}", chat, sender, name, text, self.time, picture, said, words))
        self.push("bubble")

    def open(self, title: str, sender: str) -> None:
        number = str(len(self.tickets) + 1)
        due = self.time + timedelta(hours=24)
        history = (BoardEvent(self.time, "张阿姨提出"),)
        self.tickets[number] = BoardTicket(
            number, "complaint", "投诉", "道路设施", "open", "待受理", "东坑一组", title, "3栋", False, "normal",
            self.time, due, False, (sender,), None, ("路灯", "坏"), history,
        )  # fmt: skip
        self.push("board")


class Served:
    """The real server over a fake stage, on a thread of its own."""

    def __init__(self) -> None:
        self.stage = FakeStage()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.runner = web.AppRunner(simulator_app(self.stage))
        self.port = self.run(self._start())

    async def _start(self) -> int:
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return int(self.runner.addresses[0][1])

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        async def inside() -> Any:
            return function(*arguments)

        return self.run(inside())

    def stop(self) -> None:
        self.run(self.runner.cleanup())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, dict[str, str]]:
        """One request; header names with _ for -. Answers status, JSON (or bytes) and headers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            data: Any = response.read()
            if response.headers.get_content_type() == "application/json":
                data = json.loads(data)
            return response.status, data, {k.lower(): v for k, v in response.headers.items()}

    def post(self, path: str, value: object, **headers: str) -> tuple[int, Any]:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", path, body, **({"Content_Type": "application/json"} | headers))[:2]

    def form(self, fields: dict[str, str], pictures: Sequence[bytes], **headers: str) -> tuple[int, Any]:
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()
        ]
        head = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
        body = b"".join([*parts, *(head + picture + b"\r\n" for picture in pictures), b"--b--\r\n"])
        kept = {"Content_Type": "multipart/form-data; boundary=b", "X_Xiaoshao": "1"} | headers
        return self.ask("POST", "/api/say", body, **{k: v for k, v in kept.items() if v})[:2]


def next_push(stream: http.client.HTTPResponse) -> tuple[str, Any]:
    """The next event of a stream, over heartbeats."""
    kind = ""
    while True:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return kind, json.loads(line.removeprefix("data: "))
