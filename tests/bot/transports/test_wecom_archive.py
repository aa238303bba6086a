"""The archive through its child process and a stand-in for the native library. Nothing here was seen live."""

import asyncio
import ctypes.util
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from archive_folder import LI, ROBOT, START, WANG, Folder, message, pems
from pydantic import SecretStr

from bot.transports.base import Event, LoggedIn, LoggedOut, Outage, Post, Recalled, Refused, RoomChanged
from bot.transports.wecom_archive.bookmark import Mark
from bot.transports.wecom_archive.payloads import Consent
from bot.transports.wecom_archive.process import COMMAND
from bot.transports.wecom_archive.transport import KEPT, ArchiveTransport, Timing
from models.codes import PostKind
from models.message import AttachmentKind, Message

E = TypeVar("E")
DEADLINE = 30.0
QUICK = Timing(poll=0.02, deadline=10, backoff_first=0.02, backoff_longest=0.05, out=0.1, page=3, tries=2)


class Kept:
    """A bookmark in memory."""

    def __init__(self, mark: Mark | None = None) -> None:
        self.marks = [] if mark is None else [mark]

    async def load(self) -> Mark | None:
        return self.marks[-1] if self.marks else None

    async def save(self, mark: Mark) -> None:
        assert not self.marks or mark.seq >= self.marks[-1].seq
        self.marks.append(mark)

    @property
    def seq(self) -> int:
        return self.marks[-1].seq if self.marks else 0


class Bot:
    """A transport that listens; what it reported; whether each message is handled at once."""

    def __init__(self, transport: ArchiveTransport, *, handling: bool) -> None:
        self.transport = transport
        self._handling = handling
        self._fresh: asyncio.Queue[Event] = asyncio.Queue()

    async def listen(self) -> None:
        async for event in self.transport.listen():
            self._fresh.put_nowait(event)
            if self._handling and isinstance(event, Message):
                await self.transport.handled(event.id)

    async def next(self, kind: type[E]) -> E:
        async with asyncio.timeout(DEADLINE):
            event = await self._fresh.get()
        assert isinstance(event, kind), event
        return event


