"""Runs a chat file through the same dispatcher, relay and clock as a live chat; time is the file's."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.app import App
from bot.dispatcher import Outcome
from bot.replay.chatfile import ChatFile
from bot.transports.base import Post
from bot.transports.memory import MemoryTransport
from models.message import Message

ACCOUNT = "replay"
_REFERENCE = re.compile(r"\{#([^{}\s]{1,200})\}")


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the file when its turn came, with what became of it."""

    message: Message
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Posted:
    """A post of the bot."""

    id: str
    post: Post


@dataclass(slots=True)
class Totals:
    """What the summary counts."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    posts: int = 0
    warnings: list[str] = field(default_factory=list)


class Engine:
    """One run over one file. now only moves forward: it is the largest time so far."""

    def __init__(self, chat: ChatFile, app: App, transport: MemoryTransport) -> None:
        self._chat = chat
        self._shard = app.shards[ACCOUNT]
        self._ticker = app.ticker
        self._units = app.units
        self._transport = transport
        self._next_due: datetime | None = None
        self.now: datetime | None = None
        self.totals = Totals()

    def run(self, until: datetime | None, progress: Callable[[int], None]) -> Iterator[Said | Posted]:
        """What is said and posted, in order."""
        for done, message in enumerate(self._chat.messages, start=1):
            moment = message.at if self.now is None else max(self.now, message.at)
            if until is not None and moment > until:
                break
            yield from self._advance(moment)
            self.now = moment
            outcome = self._handle(message, moment)
            self.totals.outcomes[outcome] += 1
            yield Said(message, outcome)
            yield from self._send(moment)
            progress(done)
        if self.now is not None:
            if until is not None and until > self.now:
                yield from self._advance(until)
                self.now = until
            else:
                yield from self._flush()

    def _handle(self, message: Message, moment: datetime) -> Outcome:
        text, talk_only = self._with_numbers(message)
        outcome = self._shard.handle(replace(message, text=text), moment, talk_only=talk_only)
        if outcome in (Outcome.EFFECT, Outcome.COMMAND):
            self._next_due = self._ticker.next_due()
        return outcome

    def _with_numbers(self, message: Message) -> tuple[str, bool]:
        """Replace {#m17} by the number of what holds m17; whether one was not found, so that it is talk."""
        if "{#" not in message.text:
            return message.text, False
        missing: list[str] = []

        def number(found: re.Match[str]) -> str:
            known = self._number(found[1])
            if known is None:
                missing.append(found[1])
                return found[0]
            return known

        text = _REFERENCE.sub(number, message.text)
        for name in missing:
            self.totals.warnings.append(f"消息 {message.id} 里的 {{#{name}}} 没有对应的编号，这条按普通聊天处理。")
        return text, bool(missing)

    def _number(self, message_id: str) -> str | None:
        with self._units() as uow:
            source = uow.tickets.source(ACCOUNT, message_id)
            if source is None:
                return None
            if source.ticket_id is not None:
                return str(uow.tickets.get(source.ticket_id).number)
            signal = None if source.signal_id is None else uow.signals.get(source.signal_id)
            return None if signal is None else f"S{signal.number}"

    def _advance(self, moment: datetime) -> Iterator[Posted]:
        """Let everything happen that is due or may be sent before moment."""
        if self.now is None:
            self._next_due = self._ticker.next_due()
            return
        while True:
            wake = self._shard.relay.wake_at(self.now)
            steps = [at for at in (self._next_due, wake) if at is not None and at <= moment]
            if not steps:
                return
            self.now = max(self.now, min(steps))
            if self._next_due is not None and self._next_due <= self.now:
                self._shard.beat(self.now)
                self._ticker.run_due(self.now)
                self._shard.relay.refill()
                self._next_due = self._later_due()
            yield from self._send(self.now)

    def _later_due(self) -> datetime | None:
        """The next due time after now: what failed at its time is not tried for ever in a replay."""
        due = self._ticker.next_due()
        return None if due is None or (self.now is not None and due <= self.now) else due

    def _flush(self) -> Iterator[Posted]:
        """Send what was promised, each post at the time at which the limits allow it."""
        assert self.now is not None
        moment = self.now
        while (wake := self._shard.relay.wake_at(moment)) is not None:
            moment = max(moment, wake)
            yield from self._send(moment)

    def _send(self, moment: datetime) -> Iterator[Posted]:
        relay = self._shard.relay
        while (post := relay.take(moment)) is not None:
            relay.settle(post, self._transport.deliver(post), moment)
            self.totals.posts += 1
            yield Posted(*self._transport.sent[-1])
