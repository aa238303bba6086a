"""What stands in a cell: text as it was meant, or why it cannot be known."""

import re
import unicodedata
from datetime import date, time, timedelta

EXACT = 10**15
"""Excel keeps fifteen digits of a number; of longer ones the last are lost."""
LONGEST = 60
_ERRORS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}[1-9]\d{6,7}|[48]00\d{7}|[2-9]\d{6,7}")


class BadCell(Exception):
    """The cell cannot be used. str() is the key of a sentence."""


def text_of(value: object, *, free: bool, loose: bool = False) -> str:
    """The text of a cell. Raises BadCell.

    free: words as typed, else without full-width forms and in one piece; loose: blanks mean nothing there.
    """
    if value is None:
        return ""
    if isinstance(value, date | time | timedelta):
        raise BadCell("cell_date")
    if isinstance(value, bool):
        raise BadCell("cell_truth")
    if isinstance(value, int | float):
        return _digits(value)
    if not isinstance(value, str) or value.startswith("="):
        raise BadCell("cell_formula")  # openpyxl's own objects stand for formulas over several cells
    if value in _ERRORS:
        raise BadCell("cell_error")
    text = _plain(value if free else unicodedata.normalize("NFKC", value))
    if len(text) > LONGEST:
        raise BadCell("cell_long")
    if loose:
        return text.replace(" ", "")
    if not free and " " in text:
        raise BadCell("cell_space")
    return text


def _digits(value: float) -> str:
    """13800138000.0 is 13800138000."""
    if abs(value) >= EXACT or value != value:
        raise BadCell("cell_digits")
    return str(int(value)) if value == int(value) else repr(value)


def _plain(text: str) -> str:
    """One blank for any space, none at the ends, nothing invisible."""
    visible = (" " if sign.isspace() else sign for sign in text)
    kept = "".join(sign for sign in visible if unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    return " ".join(kept.split())


def phone_of(text: str) -> str | None:
    """The number without what people put between its digits; None when it is none."""
    digits = re.sub(r"[\s()\-.]", "", text)
    digits = re.sub(r"^(\+86|0086|86(?=1\d{10}$))", "", digits)
    return digits if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits) else None
