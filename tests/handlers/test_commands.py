"""The registry: usage lines, and who may use what where, asked of the real dispatcher."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from packs import everything

from bot.app import App, build
from bot.dispatcher import Outcome
from bot.driver import Driver
from bot.transports.memory import MemoryTransport
from bot.village import PersonPlan, RoomPlan, VillagePlan, settle
from handlers.commands import COMMANDS
from handlers.parsing import Parser, order_words
from handlers.policy.care import CONTACTING
from handlers.registry import Command
from handlers.wording import load_wording
from models import schema
from models.codes import LEADERS, RecordKind, Role
from models.engine import open_engine
from models.message import BOT, Message
from nlp.understander import Understander

WORDS = load_wording()
ACCOUNT, ROOM = "test", "本群"
START = datetime(2026, 5, 6, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

ALL = frozenset(Role)
LEADING = frozenset(LEADERS)
STAFF = LEADING | {Role.GOVERNOR, Role.HEAD, Role.ADMIN}
HELPING = STAFF | {Role.PARTY_MEMBER, Role.INFORMANT, Role.HUB}
HANDLING = STAFF | {Role.PROPERTY}
ANY_HELP = HELPING | HANDLING
OPERATING = frozenset({Role.ADMIN, Role.VILLAGE, Role.TOWN, Role.DISTRICT, Role.HEAD})

PERMITTED = {
    "帮助:nothing": ALL,
    "菜单:nothing": ALL,
    "登记:text": ALL,
    "菜单:apart": ALL,
    "服务:apart": ALL,
    "点单:item": ALL,
    "认领:number": HELPING,
    "放弃:number_text": HELPING,
    "完成:number_text": HELPING,
    "确认:signals": LEADING,
    "确认:number_text": ALL,
    "满意:number_text": ALL,
    "一般:number_text": ALL,
    "不满意:number_text": ALL,
    "撤回:number_text": ALL,
    "查:number": ALL,
    "我的:nothing": ALL,
    "改:number_text": ALL,
    "受理:number_text": HANDLING,
    "处理:number_text": HANDLING,
    "办结:number_text": HANDLING,
    "上报:number_text": ANY_HELP,
    "转办:number_text": HANDLING,
    "等待:number_text": ANY_HELP,
    "继续:number_text": ALL,
    "延期:number_text": LEADING,
    "催办:number_text": ALL,
    "代理:nothing": HANDLING,
    "代理:people": HANDLING,
    "代理取消:nothing": HANDLING,
    "交接:people": HANDLING,
    "退回:number_text": HANDLING,
    "督办:number_text": LEADING | {Role.HEAD},
    "召集:number_text": STAFF,
    "应召:number_text": ANY_HELP | {Role.PROPERTY},
    "合并:number_text": STAFF,
    "拆分:number_text": STAFF,
    "误报:number_text": STAFF,
    "收到:signals": STAFF,
    "收到:number": STAFF,
    "值班:nothing": STAFF,
    "值班:people": LEADING | {Role.ADMIN},
    "忽略:signals_or_rest": LEADING,
    "同意:number_text": LEADING,
    "不同意:number_text": LEADING,
    "线索:nothing": LEADING,
    "议事:apart": STAFF | {Role.PARTY_MEMBER, Role.HUB},
    "赞成:number_text": ALL,
    "反对:number_text": ALL,
    "弃权:number_text": ALL,
    "投票:number_text": ALL,
    "查议事:apart": ALL,
    "结束议事:number_text": STAFF | {Role.PARTY_MEMBER, Role.HUB},
    "户号:apart": ALL,
    "结对:apart": LEADING - {Role.TOWN, Role.DISTRICT},
    "帮扶:apart": CONTACTING | STAFF,
    "查帮扶:apart": CONTACTING | STAFF,
    "一事一册:number": STAFF,
    "评议组:nothing": STAFF,
    "评议组:people": LEADING | {Role.ADMIN},
    "台账:nothing": STAFF - {Role.ADMIN},
    "记录:number_text": STAFF - {Role.ADMIN},
    "转纠纷:number_text": STAFF,
    "日报:nothing": LEADING | {Role.HEAD},
    "周报:text": LEADING | {Role.HEAD},
    "月报:text": LEADING | {Role.HEAD},
    "全程:number": STAFF,
    "会议:apart": LEADING | {Role.HEAD},
    "议定:number_text": LEADING | {Role.HEAD},
    "积分:nothing": ALL,
    "积分:people": STAFF,
    "积分 撤销:text": STAFF,
    "积分榜:text": ALL,
    "考核:text": LEADING,
    "记分榜:text": LEADING,
    "红黑榜:text": LEADING,
    "隐患图:nothing": LEADING,
    "随手拍:apart": ALL,
    "公开:apart": STAFF,
    "更正:number_text": STAFF,
    "查公开:apart": ALL,
    "走访:apart": STAFF | {Role.INFORMANT, Role.HUB},
    "查走访:apart": STAFF | {Role.INFORMANT, Role.HUB},
    "巡查:apart": STAFF | {Role.INFORMANT, Role.HUB},
    "查巡查:apart": LEADING,
    "安静:nothing": ANY_HELP,
    "恢复:nothing": ANY_HELP,
    "全体静音:nothing": OPERATING,
    "全体恢复:nothing": OPERATING,
    "绑定:code": ALL,
    "绑定我:code": ALL,
    "发码:people": OPERATING,
    "换号:nothing": LEADING | OPERATING,
    "确认换号:list": LEADING | OPERATING,
    "不是:list": LEADING | OPERATING,
    "忘记我:nothing": ALL,
    "别听我:nothing": ALL,
    "可以听我:nothing": ALL,
}
"""Who may use each command at all; what more the handler asks stands in the transcripts."""

ONLY_IN_PRIVATE = {
    "线索:nothing", "台账:nothing", "记录:number_text", "转纠纷:number_text", "周报:text", "月报:text", "发码:people",
    "考核:text", "记分榜:text", "红黑榜:text", "隐患图:nothing",
    "走访:apart", "查走访:apart", "巡查:apart", "查巡查:apart", "户号:apart", "结对:apart", "帮扶:apart",
    "查帮扶:apart", "一事一册:number", "全程:number", "会议:apart", "议定:number_text",
}  # fmt: skip
RECORDS = {RecordKind.PUBLICATION: "3", RecordKind.VOTE: "4"}
"""What the village has, beside its tickets."""
ONLY_IN_GROUPS = {"安静:nothing", "恢复:nothing", "绑定:code"}


def spoken(usage: str) -> Iterator[str]:
    """Lines that a usage line promises to work: 「改 N 地点|类别|内容 …」 → 「改 12 地点 好」 ….."""
    for way in usage.split(" / "):
        line = (
            re.sub(r"‹[^›]*›", "换了阀门", way.replace("‹网格编码›", "QH03").replace("‹姓名›", "老张"))
            .replace(" N", " 12")
            .replace("…", "3栋2单元")
            .replace("@人", "@老张")
        )
        choice = re.search(r"\S+\|\S+", line)
        for one in choice[0].split("|") if choice else [""]:
            yield line.replace(choice[0], one) if choice else line


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_usage_line_matches_its_own_pattern(command: Command, understander: Understander) -> None:
    spellings = order_words([word for other in COMMANDS for word in other.spellings()])
    parser = Parser(spellings, ("小哨",), understander.fold)
    for line in spoken(command.usage):
        parsed = parser.parse(parser.line(line, mentioned=False))
        assert parsed is not None, line
        assert parsed.command == command.name, line


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_says_what_it_is_for(command: Command) -> None:
    assert command.help
    assert len(command.help) <= 20
    assert command.usage.startswith(command.words[0])


def test_the_table_of_permissions_names_every_command() -> None:
    assert {command.name for command in COMMANDS} == set(PERMITTED)
    assert {command.name for command in COMMANDS if not command.in_private} == ONLY_IN_GROUPS
    assert {command.name for command in COMMANDS if not command.in_group} == ONLY_IN_PRIVATE


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_roles_of_a_refusal_are_told_shortly(command: Command) -> None:
    if command.who is not None:
        told = command.named_roles(WORDS)
        assert told
        assert len(told) <= 24
        assert "{" not in told


# -- the table, asked of the dispatcher ---------------------------------------------------------


def speaker(role: Role, command: Command) -> str:
    """Everybody speaks once, so that 忘记我 and the like change nothing for the others."""
    return f"{role.value}-{command.name}"


@pytest.fixture(scope="module")
def driver(understander: Understander) -> Iterator[Driver]:
    """A village with a person for each role and command, one wish, one complaint and one publication."""
    engine = open_engine("sqlite://")
    schema.create(engine)
    app: App = build(
        engine,
        accounts=(ACCOUNT,),
        policy=everything(),
        words=WORDS,
        understander=understander,
        limits=False,
        reaches_leaders=True,
    )
    people = [PersonPlan(speaker(role, command), "某人", {ROOM: role}) for role, command in product(Role, COMMANDS)]
    with app.units() as uow:
        plan = VillagePlan(
            ACCOUNT,
            "test",
            "test",
            "清河村",
            [RoomPlan(ROOM, ROOM)],
            [*people, PersonPlan("王阿姨", "王阿姨", {ROOM: Role.RESIDENT})],
        )
        settle(uow, plan, app.setting, app.outbound, START)
        uow.commit()
    driver = Driver(app, MemoryTransport(ACCOUNT), START)
    for number, text in enumerate(("登记 想借一个梯子", "登记 三楼漏水了没人管")):
        say(driver, f"w{number}", "王阿姨", text, None)
    clerk = speaker(Role.VILLAGE, COMMANDS[0])
    say(driver, "w2", clerk, "公开 水费 本月水费每吨3元，10日起收", None)
    say(driver, "w3", clerk, "议事 村口装不装路灯", None)
    yield driver
    engine.dispose()


def say(driver: Driver, message_id: str, sender: str, text: str, room: str | None) -> tuple[Outcome, list[str]]:
    """What became of a line, and what the bot answered the speaker."""
    list(driver.advance(driver.now + timedelta(seconds=1)))
    mentions = (BOT,) if room is not None else ()
    outcome = driver.say(Message(message_id, ACCOUNT, room, sender, text, driver.now, sender, mentions))
    return outcome, [post.text for _, post in driver.send() if post.to == sender or post.room == room]


@pytest.mark.parametrize("where", [ROOM, None], ids=["group", "private"])
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_each_command_runs_or_is_refused_in_one_short_sentence(driver: Driver, role: Role, where: str | None) -> None:
    for command in COMMANDS:
        numbers = [number for kind, number in RECORDS.items() if kind in command.records]
        line = re.sub(r"\b12\b", numbers[0] if numbers else "2", command.example)
        refusal = WORDS.say("refuse.role", roles=command.named_roles(WORDS))
        outcome, answers = say(driver, f"{role}-{command.name}-{where}", speaker(role, command), line, where)
        assert outcome is Outcome.COMMAND
        if where is None and command.name in ONLY_IN_GROUPS:
            assert answers == [WORDS.say("refuse.group_only")]
        elif where is not None and command.name in ONLY_IN_PRIVATE:
            assert answers == [WORDS.say("refuse.private_only")]
        elif role in PERMITTED[command.name]:
            assert refusal not in answers
        else:
            assert answers == [refusal], command.name
            assert "\n" not in refusal
            assert len(refusal) <= 40
