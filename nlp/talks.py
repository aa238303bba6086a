"""The project's own conversations with the tickets that they should lead to: reading them, and their split by pass.

See corpus/talks/README.md for the format.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TALKS = Path(__file__).parent / "corpus" / "talks"

# Fixed before a conversation of the pass was run, so that figures stay comparable. Everything else is for training.
DEV = frozenset({"P4", "R4", "W05", "W12", "W19"})
TEST = frozenset({"P3", "P5", "R3", "R5", "Z1", "Z2"})


@dataclass(frozen=True, slots=True)
class Said:
    """One message. at is the seconds since the first one; place a shared location's label; quote a message id."""

    id: str
    sender: str
    at: int
    text: str
    pictures: int = 0
    place: str | None = None
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A ticket that a good grid worker would want, with the messages that report, join or update it.

    withdrawn: taken back by its sender; it ends withdrawn or was never opened.
    """

    kind: str
    category: str
    place: str | None
    messages: tuple[str, ...]
    requesters: tuple[str, ...]
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation of one group and its expected tickets; none where nothing matters."""

    id: str
    voice: str  # the pass
    about: str  # what it exercises
    messages: tuple[Said, ...]
    tickets: tuple[Expected, ...]

    @property
    def split(self) -> str:
        return split_of(self.voice)


def split_of(voice: str) -> str:
    """train, dev or test."""
    return "dev" if voice in DEV else "test" if voice in TEST else "train"


def read_talks(folder: Path = TALKS, splits: Iterable[str] = ("train", "dev", "test")) -> Iterator[Talk]:
    """The conversations of these splits, in the order of pass and number."""
    wanted = set(splits)
    for path in sorted(folder.glob("*.jsonl")):
        for row in path.read_text(encoding="utf-8").split("\n"):
            if row and (talk := _talk(json.loads(row))).split in wanted:
                yield talk


def _talk(data: dict[str, Any]) -> Talk:
    messages = (
        Said(m["id"], m["sender"], m["at_seconds"], m["text"], m["pictures"], m["place"], m["quote"])
        for m in data["messages"]
    )
    tickets = (
        Expected(t["kind"], t["category"], t["place"], tuple(t["messages"]), tuple(t["requesters"]), t["withdrawn"])
        for t in data["tickets"]
    )
    return Talk(data["id"], data["pass"], data["about"], tuple(messages), tuple(tickets))
