"""What the `wechaty` packages need before they can be imported beside current libraries, applied once and only here.

As published (wechaty 0.10.7, wechaty-puppet-service 0.8.10) they fail with pyee 12 or newer, urllib3 2, Python 3.13
and, from Python 3.11 on, because of a mutable dataclass default (python-wechaty #422). Importing makes a folder
`.wechaty` in the working directory and sets up loggers that print tokens and message texts; both are undone here.
"""

import importlib
import importlib.util
import logging
import os
import socket
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

SILENT = logging.CRITICAL + 1


class _Telnet:
    """What is left of telnetlib.Telnet that the package calls: opening a connection to see whether one listens."""

    def open(self, host: str, port: int = 23, timeout: float = 3.0) -> None:
        """Connect and hang up; raises OSError when nobody listens."""
        socket.create_connection((host, port), timeout).close()


def apply() -> None:
    """Make the packages importable and import them; nothing happens at the second call."""
    if "wechaty" in sys.modules:
        return
    _pyee()
    _urllib3()
    _telnetlib()
    before = set(logging.root.manager.loggerDict)
    with _away_from_the_working_directory(), warnings.catch_warnings():
        # What these packages warn of when imported (old idioms of theirs) is nothing that anybody here can mend.
        warnings.simplefilter("ignore")
        _options_hash()
        for name in ("wechaty", "wechaty_puppet_service"):
            importlib.import_module(name)
    _silence(before)


def _pyee() -> None:
    """pyee 12 moved the class away from the top level."""
    pyee = importlib.import_module("pyee")
    if not hasattr(pyee, "AsyncIOEventEmitter"):
        emitter = importlib.import_module("pyee.asyncio").AsyncIOEventEmitter
        pyee.AsyncIOEventEmitter = emitter  # type: ignore[attr-defined]


def _urllib3() -> None:
    """urllib3 2 dropped get_host(url) -> (scheme, host, port)."""
    urllib3 = importlib.import_module("urllib3")
    if not hasattr(urllib3, "get_host"):
        parse = importlib.import_module("urllib3.util").parse_url

        def get_host(url: str) -> tuple[str | None, str | None, int | None]:
            parts = parse(url)
            return parts.scheme or "http", parts.hostname, parts.port

        urllib3.get_host = get_host  # type: ignore[attr-defined]


def _telnetlib() -> None:
    """Python 3.13 has none; before that importing it warns, so the package gets this one everywhere."""
    if "telnetlib" not in sys.modules:
        module = types.ModuleType("telnetlib")
        module.Telnet = _Telnet  # type: ignore[attr-defined]
        sys.modules["telnetlib"] = module


def _options_hash() -> None:
    """An unhashable default counts as mutable, and dataclasses refuse those; options are compared by identity."""
    options = importlib.import_module("wechaty_puppet.schemas.puppet").PuppetOptions
    if options.__hash__ is None:
        options.__hash__ = object.__hash__


@contextmanager
def _away_from_the_working_directory() -> Iterator[None]:
    """The package makes its cache folder where CACHE_DIR says, at import; it is never used after that."""
    names = ("CACHE_DIR", "WECHATY_LOG", "WECHATY_LOG_FILE")
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="xiaoshao-wechaty-") as folder:
        os.environ["CACHE_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["CACHE_DIR"]
            os.environ.update(kept)


def _silence(before: set[str]) -> None:
    """Its loggers write message texts at INFO and tokens at WARNING straight to standard error: none of that."""
    for name in set(logging.root.manager.loggerDict) - before:
        logger = logging.getLogger(name)
        if not logger.propagate and logger.handlers:
            logger.handlers.clear()
            logger.addHandler(logging.NullHandler())
            logger.setLevel(SILENT)
