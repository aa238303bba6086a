"""Many messages at once, in order within a room: what hears fills it, what handles empties it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from bot.transports.base import Event
from bot.transports.unfinished import Unfinished
from bot.transports.wechaty.faults import log_fault

AHEAD = 512
"""How many messages may be half read, so that a room whose pictures come slowly does not hold up the others."""

Taken = Callable[[], None]
"""To be called when an arrival was handed out or came to nothing."""
Finish = Callable[[], Awaitable[Event | None]]


class Found(NamedTuple):
    """Where something belongs (room, or person in private), and what makes an event of it; None: nothing to tell."""

    where: str
    finish: Finish


Find = Callable[[], Awaitable[Found | None]]


class Intake:
    """Finds out, at most `width` at a time, where each arrival belongs and what it holds; emits in order per room.

    What a gateway announces is only an id, so the room is known after one look-up: the look-ups run side by side, their
    answers are taken in the order of arrival, and each room finishes its own, one after the other.

    emit gets each event and what it has to call once somebody took it: until then it counts among the `ahead`.
    """

    def __init__(
        self, emit: Callable[[Event, Taken], None], unfinished: Unfinished, *, width: int, ahead: int = AHEAD
    ) -> None:
        self._unfinished = unfinished
        self._emit = emit
        self._width = asyncio.Semaphore(width)
        self._left = asyncio.Semaphore(ahead)
        self._arrivals: asyncio.Queue[tuple[Find, Taken]] = asyncio.Queue()
        self._looking: asyncio.Queue[tuple[asyncio.Task[Found | None], Taken]] = asyncio.Queue(width)
        self._rooms: dict[str, deque[tuple[Finish, Taken]]] = {}

    def put(self, find: Find) -> None:
        """Something arrived."""
        self._arrivals.put_nowait((find, self._unfinished.begin()))

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._in_order(tasks))
            while True:
                find, ended = await self._arrivals.get()
                await self._left.acquire()
                await self._looking.put((tasks.create_task(self._look_up(find)), partial(self._taken, ended)))

    def _taken(self, ended: Taken) -> None:
        ended()
        self._left.release()

    async def _look_up(self, find: Find) -> Found | None:
        async with self._width:
            try:
                return await find()
            except Exception as error:
                log_fault("arrival_unreadable", error)
                return None

    async def _in_order(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            looking, taken = await self._looking.get()
            found = await looking
            if found is None:
                taken()
                continue
            waiting = self._rooms.get(found.where)
            if waiting is None:
                waiting = self._rooms[found.where] = deque()
                tasks.create_task(self._finish(found.where, waiting))
            waiting.append((found.finish, taken))

    async def _finish(self, where: str, waiting: deque[tuple[Finish, Taken]]) -> None:
        while waiting:
            finish, taken = waiting.popleft()
            event = None
            try:
                async with self._width:
                    event = await finish()
            except Exception as error:
                log_fault("message_unreadable", error)
            # Not when this is cancelled: what nobody got stays unfinished.
            if event is None:
                taken()
            else:
                self._emit(event, taken)
        del self._rooms[where]
