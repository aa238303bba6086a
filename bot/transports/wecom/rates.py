"""How often something may be sent, counted where it is sent."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta


class Rates:
    """At most so many sends a minute for each target, over a sliding minute.

    The outbox keeps these budgets over restarts and processes; this is what keeps a single process from ever being
    refused. most: how many targets are remembered.
    """

    def __init__(self, clock: Callable[[], datetime], per_minute: int, *, most: int = 20_000) -> None:
        self._clock = clock
        self._limit = per_minute
        self._most = most
        self._sent: OrderedDict[Hashable, deque[datetime]] = OrderedDict()

    def wait(self, target: Hashable, count: int = 1) -> float:
        """Seconds until count more may be sent (as many as a minute holds, if there are more); 0: now."""
        now = self._clock()
        times = self._recent(target, now)
        count = min(count, self._limit)
        if len(times) + count <= self._limit:
            return 0.0
        freeing = times[len(times) + count - self._limit - 1]
        return max(0.001, (freeing + timedelta(minutes=1) - now).total_seconds())

    def spend(self, target: Hashable) -> None:
        """One was sent, or may have been."""
        now = self._clock()
        self._recent(target, now).append(now)
        self._sent.move_to_end(target)
        while len(self._sent) > self._most:
            self._sent.popitem(last=False)

    def _recent(self, target: Hashable, now: datetime) -> deque[datetime]:
        times = self._sent.setdefault(target, deque())
        while times and now - times[0] >= timedelta(minutes=1):
            times.popleft()
        return times
