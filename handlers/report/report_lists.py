"""The lists of a report: categories, what is unusual, weak signals, places and organisations, what is overdue."""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.report.report_words import category_of, mean_of, percent
from handlers.setting import Setting
from handlers.talk import weak_figures

MOST = 5
"""Rows of a list that a message shows; the rest is in the table for the operator."""


def categories(setting: Setting, data: Mapping[str, Any]) -> list[str]:
    rows = sorted(data["all"]["categories"].items(), key=lambda row: (-row[1], row[0]))
    if not rows:
        return []
    named = [row for row in rows if row[1] >= max(setting.policy.reports.least, data.get("least", 1))][:MOST]
    shown = "、".join(f"{category_of(setting, data, code)}{number}" for code, number in named)
    rest = sum(number for _, number in rows) - sum(number for _, number in named)
    shown += setting.words.say("report.others", count=rest) if rest else ""
    return [setting.words.say("report.categories", shown=shown)]


def unusual(setting: Setting, data: Mapping[str, Any], *, month: bool = False) -> list[str]:
    say, weeks = setting.words.say, data["weeks"]
    lines = []
    rows = [row for row in data["tendencies"] if row[1]][:MOST]
    if rows:
        key = "report.tendency_month" if month else "report.tendency"
        key = key if weeks else "report.tendency_first"
        shown = (
            say(key, category=category_of(setting, data, category), count=number, usual=mean_of(usual, weeks))
            for category, number, usual in rows
        )
        lines.append(say("report.categories", shown="、".join(shown)))
    if data["bursts"]:
        lines.append(say("report.bursts"))
        for category, day, number, usual, nodes in data["bursts"][:MOST]:
            name, weekday = category_of(setting, data, category), say(f"weekday.{day}")
            mean = mean_of(usual, weeks)
            lines.append(say("report.burst", weekday=weekday, category=name, count=number, usual=mean, nodes=nodes))
    for category, area, number, usual in data.get("areas", [])[:MOST]:
        name, mean = category_of(setting, data, category), mean_of(usual, weeks)
        key = "report.area_month" if month else "report.area"
        lines.append(say(key, area=area, category=name, count=number, usual=mean))
    if data["signs"]:
        lines.append(say("report.signs"))
        for why, category, number, nodes in data["signs"][:MOST]:
            name = category_of(setting, data, category)
            key = "report_sign.category_month" if month and why == "category" else f"report_sign.{why}"
            lines.append(say(key, category=name, count=number, nodes=nodes))
    if data["doubtful"]:
        lines.append(say("report.doubtful", count=data["doubtful"]))
    return lines


def weak_signals(setting: Setting, data: Mapping[str, Any]) -> list[str]:
    """Weak signals by field, where the policy counts them."""
    weak = data.get("weak")
    if not weak or not (weak["count"] or weak["registered"] or weak["dropped"]):
        return []
    fields = weak_figures.shown(setting, [(name, count) for name, count in weak["fields"]], data.get("least", 1))
    figures = {key: weak[key] for key in ("count", "registered", "dropped", "year")}
    return [setting.words.say("weak.report", fields=fields, **figures)]


def rows_of(setting: Setting, key: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """The busiest places or organisations with how much of it was solved, the rest as a number."""
    say = setting.words.say
    busy = [row for row in rows if row[1]["new"] or row[1]["finished"] or row[1]["late"]]
    if not busy:
        return []
    busy = sorted(busy, key=lambda row: (-row[1]["new"], -row[1]["late"], row[0]))
    lines = [say(key)]
    for name, tally in busy[:MOST]:
        late = say("report.row_late", late=tally["late"]) if tally["late"] else ""
        rate = percent(tally["solved"], tally["new"])
        shown = "report.row" if tally["new"] else "report.row_none"
        lines.append(say(shown, name=name, new=tally["new"], solved=tally["solved"], rate=rate, late=late))
    return lines + ([say("report.more", count=len(busy) - MOST)] if len(busy) > MOST else [])


def overdue(setting: Setting, data: Mapping[str, Any]) -> list[str]:
    """What is overdue, by number; of several 村社区 each with its own."""
    rows = data.get("overdue", [])
    if not rows:
        return []
    far = len({row[0] for row in rows}) > 1
    shown = [_overdue_line(setting, data, row, far) for row in rows]
    rest = data["all"]["late"] - len(rows)
    more = [setting.words.say("report.more_late", count=rest)] if rest > 0 else []
    return [setting.words.say("report.overdue"), *shown, *more]


def _overdue_line(setting: Setting, data: Mapping[str, Any], row: Sequence[Any], far: bool) -> str:
    scope, number, category, place = row
    called = f"{scope}-{number}" if far else f"#{number}"
    if not category:
        return setting.words.say("report.overdue_private", number=called)
    return setting.words.say(
        "report.overdue_line", number=called, category=category_of(setting, data, category), place=place
    )
