"""Of a policy pack: a picture with a line, and what is asked about it (随手拍)."""

from typing import Literal

from pydantic import Field, field_validator

from handlers.policy.part import Part


class Service(Part):
    """A service type as people choose it; category: what the ticket becomes."""

    name: str = Field(min_length=1)
    words: tuple[str, ...] = ()
    category: str


class Pressing(Part):
    """How urgent; solve_days: working days instead of those of the category, 0: as ever."""

    name: str = Field(min_length=1)
    solve_days: float = Field(default=0, ge=0)


class Snapshots(Part):
    """ask: what a report needs. answer_minutes: so long an answer completes it."""

    on: bool = False
    ask: tuple[Literal["place", "type", "urgency"], ...] = ("place", "type", "urgency")
    types: tuple[Service, ...] = ()
    urgencies: tuple[Pressing, ...] = (
        Pressing(name="一般"),
        Pressing(name="较急", solve_days=2),
        Pressing(name="紧急", solve_days=0.5),
    )
    answer_minutes: int = Field(default=30, ge=1)

    @field_validator("urgencies")
    @classmethod
    def _something(cls, urgencies: tuple[Pressing, ...]) -> tuple[Pressing, ...]:
        if len({one.name for one in urgencies}) != len(urgencies) or not urgencies:
            raise ValueError("急不急至少写一档，名字不能重复")
        return urgencies
