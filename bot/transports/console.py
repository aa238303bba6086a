"""The terminal as a channel: 名字：话 speaks in the group, 名字>话 in private with the bot."""

import asyncio
import itertools
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from typing import TextIO

from bot.transports.base import Outcome, Post, Sent
from models.message import BOT, Attachment, AttachmentKind, Message

_LINE = re.compile(r"\s*(?P<name>[^\s:：>＞]{1,20})\s*(?P<where>[:：>＞])\s*(?P<text>.*)", re.DOTALL)
_PICTURE = re.compile(r"\[(?:图|图片)\]\s*")
USAGE = "请写成「名字：话」（群里）或「名字>话」（私聊），例如：王阿姨：三楼漏水了"


class ConsoleTransport:
    """Reads lines from a terminal or a pipe and prints what the bot says."""

    def __init__(self, account: str, room: str, lines: TextIO, out: TextIO, clock: Callable[[], datetime]) -> None:
        self.account = account
        self._room = room
        self._lines = lines
        self._out = out
        self._clock = clock
        self._ids = (f"line-{number}-{int(clock().timestamp() * 1000)}" for number in itertools.count(1))
        self._sent = 0

    async def listen(self) -> AsyncIterator[Message]:
        """One message a line, until the input ends."""
        async for line in self._read():
            if not line.strip():
                continue
            message = self.read(line.rstrip("\r\n"))
            if message is None:
                print(USAGE, file=self._out, flush=True)
            else:
                yield message

    async def _read(self) -> AsyncIterator[str]:
        """Lines as they are typed. A daemon thread waits for them, so that Ctrl+C need not wait for Enter."""
        loop = asyncio.get_running_loop()
        typed: asyncio.Queue[str] = asyncio.Queue()

        def wait() -> None:
            line = " "
            while line:
                line = self._lines.readline()
                with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                    loop.call_soon_threadsafe(typed.put_nowait, line)

        threading.Thread(target=wait, daemon=True, name="terminal").start()
        while line := await typed.get():
            yield line

    def read(self, line: str) -> Message | None:
        """The message that a line says, or None when it has no speaker."""
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        text, pictures = _PICTURE.subn("", found["text"])
        return Message(
            id=next(self._ids),
            account=self.account,
            room=self._room if found["where"] in ":：" else None,
            sender=found["name"],
            sender_name=found["name"],
            text=text.strip(),
            at=self._clock(),
            mentions=(BOT,) if "@小哨" in text else (),
            attachments=(Attachment(AttachmentKind.IMAGE),) * pictures,
        )

    async def send(self, post: Post) -> Outcome:
        """Print a post."""
        where = "" if post.room is not None else f"(私) {post.to or '负责人'}："
        text = post.text.replace("\n", "\n   ")
        print(f"→ {where}{text}", file=self._out, flush=True)
        self._sent += 1
        return Sent(f"console-{self._sent}-{post.row}")
