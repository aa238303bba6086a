"""What a command is: declared once, with its spellings, who may use it, where, and its help."""

from collections.abc import Callable
from dataclasses import dataclass

from handlers.context import Context
from handlers.effects import Effect
from handlers.parsing import Needs, Word
from handlers.policy.pack import Policy
from handlers.wording import Wording
from models.codes import LEADERS, STAFF, RecordKind, Role

OPERATORS = frozenset({Role.ADMIN, Role.VILLAGE, Role.TOWN, Role.DISTRICT, Role.HEAD})
"""Who may speak for all rooms."""

Handler = Callable[[Context], list[Effect]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    words are its spellings, the first its name. who None = everybody; otherwise one of these
    roles at the room (or at the ticket, which the handler checks); relation says in Chinese what
    else the handler asks of the speaker. example is a line that must parse as this command.
    guessed: a word that is nearly its own is asked about; not where that is common too (看到, 加班).
    everyday: its word is what neighbours say to each other too, so that in a group it is talk unless its speaker may
    do it.
    at_door: heard in rooms that are unknown or off too. unchecked: works while roles are being checked.
    for_reviewers: whoever was asked about the ticket as one of a panel may use it too.
    shown_to: whom 帮助 names it to, where those are fewer than may use it; whoever else needs it is told when he does.
    for_members: whoever answers for the organisation that has the ticket may use it too, whatever his roles; what is
    not about one ticket, whoever belongs to any.
    records: its number is that of a record of these kinds, not of a ticket. also: it may be, beside that of a ticket.
    offered: whether a town with that policy has it at all; where it has not, its words are talk.
    remembered: what it was said about may be added to by what is said next, as if it had been heard.
    listed: whether there is anything of that number, of what is no ticket; in a group it is talk where there is not.
    ask: what its speaker is asked, he alone, where a line of a group may be it and may be talk.
    heeded: words of harm behind it are heard even where it is refused.
    lasting: a place keeps it, whatever pack it gets, as long as a record of these kinds is open there.
    """

    words: tuple[str, ...]
    needs: Needs
    run: Handler
    usage: str
    help: str
    example: str
    who: frozenset[Role] | None = None
    relation: str = ""
    in_group: bool = True
    in_private: bool = True
    guessed: bool = True
    everyday: bool = False
    for_members: bool = False
    at_door: bool = False
    unchecked: bool = False
    records: frozenset[RecordKind] = frozenset()
    also: frozenset[RecordKind] = frozenset()
    remembered: bool = False
    for_reviewers: bool = False
    shown_to: frozenset[Role] | None = None
    offered: Callable[[Policy], bool] = lambda _: True
    listed: Callable[[Policy, int], bool] | None = None
    lasting: frozenset[RecordKind] = frozenset()
    ask: Handler | None = None
    heeded: bool = False

    def helps(self, roles: frozenset[Role]) -> bool:
        """Whether 帮助 names it to somebody with these roles."""
        return self.open_to(roles) and (self.shown_to is None or bool(roles & self.shown_to))

    @property
    def name(self) -> str:
        return f"{self.words[0]}:{self.needs.value}"

    @property
    def takes_number(self) -> bool:
        return self.needs in (Needs.NUMBER, Needs.NUMBER_TEXT)

    @property
    def takes_signals(self) -> bool:
        return self.needs in (Needs.SIGNALS, Needs.SIGNALS_OR_REST)

    def open_to(self, roles: frozenset[Role]) -> bool:
        """Whether somebody with these roles may use it at all."""
        return self.who is None or bool(roles & self.who)

    def named_roles(self, words: Wording) -> str:
        """Who may use it, in Chinese; the ranks of the staff are not told one by one."""
        who = self.who or frozenset()
        groups = {"staff": STAFF, "leading": frozenset(LEADERS), "operators": OPERATORS}
        name, group = next(((name, group) for name, group in groups.items() if group <= who), ("", frozenset()))
        single = [words.name("role", role.value) for role in Role if role in who - group]
        return "、".join(single + ([words.name("role_group", name)] if name else []))

    def spellings(self) -> list[Word]:
        return [Word(text, self.name, self.needs) for text in self.words]
