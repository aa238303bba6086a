"""Writing the empty spreadsheet: headers with help, lists to choose from, two examples a sheet."""

from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from bot.roster.columns import LISTS, MANUAL, NOTE, SHEETS, Sheet, Titles
from bot.roster.problems import RosterError
from bot.usage import file_sentence
from handlers.wording import Wording

LAST_ROW = 100_000
"""Down to here cells are checked by Excel itself."""
_AS_TEXT = "@"
_HEADER = PatternFill("solid", fgColor="D9E8F5")
_PALE = Font(italic=True, color="808080")
MANUAL_LINES = 7


def write_template(path: Path, words: Wording, titles: Titles) -> None:
    """Write the file, which must not be there yet. Raises RosterError."""
    if path.suffix.lower() != ".xlsx":
        raise RosterError(words.say("import.file_name"))
    if path.exists():
        raise RosterError(words.say("import.file_kept", file=path.name))
    book = openpyxl.Workbook()
    manual = book.active
    manual.title = titles.sheet(MANUAL)
    _manual(manual, words, titles)
    tables = {sheet.key: book.create_sheet(titles.sheet(sheet.key)) for sheet in SHEETS}
    lists = book.create_sheet(titles.sheet(LISTS))
    lists.sheet_state = "hidden"
    for sheet in SHEETS:
        _sheet(tables[sheet.key], sheet, words, titles)
    _lists(lists, tables, titles)
    try:
        book.save(path)
    except OSError as error:
        raise RosterError(file_sentence(path.name, error)) from None


def _manual(table: Any, words: Wording, titles: Titles) -> None:
    """What to do, then each column of each sheet."""
    for number in range(1, MANUAL_LINES + 1):
        table.append([words.name("manual", f"line_{number}")])
    table.append([])
    for sheet in SHEETS:
        for column in sheet.columns:
            table.append([titles.sheet(sheet.key), titles.column(column.key), words.name("column_help", column.key)])
    for letter, width in (("A", 12), ("B", 14), ("C", 90)):
        table.column_dimensions[letter].width = width


def _sheet(table: Any, sheet: Sheet, words: Wording, titles: Titles) -> None:
    table.append([titles.column(column.key) for column in sheet.columns])
    for example in sheet.examples:
        table.append([*example, words.say("import.example")])
    for place, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(place)
        table.column_dimensions[letter].width = 24 if column.free else 16
        # As text, or Excel makes numbers and dates of codes: 007 becomes 7, 1-2 the second of January.
        table.column_dimensions[letter].number_format = _AS_TEXT
        head = table.cell(1, place)
        head.fill, head.font, head.alignment = _HEADER, Font(bold=True), Alignment(vertical="center")
        head.comment = Comment(words.name("column_help", column.key), titles.sheet(MANUAL), height=90, width=260)
        for row in range(2, 2 + len(sheet.examples)):
            cell = table.cell(row, place)
            cell.number_format, cell.font = _AS_TEXT, _PALE
    table.freeze_panes = "A2"


def _lists(lists: Any, tables: dict[str, Any], titles: Titles) -> None:
    """The words to choose from stand in a hidden sheet: a list in the cell itself may have 255 signs only."""
    place = 0
    for sheet in SHEETS:
        for number, column in enumerate(sheet.columns, start=1):
            if column.choice is None or column is NOTE:
                continue
            place += 1
            choices = list(titles.choices(column.choice))
            for row, choice in enumerate(choices, start=1):
                lists.cell(row, place, choice)
            letter = get_column_letter(place)
            source = f"'{lists.title}'!${letter}$1:${letter}${len(choices)}"
            rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=True)
            tables[sheet.key].add_data_validation(rule)
            target = get_column_letter(number)
            rule.add(f"{target}2:{target}{LAST_ROW}")
