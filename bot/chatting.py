"""xiaoshao chat: one group with a few people in it, on the terminal."""

import asyncio
from pathlib import Path
from typing import TextIO

from bot.app import build
from bot.channel import Channel
from bot.clock import now
from bot.outcome import Outcome
from bot.transports.console import USAGE, ConsoleTransport
from bot.village import PersonPlan, RoomPlan, VillagePlan, settle
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.codes import Role
from models.engine import open_engine
from models.message import Message
from nlp.understander import Understander

ROOM = "group"
VILLAGE = VillagePlan(
    account="console",
    transport="console",
    code="chat",
    name="本村",
    rooms=(RoomPlan(ROOM, "本群"),),
    people=(
        PersonPlan("王阿姨", "王阿姨", {ROOM: Role.RESIDENT}),
        PersonPlan("李叔", "李叔", {ROOM: Role.RESIDENT}),
        PersonPlan("老张", "老张", {ROOM: Role.RESIDENT}, (Role.PARTY_MEMBER,)),
        PersonPlan("老李", "老李", {ROOM: Role.MICRO_LEADER}),
    ),
)


def talk(lines: TextIO, out: TextIO, policy_name: str, wording: Path | None = None) -> None:
    """Answer lines until the input ends. Nothing is kept."""
    engine = open_engine("sqlite://")
    schema.create(engine)
    app = build(
        engine,
        accounts=(VILLAGE.account,),
        policy=load_policy(policy_name),
        words=load_wording(wording),
        understander=Understander.load(),
        limits=False,
        reaches_leaders=True,
    )
    with app.units() as uow:
        settle(uow, VILLAGE, app.setting, app.outbound, now())
        uow.commit()
    print(
        f"{USAGE}。\n群里有：王阿姨、李叔（居民），老张（党员），老李（微网格长）。按 Ctrl+D 结束。",
        file=out,
        flush=True,
    )
    transport = ConsoleTransport(VILLAGE.account, ROOM, lines, out, now)

    async def answered(_message: Message, _outcome: Outcome) -> None:
        # Before the next line is read, so that each answer stands below what it answers.
        await channel.drain()

    channel = Channel(app.shards[VILLAGE.account], transport, clock=now, heard=answered)
    asyncio.run(channel.run())
    engine.dispose()
