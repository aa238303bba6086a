"""What a town says that gives points (积分), judges places and companies (考核, 红黑榜) or counts hazards."""

from functools import partial

from handlers.commands.who import LEADING
from handlers.parsing import Needs
from handlers.policy.pack import Policy
from handlers.registry import Command
from handlers.report import hazards
from handlers.score import boards, points, rankings
from models.codes import STAFF


def _has_points(policy: Policy) -> bool:
    return policy.points.on


def _has_boards(policy: Policy) -> bool:
    return policy.boards.on


def _has_hazards(policy: Policy) -> bool:
    return policy.hazards.on


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
        rankings.ranking,
        "积分榜 ‹月›",
        "一个月的积分榜",
        "积分榜 5月",
        relation="规则包不公开时：网格长",
    ),
)

BOARDS: tuple[Command, ...] = (
    Command(
        ("考核",),
        Needs.TEXT,
        boards.enter,
        "考核 ‹网格或单位› ‹信访|12345|诉讼› ‹件数› ‹月›",
        "填上信访、12345、诉讼的件数",
        "考核 第一网格 12345 2",
        who=LEADING,
        in_group=False,
        guessed=False,
        offered=_has_boards,
    ),
    Command(
        ("记分榜", "网格记分"),
        Needs.TEXT,
        boards.grids,
        "记分榜 ‹月›",
        "一个月里各网格的考核分",
        "记分榜 5月",
        who=LEADING,
        in_group=False,
        guessed=False,
        offered=_has_boards,
    ),
    Command(
        ("红黑榜",),
        Needs.TEXT,
        boards.companies,
        "红黑榜 ‹月›",
        "一个月里各单位的红榜、黑榜",
        "红黑榜 5月",
        who=LEADING,
        in_group=False,
        guessed=False,
        offered=_has_boards,
    ),
    Command(
        ("隐患图",),
        Needs.NOTHING,
        hazards.chart,
        "隐患图",
        "哪里隐患多，一格一格看",
        "隐患图",
        who=LEADING,
        in_group=False,
        guessed=False,
        offered=_has_hazards,
    ),
)
