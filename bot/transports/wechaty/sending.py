"""Posts out: what is known afterwards, and what is not."""

import asyncio
from collections.abc import Awaitable, Callable

from grpclib import GRPCError, Status
from grpclib.exceptions import StreamTerminatedError

from bot.transports.base import Outcome, Post, Refused, Sent, Unknown
from bot.transports.wechaty.cache import Cache
from bot.transports.wechaty.files import Files
from bot.transports.wechaty.options import PICTURE_MOST, Patience
from bot.transports.wechaty.puppet import Puppet
from bot.transports.wechaty.reading import Reader

_UNKNOWN = frozenset({Status.DEADLINE_EXCEEDED, Status.CANCELLED})
_FOR_GOOD = frozenset({Status.INVALID_ARGUMENT, Status.NOT_FOUND, Status.PERMISSION_DENIED, Status.UNIMPLEMENTED})


class Sender:
    """Sends over one puppet."""

    def __init__(self, puppet: Puppet, files: Files, reader: Reader, patience: Patience, up: asyncio.Event) -> None:
        self._puppet = puppet
        self._files = files
        self._reader = reader
        self._patience = patience
        self._up = up
        self._pictures: Cache[bool] = Cache(24 * 3600.0, size=1000)  # rows whose picture arrived and text did not

    async def send(self, post: Post) -> Outcome:
        """Deliver a post: its picture, then its words. What the gateway says decides; its silence is Unknown."""
        conversation = post.room or post.to
        if conversation is None:
            return Refused("only rooms and people can be reached here")
        if post.picture is not None and len(post.picture) > PICTURE_MOST:
            return Refused("picture too large")
        if not self._up.is_set():
            return Refused("not connected", retry=True, offline=True)
        sent: Outcome = Sent()
        if post.picture is not None and self._pictures.get(post.row) is None:
            sent = await self._picture(conversation, post.picture)
            if not isinstance(sent, Sent):
                return sent
            self._pictures.put(post.row, True)
        return await self._text(conversation, post) if post.text else sent

    async def _picture(self, conversation: str, picture: bytes) -> Outcome:
        try:
            box = await self._files.boxed(picture, "picture")
        except Exception as error:
            return Refused(f"upload: {type(error).__name__}", retry=True)  # nothing was posted yet
        return await self._settled(lambda: self._puppet.calls.send_file(conversation, box, self._patience.file))

    async def _text(self, conversation: str, post: Post) -> Outcome:
        text, mentions = post.text, {}
        if post.room is not None:
            mentions = self._reader.mentioned(post.room, text)
            for name in mentions:  # what WeChat itself writes after the name of somebody mentioned
                text = text.replace(f"@{name} ", f"@{name}\u2005")
        ids = list(dict.fromkeys(mentions.values()))
        return await self._settled(lambda: self._puppet.calls.send_text(conversation, text, ids, self._patience.send))

    async def _settled(self, call: Callable[[], Awaitable[str | None]]) -> Outcome:
        try:
            return Sent(await call())
        except TimeoutError:
            return Unknown("deadline")
        except StreamTerminatedError:
            return Unknown("connection lost")
        except GRPCError as error:
            # The error's text may repeat the post or the token.
            reason = f"gateway: {error.status.name}"
            if error.status in _UNKNOWN:
                return Unknown(reason)
            return Refused(reason, retry=error.status not in _FOR_GOOD, code=error.status.value)
        except OSError as error:
            return Refused(f"unreachable: {type(error).__name__}", retry=True, offline=True)
        except Exception as error:  # of the libraries below, whatever state they are in
            return Unknown(type(error).__name__)
