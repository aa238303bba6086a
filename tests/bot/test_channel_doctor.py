"""What the doctor says of the channels: in Chinese, with what to do, and never a secret."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from aiohttp import web
from archive_folder import pems
from lines import HeldLine
from processes import xiaoshao
from pydantic import SecretStr
from worlds import ACCOUNT, NOW, build_world

from bot import channel_probe, operating
from bot.channel_check import check
from bot.channel_config import AccountConfig, Callbacks, ChannelsConfig
from bot.channel_kinds import ChannelKind
from bot.channel_probe import Network, probe
from bot.channels import NoSuchChannelError, Surroundings, open_channel
from bot.clock import now
from bot.lease import Lease, Runner
from bot.settings import Settings
from bot.transports.base import Event, LoggedIn, LoggedOut, Refused, Transport, Unknown
from bot.transports.wecom_archive.payloads import Consent
from models import schema
from models.codes import OutgoingState, PostKind, RoomMode
from models.engine import open_engine
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork, Units

KEY = "12345678-90ab-cdef-1234-567890abcdef"


@dataclass
class Town:
    folder: Path

    def __post_init__(self) -> None:
        self.url = f"sqlite:///{self.folder}/x.db"
        self.engine = open_engine(self.url)
        schema.upgrade(self.engine)
        with UnitOfWork(self.engine) as uow:
            build_world(uow)
            uow.commit()
        (self.folder / "token").write_text("geheim", "utf-8")
        (self.folder / "token").chmod(0o600)
        self.file = self.folder / "channels.toml"
        self.write('[accounts.test]\nkind="wechaty"\nendpoint="127.0.0.1:1"\ntoken_file="token"\n')

    def write(self, text: str) -> None:
        self.file.write_text(text, "utf-8")

    def lines(self, *, alarm: str | None = None, online: bool = False) -> list[str]:
        settings = Settings(database_url=self.url, channels=self.file, alarm=alarm)  # type: ignore[arg-type]
        return [f"{one.mark} {one.text}" for one in operating.examine(settings, online=online)]

    def run_by(self, account: str = ACCOUNT) -> None:
        Lease(account, Units(self.engine), Runner("elsewhere", "机房", 7, "k")).acquire(now())

    def heard(self, ago: timedelta, watermark: timedelta | None = None) -> None:
        with UnitOfWork(self.engine) as uow:
            uow.places.account(ACCOUNT).heard_until = now() - ago
            uow.places.room_by_id(1).watermark = None if watermark is None else now() - watermark
            uow.commit()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.engine.dispose()


def has(lines: list[str], start: str) -> bool:
    return any(line.startswith(start) for line in lines)


def test_without_channels_it_says_how_to_begin(town: Town) -> None:
    settings = Settings(database_url=town.url)  # type: ignore[arg-type]
    assert "○ 还没有接真实的群：没有设 CHANNELS，写法见 docs/channels-setup.md。" in [
        f"{one.mark} {one.text}" for one in operating.examine(settings)
    ]


def test_every_fault_of_the_file_is_a_line(town: Town) -> None:
    town.write('[accounts.a]\nkind="wechaty"\ntoken="geheim-2"\n[accounts.b]\nkind="x"\n')
    lines = town.lines()
    assert has(lines, "✗ 通道文件 channels.toml：账号「a」少了 endpoint")
    assert has(lines, "✗ 通道文件 channels.toml：账号「a」的 token 不要直接写在这个文件里")
    assert has(lines, "✗ 通道文件 channels.toml：账号「b」的 kind 要写成")
    assert "geheim" not in "\n".join(lines)


def test_an_account_that_nobody_runs_and_an_alarm_that_nobody_set(town: Town) -> None:
    lines = town.lines()
    assert "✓ 通道文件写了 1 个账号，都看得懂。" in lines
    assert "○ 账号 test（个人微信（Wechaty 网关））现在没有程序在运行它，请运行 xiaoshao run。" in lines
    assert "✓ 账号 test 在 1 个群里，绑定了 1 个。" in lines
    assert has(lines, "○ 没有设 ALARM")
    assert has(town.lines(alarm="谁"), "✗ 设置 ALARM 写的账号「谁」不在通道文件里，请写这几个之一：test。")
    (town.folder / "token").chmod(0o644)
    assert "✗ 存口令的文件 token 本机别的用户也能读，请运行 chmod 600 token。" in town.lines()


def test_an_alarm_that_did_not_arrive(town: Town) -> None:
    with UnitOfWork(town.engine) as uow:
        fields = {"account": ACCOUNT, "room_id": 1, "text": "账号「x」掉线了", "created_at": NOW, "not_before": NOW}
        for kind, ticket_ids in ((PostKind.EMERGENCY, []), (PostKind.EMERGENCY, ["t"]), (PostKind.NOTICE, [])):
            stuck = {"state": OutgoingState.STUCK, "error": "errcode", "code": 93000}
            uow.outbox.add(Outgoing(kind=kind, ticket_ids=ticket_ids, **fields, **stuck))
        uow.commit()
    lines = town.lines(alarm=ACCOUNT)
    assert has(lines, "✗ 1 条掉线报警没有送到，账号 test 发不出去：群机器人的地址失效")
    assert not any("掉线报警" in line for line in town.lines())


def test_a_running_account_that_hears(town: Town) -> None:
    town.run_by()
    town.heard(timedelta(seconds=4), timedelta(minutes=3))
    lines = town.lines()
    assert "✓ 账号 test（个人微信（Wechaty 网关））正在运行（机房 进程 7）。" in lines
    assert has(lines, "✓ 账号 test 最近一句话在 ")
    assert not any("✗" in line for line in lines)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("wrong token", "掉线了（口令不对），网关上的 token 和这里文件里的不一样"),
        ("scan", "掉线了（等人扫码登录），请在运行小哨的终端里扫码登录。"),
        ("kicked", "掉线了（被另一个程序挤下来），有另一个程序用着同一个账号"),
    ],
)
def test_a_running_account_that_is_logged_out(town: Town, reason: str, sentence: str) -> None:
    town.run_by()
    with UnitOfWork(town.engine) as uow:
        uow.links.set_link(ACCOUNT, online=False, since=NOW, reason=reason)
        uow.commit()
    (line,) = [line for line in town.lines() if line.startswith("✗")]
    assert line.startswith("✗ 账号 test 从 5月6日 10:00 起掉线了")
    assert sentence in line


def test_a_running_account_that_is_stuck_or_silent(town: Town) -> None:
    town.run_by()
    town.heard(timedelta(minutes=10))
    assert has(town.lines(), "✗ 账号 test 的程序像是卡住了")
    town.heard(timedelta(seconds=1), timedelta(hours=30))
    assert any("以后没有听到一句话：请在一个群里说一句试试" in line for line in town.lines())
    town.heard(timedelta(seconds=1))
    assert any("还没有听到过一句话" in line for line in town.lines())


def test_accounts_without_a_group_and_groups_without_an_account(town: Town) -> None:
    town.write(
        '[accounts.neu]\nkind="wecom_bot"\nbot_id="b"\nsecret_file="token"\n'
        '[callbacks]\npublic_url="https://bot.example.cn"\n'
    )
    lines = town.lines()
    assert has(lines, "○ 账号 neu 还没有进任何群")
    assert "○ 账号 test 有群，却不在通道文件里：它们的群现在听不到，也发不出去。" in lines
    assert has(lines, "✓ 回调网址 https://bot.example.cn 要能转到这台机器的 127.0.0.1:8780")


def test_a_board_needs_no_binding(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", KEY)
    town.write('[accounts.board]\nkind="wecom_webhook"\nkey_env="HOOK"\n')
    with UnitOfWork(town.engine) as uow:
        uow.places.account("board", "wecom_webhook")
        uow.places.add_room(account="board", external_id="board", name="board", node=None, mode=RoomMode.ON)
        uow.commit()
    lines = town.lines(alarm="board")
    assert not any("还没绑定网格" in line or "ALARM" in line or KEY in line for line in lines)


def test_the_command_connects_only_when_it_is_asked_to(town: Town) -> None:
    environment = {"DATABASE_URL": town.url, "CHANNELS": str(town.file)}
    offline = xiaoshao("doctor", **environment)
    assert (offline.returncode, offline.stderr) == (0, b"")
    online = xiaoshao("doctor", "--online", **environment)
    assert online.returncode == 1
    said = online.stdout.decode()
    assert "✗ 账号 test：5 秒连不上 127.0.0.1:1，请检查网关开着没有、地址和端口、防火墙。" in said
    assert "geheim" not in said


# -- online -------------------------------------------------------------------------------------


class Answers(HeldLine):
    """Reports one event as soon as it is listened to."""

    def __init__(self, event: Event | None) -> None:
        super().__init__()
        if event is not None:
            self.put(event)


def network(*, reaches: bool = True, skew: float | None = 0.0, public: bool = True) -> Network:
    async def reach(host: str, port: int) -> bool:
        return reaches

    async def time_of(url: str) -> datetime | None:
        return None if skew is None else NOW - timedelta(seconds=skew)

    async def answers(url: str) -> bool:
        return public

    return Network(reach, time_of, answers)


def ask(
    town: Town,
    event: Event | Exception | None,
    net: Network,
    *,
    kind: ChannelKind = ChannelKind.WECHATY,
    public: str | None = None,
) -> list[str]:
    options: dict[str, object] = {"endpoint": "h:1"} if kind is ChannelKind.WECHATY else {}
    config = ChannelsConfig((AccountConfig(ACCOUNT, kind, options),), Callbacks(public_url=public))

    def opened(_: AccountConfig) -> Transport:
        if isinstance(event, Exception):
            raise event
        return Answers(event)

    def leased(name: str) -> Lease:
        return Lease(name, Units(town.engine), Runner("here", "这里", 1, "d"))

    found = asyncio.run(probe(config, opened, leased, clock=lambda: NOW, network=net, login_seconds=0.2))
    return [f"{one.mark} {one.text}" for one in found]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (LoggedIn("bot", NOW), "✓ 账号 test：口令对，已登录。"),
        (LoggedOut("wrong token", NOW), "✗ 账号 test：网关不认这个 token：两边的要一样。"),
        (LoggedOut("scan", NOW, qr="geheim"), "✗ 账号 test：还没有登录，请运行 xiaoshao run 扫码。"),
        (LoggedOut("x", NOW), "✗ 账号 test：没有登录（x），口令或密钥可能不对。"),
        (None, "✗ 账号 test：连得上，可是 0 秒没有说登录了没有；请看那一边的日志，再试一次。"),
        (ValueError("geheim"), "✗ 账号 test：连接时出错（ValueError），请核对通道文件里的这一段。"),
    ],
)
def test_what_a_connection_says(town: Town, event: Event | Exception | None, line: str) -> None:
    assert ask(town, event, network()) == ["✓ 账号 test：h:1 连得上。", line]
    with UnitOfWork(town.engine, read_only=True) as uow:
        lease = uow.links.lease(ACCOUNT)
        assert lease is not None and lease.holder == ""


def test_an_account_that_runs_is_not_thrown_out(town: Town) -> None:
    Lease(ACCOUNT, Units(town.engine), Runner("elsewhere", "机房", 7, "k")).acquire(NOW)
    lines = ask(town, ValueError("never opened"), network())
    assert lines[1] == "✓ 账号 test：没有另外试登录，免得把运行着的挤下来。"


def test_the_clock_and_the_public_address(town: Town) -> None:
    kind = ChannelKind.WECOM_BOT_URL
    assert ask(town, None, network(reaches=False), kind=kind)[0].startswith(
        "✗ 账号 test：5 秒连不上 qyapi.weixin.qq.com:443，请检查这台机器能不能上网"
    )
    lines = ask(town, None, network(), kind=kind, public="https://b")
    assert lines[1].startswith("○ 账号 test：Token 和 EncodingAESKey 要等企业微信来叫时才能核对")
    assert lines[2:] == ["✓ 这台机器的钟是准的。", "✓ 回调网址 https://b 有人应答。"]
    lines = ask(town, None, network(skew=-90, public=False), kind=kind, public="https://b")
    assert lines[2].startswith("✗ 这台机器的钟慢了 90 秒")
    assert lines[3].startswith("✗ 回调网址 https://b 没有应答")
    assert ask(town, None, network(skew=None), kind=kind)[2].startswith("○ 没有问到企业微信服务器的时间")


class Checks(HeldLine):
    """Says what it says when it is checked."""

    def __init__(self, answer: Refused | Unknown | Exception | None) -> None:
        super().__init__()
        self._answer = answer

    async def check(self) -> Refused | Unknown | None:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (None, "✓ 账号 test：口令对。"),
        (Refused("the secret is wrong", code=40001), "✗ 账号 test：Secret 不对，请到管理后台核对。"),
        (Refused("refused", code=60020), "✗ 账号 test：这台机器出口的 IP 不在“企业可信 IP”里，请加上。"),
        (Refused("存档组件打不开"), "✗ 账号 test：存档组件打不开。"),
        (Refused("no connection", retry=True), "✗ 账号 test：没能核对口令（no connection），请再试一次。"),
        (Unknown("no answer in time"), "✗ 账号 test：没能核对口令（no answer in time），请再试一次。"),
        (TimeoutError(), "✗ 账号 test：1 秒没有核对完口令，请再试一次。"),
        (ValueError("geheim"), "✗ 账号 test：核对口令时出错（ValueError），请核对通道文件里的这一段。"),
        (NoSuchChannelError("这里装的小哨没有这种通道。"), "✗ 这里装的小哨没有这种通道。"),
    ],
)
@pytest.mark.parametrize("kind", [ChannelKind.WECOM_APP, ChannelKind.WECOM_ARCHIVE])
def test_what_was_entered_is_checked(kind: ChannelKind, answer: Refused | Exception | None, line: str) -> None:
    transport = Checks(answer)
    found = asyncio.run(check("账号 test", AccountConfig(ACCOUNT, kind), lambda _: transport, 1.0))
    assert [f"{one.mark} {one.text}" for one in found] == [line]
    assert transport.closed == 1


def test_of_a_board_it_says_that_its_key_cannot_be_checked(town: Town) -> None:
    lines = ask(town, ValueError("never opened"), network(), kind=ChannelKind.WECOM_WEBHOOK)
    assert lines[1].startswith("○ 账号 test：群机器人的 key 不发消息就没法核对")


def test_consents_to_the_archive_are_a_line_without_names(tmp_path: Path, logged: io.StringIO) -> None:
    options: dict[str, object] = {"library": "x.so", "corp_id": "ww1"}
    secrets = {"secret": SecretStr("geheim"), "private_key": pems(1)[1]}
    config = AccountConfig("archive", ChannelKind.WECOM_ARCHIVE, options, secrets)
    transport: Any = open_channel(config, Surroundings(lambda: NOW, ("小哨",), tmp_path))
    transport._consented(Consent("wm-王阿姨", "r1", False, NOW))
    line = logged.getvalue()
    assert "archive_consent" in line and "王阿姨" not in line and "r1" not in line


def test_the_real_network_against_real_sockets() -> None:
    async def story() -> Any:
        app = web.Application()
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            with closing(create_server(("127.0.0.1", 0))) as free:
                closed = free.getsockname()[1]
            url, nobody = f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{closed}/"
            real = channel_probe._REAL
            return (
                await real.reaches("127.0.0.1", port),
                await real.reaches("127.0.0.1", closed),
                await real.time_of(url),
                await real.time_of(nobody),
                await real.answers(url),
                await real.answers(nobody),
            )
        finally:
            await runner.cleanup()

    reached, refused, moment, none, answered, unanswered = asyncio.run(story())
    assert (reached, refused, none, answered, unanswered) == (True, False, None, True, False)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
