"""Drives a shard by a clock of its own: replay, transcripts, benchmarks. Nothing sleeps."""

from collections.abc import Iterator
from datetime import datetime

from bot.app import App
from bot.outcome import Outcome
from bot.transports.base import Post, Sent
from bot.transports.memory import MemoryTransport
from models.message import Message

Posted = tuple[str, Post]
"""A post with the id that the channel gave it."""


class Driver:
    """One account in virtual time: now only moves forward."""

    def __init__(self, app: App, transport: MemoryTransport, now: datetime) -> None:
        self._shard = app.shards[transport.account]
        self._ticker = app.ticker
        self._transport = transport
        self._next_due = self._ticker.next_due()
        self.now = now

    def say(self, message: Message, *, talk_only: bool = False) -> Outcome:
        """Let somebody speak now; what the bot says about it comes from send()."""
        outcome = self._shard.handle(message, self.now, talk_only=talk_only)
        if outcome in (Outcome.EFFECT, Outcome.COMMAND):
            self.look()
        return outcome

    def look(self) -> None:
        """Notice what has been planned meanwhile, also what is to happen at once."""
        self._next_due = self._ticker.next_due()

    def send(self) -> Iterator[Posted]:
        """Everything that may leave now."""
        relay = self._shard.relay
        while (post := relay.take(self.now)) is not None:
            outcome = self._transport.deliver(post)
            relay.settle(post, outcome, self.now)
            if isinstance(outcome, Sent):
                yield self._transport.sent[-1]

    def advance(self, moment: datetime) -> Iterator[Posted]:
        """Let everything happen that is due or may leave until moment, each at its own time."""
        while True:
            wake = self._shard.relay.wake_at(self.now)
            steps = [at for at in (self._next_due, wake) if at is not None and at <= moment]
            if not steps:
                break
            self.now = max(self.now, min(steps))
            if self._next_due is not None and self._next_due <= self.now:
                self._shard.beat(self.now)
                self._ticker.run_due(self.now)
                self._shard.relay.refill()
                self._next_due = self._later_due()
            yield from self.send()
        self.now = max(self.now, moment)

    def flush(self) -> Iterator[Posted]:
        """Everything that was promised, each post at the time at which the limits allow it; no schedules."""
        while (wake := self._shard.relay.wake_at(self.now)) is not None:
            self.now = max(self.now, wake)
            yield from self.send()

    def _later_due(self) -> datetime | None:
        """The next due time after now: what failed at its time is tried again then, not for ever."""
        return self._ticker.next_due(self.now)
