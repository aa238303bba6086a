"""What anybody may say: about his own matters, and about himself."""

from handlers.discreet import privacy
from handlers.parsing import Needs
from handlers.record import held_pictures
from handlers.registry import Command
from handlers.talk import registering
from handlers.ticket import evaluation, looking
from handlers.wish import wishes
from models.codes import RecordKind

BEGINNING: tuple[Command, ...] = (
    Command(
        ("菜单", "心愿菜单", "心愿单", "微心愿", "心愿"), Needs.NOTHING, wishes.menu, "菜单", "等人认领的微心愿", "菜单"
    ),
    Command(
        ("登记",),
        Needs.TEXT,
        registering.register,
        "登记 ‹话›",
        "把一件事登记下来",
        "登记 三楼漏水了，没人管",
        relation="引用别人的话登记：党员、物业和网格人员",
    ),
)

ASKING: tuple[Command, ...] = (
    Command(
        ("确认", "已确认"),
        Needs.NUMBER_TEXT,
        held_pictures.confirm,
        "确认 N",
        "确认办好了",
        "确认 12",
        relation="提出人",
        also=frozenset({RecordKind.PUBLICATION}),
    ),
    Command(
        ("满意", "非常满意", "很满意"),
        Needs.NUMBER_TEXT,
        evaluation.satisfied,
        "满意 N",
        "评价：满意",
        "满意 12",
        relation="提出人",
    ),
    Command(
        ("一般", "基本满意"),
        Needs.NUMBER_TEXT,
        evaluation.fair,
        "一般 N ‹原因›",
        "评价：一般",
        "一般 12 有点慢",
        relation="提出人",
    ),
    Command(
        ("不满意", "很不满意"),
        Needs.NUMBER_TEXT,
        evaluation.dissatisfied,
        "不满意 N ‹原因›",
        "没办好，退回重办",
        "不满意 12 还在漏",
        relation="提出人",
    ),
    Command(
        ("撤回", "撤销"),
        Needs.NUMBER_TEXT,
        looking.withdraw,
        "撤回 N",
        "这件事不用管了",
        "撤回 12",
        relation="提出人",
        also=frozenset({RecordKind.PUBLICATION, RecordKind.VOTE}),
    ),
    Command(
        ("查", "查询", "查看", "查一下", "进度"),
        Needs.NUMBER,
        looking.show,
        "查 N",
        "看一件事办到哪了",
        "查 12",
        also=frozenset({RecordKind.PUBLICATION, RecordKind.VOTE}),
    ),
    Command(("我的", "我的工单"), Needs.NOTHING, looking.mine, "我的", "我提的和我要办的", "我的"),
    Command(
        ("改", "修改", "更改"),
        Needs.NUMBER_TEXT,
        looking.amend,
        "改 N 地点|类别|内容|人数|匿名 …",
        "改正一件事",
        "改 12 地点 3栋2单元",
        relation="提出人或网格人员",
    ),
)

PRIVACY: tuple[Command, ...] = (
    Command(("忘记我",), Needs.NOTHING, privacy.forget, "忘记我", "删掉我说过的话和我的名字", "忘记我"),
    Command(("别听我",), Needs.NOTHING, privacy.stop_listening, "别听我", "以后不听我说话", "别听我"),
    Command(("可以听我",), Needs.NOTHING, privacy.listen_again, "可以听我", "又可以听我说话了", "可以听我"),
)
