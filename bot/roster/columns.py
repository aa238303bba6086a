"""What the spreadsheet looks like: its sheets, their columns, what may stand in them. Titles stand in the wording."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from handlers.wording import Wording
from models.codes import NodeLevel, OrganisationKind, Role, RoomMode, RoomPurpose, Team
from nlp.taxonomy import Taxonomy
from nlp.understanding import Kind


@dataclass(frozen=True, slots=True)
class Column:
    """key names its title and its help; needed: the column itself must be there. choice: a key of choices().

    free: words that are kept as they are typed; anything else loses full-width forms. loose: blanks mean nothing.
    """

    key: str
    needed: bool = True
    choice: str | None = None
    free: bool = False

    @property
    def loose(self) -> bool:
        return self.choice is not None or self.key == "phone"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. examples are shown in the template and never imported."""

    key: str
    columns: Sequence[Column]
    examples: Sequence[Sequence[str]]

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


NOTE = Column("note", needed=False, free=True)

NODES = Sheet(
    "nodes",
    (
        Column("code"),
        Column("name", free=True),
        Column("level", choice="level"),
        Column("parent"),
        Column("policy", needed=False),
        NOTE,
    ),
    (("LZ01", "示例村", "村社区", "", "default"), ("LZ01-1", "示例村一微", "微网格", "LZ01", "")),
)
ROOMS = Sheet(
    "rooms",
    (
        Column("account"),
        Column("room_id", needed=False),
        Column("room_name", free=True),
        Column("node"),
        Column("purpose", needed=False, choice="purpose"),
        Column("mode", needed=False, choice="mode"),
        NOTE,
    ),
    (
        ("xiaoshao", "123456@chatroom", "示例村一微居民群", "LZ01-1", "居民群", "影子"),
        ("xiaoshao", "", "示例村工作群", "LZ01", "工作群", "开"),
    ),
)
PEOPLE = Sheet(
    "people",
    (
        Column("worker"),
        Column("person_name", free=True),
        Column("phone", needed=False),
        Column("team", needed=False, choice="team"),
        Column("role", choice="role"),
        Column("node"),
        Column("deputy", needed=False, choice="deputy"),
        NOTE,
    ),
    (
        ("LZ001", "示例老李", "13800000000", "蓝", "微网格长", "LZ01-1", ""),
        ("LZ002", "示例老张", "", "红", "党员", "LZ01", ""),
    ),
)
ORGANISATIONS = Sheet(
    "organisations",
    (
        Column("organisation"),
        Column("organisation_name", free=True),
        Column("kind", choice="organisation_kind"),
        Column("node"),
        Column("member", needed=False),
        NOTE,
    ),
    (
        ("LZ-WY", "示例物业公司", "物业公司", "LZ01", "LZ002"),
        ("LZ-CG", "示例城管办", "部门", "LZ01", ""),
    ),
)
RESPONSIBLE = Sheet(
    "responsible",
    (Column("category", choice="category"), Column("node"), Column("person"), Column("organisation"), NOTE),
    (("电梯", "LZ01", "", "LZ-WY"), ("环境卫生", "LZ01", "LZ001", "")),
)

SHEETS = (NODES, ROOMS, PEOPLE, ORGANISATIONS, RESPONSIBLE)
MANUAL, LISTS = "manual", "lists"
"""Sheets that are never read: what to write where, and the words to choose from."""

DEPUTY = "deputy"


class Titles:
    """Sheets, columns and codes by their Chinese names, and back."""

    def __init__(self, words: Wording, taxonomy: Taxonomy) -> None:
        self._words = words
        self._choices: dict[str, dict[str, str]] = {
            "level": self._named("level", NodeLevel),
            "purpose": self._named("purpose", RoomPurpose),
            "mode": self._named("mode", RoomMode),
            "team": self._named("team", Team),
            "role": self._named("role", Role),
            "organisation_kind": self._named("organisation_kind", OrganisationKind),
            "category": {category.name: category.code for category in taxonomy if category.kind is not Kind.NONE},
            "deputy": {words.say("import.deputy"): DEPUTY},
        }

    def _named(self, group: str, codes: Iterable[StrEnum]) -> dict[str, str]:
        return {self._words.name(group, code.value): code.value for code in codes}

    def sheet(self, key: str) -> str:
        return self._words.name("sheet", key)

    def column(self, key: str) -> str:
        return self._words.name("column", key)

    def choices(self, key: str) -> Mapping[str, str]:
        """Code by Chinese name, in the order in which they are offered."""
        return self._choices[key]

    def chosen(self, key: str, written: str) -> str | None:
        """The code that somebody means by a name, or by the code itself."""
        names = self._choices[key]
        return names.get(written) or next((code for code in names.values() if code == written), None)

    def name(self, key: str, code: str) -> str:
        """The Chinese name of a code."""
        return next(name for name, known in self._choices[key].items() if known == code)
