"""周报 and 月报: counted once when a period is over, frozen, and said again in the same words ever after."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers.context import Context
from handlers.digest import outermost
from handlers.effects import Effect, Remind, Tell
from handlers.figures import count
from handlers.patrolling import share
from handlers.periods import Period, Span, last_over, named, read
from handlers.report_text import says_anything, text_of
from handlers.setting import Setting
from handlers.signs import signs
from models.codes import LEADERS, NodeLevel, PostKind
from models.report_tables import Report
from models.tables import GridNode, Schedule
from models.uow import UnitOfWork

KINDS = {Span.WEEK: "week_report", Span.MONTH: "month_report"}
MOST_PLACES = 3
"""Of how many places that lie apart somebody gets reports at once."""


def weekly(ctx: Context) -> list[Effect]:
    """周报 ‹期›: the speaker's last week, or the one that he names."""
    return _on_request(ctx, Span.WEEK)


def monthly(ctx: Context) -> list[Effect]:
    """月报 ‹期›."""
    return _on_request(ctx, Span.MONTH)


def _on_request(ctx: Context, span: Span) -> list[Effect]:
    person = ctx.me()
    nodes = [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id) if grant.role in LEADERS]
    if not nodes:
        raise ctx.refuse("refuse.leader_only")
    period = read(span, ctx.args.text, ctx.now, ctx.policy.zone)
    if period is None:
        raise ctx.refuse("refuse.which_week" if span is Span.WEEK else "refuse.which_month")
    if not period.is_over(ctx.now):
        due = ctx.policy.digest.sending(span).after(period)
        raise ctx.refuse("refuse.not_over", at=ctx.setting.moment(due))
    effects: list[Effect] = []
    for node in outermost(nodes)[:MOST_PLACES]:
        text = text_of(ctx.setting, frozen(ctx.uow, ctx.setting, node, period, ctx.now))
        effects.append(Tell(person.id, PostKind.REPLY, text, address=ctx.message.sender))
    return effects


def frozen(uow: UnitOfWork, setting: Setting, node: GridNode, period: Period, now: datetime) -> Report:
    """The report of a period that is over; counted and kept when nobody has asked for it before."""
    assert node.id is not None
    uow.lock("report", period.span.value, period.name, node.id)
    found = uow.reports.get(period.span.value, period.name, node.id)
    if found is not None:
        return found
    nodes = {one.id: one for one in [*uow.places.line(node), *uow.places.below(node.path)] if one.id is not None}
    since, until, path = period.since, period.until, node.path
    opened, steps = uow.reports.opened(path, since, until), uow.reports.steps(path, since, until)
    firms = {ticket.organisation_id for ticket in [*opened, *(step.ticket for step in steps)]}
    names = {key: uow.organisations.get(key).name for key in sorted(key for key in firms if key is not None)}
    data = {
        "node": [node.code, node.name, node.level.value],
        "days": [period.first.isoformat(), (period.end - timedelta(days=1)).isoformat()],
        **count(node, nodes, names, opened, steps, uow.reports.overdue(path, until)),
    }
    if period.span is Span.WEEK:
        rule = setting.policy.reports
        now_up = uow.reports.came_up(path, since, until)
        before = uow.reports.times(path, since - timedelta(days=7 * rule.baseline_weeks), since)
        common = frozenset((setting.words.get("cue.common") or "").split())
        data |= signs(rule, period, common, now_up, before)
    if setting.policy.patrols.on and setting.policy.patrols.every != "never":
        data["rounds"] = share(uow, setting, node, since, until)
    data["names"] = {code: setting.taxonomy[code].name for code in _codes(data) if code in setting.taxonomy}
    report = Report(
        kind=period.span.value,
        period=period.name,
        node_id=node.id,
        since=since,
        until=until,
        made_at=now,
        data=data,
        hash="",
    )
    # Of a period without anything there is nothing to keep.
    return uow.reports.freeze(report) if says_anything(data) else report


def _codes(data: Mapping[str, Any]) -> list[str]:
    """The categories that the report may name; their names are frozen with it."""
    rows = [row[0] for name in ("tendencies", "bursts") for row in data.get(name, [])]
    return sorted({*data["all"]["categories"], *rows, *(row[1] for row in data.get("signs", []))})


# -- by themselves --------------------------------------------------------------------------------


def plan_reports(uow: UnitOfWork, setting: Setting, scope: GridNode, now: datetime) -> list[Remind]:
    """The next weekly and monthly reports of the nodes of a scope's line that get them."""
    return [
        _plan(setting, span, node, now)
        for span in Span
        for node in uow.places.line(scope)
        if _gets(setting, span, node)
    ]


def _gets(setting: Setting, span: Span, node: GridNode) -> bool:
    """Whether the leaders of the node get that report unasked: by its level, or as the top of a tree below these."""
    rule, order = setting.policy.digest, list(NodeLevel)
    levels = rule.weekly_levels if span is Span.WEEK else rule.monthly_levels
    if node.level in levels:
        return True
    return node.parent_id is None and bool(levels) and order.index(node.level) > max(map(order.index, levels))


def _plan(setting: Setting, span: Span, node: GridNode, now: datetime) -> Remind:
    """The first report of a period that leaves after now."""
    at, period = setting.policy.digest.sending(span), last_over(span, now, setting.policy.zone)
    while at.after(period) <= now:
        period = period.after()
    return Remind(KINDS[span], str(node.id), period.name, at.after(period))


def send_report(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """The report of the schedule's period to everyone who leads the node itself; none of a period without anything."""
    span = next(span for span, kind in KINDS.items() if kind == schedule.kind)
    node = uow.places.node(int(schedule.subject))
    effects: list[Effect] = [_plan(setting, span, node, now)] if _gets(setting, span, node) else []
    report = frozen(uow, setting, node, named(span, schedule.period, setting.policy.zone), now)
    if not says_anything(report.data):
        return effects
    text = text_of(setting, report)
    rooms = uow.places.rooms_below(node.path)
    room_id = rooms[0].id if rooms else None
    people = uow.people.holders(node, LEADERS)
    return effects + [Tell(person.id, PostKind.DIGEST, text, room_id=room_id) for person in people]
