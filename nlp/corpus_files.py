"""The project's own corpus of group chat: reading it, and its split by pass.

A pass is one brief by one writer. Lines of one pass share a voice, so the split never cuts through a pass.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"

# Chosen before any line was read, one or two of each series (A–G); S only trains. Fixed, to keep figures comparable.
DEV = frozenset({"A02", "A06", "B02", "B06", "C02", "C06", "D03", "E08"})
# T was written last, and measured after everything was set.
TEST = frozenset({"A04", "A09", "B04", "B09", "C04", "C09", "D07", "E04", "F03", "G04", "G09", "T01", "T02", "T03"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the corpus. tags: h hard none, e emergency, u high, k no keyword, i irony, o for another."""

    id: str
    voice: str  # the pass
    text: str
    kind: str
    category: str
    place: str | None
    tags: str

    @property
    def split(self) -> str:
        """train, dev or test."""
        return "dev" if self.voice in DEV else "test" if self.voice in TEST else "train"

    @property
    def matters(self) -> bool:
        return self.kind != "none"


def read_corpus(folder: Path = CORPUS, splits: Iterable[str] = ("train", "dev", "test")) -> Iterator[Line]:
    """The lines of these splits, in the order of pass and line."""
    wanted = set(splits)
    for path in sorted(folder.glob("*.jsonl")):
        for row in path.read_text(encoding="utf-8").split("\n"):
            if not row:
                continue
            data = json.loads(row)
            line = Line(
                data["id"], data["pass"], data["text"], data["kind"], data["category"], data["place"], data["tags"]
            )
            if line.split in wanted:
                yield line
