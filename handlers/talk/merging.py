"""The part of a policy pack that says what is the same matter: how near and for how long, for each category."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from models.codes import TicketKind
from nlp.distance import Distance

_DISTANCES: Mapping[TicketKind, Distance] = MappingProxyType(
    {TicketKind.COMPLAINT: Distance.SPOT, TicketKind.WISH: Distance.OWN, TicketKind.DISPUTE: Distance.OWN}
)
"""Of categories that a pack does not name: what somebody wishes or quarrels about is nobody else's."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """What is one matter in a category.

    distance: how near two named places must be, for days. hours: how long words decide where a place is
    missing, or where the places differ and the distance is the whole grid. shared: without any place
    everything of the category is one matter for those hours, in whatever words. words: groups of words, of
    which both must say one of a group where the places differ; none: any words that agree.
    """

    distance: Distance
    days: float
    hours: float
    shared: bool
    words: tuple[str, ...] = ()

    def spreads(self, one: str, other: str) -> bool:
        """Whether both speak of what is one matter in different places: 停水 is, 漏水 in two houses is not."""
        groups = [group.split() for group in self.words]
        return not groups or any(
            any(word in one for word in group) and any(word in other for word in group) for group in groups
        )


class CategoryMerging(BaseModel):
    """What a pack says of one category; the rest is as for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    distance: Distance | None = None
    days: float | None = Field(default=None, ge=0)
    hours: float | None = Field(default=None, ge=0)
    shared: bool = False
    words: tuple[str, ...] = ()


class Merging(BaseModel):
    """Joining what is open already, across days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: float = Field(ge=0)
    area_hours: float = Field(ge=0)
    category: dict[str, CategoryMerging] = {}

    def rule(self, kind: TicketKind, category: str) -> Nearness:
        """What is one matter in that category."""
        own = self.category.get(category, CategoryMerging())
        days = self.days if own.days is None else own.days
        hours = self.area_hours if own.hours is None else own.hours
        return Nearness(own.distance or _DISTANCES[kind], days, min(hours, days * 24), own.shared, own.words)
