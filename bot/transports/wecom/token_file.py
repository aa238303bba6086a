"""The token store that processes of one machine share: two files for each app, the token and a lock."""

import asyncio
import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from bot.transports.base import Refused
from bot.transports.wecom.api import CallFailed
from bot.transports.wecom.tokens import AccessToken, AppKey, Slot

PATIENCE = 60.0
"""Seconds to wait for another process that asks WeCom; longer than a call and its repetitions take."""
_ATTEMPT = 0.2
"""Seconds of waiting at a time, so that who gave up is not waited for."""


class FileTokenStore:
    """Keeps tokens in a folder that only its owner may read.

    Whoever reads needs no lock: a token's file is replaced whole. Whoever asks WeCom holds the write lock of an empty
    SQLite file, which works on every system and is given back when its process dies, however that happens. It is
    waited for in a thread, never in the event loop.
    """

    def __init__(self, folder: Path, *, patience: float = PATIENCE) -> None:
        self._folder = folder
        self._patience = patience

    async def get(self, key: AppKey) -> AccessToken | None:
        return _FileSlot(self._path(key, "token")).read()

    @asynccontextmanager
    async def alone(self, key: AppKey) -> AsyncIterator[Slot]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _Lock(self._path(key, "lock"), self._patience)
        try:
            if not await asyncio.to_thread(lock.take):
                raise CallFailed(Refused("no access token: another process is asking", retry=True))
            yield _FileSlot(self._path(key, "token"))
        finally:
            lock.give_back()

    def _path(self, key: AppKey, suffix: str) -> Path:
        name = hashlib.sha256(json.dumps([key.corp, key.agent]).encode()).hexdigest()[:32]
        return self._folder / f"{name}.{suffix}"


class _Lock:
    """The write lock of a file, waited for in a thread that may be given up at any moment."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._mutex = threading.Lock()
        self._given_up = threading.Event()
        self._held: sqlite3.Connection | None = None

    def take(self) -> bool:
        """Wait for it; False: it was not to be had in time, or nobody wants it any more."""
        deadline = time.monotonic() + self._patience
        while not self._given_up.is_set():
            connection = sqlite3.connect(self._path, timeout=_ATTEMPT, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                connection.close()
                if time.monotonic() >= deadline:
                    return False
                continue
            with self._mutex:
                if not self._given_up.is_set():
                    self._held = connection
                    return True
            connection.close()
        return False

    def give_back(self) -> None:
        """Also what a thread that goes on may still take."""
        with self._mutex:
            self._given_up.set()
            if self._held is not None:
                self._held.close()
                self._held = None


@dataclass(frozen=True, slots=True)
class _FileSlot:
    path: Path

    def read(self) -> AccessToken | None:
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
            return AccessToken(SecretStr(said["value"]), datetime.fromtimestamp(said["ends"], UTC))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # none yet, or a damaged one: another is asked for

    def write(self, token: AccessToken) -> None:
        fresh = self.path.with_suffix(".part")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            json.dump({"value": token.value.get_secret_value(), "ends": token.ends.timestamp()}, file)
        os.replace(fresh, self.path)
