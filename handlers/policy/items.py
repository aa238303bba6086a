"""Of a policy pack: the list of matters that are reported (事项清单), and at which level each begins."""

from functools import cached_property

from pydantic import Field

from handlers.policy.part import Part
from models.codes import NodeLevel

_FROM_BELOW = tuple(reversed(NodeLevel))


class Item(Part):
    """One matter of the list. words: cues by which it is known; without any its name is the cue."""

    name: str
    category: str
    grade: str
    words: tuple[str, ...] = ()

    def is_meant(self, text: str) -> bool:
        return any(word in text for word in self.words or (self.name,))


class Items(Part):
    """grades: what each grade (三级 …) is called, and the level at which its matters begin."""

    grades: dict[str, NodeLevel] = Field(default_factory=dict)
    listed: tuple[Item, ...] = ()

    @cached_property
    def by_category(self) -> dict[str, tuple[Item, ...]]:
        codes = dict.fromkeys(item.category for item in self.listed)
        return {code: tuple(item for item in self.listed if item.category == code) for code in codes}

    def of(self, category: str, text: str) -> Item | None:
        """The item that these words of a category speak of; of several the one that begins highest."""
        found = [item for item in self.by_category.get(category, ()) if item.is_meant(text)]
        return max(found, key=lambda item: _FROM_BELOW.index(self.level(item)), default=None)

    def level(self, item: Item) -> NodeLevel:
        return self.grades[item.grade]
