"""Of a policy pack: what a village publishes (公开)."""

from pydantic import Field, field_validator

from handlers.policy.part import Part
from models.codes import STAFF, Role


class Publications(Part):
    """Who may post what to all groups of his place.

    kinds: names with other spellings behind them, parted by blanks. sensitive: words beside which nobody may be named.
    words_only: kinds with which no picture goes, because it may show a list of people; nor does one with words that
    speak of what is sensitive. longest: characters.
    """

    on: bool = False
    roles: tuple[Role, ...] = (Role.VILLAGE, Role.SECRETARY, Role.GOVERNOR, Role.HEAD)
    kinds: tuple[str, ...] = ("其他",)
    sensitive: tuple[str, ...] = ()
    words_only: tuple[str, ...] = ()
    longest: int = Field(default=400, ge=20, le=2000)

    @field_validator("roles")
    @classmethod
    def _staff_only(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if strangers := [role.value for role in roles if role not in STAFF]:
            raise ValueError(f"只能是网格工作人员的角色，{'、'.join(strangers)}不是")
        return roles

    @field_validator("kinds")
    @classmethod
    def _each_named(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if not kinds or not all(kind.split() for kind in kinds):
            raise ValueError("至少写一类，每类先写名字，例如「水费 用水」")
        return kinds

    def shows_no_pictures(self, kind: str, text: str) -> str | None:
        """What it is about that goes without pictures: the kind, or a sensitive word; None: pictures may go with it."""
        if kind in {name for said in self.words_only for name in (said, self.kind_named(said))}:
            return kind
        return next((word for word in self.sensitive if word in f"{kind}，{text}"), None)

    @property
    def names(self) -> tuple[str, ...]:
        """What the kinds are called."""
        return tuple(kind.split()[0] for kind in self.kinds)

    def kind_named(self, word: str) -> str | None:
        """The name of the kind that somebody calls so."""
        return next((kind.split()[0] for kind in self.kinds if word in kind.split()), None)

    def kind_begun(self, said: str) -> tuple[str, str] | None:
        """The kind with whose name the words begin, and the words behind it: 其他六一活动, 水费：本月."""
        spelled = sorted((word for kind in self.kinds for word in kind.split()), key=len, reverse=True)
        word = next((one for one in spelled if said.startswith(one)), None)
        kind = None if word is None else self.kind_named(word)
        return None if word is None or kind is None else (kind, said[len(word) :].lstrip(" ：:，,、"))
