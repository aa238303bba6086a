"""Pictures: what they are, and those of callbacks, which are encrypted (…/document/path/100719)."""

import asyncio

import aiohttp
import structlog

from bot.transports.wecom.api import read_at_most
from bot.transports.wecom.codec import CallbackRefused, decrypted, unpadded

JPEG = "image/jpeg"
PNG = "image/png"
SENDABLE = frozenset({JPEG, PNG})
"""What WeCom takes."""
LARGEST = 20 * 1024 * 1024
"""Bytes of a picture that is still read."""
DEADLINE = 2.5
"""Seconds for one picture: the callback has to be answered within five."""


def media_type(data: bytes) -> str | None:
    """The type of a picture by its first bytes, None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


class Downloads:
    """Fetches the pictures of callbacks, within limits of time and size. schemes: of addresses that are followed."""

    def __init__(
        self, *, deadline: float = DEADLINE, largest: int = LARGEST, schemes: frozenset[str] = frozenset({"https"})
    ) -> None:
        self._deadline = deadline
        self._largest = largest
        self._schemes = schemes
        self._log = structlog.get_logger()

    async def picture(self, url: str, key: bytes) -> bytes | None:
        """The picture behind an address, decrypted; None when there is none to be had, with the reason in the log."""
        try:
            async with asyncio.timeout(self._deadline):
                data = await self._load(url)
                plain = await asyncio.to_thread(lambda: unpadded(decrypted(key, data)))
        except (aiohttp.ClientError, CallbackRefused, TimeoutError, ValueError) as error:
            self._log.warning("picture_lost", error=type(error).__name__)
            return None
        if len(plain) > self._largest or media_type(plain) is None:
            self._log.warning("picture_lost", error="not a picture")
            return None
        return plain

    async def _load(self, url: str) -> bytes:
        if url.partition("://")[0].lower() not in self._schemes:
            raise ValueError("the address is not of a kind that is followed")
        async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError("no such picture")
            # A byte more than a padded picture of that size has: what is longer shows in its length.
            return await read_at_most(response.content, self._largest + 33)
