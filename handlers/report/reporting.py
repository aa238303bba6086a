"""周报 and 月报: counted once when a period is over, frozen, and said again in the same words ever after."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.people.deputies import nodes_overseen, stand_in
from handlers.record.rounds import share
from handlers.report.digest import outermost
from handlers.report.figures import at_the_end, count, late_at, may_name, steps_at_the_end
from handlers.report.periods import Period, Span, last_over, named, read
from handlers.report.report_text import feedback_text, says_anything, text_of
from handlers.report.signs import signs
from handlers.score.board_days import plan_boards
from handlers.score.points import plan_points
from handlers.setting import Setting
from handlers.talk import weak_figures
from models.codes import LEADERS, NodeLevel, PostKind
from models.disputes import Figures
from models.report_tables import Report
from models.reports import OWED, Counted
from models.tables import GridNode, Schedule
from models.uow import UnitOfWork

KINDS = {Span.WEEK: "week_report", Span.MONTH: "month_report"}
ON_TIME = timedelta(days=1)
"""A report that is made later after it was due says that it was put together afterwards."""
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
    nodes = nodes_overseen(ctx.uow, person.id, ctx.now)
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
        here = ctx.at(node).setting
        text = text_of(here, frozen(ctx.uow, here, node, period, ctx.now))
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
    then = uow.reports.turned(path, until)
    opened = at_the_end(uow.reports.opened(path, since, until), then)
    steps = steps_at_the_end(uow.reports.steps(path, since, until), then)
    owed = (one for one in at_the_end(uow.reports.overdue(path, until, then), then) if one.status in OWED)
    late = [one for one in owed if late_at(one, until)]
    firms = {ticket.organisation_id for ticket in [*opened, *(step.ticket for step in steps)]}
    names = {key: uow.organisations.get(key).name for key in sorted(key for key in firms if key is not None)}
    data = {
        "node": [node.code, node.name, node.level.value],
        "days": [period.first.isoformat(), (period.end - timedelta(days=1)).isoformat()],
        **count(node, nodes, names, opened, steps, late),
    }
    if now - setting.policy.digest.sending(period.span).after(period) > ON_TIME:
        data["rebuilt"] = True
    rule = setting.policy.reports
    least = _least(uow, setting, node)
    if least > rule.least:
        rule, data["least"] = rule.model_copy(update={"least": least}), least
    if period.span is Span.WEEK or rule.monthly_signs:
        units = rule.baseline_weeks if period.span is Span.WEEK else rule.baseline_months
        now_up = uow.reports.came_up(path, since, until)
        before = uow.reports.times(path, since - units * (until - since), since)
        common = frozenset((setting.words.get("cue.common") or "").split())
        areas = _areas(node, nodes) if rule.areas else None
        data |= signs(rule, period, common, now_up, before, areas)
    data |= weak_figures.figures(uow, setting, path, since, until)
    data |= _more(uow, setting, node, nodes, period, late)
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


def _least(uow: UnitOfWork, setting: Setting, node: GridNode) -> int:
    """The smallest count that may be told: of the packs of all places that are counted, the most careful."""
    if len(setting.packs) < 2:
        return setting.policy.reports.least
    below = [setting.at(uow, one).policy for one in uow.places.with_packs(node.path)]
    return max(policy.reports.least for policy in (setting.policy, *below))


def _areas(node: GridNode, nodes: Mapping[int, GridNode]) -> dict[int, str]:
    """Of each node below the report's the name of what lies right below that."""
    depth = node.path.count("/") - 1
    lines = {key: [int(part) for part in one.path.split("/") if part] for key, one in nodes.items()}
    return {key: nodes[line[depth]].name for key, line in lines.items() if len(line) > depth}


