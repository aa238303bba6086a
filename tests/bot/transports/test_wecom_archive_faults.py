"""What goes wrong in reading the archive, and how it goes on. Nothing here was seen live."""

import ctypes.util
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archive_bots import QUICK, Kept, reading, run, until
from archive_folder import START, Folder, pems

from bot.transports.base import LoggedIn, LoggedOut, Outage, Refused, Unknown
from bot.transports.wecom_archive.bookmark import Mark
from bot.transports.wecom_archive.process import COMMAND
from bot.transports.wecom_archive.transport import KEPT, ArchiveTransport
from models.message import Message


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


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


@pytest.mark.parametrize("library", ["/nowhere/libWeWorkFinanceSdk_C.so", ctypes.util.find_library("c") or "libc.so.6"])
def test_no_library_or_another_one_is_said(folder: Folder, library: str) -> None:
    async def main() -> None:
        async with reading(folder, access=replace(folder.access, library=library), command=COMMAND) as bot:
            assert (await bot.next(LoggedOut)).reason == "存档组件（library）打不开，请检查路径和文件"
        checked = ArchiveTransport("a", replace(folder.access, library=library), pems(1), Kept(), clock=lambda: START)
        assert await checked.check() == Refused("存档组件（library）打不开，请检查路径和文件")

    run(main)


def test_a_check_starts_the_library_and_reads_nothing(folder: Folder) -> None:
    async def main() -> None:
        options = {"clock": lambda: START, "timing": QUICK}
        well = ArchiveTransport("a", folder.access, pems(1), Kept(), command=folder.command, **options)
        assert await well.check() is None
        assert well._keeper._reader is None
        gone = ArchiveTransport("a", folder.access, pems(1), Kept(), command=(sys.executable, "-c", ""), **options)
        assert isinstance(await gone.check(), Unknown)

    run(main)
