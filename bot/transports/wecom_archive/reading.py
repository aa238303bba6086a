"""From a page of the archive to what happened, one sequence number after the other; and the files of messages."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from bot.transports.wecom_archive.keeper import FellOver, Keeper
from bot.transports.wecom_archive.keys import Keys, NoKey
from bot.transports.wecom_archive.payloads import File, Happened, read
from bot.transports.wecom_archive.process import Fault
from models.message import Attachment, AttachmentKind

LARGEST = 20 * 1024 * 1024
"""Bytes above which a picture is not read."""
_GONE = frozenset({10005, 10010})
"""No such file, or it is too old: asking again does not help."""
_TYPES: Mapping[bytes, str] = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}


@dataclass(frozen=True, slots=True)
class Opened:
    """One sequence number. happened None: nothing that matters to a bot. unreadable: it could not be decrypted."""

    seq: int
    at: datetime
    happened: Happened | None
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What could be opened, in order; missing: what then stopped it."""

    opened: tuple[Opened, ...]
    missing: NoKey | None = None


class Opening:
    """Decrypts messages and fetches files. tries: how often one that makes the child fall over is tried."""

    def __init__(self, keeper: Keeper, keys: Keys, tries: int, account: str) -> None:
        self._keeper = keeper
        self._keys = keys
        self._tries = tries
        self._log = structlog.get_logger("wecom_archive").bind(account=account)

    async def page(self, items: Sequence[Mapping[str, Any]], now: datetime) -> Page:
        """The messages of a page up to the first whose private key is missing; raises Fault."""
        locked: list[tuple[int, tuple[str, str] | None]] = []
        missing: NoKey | None = None
        for seq, item in sorted(((_seq(item), item) for item in items), key=lambda pair: pair[0]):
            try:
                message = str(item["encrypt_chat_msg"])
                key = self._keys.open(int(item["publickey_ver"]), str(item["encrypt_random_key"]))
            except NoKey as error:
                missing = error
                break
            except (KeyError, TypeError, ValueError):
                raise Fault(10002) from None
            locked.append((seq, None if key is None else (key, message)))
        texts = iter(await self._texts([one for _, one in locked if one is not None]))
        opened: list[Opened] = []
        last = now
        for seq, one in locked:
            payload = None if one is None else _json(next(texts))
            happened = None if payload is None else read(payload, now)
            last = last if happened is None else happened.at
            opened.append(Opened(seq, last, happened, unreadable=payload is None))
        return Page(tuple(opened), missing)

    async def _texts(self, items: list[tuple[str, str]]) -> list[str | None]:
        """All at once; if the child falls over that, one by one, so that one bad message costs only itself."""
        if not items:
            return []
        try:
            return await self._keeper.ask(lambda reader: reader.decrypt(items))
        except FellOver:
            return [await self._alone(item) for item in items]

    async def _alone(self, item: tuple[str, str]) -> str | None:
        for _ in range(self._tries):
            try:
                return (await self._keeper.ask(lambda reader: reader.decrypt([item])))[0]
            except FellOver:
                continue
        return None

    async def picture(self, file: File) -> Attachment:
        """The picture; one without bytes when it cannot be had."""
        reason = ""
        for _ in range(self._tries):
            try:
                data = await self._keeper.ask(lambda reader: reader.media(file.id, LARGEST))
            except FellOver:
                reason = "fell over"
                continue
            except Fault as error:
                reason = str(error.code)
                if error.code in _GONE:
                    break
                continue
            if not file.md5 or hashlib.md5(data, usedforsecurity=False).hexdigest() == file.md5.lower():
                kind = next((kind for head, kind in _TYPES.items() if data.startswith(head)), None)
                return Attachment(AttachmentKind.IMAGE, data, kind)
            reason = "md5"  # seen elsewhere to come right at another try
        self._log.warning("picture_unreadable", reason=reason)
        return Attachment(AttachmentKind.IMAGE)


def _seq(item: Mapping[str, Any]) -> int:
    seq = item.get("seq")
    if not isinstance(seq, int):
        raise Fault(10002)
    return seq


def _json(text: str | None) -> Mapping[str, Any] | None:
    try:
        payload = None if text is None else json.loads(text)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None
