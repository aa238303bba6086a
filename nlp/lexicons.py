"""Read the word lists of lexicons/*.tsv and find their words in a text."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files

LISTS = (
    "things", "faults", "needs", "parties", "places", "times", "urgency",
    "emergencies", "flags", "turnoffs", "cues", "concepts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What one list says of a word. codes: the categories that the word points at."""

    list: str
    name: str  # the class within the list: "leak", "negation", …
    codes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.list}:{self.name}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of the lexicons at text[start:end], with all that the lists say of it."""

    start: int
    end: int
    word: str
    entries: tuple[Entry, ...]


class Lexicons:
    """All word lists in one table.

    A word of one character counts only where the segmenter cut it out as a word of its own; longer ones
    count wherever they stand, as jieba's cut of sloppy chat text is not reliable. Longest match, left to right.
    """

    def __init__(self, rows: Iterable[tuple[str, Entry]]) -> None:
        table: dict[str, list[Entry]] = defaultdict(list)
        for word, entry in rows:
            if entry not in table[word]:
                table[word].append(entry)
        self._entries = {word: tuple(entries) for word, entries in table.items()}
        lengths: dict[str, set[int]] = defaultdict(set)
        for word in self._entries:
            if len(word) > 1:
                lengths[word[0]].add(len(word))
        self._lengths = {char: tuple(sorted(sizes, reverse=True)) for char, sizes in lengths.items()}

    @classmethod
    def load(cls, normal: Callable[[str], str]) -> "Lexicons":
        """Read the package's lists; normal writes each word as it reads in a normalised text."""
        return cls((plain, entry) for word, entry in _rows() if (plain := normal(word)))

    def words(self, *lists: str) -> tuple[str, ...]:
        """The words of these lists (of all when none is named), sorted."""
        return tuple(
            sorted(w for w, entries in self._entries.items() if not lists or any(e.list in lists for e in entries))
        )

    def entries(self, word: str) -> tuple[Entry, ...]:
        """What the lists say of word, empty when they do not know it."""
        return self._entries.get(word, ())

    def of(self, list_name: str, class_name: str) -> frozenset[str]:
        """The words of one class of one list."""
        return frozenset(
            w
            for w, entries in self._entries.items()
            if any((e.list, e.name) == (list_name, class_name) for e in entries)
        )

    def hits(self, text: str, words: Iterable[str] = ()) -> list[Hit]:
        """The lexicon words in text, by position; words is the segmenter's cut of text."""
        found = list(self._long(text))
        taken = {i for hit in found for i in range(hit.start, hit.end)}
        position = 0
        for word in words:
            if len(word) == 1 and position not in taken and word in self._entries:
                found.append(Hit(position, position + 1, word, self._entries[word]))
            position += len(word)
        return sorted(found, key=lambda hit: hit.start)

    def _long(self, text: str) -> Iterator[Hit]:
        position = 0
        while position < len(text):
            for size in self._lengths.get(text[position], ()):
                word = text[position : position + size]
                if word in self._entries and len(word) == size:
                    yield Hit(position, position + size, word, self._entries[word])
                    position += size
                    break
            else:
                position += 1


def _rows() -> Iterator[tuple[str, Entry]]:
    folder = files("nlp").joinpath("lexicons")
    for name in LISTS:
        for line in folder.joinpath(f"{name}.tsv").read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            group, codes, words = line.split("\t")
            entry = Entry(name, group, tuple(codes.split()) if codes != "-" else ())
            for word in words.split():
                yield word, entry
