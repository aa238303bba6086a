"""What anybody may say in the village of village.py: commands made from the registry, talk, quotes, time that passes.

Every line is one of a transcript (tests/transcripts/README.md), so that what went wrong can be read and played again.
Choices come from a Chooser: a random.Random, of hypothesis in the tests, of a seed in bench/soak.py.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from sqlmodel import col, select
from transcript import Stage

from handlers.commands import COMMANDS
from handlers.parsing import Needs
from handlers.registry import Command
from models.codes import SignalStatus
from models.message import BOT
from models.states import ENDED
from models.tables import RoleGrant
from models.ticket_tables import Signal, Ticket

T = TypeVar("T")

ROOMS = ("一组", "二组", "三组", "四组")
STAFF_ROOM, DOOR = "工作群", "门外"
"""A group of the first village's staff; and a group that nobody has bound yet."""

RESIDENTS = ("王阿姨", "李叔", "孙伯", "小陈", "吴婶", "郑姐", "冯爷")
HELPERS = ("老张", "老赵", "小林", "胡婶", "小马")
STAFF = (
    "老何", "老李", "老周", "老秦", "周书记", "小管", "老刘", "何主任", "梁主任", "何镇长", "郑区长", "钱领导",
)  # fmt: skip
STRANGER = "路人甲"
EVERYBODY = (*RESIDENTS, *HELPERS, *STAFF, STRANGER)

TALK = (
    "3栋2单元三楼漏水了，没人管", "路灯坏了一个星期了，晚上黑灯瞎火的", "垃圾桶满了没人倒", "楼道灯坏了没人修",
    "停水了，怎么没人通知", "3栋停电了，冰箱里的菜要坏了", "楼上天天半夜装修，吵得睡不着",
    "5栋门口垃圾堆成山了，没人清",
    "3栋2单元501漏水了，没人管，我电话13812345678", "村口小卖部旁边的路灯一直不亮，晚上走路害怕",
    "8栋门口的树枝断了挂在半空，没人管", "5栋1单元电梯按钮坏了，按不动", "单元门禁坏了好几天没人修",
    "想借一个梯子，谁家有能借我用一天吗", "家里水龙头坏了，想请人帮忙修一下", "想借一个电钻，谁家有能借我用一天吗",
    "我妈瘫痪在床，想要一个轮椅，哪位好心人能帮帮忙", "孩子上初二，想找人辅导一下数学", "想请人帮我取一下快递",
    "想请人帮我把阳台的灯换一换，我爬不了梯子", "广场上想学太极拳，想找人来教教大家",
    "房东不退我押金", "老板拖欠我三个月工资不给", "大家一起去市里上访，拉横幅", "楼上天天半夜吵架打孩子",
    "隔壁把我家的地占了一米多，跟他讲理还骂人", "两口子又闹离婚，他把我的东西都扔出去了",
    "我老公又打我了，打得我满脸是血，要离婚",
    "3栋着火了，浓烟滚滚", "3栋电梯里有人被困了，快来人", "5栋楼道里有煤气味，好像漏气了",
    "我真的不想活了，活着没意思",
    "我家也是", "+1", "还没修好", "又漏了", "修好了，谢谢", "谢谢老赵", "发错群了，不好意思", "没事了，发错群了",
    "早上好", "吃了吗", "今天天气不错", "谁家要土鸡蛋", "收到", "好的", "满意", "12", "我的", "[图]", "[语音]",
    "就是3栋2单元那边", "你们看后山那牌子", "认领 1 个快递", "不满意，太慢了", "确认2个人来",
    "今天门口那块大石头搬走了",
)  # fmt: skip

REQUESTS = (
    "三楼漏水了没人管", "想借一个梯子", "想请人帮忙搬一个大衣柜下楼，要3人", "房东不退我押金",
    "电梯坏了，有人被困在里面",
    "后山的牌子倒了，找我13912345678，住6栋1单元302室", "想请人帮我换灯泡，不要提我的名字", "我孩子被他爸打了",
    "楼下垃圾堆了三天没人收拾", "我得了病，想要一个轮椅", "我家那口子又那样了", "大家一起去市里上访，拉横幅", "",
)  # fmt: skip

