"""Several accounts in one process: supervised, stopped, leased; one that fails never stops the others."""

import asyncio
import io
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lines import HeldLine, until
from plain import plain_app
from sqlalchemy import Engine
from worlds import ACCOUNT, NOW, after, build_world

from bot import channel as channel_module
from bot.channel_config import AccountConfig
from bot.channel_kinds import ChannelKind
from bot.channels import NoSuchChannelError
from bot.lease import Lease, Runner
from bot.live import AllHeldError, Live, enroll
from bot.qr import show
from bot.transports.base import LoggedOut, Transport, Unknown
from models import schema
from models.codes import OutgoingState, PostKind, Role
from models.engine import open_engine
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork, Units

SECOND = "二号"


def config(name: str, kind: ChannelKind = ChannelKind.WECHATY) -> AccountConfig:
    return AccountConfig(name, kind)


class Process:
    """A process of the bot over the engine: accounts over lines that a test holds."""

    def __init__(
        self,
        engine: Engine,
        *accounts: AccountConfig,
        pid: int = 1,
        alarm: str | None = None,
        canary: float | None = None,
    ) -> None:
        runner, plain = Runner("m", "机房", pid, f"k{pid}"), Units(engine)
        self.said: list[str] = []
        self.now = NOW
        self.lines = {one.name: HeldLine(one.name) for one in accounts}
        self.broken: dict[str, Exception] = {}
        names = [one.name for one in accounts]
        self.app = plain_app(engine, names, leasing=lambda name: Lease(name, plain, runner), alarm=alarm)
        enroll(self.app, accounts, 1000)
        self.live = Live(
            self.app,
            accounts,
            self._open,
            clock=lambda: self.now,
            say=self.said.append,
            first_pause=0.01,
            longest_pause=0.02,
            tick_seconds=0.02,
            held_pause=0.05,
            canary_seconds=canary,
        )

    async def _open(self, account: AccountConfig) -> Transport:
        if account.name in self.broken:
            raise self.broken[account.name]
        return self.lines[account.name]


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    made = open_engine(f"sqlite:///{tmp_path}/x.db")
    schema.upgrade(made)
    with UnitOfWork(made) as uow:
        build_world(uow)
        uow.commit()
    yield made
    made.dispose()


