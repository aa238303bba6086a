"""The archive through its child process and a stand-in for the native library. Nothing here was seen live."""

import asyncio
import hashlib
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archive_bots import DEADLINE, QUICK, Kept, reading, run, until
from archive_folder import LI, ROBOT, START, WANG, Folder, message
from pydantic import SecretStr

from bot.transports.base import LoggedIn, Post, Recalled, Refused, RoomChanged
from bot.transports.wecom_archive.bookmark import FileBookmark, Mark
from bot.transports.wecom_archive.payloads import Consent
from bot.transports.wecom_archive.transport import ArchiveTransport
from models.codes import PostKind
from models.message import AttachmentKind, Message


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


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


def test_the_bookmark_in_a_file_survives_the_process(folder: Folder, tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "kept" / "archive.json"
        folder.says("一")
        async with reading(folder, FileBookmark(path)) as bot:
            await bot.next(LoggedIn)
            await bot.next(Message)
            await until(path.exists)
        assert await FileBookmark(path).load() == Mark(1, START + timedelta(milliseconds=1))
        folder.says("二")
        async with reading(folder, FileBookmark(path)) as bot:
            await bot.next(LoggedIn)
            assert (await bot.next(Message)).text == "二"
        for broken in ("", "{}", '{"seq": "x", "at": 1}', '{"seq": 1, "at": "2026-11-20T08:00:00"}'):
            path.write_text(broken)
            with pytest.raises(ValueError, match="delete it to begin anew"):
                await FileBookmark(path).load()

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
