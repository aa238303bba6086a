"""A smart bot and an app by URL in front of a real account: rooms, shard, database, outbox."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
from plain import plain_app
from posts import Office
from pydantic import SecretStr
from wecom_caller import Caller, said, written
from wecom_server import CORP, Clock, WecomServer
from wecom_vector import KEY, TOKEN
from worlds import ACCOUNT, NOW, build_world

from bot.channel import Channel
from bot.outcome import Outcome
from bot.shard import Shard
from bot.transports.base import Refused
from bot.transports.wecom.api import Api
from bot.transports.wecom.app_channel import AppTransport
from bot.transports.wecom.codec import Codec
from bot.transports.wecom.opening import open_app, open_app_messages, open_smart_bot, serving
from bot.transports.wecom.smart_bot import SmartBotCallbacks
from models import schema
from models.engine import open_engine
from models.message import Message

SECRETS = {"token": SecretStr(TOKEN), "aes_key": SecretStr(KEY)}
TALK = "三楼漏水了，没人管"
NUMBERS = "SELECT number FROM ticket"


def clock() -> datetime:
    return NOW


class Gate:
    """Holds the handling back until it is opened, as a slow database does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open = threading.Event()
        self._open.set()
        handle = Shard.handle

        def slow(shard: Shard, message: Message, now: datetime, *, talk_only: bool = False) -> Outcome:
            assert self._open.wait(10)
            return handle(shard, message, now, talk_only=talk_only)

        monkeypatch.setattr(Shard, "handle", slow)

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()


async def running(
    office: Office, transport: SmartBotCallbacks | AppTransport, work: Callable[[], Awaitable[None]]
) -> None:
    """Run the account, with each message confirmed after its commit, for as long as work takes."""

    async def heard(message: Message, outcome: Outcome) -> None:
        transport.handled(message.id)

    channel = Channel(office.app.shards[ACCOUNT], transport, clock=clock, heard=heard)
    live = asyncio.create_task(channel.run())
    try:
        async with asyncio.timeout(20):
            await work()
    finally:
        live.cancel()
        await asyncio.wait((live,))


def office_in(folder: Path) -> Office:
    """Over a database in a file, which another connection reads what is committed from."""
    engine = open_engine(f"sqlite:///{folder / 'bot.db'}")
    schema.create(engine)
    app = plain_app(engine, (ACCOUNT,))
    with app.units() as uow:
        world = build_world(uow)
        uow.commit()
    return Office(engine, app, world, app.shards[ACCOUNT].relay, limits=False)


def committed(folder: Path, what: str) -> list[object]:
    with closing(sqlite3.connect(folder / "bot.db")) as connection:
        return [row[0] for row in connection.execute(what)]


def test_a_callback_is_answered_when_its_ticket_stands_in_the_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office, gate = office_in(tmp_path), Gate(monkeypatch)

    async def run() -> None:
        async with WecomServer(Clock()).serving() as server:
            server.responses["r1"] = []
            url = f"{server.url}/cgi-bin/aibot/response?response_code=r1"
            codec, api = Codec(SecretStr(TOKEN), SecretStr(KEY)), Api(server.url)
            bot = SmartBotCallbacks(ACCOUNT, codec, clock=clock, api=api, window=0.1, limit=1.0)
            async with serving({"bot": bot.app()}, "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
                caller = Caller(f"http://127.0.0.1:{port}/wecom/bot", "", False, session)
                payload = {**said(f"@小哨 {TALK}", chatid="r1", response_url=url), "from": {"userid": "王阿姨"}}

                async def call(nonce: str) -> int:
                    one = caller.sealed(json.dumps(payload), nonce, int(NOW.timestamp()))
                    return (await caller.post(one)).status

                async def work() -> None:
                    gate.shut()
                    assert await call("a") == 503
                    assert committed(tmp_path, NUMBERS) == []
                    again = asyncio.create_task(call("a"))  # WeCom's retry, the very same call
                    await asyncio.sleep(0.2)
                    assert not again.done()
                    gate.open()
                    assert await again == 200
                    assert committed(tmp_path, NUMBERS) == [1]
                    while not server.responses["r1"]:
                        await asyncio.sleep(0.01)
                    assert "#1" in server.responses["r1"][0]["markdown"]["content"]
                    assert await call("b") == 200  # and once more, late
                    assert committed(tmp_path, NUMBERS) == [1]

                await running(office, bot, work)

    asyncio.run(run())
    assert "sent" in committed(tmp_path, "SELECT lower(state) FROM outgoing WHERE room_id IS NOT NULL")


def test_an_app_answers_a_member_in_private(tmp_path: Path) -> None:
    office = office_in(tmp_path)

    async def run() -> None:
        async with WecomServer(clock).serving() as server:
            server.apps[7].members.add("王阿姨")
            app = open_app(
                ACCOUNT,
                corp=CORP,
                agent=7,
                secret=SecretStr("secret-of-7"),
                folder=tmp_path,
                clock=clock,
                base=server.url,
                **SECRETS,
            )
            async with serving({"app": app.app()}, "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
                caller = Caller(f"http://127.0.0.1:{port}/wecom/app", CORP, True, session)
                xml = written(Content="帮助", FromUserName="王阿姨", CreateTime=str(int(NOW.timestamp())))

                async def work() -> None:
                    answered = await caller.post(caller.sealed(xml, timestamp=int(NOW.timestamp())))
                    assert (answered.status, answered.body) == (200, "")
                    while not server.apps[7].got:
                        await asyncio.sleep(0.01)
                    assert server.apps[7].got[0]["touser"] == "王阿姨"

                await running(office, app, work)

    asyncio.run(run())


def test_check_says_whether_corp_and_secret_are_right(tmp_path: Path) -> None:
    async def run() -> None:
        async with WecomServer(clock).serving() as server:
            for secret, fault in (("secret-of-7", None), ("wrong", Refused("the secret is wrong", code=40001))):
                messages = open_app_messages(
                    corp=CORP,
                    agent=7,
                    secret=SecretStr(secret),
                    folder=tmp_path / secret,
                    clock=clock,
                    base=server.url,
                )
                assert await messages.check() == fault
                channel = AppTransport("app", Codec(**SECRETS, receiver=CORP), messages, clock=clock)
                assert await channel.check() == fault

    asyncio.run(run())


def test_a_bot_is_opened_from_what_stands_on_its_page() -> None:
    bot = open_smart_bot("wecom", clock=clock, **SECRETS)
    assert (bot.account, bot.echoes, bot.reaches_leaders) == ("wecom", False, False)
    assert TOKEN not in repr(vars(bot)) and KEY not in repr(vars(bot))
    with pytest.raises(ValueError, match="43 characters"):
        open_smart_bot("wecom", clock=clock, token=SecretStr(TOKEN), aes_key=SecretStr("short"))
