"""What a village keeps beside tickets: publications, visits, patrols; and 随手拍. Each only where the policy has it."""

from handlers.commands.who import BY_PACK, IN_GRID, IN_VILLAGE, LEADING
from handlers.parsing import Needs
from handlers.policy.pack import Policy
from handlers.policy.patrols import PATROLLING
from handlers.policy.visits import VISITORS
from handlers.record import patrolling, published, publishing, visiting
from handlers.registry import Command
from handlers.talk import snapping
from models.codes import STAFF, RecordKind


def _publishes(policy: Policy) -> bool:
    return policy.publications.on


def _visits(policy: Policy) -> bool:
    return policy.visits.on


def _patrols(policy: Policy) -> bool:
    return policy.patrols.on


def _snaps(policy: Policy) -> bool:
    return policy.snapshots.on


SNAPSHOTS: tuple[Command, ...] = (
    Command(
        ("随手拍",),
        Needs.APART,
        snapping.snap,
        "随手拍 ‹话›",
        "拍照反映，缺什么我私下问",
        "随手拍 3栋门口垃圾满了，较急",
        guessed=False,
        offered=_snaps,
        remembered=True,
        heeded=True,
    ),
)

PUBLICATIONS: tuple[Command, ...] = (
    Command(
        ("公开", "公示"),
        Needs.APART,
        publishing.publish,
        "公开 ‹类别› ‹内容›",
        "发到本处所有群，可查",
        "公开 水费 本月水费每吨3元，10日起收",
        who=STAFF,
        relation=BY_PACK,
        guessed=False,
        everyday=True,
        offered=_publishes,
    ),
    Command(
        ("更正",),
        Needs.NUMBER_TEXT,
        publishing.correct,
        "更正 N ‹内容›",
        "改正公开过的内容",
        "更正 12 本月水费每吨3元5角",
        who=STAFF,
        relation=BY_PACK,
        guessed=False,
        everyday=True,
        offered=_publishes,
        records=frozenset({RecordKind.PUBLICATION}),
    ),
    Command(
        ("查公开", "查公示"),
        Needs.APART,
        published.look_up,
        "查公开 ‹词›",
        "看公开过的内容",
        "查公开 水费",
        guessed=False,
        offered=_publishes,
    ),
)

VISITS: tuple[Command, ...] = (
    Command(
        ("走访", "入户"),
        Needs.APART,
        visiting.visit,
        "走访 ‹户或人› ‹颜色› ‹内容›",
        "记一次走访，只有本处人员可看",
        "走访 3栋王奶奶 黄 腿脚不便，要人买菜",
        who=VISITORS | STAFF,
        relation=IN_VILLAGE,
        in_group=False,
        guessed=False,
        everyday=True,
        offered=_visits,
        heeded=True,
    ),
    Command(
        ("查走访",),
        Needs.APART,
        visiting.look_up,
        "查走访 ‹户或人›",
        "看走访档案和该走访的户",
        "查走访 王奶奶",
        who=VISITORS | STAFF,
        relation=IN_VILLAGE,
        in_group=False,
        guessed=False,
        offered=_visits,
    ),
)

PATROLS: tuple[Command, ...] = (
    Command(
        ("巡查",),
        Needs.APART,
        patrolling.patrol,
        "巡查 ‹内容›",
        "报一次巡查，有问题的立单",
        "巡查 卫生正常，3栋楼道堆了纸箱",
        who=PATROLLING,
        relation=IN_GRID,
        in_group=False,
        guessed=False,
        everyday=True,
        offered=_patrols,
        heeded=True,
    ),
    Command(
        ("查巡查",),
        Needs.APART,
        patrolling.look_up,
        "查巡查 ‹编号›",
        "看巡查到哪几处了",
        "查巡查",
        who=LEADING,
        in_group=False,
        guessed=False,
        offered=_patrols,
    ),
)