def play(process: Process, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the process beside the story, then stop it."""

    async def both() -> None:
        running = asyncio.create_task(process.live.run())
        await story()
        process.live.stop()
        await running

    asyncio.run(asyncio.wait_for(both(), 60))


def test_each_account_hears_and_answers_and_the_other_keeps_on_when_one_fails(
    engine: Engine, logged: io.StringIO
) -> None:
    process = Process(engine, config(ACCOUNT), config(SECOND))
    process.broken[SECOND] = RuntimeError("geheim")
    first, second = process.lines[ACCOUNT], process.lines[SECOND]

    async def story() -> None:
        first.say("三楼漏水了")
        await until(lambda: len(first.sent) == 2)
        await until(lambda: logged.getvalue().count("account_failed") > 2)
        del process.broken[SECOND]
        second.put(ConnectionError("geheim"))
        second.say("小哨 帮助", sender="甲", room=None)
        await until(lambda: len(second.sent) == 1)
        first.say("还有四楼也漏水了")
        await until(lambda: len(first.acknowledged) == 2)

    play(process, story)
    assert "geheim" not in logged.getvalue()
    assert first.closed == 1
    assert second.closed == 2


def test_a_stop_settles_what_is_in_flight_and_handles_what_was_read(engine: Engine) -> None:
    process = Process(engine, config(ACCOUNT))
    line = process.lines[ACCOUNT]

    async def story() -> None:
        line.hangs = asyncio.Event()
        line.say("三楼漏水了")
        await until(lambda: len(line.sent) == 1)
        line.say("着火了")
        await until(lambda: line.read)
        process.live.stop()
        await until(lambda: len(line.acknowledged) == 2)
        line.hangs.set()

    play(process, story)
    with UnitOfWork(engine, read_only=True) as uow:
        states = uow.outbox.counts()
        assert len(uow.tickets.all()) == 2
        assert not uow.links.lease(ACCOUNT).holder  # type: ignore[union-attr]
    assert len(line.sent) == states[OutgoingState.SENT] == 1
    assert OutgoingState.SENDING not in states
    assert states[OutgoingState.PENDING] >= 3
    again = Process(engine, config(ACCOUNT), pid=2)

    async def rest() -> None:
        await until(lambda: len(again.lines[ACCOUNT].sent) == states[OutgoingState.PENDING])

    play(again, rest)
    assert not any(post.doubled for post in again.lines[ACCOUNT].sent)


def test_what_is_due_runs_and_leaves(engine: Engine) -> None:
    process = Process(engine, config(ACCOUNT))
    line = process.lines[ACCOUNT]

    async def story() -> None:
        line.say("着火了")
        await until(lambda: len(line.sent) == 2)
        process.now = after(6)  # nobody has answered
        await until(lambda: len(line.sent) > 2)

    play(process, story)
    assert [post.kind for post in line.sent] == [PostKind.EMERGENCY] * len(line.sent)


def test_two_processes_do_not_run_one_account(engine: Engine) -> None:
    first, second = Process(engine, config(ACCOUNT)), Process(engine, config(ACCOUNT), pid=2)

    async def story() -> None:
        first.lines[ACCOUNT].say("三楼漏水了")
        await until(lambda: len(first.lines[ACCOUNT].sent) == 2)
        second.lines[ACCOUNT].say("着火了")

        async def beating() -> None:
            lease = first.app.shards[ACCOUNT].lease
            assert lease is not None
            number = 0
            while True:
                number += 1
                moment = NOW.replace(microsecond=number)
                await asyncio.to_thread(lease.renew, moment)
                await asyncio.sleep(0.01)

        beat = asyncio.create_task(beating())
        with pytest.raises(AllHeldError, match="账号 test 正由另一个程序运行着（机房 进程 1）"):
            await second.live.run()
        beat.cancel()

    play(first, story)
    assert second.said[0].startswith("账号 test 正由另一个程序运行着")
    assert second.lines[ACCOUNT].sent == []
    with UnitOfWork(engine, read_only=True) as uow:
        assert len(uow.tickets.all()) == 1


def test_of_two_accounts_of_which_one_is_held_the_other_runs_and_the_first_follows(engine: Engine) -> None:
    other = Lease(ACCOUNT, Units(engine), Runner("elsewhere", "机房", 9, "k9"))
    other.acquire(NOW)
    process = Process(engine, config(ACCOUNT), config(SECOND))

    async def story() -> None:
        process.lines[SECOND].say("小哨 帮助", sender="甲", room=None)
        await until(lambda: len(process.lines[SECOND].sent) == 1)
        await until(lambda: len(process.said) == 1)
        process.lines[ACCOUNT].say("三楼漏水了")
        other.release(NOW)
        await until(lambda: len(process.lines[ACCOUNT].sent) == 2)

    play(process, story)


def test_an_account_that_was_taken_over_stops_here(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "BEAT_SECONDS", 0.01)
    process = Process(engine, config(ACCOUNT), config(SECOND))

    async def story() -> None:
        await until(lambda: process.app.shards[ACCOUNT].lease._epoch is not None)  # type: ignore[union-attr]
        with UnitOfWork(engine) as uow:
            row = uow.links.lease(ACCOUNT)
            assert row is not None
            row.epoch, row.holder = row.epoch + 1, "elsewhere|9|other"
            uow.commit()
        await until(lambda: any("已由另一个程序接管" in one for one in process.said))
        process.lines[ACCOUNT].say("三楼漏水了")
        await until(lambda: any("正由另一个程序运行着" in one for one in process.said))

    play(process, story)
    assert process.lines[ACCOUNT].sent == []


def test_an_account_that_was_taken_over_does_not_count_as_held_when_the_other_one_is(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First one, then the other is run elsewhere: this process goes on with the one that it has."""
    monkeypatch.setattr(channel_module, "BEAT_SECONDS", 0.01)
    process = Process(engine, config(ACCOUNT), config(SECOND))
    other = Lease(ACCOUNT, Units(engine), Runner("elsewhere", "机房", 9, "k9"))
    other.acquire(NOW)

    async def held(name: str) -> None:
        """Until the process knows that another one, which lives and renews its lease, has the account."""
        async with asyncio.timeout(20):
            while name not in process.live._held:
                with UnitOfWork(engine) as uow:
                    row = uow.links.lease(name)
                    assert row is not None
                    row.until += timedelta(microseconds=1)
                    uow.commit()
                await asyncio.sleep(0.01)

    async def story() -> None:
        await held(ACCOUNT)
        other.release(NOW)
        process.lines[ACCOUNT].say("三楼漏水了")
        await until(lambda: len(process.lines[ACCOUNT].sent) == 2)
        with UnitOfWork(engine) as uow:
            row = uow.links.lease(SECOND)
            assert row is not None
            row.epoch, row.holder = row.epoch + 1, "elsewhere|9|other"
            uow.commit()
        await held(SECOND)
        process.lines[ACCOUNT].say("着火了")
        await until(lambda: len(process.lines[ACCOUNT].sent) > 2)

    play(process, story)


@pytest.mark.parametrize("kind", [ChannelKind.WECOM_WEBHOOK, ChannelKind.WECHATY])
def test_an_outage_is_told_once_by_another_channel_also_over_a_restart(engine: Engine, kind: ChannelKind) -> None:
    accounts = config(ACCOUNT), config("通知", kind)
    process = Process(engine, *accounts, alarm="通知")
    if kind is ChannelKind.WECHATY:
        with UnitOfWork(engine) as uow:
            admin = uow.people.add("管理员")
            uow.people.bind(admin, "通知", "admin", "管理员", reachable=True)
            uow.people.grant(admin, uow.places.roots()[0], Role.ADMIN)
            uow.commit()
    board = process.lines["通知"]

    async def down() -> None:
        process.lines[ACCOUNT].put(LoggedOut("wrong token", NOW), LoggedOut("scan", NOW, qr="geheim-qr"))
        await until(lambda: len(board.sent) == 1)

    play(process, down)
    assert board.sent[0].text.startswith("账号「test」掉线了（口令不对），1 个群现在听不到。")
    assert board.sent[0].kind is PostKind.EMERGENCY
    assert (board.sent[0].room, board.sent[0].to) == (
        ("通知", None) if kind is ChannelKind.WECOM_WEBHOOK else (None, "admin")
    )
    assert not any("geheim-qr" in one for one in process.said)
    again = Process(engine, *accounts, pid=2, alarm="通知")

    async def up() -> None:
        again.lines[ACCOUNT].put(LoggedOut("wrong token", NOW))
        again.lines[ACCOUNT].say("三楼漏水了")  # whoever hears is logged in
        await until(lambda: len(again.lines["通知"].sent) == 1)

    play(again, up)
    assert again.lines["通知"].sent[0].text.startswith("账号「test」又能听到了")


def test_an_unknown_send_at_the_stop_is_settled(engine: Engine) -> None:
    process = Process(engine, config(ACCOUNT))
    process.lines[ACCOUNT].outcome = lambda _: Unknown("timeout")
    with UnitOfWork(engine) as uow:
        values = {"account": ACCOUNT, "kind": PostKind.NOTICE, "text": "x", "created_at": NOW, "not_before": NOW}
        uow.outbox.add(Outgoing(**values, room_id=1))
        uow.commit()

    async def story() -> None:
        await until(lambda: len(process.lines[ACCOUNT].sent) == 1)

    play(process, story)
    with UnitOfWork(engine, read_only=True) as uow:
        assert uow.outbox.counts() == {OutgoingState.MAYBE: 1}


def test_a_leader_hears_by_the_account_on_which_he_can_be_written_to(engine: Engine) -> None:
    process = Process(engine, config(ACCOUNT), config("应用", ChannelKind.WECOM_APP))
    with UnitOfWork(engine) as uow:
        leader = uow.people.identity(ACCOUNT, "老李")
        assert leader is not None
        leader.reachable = False
        uow.people.bind(uow.people.get(leader.person_id), "应用", "li", "老李", reachable=True)
        uow.commit()
    app = process.lines["应用"]

    async def story() -> None:
        process.lines[ACCOUNT].say("三楼漏水了")
        await until(lambda: len(app.sent) == 1)

    play(process, story)
    assert app.sent[0].to == "li"
    assert "三楼漏水了" in app.sent[0].text
    assert [post.room for post in process.lines[ACCOUNT].sent] == ["r1"]


def test_who_looks_online_and_hears_nothing_is_noticed_by_a_message_to_itself(engine: Engine) -> None:
    process = Process(engine, config(ACCOUNT), config("通知", ChannelKind.WECOM_WEBHOOK), alarm="通知", canary=0.01)
    line, board = process.lines[ACCOUNT], process.lines["通知"]
    sings = [True, False, False]

    async def canary() -> bool:
        if len(sings) > 1:
            return sings.pop(0)
        if board.sent:
            return True
        raise ConnectionError("geheim")

    line.canary = canary  # type: ignore[attr-defined]

    async def story() -> None:
        await until(lambda: len(board.sent) == 2)

    play(process, story)
    assert "看着在线，却什么也听不到" in board.sent[0].text
    assert "又能听到了" in board.sent[1].text


def test_the_code_to_scan_is_drawn_in_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    show("一号", "https://login.example/geheim", said.append)
    drawn_code = capsys.readouterr().out
    assert len(drawn_code.splitlines()) > 10
    assert set(drawn_code) <= set("█▀▄ \n\x1b[0123456789;m")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    show("一号", "https://login.example/geheim", said.append)
    assert capsys.readouterr().out == ""
    assert said == [
        "账号「一号」要扫码登录，请用手机微信扫：",
        "账号「一号」要扫码登录。现在的输出不是终端，二维码不能写进日志：请在终端里运行 xiaoshao run 扫码。",
    ]


def test_a_kind_that_is_not_installed_is_a_sentence(engine: Engine) -> None:
    process = Process(engine, config(ACCOUNT))
    process.broken[ACCOUNT] = NoSuchChannelError("没有这种通道。")

    async def story() -> None:
        await until(lambda: bool(process.said))

    play(process, story)
    assert process.said == ["没有这种通道。"]
