"""Of a policy pack: what has to be told at once (必报), and the fields by which weak signals are counted."""

from pydantic import Field

from handlers.policy.part import Part
from models.codes import Role


class Clue(Part):
    """What a group of matters is known by: a category, a flag of its words, or one of these words in them."""

    categories: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def is_met(self, category: str, flags: frozenset[str], text: str) -> bool:
        return category in self.categories or bool(flags & set(self.flags)) or any(word in text for word in self.words)


class MustReport(Clue):
    """A group of matters of which the leader hears at once, at night too unless at_night is false.

    told: the roles whose nearest holders hear of it besides. It only makes a question to the leader louder: nothing is
    heard, opened or said in a group because of it.
    """

    name: str
    told: tuple[Role, ...] = ()
    at_night: bool = True


class SignalField(Clue):
    """A field of weak signals: 劳动关系, 金融 …"""

    name: str


class WeakSignals(Part):
    """fields: by which the signals that leaders confirm or dismiss are counted; without any they are not counted."""

    fields: tuple[SignalField, ...] = ()

    def of(self, category: str, flags: frozenset[str], text: str) -> list[str]:
        """The names of the fields to which a signal belongs."""
        return [field.name for field in self.fields if field.is_met(category, flags, text)]


class Telling(Part):
    """must_report: 两安全, 三重大, 四涉及, 五群体 …"""

    must_report: tuple[MustReport, ...] = Field(default=())

    def groups(self, category: str, flags: frozenset[str], text: str) -> list[MustReport]:
        """The groups to which a matter belongs."""
        return [group for group in self.must_report if group.is_met(category, flags, text)]
