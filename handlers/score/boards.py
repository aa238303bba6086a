"""记分榜 of places and 红黑榜 of companies: a month's scores, made once of the frozen report and what staff entered."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from handlers.answering import reply, reply_in_private
from handlers.context import Context
from handlers.effects import Effect, Tell
from handlers.people.deputies import nodes_led
from handlers.people.stations import having
from handlers.policy.pack import Policy
from handlers.policy.points import Scoring
from handlers.refusals import Refusal
from handlers.report.digest import outermost
from handlers.report.periods import Period, Span, last_over, month_name, named, read
from handlers.report.reporting import frozen
from handlers.score.awarding import count_against
from handlers.score.board_days import plan_boards
from handlers.score.board_text import scores_text
from handlers.setting import Setting
from models.codes import LEADERS, OUTSIDE, PostKind
from models.organisation_tables import Organisation
from models.report_tables import Report
from models.tables import GridNode, Schedule
from models.uow import UnitOfWork

GRIDS, COMPANIES = "grid_scores", "company_scores"
"""The kinds of frozen reports that hold them."""
MOST = 9999
_ENTRY = re.compile(r"(?P<name>\S+)\s+(?P<what>\S+?)\s*[:：]?\s+(?P<count>\d{1,6})\s*[件次个]?(?:\s+(?P<month>\S+))?")
_NOTHING: Mapping[str, Any] = {"new": 0, "solved": 0, "finished": 0, "in_time": 0, "late": 0, "grades": {}}


# -- what others count ----------------------------------------------------------------------------


def enter(ctx: Context) -> list[Effect]:
    """考核 ‹网格或单位› ‹信访|12345|诉讼› ‹件数› ‹月›, one or many lines (as of a sheet): all or none."""
    lines = [line.strip() for line in unicodedata.normalize("NFKC", ctx.args.text).splitlines() if line.strip()]
    if not lines:
        raise ctx.refuse("refuse.outside_how")
    places = list(outermost(nodes_led(ctx.uow, ctx.me().id, ctx.now)))
    if not places:
        raise ctx.refuse("refuse.leader_only")
    said = []
    for place, line in enumerate(lines, start=1):
        try:
            said.append(_enter_line(ctx, places, line))
        except Refusal as refusal:
            if len(lines) == 1:
                raise
            raise ctx.refuse("refuse.outside_line", line=place, why=str(refusal).rstrip("。")) from None
    return [reply_in_private(ctx, ctx.say("boards.entered", lines="\n".join(said)))]


def _enter_line(ctx: Context, places: Sequence[GridNode], line: str) -> str:
    match = _ENTRY.fullmatch(line)
    if match is None:
        raise ctx.refuse("refuse.outside_how")
    kinds = {word: kind for kind in OUTSIDE for word in (ctx.setting.words.get(f"cue.{kind.value}") or "").split()}
    kind = kinds.get(match["what"])
    if kind is None:
        names = "、".join(ctx.setting.words.name("outside", one.value) for one in OUTSIDE)
        raise ctx.refuse("refuse.outside_what", what=match["what"], names=names)
    period, count = _open_month(ctx, match["month"]), int(match["count"])
    if count > MOST:
        raise ctx.refuse("refuse.outside_many", most=MOST)
    found = _meant(ctx, places, match["name"])
    if ctx.uow.reports.get(*_frozen_key(found, period, places[0])) is not None:
        raise ctx.refuse("refuse.outside_closed", month=month_name(period))
    ctx.uow.points.count_outside(_subject(found), kind, period.name, count, by_id=ctx.me().id, at=ctx.now)
    if isinstance(found, Organisation):
        count_against(ctx.uow, ctx.setting, found, kind, period.name, count, ctx.now)
    what = ctx.setting.words.name("outside", kind.value)
    return ctx.say("boards.entry", name=found.name, what=what, count=count, month=month_name(period))


def _open_month(ctx: Context, said: str | None) -> Period:
    """The month that is meant: the last one as long as its board is not made. Raises Refusal when it is closed."""
    at, zone = ctx.policy.boards.sending(), ctx.policy.zone
    period = last_over(Span.MONTH, ctx.now, zone)
    if said is None:
        return period if ctx.now < at.after(period) else period.after()
    named_month = read(Span.MONTH, said, ctx.now, zone)
    if named_month is None:
        raise ctx.refuse("refuse.outside_how")
    if ctx.now >= at.after(named_month):
        raise ctx.refuse("refuse.outside_closed", month=month_name(named_month))
    return named_month


def _frozen_key(found: GridNode | Organisation, period: Period, top: GridNode) -> tuple[str, str, int]:
    return (COMPANIES if isinstance(found, Organisation) else GRIDS, period.name, top.id or 0)


def _meant(ctx: Context, places: Sequence[GridNode], name: str) -> GridNode | Organisation:
    """The judged place or company of that name or code among what the speaker leads. Raises Refusal."""
    rule = ctx.policy.boards
    nodes = [one for top in places for one in ctx.uow.places.below(top.path) if one.level is rule.grids.level]
    firms = [one for top in places for one in ctx.uow.organisations.around(ctx.uow.places.line(top), top.path)]
    judged: list[GridNode | Organisation] = [*nodes, *(one for one in firms if one.kind is rule.companies.kind)]
    exact = [one for one in judged if name in (one.name, one.code)]
    found = exact or [one for one in judged if name in one.name]
    unique = list({_subject(one): one for one in found}.values())
    if len(unique) != 1:
        key = "refuse.outside_several" if unique else "refuse.outside_nobody"
        raise ctx.refuse(key, name=name, names="、".join(one.name for one in unique[:4]))
    return unique[0]


def _subject(one: GridNode | Organisation) -> str:
    return f"organisation:{one.id}" if isinstance(one, Organisation) else f"node:{one.id}"


# -- the boards -----------------------------------------------------------------------------------


def grids(ctx: Context) -> list[Effect]:
    """记分榜 ‹月›."""
    if not ctx.policy.boards.grids.weights:
        raise ctx.refuse("refuse.no_board")
    return _on_request(ctx, GRIDS)


def companies(ctx: Context) -> list[Effect]:
    """红黑榜 ‹月›."""
    if not ctx.policy.boards.companies.weights:
        raise ctx.refuse("refuse.no_board")
    return _on_request(ctx, COMPANIES)


def _on_request(ctx: Context, kind: str) -> list[Effect]:
    nodes = nodes_led(ctx.uow, ctx.me().id, ctx.now)
    if not nodes:
        raise ctx.refuse("refuse.leader_only")
    period = read(Span.MONTH, ctx.args.text, ctx.now, ctx.policy.zone)
    if period is None:
        raise ctx.refuse("refuse.which_board")
    due = ctx.policy.boards.sending().after(period)
    if ctx.now < due:
        key = "refuse.board_not_yet" if period.is_over(ctx.now) else "refuse.not_over"
        raise ctx.refuse(key, at=ctx.setting.moment(due))
    texts = [
        scores_text(here.setting, scored(ctx.uow, here.setting, kind, node, period, ctx.now))
        for here, node in having(ctx, lambda policy: bool(_rule(policy, kind).weights), outermost(nodes)[:3])[:3]
    ]
    return [reply(ctx, "\n\n".join(texts))]


def _rule(policy: Policy, kind: str) -> Scoring:
    return policy.boards.grids if kind == GRIDS else policy.boards.companies


def scored(uow: UnitOfWork, setting: Setting, kind: str, node: GridNode, period: Period, now: datetime) -> Report:
    """The month's scores at a node; made and kept when nobody has asked for them before."""
    assert node.id is not None
    uow.lock("report", kind, period.name, node.id)
    found = uow.reports.get(kind, period.name, node.id)
    if found is not None:
        return found
    month = frozen(uow, setting, node, period, now).data
    rule = _rule(setting.policy, kind)
    judged = _judged_places(uow, setting, node, month) if kind == GRIDS else _judged_firms(uow, setting, node, month)
    outside = uow.points.outside([subject for subject, _, _ in judged], period.name)
    rows = []
    for subject, name, tally in judged:
        cases = {str(one): outside.get((subject, one), 0) for one in OUTSIDE if one.value in rule.weights}
        figures = _figures(rule, tally, cases)
        enough = (
            kind == GRIDS or tally["new"] + tally["finished"] + tally["late"] >= setting.policy.boards.companies.least
        )
        score = score_of(rule.weights, figures) if enough or any(cases.values()) else None
        rows.append([name, score, figures, cases, tally["new"], tally["late"]])
    rows.sort(key=lambda row: (row[1] is None, -(row[1] or 0), row[5], -row[4], row[0]))
    data: dict[str, Any] = {
        "node": [node.code, node.name, node.level.value],
        "rows": rows,
        "weights": dict(rule.weights),
    }
    if kind == COMPANIES:
        data |= _red_and_black(setting, rows)
    report = Report(
        kind=kind, period=period.name, node_id=node.id, since=period.since, until=period.until, made_at=now, data=data,
        hash="",
    )  # fmt: skip
    return uow.reports.freeze(report) if rows else report


