"""Opening the spreadsheet and reading its rows: bytes in, text by sheet, row and column out."""

import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries

from bot.roster.cells import BadCell, text_of
from bot.roster.columns import LISTS, MANUAL, NOTE, SHEETS, Column, Sheet, Titles
from bot.roster.problems import Problems, RosterError, Spot
from bot.usage import file_sentence
from handlers.wording import Wording

Advance = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done and, where it is known, how much there is."""

STEP = 1000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_END_OF_ROWS = re.compile(rb"</(?:\w+:)?sheetData>|<(?:\w+:)?sheetData\s*/>")
_MERGED = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]+\d+:[A-Z]+\d+)"')


@dataclass(frozen=True, slots=True)
class Row:
    """A row with something in it; number as Excel counts, cells by a column's key, "" where nothing stands."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "")


Rows = Mapping[str, Sequence[Row]]
"""The rows of each sheet by its key."""


class Reader:
    """Reads one file. What is wrong with single cells and sheets goes to problems."""

    def __init__(self, words: Wording, titles: Titles, problems: Problems, advance: Advance) -> None:
        self._words = words
        self._titles = titles
        self._problems = problems
        self._advance = advance

    def read(self, path: Path) -> Rows:
        """All rows but the examples. Raises RosterError when the file itself is of no use."""
        self._look_at(path)
        with self._opened(path) as book:
            rows = {sheet.key: self._rows(book, sheet) for sheet in SHEETS}
            own = {self._titles.sheet(key) for key in (MANUAL, LISTS)} | {self._titles.sheet(s.key) for s in SHEETS}
            strange = [name for name in book.sheetnames if name.strip() not in own]
        if strange:
            self._problems.note("sheets_unread", names="、".join(strange))
        if not any(rows.values()) and not len(self._problems):
            raise RosterError(self._words.say("import.nothing", file=path.name))
        return rows

    def _look_at(self, path: Path) -> None:
        """A sentence for what is no .xlsx at all."""
        try:
            with path.open("rb") as file:
                head = file.read(4)
        except OSError as error:
            raise RosterError(file_sentence(path.name, error)) from None
        if not head:
            raise RosterError(self._words.say("import.file_empty", file=path.name))
        if head == _OLD_OFFICE:
            raise RosterError(self._words.say("import.file_old", file=path.name))
        if head != b"PK\x03\x04":
            raise RosterError(self._words.say("import.file_other", file=path.name))

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Any]:
        """The workbook, read row by row; openpyxl warns of decorations that it does not know."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                book = openpyxl.load_workbook(path, read_only=True)
                try:
                    yield book
                finally:
                    book.close()
            except RosterError:
                raise
            except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, SyntaxError, EOFError):
                # SyntaxError: what the XML parser raises for broken XML.
                raise RosterError(self._words.say("import.file_broken", file=path.name)) from None

    def _rows(self, book: Any, sheet: Sheet) -> list[Row]:
        title = self._titles.sheet(sheet.key)
        name = next((name for name in book.sheetnames if name.strip() == title), None)
        if name is None:
            self._problems.add(Spot(sheet.key), "no_sheet")
            return []
        table = book[name]
        if not hasattr(table, "iter_rows"):  # a chart has a sheet of its own
            self._problems.add(Spot(sheet.key), "no_sheet")
            return []
        total = table.max_row
        table.reset_dimensions()  # some programs write a wrong size, and what lies outside would not be read
        rows = table.iter_rows(values_only=True)
        columns = self._header(sheet, next(rows, ()))
        self._merged(table, sheet, columns)
        if columns is None:
            return []
        examples = 0
        found = []
        for number, values in enumerate(rows, start=2):
            if number % STEP == 0:
                self._advance(title, number, total)
            if not any(value not in (None, "") for value in values):
                continue
            row = self._row(sheet, columns, number, values)
            if row is None:
                continue
            if self._is_example(sheet, row):
                examples += 1
            else:
                found.append(row)
        if examples:
            self._problems.note("examples_unread", sheet=title, count=examples)
        return found

    def _header(self, sheet: Sheet, titles: Sequence[object]) -> dict[int, Column] | None:
        """Column by place; None when the first row is no header."""
        by_title = {self._titles.column(column.key): column for column in sheet.columns}
        columns: dict[int, Column] = {}
        strange = []
        for place, value in enumerate(titles):
            title = "" if value is None else str(value).strip().rstrip("*＊")
            column = by_title.get(title)
            if column is None:
                strange += [title] if title else []
            elif column in columns.values():
                self._problems.add(Spot(sheet.key, 1), "column_twice", column=title)
            else:
                columns[place] = column
        missing = [title for title, column in by_title.items() if column.needed and column not in columns.values()]
        self._problems.letters(sheet.key, {column.key: get_column_letter(at + 1) for at, column in columns.items()})
        if missing:
            self._problems.add(Spot(sheet.key, 1), "no_column", columns="、".join(missing))
            return None
        if strange:
            self._problems.note("columns_unread", sheet=self._titles.sheet(sheet.key), names="、".join(strange))
        return columns

    def _row(self, sheet: Sheet, columns: Mapping[int, Column], number: int, values: Sequence[object]) -> Row | None:
        """None where nothing but notes stands."""
        cells: dict[str, str] = {}
        for place, column in columns.items():
            if place >= len(values) or column.key == NOTE.key:
                continue
            try:
                cells[column.key] = text_of(values[place], free=column.free, loose=column.loose)
            except BadCell as bad:
                self._problems.add(Spot(sheet.key, number, column.key), str(bad))
                cells[column.key] = BAD
        note = next((values[at] for at, column in columns.items() if column is NOTE and at < len(values)), None)
        if not any(cells.values()):
            return None
        return Row(number, cells | {NOTE.key: "" if note is None else str(note).strip()})

    def _is_example(self, sheet: Sheet, row: Row) -> bool:
        """One of the template's own rows. Who has written over it has to say that he means it."""
        keys = [column.key for column in sheet.columns if column is not NOTE]
        if tuple(row[key] for key in keys) in sheet.examples:
            return True
        if row[NOTE.key] == self._words.say("import.example"):
            self._problems.add(Spot(sheet.key, row.number, NOTE.key), "example_changed")
        return False

    def _merged(self, table: Any, sheet: Sheet, columns: Mapping[int, Column] | None) -> None:
        """Merged cells hold their value once, and what a row of them means is a guess."""
        for first in _merged_cells(table):
            left, top, right, bottom = range_boundaries(first)
            column = None if columns is None else columns.get(left - 1)
            spot = Spot(sheet.key, top, None if column is None else column.key)
            cells = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
            self._problems.add(spot, "merged", cells=cells)


BAD = "\x00"
"""Stands in a cell about which something was said already; cells never hold it otherwise."""


def _merged_cells(table: Any) -> list[str]:
    """Ranges of merged cells. They stand behind the rows, which openpyxl does not read when it reads row by row."""
    tail: bytes | None = None
    head = b""
    with table._get_source() as source:
        while chunk := source.read(1 << 20):
            if tail is not None:
                tail += chunk
                continue
            head = head[-64:] + chunk
            found = _END_OF_ROWS.search(head)
            tail = None if found is None else head[found.end() :]
    return [match.decode() for match in _MERGED.findall(tail or b"")]
