"""What those say who sit in meetings about hard disputes (联席会议)."""

from handlers.commands.who import BY_PACK
from handlers.parsing import Needs
from handlers.policy.meetings import HOLDING
from handlers.policy.pack import Policy
from handlers.record import meetings
from handlers.registry import Command
from models.codes import RecordKind

_MEETING = frozenset({RecordKind.MEETING})


def _meets(policy: Policy) -> bool:
    return policy.meetings.on


MEETINGS: tuple[Command, ...] = (
    Command(
        ("会议", "联席会议"),
        Needs.APART,
        meetings.show,
        "会议 ‹编号›",
        "最近一次联席会议：议了什么，办得怎样",
        "会议",
        who=HOLDING,
        relation=BY_PACK,
        in_group=False,
        guessed=False,
        offered=_meets,
        lasting=_MEETING,
    ),
    Command(
        ("议定",),
        Needs.NUMBER_TEXT,
        meetings.decide,
        "议定 N ‹结果›",
        "记下联席会议对一件纠纷的决定",
        "议定 12 由司法所牵头再调一次",
        who=HOLDING,
        relation=BY_PACK,
        in_group=False,
        guessed=False,
        offered=_meets,
        lasting=_MEETING,
    ),
)
