"""Numbers of a policy pack that contradict each other though each of them may stand there."""

from collections.abc import Iterator

from handlers.policy.pack import Policy


def mistakes(policy: Policy) -> Iterator[tuple[str, str]]:
    """(where in the pack, what is wrong and how to mend it), part by part."""
    yield from _points(policy)
    yield from _terms(policy)
    yield from _together(policy)


def _points(policy: Policy) -> Iterator[tuple[str, str]]:
    """More at once than a day or a month allows, so that nobody ever gets what the rule names."""
    for name, rule in policy.points.rules.items():
        where = f"points.rules.{name}"
        for limit, most, of in (("per_day", rule.per_day, "一天"), ("per_month", rule.per_month, "一个月")):
            if most is not None and abs(rule.points) > most:
                what = f"一次 {rule.points} 分，{of}最多只给 {most} 分，永远给不满"
                yield f"{where}.{limit}", f"{what}：请把 {limit} 改大，或把 points 改小。"
        if rule.per_day is not None and rule.per_month is not None and rule.per_day > rule.per_month:
            what = f"一天最多 {rule.per_day} 分，一个月最多只有 {rule.per_month} 分"
            yield f"{where}.per_day", f"{what}：请把 per_month 改大，或把 per_day 改小。"
    once, day = policy.points.adjust_most, policy.points.adjust_per_day
    if day is not None and once > day:
        what = f"一次最多 {once} 分，一天最多只有 {day} 分"
        yield "points.adjust_most", f"{what}：请把 adjust_per_day 改大，或把 adjust_most 改小。"


def _terms(policy: Policy) -> Iterator[tuple[str, str]]:
    """Reminders that come after what they remind of."""
    day = policy.working.days(1).total_seconds() / 3600
    rule = policy.reminders
    for name in ("wish", "complaint", "dispute"):
        term = getattr(policy.deadlines, name)
        if rule.before_hours >= term.solve_days * day:
            whole = term.solve_days * day
            what = f"到期前 {rule.before_hours:g} 个工时提醒，可 deadlines.{name} 一共只有 {whole:g} 个工时"
            yield "reminders.before_hours", f"{what}：请把 before_hours 改小。"
        if rule.respond_before_hours >= term.respond_hours:
            early, whole = rule.respond_before_hours, term.respond_hours
            what = f"受理到期前 {early:g} 个工时提醒，可 deadlines.{name} 一共只有 {whole:g} 个工时"
            yield "reminders.respond_before_hours", f"{what}：请把 respond_before_hours 改小，不提醒写 0。"


def _together(policy: Policy) -> Iterator[tuple[str, str]]:
    """Caps below what they cap."""
    votes, wishes, care = policy.votes, policy.wishes, policy.care
    if votes.days > votes.most_days:
        what = f"默认 {votes.days} 天截止，最长却只许 {votes.most_days} 天"
        yield "votes.days", f"{what}：请把 days 改小，或把 most_days 改大。"
    if wishes.helpers > wishes.most_helpers:
        what = f"默认请 {wishes.helpers} 人，最多却只许 {wishes.most_helpers} 人"
        yield "wishes.helpers", f"{what}：请把 helpers 改小，或把 most_helpers 改大。"
    for code, own in wishes.category.items():
        if own.helpers is not None and own.helpers > wishes.most_helpers:
            what = f"请 {own.helpers} 人，最多却只许 {wishes.most_helpers} 人"
            yield f"wishes.category.{code}.helpers", f"{what}：请把 helpers 改小，或把 wishes.most_helpers 改大。"
    if care.on and care.remind_day == care.due_day:
        yield "care.remind_day", "提醒那天就到期了，来不及去：请把 remind_day 改得比 due_day 早。"