def _red_and_black(setting: Setting, rows: Sequence[Sequence[Any]]) -> dict[str, list[str]]:
    """Names of the first and of the last; scores are in tenths."""
    rule = setting.policy.boards.companies
    red = [name for name, score, *_ in rows if score is not None and score >= rule.red_from * 10]
    black = [name for name, score, *_ in rows if score is not None and score < rule.black_below * 10]
    return {"red": red[: rule.most], "black": black[::-1][: rule.most]}


def _judged_places(
    uow: UnitOfWork, setting: Setting, node: GridNode, month: Mapping[str, Any]
) -> list[tuple[str, str, Mapping[str, Any]]]:
    tallies = {code: tally for code, _, _, tally in month["places"]}
    level = setting.policy.boards.grids.level
    nodes = [one for one in uow.places.below(node.path) if one.level is level]
    own = {node.code: month["all"]}
    return [(f"node:{one.id}", one.name, {**tallies, **own}.get(one.code, _NOTHING)) for one in nodes]


def _judged_firms(
    uow: UnitOfWork, setting: Setting, node: GridNode, month: Mapping[str, Any]
) -> list[tuple[str, str, Mapping[str, Any]]]:
    tallies = {key: tally for _, key, tally in month["organisations"]}
    firms = uow.organisations.around([], node.path)
    kind = setting.policy.boards.companies.kind
    return [(f"organisation:{one.id}", one.name, tallies.get(one.id, _NOTHING)) for one in firms if one.kind is kind]


