"""What is wrong with a spreadsheet: gathered first, told at once, each with its place and its remedy."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.roster.columns import SHEETS, Sheet, Titles
from handlers.wording import Wording


class RosterError(Exception):
    """Nothing was imported. str() is one Chinese sentence, or one line for each thing to mend."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the spreadsheet. row counts as Excel does; column is a column's key. None: the whole sheet."""

    sheet: str
    row: int | None = None
    column: str | None = None


class Problems:
    """Collects problems and notes, in any order."""

    def __init__(self, words: Wording, titles: Titles) -> None:
        self._words = words
        self._titles = titles
        self._letters: dict[tuple[str, str], str] = {}
        self._found: dict[tuple[Spot, str], None] = {}
        self.notes: list[str] = []

    def __len__(self) -> int:
        return len(self._found)

    def letters(self, sheet: str, letters: dict[str, str]) -> None:
        """Which letter each column of a sheet has there."""
        self._letters |= {(sheet, key): letter for key, letter in letters.items()}

    def add(self, spot: Spot, key: str, /, **values: object) -> None:
        """Something that keeps everything from being imported; key names a sentence."""
        self._found[spot, self._words.say(f"import.{key}", **values)] = None

    def note(self, key: str, /, **values: object) -> None:
        """Something to know; nothing stops because of it."""
        self.notes.append(self._words.say(f"import.{key}", **values))

    def sound(self, *sheets: Sheet) -> bool:
        """Whether nothing was found in these sheets."""
        return not {spot.sheet for spot, _ in self._found} & {sheet.key for sheet in sheets}

    def stop(self) -> None:
        """Raises RosterError with everything found so far, if there is anything."""
        if not self._found:
            return
        order = {sheet.key: place for place, sheet in enumerate(SHEETS)}
        found = sorted(
            self._found,
            key=lambda one: (
                order[one[0].sheet],
                one[0].row or 0,
                self._letter(one[0]).rjust(3),
            ),
        )
        lines = [f"{self.place(spot)}：{sentence}" for spot, sentence in found]
        raise RosterError("\n".join([self._words.say("import.stopped", count=len(lines)), *lines]))

    def place(self, spot: Spot) -> str:
        """「人员」第 5 行 C 列（手机号）"""
        text = self._words.say("import.place", sheet=self._titles.sheet(spot.sheet))
        if spot.row is not None:
            text += self._words.say("import.place_row", row=spot.row)
        if spot.column is not None:
            title, letter = self._titles.column(spot.column), self._letter(spot)
            text += self._words.say("import.place_column", letter=letter, column=title)
        return text

    def _letter(self, spot: Spot) -> str:
        return "" if spot.column is None else self._letters.get((spot.sheet, spot.column), "")


def listed(names: Sequence[str], more: str, most: int = 10) -> str:
    """「张三、李四」, or the first ten and what is said instead of the others."""
    shown = "、".join(names[:most])
    return shown if len(names) <= most else shown + more
