"""Keeps the child process: starts it when it is needed, ends it when it fell over."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bot.transports.wecom_archive.process import COMMAND, Access, Died, Reader

T = TypeVar("T")


class FellOver(Exception):
    """The process fell over, or hung, in the middle of what it was asked; it is not running any more."""


class Keeper:
    """One child at a time."""

    def __init__(self, access: Access, deadline: float, command: Sequence[str] = COMMAND) -> None:
        self._access = access
        self._deadline = deadline
        self._command = command
        self._reader: Reader | None = None

    async def ask(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        """Let the child do something; raises FellOver, Fault, or what starting it raises: Died, Fault, NotLoaded."""
        if self._reader is None:
            self._reader = await Reader.start(self._access, self._deadline, self._command)
        try:
            return await work(self._reader)
        except Died:
            await self.stop()
            raise FellOver from None

    async def stop(self) -> None:
        """End it if it runs."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.stop()
