"""Pictures of tickets, stored by their hash outside of the database."""

import os
from pathlib import Path


class Media:
    """A folder of files named by sha256. folder None keeps nothing (replay, tests without pictures)."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, sha256: str, data: bytes) -> None:
        """Write the bytes once; a file that stands there already has the same content by its name."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / sha256
        if path.exists():
            return
        fresh = path.with_suffix(".part")
        fresh.write_bytes(data)
        os.replace(fresh, path)

    def discard(self, sha256: str) -> None:
        """Delete the file if it is there."""
        if self._folder is not None and sha256.isalnum():
            (self._folder / sha256).unlink(missing_ok=True)

    def read(self, sha256: str) -> bytes | None:
        """The bytes, or None when they are not kept."""
        if self._folder is None or not sha256.isalnum():
            return None
        path = self._folder / sha256
        return path.read_bytes() if path.is_file() else None
