"""Of a policy pack: visits to households, their files and colours (走访, 三色分类建档)."""

from datetime import time

from pydantic import Field, field_validator

from handlers.policy.part import Part
from models.codes import Role

VISITORS = frozenset(
    {
        Role.INFORMANT,
        Role.HUB,
        Role.GOVERNOR,
        Role.MICRO_LEADER,
        Role.GRID_LEADER,
        Role.SECRETARY,
        Role.VILLAGE,
    }
)
"""Roles of a village or below: nobody above it reads what stands in its files."""


class Colour(Part):
    """days: after a visit the next one is due."""

    name: str = Field(min_length=1, max_length=4)
    days: int = Field(ge=1, le=400)


class Visits(Part):
    """Who visits, how often, and how long notes are kept. The last colour is that of a file nobody has judged."""

    on: bool = False
    roles: tuple[Role, ...] = (Role.MICRO_LEADER, Role.GRID_LEADER, Role.SECRETARY, Role.VILLAGE, Role.GOVERNOR)
    colours: tuple[Colour, ...] = Field(
        default=(Colour(name="红", days=7), Colour(name="黄", days=30), Colour(name="绿", days=90)), min_length=1
    )
    remind_at: time = time(9)
    again_days: int = Field(default=7, ge=1)
    keep_months: int = Field(default=12, ge=1)

    @field_validator("roles")
    @classmethod
    def _of_the_village(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if strangers := [role.value for role in roles if role not in VISITORS]:
            raise ValueError(f"走访记录只给村里和网格的人看，{'、'.join(strangers)}不行")
        return roles

    def colour(self, name: str) -> Colour | None:
        """The colour that somebody calls so: 红, 红色."""
        return next((one for one in self.colours if name in (one.name, f"{one.name}色", f"{one.name}档")), None)
