"""The child process with a stand-in for the native library: the functions of its header as C callbacks.

argv[1] is a folder: state.json says what the archive holds and what goes wrong; each call leaves a line in calls.txt.
No compiler is needed, so that the tests run on a machine that nobody prepared. The callbacks have prototypes of their
own, written from the header, and are reached through their addresses: a binding with other ones would fall over. What
is not tried so is loading the file itself; test_wecom_archive_faults.py loads another library for that.
"""

import base64
import ctypes
import hashlib
import json
import os
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.transports.wecom_archive.child import main

FOLDER = Path(sys.argv[1])
P, S, N, U = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint
PART = 512 * 1024


class Slice(ctypes.Structure):
    """Slice_t of the header."""

    _fields_ = (("buf", P), ("len", N))


class MediaData(ctypes.Structure):
    """MediaData_t of the header."""

    _fields_ = (("outindexbuf", P), ("out_len", N), ("data", P), ("data_len", N), ("is_finish", N))


kept: dict[int, list[object]] = {}  # what is alive, by address
sdks: dict[int, object] = {}


def state() -> dict:
    return json.loads((FOLDER / "state.json").read_text())


def note(*what: object) -> None:
    with (FOLDER / "calls.txt").open("a") as calls:
        print(*what, file=calls)
    os.write(1, b"the library prints what it likes\n")


def goes_wrong(call: str, what: str = "") -> int:
    """Fall over, hang, or the code to return; each fault so many times."""
    for name, fault in state().get("faults", {}).items():
        if fault["call"] != call or fault.get("with", "") not in what:
            continue
        marks = FOLDER / f"{name}.times"
        times = len(marks.read_text()) if marks.exists() else 0
        if times < fault.get("times", 1_000):
            marks.write_text("x" * (times + 1))
            match fault["what"]:
                case "crash":
                    ctypes.string_at(8)
                case "hang":
                    time.sleep(3_600)
                case code:
                    return int(code)
    return 0


def text_of(pointer: bytes | None) -> str:
    return (pointer or b"").decode()


def new(kind: type[ctypes.Structure]) -> int:
    thing = kind()
    address = ctypes.addressof(thing)
    kept[address] = [thing]
    return address


def fill(address: int, data: bytes) -> tuple[int, int]:
    buffer = ctypes.create_string_buffer(data, len(data) or 1)  # no NUL behind: lengths count
    kept[address].append(buffer)
    return ctypes.addressof(buffer), len(data)


def into_slice(address: int, data: bytes) -> int:
    part = Slice.from_address(address)
    part.buf, part.len = fill(address, data)
    return 0


def new_sdk() -> int:
    thing = ctypes.c_int(7)
    sdks[ctypes.addressof(thing)] = thing
    return ctypes.addressof(thing)


def init(sdk: int, corp_id: bytes, secret: bytes) -> int:
    assert sdk in sdks
    note("Init", text_of(corp_id))
    if (wrong := goes_wrong("Init")) != 0:
        return wrong
    return 0 if text_of(secret) == "archive-secret" else 10000


def get_chat_data(sdk: int, seq: int, limit: int, proxy: bytes, password: bytes, timeout: int, into: int) -> int:
    assert sdk in sdks
    note("GetChatData", seq, limit, text_of(proxy), timeout)
    if (wrong := goes_wrong("GetChatData")) != 0:
        return wrong
    found = [one for one in state()["messages"] if one["seq"] > seq][:limit]
    return into_slice(
        into, json.dumps({"errcode": state().get("errcode", 0), "errmsg": "ok", "chatdata": found}).encode()
    )


def decrypt_data(key: bytes, message: bytes, into: int) -> int:
    iv, body = base64.b64decode(message)[:16], base64.b64decode(message)[16:]
    worker = Cipher(algorithms.AES(hashlib.sha256(key or b"").digest()), modes.CTR(iv)).decryptor()
    clear = worker.update(body) + worker.finalize()
    if not clear.startswith(b"{"):
        return 10006
    if (wrong := goes_wrong("DecryptData", clear.decode())) != 0:
        return wrong
    return into_slice(into, clear)


def get_media_data(sdk: int, index: bytes, file: bytes, proxy: bytes, password: bytes, timeout: int, into: int) -> int:
    assert sdk in sdks
    name, start = text_of(file), int(text_of(index).removeprefix("Range:") or 0)
    note("GetMediaData", name, start)
    if (wrong := goes_wrong("GetMediaData", name)) != 0:
        return wrong
    path = FOLDER / name
    if not path.exists():
        return 10005
    data = path.read_bytes()
    part = MediaData.from_address(into)
    part.data, part.data_len = fill(into, data[start : start + PART])
    part.outindexbuf, part.out_len = fill(into, f"Range:{start + PART}".encode())
    part.is_finish = int(start + PART >= len(data))
    return 0


def free(address: int) -> None:
    del kept[address]


def destroy(sdk: int) -> None:
    del sdks[sdk]
    note("DestroySdk", "left", len(kept), len(sdks))


def slice_len(address: int) -> int:
    return Slice.from_address(address).len


FUNCTIONS = {
    "NewSdk": ctypes.CFUNCTYPE(P)(new_sdk),
    "Init": ctypes.CFUNCTYPE(N, P, S, S)(init),
    "GetChatData": ctypes.CFUNCTYPE(N, P, ctypes.c_ulonglong, U, S, S, N, P)(get_chat_data),
    "DecryptData": ctypes.CFUNCTYPE(N, S, S, P)(decrypt_data),
    "GetMediaData": ctypes.CFUNCTYPE(N, P, S, S, S, S, N, P)(get_media_data),
    "DestroySdk": ctypes.CFUNCTYPE(None, P)(destroy),
    "NewSlice": ctypes.CFUNCTYPE(P)(lambda: new(Slice)),
    "FreeSlice": ctypes.CFUNCTYPE(None, P)(free),
    "GetContentFromSlice": ctypes.CFUNCTYPE(P, P)(lambda at: Slice.from_address(at).buf),
    "GetSliceLen": ctypes.CFUNCTYPE(N, P)(slice_len),
    "NewMediaData": ctypes.CFUNCTYPE(P)(lambda: new(MediaData)),
    "FreeMediaData": ctypes.CFUNCTYPE(None, P)(free),
    "GetOutIndexBuf": ctypes.CFUNCTYPE(P, P)(lambda at: MediaData.from_address(at).outindexbuf),
    "GetIndexLen": ctypes.CFUNCTYPE(N, P)(lambda at: MediaData.from_address(at).out_len),
    "GetData": ctypes.CFUNCTYPE(P, P)(lambda at: MediaData.from_address(at).data),
    "GetDataLen": ctypes.CFUNCTYPE(N, P)(lambda at: MediaData.from_address(at).data_len),
    "IsMediaDataFinish": ctypes.CFUNCTYPE(N, P)(lambda at: MediaData.from_address(at).is_finish),
}


def addresses(library: str) -> dict[str, int]:
    assert library == "stand-in"
    found = {name: ctypes.cast(function, P).value for name, function in FUNCTIONS.items()}
    return {name: address for name, address in found.items() if address is not None}


main(addresses)