WORDS = ("", "说明", "换了阀门", "师傅下午到", "要水务来修", "等配件到货", "打过电话没人接", "[图]")

BY_COMMAND: Mapping[str, Sequence[str]] = {
    "转办:number_text": (
        "@老张", "@小马", "老何", "@老李", "清河物业公司", "物业", "@王阿姨", "@老刘", "@何镇长", "查无此人", "@老赵",
    ),
    "改:number_text": (
        "地点 3栋2单元", "地点 5栋", "类别 环境卫生", "类别 道路设施", "类别 电梯", "类别 物品", "类别 没有的",
        "内容 还要一个",
        "人数 2", "人数 3", "人数 1", "人数 99", "匿名", "类型 纠纷", "类型 心愿", "类型 诉求", "",
    ),
    "记录:number_text": (
        "化解方式 劝和", "是否成功 是", "涉及人数 2", "简述 谈过一次", "化解组织 村调委会", "没有的 字段",
    ),
    "转纠纷:number_text": ("邻里", "租房", "", "没有的"),
    "延期:number_text": ("3天 要等汛期过去", "100天 太久", "2天", ""),
    "同意:number_text": ("", "13912345678", "@老张", "住得近"),
    "不同意:number_text": ("家里已经有人帮了", ""),
    "绑定:code": ("test-1", "test-2", "清河镇", "东坑社区", "test 工作群", "QH99", "test-3 K7Q2-M3XP", ""),
    "绑定我:code": ("K7Q2-M3XP", "K7Q3-M3XP", "AAAA-2222", ""),
    "点单:item": ("101", "102 明天上午在家", "999", "测试服务", "", "101 找我13912345678"),
    "周报:text": ("", "上周", "本周", "第60周"),
    "月报:text": ("", "上月", "13月"),
}  # fmt: skip
"""What stands behind the word, where the example of the registry says too little."""

OFTEN = (*COMMANDS, *[command for command in COMMANDS if command.takes_number] * 2)
"""What is done with a ticket is said more often than the rest: there is more of it to go wrong."""

BEHIND = {"合并:number_text", "拆分:number_text"}
"""Commands behind whose number another number or a name stands."""


TIMES = ("1m", "6m", "30m", "2h", "5h", "14h") * 3 + ("26h", "26h", "3d", "8d")
"""How long nobody says anything."""


class Chooser(Protocol):
    """Where choices come from."""

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        ...


@dataclass(frozen=True, slots=True)
class ByRandom:
    """Choices of a generator."""

    random: Random

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


def pick(chooser: Chooser, choices: Sequence[T]) -> T:
    return choices[chooser.number(0, len(choices) - 1)]


def often(chooser: Chooser, percent: int) -> bool:
    return chooser.number(1, 100) <= percent


