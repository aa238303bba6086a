"""The one registry of commands. 帮助 and the permission table in the docs are made from it."""

from handlers import (
    acknowledging,
    confirming,
    consenting,
    digest,
    evaluation,
    handling,
    help,
    looking,
    privacy,
    quiet,
    registering,
    rota,
    wishes,
)
from handlers.context import Context
from handlers.effects import Effect
from handlers.parsing import Needs
from handlers.registry import OPERATORS, Command
from models.codes import LEADERS, STAFF, Role

HELPERS = STAFF | {Role.PARTY_MEMBER, Role.INFORMANT, Role.HUB}
HANDLERS = STAFF | {Role.PROPERTY}
LEADING = frozenset(LEADERS)


def _help(ctx: Context) -> list[Effect]:
    return help.help_text(ctx, COMMANDS)


COMMANDS: tuple[Command, ...] = (
    Command(("帮助", "使用说明", "怎么用", "help"), Needs.NOTHING, _help, "帮助", "看看能做什么", "帮助"),
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
    Command(
        ("认领", "我认领", "我来认领", "我要认领", "接单"),
        Needs.NUMBER,
        wishes.claim,
        "认领 N",
        "认领一个微心愿",
        "认领 12",
        who=HELPERS,
    ),
    Command(
        ("放弃", "取消认领", "退单"),
        Needs.NUMBER_TEXT,
        wishes.hand_back,
        "放弃 N ‹原因›",
        "把认领的心愿放回去",
        "放弃 12 这周出差",
        who=HELPERS,
        relation="认领人",
    ),
    Command(
        ("完成", "已完成"),
        Needs.NUMBER_TEXT,
        wishes.done,
        "完成 N ‹说明›",
        "心愿办好了",
        "完成 12 轮椅已送到",
        who=HELPERS,
        relation="认领人或网格人员",
    ),
    Command(
        ("确认",),
        Needs.SIGNALS,
        confirming.confirm_signals,
        "确认 S3 S5",
        "确认听到的线索，登记成单",
        "确认 S3 S5",
        who=LEADING,
    ),
    Command(
        ("确认", "已确认"), Needs.NUMBER_TEXT, evaluation.confirm, "确认 N", "确认办好了", "确认 12", relation="提出人"
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
        ("撤回", "撤销"), Needs.NUMBER_TEXT, looking.withdraw, "撤回 N", "这件事不用管了", "撤回 12", relation="提出人"
    ),
    Command(("查", "查询", "查看", "查一下", "进度"), Needs.NUMBER, looking.show, "查 N", "看一件事办到哪了", "查 12"),
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
    Command(("受理", "已受理"), Needs.NUMBER_TEXT, handling.accept, "受理 N", "接手这件事", "受理 12", who=HANDLERS),
    Command(
        ("处理", "处理中"),
        Needs.NUMBER_TEXT,
        handling.process,
        "处理 N ‹说明›",
        "说说办到哪了",
        "处理 12 师傅下午到",
        who=HANDLERS,
    ),
    Command(
        ("办结", "已办结"),
        Needs.NUMBER_TEXT,
        handling.resolve,
        "办结 N ‹说明›",
        "办好了，请提出人评价",
        "办结 12 换了阀门",
        who=HANDLERS,
    ),
    Command(
        ("上报", "吹哨"),
        Needs.NUMBER_TEXT,
        handling.escalate,
        "上报 N ‹原因›",
        "报上一级（也可说：吹哨 N）",
        "吹哨 12 要水务来修",
        who=HANDLERS | HELPERS,
    ),
    Command(
        ("转办", "转派", "交办"),
        Needs.NUMBER_TEXT,
        handling.transfer,
        "转办 N @人",
        "交给别人办",
        "转办 12 @老张",
        who=HANDLERS,
    ),
    Command(
        ("误报",),
        Needs.NUMBER_TEXT,
        handling.reject,
        "误报 N ‹原因›",
        "不是一件要办的事",
        "误报 12 玩笑话",
        who=HANDLERS,
    ),
    Command(
        ("收到", "收到了", "已收到"),
        Needs.SIGNALS,
        acknowledging.acknowledge_signals,
        "收到 S3",
        "急的线索：我看到了，我来办",
        "收到 S3",
        who=STAFF,
        guessed=False,
        everyday=True,
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
    ),
    Command(
        ("不同意",),
        Needs.NUMBER_TEXT,
        consenting.refuse,
        "不同意 N ‹原因›",
        "不公布心愿，或不转交联系方式",
        "不同意 12 家里已经有人帮了",
        who=LEADING,
    ),
    Command(("日报",), Needs.NOTHING, digest.on_request, "日报", "现在就看日报", "日报", who=LEADING),
    Command(
        ("安静", "闭嘴", "静音"),
        Needs.NOTHING,
        quiet.mute,
        "安静",
        "本群不再发言",
        "安静",
        who=HANDLERS | HELPERS,
        in_private=False,
    ),
    Command(
        ("恢复",), Needs.NOTHING, quiet.unmute, "恢复", "本群恢复发言", "恢复", who=HANDLERS | HELPERS, in_private=False
    ),
    Command(("全体静音",), Needs.NOTHING, quiet.mute_all, "全体静音", "所有群不再发言", "全体静音", who=OPERATORS),
    Command(("全体恢复",), Needs.NOTHING, quiet.unmute_all, "全体恢复", "所有群恢复发言", "全体恢复", who=OPERATORS),
    Command(("忘记我",), Needs.NOTHING, privacy.forget, "忘记我", "删掉我说过的话和我的名字", "忘记我"),
    Command(("别听我",), Needs.NOTHING, privacy.stop_listening, "别听我", "以后不听我说话", "别听我"),
    Command(("可以听我",), Needs.NOTHING, privacy.listen_again, "可以听我", "又可以听我说话了", "可以听我"),
)
