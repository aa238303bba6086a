"""Of a policy pack: how wishes are offered and claimed."""

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


class Wishes(Part):
    """How a town offers wishes. Hours are working hours.

    approval: a leader agrees first; he is reminded after approval_hours, then a level up is asked. What nobody has
    claimed after offer_hours is offered again, at most offers times, and then the branch is asked to give it to
    somebody. nameless: no group reads who wished. most_helpers: so many may be asked for.
    """

    approval: bool = False
    approval_hours: float = Field(default=7, gt=0)
    nameless: bool = False
    helpers: int = Field(default=1, ge=1)
    most_helpers: int = Field(default=20, ge=1)
    offer_hours: float = Field(default=14, gt=0)
    offers: int = Field(default=2, ge=0)
    category: dict[str, CategoryWishes] = Field(default_factory=dict)

    def needs_approval(self, category: str) -> bool:
        own = self._own(category).approval
        return self.approval if own is None else own

    def is_nameless(self, category: str) -> bool:
        own = self._own(category).nameless
        return self.nameless if own is None else own

    def helpers_for(self, category: str) -> int:
        return min(self._own(category).helpers or self.helpers, self.most_helpers)

    def _own(self, category: str) -> CategoryWishes:
        return self.category.get(category, CategoryWishes())
