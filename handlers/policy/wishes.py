"""Of a policy pack: how wishes are offered and claimed."""

from typing import Literal

from pydantic import Field

from handlers.policy.part import Part


class Claims(Part):
    remind_days: float = Field(gt=0)
    expire_days: float = Field(gt=0)


class CategoryWishes(Part):
    """What differs for one category of wishes; what is left out is as for all."""

    approval: bool | None = None
    nameless: bool | None = None
    helpers: int | None = Field(default=None, ge=1)


class WishClass(Part):
    """A class under which the menu lists wishes of these categories."""

    name: str = Field(min_length=2, max_length=12)
    categories: tuple[str, ...] = Field(min_length=1)


class MembersFirst(Part):
    """党员首议, 组织交办. Hours are working hours.

    on: what nobody has claimed is put to the party members before the branch is asked to give it to somebody; they have
    so many hours. way: a private line to each of the nearest ones, or where those are more than most one line in the
    group; group: always that. The branch is reminded after assign_hours, at most reminders times.
    """

    on: bool = False
    way: Literal["private", "group"] = "private"
    hours: float = Field(default=7, gt=0)
    most: int = Field(default=20, ge=1)
    assign_hours: float = Field(default=7, gt=0)
    reminders: int = Field(default=2, ge=0)


class Wishes(Part):
    """How a town offers wishes. Hours are working hours.

    approval: a leader agrees first; he is reminded after approval_hours, then a level up is asked. What nobody has
    claimed after offer_hours is offered again, at most offers times, and then the branch is asked to give it to
    somebody. nameless: no group reads who wished. most_helpers: so many may be asked for. classes: what the menu lists
    wishes under; without any it is one list.
    """

    approval: bool = False
    approval_hours: float = Field(default=7, gt=0)
    nameless: bool = False
    helpers: int = Field(default=1, ge=1)
    most_helpers: int = Field(default=20, ge=1)
    offer_hours: float = Field(default=14, gt=0)
    offers: int = Field(default=2, ge=0)
    members_first: MembersFirst = MembersFirst()
    classes: tuple[WishClass, ...] = ()
    category: dict[str, CategoryWishes] = Field(default_factory=dict)

    def needs_approval(self, category: str) -> bool:
        own = self._own(category).approval
        return self.approval if own is None else own

    def is_nameless(self, category: str) -> bool:
        own = self._own(category).nameless
        return self.nameless if own is None else own

    def helpers_for(self, category: str) -> int:
        return min(self._own(category).helpers or self.helpers, self.most_helpers)

    def class_of(self, category: str) -> WishClass | None:
        """The class under which wishes of the category are listed."""
        return next((one for one in self.classes if category in one.categories), None)

    def class_named(self, said: str) -> WishClass | None:
        return next((one for one in self.classes if one.name == said), None)

    def _own(self, category: str) -> CategoryWishes:
        return self.category.get(category, CategoryWishes())
