"""What a channel was told of and has not handed out yet."""

import asyncio
from collections.abc import Callable
from datetime import datetime


class Unfinished:
    """Arrivals in their order. clock: aware UTC, never going back."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._open: dict[int, datetime] = {}
        self._next = 0
        self._fewer = asyncio.Event()

    def begin(self) -> Callable[[], None]:
        """Something arrived now. What is returned is to be called when it was handed out or came to nothing; a second
        call does nothing."""
        number = self._next
        self._next += 1
        self._open[number] = self._clock()

        def end() -> None:
            self._open.pop(number, None)
            self._fewer.set()

        return end

    def since(self) -> datetime | None:
        """When the oldest arrived; None: there is none."""
        return next(iter(self._open.values()), None)

    async def emptied(self) -> None:
        """Wait until everything that is open now has ended, whatever arrives meanwhile."""
        after = self._next
        while self._open and next(iter(self._open)) < after:
            self._fewer.clear()
            await self._fewer.wait()


def oldest(*moments: datetime | None) -> datetime | None:
    """The first of them; None when none is known."""
    return min((one for one in moments if one is not None), default=None)
