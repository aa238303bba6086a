"""A frozen report as a message: plain Chinese, short enough for a phone. Made from what was frozen and nothing else."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from handlers.setting import Setting
from models.codes import NodeLevel
from models.report_tables import Report

MOST = 5
"""Rows of a list that a message shows; the rest is in the table for the operator."""
FINE = 100
"""From so many on a share is given to a tenth."""
_UNUSUAL = "=+-@\t\r"
"""With one of these at its beginning a cell would be taken for a formula."""


def text_of(setting: Setting, report: Report) -> str:
    """The message."""
    data, say = report.data, setting.words.say
    first, last = (date.fromisoformat(day) for day in data["days"])
    span = say(f"report_span.{report.kind}", year=first.year, month=first.month, since=_day(first), until=_day(last))
    lines = [say("report.head", span=span, place=data["node"][1])]
    lines += _figures(setting, data["all"])
    lines += _outcomes(setting, data)
    if (rounds := data.get("rounds")) and rounds["due"]:
        lines.append(say("report.rounds", **rounds, rate=percent(rounds["done"], rounds["due"])))
    if report.kind == "week":
        lines += _stages(setting, data["all"])
        lines += _unusual(setting, data)
    else:
        lines += _goal(setting, data["all"])
        lines += _stages(setting, data["all"])
        lines += _by_level(setting, data["all"])
        lines += _unusual(setting, data, month=True) if "tendencies" in data else _categories(setting, data)
    lines += _weak(setting, data)
    lines += _rows(setting, "report.places", [(name, tally) for _, name, _, tally in _right_below(data)])
    if report.kind == "month":
        lines += _rows(setting, "report.organisations", [(name, tally) for name, _, tally in data["organisations"]])
    lines += _overdue(setting, data)
    if says_anything(data):
        lines.append(say("report.made", at=setting.moment(report.made_at)))
    return "\n".join(lines)


def says_anything(data: Mapping[str, Any]) -> bool:
    """Whether anything happened or waits in what was counted."""
    figures = data["all"]
    if any(figures[name] for name in ("new", "finished", "late", "grades")):
        return True
    return bool(data.get("doubtful") or data.get("weak", {}).get("count") or data.get("rounds", {}).get("done"))


def _figures(setting: Setting, tally: Mapping[str, Any]) -> list[str]:
    say, kinds, grades = setting.words.say, tally["kinds"], tally["grades"]
    shown = "、".join(f"{say(f'kind.{kind}')}{kinds[kind]}" for kind in _kinds(kinds))
    lines = [say("report.new", new=tally["new"], kinds=shown) if shown else say("report.nothing_new")]
    if tally["new"]:
        rate, name = percent(tally["solved"], tally["new"]), setting.policy.reports.rate_name
        lines.append(say("report.solved", solved=tally["solved"], name=name, rate=rate))
    done, late = tally["finished"], tally["late"]
    if done or late:
        rate = percent(tally["in_time"], done + late)
        lines.append(say("report.in_time", finished=done, in_time=tally["in_time"], late=late, rate=rate))
    if tally["median"] is not None:
        lines.append(say("report.median", time=_time(setting, tally["median"])))
    if grades:
        graded = sum(grades.get(name, 0) for name in ("satisfied", "fair", "dissatisfied"))
        asked = graded + grades.get("confirmed", 0) + grades.get("unrated", 0)
        shown = "、".join(
            f"{setting.words.name('rating', name)}{grades[name]}"
            for name in ("satisfied", "fair", "dissatisfied", "confirmed", "unrated")
            if grades.get(name)
        )
        rate = percent(grades.get("satisfied", 0), graded)
        unrated = percent(grades.get("unrated", 0), asked)
        lines.append(say("report.grades", shown=shown, rate=rate, unrated=unrated))
    if (tally["settled"] or tally["failed"]) and not setting.policy.reports.outcomes:
        total = tally["settled"] + tally["failed"]
        lines.append(say("report.mediated", total=total, rate=percent(tally["settled"], total)))
    return lines


def _kinds(kinds: Mapping[str, int]) -> list[str]:
    return [kind for kind in ("wish", "complaint", "dispute") if kinds.get(kind)]


def _by_level(setting: Setting, tally: Mapping[str, Any]) -> list[str]:
    """How much was solved at which level, from the micro-grid up."""
    levels = tally["levels"]
    total = sum(levels.values())
    shown = "、".join(
        f"{setting.words.name('level', level.value)}{percent(levels[level.value], total)}"
        for level in reversed(NodeLevel)
        if levels.get(level.value)
    )
    if not total:
        return []
    mottos = []
    for motto in setting.policy.reports.mottos:
        near = [level for level in NodeLevel if list(NodeLevel).index(level) >= list(NodeLevel).index(motto.level)]
        part = sum(levels.get(level.value, 0) for level in near)
        mottos.append(setting.words.say("report.motto", name=motto.name, rate=percent(part, total)))
    said = [setting.words.say("report.mottos", shown="、".join(mottos))] if mottos else []
    return [setting.words.say("report.levels", shown=shown), *said]


def _goal(setting: Setting, tally: Mapping[str, Any]) -> list[str]:
    """Whether enough of what came up was solved."""
    rule = setting.policy.reports
    if rule.goal is None or not tally["new"]:
        return []
    key = "report.goal_met" if tally["solved"] * 100 >= rule.goal * tally["new"] else "report.goal_missed"
    return [setting.words.say(key, name=rule.rate_name, goal=f"{rule.goal:g}%")]


def _stages(setting: Setting, tally: Mapping[str, Any]) -> list[str]:
    """Of each level, from the micro-grid up: what had come to it, how much of it was solved, how much in time."""
    stages = tally.get("stages", {})
    if not setting.policy.reports.by_level or not stages:
        return []
    lines = [setting.words.say("report.stages")]
    for level in reversed(NodeLevel):
        stage = stages.get(level.value)
        if stage:
            new, solved, late = (stage.get(name, 0) for name in ("new", "solved", "late"))
            due = stage.get("finished", 0) + late
            lines.append(
                setting.words.say(
                    "report.stage" if new else "report.stage_none",
                    level=setting.words.name("level", level.value),
                    new=new,
                    solved=solved,
                    name=setting.policy.reports.rate_name,
                    rate=percent(solved, new),
                    in_time=percent(stage.get("in_time", 0), due),
                    late=setting.words.say("report.row_late", late=late) if late else "",
                )
            )
    return lines


def _outcomes(setting: Setting, data: Mapping[str, Any]) -> list[str]:
    """How disputes ended as their records say, in the period and in the year so far."""
    say, found = setting.words.say, data.get("disputes")
    if not found:
        return []
    lines = []
    for name in ("period", "year"):
        figures = found[name]
        decided = figures["succeeded"] + figures["failed"]
        total = decided + figures["unrecorded"]
        if total and (name == "period" or figures != found["period"]):
            methods = "、".join(f"{method}{count}" for method, count in figures["methods"].items())
            open_ones = say("report.unrecorded", count=figures["unrecorded"]) if figures["unrecorded"] else ""
            shown = say("report.methods", methods=methods) if methods and name == "period" else ""
            rate = percent(figures["succeeded"], decided)
            values = {"total": total, "succeeded": figures["succeeded"], "rate": rate, "unrecorded": open_ones}
            key = "report.outcomes_period" if name == "period" else "report.outcomes_year"
            lines.append(say(key, methods=shown, **values))
    return lines


def _overdue(setting: Setting, data: Mapping[str, Any]) -> list[str]:
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
        "report.overdue_line", number=called, category=_category(setting, data, category), place=place
    )


def feedback_text(setting: Setting, whole: Report, parts: Sequence[Report]) -> str | None:
    """反馈 to whoever leads these places, out of the report of their 村社区; None when there is nothing to say."""
    say = setting.words.say
    first, last = (date.fromisoformat(day) for day in whole.data["days"])
    lines = []
    for part in parts:
        tally = part.data["all"]
        if says_anything(part.data):
            due = tally["finished"] + tally["late"]
            numbers = "、".join(f"#{row[1]}" for row in part.data.get("overdue", []))
            late = say("report.feedback_late", count=tally["late"], numbers=numbers) if tally["late"] else ""
            rate = percent(tally["solved"], tally["new"])
            values = {"name": setting.policy.reports.rate_name, "rate": rate, "in_time": percent(tally["in_time"], due)}
            place = part.data["node"][1]
            key = "report.feedback_row" if tally["new"] else "report.feedback_none"
            lines.append(say(key, place=place, new=tally["new"], solved=tally["solved"], late=late, **values))
    if not lines:
        return None
    tally = whole.data["all"]
    span = say(f"report_span.{whole.kind}", year=first.year, month=first.month, since=_day(first), until=_day(last))
    values = {"name": setting.policy.reports.rate_name, "rate": percent(tally["solved"], tally["new"])}
    share = say("report.feedback_share", place=whole.data["node"][1], **values) if tally["new"] else ""
    head = say("report.feedback", span=span, share=share)
    return "\n".join([head, *lines])


def _categories(setting: Setting, data: Mapping[str, Any]) -> list[str]:
    rows = sorted(data["all"]["categories"].items(), key=lambda row: (-row[1], row[0]))
    if not rows:
        return []
    named = [row for row in rows if row[1] >= max(setting.policy.reports.least, data.get("least", 1))][:MOST]
    shown = "、".join(f"{_category(setting, data, code)}{number}" for code, number in named)
    rest = sum(number for _, number in rows) - sum(number for _, number in named)
    shown += setting.words.say("report.others", count=rest) if rest else ""
    return [setting.words.say("report.categories", shown=shown)]


def _unusual(setting: Setting, data: Mapping[str, Any], *, month: bool = False) -> list[str]:
    say, weeks = setting.words.say, data["weeks"]
    lines = []
    rows = [row for row in data["tendencies"] if row[1]][:MOST]
    if rows:
        key = "report.tendency_month" if month else "report.tendency"
        key = key if weeks else "report.tendency_first"
        shown = (
            say(key, category=_category(setting, data, category), count=number, usual=_mean(usual, weeks))
            for category, number, usual in rows
        )
        lines.append(say("report.categories", shown="、".join(shown)))
    if data["bursts"]:
        lines.append(say("report.bursts"))
        for category, day, number, usual, nodes in data["bursts"][:MOST]:
            name, weekday = _category(setting, data, category), say(f"weekday.{day}")
            mean = _mean(usual, weeks)
            lines.append(say("report.burst", weekday=weekday, category=name, count=number, usual=mean, nodes=nodes))
    for category, area, number, usual in data.get("areas", [])[:MOST]:
        name, mean = _category(setting, data, category), _mean(usual, weeks)
        key = "report.area_month" if month else "report.area"
        lines.append(say(key, area=area, category=name, count=number, usual=mean))
    if data["signs"]:
        lines.append(say("report.signs"))
        for why, category, number, nodes in data["signs"][:MOST]:
            name = _category(setting, data, category)
            key = "report_sign.category_month" if month and why == "category" else f"report_sign.{why}"
            lines.append(say(key, category=name, count=number, nodes=nodes))
    if data["doubtful"]:
        lines.append(say("report.doubtful", count=data["doubtful"]))
    return lines


def _weak(setting: Setting, data: Mapping[str, Any]) -> list[str]:
    """Weak signals by field, where the policy counts them."""
    weak = data.get("weak")
    if not weak or not (weak["count"] or weak["registered"] or weak["dropped"]):
        return []
    named = "、".join(f"{name}{count}" for name, count in weak["fields"])
    fields = setting.words.say("weak.fields", fields=named) if named else ""
    figures = {key: weak[key] for key in ("count", "registered", "dropped", "year")}
    return [setting.words.say("weak.report", fields=fields, **figures)]


def _right_below(data: Mapping[str, Any]) -> list[Sequence[Any]]:
    """The places of the message: what lies right below, or the grids where the rows hold both."""
    return [row for row in data["places"] if row[0] in data["below"]]


def _rows(setting: Setting, key: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
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


def percent(part: int, whole: int) -> str:
    """The share, rounded down so that 100% is only said of everything."""
    if not whole:
        return "—"
    return f"{part * 1000 // whole / 10:g}%" if whole >= FINE else f"{part * 100 // whole}%"


def _mean(total: int, weeks: int) -> str:
    return f"{total / weeks:.1f}".removesuffix(".0") if weeks else "0"


def _time(setting: Setting, minutes: int) -> str:
    if minutes < 60:
        return setting.words.say("report.minutes", count=max(minutes, 1))
    if minutes < 48 * 60:
        return setting.words.say("report.hours", count=f"{minutes / 60:.1f}".removesuffix(".0"))
    return setting.words.say("report.days", count=f"{minutes / 1440:.1f}".removesuffix(".0"))


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _category(setting: Setting, data: Mapping[str, Any], code: str) -> str:
    """As it was called when the report was frozen."""
    name: str | None = data["names"].get(code)
    return name or setting.words.say("report.unnamed")


# -- a table for the operator -----------------------------------------------------------------------


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
