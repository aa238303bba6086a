"""How far the archive was read and handled."""

import asyncio
import json
import os
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything up to the sequence number seq was handled, which is all that was said before at."""

    seq: int
    at: datetime


class Bookmark(Protocol):
    """Keeps one mark for an account, across restarts."""

    async def load(self) -> Mark | None:
        """The mark that was saved last; None: nothing was ever read."""

    async def save(self, mark: Mark) -> None:
        """Keep a mark; it never goes back."""


class FileBookmark:
    """A bookmark in a file of its own; a crash leaves the old one or the new one, never half of one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def load(self) -> Mark | None:
        """The mark in the file, None when there is no file; raises ValueError for a file that holds none."""
        return await asyncio.to_thread(self._load)

    async def save(self, mark: Mark) -> None:
        """Replace the file. It is written when this returns, or is cancelled: no thread writes an old mark later."""
        writing = asyncio.ensure_future(asyncio.to_thread(self._save, mark))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    def _load(self) -> Mark | None:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            mark = Mark(int(content["seq"]), datetime.fromisoformat(content["at"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            mark = None
        if mark is None or mark.at.tzinfo is None:
            # To begin at the beginning would read five days again without anybody knowing why.
            raise ValueError(f"{self._path} holds no bookmark: put it back, or delete it to begin anew")
        return mark

    def _save(self, mark: Mark) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".part")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"seq": mark.seq, "at": mark.at.isoformat()}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._path)


class Progress:
    """Which messages were handed out and not handled yet. The mark stands before the first of them.

    window: how many may wait behind one that is never handled (its handling failed); then that one is given up, aloud.
    Until then a restart reads it again.
    """

    def __init__(self, account: str, window: int) -> None:
        self._window = window
        self._open: OrderedDict[int, tuple[datetime, str | None]] = OrderedDict()  # seq → its time, id if it waits
        self._seqs: dict[str, int] = {}
        self._log = structlog.get_logger("wecom_archive").bind(account=account)

    @property
    def waiting(self) -> bool:
        """Whether anything is not handled yet."""
        return bool(self._open)

    def begin(self, seq: int, at: datetime, message_id: str | None) -> None:
        """A sequence number was read; message_id: of the message that was handed out for it, None: there was none."""
        self._open[seq] = (at, message_id)
        if message_id is not None:
            self.handled(message_id)  # of an earlier number: the same message twice is handled as one
            self._seqs[message_id] = seq

    def handled(self, message_id: str) -> None:
        """The message had its effect, or has none."""
        seq = self._seqs.pop(message_id, None)
        if seq is not None:
            self._open[seq] = (self._open[seq][0], None)

    def mark(self) -> Mark | None:
        """The newest mark, if there is one since the last call."""
        mark = None
        while self._open:
            seq, (at, waiting) = next(iter(self._open.items()))
            if waiting is not None:
                if len(self._open) <= self._window:
                    break
                self._log.error("message_given_up", seq=seq)
                self._seqs.pop(waiting, None)
            del self._open[seq]
            mark = Mark(seq, at)
        return mark
