"""Public text that shows what ordinary chat looks like: read from a folder, never stored in the project."""

import hashlib
import json
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

TRAINABLE = ("lccc_weibo", "cped_tv_groups", "nus_sms")
"""Files (without .jsonl) that may shape weights; all others only measure."""


MATTERS = Path(__file__).parent / "corpus" / "public_matters.txt"
"""Digests of lines that were read and do matter: 宿舍又停电了 is no example of what needs nothing."""


class Part(Enum):
    """A share of the conversations of a file, in tenths; a conversation is never cut."""

    TRAIN = range(8)
    HELD_OUT = range(8, 10)
    ALL = range(10)


def read_public(folder: Path, part: Part, names: Sequence[str]) -> list[str]:
    """The texts of these files that belong to part; absent files are left out.

    The order is fixed: conversations mixed, each one in a piece, so that a share from either end cuts none but one.
    """
    found: list[tuple[str, str]] = []
    for name in names:
        path = folder / f"{name}.jsonl"
        if not path.exists():
            continue
        for row in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            if not row:
                continue
            data = json.loads(row)
            unit = hashlib.md5(f"{name}{data.get('unit', data['id'])}".encode(), usedforsecurity=False).hexdigest()
            if int(unit, 16) % 10 in part.value:
                found.append((unit, data["text"]))
    return [text for _, text in sorted(found, key=lambda pair: pair[0])]


def without_matters(texts: Sequence[str]) -> list[str]:
    """The texts that may be shown as ordinary chat."""
    known = frozenset(MATTERS.read_text(encoding="utf-8").split("\n"))
    return [text for text in texts if hashlib.sha256(text.encode()).hexdigest()[:16] not in known]
