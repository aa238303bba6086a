"""What whoever handles a matter says: its steps, its deadlines, and whose it is."""

from functools import partial

from handlers.commands.who import HANDLERS, HELPERS, LEADING
from handlers.parsing import Needs
from handlers.registry import Command
from handlers.ticket import handling, pressing, raising, rejecting, returning, splitting, supervising, uniting, waiting
from handlers.ticket.routing import SUPERVISORS
from models.codes import STAFF

_with_members = partial(Command, relation="以及该单位的人", for_members=True)

STEPS: tuple[Command, ...] = (
    _with_members(
        ("受理", "已受理"),
        Needs.NUMBER_TEXT,
        handling.accept,
        "受理 N",
        "接手这件事",
        "受理 12",
        who=HANDLERS,
    ),
    _with_members(
        ("处理", "处理中"),
        Needs.NUMBER_TEXT,
        handling.process,
        "处理 N ‹说明›",
        "说说办到哪了",
        "处理 12 师傅下午到",
        who=HANDLERS,
    ),
    _with_members(
        ("办结", "已办结"),
        Needs.NUMBER_TEXT,
        handling.resolve,
        "办结 N ‹说明›",
        "办好了，请提出人评价",
        "办结 12 换了阀门",
        who=HANDLERS,
    ),
    _with_members(
        ("上报", "吹哨"),
        Needs.NUMBER_TEXT,
        raising.escalate,
        "上报 N ‹原因›",
        "报上一级（也可说：吹哨 N）",
        "吹哨 12 要水务来修",
        who=HANDLERS | HELPERS,
    ),
    Command(
        ("转办", "转派", "交办"),
        Needs.NUMBER_TEXT,
        handling.transfer,
        "转办 N ‹单位或人›",
        "交给单位或别人办",
        "转办 12 @老张",
        who=HANDLERS,
        relation="经办人或网格人员",
    ),
)

DEADLINES: tuple[Command, ...] = (
    Command(
        ("等待",),
        Needs.NUMBER_TEXT,
        waiting.wait,
        "等待 N ‹原因›",
        "要等一等，期限先停",
        "等待 12 等配件到货",
        who=HANDLERS | HELPERS,
        relation="经办人或网格人员；心愿：认领人或网格长",
        for_members=True,
        guessed=False,
    ),
    Command(
        ("继续",),
        Needs.NUMBER_TEXT,
        waiting.go_on,
        "继续 N",
        "不用等了，期限接着算",
        "继续 12",
        relation="经办人、网格人员或提出人",
        guessed=False,
    ),
    Command(
        ("延期",),
        Needs.NUMBER_TEXT,
        pressing.extend,
        "延期 N ‹天数› ‹原因›",
        "期限往后放几个工作日，一次",
        "延期 12 3天 要等汛期过去",
        who=LEADING,
        guessed=False,
    ),
    Command(
        ("催办", "催一下"),
        Needs.NUMBER_TEXT,
        pressing.urge,
        "催办 N",
        "催一催经办人，一天一次",
        "催办 12",
        relation="提出人",
        guessed=False,
    ),
)

HANDS: tuple[Command, ...] = (
    _with_members(
        ("退回",),
        Needs.NUMBER_TEXT,
        returning.give_back,
        "退回 N ‹原因›",
        "不归我管，退给转来的人",
        "退回 12 这是水务的管道",
        who=HANDLERS,
        relation="转给他或他的单位",
    ),
    Command(
        ("督办",),
        Needs.NUMBER_TEXT,
        supervising.supervise,
        "督办 N ‹要求›",
        "催办下级的事，办好前日报里都有",
        "督办 12 今天要有结果",
        who=SUPERVISORS,
        relation="上一级及以上",
    ),
    Command(
        ("合并",),
        Needs.NUMBER_TEXT,
        uniting.merge,
        "合并 N ‹另一件的编号›",
        "同一件事，后面的并入前面的",
        "合并 12 15",
        who=STAFF,
    ),
    Command(
        ("拆分",),
        Needs.NUMBER_TEXT,
        splitting.split,
        "拆分 N ‹提出人›",
        "分出来单独办；并错的分回来",
        "拆分 12 李叔",
        who=STAFF,
    ),
    Command(
        ("误报",),
        Needs.NUMBER_TEXT,
        rejecting.reject,
        "误报 N ‹原因›",
        "不是一件要办的事",
        "误报 12 玩笑话",
        who=STAFF,
    ),
)
