"""Assist mode: the bot posts nothing in the group; whoever leads it gets the text ready to forward.

For groups in which the bot may listen but must not, or cannot, speak: an archive that has no way to send, a group whose
residents want to hear a person. It wraps the transport that can write to leaders in private.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.transports.base import Echo, Event, Outcome, Post, Refused, Sent, Transport, Unknown
from models.message import Message

NOBODY = "nobody is in charge"
AGAIN = 60.0
"""Seconds after which is looked again whether somebody is in charge."""
REMEMBERED = timedelta(days=2)
LONG_ENOUGH = 12
"""Characters from which the same words in the group are a forwarded post whoever says them: anybody says 收到."""
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Who posts for the bot in a group: his external id on the sending account; the group's name as he knows it."""

    to: str
    group: str


class AssistTransport:
    """Turns each post to an assisted group into a private one to whoever leads it.

    assisted: whether a group (external id) is in assist mode. leads: who gets its posts now, None: nobody does.
    words: (name of the group, text) → the text that asks him to forward it. through: what sends in private, and all
    else, when the wrapped transport only reads; then leads gives ids of that account. Whatever else the wrapped
    transport offers (handled, accept, canary, …) is offered here.
    """

    def __init__(
        self,
        inner: Transport,
        *,
        assisted: Callable[[str], bool],
        leads: Callable[[str], Awaitable[Forwarder | None]],
        words: Callable[[str, str], str],
        through: Transport | None = None,
    ) -> None:
        self._inner = inner
        self._through = through or inner
        self._assisted = assisted
        self._leads = leads
        self._words = words
        self._turn = asyncio.Lock()
        self._private: OrderedDict[tuple[str, str], Post] = OrderedDict()  # (to, its words) → the post
        self._forwarded: OrderedDict[tuple[str, str], tuple[str, datetime]] = (
            OrderedDict()
        )  # (group, words) → whose turn

    @property
    def account(self) -> str:
        """The account of the wrapped transport."""
        return self._inner.account

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._inner, name)

    async def listen(self) -> AsyncIterator[Event]:
        """As the wrapped one hears, but what was forwarded in the bot's name is the bot's, not its forwarder's."""
        events = self._inner.listen()
        try:
            async for event in events:
                yield self._as_own(event)
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()  # with this one, not when the loop gets to it

    async def send(self, post: Post) -> Outcome:
        """Deliver one post, in the order of calls; one to an assisted group is sent when its forwarder has it."""
        if post.room is None or not self._assisted(post.room):
            return await self._through.send(post)
        async with self._turn:
            forwarder = await self._leads(post.room)
            if forwarder is None:
                return Refused(NOBODY, retry=True, after=AGAIN)
            text = self._words(forwarder.group, post.text)
            # Not as an answer to what caused it: some channels would post that where it was asked.
            private = replace(post, room=None, to=forwarder.to, leader_of=None, in_reply_to=None, text=text)
            outcome = await self._through.send(private)
            if isinstance(outcome, Sent | Unknown):
                self._remember(post, private)
            return outcome

    def _remember(self, post: Post, private: Post) -> None:
        assert post.room is not None and private.to is not None
        self._private[private.to, _same(private.text)] = post
        for text in (post.text, private.text):
            if _same(text):
                self._forwarded[post.room, _same(text)] = (private.to, post.at)
        for store in (self._private, self._forwarded):
            while len(store) > _MOST:
                store.popitem(last=False)

    def _as_own(self, event: Event) -> Event:
        if isinstance(event, Echo) and event.to is not None:
            post = self._private.get((event.to, _same(event.text)))
            return event if post is None else replace(event, room=post.room, to=None, text=post.text)
        if isinstance(event, Message) and event.room is not None:
            words = _same(event.text)
            to, at = self._forwarded.get((event.room, words), ("", event.at - REMEMBERED))
            if event.at - at < REMEMBERED and (event.sender == to or len(words) >= LONG_ENOUGH):
                return Echo(text=event.text, at=event.at, room=event.room, id=event.id)
        return event


def _same(text: str) -> str:
    """What is the same in a text and in a forwarded copy of it."""
    return "".join(text.split())
