"""The process is killed while WeCom waits for its answer; WeCom comes again, to the next process."""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest
from plain import plain_app
from wecom_caller import Caller, said
from wecom_server import Clock, WecomServer
from worlds import ACCOUNT, NOW, build_world

from models import schema
from models.engine import open_engine

TESTS = Path(__file__).parents[3]


def numbers(file: Path) -> list[int]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM ticket")]


@asynccontextmanager
async def bot(file: Path, server: WecomServer, point: str, session: aiohttp.ClientSession) -> AsyncIterator[Caller]:
    """Whoever calls a process of the bot; it is killed at the end, if it did not kill itself."""
    command = [sys.executable, str(TESTS / "wecom_bot_process.py"), str(file), server.url, point]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        async with asyncio.timeout(50):
            assert process.stdout is not None
            port = int(await process.stdout.readline())
            yield Caller(f"http://127.0.0.1:{port}/wecom/bot", "", False, session)
            if point != "never":
                assert await process.wait() == -9
    finally:
        if process.returncode is None:
            os.killpg(process.pid, 9)
            await process.wait()


@pytest.mark.parametrize(("point", "before"), [("before the commit", []), ("after the commit", [1])])
def test_one_ticket_and_one_answer(point: str, before: list[int], tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    engine = open_engine(f"sqlite:///{file}")
    schema.create(engine)
    with plain_app(engine, (ACCOUNT,)).units() as uow:
        build_world(uow)
        uow.commit()
    engine.dispose()

    async def run() -> None:
        async with WecomServer(Clock()).serving() as server, aiohttp.ClientSession() as session:
            server.responses["r1"] = []
            url = f"{server.url}/cgi-bin/aibot/response?response_code=r1"
            payload = {**said("@小哨 三楼漏水了，没人管", chatid="r1", response_url=url), "from": {"userid": "王阿姨"}}
            async with bot(file, server, point, session) as caller:
                call = caller.sealed(json.dumps(payload), "same", int(NOW.timestamp()))
                with pytest.raises(aiohttp.ClientError):
                    await caller.post(call)
            assert numbers(file) == before
            async with bot(file, server, "never", session) as caller:
                assert (await caller.post(call)).status == 200
                while not server.responses["r1"]:
                    await asyncio.sleep(0.02)
                assert numbers(file) == [1]
                assert "#1" in server.responses["r1"][0]["markdown"]["content"]

    asyncio.run(run())
