"""How much one chat takes: 30 messages a minute and 1,000 an hour, by the official page."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

PER_MINUTE = 30
PER_HOUR = 1_000
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


class Limits:
    """Counts what was sent to each chat within the last hour."""

    def __init__(self, per_minute: int = PER_MINUTE, per_hour: int = PER_HOUR) -> None:
        self._per_minute = per_minute
        self._per_hour = per_hour
        self._sent: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, chat: str, now: datetime, messages: int = 1) -> float:
        """Seconds until so many messages may be sent to the chat; 0 when they may be sent now."""
        sent = self._sent.get(chat)
        if not sent:
            return 0.0
        free = now
        for span, most in ((_MINUTE, self._per_minute), (_HOUR, self._per_hour)):
            recent = [at for at in sent if at > now - span]
            over = len(recent) + min(messages, most) - most
            if over > 0:
                free = max(free, recent[over - 1] + span)
        return (free - now).total_seconds()

    def spend(self, chat: str, now: datetime) -> None:
        """One message was sent, or may have been."""
        self._sent.setdefault(chat, deque()).append(now)
        self._sent.move_to_end(chat)
        for sent in (self._sent[chat], next(iter(self._sent.values()))):
            while sent and sent[0] <= now - _HOUR:
                sent.popleft()
        oldest = next(iter(self._sent))
        if not self._sent[oldest]:
            del self._sent[oldest]
