"""What the stand-in for the archive's library holds: messages encrypted as the archive encrypts them."""

import base64
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from bot.transports.wecom_archive.process import Access

CHILD = Path(__file__).parent / "archive_sdk" / "child.py"
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
WANG, LI = "wm" + "A" * 30, "wo" + "B" * 30
ROBOT = "wb" + "C" * 30


@cache
def key(version: int) -> rsa.RSAPrivateKey:
    """A private key of 2048 bits."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pems(*versions: int) -> dict[int, SecretStr]:
    """Private keys as an operator gives them."""
    form = (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {version: SecretStr(key(version).private_bytes(*form).decode()) for version in versions}


class Folder:
    """The state of the stand-in, written whole at each change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.command = (sys.executable, str(CHILD), str(path))
        self.access = Access("stand-in", "ww-corp", SecretStr("archive-secret"), timeout=5)
        self._state: dict[str, Any] = {"messages": [], "faults": {}}
        self._count = 0
        self._write()

    def add(
        self, payload: Mapping[str, Any], *, version: int = 1, seq: int | None = None, garbled: bool = False
    ) -> int:
        """Put a payload into the archive; its sequence number."""
        self._count = self._count + 1 if seq is None else seq
        secret = base64.b64encode(os.urandom(24))
        iv = os.urandom(16)
        worker = Cipher(algorithms.AES(hashlib.sha256(secret).digest()), modes.CTR(iv)).encryptor()
        clear = json.dumps(payload, ensure_ascii=False).encode()
        body = iv + worker.update(b"not JSON" if garbled else clear) + worker.finalize()
        locked = key(version).public_key().encrypt(secret, padding.PKCS1v15())
        self._state["messages"].append(
            {
                "seq": self._count,
                "msgid": payload.get("msgid", ""),
                "publickey_ver": version,
                "encrypt_random_key": base64.b64encode(locked).decode(),
                "encrypt_chat_msg": base64.b64encode(body).decode(),
            }
        )
        self._write()
        return self._count

    def says(self, text: str, sender: str = WANG, room: str = "wr1", **more: Any) -> int:
        """Somebody says something in a group."""
        return self.add(message("text", {"content": text}, sender, room, msgid=f"m{self._count + 1}"), **more)

    def goes_wrong(self, name: str, call: str, what: str | int, times: int = 1_000, text: str = "") -> None:
        """Let a call crash, hang or return a code; with text in what it is about."""
        self._state["faults"][name] = {"call": call, "what": what, "times": times, "with": text}
        self._write()

    def is_well(self) -> None:
        """Nothing goes wrong any more."""
        self._state["faults"] = {}
        self._state.pop("errcode", None)
        self._write()

    def answers(self, errcode: int) -> None:
        """The server behind the library says no."""
        self._state["errcode"] = errcode
        self._write()

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of the calls of a function so far."""
        path = self.path / "calls.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split()[1:] for line in lines if line.split()[0] == name]

    def _write(self) -> None:
        fresh = self.path / "state.part"
        fresh.write_text(json.dumps(self._state))
        os.replace(fresh, self.path / "state.json")


def message(kind: str, body: Mapping[str, Any], sender: str = WANG, room: str = "wr1", **more: Any) -> dict[str, Any]:
    """A payload as the official page shows it."""
    return {
        "msgid": "m-1",
        "action": "recall" if kind == "revoke" else "send",
        "from": sender,
        "tolist": ["staff1", LI],
        "roomid": room,
        "msgtime": int(START.timestamp() * 1000) + 1,
        "msgtype": kind,
        kind: dict(body),
    } | more
