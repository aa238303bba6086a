"""Importing `wechaty` beside current libraries: only when needed, without leaving or printing anything."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LAZY = """
import sys
import bot.transports.wechaty
assert "wechaty" not in sys.modules and "wechaty_puppet" not in sys.modules
"""
WHOLE = """
import asyncio, logging, os
os.environ["TOKEN"] = "must-not-show-either"
from datetime import UTC, datetime
from pydantic import SecretStr
from bot.transports.wechaty import Gateway, WechatyTransport
transport = WechatyTransport(
    "account", Gateway("127.0.0.1:1", SecretStr("must-not-show"), tls=False), clock=lambda: datetime.now(UTC)
)
async def main():
    stream = transport.listen()
    waiting = asyncio.ensure_future(anext(stream))
    while transport._parts is None or transport._parts.supervisor._why != "unreachable":
        await asyncio.sleep(0.01)
    import wechaty
    room = transport._parts.robot.Room.load("1@chatroom")
    try:
        await room.say("a text that must-not-show")
    except ConnectionError:
        print("no connection")
    logging.getLogger("Wechaty").error("must-not-show")
    logging.getLogger("PuppetService").critical("must-not-show")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await stream.aclose()
    from wechaty_puppet import PuppetOptions
    assert not any(isinstance(one, logging.StreamHandler) for one in logging.getLogger("Wechaty").handlers)
    assert os.environ["TOKEN"] == "must-not-show-either" and "CACHE_DIR" not in os.environ
asyncio.run(main())
"""


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_is_imported_only_when_somebody_listens(tmp_path: Path) -> None:
    done = run(LAZY, tmp_path)
    assert done.returncode == 0, done.stderr


def test_nothing_is_left_in_the_folder_and_nothing_is_printed(tmp_path: Path) -> None:
    done = run(WHOLE, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "no connection"
    assert "must-not-show" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
