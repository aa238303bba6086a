"""The child process as its parent sees it."""

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

COMMAND = (sys.executable, "-m", "bot.transports.wecom_archive.child")
_LONGEST_LINE = 256 * 1024 * 1024


class Died(Exception):
    """The process ended or hangs; whatever was asked is not answered."""


class Fault(Exception):
    """The library said no. code: its number."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class NotLoaded(Exception):
    """The library is not there, or is another one; the text says which file or function."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the library is called with. timeout: seconds for one of its requests."""

    library: str
    corp_id: str
    secret: SecretStr
    proxy: str = ""
    proxy_password: SecretStr | None = None
    timeout: int = 10

    def settings(self) -> dict[str, Any]:
        """The first line for the child."""
        names = ("library", "corp_id", "proxy", "timeout")
        return {name: getattr(self, name) for name in names} | {
            "secret": self.secret.get_secret_value(),
            "proxy_password": "" if self.proxy_password is None else self.proxy_password.get_secret_value(),
        }


class Reader:
    """One running child. Calls come one after the other; deadline: seconds until it counts as hanging."""

    def __init__(self, process: asyncio.subprocess.Process, deadline: float) -> None:
        self._process = process
        self._deadline = deadline

    @classmethod
    async def start(cls, access: Access, deadline: float, command: Sequence[str] = COMMAND) -> "Reader":
        """Start it and log in; raises Died, Fault or NotLoaded."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        reader = cls(process, deadline)
        try:
            # Over the pipe: arguments and the environment of a process can be read by others.
            await reader._ask(access.settings())
        except BaseException:
            await reader.stop()
            raise
        return reader

    async def fetch(self, seq: int, limit: int) -> Mapping[str, Any]:
        """A page of encrypted messages behind seq."""
        try:
            page = json.loads((await self._ask({"do": "fetch", "seq": seq, "limit": limit}))["content"])
        except ValueError:
            raise Fault(10002) from None
        if not isinstance(page, dict):
            raise Fault(10002)
        return page

    async def decrypt(self, items: Sequence[tuple[str, str]]) -> list[str | None]:
        """The messages in clear; None for each that the library cannot read."""
        return list((await self._ask({"do": "decrypt", "items": list(items)}))["texts"])

    async def media(self, file: str, largest: int) -> bytes:
        """A whole file, part by part; raises Fault(10005) for one above largest bytes."""
        data, index = bytearray(), ""
        while True:
            part = await self._ask({"do": "media", "file": file, "index": index})
            data += base64.b64decode(part["data"])
            if part["done"]:
                return bytes(data)
            if len(data) > largest or (not part["data"] and part["index"] == index):
                raise Fault(10005)
            index = part["index"]

    async def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            async with asyncio.timeout(self._deadline):
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                await self._process.stdin.drain()
                line = await self._process.stdout.readline()
        except (TimeoutError, ConnectionError, ValueError):
            raise Died from None
        if not line.endswith(b"\n"):
            raise Died
        answer: dict[str, Any] = json.loads(line)
        if "code" in answer:
            raise Fault(answer["code"])
        if "library" in answer:
            raise NotLoaded(answer["library"])
        return answer

    async def stop(self) -> None:
        """End it, however it is doing."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.communicate()
