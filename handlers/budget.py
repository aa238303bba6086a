"""How much the bot may post: an hour in a room, a minute and a day on an account."""

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from handlers.policy.rooms import Budget as Limits

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


class Budget:
    """Counts what left and says when the next post may leave. One for an account.

    most_in_room: the most that any of its rooms may have in an hour, where packs differ in that.
    """

    def __init__(self, limits: Limits, most_in_room: int = 0) -> None:
        self._limits = limits
        most = max(limits.room_per_hour, most_in_room)
        # No window ever asks for more than its limit of posts, so that is all that is kept.
        self._account: deque[datetime] = deque(maxlen=max(limits.account_per_day, limits.account_per_minute))
        self._rooms: defaultdict[int, deque[datetime]] = defaultdict(lambda: deque(maxlen=most))

    def load(self, sent: Iterable[tuple[datetime, int | None]]) -> None:
        """Fill in what left before this process started: (sent at, room id or None), oldest first."""
        for at, room_id in sent:
            self.spend(at, room_id)

    def spend(self, at: datetime, room_id: int | None) -> None:
        """Count one post."""
        self._account.append(at)
        if room_id is not None:
            self._rooms[room_id].append(at)

    def free_at(
        self, moment: datetime, room_id: int | None, share: float = 1, room_per_hour: int | None = None
    ) -> datetime:
        """The earliest time from moment on at which one more post may leave; asking changes nothing.

        share: of each budget, for what has to leave room for others. room_per_hour: of that room's own pack.
        """
        free = _window(self._account, DAY, _part(self._limits.account_per_day, share), moment)
        free = max(free, _window(self._account, MINUTE, _part(self._limits.account_per_minute, share), moment))
        if room_id is not None:
            limit = self._limits.room_per_hour if room_per_hour is None else room_per_hour
            free = max(free, _window(self._rooms[room_id], HOUR, _part(limit, share), moment))
        return free


def _part(limit: int, share: float) -> int:
    return max(1, int(limit * share))


def _window(spent: deque[datetime], span: timedelta, limit: int, moment: datetime) -> datetime:
    """When fewer than limit posts of spent (oldest first) lie within the last span."""
    if len(spent) < limit:
        return moment
    return max(moment, spent[-limit] + span)
