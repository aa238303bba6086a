"""Which commands there are where: each place has those of its pack, and elsewhere their words are talk."""

from collections.abc import Callable, Sequence

from bot.addressing import Addressing
from handlers.commands import COMMANDS, commands_of
from handlers.parsing import Parser, order_words
from handlers.setting import Setting
from models.codes import RecordKind


class Addressings:
    """One reader of messages for each choice of packs, made when it is first needed."""

    def __init__(self, setting: Setting, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._names = setting.policy.bot_names
        self._made: dict[tuple[str, ...], Addressing] = {}
        self.home = self.of((setting,))

    def of(self, settings: Sequence[Setting], kept: frozenset[RecordKind] = frozenset()) -> Addressing:
        """That of a place, or of whoever belongs to several: he has the commands of all of them.

        kept: kinds of records of another pack that run there still.
        """
        commands = commands_of(*(one.policy for one in settings), kept=kept)
        key = tuple(command.name for command in commands)
        if key not in self._made:
            spellings = order_words([word for command in commands for word in command.spellings()])
            elsewhere = [command for command in COMMANDS if command not in commands]
            self._made[key] = Addressing(Parser(spellings, self._names, self._fold), commands, elsewhere)
        return self._made[key]
