"""What the command line writes: rows for whoever reads them, and one sentence when it cannot go on."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn


class ReaderGoneError(Exception):
    """Whoever read our output has gone: head, less."""


@contextmanager
def piping() -> Iterator[None]:
    """Before typer sees it: it would take a reader that has enough for a failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None


def stop(sentence: str) -> NoReturn:
    """Leave with that sentence and exit code 2."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


def verdict(lines: Sequence[str], usable: bool) -> None:
    """Print what was found in a file; exit with 1 when it cannot be used."""
    with piping():
        print("\n".join(lines))
    if not usable:
        raise SystemExit(1)
