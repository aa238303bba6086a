"""What leaders and their staff say: signals, consent, disputes, reports."""

from handlers.commands.who import LEADING
from handlers.dispute import disputes
from handlers.parsing import Needs
from handlers.registry import Command
from handlers.report import digest, reporting
from handlers.talk import confirming, weak_signals
from handlers.ticket import course
from handlers.wish import consenting
from models.codes import STAFF, Role

REVIEWERS_TOO = "以及被问到的评议员"

CONFIRMING: tuple[Command, ...] = (
    Command(
        ("确认",),
        Needs.SIGNALS,
        confirming.confirm_signals,
        "确认 S3 S5",
        "确认听到的线索，登记成单",
        "确认 S3 S5",
        who=LEADING,
    ),
)

LEDGER: tuple[Command, ...] = (
    Command(
        ("线索", "线索台账", "微弱信号"),
        Needs.NOTHING,
        weak_signals.ledger,
        "线索",
        "等您确认的线索，按领域",
        "线索",
        who=LEADING,
        in_group=False,
        guessed=False,
    ),
)

COURSE: tuple[Command, ...] = (
    Command(
        ("全程", "查全程"),
        Needs.NUMBER,
        course.show,
        "全程 N",
        "一件事从发现到反馈的每一步，谁、什么时候",
        "全程 12",
        who=STAFF,
        in_group=False,
        guessed=False,
    ),
)

DECIDING: tuple[Command, ...] = (
    Command(
        ("忽略",),
        Needs.SIGNALS_OR_REST,
        confirming.drop_signals,
        "忽略 S3 / 忽略 其余",
        "删掉听到的线索",
        "忽略 S3",
        who=LEADING,
    ),
    Command(
        ("同意",),
        Needs.NUMBER_TEXT,
        consenting.consent,
        "同意 N ‹联系方式›",
        "同意公布心愿，或转交联系方式",
        "同意 12",
        who=LEADING,
        relation=REVIEWERS_TOO,
        for_reviewers=True,
    ),
    Command(
        ("不同意",),
        Needs.NUMBER_TEXT,
        consenting.refuse,
        "不同意 N ‹原因›",
        "不公布心愿，或不转交联系方式",
        "不同意 12 家里已经有人帮了",
        who=LEADING,
        relation=REVIEWERS_TOO,
        for_reviewers=True,
    ),
)

DISPUTES: tuple[Command, ...] = (
    Command(
        ("台账", "纠纷台账"),
        Needs.NOTHING,
        disputes.ledger,
        "台账",
        "在办的纠纷",
        "台账",
        who=STAFF - {Role.ADMIN},
        relation="网格长和领导看全部，治理员看自己手上的",
        in_group=False,
    ),
    Command(
        ("记录",),
        Needs.NUMBER_TEXT,
        disputes.record,
        "记录 N ‹字段› ‹值›",
        "填纠纷的记录",
        "记录 12 化解方式 人民调解",
        who=STAFF - {Role.ADMIN},
        relation="经办人，或管到这一级的网格长和领导",
        in_group=False,
        guessed=False,
    ),
    Command(
        ("转纠纷",),
        Needs.NUMBER_TEXT,
        disputes.turn,
        "转纠纷 N ‹类别›",
        "诉求变成了纠纷",
        "转纠纷 12 邻里",
        who=STAFF,
        in_group=False,
    ),
)

REPORTS: tuple[Command, ...] = (
    Command(("日报",), Needs.NOTHING, digest.on_request, "日报", "现在就看日报", "日报", who=LEADING | {Role.HEAD}),
    Command(
        ("周报",),
        Needs.TEXT,
        reporting.weekly,
        "周报 ‹期›",
        "一周的数字、苗头",
        "周报 上周",
        who=LEADING | {Role.HEAD},
        in_group=False,
    ),
    Command(
        ("月报",),
        Needs.TEXT,
        reporting.monthly,
        "月报 ‹期›",
        "一个月的数字",
        "月报 5月",
        who=LEADING | {Role.HEAD},
        in_group=False,
    ),
)
