"""Callbacks that are wrong in one way each, with the reason for which they have to be refused."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from wecom_vector import CORP, KEY, TOKEN

from bot.transports.wecom.codec import MOST, Fault

NOW = 1_700_000_000
NONCE = "n0nce-7"
RANDOM = bytes(range(65, 81))
WORDS = '{"msgid":"m1","text":{"content":"三楼的路灯坏了，没人管"}}'
AES_KEY = base64.b64decode(KEY + "=")
OTHER_KEY = hashlib.sha256(b"another key").digest()


@dataclass(frozen=True)
class Call:
    """The four parts of a callback."""

    signature: str
    timestamp: str
    nonce: str
    encrypted: str


@dataclass(frozen=True)
class Family:
    """A way to be wrong. twice: right when it comes first, wrong when it comes again. receiver: whose it should be."""

    name: str
    fault: Fault
    call: Call
    twice: bool = False
    receiver: str = CORP


def sign(encrypted: str, timestamp: str = str(NOW), nonce: str = NONCE, token: str = TOKEN) -> str:
    return hashlib.sha1("".join(sorted((token, timestamp, nonce, encrypted))).encode()).hexdigest()


def call(encrypted: str, timestamp: str = str(NOW), nonce: str = NONCE) -> Call:
    """A callback whose signature is right, whatever the rest is."""
    return Call(sign(encrypted, timestamp, nonce), timestamp, nonce, encrypted)


def cbc(plain: bytes, key: bytes = AES_KEY) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def body(words: bytes = WORDS.encode(), receiver: bytes = CORP.encode(), length: int | None = None) -> bytes:
    """What is padded and encrypted."""
    said = len(words) if length is None else length
    return RANDOM + said.to_bytes(4, "big") + words + receiver


def padded(plain: bytes, fill: Callable[[int], bytes] = lambda count: bytes([count]) * count) -> bytes:
    return plain + fill(32 - len(plain) % 32)


def sealed(plain: bytes, key: bytes = AES_KEY) -> Call:
    """A rightly padded and signed callback around what may be wrong."""
    return call(b64(cbc(padded(plain), key)))


def good() -> Call:
    """The callback that all others are made of."""
    return sealed(body())


def flipped(at: int) -> str:
    data = bytearray(base64.b64decode(good().encrypted))
    data[at] ^= 1
    return b64(bytes(data))


def _signatures() -> list[Family]:
    right = good()
    other = call(b64(cbc(padded(body(b"other words")))))
    plain_order = hashlib.sha1((TOKEN + right.timestamp + right.nonce + right.encrypted).encode()).hexdigest()
    digits = hashlib.sha256(right.encrypted.encode()).hexdigest()
    flip = f"{int(right.signature[0], 16) ^ 1:x}{right.signature[1:]}"
    wrong = [
        ("signed with another token", Fault.SIGNATURE, sign(right.encrypted, token="another")),
        ("signature of another message", Fault.SIGNATURE, other.signature),
        ("signature over unsorted parts", Fault.SIGNATURE, plain_order),
        ("signature with a flipped bit", Fault.SIGNATURE, flip),
        ("signature all zeros", Fault.SIGNATURE, "0" * 40),
        ("signature empty", Fault.FORM, ""),
        ("signature in capitals", Fault.FORM, right.signature.upper()),
        ("signature a digit short", Fault.FORM, right.signature[:-1]),
        ("signature with a newline", Fault.FORM, right.signature + "\n"),
        ("signature of SHA-256", Fault.FORM, digits),
    ]
    return [Family(name, fault, replace(right, signature=signature)) for name, fault, signature in wrong] + [
        Family("timestamp changed after signing", Fault.SIGNATURE, replace(right, timestamp=str(NOW + 1))),
        Family("nonce changed after signing", Fault.SIGNATURE, replace(right, nonce="other")),
        Family("ciphertext flipped after signing", Fault.SIGNATURE, replace(right, encrypted=flipped(40))),
    ]


def _times_and_nonces() -> list[Family]:
    text = good().encrypted
    times = [
        ("an hour old", Fault.STALE, str(NOW - 3600)),
        ("a second too old", Fault.STALE, str(NOW - 301)),
        ("an hour in the future", Fault.STALE, str(NOW + 3600)),
        ("timestamp empty", Fault.FORM, ""),
        ("timestamp negative", Fault.FORM, f"-{NOW}"),
        ("timestamp with a fraction", Fault.FORM, f"{NOW}.0"),
        ("timestamp in milliseconds", Fault.FORM, str(NOW * 1000)),
        (
            "timestamp in full-width digits",
            Fault.FORM,
            str(NOW).translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        ),
        ("timestamp of 40 digits", Fault.FORM, "1" * 40),
    ]
    nonces = [
        ("nonce empty", ""),
        ("nonce of 1,000 characters", "n" * 1000),
        ("nonce with a newline", "n\n"),
        ("nonce not ASCII", "随机"),
    ]
    return [
        *(Family(name, fault, call(text, timestamp)) for name, fault, timestamp in times),
        *(Family(name, Fault.FORM, call(text, nonce=nonce)) for name, nonce in nonces),
        Family("nonce replayed", Fault.REPLAYED, call(text, nonce="once"), twice=True),
    ]


def _texts() -> list[Family]:
    # A text of which every alphabet's special characters and the padding occur, found by trying.
    text = next(
        one
        for one in (b64(cbc(padded(body(f"{WORDS}{n}".encode() + b"x" * (n % 32))))) for n in range(4000))
        if "+" in one and "/" in one and one.endswith("==") and one[-3] in "AQgw"
    )
    spare = text[:-3] + chr(ord(text[-3]) + 1) + "=="
    wrong = [
        ("ciphertext empty", Fault.FORM, ""),
        ("a character that is not base64", Fault.BASE64, "*" + text[1:]),
        ("the alphabet for URLs", Fault.BASE64, text.replace("+", "-").replace("/", "_")),
        ("without the padding of base64", Fault.BASE64, text.rstrip("=")),
        ("too much padding of base64", Fault.BASE64, text + "="),
        ("a line break within", Fault.BASE64, f"{text[:76]}\n{text[76:]}"),
        ("a space before", Fault.BASE64, " " + text),
        ("plus signs become spaces", Fault.BASE64, text.replace("+", " ")),
        ("something behind the end", Fault.BASE64, text + "QUFB"),
        ("spare bits set", Fault.BASE64, spare),
        ("a Chinese character within", Fault.BASE64, text[:8] + "图" + text[8:]),
        ("huge", Fault.TOO_LARGE, "A" * (MOST + 4)),
    ]
    return [Family(name, fault, call(encrypted)) for name, fault, encrypted in wrong]


def _blocks() -> list[Family]:
    data = base64.b64decode(good().encrypted)
    swapped = data[:32] + data[48:64] + data[32:48] + data[64:]
    wrong = [
        ("cut within a block", Fault.SIZE, data[:-5]),
        ("cut by one block of the cipher", Fault.SIZE, data[:-16]),
        ("cut by 32 bytes", Fault.PADDING, data[:-32]),
        ("cut to one block of the cipher", Fault.SIZE, data[:16]),
        ("a block too many", Fault.SIZE, data + data[-16:]),
        ("two blocks swapped", Fault.TEXT, swapped),
        ("another key", Fault.PADDING, cbc(padded(body()), OTHER_KEY)),
        ("first block flipped", Fault.LENGTH, base64.b64decode(flipped(0))),
        ("middle block flipped", Fault.TEXT, base64.b64decode(flipped(40))),
        ("last block flipped", Fault.PADDING, base64.b64decode(flipped(-1))),
        ("block before the last flipped", Fault.PADDING, base64.b64decode(flipped(-17))),
    ]
    return [Family(name, fault, call(b64(encrypted))) for name, fault, encrypted in wrong]


def _paddings() -> list[Family]:
    plain = body()
    full = plain + b" " * (-len(plain) % 32)  # so that a wrong count is the only wrong thing
    fills: list[tuple[str, Callable[[int], bytes]]] = [
        ("padding of zeros", lambda count: bytes(count)),
        ("padding counts 33", lambda count: bytes([33]) * count),
        ("padding counts 255", lambda count: bytes([255]) * count),
        ("padding zeros, then the count (X9.23)", lambda count: bytes(count - 1) + bytes([count])),
        ("padding noise, then the count (ISO 10126)", lambda count: bytes(range(1, count)) + bytes([count])),
        ("padding a count too large", lambda count: bytes([count + 1]) * count),
        ("padding one byte wrong", lambda count: b"\x01" + bytes([count]) * (count - 1)),
    ]
    wrong = [Family(name, Fault.PADDING, call(b64(cbc(padded(plain, fill))))) for name, fill in fills]
    sixteen = plain + b"x" * ((8 - len(plain)) % 16)  # ends eight bytes into a block of 16 …
    sixteen += b"x" * (16 if len(sixteen) % 32 > 16 else 0)  # … which is the first half of one of 32
    short = call(b64(cbc(sixteen + bytes([8]) * 8)))
    return [
        *wrong,
        Family("padded to 16", Fault.SIZE, short),
        Family("no padding", Fault.PADDING, call(b64(cbc(full)))),
    ]


def _contents() -> list[Family]:
    words = WORDS.encode()
    corp = CORP.encode()
    wrong = [
        ("length one too large", Fault.RECEIVER, body(length=len(words) + 1)),
        ("length one too small", Fault.RECEIVER, body(length=len(words) - 1)),
        ("length 0", Fault.RECEIVER, body(length=0)),
        ("length beyond the end", Fault.LENGTH, body(length=len(words) + 1000)),
        ("length 4,294,967,295", Fault.LENGTH, body(length=2**32 - 1)),
        ("length 2,147,483,648", Fault.LENGTH, body(length=2**31)),
        ("length little-endian", Fault.LENGTH, body(length=int.from_bytes(len(words).to_bytes(4, "little"), "big"))),
        ("length swallows the receiver", Fault.RECEIVER, body(length=len(words) + len(corp))),
        ("no length at all", Fault.LENGTH, RANDOM),
        ("nothing but padding", Fault.LENGTH, b""),
        ("another corp", Fault.RECEIVER, body(receiver=b"wx0000000000000000")),
        ("no receiver", Fault.RECEIVER, body(receiver=b"")),
        ("receiver and more", Fault.RECEIVER, body(receiver=corp + b"x")),
        ("receiver cut", Fault.RECEIVER, body(receiver=corp[:-1])),
        ("receiver in capitals", Fault.RECEIVER, body(receiver=corp.upper())),
        ("receiver with a NUL", Fault.RECEIVER, body(receiver=corp + b"\0")),
        ("not UTF-8", Fault.TEXT, body(b"\xff\xfe\xfa")),
        ("GBK", Fault.TEXT, body("路灯坏了".encode("gbk"))),
        ("a code point cut in two", Fault.TEXT, body("路灯".encode()[:-1])),
        ("half of a surrogate pair", Fault.TEXT, body(b"\xed\xa0\x80")),
    ]
    return [Family(name, fault, sealed(plain)) for name, fault, plain in wrong]


def _of_bots() -> list[Family]:
    """Of smart bots, which have no receiver that a wrong length could disturb."""
    length = len(WORDS.encode())
    wrong = [
        ("bot: length one too large", Fault.LENGTH, body(receiver=b"", length=length + 1)),
        ("bot: length 4,294,967,295", Fault.LENGTH, body(receiver=b"", length=2**32 - 1)),
        ("bot: length one too small", Fault.RECEIVER, body(receiver=b"", length=length - 1)),
        ("bot: a corp as receiver", Fault.RECEIVER, body()),
    ]
    return [Family(name, fault, sealed(plain), receiver="") for name, fault, plain in wrong]


def families() -> list[Family]:
    """All of them."""
    return [*_signatures(), *_times_and_nonces(), *_texts(), *_blocks(), *_paddings(), *_contents(), *_of_bots()]
