"""Old callbacks and repeated ones are refused."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.transports.wecom.codec import CallbackRefused, Fault

WINDOW = timedelta(minutes=5)
"""How far WeCom's clock and ours may be apart, and how long a nonce is remembered."""


class ReplayGuard:
    """Accepts a (timestamp, nonce) once and within a window around now.

    Ask it only about what is signed, so that nobody else can fill it. Of a callback that was not answered in time the
    nonce is released, because WeCom's retry may carry it again. What it knows is lost with the process: a message that
    is replayed after a restart meets the mark of its id in the database.
    """

    def __init__(self, clock: Callable[[], datetime], *, window: timedelta = WINDOW, most: int = 100_000) -> None:
        self._clock = clock
        self._window = window
        self._most = most
        self._seen: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def accept(self, timestamp: str, nonce: str) -> None:
        """Raise CallbackRefused for what is too old, too new or known; remember the rest."""
        now = self._clock()
        said = datetime.fromtimestamp(int(timestamp), UTC)
        if abs(now - said) > self._window:
            raise CallbackRefused(Fault.STALE)
        self._forget(now)
        if (timestamp, nonce) in self._seen:
            raise CallbackRefused(Fault.REPLAYED)
        if len(self._seen) >= self._most:
            self._seen.popitem(last=False)  # better an old one twice than a new one never
        self._seen[timestamp, nonce] = now

    def release(self, timestamp: str, nonce: str) -> None:
        """The callback was not handled: the same one may come again."""
        self._seen.pop((timestamp, nonce), None)

    def _forget(self, now: datetime) -> None:
        # A timestamp from the future is remembered until it is past, too: twice the window covers both.
        while self._seen and now - next(iter(self._seen.values())) > 2 * self._window:
            self._seen.popitem(last=False)
