"""The questions that every sheet asks of its cells. Who asks is told None, and the problem is noted."""

from collections.abc import Iterable

from bot.roster.columns import PEOPLE, Sheet, Titles
from bot.roster.problems import Problems, Spot
from bot.roster.workbook import BAD, Row
from models.roster import Roster


class Checks:
    """Checks against the roster as far as it is laid out. What is no use and has been said already is passed over."""

    def __init__(self, roster: Roster, titles: Titles, problems: Problems) -> None:
        self._roster = roster
        self._titles = titles
        self._problems = problems

    def wrong(self, sheet: Sheet, at: Row, column: str, key: str, /, **values: object) -> None:
        """Note a problem of a cell."""
        self._problems.add(Spot(sheet.key, at.number, column), key, **values)

    def needed(self, sheet: Sheet, row: Row, column: str) -> str | None:
        """What must stand there."""
        if not row[column]:
            self.wrong(sheet, row, column, "cell_missing")
        return None if row[column] in ("", BAD) else row[column]

    def choice(self, sheet: Sheet, row: Row, column: str, *, needed: bool = True) -> str | None:
        """The code of one of the words to choose from."""
        written = self.needed(sheet, row, column) if needed else row[column]
        if written in (None, "", BAD):
            return None
        group = sheet.column(column).choice
        assert group is not None and written is not None
        code = self._titles.chosen(group, written)
        if code is None:
            self.wrong(
                sheet, row, column, f"no_{group}", written=written, choices="、".join(self._titles.choices(group))
            )
        return code

    def node(self, sheet: Sheet, row: Row) -> str | None:
        """The code of a node that is there, or will be."""
        code = self.needed(sheet, row, "node")
        if code is not None and code not in self._roster.nodes:
            self.wrong(sheet, row, "node", "unknown_node", code=code)
            return None
        return code

    def worker(self, sheet: Sheet, row: Row, column: str) -> str | None:
        """The id of somebody with that 工号; nobody need stand there."""
        written = row[column]
        if written in ("", BAD):
            return None
        person = self._roster.people.get(written)
        if person is None:
            self.wrong(sheet, row, column, "unknown_worker", worker=written, sheet=self._titles.sheet(PEOPLE.key))
        return None if person is None else person.id

    def same(self, sheet: Sheet, row: Row, first: Row, columns: Iterable[str], code: str) -> None:
        """In further rows of the same code the cells are left out or repeated."""
        for column in columns:
            if row[column] not in ("", BAD, first[column]) and first[column] != BAD:
                self.wrong(sheet, row, column, "differs", code=code, row=first.number, before=first[column])