@dataclass
class Talker:
    """Says what somebody does next on a stage."""

    stage: Stage
    _about: str | None = None

    def next_line(self, chooser: Chooser) -> str:
        """Something that somebody does now."""
        what = chooser.number(1, 100)
        if what <= 58:
            return self._command(chooser, pick(chooser, OFTEN))
        if what <= 78:
            return self._talk(chooser)
        if what <= 94:
            return "@+" + pick(chooser, TIMES)
        return self._office(chooser)

    def _office(self, chooser: Chooser) -> str:
        """What the operator and the channel do."""
        kind = chooser.number(1, 8)
        if kind <= 2:
            return f"@{pick(chooser, (*HELPERS, *STAFF[:8]))}卸任"
        if kind <= 4:
            role = pick(chooser, ("micro_leader@test-1", "micro_leader@test-2", "party_member@test", "governor@test"))
            return f"@{pick(chooser, (*HELPERS, *STAFF[:7], '王阿姨'))}上任 {role}"
        if kind == 5:
            return f"@{pick(chooser, ROOMS)}={pick(chooser, ('开', '开', '询问', '影子', '关'))}"
        if kind == 6:
            return f"@停机{pick(chooser, (1, 5, 90))}m"
        if kind == 7:
            return f"@拒收 {pick(chooser, RESIDENTS)}"
        return "@重发"

    def _speaker(self, chooser: Chooser) -> str:
        kind = chooser.number(1, 10)
        if kind <= 4:
            return pick(chooser, STAFF)
        return pick(chooser, HELPERS if kind <= 6 else RESIDENTS) if kind <= 9 else pick(chooser, EVERYBODY)

    def _fitting(self, command: Command) -> list[str]:
        """Those who may probably do it: whoever asked for the matter, has claimed or handles it, or holds a role."""
        with self.stage.app.units.read() as uow:
            people: list[str] = []
            if self._about is not None:
                ticket = uow.tickets.get(self._about)
                if "提出人" in command.relation:
                    people += [row.person_id for row in uow.tickets.requesters(ticket.id)]
                if "人" in command.relation or command.who is not None:
                    people += [claim.person_id for claim in uow.wishes.live(ticket.id)]
                    people += [ticket.handler_id] if ticket.handler_id is not None else []
                if command.who is not None and not people:
                    line = uow.places.line(uow.places.node(ticket.node_id))
                    people += [one.id for node in line for one in uow.people.holders(node, tuple(command.who))]
            elif command.who is not None:
                grants = uow.session.exec(select(RoleGrant).where(col(RoleGrant.role).in_(command.who))).all()
                people += [grant.person_id for grant in grants]
            names = [identity.external_id for one in people for identity in uow.people.identities(one)]
        return sorted({name for name in names if re.fullmatch(r"[\w-]+", name)})

    def _where(self, chooser: Chooser, who: str) -> str:
        kind = chooser.number(1, 20)
        if kind <= 9:
            return ">"
        if kind <= 17:
            return f"@{self._home(chooser, who)}"
        return "@" + pick(chooser, (*ROOMS, STAFF_ROOM, STAFF_ROOM, DOOR))

    def _home(self, chooser: Chooser, who: str) -> str:
        own = next((line.split()[2:] for line in self.stage.head.people if line.split()[0] == who), [])
        rooms = [room for room in own if room in ROOMS]
        return pick(chooser, rooms or ROOMS[:2])

    def _talk(self, chooser: Chooser) -> str:
        who = pick(chooser, RESIDENTS) if often(chooser, 80) else pick(chooser, EVERYBODY)
        words = pick(chooser, TALK)
        if often(chooser, 8):
            return f"{who}>{words}"
        quote = self._quoted(chooser) if often(chooser, 12) else ""
        room = self._home(chooser, who) if often(chooser, 92) else pick(chooser, (STAFF_ROOM, DOOR))
        return f"{who}@{room}{quote}：{words}"

    def _command(self, chooser: Chooser, command: Command) -> str:
        quote = self._quoted(chooser) if often(chooser, 15) else ""
        self._about = None
        words = self.command_line(chooser, command, numbered=not quote or often(chooser, 30))
        fitting = self._fitting(command) if often(chooser, 65) else []
        who = pick(chooser, fitting) if fitting else self._speaker(chooser)
        where = self._where(chooser, who)
        if where == ">":
            return f"{who}{quote}>{words}"
        call = "@小哨 " if often(chooser, 60) else ""
        return f"{who}{where}{quote}：{call}{words}"

    def command_line(self, chooser: Chooser, command: Command, *, numbered: bool = True) -> str:
        """The words of a command, made from its spellings and from what must follow them."""
        return f"{pick(chooser, command.words)}{GENERATORS[command.needs](self, chooser, command, numbered)}".rstrip()

    def number(self, chooser: Chooser) -> str:
        """The number of a ticket: mostly one that is open, seldom one that nobody has."""
        with self.stage.app.units.read() as uow:
            query = select(Ticket.number, Ticket.status, Ticket.id).order_by(col(Ticket.opened_at))
            rows = uow.session.exec(query).all()
        alive = [row for row in rows if row[1] not in ENDED][-8:]
        found = alive if alive and often(chooser, 75) else rows
        if not found or often(chooser, 4):
            return str(pick(chooser, (1, 2, 99, 0)))
        number, _, ticket_id = pick(chooser, found)
        self._about = self._about or ticket_id
        return str(number)

    def _signal(self, chooser: Chooser) -> str:
        with self.stage.app.units.read() as uow:
            query = select(Signal.number).where(Signal.status == SignalStatus.WAITING)
            waiting = uow.session.exec(query.order_by(col(Signal.id))).all()
        return f"S{pick(chooser, waiting)}" if waiting and often(chooser, 85) else f"S{chooser.number(1, 6)}"

    def _quoted(self, chooser: Chooser) -> str:
        """「a piece of one of the bot's last posts」, from any chat."""
        posts = [text for _, speaker, text, _ in self.stage.said[-60:] if speaker == BOT]
        if not posts:
            return ""
        line = pick(chooser, posts[-12:]).split("\n")[0]
        piece = re.split(r"[「」：>@]", line)
        longest = max(piece, key=len).strip()
        return f"「{longest}」" if longest else ""


