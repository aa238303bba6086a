"""Running the bot in one process: the demo, and the accounts on real channels."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, cast

from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Engine

from bot.app import App, build
from bot.channel_config import AccountConfig, Callbacks, ChannelsConfig, load_channels
from bot.channels import Surroundings, alarm_fault, open_channel, part
from bot.clock import now
from bot.demo import DEMO, morning
from bot.lease import Lease, this_runner
from bot.live import AllHeldError, Live, enroll
from bot.operating import NotReadyError, calendar_findings, database
from bot.packs import named
from bot.settings import Settings
from bot.simulator import Simulator
from bot.transports.base import Transport
from bot.village import settle
from bot.web.guard import is_loopback
from bot.web.simulator import simulator_app
from handlers.operator.operators import forwarder
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.engine import open_engine
from models.uow import UnitOfWork, Units
from nlp.understander import Understander

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)
"""SIGHUP: the terminal was closed. Ctrl+C leaves through every block by itself."""


def run_demo(settings: Settings, host: str, port: int) -> None:
    """The demo village in a throw-away database, on the morning of a working day whenever it is opened."""
    start = morning(now(), load_policy(settings.policy))
    with _leaving_by_the_door(), tempfile.TemporaryDirectory(prefix="xiaoshao-demo-") as folder:
        engine = open_engine(f"sqlite:///{folder}/demo.db")
        schema.upgrade(engine)
        asyncio.run(_serve(settings, engine, Path(folder) / "media", host, port, start))
        for name in _ENDINGS:  # the event loop has left them deadly
            signal.signal(name, signal.SIG_IGN)
        engine.dispose()


@contextmanager
def _leaving_by_the_door() -> Iterator[None]:
    """Outside of the event loop SIGTERM ends a process on the spot, with what it would have tidied up left behind.

    In here it leaves through every block, the first time; while it leaves, another one changes nothing.
    """

    def leave(_number: int, _frame: FrameType | None) -> NoReturn:
        for name in _ENDINGS:
            signal.signal(name, signal.SIG_IGN)
        raise SystemExit(0)

    before = {name: signal.signal(name, leave) for name in _ENDINGS}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def run_embedded(settings: Settings) -> None:
    """The configured accounts over the configured database, which is upgraded by itself when it is a local file.

    Raises NotReadyError and ChannelsError, before anything was sent.
    """
    if settings.channels is None:
        raise NotReadyError(
            "还没有配置群：请写一个通道文件，再把设置 CHANNELS 指向它（一步一步见 docs/channels-setup.md）。"
            "只想先看看，请运行 xiaoshao demo。"
        )
    config = load_channels(settings.channels)
    if (fault := alarm_fault(config, settings.alarm)) is not None:
        raise NotReadyError(fault)
    engine = database(settings)
    if engine.dialect.name == "sqlite":
        schema.upgrade(engine)
    elif not schema.is_current(engine):
        raise NotReadyError("数据库的表结构不是最新的，请先运行 xiaoshao migrate。")
    try:
        asyncio.run(_run_accounts(settings, engine, config))
    except AllHeldError as held:
        raise NotReadyError(str(held)) from None
    finally:
        engine.dispose()


async def _run_accounts(settings: Settings, engine: Engine, config: ChannelsConfig) -> None:
    stopped = _on_signals()
    runner, plain = this_runner(), Units(engine)
    app = _built(
        settings,
        engine,
        settings.media_dir,
        accounts=tuple(one.name for one in config.accounts),
        leasing=lambda account: Lease(account, plain, runner),
        alarm=settings.alarm,
        friends_per_day={one.name: one.friends_per_day for one in config.accounts},
    )
    enroll(app, config.accounts, max(one.policy.entry.notice_version for one in app.setting.everywhere))
    _look_over(app, now())
    around = _surroundings(settings, app, config)
    # A channel that is called by URL stays the same object: its address leads to it.
    called = {one.name: open_channel(one, around) for one in config.accounts if one.spec.web}

    async def opened(account: AccountConfig) -> Transport:
        return called[account.name] if account.name in called else open_channel(account, around)

    live = Live(app, config.accounts, opened, clock=now)
    stopping = asyncio.create_task(stopped.wait())
    stopping.add_done_callback(lambda _: live.stop())
    names = "、".join(one.name for one in config.accounts)
    try:
        async with AsyncExitStack() as doors:
            if called:
                await doors.enter_async_context(_answering(called, config.callbacks))
            print(f"小哨在运行：{names}（按 Ctrl+C 结束）", flush=True)
            await live.run()
    finally:
        stopping.cancel()


def _surroundings(settings: Settings, app: App, config: ChannelsConfig) -> Surroundings:
    def leads(account: str, room: str) -> tuple[str, str] | None:
        with app.units.read() as uow:
            return forwarder(uow, account, room)

    async def asked(account: str, room: str) -> tuple[str, str] | None:
        return await asyncio.to_thread(leads, account, room)

    return Surroundings(
        now,
        app.setting.policy.bot_names,
        settings.media_dir.parent,
        {one.name: one for one in config.accounts},
        asked,
        lambda group, text: app.setting.words.say("channel.forward", group=group, text=text),
    )


@asynccontextmanager
async def _answering(called: Mapping[str, Transport], callbacks: Callbacks) -> AsyncIterator[None]:
    """The server of the callbacks, each account at /wecom/‹its name›. Raises NotReadyError when its port is taken."""
    apps = {name: cast(Any, transport).app() for name, transport in called.items()}
    try:
        async with part("wecom.opening", "serving")(apps, callbacks.host, callbacks.port) as port:
            for name in called:
                print(f"回调网址：{callbacks.public_url}/wecom/{name}（转到 {callbacks.host}:{port}）", flush=True)
            yield
    except OSError:
        sentence = f"回调的端口 {callbacks.port} 用不了，可能已被占用。请在通道文件的 [callbacks] 里换一个 port。"
        raise NotReadyError(sentence) from None


def _built(settings: Settings, engine: Engine, media: Path, *, accounts: tuple[str, ...], **more: Any) -> App:
    """The program as the settings say; faults of packs of places are told, and do not stop it."""
    policy = load_policy(settings.policy)
    with UnitOfWork(engine, read_only=True) as uow:
        own = named(uow, policy)
    for fault in own.faults:
        print(fault, file=sys.stderr, flush=True)
    return build(
        engine,
        accounts=accounts,
        policy=policy,
        packs=own.packs,
        words=load_wording(settings.wording_file),
        understander=Understander.load(),
        media_dir=media,
        **more,
    )


def _look_over(app: App, present: datetime) -> None:
    """What has to be right in the database before anything is heard, and what the operator has to be told."""
    with app.units() as uow:
        uow.matters.refile()  # what was open before there was an index of it
        uow.commit()
    for finding in calendar_findings(app.setting.policy.working, present.year):
        if finding.bad:  # of the coming year the doctor speaks
            print(finding.text, file=sys.stderr, flush=True)


async def _serve(settings: Settings, engine: Engine, media: Path, host: str, port: int, start: datetime) -> None:
    if not is_loopback(f"[{host}]" if ":" in host else host):
        raise NotReadyError(f"模拟器里可以替任何人说话，只能在本机打开：地址不能是 {host}，请用 127.0.0.1。")
    stopped = _on_signals()
    app = _built(settings, engine, media, accounts=(DEMO.account,))
    with app.units() as uow:
        settle(uow, DEMO, app.setting, app.outbound, start)
        uow.commit()
    _look_over(app, start)
    simulator = Simulator(app, DEMO, start)
    runner = web.AppRunner(simulator_app(simulator), shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
    except OSError:
        await runner.cleanup()
        other = 8766 if port != 8766 else 8767
        sentence = f"端口 {port} 用不了，可能已被占用。请换一个：xiaoshao demo --port {other}，或设 WEB_PORT={other}。"
        raise NotReadyError(sentence) from None
    scheduler = AsyncIOScheduler()
    scheduler.add_job(simulator.tick, "interval", seconds=1, max_instances=1, coalesce=True)
    scheduler.start()
    place, bound = runner.addresses[0][:2]
    place = f"[{place}]" if ":" in place else place
    print(f"小哨在这里：http://{place}:{bound}/ （按 Ctrl+C 结束）", flush=True)
    try:
        await _until(stopped, simulator)
    finally:
        scheduler.shutdown(wait=False)
        await runner.cleanup()


def _on_signals() -> asyncio.Event:
    """Set by Ctrl+C and SIGTERM, from the first moment on: whoever sees the address may stop us."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, *_ENDINGS):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    return stopped


async def _until(stopped: asyncio.Event, simulator: Simulator) -> None:
    """Run the channel until a signal asks to stop."""
    channel = asyncio.create_task(simulator.channel.run())
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait([channel, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in (waiting, channel):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await channel
