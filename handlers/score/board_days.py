"""When a month's boards are made."""

from datetime import datetime

from handlers.effects import Remind
from handlers.report.periods import Span, last_over
from handlers.setting import Setting
from models.tables import GridNode

BOARDS = "boards_month"


def plan_boards(setting: Setting, node: GridNode, now: datetime) -> list[Remind]:
    """The next boards of a node whose leaders get them that leave after now."""
    rule = setting.policy.boards
    if not rule.on or node.level not in rule.levels:
        return []
    at, period = rule.sending(), last_over(Span.MONTH, now, setting.policy.zone)
    while at.after(period) <= now:
        period = period.after()
    return [Remind(BOARDS, str(node.id), period.name, at.after(period))]
