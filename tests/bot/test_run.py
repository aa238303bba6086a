"""xiaoshao run as a process of its own: what it says when it cannot run, and a run that is stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from processes import environment, xiaoshao

from bot.clock import now
from bot.lease import Lease, Runner
from models import schema
from models.codes import NodeLevel, OutgoingState, RoomMode
from models.engine import open_engine
from models.uow import UnitOfWork, Units

RUNNING = """
import asyncio, sys
from datetime import timedelta
import bot.running
from bot.clock import now
from bot.logs import set_up
from bot.settings import load_settings
from bot.transports.base import LoggedIn, LoggedOut, Sent
from models.message import Message

class Line:
    account = "test"
    async def listen(self):
        yield LoggedOut("scan", now(), qr="geheim-qr")
        yield LoggedIn("bot", now())
        yield Message("m1", "test", "r1", "wang", "三楼漏水了，没人修", now(), sender_name="王阿姨")
        await asyncio.Event().wait()
    async def send(self, post):
        print("sent", post.text.splitlines()[0], flush=True)
        return Sent(f"x{post.row}")

set_up("INFO")
bot.running.open_channel = lambda account, around: Line()
try:
    bot.running.run_embedded(load_settings())
except bot.running.NotReadyError as error:
    sys.exit(str(error))
"""
"""The real run over a channel of the test's."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of one account, its secret and a database in which its group is bound."""
    (tmp_path / "token").write_text("geheim-token", "utf-8")
    text = '[accounts.test]\nkind = "wechaty"\nendpoint = "127.0.0.1:1"\ntoken_file = "token"\n'
    (tmp_path / "channels.toml").write_text(text, "utf-8")
    engine = open_engine(f"sqlite:///{tmp_path}/x.db")
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        uow.places.account("test", "memory")
        node = uow.places.add_node(code="v", name="东坑村", level=NodeLevel.VILLAGE, parent=None)
        room = uow.places.add_room(account="test", external_id="r1", name="一组", node=node, mode=RoomMode.ON)
        room.notice_version = 1000
        uow.commit()
    engine.dispose()
    return tmp_path


def settings(folder: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{folder}/x.db", "CHANNELS": "channels.toml", "MEDIA_DIR": "media"}


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(**settings(folder), PYTHONPATH=os.pathsep.join(sys.path)),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_without_channels_it_says_how_to_configure_and_how_to_try(tmp_path: Path) -> None:
    done = xiaoshao("run", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    said = done.stderr.decode()
    assert said.startswith("还没有配置群：请写一个通道文件，再把设置 CHANNELS 指向它")
    assert "xiaoshao demo" in said
    assert os.listdir(tmp_path) == []  # nor is a demo village settled


def test_faults_of_the_file_and_of_the_alarm_are_sentences(folder: Path) -> None:
    wrong = xiaoshao("run", folder=folder, **{**settings(folder), "ALARM": "谁"})
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert wrong.stderr.decode() == "设置 ALARM 写的账号「谁」不在通道文件里，请写这几个之一：test。\n"
    (folder / "channels.toml").write_text('[accounts.test]\nkind = "wechaty"\ntoken = "geheim"\n', "utf-8")
    faults = xiaoshao("run", folder=folder, **settings(folder))
    assert faults.returncode == 2
    assert len(faults.stderr.decode().splitlines()) == 2
    assert b"geheim" not in faults.stderr
    missing = xiaoshao("run", folder=folder, **{**settings(folder), "CHANNELS": "fehlt.toml"})
    assert missing.stderr.decode().startswith("找不到通道文件 fehlt.toml")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_hears_answers_and_stops_cleanly(folder: Path, sign: signal.Signals) -> None:
    with running(folder) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        assert lines[0] == "小哨在运行：test（按 Ctrl+C 结束）\n"
        assert lines[1].startswith("sent @王阿姨 已登记 #1")
        process.send_signal(sign)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "要扫码登录。现在的输出不是终端" in errors
    assert "geheim" not in errors
    engine = open_engine(f"sqlite:///{folder}/x.db")
    with UnitOfWork(engine, read_only=True) as uow:
        assert OutgoingState.SENDING not in uow.outbox.counts()
        lease, account = uow.links.lease("test"), uow.places.account("test")
        assert lease is not None and lease.holder == ""
        assert account.transport == "wechaty"
        assert account.heard_until is not None and now() - account.heard_until < timedelta(minutes=1)
    engine.dispose()


def test_a_second_process_is_told_who_has_the_account(folder: Path) -> None:
    engine = open_engine(f"sqlite:///{folder}/x.db")
    other = Lease("test", Units(engine), Runner("elsewhere", "别的机器", 7, "k"), seconds=3600)
    other.acquire(now())
    with running(folder) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("账号 test 正由另一个程序运行着（别的机器 进程 7）。一个账号只能有一个程序")
        other.renew(now())  # it lives
        _, errors = process.communicate(timeout=60)
    engine.dispose()
    assert process.returncode == 1
    assert errors.startswith("账号 test 正由另一个程序运行着")
