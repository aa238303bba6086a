"""Running the bot in one process: the demo and the embedded default."""

import asyncio
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Engine

from bot.app import build
from bot.clock import now
from bot.demo import DEMO
from bot.operating import NotReadyError, database
from bot.settings import Settings
from bot.simulator import Simulator
from bot.village import settle
from bot.web.simulator import simulator_app
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.engine import open_engine
from nlp.understander import Understander


def run_demo(settings: Settings, host: str, port: int) -> None:
    """The demo village in a throw-away database."""
    with tempfile.TemporaryDirectory(prefix="xiaoshao-demo-") as folder:
        engine = open_engine(f"sqlite:///{folder}/demo.db")
        schema.upgrade(engine)
        asyncio.run(_serve(settings, engine, Path(folder) / "media", host, port))
        engine.dispose()


def run_embedded(settings: Settings) -> None:
    """The configured database, upgraded by itself when it is a local file."""
    engine = database(settings)
    if engine.dialect.name == "sqlite":
        schema.upgrade(engine)
    elif not schema.is_current(engine):
        raise NotReadyError("数据库的表结构不是最新的，请先运行 xiaoshao migrate。")
    asyncio.run(_serve(settings, engine, settings.media_dir, settings.web_host, settings.web_port))


async def _serve(settings: Settings, engine: Engine, media: Path, host: str, port: int) -> None:
    app = build(
        engine,
        accounts=(DEMO.account,),
        policy=load_policy(settings.policy),
        words=load_wording(settings.wording_file),
        understander=Understander.load(),
        media_dir=media,
        reaches_leaders=True,
    )
    with app.units() as uow:
        if not uow.places.accounts():
            settle(uow, DEMO, app.setting, app.outbound, now())
            uow.commit()
    simulator = Simulator(app, DEMO)
    runner = web.AppRunner(simulator_app(simulator), shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
    except OSError:
        await runner.cleanup()
        raise NotReadyError(f"端口 {port} 用不了，可能已被占用，请换一个：WEB_PORT=8766。") from None
    scheduler = AsyncIOScheduler()
    scheduler.add_job(simulator.tick, "interval", seconds=1, max_instances=1, coalesce=True)
    scheduler.start()
    address = runner.addresses[0]
    print(f"小哨在这里：http://{address[0]}:{address[1]}/ （按 Ctrl+C 结束）", flush=True)
    try:
        await _until_stopped(simulator)
    finally:
        scheduler.shutdown(wait=False)
        await runner.cleanup()


async def _until_stopped(simulator: Simulator) -> None:
    """Run the channel until a signal asks to stop."""
    loop = asyncio.get_running_loop()
    channel = asyncio.create_task(simulator.channel.run())
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, channel.cancel)
    with suppress(asyncio.CancelledError):
        await channel
