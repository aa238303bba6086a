"""The stand-in server, checked with the vendor's own client (npm @wecom/aibot-node-sdk)."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from wecom_bot_server import BOT_ID, DEADLINE, SECRET, StandIn, serving

FOLDER = Path(__file__).resolve().parents[2] / "wecom_sdk"
REMEDY = "the vendor's client is not installed: run make setup (it needs Node.js 18 or newer with npm)"


class Vendor:
    """The client as a process; what it prints, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def sees(self, what: str) -> dict[str, Any]:
        """The next line of that kind; others before it are passed over."""
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            while line := await self._process.stdout.readline():
                shown: dict[str, Any] = json.loads(line)
                if shown["what"] == what:
                    return shown
        raise AssertionError(f"the client ended before {what}")


@asynccontextmanager
async def vendor(stand_in: StandIn, secret: str = SECRET) -> AsyncIterator[Vendor]:
    """The vendor's client, connected to the stand-in."""
    node = shutil.which("node")
    assert node is not None and (FOLDER / "node_modules" / "@wecom").is_dir(), REMEDY
    process = await asyncio.create_subprocess_exec(
        node,
        "peer.cjs",
        cwd=FOLDER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "WS_URL": stand_in.url, "BOT_ID": BOT_ID, "BOT_SECRET": secret},
    )
    try:
        yield Vendor(process)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, 9)
        await process.communicate()


def test_it_subscribes_hears_answers_pushes_and_is_refused_where_nobody_spoke() -> None:
    async def main() -> None:
        async with serving() as stand_in, vendor(stand_in) as client:
            await client.sees("authenticated")
            body = await stand_in.text("u1", "@小哨 你好", chat="g1")
            heard = (await client.sees("text"))["body"]
            assert heard == body
            await client.sees("answered")
            await client.sees("pushed")
            assert [(post["cmd"], post["chat"]) for post in stand_in.posts] == [
                ("aibot_respond_msg", "g1"),
                ("aibot_send_msg", "g1"),
            ]
            assert (await client.sees("refused"))["error"] == 93006

    asyncio.run(main())


def test_it_decrypts_a_picture_and_sends_it_back() -> None:
    async def main() -> None:
        data = b"\x89PNG\r\n\x1a\n" + os.urandom(1_200_000)
        async with serving() as stand_in, vendor(stand_in) as client:
            await client.sees("authenticated")
            await stand_in.say("u1", msgtype="image", image=stand_in.picture(data))
            shown = await client.sees("image")
            assert shown["size"] == len(data)
            assert stand_in.media[shown["media_id"]] == data
            assert stand_in.posts[-1]["body"] == {"msgtype": "image", "image": {"media_id": shown["media_id"]}}

    asyncio.run(main())


def test_it_gets_an_event_pings_comes_back_after_a_close_and_goes_when_kicked_out() -> None:
    async def main() -> None:
        async with serving() as stand_in, vendor(stand_in) as client:
            await client.sees("authenticated")
            await stand_in.event("enter_chat")
            await client.sees("welcomed")
            await stand_in.until(lambda: stand_in.pings >= 2)
            await stand_in.close()
            await client.sees("disconnected")
            await client.sees("authenticated")
            stand_in.break_off()
            await client.sees("disconnected")
            await client.sees("authenticated")
            async with vendor(stand_in) as newer:
                await newer.sees("authenticated")
                await client.sees("kicked")
            assert stand_in.subscriptions == 4

    asyncio.run(main())


def test_it_notices_that_pongs_stop_and_that_its_secret_is_wrong() -> None:
    async def main() -> None:
        async with serving() as stand_in:
            async with vendor(stand_in) as client:
                await client.sees("authenticated")
                stand_in.answers_pings = False
                await client.sees("disconnected")
            async with vendor(stand_in, secret="another") as client:
                assert "40001" in (await client.sees("error"))["error"]

    asyncio.run(main())
