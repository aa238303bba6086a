"""A process of the bot behind a URL that WeCom calls, which may kill itself. Run by test_crash.py of WeCom.

    python wecom_bot_process.py FILE SERVER POINT

Prints the port on which it is called. POINT: "before the commit", "after the commit" or "never".
"""

import asyncio
import os
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[0]), str(Path(__file__).parents[1])]

from plain import plain_app  # noqa: E402  (the folder of the tests must be on the path first)
from pydantic import SecretStr  # noqa: E402
from wecom_vector import KEY, TOKEN  # noqa: E402
from worlds import ACCOUNT, NOW  # noqa: E402

from bot.channel import Channel  # noqa: E402
from bot.outcome import Outcome  # noqa: E402
from bot.shard import Shard  # noqa: E402
from bot.transports.wecom.opening import open_smart_bot, serving  # noqa: E402
from models.engine import open_engine  # noqa: E402
from models.message import Message  # noqa: E402
from models.uow import UnitOfWork  # noqa: E402

STARTED = time.monotonic()


def clock() -> datetime:
    return NOW + timedelta(seconds=time.monotonic() - STARTED)


def die() -> None:
    """As by kill -9 or the power cord: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(file: str, server: str, point: str) -> None:
    shard = plain_app(open_engine(f"sqlite:///{file}"), (ACCOUNT,)).shards[ACCOUNT]
    if point == "before the commit":
        handle = Shard.handle

        def fatal(shard: Shard, message: Message, now: datetime, *, talk_only: bool = False) -> Outcome:
            UnitOfWork.commit = lambda uow: (uow.flush(), die())  # type: ignore[method-assign, assignment]
            return handle(shard, message, now, talk_only=talk_only)

        Shard.handle = fatal  # type: ignore[method-assign]
    secrets = {"token": SecretStr(TOKEN), "aes_key": SecretStr(KEY)}
    bot = open_smart_bot(ACCOUNT, clock=clock, base=server, **secrets)

    async def heard(message: Message, outcome: Outcome) -> None:
        if point == "after the commit":
            die()
        bot.handled(message.id)

    running = asyncio.create_task(Channel(shard, bot, clock=clock, heard=heard).run())
    async with serving({"bot": bot.app()}, "127.0.0.1", 0) as port:
        print(port, flush=True)
        await running


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
