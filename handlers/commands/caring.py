"""结对帮扶: the list of households that somebody looks after. Only where the policy has it, and in private alone."""

from handlers.commands.who import IN_VILLAGE
from handlers.parsing import Needs
from handlers.policy.care import CONTACTING, KEEPING
from handlers.policy.pack import Policy
from handlers.record import care_looks, caring
from handlers.registry import Command
from models.codes import STAFF

AS_CONTACT = "联系人和管名单的人"


def _cares(policy: Policy) -> bool:
    return policy.care.on


CARE: tuple[Command, ...] = (
    Command(
        ("结对",),
        Needs.APART,
        caring.pair,
        "结对 ‹户或人› ‹联系人›",
        "请一位联系人按月帮扶",
        "结对 陈奶奶 老赵",
        who=KEEPING,
        relation=IN_VILLAGE,
        in_group=False,
        guessed=False,
        everyday=True,
        offered=_cares,
        heeded=True,
    ),
    Command(
        ("帮扶",),
        Needs.APART,
        caring.help_given,
        "帮扶 ‹户或编号› ‹做了什么›",
        "记这个月的帮扶",
        "帮扶 陈奶奶 送了米，精神不错",
        who=CONTACTING | STAFF,
        relation=AS_CONTACT,
        in_group=False,
        guessed=False,
        everyday=True,
        offered=_cares,
        heeded=True,
    ),
    Command(
        ("查帮扶", "查结对"),
        Needs.APART,
        care_looks.look_up,
        "查帮扶 ‹户或编号›",
        "看结对的户、哪户该去了",
        "查帮扶 陈奶奶",
        who=CONTACTING | STAFF,
        relation=AS_CONTACT,
        in_group=False,
        guessed=False,
        offered=_cares,
    ),
)
