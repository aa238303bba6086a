"""The categories that tickets use: kind, name and reporting domain by code."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from nlp.understanding import Kind


@dataclass(frozen=True, slots=True)
class Category:
    """One row of lexicons/taxonomy.tsv. domain is one of the five reporting domains, "-" for none."""

    kind: Kind
    code: str
    name: str
    domain: str


class Taxonomy:
    """All categories by code, in the order of the file."""

    def __init__(self, categories: Iterator[Category]) -> None:
        self._by_code = {category.code: category for category in categories}

    @classmethod
    def load(cls) -> "Taxonomy":
        """Read the package's taxonomy.tsv."""
        text = files("nlp").joinpath("lexicons", "taxonomy.tsv").read_text(encoding="utf-8")
        rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
        return cls(Category(Kind(kind), code, name, domain) for kind, code, name, domain in rows)

    def __getitem__(self, code: str) -> Category:
        """The category of a code; KeyError when there is none."""
        return self._by_code[code]

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Category]:
        return iter(self._by_code.values())

    def codes(self, *kinds: Kind) -> tuple[str, ...]:
        """The codes of these kinds, all codes when none is named."""
        return tuple(c.code for c in self if not kinds or c.kind in kinds)

    def kind(self, code: str) -> Kind:
        """The kind that a code belongs to."""
        return self._by_code[code].kind

    def find(self, name_or_code: str) -> Category | None:
        """The category with this Chinese name or code."""
        wanted = name_or_code.strip().lower()
        return next((c for c in self if wanted in (c.code, c.name)), None)
