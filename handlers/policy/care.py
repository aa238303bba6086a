"""Of a policy pack: households that somebody of the village looks after, one to one (结对帮扶, 重点服务对象)."""

from datetime import time

from pydantic import Field, field_validator, model_validator

from handlers.policy.part import Part
from handlers.policy.visits import VISITORS
from models.codes import LEADERS, Role

KEEPING = VISITORS & frozenset(LEADERS)
"""Roles that may be let keep the list: leaders of the village and below."""
CONTACTING = VISITORS | {Role.PARTY_MEMBER}
"""Roles whose holders may be a contact person."""


class Care(Part):
    """Who keeps the list, who may be a contact person, and by which day of the month a visit is due.

    every_months: one visit in so many months. remind_day: from that day of the month on its contact person is reminded
    at remind_at, again after again_days. most: households that one person looks after. longest: characters of a report.
    """

    on: bool = False
    keepers: tuple[Role, ...] = (Role.MICRO_LEADER, Role.GRID_LEADER, Role.SECRETARY, Role.VILLAGE)
    contacts: tuple[Role, ...] = (Role.PARTY_MEMBER,)
    every_months: int = Field(default=1, ge=1, le=12)
    remind_day: int = Field(default=10, ge=1, le=28)
    due_day: int = Field(default=25, ge=1, le=28)
    remind_at: time = time(9)
    again_days: int = Field(default=5, ge=1, le=31)
    most: int = Field(default=10, ge=1, le=200)
    longest: int = Field(default=300, ge=20, le=2000)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who begins with it, as of other parts (handlers/people/stations.py)."""
        return self.keepers

    @field_validator("keepers")
    @classmethod
    def _of_the_village(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if strangers := [role.value for role in roles if role not in KEEPING]:
            raise ValueError(f"帮扶名单只给村里和网格的负责人管，{'、'.join(strangers)}不行")
        return roles

    @field_validator("contacts")
    @classmethod
    def _known(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if strangers := [role.value for role in roles if role not in CONTACTING]:
            raise ValueError(f"联系人只能是党员、中心户、信息员和村里网格的人，{'、'.join(strangers)}不行")
        return roles

    @model_validator(mode="after")
    def _in_order(self) -> "Care":
        if self.remind_day > self.due_day:
            raise ValueError("remind_day 要不晚于 due_day")
        return self
