"""The crypto of WeCom's callbacks (developer.work.weixin.qq.com/document/path/101033, 90238 and 91144).

A callback carries a signature, sha1 over the sorted token, timestamp, nonce and ciphertext, and the ciphertext: base64
of AES-256-CBC, whose key is the EncodingAESKey and whose iv is the first half of the key. Below the cipher lie 16
random bytes, four bytes of length, the message, the receiver (corp id; empty for a smart bot) and padding to 32 bytes.

Stricter than the libraries in use: whatever is not exactly what WeCom writes is refused, with a reason for the log. The
reason is never told to whoever called.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic import SecretStr

BLOCK = 32
"""The padding fills up to so many bytes, twice the block of the cipher."""
PREFIX = 16
"""Random bytes before the message."""
HEAD = PREFIX + 4
"""Bytes before the message: the random ones and its length."""
MOST = 65_536
"""Characters of ciphertext that are looked at; WeCom's own messages stay far below."""
_SIGNATURE = re.compile(r"[0-9a-f]{40}")
_TIMESTAMP = re.compile(r"[0-9]{9,11}")
_NONCE = re.compile(r"[\x21-\x7e]{1,128}")
_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


class Fault(StrEnum):
    """Why a callback was refused."""

    FORM = "a part is missing, doubled or not of its form"
    TOO_LARGE = "too large"
    SIGNATURE = "wrong signature"
    STALE = "timestamp outside of the window"
    REPLAYED = "nonce seen before"
    BASE64 = "ciphertext is no base64"
    SIZE = "ciphertext is no whole number of blocks"
    PADDING = "wrong padding"
    LENGTH = "length does not fit"
    RECEIVER = "meant for another receiver"
    TEXT = "not UTF-8"


class CallbackRefused(Exception):
    """What came is no callback of WeCom for us. Holds nothing of what came."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Codec:
    """Signs, verifies, encrypts and decrypts for one bot or app.

    token and aes_key (43 characters) stand on the page where the callback's URL is entered; receiver is the corp id, or
    empty for a smart bot. Raises ValueError, without repeating the key, when the key is not of its form.
    """

    def __init__(
        self, token: SecretStr, aes_key: SecretStr, receiver: str = "", *, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        if not token.get_secret_value() or _KEY.fullmatch(aes_key.get_secret_value()) is None:
            raise ValueError("the token is empty or the EncodingAESKey is not 43 characters of base64")
        self._token = token
        # 43 characters are 258 bits: the last two belong to nothing, and official keys have them set.
        self._key = base64.b64decode(aes_key.get_secret_value() + "=")
        self._receiver = receiver.encode()
        self._random = random

    @property
    def key(self) -> bytes:
        """The 32 bytes that pictures of a callback are encrypted with, too."""
        return self._key

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """The signature over a ciphertext."""
        parts = sorted((self._token.get_secret_value(), timestamp, nonce, encrypted))
        return hashlib.sha1("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def verify(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> None:
        """Raise CallbackRefused unless the signature is that of the other three, each of its form."""
        if not (_SIGNATURE.fullmatch(signature) and _TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
            raise CallbackRefused(Fault.FORM)
        if not encrypted:
            raise CallbackRefused(Fault.FORM)
        if len(encrypted) > MOST:
            raise CallbackRefused(Fault.TOO_LARGE)
        if not hmac.compare_digest(self.sign(timestamp, nonce, encrypted), signature):
            raise CallbackRefused(Fault.SIGNATURE)

    def encrypt(self, text: str) -> str:
        """The ciphertext of a text, in base64."""
        message = text.encode()
        plain = self._random(PREFIX) + len(message).to_bytes(4, "big") + message + self._receiver
        count = BLOCK - len(plain) % BLOCK
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([count]) * count) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> str:
        """The text in a ciphertext. Raises CallbackRefused."""
        if len(encrypted) > MOST:
            raise CallbackRefused(Fault.TOO_LARGE)
        plain = unpadded(decrypted(self._key, _from_base64(encrypted)))
        if len(plain) < HEAD:
            raise CallbackRefused(Fault.LENGTH)
        length = int.from_bytes(plain[PREFIX:HEAD], "big")
        if length > len(plain) - HEAD:
            raise CallbackRefused(Fault.LENGTH)
        message, receiver = plain[HEAD : HEAD + length], plain[HEAD + length :]
        if not hmac.compare_digest(receiver, self._receiver):
            raise CallbackRefused(Fault.RECEIVER)
        try:
            return message.decode()
        except UnicodeDecodeError:
            raise CallbackRefused(Fault.TEXT) from None


def decrypted(key: bytes, data: bytes) -> bytes:
    """What AES-256-CBC makes of data, padding included. Raises CallbackRefused."""
    if not data or len(data) % BLOCK:
        raise CallbackRefused(Fault.SIZE)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def unpadded(plain: bytes) -> bytes:
    """plain without its padding of 1 to 32 bytes, each of which says how many they are. Raises CallbackRefused."""
    count = plain[-1]
    if not 1 <= count <= BLOCK or plain[-count:] != bytes([count]) * count:
        raise CallbackRefused(Fault.PADDING)
    return plain[:-count]


def _from_base64(encrypted: str) -> bytes:
    try:
        data = base64.b64decode(encrypted.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise CallbackRefused(Fault.BASE64) from None
    # Spare bits at the end are zero in what WeCom writes; else many texts would be one message.
    if base64.b64encode(data).decode() != encrypted:
        raise CallbackRefused(Fault.BASE64)
    return data
