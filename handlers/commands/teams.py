"""Calling teams to a matter, only where the town has teams."""

from handlers.commands.who import HANDLERS, HELPERS
from handlers.parsing import Needs
from handlers.people import teams
from handlers.policy.pack import Policy
from handlers.registry import Command
from models.codes import STAFF


def _has_teams(policy: Policy) -> bool:
    return policy.teams.on


TEAMS: tuple[Command, ...] = (
    Command(
        ("召集",),
        Needs.NUMBER_TEXT,
        teams.call,
        "召集 N ‹红|蓝|绿› ‹原因›",
        "请几支队伍一起来办",
        "召集 12 红 蓝 周五一起清理",
        who=STAFF,
        offered=_has_teams,
    ),
    Command(
        ("应召",),
        Needs.NUMBER_TEXT,
        teams.come,
        "应召 N",
        "召集我的事，我来",
        "应召 12",
        who=HANDLERS | HELPERS,
        relation="召集过的人",
        guessed=False,
        offered=_has_teams,
    ),
)
