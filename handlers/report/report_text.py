"""A frozen report as a message: plain Chinese, short enough for a phone. Made from what was frozen and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from handlers.report.report_lists import categories, overdue, rows_of, unusual, weak_signals
from handlers.report.report_words import day_of, percent, time_of
from handlers.setting import Setting
from models.codes import NodeLevel
from models.report_tables import Report


def text_of(setting: Setting, report: Report) -> str:
    """The message."""
    data, say = report.data, setting.words.say
    first, last = (date.fromisoformat(day) for day in data["days"])
    span = say(
        f"report_span.{report.kind}", year=first.year, month=first.month, since=day_of(first), until=day_of(last)
    )
    lines = [say("report.head", span=span, place=data["node"][1])]
    lines += _figures(setting, data["all"])
    lines += _outcomes(setting, data)
    if (rounds := data.get("rounds")) and rounds["due"]:
        lines.append(say("report.rounds", **rounds, rate=percent(rounds["done"], rounds["due"])))
    if report.kind == "week":
        lines += _stages(setting, data["all"])
        lines += unusual(setting, data)
    else:
        lines += _goal(setting, data["all"])
        lines += _stages(setting, data["all"])
        lines += _by_level(setting, data["all"])
        lines += unusual(setting, data, month=True) if "tendencies" in data else categories(setting, data)
    lines += weak_signals(setting, data)
    lines += rows_of(setting, "report.places", [(name, tally) for _, name, _, tally in _right_below(data)])
    if report.kind == "month":
        lines += rows_of(setting, "report.organisations", [(name, tally) for name, _, tally in data["organisations"]])
    lines += overdue(setting, data)
    if says_anything(data):
        lines.append(say("report.made", at=setting.moment(report.until)))
        lines += [say("report.rebuilt")] if data.get("rebuilt") else []
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
        lines.append(say("report.median", time=time_of(setting, tally["median"])))
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
    span = say(f"report_span.{whole.kind}", year=first.year, month=first.month, since=day_of(first), until=day_of(last))
    values = {"name": setting.policy.reports.rate_name, "rate": percent(tally["solved"], tally["new"])}
    share = say("report.feedback_share", place=whole.data["node"][1], **values) if tally["new"] else ""
    head = say("report.feedback", span=span, share=share)
    return "\n".join([head, *lines])


def _right_below(data: Mapping[str, Any]) -> list[Sequence[Any]]:
    """The places of the message: what lies right below, or the grids where the rows hold both."""
    return [row for row in data["places"] if row[0] in data["below"]]
