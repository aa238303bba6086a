"""The bot in its village behind the real gateway."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateways import QUICK, ROOM, GatewayProcess
from plain import plain_app
from posts import Office
from worlds import ACCOUNT, NOW, build_world

from bot.channel import Channel
from bot.transports.wechaty import WechatyTransport
from models import schema
from models.engine import open_engine
from models.tables import Room


def ticking() -> Callable[[], datetime]:
    """A working morning of the village that goes on as time does."""
    began = time.monotonic()
    return lambda: NOW + timedelta(seconds=time.monotonic() - began)


@asynccontextmanager
async def bot(gateway: GatewayProcess, office: Office) -> AsyncIterator[WechatyTransport]:
    """The bot on the gateway."""
    clock = ticking()
    transport = WechatyTransport(ACCOUNT, gateway.reach(), clock=clock, patience=replace(QUICK, send=1.0))
    channel = Channel(office.app.shards[ACCOUNT], transport, clock=clock)
    task = asyncio.create_task(channel.run())
    try:
        await listening(transport)
        yield transport
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def listening(transport: WechatyTransport) -> None:
    """Until it hears: what is said before that is lost, as in life."""
    async with asyncio.timeout(20):
        while transport._parts is None:
            await asyncio.sleep(0.01)
        await transport._parts.supervisor.up.wait()


def village(folder: Path) -> Office:
    """In a file, because the test looks into it from its own thread."""
    engine = open_engine(f"sqlite:///{folder}/village.db")
    schema.create(engine)
    app = plain_app(engine, (ACCOUNT,), limits=False)
    with app.units() as uow:
        world = build_world(uow)
        uow.commit()
    office = Office(engine, app, world, app.shards[ACCOUNT].relay, False)
    with office.writing() as uow:
        room = uow.places.room_by_id(office.world.room.id)
        assert isinstance(room, Room)
        room.external_id = ROOM
    return office


async def people(gateway: GatewayProcess) -> None:
    for name in ("王阿姨", "老李", "老张"):
        await gateway.do("contact", id=name, name=name)
    await gateway.do("room", id=ROOM, topic="一微群", members=["王阿姨", "老李", "老张", "bot"])


async def posted(gateway: GatewayProcess, matches: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """What the bot sent, as soon as something of it matches; fails after 20 seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        sent = list(await gateway.do("sent"))
        if any(matches(one) for one in sent):
            return sent
        await asyncio.sleep(0.05)
    raise AssertionError("never sent")
