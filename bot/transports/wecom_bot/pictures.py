"""Pictures that came in: fetched while their address lives (5 minutes) and decrypted with the key of the message."""

import base64
import binascii

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from models.message import Attachment, AttachmentKind

LARGEST = 20 * 1024 * 1024
"""Bytes above which a picture is not read."""
_BLOCK = 32
_TYPES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))


class Unreadable(Exception):
    """The picture did not come, or is not what its key says. The text is a short code."""


def decrypt(data: bytes, aeskey: str) -> bytes:
    """AES-256-CBC, iv = the key's first 16 bytes, PKCS#7 padding to 32 bytes."""
    try:
        key = base64.b64decode(aeskey + "=" * (-len(aeskey) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("key") from None
    if len(key) != 32:
        raise Unreadable("key")
    if not data or len(data) % 16:
        raise Unreadable("length")
    worker = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = worker.update(data) + worker.finalize()
    size = padded[-1]
    if not 1 <= size <= min(_BLOCK, len(padded)) or padded[-size:] != bytes([size]) * size:
        raise Unreadable("padding")
    return padded[:-size]


async def fetch(session: aiohttp.ClientSession, url: str, aeskey: str | None, deadline: float) -> Attachment:
    """The picture; raises Unreadable."""
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=deadline), max_redirects=3) as answer:
            if answer.status != 200:
                raise Unreadable(f"status {answer.status}")
            if (answer.content_length or 0) > LARGEST:
                raise Unreadable("too large")
            data = bytearray()
            async for chunk in answer.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > LARGEST:
                    raise Unreadable("too large")
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        raise Unreadable(type(error).__name__) from None
    picture = bytes(data) if aeskey is None else decrypt(bytes(data), aeskey)
    return Attachment(AttachmentKind.IMAGE, picture, _media_type(picture))


def _media_type(data: bytes) -> str | None:
    return next((name for head, name in _TYPES if data.startswith(head)), None)
