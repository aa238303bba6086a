"""The robot of a group, by its webhook (developer.work.weixin.qq.com/document/path/91770): sends, hears nothing."""

import asyncio
import base64
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from bot.transports.base import Event, Outcome, Post, Refused, Sent
from bot.transports.wecom.api import FREQUENT, Api, CallFailed, judged
from bot.transports.wecom.literal import literal
from bot.transports.wecom.pictures import SENDABLE, media_type
from bot.transports.wecom.rates import Rates
from bot.transports.wecom.splitting import pieces, quiet

PER_MINUTE = 20
"""Messages of one robot."""
TEXT_BYTES = 2048
MARKDOWN_BYTES = 4096
PICTURE_BYTES = 2 * 1024 * 1024
PATH = "/cgi-bin/webhook/send"
_REMEMBERED = 1000


class WebhookTransport:
    """Posts into groups that have a robot: notices, closures, pictures of digests.

    keys: for each group (its external id as the rooms of the account have it) the key in its robot's address. A long
    text goes in several messages; when one of them is refused for now, the next try goes on with that one.
    """

    echoes = False
    reaches_leaders = False

    def __init__(
        self,
        account: str,
        keys: Mapping[str, SecretStr],
        *,
        clock: Callable[[], datetime],
        api: Api | None = None,
        form: Literal["text", "markdown"] = "text",
    ) -> None:
        self.account = account
        self._keys = dict(keys)
        self._api = api or Api()
        self._form = form
        self._limit = TEXT_BYTES if form == "text" else MARKDOWN_BYTES
        self._rates = Rates(clock, PER_MINUTE)
        self._done: OrderedDict[tuple[int, bytes], int] = OrderedDict()

    async def listen(self) -> AsyncIterator[Event]:
        """Nothing, for ever: a webhook only sends."""
        await asyncio.Event().wait()
        yield  # type: ignore[misc]  # never: makes this an iterator

    async def send(self, post: Post) -> Outcome:
        """Send to the group's robot."""
        key = None if post.room is None else self._keys.get(post.room)
        if key is None:
            if post.room is None:
                return Refused("a webhook reaches groups only", nobody=True)
            return Refused("no webhook for this group")
        bodies = self._bodies(post)
        if isinstance(bodies, Refused):
            return bodies
        mark = (post.row, hashlib.sha256(repr(bodies).encode()).digest())
        first = self._done.get(mark, 0)
        wait = self._rates.wait(post.room, len(bodies) - first)
        if wait > 0:
            return Refused("more than the robot's minute holds", retry=True, code=FREQUENT, after=wait)
        for number in range(first, len(bodies)):
            self._rates.spend(post.room)
            try:
                answer = await self._api.call(PATH, {"key": key.get_secret_value()}, body=bodies[number])
            except CallFailed as failed:
                self._remember(mark, number)
                return failed.outcome
            if answer["errcode"] != 0:
                self._remember(mark, number)
                return judged(answer["errcode"])
        self._done.pop(mark, None)
        return Sent()

    def _bodies(self, post: Post) -> list[dict[str, object]] | Refused:
        """The messages that a post becomes."""
        text = quiet(post.text) if self._form == "text" else literal(post.text)
        found: list[dict[str, object]] = [
            {"msgtype": self._form, self._form: {"content": piece}} for piece in pieces(text, self._limit)
        ]
        if post.picture is not None:
            if len(post.picture) > PICTURE_BYTES or media_type(post.picture) not in SENDABLE:
                return Refused("the picture is no JPEG or PNG of at most 2 MB")
            digest = hashlib.md5(post.picture, usedforsecurity=False).hexdigest()
            image = {"base64": base64.b64encode(post.picture).decode(), "md5": digest}
            found.append({"msgtype": "image", "image": image})
        return found or judged(44004)

    def _remember(self, mark: tuple[int, bytes], number: int) -> None:
        self._done[mark] = number
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
