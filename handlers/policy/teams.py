"""Of a policy pack: the teams (三色) that may be called to a matter, by colour."""

from pydantic import Field, field_validator

from handlers.policy.part import Part
from models.codes import Role, Team


class TeamRule(Part):
    """team: the colour that a person has in the sheet; roles: who belongs to it without a colour there.

    words: how else people call it.
    """

    team: Team
    name: str = Field(min_length=2, max_length=12)
    words: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()

    @field_validator("roles")
    @classmethod
    def _work_there(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if Role.RESIDENT in roles:
            raise ValueError("居民不能整个编进队伍，请写 party_member、hub 这样的角色，或者在名册里给人写颜色")
        return roles


class Teams(Part):
    """Without any nobody is called by team. most: so many of one team are called to one matter, the nearest first."""

    named: tuple[TeamRule, ...] = ()
    most: int = Field(default=20, ge=1, le=100)

    @field_validator("named")
    @classmethod
    def _each_once(cls, named: tuple[TeamRule, ...]) -> tuple[TeamRule, ...]:
        if len({one.team for one in named}) != len(named):
            raise ValueError("一种颜色只能写一支队伍，请并成一条")
        return named

    @property
    def on(self) -> bool:
        return bool(self.named)

    def meant(self, word: str) -> TeamRule | None:
        """The team that somebody calls so: 红, 红队, its name."""
        return next((one for one in self.named if word in (one.name, *one.words)), None)

    def of(self, team: Team) -> TeamRule | None:
        return next((one for one in self.named if one.team is team), None)
