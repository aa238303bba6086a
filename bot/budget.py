"""How much the bot may post: an hour in a room, a minute and a day on an account."""

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from handlers.policy import Budget as Limits

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


class Budget:
    """Counts what left and says when the next post may leave. One for an account."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._account: deque[datetime] = deque()
        self._rooms: defaultdict[int, deque[datetime]] = defaultdict(deque)

    def load(self, sent: Iterable[tuple[datetime, int | None]]) -> None:
        """Fill in what left before this process started: (sent at, room id or None), oldest first."""
        for at, room_id in sent:
            self.spend(at, room_id)

    def spend(self, at: datetime, room_id: int | None) -> None:
        """Count one post."""
        self._account.append(at)
        if room_id is not None:
            self._rooms[room_id].append(at)

    def free_at(self, now: datetime, room_id: int | None) -> datetime:
        """The earliest moment from now on at which one more post may leave."""
        while self._account and now - self._account[0] >= DAY:
            self._account.popleft()
        free = _window(self._account, DAY, self._limits.account_per_day, now)
        free = max(free, _window(self._account, MINUTE, self._limits.account_per_minute, now))
        if room_id is not None:
            spent = self._rooms[room_id]
            while spent and now - spent[0] >= HOUR:
                spent.popleft()
            free = max(free, _window(spent, HOUR, self._limits.room_per_hour, now))
        return free


def _window(spent: deque[datetime], span: timedelta, limit: int, now: datetime) -> datetime:
    """When fewer than limit posts of spent (oldest first) lie within the last span."""
    if len(spent) < limit:
        return now
    return max(now, spent[-limit] + span)
