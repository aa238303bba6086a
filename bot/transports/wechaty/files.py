"""Pictures in and out, as a gateway's FileBox: small ones within it, large ones by Download and Upload."""

import base64
import binascii
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.transports.wechaty.options import PICTURE_MOST, Patience
from bot.transports.wechaty.puppet import Puppet
from bot.transports.wechaty.wire import Box

INLINE_MOST = 20 * 1024
"""Bytes that a gateway itself leaves within the JSON."""
_ARTWORK = 3
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"GIF8", "image/gif", "gif"),
    (b"RIFF", "image/webp", "webp"),
)


class NoPictureError(OSError):
    """The gateway names a picture in a way that cannot be read, or that is too large."""


class Files:
    """The pictures of one gateway."""

    def __init__(self, puppet: Puppet, patience: Patience, most: int = PICTURE_MOST) -> None:
        self._puppet = puppet
        self._patience = patience
        self._most = most

    async def picture(self, message_id: str, *, attached: bool = False) -> bytes:
        """The bytes of a picture. attached: it came as a file. Raises NoPictureError and what grpclib raises."""
        stub = self._puppet.puppet_stub
        if attached:
            text = (await stub.message_file(id=message_id)).filebox
        else:
            text = (await stub.message_image(id=message_id, type=_ARTWORK)).filebox
        try:
            box = json.loads(text)
        except ValueError as error:
            raise NoPictureError("no FileBox") from error
        if not isinstance(box, dict):
            raise NoPictureError("no FileBox")
        return await self._bytes(box)

    async def boxed(self, data: bytes, name: str) -> str:
        """The FileBox of bytes to be sent, which are at the gateway then."""
        box: dict[str, Any] = {"name": f"{name}.{looks_like(data)[1]}", "size": len(data), "metadata": {}}
        if len(data) <= INLINE_MOST:
            return json.dumps(box | {"type": Box.BASE64, "base64": base64.b64encode(data).decode()})
        key = await self._puppet.calls.upload(data, self._patience.file)
        return json.dumps(box | {"type": Box.UUID, "uuid": key})

    async def _bytes(self, box: Mapping[str, Any]) -> bytes:
        match box.get("type", box.get("boxType")):
            case Box.BASE64:
                try:
                    data = base64.b64decode(str(box.get("base64", "")), validate=True)
                except binascii.Error as error:
                    raise NoPictureError("no base64") from error
                self._check(len(data))
                return data
            case Box.UUID:
                return await self._download(str(box.get("uuid", "")))
            case Box.URL:
                return await self._fetch(str(box.get("url") or box.get("remoteUrl") or ""))
        raise NoPictureError("unknown FileBox")

    async def _download(self, key: str) -> bytes:
        data = bytearray()
        async with aclosing(self._puppet.calls.download(key, self._patience.file)) as stream:
            async for piece in stream:
                data += piece.chunk
                self._check(len(data))
        return bytes(data)

    async def _fetch(self, url: str) -> bytes:
        """A picture at an address of the messenger's own servers, as some gateways give it."""
        if urlsplit(url).scheme not in ("http", "https"):
            raise NoPictureError("no address")
        data = bytearray()
        timeout = aiohttp.ClientTimeout(total=self._patience.file)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
                answer.raise_for_status()
                async for piece in answer.content.iter_chunked(64 * 1024):
                    data += piece
                    self._check(len(data))
        except aiohttp.ClientError as error:
            raise NoPictureError("not fetched") from error
        return bytes(data)

    def _check(self, size: int) -> None:
        if size > self._most:
            raise NoPictureError("too large")


def looks_like(data: bytes) -> tuple[str, str]:
    """Media type and ending of a picture, by how it begins; JPEG when it is none that we know."""
    return next(((kind, end) for begin, kind, end in _BEGINNINGS if data.startswith(begin)), ("image/jpeg", "jpg"))
