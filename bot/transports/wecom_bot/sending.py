"""From a post to requests: the answer to a message on its own req_id, everything else as a push."""

import base64
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.transports.base import Outcome, Post, Refused, Sent, Unknown
from bot.transports.wecom_bot import faults, frames
from bot.transports.wecom_bot.connection import Connection, NoAnswer, NotWritten
from bot.transports.wecom_bot.frames import Frame
from bot.transports.wecom_bot.limits import Limits
from bot.transports.wecom_bot.markdown import messages, plain

ANSWERABLE = timedelta(hours=24)
"""How long a message may be answered on its own req_id."""
CHUNK = 512 * 1024
MOST_CHUNKS = 100
_REMEMBERED = 5_000
_SINGLE, _GROUP = 1, 2
_PUSH_INSTEAD = frozenset({faults.REQUEST_DIED, faults.WRONG_KIND, 846608})


@dataclass(frozen=True, slots=True)
class Cause:
    """What a message may be answered on: only over the connection that it came by."""

    connection: Connection
    req_id: str
    chat: str
    at: datetime


class Sender:
    """Sends posts over a connection and remembers what it needs for that; nothing here outlives the process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._causes: OrderedDict[str, Cause] = OrderedDict()
        self._own: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._late: OrderedDict[str, Post] = OrderedDict()

    def caused(self, message_id: str, cause: Cause) -> None:
        """A message came that may be answered."""
        self._causes[message_id] = cause
        _cut(self._causes)

    def forget_causes(self) -> None:
        """The connection is gone, and each req_id with it."""
        self._causes.clear()

    def is_own(self, chat: str, text: str) -> bool:
        """Whether these are the words of something that was sent to the chat."""
        return (chat, _digest(text)) in self._own

    def arrived_late(self, answer: Frame) -> Post | None:
        """The post whose answer came after its deadline, if this is that answer and it says yes."""
        post = self._late.pop(answer.req_id, None)
        return post if answer.code == 0 else None

    async def send(self, connection: Connection, post: Post, now: datetime) -> Outcome:
        """Deliver a post; never raises for what the channel can do wrong."""
        chat = post.room or post.to
        if chat is None:
            return Refused(faults.NO_READER)
        texts = messages(post.text) if post.text.strip() else []
        count = len(texts) + (post.picture is not None)
        if count == 0:
            return faults.refused(44004)
        wait = self._limits.wait(chat, now, count)
        if wait > 0:
            return Refused(faults.LIMIT, retry=True, after=wait)
        bodies: list[dict[str, Any]] = [{"msgtype": "markdown", "markdown": {"content": text}} for text in texts]
        if post.picture is not None:
            media = await self._upload(connection, post.picture)
            if not isinstance(media, str):
                return media
            bodies.append({"msgtype": "image", "image": {"media_id": media}})
        outcome: Outcome = Sent()
        for number, body in enumerate(bodies):
            outcome = await self._deliver(connection, post, chat, body, now, whole=count == 1)
            if isinstance(outcome, Refused) and number > 0:
                # Trying again would say the first part twice.
                return Unknown(f"只发出了前 {number} 段，共 {count} 段")
            if not isinstance(outcome, Sent):
                return outcome
        return outcome

    async def _deliver(
        self, connection: Connection, post: Post, chat: str, body: dict[str, Any], now: datetime, *, whole: bool
    ) -> Outcome:
        """One message; whole: it is all of the post."""
        try:
            answer = await self._ask(connection, post, chat, body, now)
        except NotWritten:
            return Refused(faults.OFFLINE, retry=True, offline=True)
        except NoAnswer as error:
            self._limits.spend(chat, now)
            self._said(chat, body)
            if whole:
                self._late[error.req_id] = post
                _cut(self._late)
            return Unknown(error.reason)
        if answer.code != 0:
            if answer.code == faults.NOT_SUBSCRIBED:
                connection.stop("not_subscribed")
            return faults.refused(answer.code)
        self._limits.spend(chat, now)
        self._said(chat, body)
        sent_id = answer.body.get("msgid")
        return Sent(sent_id if isinstance(sent_id, str) and sent_id else None)

    async def _ask(self, connection: Connection, post: Post, chat: str, body: dict[str, Any], now: datetime) -> Frame:
        cause = None if post.in_reply_to is None else self._causes.get(post.in_reply_to)
        if (
            cause is not None
            and cause.connection is connection
            and cause.chat == chat
            and now - cause.at < ANSWERABLE
            and cause.req_id not in connection.unanswered
        ):
            answer = await connection.request(frames.RESPOND, body, cause.req_id)
            if answer.code not in _PUSH_INSTEAD:
                return answer
        kind = _SINGLE if post.room is None else _GROUP
        return await connection.request(frames.SEND, {"chatid": chat, "chat_type": kind, **body})

    async def _upload(self, connection: Connection, picture: bytes) -> str | Refused:
        """The media_id of a picture, good for three days. Whatever goes wrong here, nothing was shown to anybody."""
        chunks = [picture[at : at + CHUNK] for at in range(0, len(picture), CHUNK)]
        if not 0 < len(chunks) <= MOST_CHUNKS:
            return Refused("图片是空的，或太大了")
        kind = "png" if picture.startswith(b"\x89PNG") else "jpg"
        digest = hashlib.md5(picture, usedforsecurity=False).hexdigest()
        about = {"type": "image", "filename": f"picture.{kind}", "total_size": len(picture)}
        try:
            answer = await connection.request(frames.UPLOAD_INIT, {**about, "total_chunks": len(chunks), "md5": digest})
            upload = answer.body.get("upload_id")
            for number, chunk in enumerate(chunks):  # from 0, as the vendor's client counts; its comments say from 1
                if answer.code != 0:
                    break
                data = base64.b64encode(chunk).decode()
                answer = await connection.request(
                    frames.UPLOAD_CHUNK, {"upload_id": upload, "chunk_index": number, "base64_data": data}
                )
            if answer.code == 0:
                answer = await connection.request(frames.UPLOAD_FINISH, {"upload_id": upload})
        except (NotWritten, NoAnswer):
            return Refused("图片没有传上去，稍后自动再发", retry=True)
        media = answer.body.get("media_id")
        if answer.code == 0 and isinstance(media, str):
            return media
        return faults.refused(answer.code if answer.code != 0 else None)

    def _said(self, chat: str, body: dict[str, Any]) -> None:
        if "markdown" in body:
            self._own[chat, _digest(body["markdown"]["content"])] = None
            _cut(self._own)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(plain(text).encode(), digest_size=16).digest()


def _cut(store: OrderedDict[Any, Any]) -> None:
    while len(store) > _REMEMBERED:
        store.popitem(last=False)
