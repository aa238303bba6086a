"""Of a policy pack: rounds with a checklist (巡查, 五查三问)."""

from datetime import time
from typing import Literal

from pydantic import Field, field_validator

from handlers.policy.part import Part
from models.codes import STAFF, NodeLevel, Role

PATROLLING = STAFF | {Role.INFORMANT, Role.HUB}


class Item(Part):
    """Something to look at, or (ask) to ask about; words: how else it is called.

    category: of the ticket that a problem becomes; None: as understood. private: only staff read of it.
    """

    name: str = Field(min_length=1)
    words: tuple[str, ...] = ()
    category: str | None = None
    ask: bool = False
    private: bool = False


class Patrols(Part):
    """every: how often each node of the level needs a round. answer_minutes: how long a question is open."""

    on: bool = False
    roles: tuple[Role, ...] = (Role.MICRO_LEADER, Role.GRID_LEADER, Role.GOVERNOR, Role.INFORMANT, Role.HUB)
    every: Literal["never", "day", "week"] = "never"
    level: NodeLevel = NodeLevel.MICRO_GRID
    remind_at: time = time(16)
    answer_minutes: int = Field(default=60, ge=1)
    items: tuple[Item, ...] = ()

    @field_validator("roles")
    @classmethod
    def _who_may(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if strangers := [role.value for role in roles if role not in PATROLLING]:
            raise ValueError(f"只能是网格工作人员、信息员、中心户，{'、'.join(strangers)}不行")
        return roles

    @field_validator("items")
    @classmethod
    def _named_once(cls, items: tuple[Item, ...]) -> tuple[Item, ...]:
        names = [item.name for item in items]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"「{twice[0]}」写了两次，请改一个名字")
        return items
