"""Payloads of people and rooms, for a while."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Cache(Generic[V]):
    """Values by key, each for so many seconds, the least lately put dropped beyond size."""

    def __init__(self, seconds: float, size: int = 20_000, timer: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._size = size
        self._timer = timer
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        """The value, unless there is none or it is too old."""
        found = self._kept.get(key)
        if found is None:
            return None
        if self._timer() - found[0] > self._seconds:
            del self._kept[key]
            return None
        return found[1]

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value from now on."""
        self._kept.pop(key, None)
        self._kept[key] = (self._timer(), value)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def first(self, key: Hashable, value: V) -> bool:
        """Whether the key is new; it is kept then."""
        if self.get(key) is not None:
            return False
        self.put(key, value)
        return True

    def forget(self, key: Hashable) -> None:
        """Forget one."""
        self._kept.pop(key, None)

    def items(self) -> list[tuple[Hashable, V]]:
        """What is kept and not too old."""
        now = self._timer()
        return [(key, value) for key, (at, value) in self._kept.items() if now - at <= self._seconds]

    def drop(self, matches: Callable[[Hashable], bool]) -> None:
        """Forget what matches."""
        for key in [key for key in self._kept if matches(key)]:
            del self._kept[key]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
