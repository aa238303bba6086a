"""One town over days, through events, shard, relay and an SQLite file: no ticket twice, no reply lost."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from lines import HeldLine, until
from plain import plain_app
from sqlalchemy import Engine
from worlds import ACCOUNT, NOW, after, build_world

from bot.channel_config import AccountConfig
from bot.channel_kinds import ChannelKind
from bot.lease import Lease, Runner
from bot.live import Live, enroll
from bot.transports.base import FriendRequest, LoggedIn, LoggedOut, Outage, Recalled, RoomChanged, Transport
from handlers.clockwork.schedules import KINDS
from models import schema
from models.codes import OutgoingState, Role, Status
from models.engine import open_engine
from models.uow import UnitOfWork, Units

CODE = "K7Q4-M3XP"
DIGEST = NOW.replace(hour=10)  # 18:00 in Shanghai


class Town:
    """What outlives the process: the file, the channel, the time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.line = HeldLine()
        self.now = NOW
        self.processes = 0

    def clock(self) -> datetime:
        return self.now

    def run(self, story: Callable[[], Coroutine[Any, Any, None]], *, killed: bool = False) -> None:
        """One process of the bot beside the story. killed: it is torn down in the middle of whatever it does."""
        self.processes += 1
        runner, plain = Runner("m", "机房", 1, f"k{self.processes}"), Units(self.engine)
        app = plain_app(self.engine, (ACCOUNT,), new_code=lambda: CODE, leasing=lambda name: Lease(name, plain, runner))
        accounts = [AccountConfig(ACCOUNT, ChannelKind.WECHATY)]
        enroll(app, accounts, 1000)

        async def opened(_: AccountConfig) -> Transport:
            return self.line

        async def both() -> None:
            live = Live(app, accounts, opened, clock=self.clock, say=lambda _: None, tick_seconds=0.02)
            running = asyncio.create_task(live.run())
            await story()
            if killed:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            else:
                live.stop()
                await running

        asyncio.run(asyncio.wait_for(both(), 60))

    def waiting(self) -> int:
        """Posts that have not left, and schedules that are due and have not run."""
        with UnitOfWork(self.engine, read_only=True) as uow:
            return uow.outbox.counts().get(OutgoingState.PENDING, 0) + len(uow.once.due(self.now, KINDS))

    def texts(self, to: str) -> list[str]:
        return [post.text for post in self.line.sent if to in (post.to, post.room)]


def test_recall_logout_and_login_a_friend_with_a_code_and_restarts_in_between(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/x.db")
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        secretary = uow.people.add("王书记")
        uow.people.grant(secretary, world.village, Role.SECRETARY)
        uow.commit()
    town = Town(engine)
    line = town.line

    async def first_morning() -> None:
        line.put(LoggedIn("bot", NOW))
        leak = line.say("三楼漏水了")
        await until(lambda: len(line.sent) == 2)
        line.put(leak)  # the channel tells it again
        fire = line.say("着火了", sender="老张")
        await until(lambda: len(line.sent) >= 4)
        town.now = after(1)
        line.put(Recalled("r1", "老张", fire.id, after(1)))
        await until(lambda: any("#2 已撤回" in text for text in town.texts("r1")))
        line.hangs = asyncio.Event()
        line.say("小哨 帮助", at=after(1))
        await until(lambda: "小哨" in line.sent[-1].text)

    town.run(first_morning, killed=True)  # in the middle of an answer
    line.hangs = None
    sent = len(line.sent)
    answer = line.sent[-1].text

    async def noon() -> None:
        town.now = after(31)  # what the first process held has run out by now
        line.put(LoggedIn("bot", town.now))
        await until(lambda: len(line.sent) > sent)
        line.put(LoggedOut("logged out", after(40)))
        town.now = after(90)
        line.put(LoggedIn("bot", after(90)), Outage(after(85), after(90), "unreachable"))
        line.say("三楼漏水了", sender="neu-1", at=NOW)  # the replay after the login, under a new id
        line.put(RoomChanged("r1", after(90), name="一微群（新）"))
        last = line.say("谢谢", at=after(90))
        await until(lambda: last.id in line.acknowledged)

    town.run(noon)
    assert line.sent[sent].doubled and line.sent[sent].text == answer  # promised, so it came, and says that it may be
    with UnitOfWork(engine) as uow:
        code = uow.identities.issue(secretary, by=None, at=town.now, expires_at=after(600))
        assert code != CODE  # a random one: the app's own is for commands
        uow.commit()
    sent = len(line.sent)

    async def evening() -> None:
        line.put(LoggedIn("bot", town.now))
        line.put(FriendRequest("f1", "wxid_wang", f"我是王书记 {code}", town.now))
        line.put(FriendRequest("f2", "wxid_werbung", "加我", town.now))
        await until(lambda: len(line.sent) == sent + 1)
        town.now = DIGEST
        line.say("日报", sender="wxid_wang", room=None, at=town.now)
        await until(lambda: any("未读到" in text for text in town.texts("wxid_wang")))
        await until(lambda: town.waiting() == 0)

    town.run(evening)
    assert line.accepted == ["f1"]
    digest = next(text for text in town.texts("wxid_wang") if "未读到" in text)
    assert "10:40–11:30 未读到" in digest  # the outage lies inside of it
    with UnitOfWork(engine, read_only=True) as uow:
        tickets = uow.tickets.all()
        assert [(ticket.number, ticket.title, ticket.status) for ticket in tickets] == [
            (1, "三楼漏水了", Status.OPEN),
            (2, "着火了", Status.WITHDRAWN),
        ]
        assert list(uow.seals.damage()) == []
        states = uow.outbox.counts()
        assert states.keys() <= {OutgoingState.SENT, OutgoingState.DROPPED, OutgoingState.MERGED}
        assert uow.places.room_by_id(1).name == "一微群（新）"
    assert sum(text.startswith("@王阿姨 已登记 #1") for text in town.texts("r1")) == 1
    engine.dispose()