def _more(
    uow: UnitOfWork,
    setting: Setting,
    node: GridNode,
    nodes: Mapping[int, GridNode],
    period: Period,
    late: Sequence[Counted],
) -> dict[str, Any]:
    """What only some towns want said: what is overdue, by number and category; outcomes of disputes as recorded."""
    rule, found = setting.policy.reports, dict[str, Any]()
    if rule.overdue:
        late = sorted(late, key=lambda one: (one.solve_by or period.until, one.id))
        found["overdue"] = [_overdue(uow, nodes, one) for one in late[: rule.overdue]]
    if rule.outcomes:
        # The ledger's own figures are of (since, until].
        moment, year = timedelta(microseconds=1), period.since.replace(month=1, day=1)
        found["disputes"] = {
            name: _outcome(uow.disputes.figures(node.path, since - moment, period.until - moment))
            for name, since in (("period", period.since), ("year", year))
        }
    return found


def _overdue(uow: UnitOfWork, nodes: Mapping[int, GridNode], ticket: Counted) -> list[Any]:
    """[村社区, number, category, place]; of what is private, or talk of a petition, no more than its number."""
    scope = uow.places.node(ticket.scope_id).name
    if ticket.private or not may_name(ticket.category, ticket.flags):
        return [scope, ticket.number, "", ""]
    return [scope, ticket.number, ticket.category, nodes[ticket.node_id].name]


def _outcome(figures: Figures) -> dict[str, Any]:
    """Counts of succeeded, failed and unrecorded disputes, and of methods."""
    counts = {"succeeded": figures.succeeded, "failed": figures.failed, "unrecorded": figures.unrecorded}
    return {**counts, "methods": dict(sorted(figures.methods.items()))}


def _codes(data: Mapping[str, Any]) -> list[str]:
    """The categories that the report may name; their names are frozen with it."""
    rows = [row[0] for name in ("tendencies", "bursts", "areas") for row in data.get(name, [])]
    rows += [row[2] for row in data.get("overdue", []) if row[2]]
    return sorted({*data["all"]["categories"], *rows, *(row[1] for row in data.get("signs", []))})


# -- by themselves --------------------------------------------------------------------------------


def plan_reports(uow: UnitOfWork, setting: Setting, scope: GridNode, now: datetime) -> list[Remind]:
    """The next weekly and monthly reports, rankings and boards of the nodes of a scope's line that get them."""
    line = [(node, setting.at(uow, node)) for node in uow.places.line(scope)]
    reports = [_plan(here, span, node, now) for span in Span for node, here in line if _gets(here, span, node)]
    rankings = [plan for node, here in line for plan in plan_points(here, node, now)]
    return [*reports, *rankings, *(plan for node, here in line for plan in plan_boards(here, node, now))]


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
    people = dict.fromkeys(stand_in(uow, person, now).id for person in uow.people.holders(node, LEADERS))
    effects += [Tell(person_id, PostKind.DIGEST, text, room_id=room_id) for person_id in people]
    return effects + _fed_back(uow, setting, node, report, now, set(people))


def _fed_back(
    uow: UnitOfWork, setting: Setting, node: GridNode, report: Report, now: datetime, known: set[str]
) -> list[Effect]:
    """反馈: with the report of a 村社区 one message to each who leads places below it, about his own places."""
    levels = setting.policy.reports.feedback
    if not levels or node.level is not setting.policy.number_scope:
        return []
    period = named(Span(report.kind), report.period, setting.policy.zone)
    own: dict[str, list[Report]] = {}
    for part in uow.places.below(node.path):
        if part.level in levels and part.id != node.id:
            for holder in uow.people.holders(part, LEADERS):
                person = stand_in(uow, holder, now)
                if person.id not in known:
                    own.setdefault(person.id, []).append(frozen(uow, setting.at(uow, part), part, period, now))
    rooms = uow.places.rooms_below(node.path)
    room_id = rooms[0].id if rooms else None
    return [
        Tell(person_id, PostKind.DIGEST, text, room_id=room_id)
        for person_id, parts in own.items()
        if (text := feedback_text(setting, report, parts)) is not None
    ]