def _figures(rule: Scoring, tally: Mapping[str, Any], cases: Mapping[str, int]) -> dict[str, int | None]:
    """Each figure of the weights in thousandths; None: there is nothing to make it from."""
    grades = tally["grades"]
    graded = sum(grades.get(name, 0) for name in ("satisfied", "fair", "dissatisfied"))
    shares = {
        "handling": (tally["solved"], tally["new"]),
        "on_time": (tally["in_time"], tally["finished"] + tally["late"]),
        "satisfaction": (grades.get("satisfied", 0), graded),
    }
    found: dict[str, int | None] = {}
    for name in rule.weights:
        if name in shares:
            part, whole = shares[name]
            found[name] = part * 1000 // whole if whole else None
        else:
            found[name] = max(0, 1000 - round(rule.per_case.get(name, 0) * 10) * cases.get(name, 0))
    return found


def score_of(weights: Mapping[str, int], figures: Mapping[str, int | None]) -> int | None:
    """The weighted mean of what is known, in tenths of a point (0 to 1000), rounded down; None when nothing is."""
    known = {name: value for name, value in figures.items() if value is not None}
    total = sum(weights[name] for name in known)
    return sum(weights[name] * value for name, value in known.items()) // total if total else None


def send_boards(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """The boards of the schedule's month to everyone who leads the node itself."""
    node, rule = uow.places.node(int(schedule.subject)), setting.policy.boards
    effects: list[Effect] = list(plan_boards(setting, node, now))
    if not effects:
        return []
    period = named(Span.MONTH, schedule.period, setting.policy.zone)
    rooms = uow.places.rooms_below(node.path)
    room_id = rooms[0].id if rooms else None
    for kind, part in ((GRIDS, rule.grids), (COMPANIES, rule.companies)):
        report = scored(uow, setting, kind, node, period, now) if part.weights else None
        if report is not None and report.data["rows"]:
            text = scores_text(setting, report)
            people = uow.people.holders(node, LEADERS)
            effects += [Tell(person.id, PostKind.DIGEST, text, room_id=room_id) for person in people]
    return effects