@asynccontextmanager
async def reading(
    folder: Folder, kept: Kept | None = None, *, handling: bool = True, **more: object
) -> AsyncIterator[Bot]:
    options: dict[str, object] = {
        "clock": lambda: START + timedelta(minutes=1),
        "timing": QUICK,
        "command": folder.command,
        "chance": lambda: 0.0,
        "keys": pems(1),
        "access": folder.access,
    } | more
    access, keys = options.pop("access"), options.pop("keys")
    transport = ArchiveTransport("a", access, keys, kept or Kept(), **options)  # type: ignore[arg-type]
    bot = Bot(transport, handling=handling)
    task = asyncio.create_task(bot.listen())
    try:
        yield bot
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    """Wait for what another process or task does."""
    async with asyncio.timeout(DEADLINE):
        while not true():
            await asyncio.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def run(main: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(main())


def test_words_come_in_order_page_by_page_and_the_bookmark_follows(folder: Folder) -> None:
    async def main() -> None:
        for number in range(1, 8):
            folder.says(f"第{number}句", WANG if number % 2 else "staff1")
        kept = Kept()
        async with reading(folder, kept) as bot:
            assert (await bot.next(LoggedIn)).bot == "ww-corp"
            heard = [await bot.next(Message) for _ in range(7)]
            assert [one.text for one in heard] == [f"第{number}句" for number in range(1, 8)]
            assert [one.sender for one in heard[:2]] == [WANG, "staff1"]
            assert (heard[0].room, heard[0].id, heard[0].at) == ("wr1", "m1", START + timedelta(milliseconds=1))
            await until(lambda: kept.seq == 7)
            folder.says("以后的话")
            assert (await bot.next(Message)).text == "以后的话"
            await until(lambda: kept.seq == 8)
        assert [int(call[0]) for call in folder.calls("GetChatData")][:4] == [0, 3, 6, 7]
        async with reading(folder, kept) as bot:  # after a restart only what is new
            folder.says("还有")
            await bot.next(LoggedIn)
            assert (await bot.next(Message)).text == "还有"

    run(main)


def test_a_page_out_of_order_is_put_in_order(folder: Folder) -> None:
    async def main() -> None:
        for seq in (3, 1, 2):
            folder.add(message("text", {"content": f"第{seq}句"}, msgid=f"m{seq}"), seq=seq)
        kept = Kept()
        async with reading(folder, kept) as bot:
            await bot.next(LoggedIn)
            assert [(await bot.next(Message)).text for _ in range(3)] == ["第1句", "第2句", "第3句"]
            await until(lambda: kept.seq == 3)

    run(main)


def test_what_was_not_handled_is_read_again_after_a_restart(folder: Folder) -> None:
    async def main() -> None:
        for number in range(1, 6):
            folder.says(f"第{number}句")
        kept = Kept()
        async with reading(folder, kept, handling=False) as bot:
            await bot.next(LoggedIn)
            heard = [await bot.next(Message) for _ in range(5)]
            assert kept.seq == 0
            await bot.transport.handled(heard[1].id)
            assert kept.seq == 0  # the first is not handled yet
            await bot.transport.handled(heard[0].id)
            assert kept.seq == 2
            await bot.transport.handled(heard[3].id)
            await bot.transport.handled(heard[3].id)
        async with reading(folder, kept) as bot:
            await bot.next(LoggedIn)
            assert [(await bot.next(Message)).text for _ in range(3)] == ["第3句", "第4句", "第5句"]
            await until(lambda: kept.seq == 5)

    run(main)


def test_one_that_is_never_handled_holds_the_bookmark_only_so_long(folder: Folder) -> None:
    async def main() -> None:
        for number in range(1, 8):
            folder.says(f"第{number}句")
        kept = Kept()
        async with reading(folder, kept, handling=False, window=4) as bot:
            await bot.next(LoggedIn)
            heard = [await bot.next(Message) for _ in range(7)]
            for one in heard[1:4]:
                await bot.transport.handled(one.id)
            assert kept.seq == 4  # the first was given up when more than four waited; the fifth waits now

    run(main)


def test_a_crash_of_the_library_kills_the_child_only_and_nothing_is_lost(folder: Folder) -> None:
    async def main() -> None:
        folder.says("一")
        async with reading(folder, timing=replace(QUICK, out=60.0)) as bot:
            await bot.next(LoggedIn)
            await bot.next(Message)
            folder.goes_wrong("fetching", "GetChatData", "crash", times=3)
            await until(lambda: len(folder.calls("Init")) >= 4)
            folder.says("二")
            assert (await bot.next(Message)).text == "二"
            folder.goes_wrong("decrypting", "DecryptData", "crash", times=2)
            folder.says("三")
            assert (await bot.next(Message)).text == "三"

    run(main)


def test_a_message_that_kills_the_library_each_time_costs_only_itself(folder: Folder) -> None:
    async def main() -> None:
        folder.goes_wrong("poison", "DecryptData", "crash", text="毒")
        folder.says("一")
        folder.says("毒")
        folder.says("三")
        kept = Kept()
        async with reading(folder, kept) as bot:
            await bot.next(LoggedIn)
            assert (await bot.next(Message)).text == "一"
            assert (await bot.next(Outage)).reason == "message_unreadable"
            assert (await bot.next(Message)).text == "三"
            await until(lambda: kept.seq == 3)

    run(main)


def test_a_library_that_hangs_is_ended_and_started_anew(folder: Folder) -> None:
    async def main() -> None:
        folder.says("一")
        folder.goes_wrong("hanging", "GetChatData", "hang", times=1)
        async with reading(folder, timing=replace(QUICK, deadline=2.0)) as bot:
            await bot.next(LoggedIn)
            assert (await bot.next(Message)).text == "一"
        assert len(folder.calls("Init")) == 2

    run(main)


def test_after_a_long_outage_the_history_is_read_and_what_is_too_old_is_shown(folder: Folder) -> None:
    async def main() -> None:
        now = START + timedelta(minutes=1)
        folder.goes_wrong("offline", "GetChatData", 10001)
        folder.says("一")
        folder.says("二")
        async with reading(folder, Kept(Mark(1, now - timedelta(days=6)))) as bot:
            assert (await bot.next(LoggedOut)).reason == "会话存档读不到：网络不通（10001）"
            folder.is_well()
            await bot.next(LoggedIn)
            gap = await bot.next(Outage)
            assert (gap.since, gap.until, gap.reason) == (now - timedelta(days=6), now - KEPT, "history_expired")
            assert (await bot.next(Message)).text == "二"
        async with reading(folder, Kept(Mark(1, now - timedelta(days=4)))) as bot:
            await bot.next(LoggedIn)
            assert (await bot.next(Message)).text == "二"  # all of it is there: no gap

    run(main)


def test_a_quiet_time_is_noted_so_that_it_is_no_gap_later(folder: Folder) -> None:
    async def main() -> None:
        now = [START]
        folder.says("一")
        kept = Kept()
        async with reading(folder, kept, clock=lambda: now[0]) as bot:
            await bot.next(LoggedIn)
            await bot.next(Message)
            now[0] = START + timedelta(days=2)
            await until(lambda: kept.marks[-1] == Mark(1, now[0]))
            assert len(kept.marks) == 2

    run(main)


@pytest.mark.parametrize(
    ("call", "code", "reason"),
    [
        ("Init", 10009, "会话存档读不到：本机公网地址不在可信 IP 里（10009）"),
        ("GetChatData", 10004, "会话存档读不到：接口报错（10004）"),
    ],
)
def test_what_only_the_operator_can_mend_is_reported_once(folder: Folder, call: str, code: int, reason: str) -> None:
    async def main() -> None:
        folder.goes_wrong("refusing", call, code)
        folder.says("一")
        async with reading(folder) as bot:
            assert (await bot.next(LoggedOut)).reason == reason
            await until(lambda: len(folder.calls(call)) >= 3)
            folder.is_well()
            await bot.next(LoggedIn)
            await bot.next(Message)

    run(main)


def test_the_server_behind_the_library_says_no(folder: Folder) -> None:
    async def main() -> None:
        folder.answers(301052)
        async with reading(folder) as bot:
            assert (await bot.next(LoggedOut)).reason == "会话存档读不到：接口报错（301052）"
            folder.is_well()
            await bot.next(LoggedIn)

    run(main)


def test_a_missing_private_key_stops_in_front_of_the_message_and_a_new_one_goes_on(folder: Folder) -> None:
    async def main() -> None:
        folder.says("旧钥匙", version=1)
        folder.says("新钥匙", version=2)
        kept = Kept()
        async with reading(folder, kept) as bot:
            await bot.next(LoggedIn)
            await bot.next(Message)
            assert (await bot.next(LoggedOut)).reason == "缺第 2 版私钥，请补上后重启"
            assert kept.seq == 1
        async with reading(folder, kept, keys=pems(1, 2)) as bot:
            await bot.next(LoggedIn)
            assert (await bot.next(Message)).text == "新钥匙"

    run(main)


def test_damaged_messages_and_a_key_of_another_version_are_unreadable_and_shown(folder: Folder) -> None:
    async def main() -> None:
        folder.says("坏", garbled=True)
        folder.says("好")
        kept = Kept()
        async with reading(folder, kept) as bot:
            await bot.next(LoggedIn)
            await bot.next(Outage)
            await bot.next(Message)
            await until(lambda: kept.seq == 2)
        async with reading(folder, Kept(Mark(1, START)), keys={1: pems(2)[2]}) as bot:
            await bot.next(LoggedIn)
            assert (await bot.next(Outage)).reason == "message_unreadable"

    run(main)


def test_pictures_come_in_parts_and_are_checked(folder: Folder) -> None:
    async def main() -> None:
        data = b"\xff\xd8\xff" + os.urandom(1_300_000)
        (folder.path / "photo").write_bytes(data)
        md5 = hashlib.md5(data).hexdigest()
        for number, image in enumerate(
            [
                {"sdkfileid": "photo", "md5sum": md5},
                {"sdkfileid": "photo", "md5sum": ""},
                {"sdkfileid": "photo", "md5sum": "0" * 32},
                {"sdkfileid": "gone", "md5sum": ""},
            ]
        ):
            folder.add(message("image", image, msgid=f"p{number}"))
        folder.goes_wrong("once", "GetMediaData", "crash", times=1)
        async with reading(folder, timing=replace(QUICK, page=10)) as bot:
            await bot.next(LoggedIn)
            whole, unchecked, wrong, gone = [(await bot.next(Message)).attachments[0] for _ in range(4)]
            assert (whole.data, whole.media_type) == (data, "image/jpeg")
            assert unchecked.data == data
            assert (wrong.data, wrong.kind, gone.data) == (None, AttachmentKind.IMAGE, None)
        starts = [int(start) for name, start in folder.calls("GetMediaData") if name == "photo"]
        assert starts[:4] == [0, 0, 524_288, 1_048_576]

    run(main)


def test_recalls_consents_and_members(folder: Folder) -> None:
    async def main() -> None:
        consents: list[Consent] = []
        folder.says("三楼漏水")
        folder.add(message("revoke", {"pre_msgid": "m1"}, msgid="r1"))
        folder.add(message("agree", {"userid": LI, "agree_time": int(START.timestamp() * 1000)}, msgid="a1"))
        folder.add(message("disagree", {"userid": WANG}, msgid="d1", roomid=""))
        folder.add({"msgid": "s1", "action": "switch", "time": 1_700_000_000_000, "user": "staff1"})
        folder.add(message("text", {"content": "广告"}, ROBOT, msgid="b1"))
        folder.add(message("text", {"content": "新来的"}, msgid="m9", tolist=["staff1", "staff2"]))
        async with reading(folder, consented=consents.append, members=True) as bot:
            await bot.next(LoggedIn)
            await bot.next(Message)
            taken = await bot.next(Recalled)
            assert (taken.room, taken.sender, taken.message_id) == ("wr1", WANG, "m1")
            changed = await bot.next(RoomChanged)
            assert (changed.joined, changed.left) == (("staff2",), (LI,))
            assert (await bot.next(Message)).text == "新来的"
        assert consents == [
            Consent(LI, "wr1", True, START),
            Consent(WANG, None, False, START + timedelta(milliseconds=1)),
        ]

    run(main)


def test_it_cannot_send(folder: Folder) -> None:
    async def main() -> None:
        async with reading(folder) as bot:
            outcome = await bot.transport.send(Post(1, "a", PostKind.NOTICE, "x", datetime.now(UTC), "wr1"))
            assert isinstance(outcome, Refused) and not outcome.retry and "转发" in outcome.reason

    run(main)


@pytest.mark.parametrize("library", ["/nowhere/libWeWorkFinanceSdk_C.so", ctypes.util.find_library("c") or "libc.so.6"])
def test_no_library_or_another_one_is_said(folder: Folder, library: str) -> None:
    async def main() -> None:
        async with reading(folder, access=replace(folder.access, library=library), command=COMMAND) as bot:
            assert (await bot.next(LoggedOut)).reason == "存档组件（library）打不开，请检查路径和文件"

    run(main)


def test_secrets_are_in_no_argument_environment_error_or_log(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        folder.says("谁也不该在日志里看见的话")
        folder.goes_wrong("once", "GetChatData", "crash", times=1)
        async with reading(folder) as bot:
            await bot.next(LoggedIn)
            await bot.next(Message)
            child = bot.transport._keeper._reader
            assert child is not None
            proc = Path(f"/proc/{child._process.pid}")
            for name in ("cmdline", "environ"):
                seen = (proc / name).read_bytes() if proc.exists() else b""
                assert b"archive-secret" not in seen and b"PRIVATE KEY" not in seen
            assert "archive-secret" not in repr(folder.access)

    run(main)
    shown = capsys.readouterr()
    assert "archive-secret" not in shown.out + shown.err and "日志" not in shown.out + shown.err
    with pytest.raises(ValueError, match="version 3") as error:
        ArchiveTransport("a", folder.access, {3: SecretStr("not-a-key")}, Kept(), clock=lambda: START)
    assert "not-a-key" not in str(error.value)


def test_the_library_gets_everything_back(folder: Folder) -> None:
    """No slice and no handle is left when the child ends in order."""

    async def main() -> None:
        (folder.path / "photo").write_bytes(b"x" * 600_000)
        folder.add(message("image", {"sdkfileid": "photo", "md5sum": ""}, msgid="p1"))
        async with reading(folder) as bot:
            await bot.next(LoggedIn)
            await bot.next(Message)
            child = bot.transport._keeper._reader
            assert child is not None and child._process.stdin is not None
            child._process.stdin.close()  # as when the parent dies
            async with asyncio.timeout(DEADLINE):
                await child._process.wait()
        assert folder.calls("DestroySdk") == [["left", "0", "0"]]
        assert sys.executable == folder.command[0]

    run(main)
