"""Of a policy pack: whose a matter is, its steps up, and where a category begins."""

from pydantic import Field

from handlers.policy.part import Part
from models.codes import NodeLevel, OrganisationKind


class Step(Part):
    """A level that 上报 goes through. name: what it is called there (日常哨 …); the deadline replaces the category's.

    respond_hours are working hours, solve_days working days.
    """

    level: NodeLevel
    name: str = ""
    respond_hours: float | None = Field(default=None, gt=0)
    solve_days: float | None = Field(default=None, gt=0)


class CategoryRoute(Part):
    """start: the level at which matters of the category begin. levels: those that it goes through instead of all steps.

    organisation: the nearest of that kind gets it where nobody is named for the category.
    """

    start: NodeLevel | None = None
    levels: tuple[NodeLevel, ...] = ()
    organisation: OrganisationKind | None = None


class Routing(Part):
    """return_days: working days in which 退回 is possible. undo_hours: hours in which a merge may be taken back."""

    return_days: float = Field(default=2, gt=0)
    undo_hours: float = Field(default=24, gt=0)
    steps: tuple[Step, ...] = ()
    category: dict[str, CategoryRoute] = Field(default_factory=dict)

    def route(self, category: str) -> CategoryRoute:
        return self.category.get(category, CategoryRoute())

    def passes(self, level: NodeLevel, category: str) -> bool:
        """Whether a matter of the category is ever reported to that level."""
        levels = self.route(category).levels or tuple(step.level for step in self.steps)
        return not levels or level in levels

    def step(self, level: NodeLevel | None) -> Step | None:
        return next((step for step in self.steps if step.level is level), None)
