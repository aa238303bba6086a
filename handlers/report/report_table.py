"""A frozen report as a table for the operator: CSV, one row for the whole, each place and each organisation."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from handlers.report.report_words import percent
from handlers.setting import Setting
from models.codes import NodeLevel
from models.report_tables import Report

_UNUSUAL = "=+-@\t\r"
"""With one of these at its beginning a cell would be taken for a formula."""


def table_of(setting: Setting, report: Report) -> str:
    """Everything as CSV: the whole, each place, each organisation; one row each."""
    words, data = setting.words, report.data
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([words.say(f"table.{name}") for name in _COLUMNS])
    code, name, level = data["node"]
    writer.writerow(_cells(setting, "all", code, name, level, data["all"]))
    for code, name, level, tally in data["places"]:
        writer.writerow(_cells(setting, "place", code, name, level, tally))
    for name, _, tally in data["organisations"]:
        writer.writerow(_cells(setting, "organisation", "", name, "", tally))
    return out.getvalue()


_COLUMNS = (
    "what", "code", "name", "level", "new", "solved", "rate", "finished", "in_time", "late", "in_time_rate", "hours",
    "satisfied", "fair", "dissatisfied", "confirmed", "unrated", "settled", "failed", *(f"at_{v}" for v in NodeLevel),
)  # fmt: skip


def _cells(setting: Setting, what: str, code: str, name: str, level: str, tally: Mapping[str, Any]) -> list[object]:
    median, done = tally["median"], tally["finished"] + tally["late"]
    return [
        setting.words.say(f"table.{what}"),
        _plain(code),
        _plain(name),
        setting.words.name("level", level) if level else "",
        *(tally[key] for key in ("new", "solved")),
        percent(tally["solved"], tally["new"]),
        *(tally[key] for key in ("finished", "in_time", "late")),
        percent(tally["in_time"], done),
        "" if median is None else f"{median / 60:.1f}",
        *(tally["grades"].get(key, 0) for key in ("satisfied", "fair", "dissatisfied", "confirmed", "unrated")),
        *(tally[key] for key in ("settled", "failed")),
        *(tally["levels"].get(value.value, 0) for value in NodeLevel),
    ]


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _UNUSUAL else cell
