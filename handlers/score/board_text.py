"""A month's scores as a message. Made from what was frozen and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.setting import Setting
from models.report_tables import Report

MOST = 15
"""Rows that a message shows of those that stand on neither end of a board."""


def scores_text(setting: Setting, report: Report) -> str:
    """记分榜 or 红黑榜."""
    say, data = setting.words.say, report.data
    month = f"{report.period[:4]}年{int(report.period[5:])}月"
    place, rows = data["node"][1], data["rows"]
    judged = [row for row in rows if row[1] is not None]
    silent = len(rows) - len(judged)
    if "red" in data:
        lines = [say("boards.companies", month=month, place=place, count=len(rows))]
        if not judged:
            return "\n".join([*lines, say("boards.nothing")])
        by_name = {row[0]: row for row in judged}
        for name in ("red", "black"):
            listed = [_row(setting, by_name[one]) for one in data[name]]
            lines += [say(f"boards.{name}"), *(listed or [say("boards.none")])]
        between = len(judged) - len(data["red"]) - len(data["black"])
        lines += [say("boards.between", count=between)] if between else []
        lines += [say("boards.silent", count=silent)] if silent else []
    else:
        lines = [say("boards.grids", month=month, place=place)]
        if not judged:
            return "\n".join([*lines, say("boards.nothing")])
        lines += [
            say("boards.place", place=at, row=_row(setting, row)) for at, row in enumerate(judged[:MOST], start=1)
        ]
        lines += [say("boards.more", count=len(judged) - MOST)] if len(judged) > MOST else []
    weights = "、".join(f"{setting.words.name('figure', name)}{weight}" for name, weight in data["weights"].items())
    lines.append(say("boards.weights", weights=weights))
    lines.append(say("report.made", at=setting.moment(report.made_at)))
    return "\n".join(lines)


def _row(setting: Setting, row: Sequence[Any]) -> str:
    name, score, figures, cases, new, _ = row
    shown = [_figure(setting, key, value, cases) for key, value in figures.items() if value is not None]
    parts = "、".join(one for one in shown if one)
    shown = [parts, setting.words.say("boards.new", new=new)]
    return setting.words.say(
        "boards.row",
        name=name,
        score=f"{score / 10:g}",
        parts=setting.words.say("boards.semicolon").join(filter(None, shown)),
    )


def _figure(setting: Setting, name: str, value: int, cases: Mapping[str, int]) -> str:
    called = setting.words.name("figure", name)
    if name in cases:
        return setting.words.say("boards.cases", name=called, count=cases[name]) if cases[name] else ""
    return f"{called}{value / 10:g}%"
