"""The token store that processes of one machine share: two files for each app, the token and a lock."""

import asyncio
import hashlib
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from bot.transports.base import Refused
from bot.transports.wecom.api import CallFailed
from bot.transports.wecom.tokens import AccessToken, AppKey, Slot

PATIENCE = 60.0
"""Seconds to wait for another process that asks WeCom; longer than a call and its repetitions take."""


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
        opening = asyncio.ensure_future(asyncio.to_thread(self._lock, key))
        try:
            connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_give_back)  # the thread goes on: what it locks is nobody's
            raise
        except sqlite3.OperationalError:
            raise CallFailed(Refused("no access token: another process is asking", retry=True)) from None
        with closing(connection):
            yield _FileSlot(self._path(key, "token"))

    def _lock(self, key: AppKey) -> sqlite3.Connection:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(key, "lock")
        connection = sqlite3.connect(path, timeout=self._patience, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            connection.close()
            raise
        return connection

    def _path(self, key: AppKey, suffix: str) -> Path:
        name = hashlib.sha256(json.dumps([key.corp, key.agent]).encode()).hexdigest()[:32]
        return self._folder / f"{name}.{suffix}"


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


def _give_back(opening: "asyncio.Future[sqlite3.Connection]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
