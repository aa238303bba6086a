"""A whole village in which anybody says anything: its people, and how lines are played and looked at."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from invariants import Played, Watch, at_the_end, lasting
from saying import STAFF_ROOM, Chooser, Talker, often
from staging import ACCOUNT
from structlog.testing import capture_logs
from transcript import _SAID, STEP, Stage
from transcript_head import read_head

from bot.driver import Driver
from bot.transports.base import Outcome as Delivered
from bot.transports.base import Post
from bot.transports.memory import MemoryTransport
from models.codes import OrganisationKind, Role, RoomMode, RoomPurpose
from models.message import Message
from models.tables import Person
from models.uow import UnitOfWork
from nlp.understander import Understander

HEAD = """\
群 一组 开
群 二组 开
群 三组 询问
群 四组 开
镇 清河镇
区 云河区
网格 第一网格 一组 二组
网格 第二网格 三组
村 东坑社区 四组
人 王阿姨 居民 一组
人 李叔 居民 一组 二组
人 孙伯 居民 一组
人 小陈 居民 二组
人 吴婶 居民 三组
人 郑姐 居民 四组
人 冯爷 居民 四组
人 老张 党员 一组 二组
人 老赵 党员 二组
人 小林 信息员 一组
人 胡婶 中心户 二组
人 老何 治理员 一组
人 老李 微网格长 一组
人 老周 微网格长 二组
人 老秦 微网格长 四组
人 周书记 支部书记
人 小马 物业 一组 二组
人 小管 管理员
人 老刘 网格长 三组
人 何主任 村社区 清河村
人 梁主任 村社区 东坑社区
人 何镇长 镇街
人 郑区长 区直
不可私聊 孙伯 胡婶
""".splitlines()


class _Watched(MemoryTransport):
    """Looks at each post in the moment in which it leaves."""

    def __init__(self, account: str, look: Callable[[Post], None]) -> None:
        super().__init__(account)
        self._look = look

    def deliver(self, post: Post) -> Delivered:
        self._look(post)
        return super().deliver(post)


@dataclass
class Failure(Exception):
    """What does not hold, with every line that was played until then."""

    broken: Sequence[str]
    lines: Sequence[str]

    def __str__(self) -> str:
        return "\n".join([*self.broken, "--- played:", *self.lines])


@dataclass
class Village:
    """The stage with more people than a transcript has, and what must hold on it."""

    understander: Understander
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stage = Stage(read_head([line for line in HEAD if line]), self.understander)
        with self.stage.app.units() as uow:
            _settle_more(uow)
            uow.commit()
        self.stage.head.people.append("钱领导 领导")
        self.watch = Watch(self.stage)
        self.stage.transport = _Watched(ACCOUNT, self.watch.leaves)
        self.stage.driver = Driver(self.stage.app, self.stage.transport, self.stage.head.start)
        self._last: Message | None = None
        self.talker = Talker(self.stage)

    def close(self) -> None:
        self.stage.engine.dispose()

    # -- playing --------------------------------------------------------------------------------

    def play(self, line: str) -> None:
        """Play one line. Raises Failure when something does not hold at once."""
        self.lines.append(line)
        with capture_logs() as logged:
            played = self._play(line)
        broken = [*self.watch.broken, *self.watch.after(played, logged)]
        self.watch.broken.clear()
        for entry in logged:
            if entry.get("exc_info") not in (None, False):
                broken.append(f"{entry['event']}: {entry['exc_info']!r}")
        if broken:
            raise Failure(broken, self.lines)

    def _play(self, line: str) -> Played | None:
        stage = self.stage
        taken = re.fullmatch(r"@(\S+)(卸任|上任)(?: (\S+))?", line)
        if taken is not None:
            self._appoint(taken[1], taken[3], taken[2] == "上任")
            return None
        if line == "@重发":
            return self._again()
        if line.startswith("@"):
            stage.play(line)
            return None
        said = _SAID.fullmatch(line)
        if said is None:
            return None  # quotes a post that is not there, once the line that caused it was left out
        posts = list(stage.driver.advance(stage.driver.now + STEP))
        stage._show(posts)
        try:
            message = stage._message(said)
        except AssertionError:
            return None
        self._last = message
        outcome = stage.driver.say(message)
        played = Played(message, outcome)
        stage._show(list(stage.driver.send()))
        stage.driver.look()
        return played

    def _again(self) -> Played | None:
        """The channel delivers the last message once more."""
        if self._last is None:
            return None
        outcome = self.stage.driver.say(self._last)
        self.stage._show(list(self.stage.driver.send()))
        return Played(self._last, outcome, again=True)

    def _appoint(self, name: str, role: str | None, comes: bool) -> None:
        """The operator gives somebody a role, or takes all of his away."""
        stage = self.stage
        with stage.app.units() as uow:
            identity = uow.people.identity(ACCOUNT, name)
            if identity is None:
                return
            person = uow.people.get(identity.person_id)
            if comes and role is not None:
                kind, _, code = role.partition("@")
                node = uow.places.node_by_code(code)
                held = {(grant.role, grant.node_id) for grant in uow.people.grants(person.id)}
                if node is not None and (Role(kind), node.id) not in held:
                    uow.people.grant(person, node, Role(kind))
            else:
                for grant in uow.people.grants(person.id):
                    if grant.role is not Role.RESIDENT:
                        uow.session.delete(grant)
            uow.commit()
        stage.driver.look()
        stage._show(list(stage.driver.advance(stage.driver.now + STEP)))

    def check(self) -> None:
        """Everything that holds at any moment. Raises Failure."""
        broken = lasting(self.stage, self.watch)
        if broken:
            raise Failure(broken, self.lines)

    def scan(self) -> None:
        """What stands where it may not, in all that was written and sent. Raises Failure."""
        broken = at_the_end(self.stage, self.watch)
        if broken:
            raise Failure(broken, self.lines)

    def run_out(self) -> None:
        """Nobody says anything any more for nine days: whatever is planned happens."""
        for line in ("@+1d", "@+8d"):
            self.play(line)
            self.check()


def _settle_more(uow: UnitOfWork) -> None:
    """Who leads a grid, who leads nothing but may read all, a company, and a staff room."""

    def person(name: str) -> Person:
        identity = uow.people.identity(ACCOUNT, name)
        assert identity is not None, name
        return uow.people.get(identity.person_id)

    village, grid = uow.places.node_by_code("test"), uow.places.node_by_code("第二网格")
    town = uow.places.node_by_code("清河镇")
    assert village is not None
    assert grid is not None
    assert town is not None
    for grant in list(uow.people.grants(person("老刘").id)):
        uow.session.delete(grant)
    uow.people.grant(person("老刘"), grid, Role.GRID_LEADER)
    head = uow.people.add("钱领导")
    uow.people.bind(head, ACCOUNT, "钱领导", "钱领导", reachable=True)
    uow.people.grant(head, town, Role.HEAD)
    company = uow.organisations.put(code="c1", name="清河物业公司", kind=OrganisationKind.PROPERTY, node=village)
    uow.organisations.put_members(company, [person("小马")])
    uow.organisations.put_responsible(village, "lift", organisation=company)
    uow.places.add_room(
        account=ACCOUNT,
        external_id=STAFF_ROOM,
        name=STAFF_ROOM,
        node=village,
        mode=RoomMode.ON,
        purpose=RoomPurpose.STAFF,
    ).notice_version = 1


def play(village: Village, chooser: Chooser, length: int, *, every: int = 20) -> None:
    """length random lines, what holds looked at every few lines, then, in one of four, silent days. Raises Failure."""
    for count in range(1, length + 1):
        village.play(village.talker.next_line(chooser))
        if count % every == 0:
            village.check()
    village.check()
    if often(chooser, 25):
        village.run_out()
    village.scan()


def replay(understander: Understander, lines: Sequence[str], *, every: int = 1) -> Failure | None:
    """Play lines as they stand; what is broken first, if anything is."""
    village = Village(understander)
    try:
        for count, line in enumerate(lines, start=1):
            village.play(line)
            if count % every == 0:
                village.check()
        village.check()
        village.scan()
        return None
    except Failure as failure:
        return failure
    finally:
        village.close()
