"""What a village decides together: votes (议事). Only where the policy has it."""

from functools import partial

from handlers.commands.who import BY_PACK, LEADING
from handlers.parsing import Needs
from handlers.people import households
from handlers.policy.pack import Policy
from handlers.policy.votes import OPENING
from handlers.record import panel_members, vote_results, voting
from handlers.registry import Command
from handlers.ticket import dossier
from models.codes import STAFF, RecordKind, Role

_VOTE = frozenset({RecordKind.VOTE})


def _votes(policy: Policy) -> bool:
    return policy.votes.on


def _reviews(policy: Policy) -> bool:
    return policy.panels.on


PANELS: tuple[Command, ...] = (
    Command(
        ("评议组", "五人小组", "评议小组"),
        Needs.NOTHING,
        panel_members.show,
        "评议组",
        "结案前谁来评议",
        "评议组",
        who=STAFF,
        guessed=False,
        offered=_reviews,
    ),
    Command(
        ("评议组", "五人小组", "评议小组"),
        Needs.PEOPLE,
        panel_members.put,
        "评议组 @甲 @乙",
        "结案前请这几位评议",
        "评议组 @老张 @老赵",
        who=LEADING | {Role.ADMIN},
        guessed=False,
        everyday=True,
        offered=_reviews,
    ),
)


def _keeps_dossiers(policy: Policy) -> bool:
    return policy.dossier.on


DOSSIERS: tuple[Command, ...] = (
    Command(
        ("一事一册",),
        Needs.NUMBER,
        dossier.show,
        "一事一册 N",
        "一件事的全过程，有没有改过",
        "一事一册 12",
        who=STAFF,
        in_group=False,
        guessed=False,
        offered=_keeps_dossiers,
    ),
)

VOTES: tuple[Command, ...] = (
    Command(
        ("议事",),
        Needs.APART,
        voting.begin,
        "议事 ‹题目›",
        "请大家表态，可写选项和截止日",
        "议事 村口装不装路灯 到 5月10日",
        who=OPENING,
        relation=BY_PACK,
        guessed=False,
        everyday=True,
        offered=_votes,
    ),
    *(
        Command(
            (option,),
            Needs.NUMBER_TEXT,
            partial(voting.cast, option=option),
            f"{option} N",
            f"议事表态：{option}",
            f"{option} 12",
            guessed=False,
            offered=_votes,
            lasting=_VOTE,
            records=_VOTE,
            relation="那里的人",
        )
        for option in ("赞成", "反对", "弃权")
    ),
    Command(
        ("投票",),
        Needs.NUMBER_TEXT,
        voting.choose,
        "投票 N ‹选项›",
        "议事表态，选项另定的",
        "投票 12 东头",
        guessed=False,
        offered=_votes,
        lasting=_VOTE,
        records=_VOTE,
        relation="那里的人",
    ),
    Command(
        ("查议事",),
        Needs.APART,
        vote_results.look_up,
        "查议事 N",
        "多少户表态了，结果怎样",
        "查议事 12",
        guessed=False,
        offered=_votes,
        lasting=_VOTE,
    ),
    Command(
        ("结束议事",),
        Needs.NUMBER_TEXT,
        vote_results.close,
        "结束议事 N",
        "现在就计票",
        "结束议事 12",
        who=OPENING,
        relation=BY_PACK,
        guessed=False,
        offered=_votes,
        lasting=_VOTE,
        records=_VOTE,
    ),
    Command(
        ("户号",),
        Needs.APART,
        households.name,
        "户号 ‹门牌›",
        "报自家门牌，一户一票用",
        "户号 2组8号",
        in_group=False,
        guessed=False,
        offered=_votes,
        lasting=_VOTE,
    ),
)
