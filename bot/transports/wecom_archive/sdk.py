"""The native library (libWeWorkFinanceSdk_C.so) through ctypes. Runs in the child process only. Not verified live."""

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

_P, _S, _I = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
PROTOTYPES: Mapping[str, tuple[Any, ...]] = {  # name: (what it returns, its arguments …), from the library's header
    "NewSdk": (_P,),
    "Init": (_I, _P, _S, _S),
    "GetChatData": (_I, _P, ctypes.c_ulonglong, ctypes.c_uint, _S, _S, _I, _P),
    "DecryptData": (_I, _S, _S, _P),
    "GetMediaData": (_I, _P, _S, _S, _S, _S, _I, _P),
    "DestroySdk": (None, _P),
    "NewSlice": (_P,),
    "FreeSlice": (None, _P),
    "GetContentFromSlice": (_P, _P),  # not c_char_p: its length is what GetSliceLen says
    "GetSliceLen": (_I, _P),
    "NewMediaData": (_P,),
    "FreeMediaData": (None, _P),
    "GetOutIndexBuf": (_P, _P),
    "GetIndexLen": (_I, _P),
    "GetData": (_P, _P),
    "GetDataLen": (_I, _P),
    "IsMediaDataFinish": (_I, _P),
}


class Refusal(Exception):
    """The library returned an error. code: as the official page numbers them (10001 network … 10011 certificate)."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class NoLibrary(Exception):
    """The library cannot be loaded, or is another one. The text names the file or the function that is missing."""


def load(path: str) -> dict[str, int]:
    """The addresses of the library's functions; raises NoLibrary."""
    try:
        library = ctypes.CDLL(path)
    except OSError:
        raise NoLibrary(path) from None
    addresses: dict[str, int] = {}
    for name in PROTOTYPES:
        try:
            address = ctypes.cast(getattr(library, name), _P).value
        except AttributeError:
            raise NoLibrary(f"{path}: {name}") from None
        assert address is not None
        addresses[name] = address
    return addresses


class Sdk:
    """One handle of the library. Each call blocks; each raises Refusal."""

    def __init__(self, addresses: Mapping[str, int], proxy: str, proxy_password: str, timeout: int) -> None:
        self._call: dict[str, Callable[..., Any]] = {
            name: ctypes.CFUNCTYPE(*types)(addresses[name]) for name, types in PROTOTYPES.items()
        }
        self._proxy = (proxy.encode(), proxy_password.encode())
        self._timeout = timeout
        self._handle = self._call["NewSdk"]()

    def init(self, corp_id: str, secret: str) -> None:
        """Log in; once."""
        code = self._call["Init"](self._handle, corp_id.encode(), secret.encode())
        if code != 0:
            raise Refusal(code)

    def fetch(self, seq: int, limit: int) -> str:
        """A page of encrypted messages behind seq, as JSON."""
        return self._sliced(
            lambda into: self._call["GetChatData"](self._handle, seq, limit, *self._proxy, self._timeout, into)
        )

    def decrypt(self, key: str, message: str) -> str:
        """A message in clear, as JSON. key: what the private key made of encrypt_random_key."""
        return self._sliced(lambda into: self._call["DecryptData"](key.encode(), message.encode(), into))

    def media(self, file: str, index: str) -> tuple[bytes, str, bool]:
        """A part of a file, the index of the next part, and whether this was the last."""
        call = self._call
        into = call["NewMediaData"]()
        try:
            code = call["GetMediaData"](self._handle, index.encode(), file.encode(), *self._proxy, self._timeout, into)
            if code != 0:
                raise Refusal(code)
            data = _bytes(call["GetData"](into), call["GetDataLen"](into))
            behind = _bytes(call["GetOutIndexBuf"](into), call["GetIndexLen"](into))
            return data, behind.decode(), bool(call["IsMediaDataFinish"](into))
        finally:
            call["FreeMediaData"](into)

    def close(self) -> None:
        """Give the handle back."""
        self._call["DestroySdk"](self._handle)

    def _sliced(self, work: Callable[[Any], int]) -> str:
        into = self._call["NewSlice"]()
        try:
            code = work(into)
            if code != 0:
                raise Refusal(code)
            return _bytes(self._call["GetContentFromSlice"](into), self._call["GetSliceLen"](into)).decode()
        finally:
            self._call["FreeSlice"](into)


def _bytes(address: int | None, length: int) -> bytes:
    return ctypes.string_at(address, length) if address and length > 0 else b""
