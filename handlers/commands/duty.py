"""Who is told of an emergency, who has it, and who stands in for whom."""

from handlers.alarm import acknowledging, rota
from handlers.commands.who import HANDLERS, LEADING
from handlers.parsing import Needs
from handlers.people import deputising, handover
from handlers.registry import Command
from models.codes import STAFF, Role

DUTY: tuple[Command, ...] = (
    Command(
        ("收到", "收到了", "已收到"),
        Needs.SIGNALS,
        acknowledging.acknowledge_signals,
        "收到 S3",
        "急的线索：我看到了，我来办",
        "收到 S3",
        who=STAFF,
        relation="网格长，或告诉过的人",
        guessed=False,
        everyday=True,
        unchecked=True,
    ),
    Command(
        ("收到", "收到了", "已收到"),
        Needs.NUMBER,
        acknowledging.acknowledge,
        "收到 N",
        "急事：我看到了，我来办",
        "收到 12",
        who=STAFF,
        guessed=False,
        everyday=True,
        unchecked=True,
    ),
    Command(("值班",), Needs.NOTHING, rota.show_duty, "值班", "急事先告诉谁", "值班", who=STAFF, guessed=False),
    Command(
        ("值班",),
        Needs.PEOPLE,
        rota.set_duty,
        "值班 @甲 @乙",
        "急事先告诉这几位",
        "值班 @老李 @老周",
        who=LEADING | {Role.ADMIN},
        guessed=False,
    ),
    Command(
        ("代理",),
        Needs.NOTHING,
        deputising.show,
        "代理",
        "谁替我，我替谁",
        "代理",
        who=HANDLERS,
        guessed=False,
        for_members=True,
    ),
    Command(
        ("代理",),
        Needs.PEOPLE,
        deputising.name,
        "代理 @人 到 ‹日期›",
        "这些天请他替我",
        "代理 @老周 到 5月10日",
        who=HANDLERS,
        for_members=True,
        guessed=False,
    ),
    Command(
        ("代理取消", "取消代理"),
        Needs.NOTHING,
        deputising.take_back,
        "代理取消",
        "不用替了",
        "代理取消",
        who=HANDLERS,
        for_members=True,
        guessed=False,
    ),
    Command(
        ("交接",),
        Needs.PEOPLE,
        handover.hand_over,
        "交接 @新 / 交接 @旧 给 @新",
        "手上的事全部交给别人",
        "交接 @老李 给 @小何",
        who=HANDLERS,
        relation="替别人交接：网格长和管理员",
        for_members=True,
        guessed=False,
    ),
)
