"""Of a policy pack: whose a matter is, its steps up, and where a category begins."""

from functools import cached_property

from pydantic import Field

from handlers.policy.part import Part
from models.codes import NodeLevel, OrganisationKind, Role


class Step(Part):
    """A step that 上报 goes through; several may lie at one level of the tree.

    name: what it is called (日常哨, 镇街核办 …); stage: of several steps with that name, whose turn it is (驻点团队).
    code: what an open matter remembers of it, so that names may change; without one its name and stage.
    organisation and who say who is in charge: the nearest organisation of that name, else whoever has the first of
    these roles there. Neither: those who lead there. told, told_organisations: who hears of it besides.
    respond_hours (working hours), solve_days and next_days (working days) replace the category's. pass_hours: where
    nobody has done anything for so many working hours, the next step has it.
    """

    level: NodeLevel
    name: str = ""
    stage: str = ""
    code: str = ""
    organisation: str = ""
    who: tuple[Role, ...] | None = None
    told: tuple[Role, ...] = ()
    told_organisations: tuple[str, ...] = ()
    respond_hours: float | None = Field(default=None, gt=0)
    solve_days: float | None = Field(default=None, gt=0)
    next_days: float | None = Field(default=None, gt=0)
    pass_hours: float | None = Field(default=None, gt=0)
    first: bool = Field(default=False, exclude=True)

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return self.code or "·".join(filter(None, (self.name, self.stage))) or self.level.value

    @property
    def is_common(self) -> bool:
        """Whether those who lead there are in charge of it, as everywhere."""
        return not self.organisation and self.who is None


class CategoryRoute(Part):
    """start: the level at which matters of the category begin. levels: those that it goes through instead of all steps.

    organisation: the nearest of that kind gets it where nobody is named for the category.
    """

    start: NodeLevel | None = None
    levels: tuple[NodeLevel, ...] = ()
    organisation: OrganisationKind | None = None


class Routing(Part):
    """return_days: working days in which 退回 is possible. undo_hours: hours in which a merge may be taken back.

    first_heard: the roles that hear of a new matter before all steps, one after the other; whoever has done nothing
    for first_hours (working hours) is followed by the next.
    """

    return_days: float = Field(default=2, gt=0)
    undo_hours: float = Field(default=24, gt=0)
    steps: tuple[Step, ...] = ()
    category: dict[str, CategoryRoute] = Field(default_factory=dict)
    first_heard: tuple[Role, ...] = ()
    first_hours: float = Field(default=3.5, gt=0)

    @cached_property
    def hearers(self) -> tuple[Step, ...]:
        """Those who hear first, as steps before the first one."""
        return tuple(
            Step(level=NodeLevel.MICRO_GRID, code=f"first.{role}", who=(role,), pass_hours=self.first_hours, first=True)
            for role in self.first_heard
        )

    def route(self, category: str) -> CategoryRoute:
        return self.category.get(category, CategoryRoute())

    def passes(self, level: NodeLevel, category: str) -> bool:
        """Whether a matter of the category is ever reported to that level."""
        levels = self.route(category).levels or tuple(step.level for step in self.steps)
        return not levels or level in levels

    def path(self, category: str) -> tuple[Step, ...]:
        """The steps of a matter of the category, with those who hear first; empty where a level is a step."""
        if not (self.steps or self.first_heard):
            return ()
        levels = self.route(category).levels
        steps = self.steps or tuple(Step(level=level) for level in reversed(NodeLevel))
        return (*self.hearers, *(step for step in steps if not levels or step.level in levels))

    def step(self, level: NodeLevel | None) -> Step | None:
        """The first step at that level."""
        return next((step for step in self.steps if step.level is level), None)
