"""Runs a chat file through the same dispatcher, relay and clock as a live chat; time is the file's."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.app import App
from bot.driver import Driver
from bot.driver import Posted as DriverPost
from bot.outcome import Outcome
from bot.replay.chatfile import ChatFile
from bot.transports.base import Post
from bot.transports.memory import MemoryTransport
from models.message import Message

ACCOUNT = "replay"
_PASSED_OVER = frozenset({Outcome.IGNORED, Outcome.UNHEARD})
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

    messages: int = 0
    passed_over: set[str] = field(default_factory=set)
    posts: int = 0
    warnings: list[str] = field(default_factory=list)


class Engine:
    """One run over one file. now is the largest time so far."""

    def __init__(self, chat: ChatFile, app: App, transport: MemoryTransport) -> None:
        self._chat = chat
        self._app = app
        self._transport = transport
        self.totals = Totals()

    def run(self, until: datetime | None, progress: Callable[[int], None]) -> Iterator[Said | Posted]:
        """What is said and posted, in order. Without until the outbox is flushed at the end."""
        messages = [message for message in self._chat.messages if until is None or message.at <= until]
        if not messages:
            return
        driver = Driver(self._app, self._transport, messages[0].at)
        for done, message in enumerate(messages, start=1):
            yield from self._posts(driver.advance(max(driver.now, message.at)))
            text, talk_only = self._with_numbers(message)
            said = replace(message, text=text)
            outcome = driver.say(said, talk_only=talk_only)
            self.totals.messages += 1
            if outcome in _PASSED_OVER:
                self.totals.passed_over.add(said.id)
            yield Said(said, outcome)
            yield from self._posts(driver.send())
            progress(done)
        yield from self._posts(driver.flush() if until is None else driver.advance(max(until, driver.now)))

    def _posts(self, posts: Iterator[DriverPost]) -> Iterator[Posted]:
        for post_id, post in posts:
            self.totals.posts += 1
            yield Posted(post_id, post)

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
        with self._app.units() as uow:
            source = uow.tickets.source(ACCOUNT, message_id)
            if source is None:
                return None
            if source.ticket_id is not None:
                return str(uow.tickets.get(source.ticket_id).number)
            signal = None if source.signal_id is None else uow.signals.get(source.signal_id)
            return None if signal is None else f"S{signal.number}"
