"""Pictures are opened strictly: what is not padded as the page says is none."""

import asyncio
import base64
import os

import aiohttp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from wecom_bot_server import serving

from bot.transports.wecom_bot.pictures import Unreadable, decrypt, fetch

KEY = bytes(range(32))
AESKEY = base64.b64encode(KEY).decode()


def lock(padded: bytes) -> bytes:
    worker = Cipher(algorithms.AES(KEY), modes.CBC(KEY[:16])).encryptor()
    return worker.update(padded) + worker.finalize()


@pytest.mark.parametrize("length", [0, 1, 15, 16, 31, 32, 33, 1000])
def test_what_was_locked_is_opened(length: int) -> None:
    data = os.urandom(length)
    pad = 32 - length % 32
    for key in (AESKEY, AESKEY.rstrip("=")):
        assert decrypt(lock(data + bytes([pad]) * pad), key) == data


@pytest.mark.parametrize(
    ("padded", "code"),
    [
        (b"a" * 31 + b"\x00", "padding"),
        (b"a" * 31 + b"\x21", "padding"),  # 33: more than a block
        (b"a" * 30 + b"\x01\x02", "padding"),  # not all the same
        (b"a" * 28 + b"\x04\x03\x04\x04", "padding"),
        (b"\x11" * 16, "padding"),  # longer than what there is
    ],
)
def test_bad_padding_is_refused(padded: bytes, code: str) -> None:
    with pytest.raises(Unreadable, match=code):
        decrypt(lock(padded), AESKEY)


@pytest.mark.parametrize(
    ("data", "aeskey", "code"),
    [
        (b"", AESKEY, "length"),
        (b"a" * 17, AESKEY, "length"),
        (b"a" * 32, "", "key"),
        (b"a" * 32, "not base64!", "key"),
        (b"a" * 32, base64.b64encode(KEY[:16]).decode(), "key"),
        (b"a" * 32, base64.b64encode(KEY + KEY).decode(), "key"),
    ],
)
def test_bad_lengths_and_keys_are_refused(data: bytes, aeskey: str, code: str) -> None:
    with pytest.raises(Unreadable, match=code):
        decrypt(data, aeskey)


def test_what_does_not_come_or_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serving() as stand_in, aiohttp.ClientSession() as session:
            place = stand_in.picture(b"x" * 5_000)
            assert (await fetch(session, **place, deadline=5)).data == b"x" * 5_000
            monkeypatch.setattr("bot.transports.wecom_bot.pictures.LARGEST", 4_000)
            for url, code in ((place["url"], "too large"), (f"{stand_in.http}/none", "404"), ("ftp://x/y", "Non")):
                with pytest.raises(Unreadable, match=code):
                    await fetch(session, url, None, 5)

    asyncio.run(main())
