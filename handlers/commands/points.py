"""What a town says that gives points (积分), judges places and companies (考核, 红黑榜) or counts hazards."""

from functools import partial

from handlers import points
from handlers.parsing import Needs
from handlers.policy.pack import Policy
from handlers.registry import Command
from models.codes import STAFF


def _has_points(policy: Policy) -> bool:
    return policy.points.on


_points = partial(Command, offered=_has_points, guessed=False)

POINTS: tuple[Command, ...] = (
    _points(("积分", "我的积分"), Needs.NOTHING, points.mine, "积分", "我有多少分，怎么来的", "积分"),
    _points(
        ("积分",),
        Needs.PEOPLE,
        points.adjust,
        "积分 @人 ±N ‹原因›",
        "看他的积分，或加分、扣分",
        "积分 @老张 +3 半夜帮着抢修水管",
        who=STAFF,
        relation="加减分由规则包定",
    ),
    _points(
        ("积分 撤销", "积分撤销"),
        Needs.TEXT,
        points.undo,
        "积分 撤销 P12 ‹原因›",
        "记错的一笔分撤掉",
        "积分 撤销 P12 记重了",
        who=STAFF,
        relation="加减分由规则包定",
    ),
    _points(
        ("积分榜",),
        Needs.TEXT,
        points.ranking,
        "积分榜 ‹月›",
        "一个月的积分榜",
        "积分榜 5月",
        relation="规则包不公开时：网格长",
    ),
)
