"""Of a policy pack: matters that a village votes on in its groups (议事)."""

from datetime import time
from enum import StrEnum

from pydantic import Field, field_validator

from handlers.policy.part import Part
from models.codes import STAFF, Role

OPENING = STAFF | {Role.PARTY_MEMBER, Role.HUB}
"""Roles that may be let open a vote."""


class Voter(StrEnum):
    """Whose one vote it is."""

    PERSON = "person"
    HOUSEHOLD = "household"


class Unnamed(StrEnum):
    """What becomes of a vote by household of somebody whose household nobody knows yet."""

    ASK = "ask"  # he is asked for it and it counts then
    VERIFY = "verify"  # he is asked too; a home that nobody there knows counts when staff have confirmed it
    REFUSE = "refuse"  # staff enter it first


class Votes(Part):
    """Who may open a vote, whose votes count, and how many make it valid.

    quorum: at least so many votes; quorum_percent: and this part of the households (people) known there. days: it ends
    so many days later at close_at unless its opener names a day, at most most_days later.
    """

    on: bool = False
    roles: tuple[Role, ...] = (Role.MICRO_LEADER, Role.GRID_LEADER, Role.SECRETARY, Role.VILLAGE)
    options: tuple[str, ...] = ("赞成", "反对", "弃权")
    by: Voter = Voter.PERSON
    unnamed: Unnamed = Unnamed.ASK
    quorum: int = Field(default=3, ge=1, le=10_000)
    quorum_percent: int = Field(default=0, ge=0, le=100)
    days: int = Field(default=3, ge=1, le=60)
    most_days: int = Field(default=60, ge=1, le=365)
    close_at: time = time(20)

    @field_validator("roles")
    @classmethod
    def _known(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if strangers := [role.value for role in roles if role not in OPENING]:
            raise ValueError(f"发起议事的只能是网格工作人员、党员、中心户，{'、'.join(strangers)}不行")
        return roles

    @field_validator("options")
    @classmethod
    def _several(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(options)) < 2 or len(set(options)) != len(options) or not all(options):
            raise ValueError('至少写两个不同的选项，例如 ["赞成", "反对", "弃权"]')
        return options
