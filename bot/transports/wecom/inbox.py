"""Between a callback and its commit: each message goes out once, and whoever brought it waits until it is handled."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from models.message import Message

REMEMBERED = 10_000
"""Ids that are known as handled or under way."""
WAITING = 1_000
"""Messages that nobody has taken yet; beyond that callbacks are turned away, to come again."""


@dataclass(slots=True)
class _Entry:
    handled: asyncio.Future[bool]
    out: bool = False
    again: bool = False


class Inbox:
    """Messages by their id. All of it belongs to one event loop."""

    def __init__(self, *, remembered: int = REMEMBERED, waiting: int = WAITING) -> None:
        self._remembered = remembered
        self._queue: asyncio.Queue[Message] = asyncio.Queue(waiting)
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, message_id: str, chat: str, make: Callable[[], Awaitable[Message]], within: float) -> bool:
        """Give a message out, unless it was, and wait until it is handled; False: it was not within so many seconds.

        make: finishes the message, as by fetching its pictures; those of one chat go out in the order of their coming.
        A message that was not handled in time is given out again when it comes again: the mark in the database keeps
        it from having its effect twice.
        """
        entry = self._entries.get(message_id)
        fresh = entry is None or entry.again
        if entry is None:
            entry = self._enter(message_id)
        entry.again = False
        try:
            async with asyncio.timeout(within):
                if fresh and not await self._give_out(entry, chat, make):
                    return False
                return await asyncio.shield(entry.handled)
        except TimeoutError:
            entry.again = True
            return False
        finally:
            if fresh and not entry.out and self._entries.get(message_id) is entry:
                del self._entries[message_id]  # it was never given out: the next one begins anew

    async def messages(self) -> AsyncIterator[Message]:
        """What is given out, for ever."""
        while True:
            yield await self._queue.get()

    def handled(self, message_id: str) -> None:
        """The message has had its effect, and the effect is committed: whoever brought it may go."""
        entry = self._entries.get(message_id)
        if entry is not None and not entry.handled.done():
            entry.handled.set_result(True)

    def failed(self, message_id: str) -> None:
        """The message had no effect: whoever brought it is to bring it again."""
        entry = self._entries.pop(message_id, None)
        if entry is not None and not entry.handled.done():
            entry.handled.set_result(False)

    def _enter(self, message_id: str) -> _Entry:
        entry = self._entries[message_id] = _Entry(asyncio.get_running_loop().create_future())
        while len(self._entries) > self._remembered:
            self._entries.popitem(last=False)
        return entry

    async def _give_out(self, entry: _Entry, chat: str, make: Callable[[], Awaitable[Message]]) -> bool:
        turn = self._turns.setdefault(chat, asyncio.Lock())
        making = asyncio.ensure_future(make())  # before its turn: one slow picture does not add to the next
        try:
            async with turn:
                message = await making
                if self._queue.full():
                    return False
                self._queue.put_nowait(message)
                entry.out = True
                return True
        finally:
            if not making.cancel() and not making.cancelled():
                making.exception()  # whoever gave up waiting for his turn does not want to know
