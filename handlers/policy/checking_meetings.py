"""What is wrong with the meetings of a policy pack."""

from collections.abc import Iterator

from handlers.policy.meetings import HOLDING
from handlers.policy.pack import Policy

_LONGEST, _SHORTEST = 31, 28
"""Days of the longest and of the shortest month."""


def mistakes(policy: Policy) -> Iterator[tuple[str, str]]:
    """(where in the pack, what is wrong and how to mend it), in the order of the pack."""
    rule = policy.meetings
    if not rule.on:
        return
    if not rule.days:
        yield "meetings.days", "一天都没有：请写每月几号开会，例如 [5, 15, 25]，或把 meetings.on 改成 false。"
    for day in rule.days:
        if not 1 <= day <= _LONGEST:
            yield "meetings.days", f"没有 {day} 号，请写 1 到 31。"
        elif day > _SHORTEST and rule.short_month is None:
            remedy = '没有这天的月份提到最后一天开请写 short_month = "last"，那个月不开请写 short_month = "skip"。'
            yield "meetings.days", f"{day} 号有的月份没有：{remedy}"
    for day in dict.fromkeys(day for day in rule.days if rule.days.count(day) > 1):
        yield "meetings.days", f"{day} 号写了两次，请删掉一个。"
    if not rule.levels:
        yield "meetings.levels", '没有写哪一级开会，请写 ["village", "town"] 这样。'
    if not rule.roles:
        yield "meetings.roles", '没有人收到议程，请写角色，例如 ["secretary", "town"]。'
    for role in rule.roles:
        if role not in HOLDING:
            what = f"{role} 不能看全部纠纷，不能收议程：请改成 secretary、village、head、town 这样的角色。"
            yield "meetings.roles", what
    if not rule.hard.says_anything:
        yield "meetings.hard", "没有写什么是疑难纠纷：请写 days、level、reported、reopened 或 overdue。"