def _behind_number(talker: Talker, chooser: Chooser, command: Command) -> str:
    own = BY_COMMAND.get(command.name)
    if command.name in BEHIND:
        return pick(chooser, (talker.number(chooser), talker.number(chooser), pick(chooser, RESIDENTS), ""))
    return pick(chooser, own if own is not None else (*WORDS, _of_example(command)))


def _of_example(command: Command) -> str:
    """What stands behind the number in the example of the registry."""
    found = re.search(r"\d+(.*)", command.example)
    return found[1].strip() if found else ""


def _number(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    return f" {talker.number(chooser)}" if numbered else ""


def _number_text(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    return f"{_number(talker, chooser, command, numbered)} {_behind_number(talker, chooser, command)}"


def _signals(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    if not numbered:
        return ""
    more = f" {talker._signal(chooser)}" if often(chooser, 20) else ""
    return f" {talker._signal(chooser)}{more}"


def _signals_or_rest(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    return " 其余" if often(chooser, 25) else _signals(talker, chooser, command, numbered)


def _text(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    return f" {pick(chooser, BY_COMMAND.get(command.name, REQUESTS))}"


def _people(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    one, other = pick(chooser, EVERYBODY), pick(chooser, STAFF)
    if command.words[0] == "代理":
        return pick(chooser, (f" @{other} 到 5月20日", f" @{other} 到 6月1日", f" @{one} 到 昨天", f" @{other}"))
    if command.words[0] == "交接":
        return pick(chooser, (f" @{other}", f" @{one} 给 @{other}", f" @{other} 给 @{one}"))
    return pick(chooser, (f" @{other}", f" @{one} @{other}", f" {one}", " 清空", " @查无此人"))


def _code(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    return f" {pick(chooser, BY_COMMAND.get(command.name, (_of_example(command),)))}"


def _list(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    return pick(chooser, (" 1", " 1 3", " 全部", " 9"))


def _nothing(talker: Talker, chooser: Chooser, command: Command, numbered: bool) -> str:
    return ""


Generator = Callable[[Talker, Chooser, Command, bool], str]

GENERATORS: Mapping[Needs, Generator] = {
    Needs.NOTHING: _nothing,
    Needs.NUMBER: _number,
    Needs.NUMBER_TEXT: _number_text,
    Needs.SIGNALS: _signals,
    Needs.SIGNALS_OR_REST: _signals_or_rest,
    Needs.TEXT: _text,
    Needs.APART: _text,
    Needs.ITEM: _text,
    Needs.PEOPLE: _people,
    Needs.CODE: _code,
    Needs.LIST: _list,
}
"""What follows the word of a command, by what it needs: a command whose needs are new has no line here yet."""
