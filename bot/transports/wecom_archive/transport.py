"""The archive as a channel that only reads: pages behind a sequence number, decrypted, in their order, for ever."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import SecretStr

from bot.transports.base import (
    Event,
    LoggedIn,
    LoggedOut,
    Outage,
    Outcome,
    Post,
    Recalled,
    Refused,
    RoomChanged,
    Unknown,
)
from bot.transports.wecom_archive.bookmark import Bookmark, Mark, Progress
from bot.transports.wecom_archive.keeper import FellOver, Keeper
from bot.transports.wecom_archive.keys import Keys, NoKey
from bot.transports.wecom_archive.payloads import Consent, Said, TookBack
from bot.transports.wecom_archive.process import COMMAND, Access, Died, Fault, NotLoaded, Reader
from bot.transports.wecom_archive.reading import Opened, Opening
from models.message import Attachment, AttachmentKind, Message

KEPT = timedelta(days=5)
"""How far back the archive can be read."""
SECOND = timedelta(seconds=1)
NOTED = timedelta(minutes=1)
READ_ONLY = "会话内容存档只能读、不能发：请把这个群设成转发模式，由负责人代发"
NOT_LOADED = "存档组件（library）打不开，请检查路径和文件"
_AGAIN = frozenset({-1, 10001, 10002, 10003, 45009, 45033})
"""The network, the server, or too often: the same again with a pause. Other codes need the operator."""


_WORDS = {
    10000: "参数或 Secret 不对",
    10001: "网络不通",
    10009: "本机公网地址不在可信 IP 里",
    10011: "证书有问题",
}


def faulty(code: int) -> str:
    """Why the archive cannot be read, for the operator; code as the official page numbers it."""
    return f"会话存档读不到：{_WORDS.get(code, '接口报错')}（{code}）"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, but page (messages at once, at most 1,000) and tries (of one file, of one message).

    poll: between looks when there is nothing new. deadline: for one call, until the process counts as hanging.
    backoff_first doubles up to backoff_longest. out: how long a passing fault passes before it is reported, and the
    pause after one that only the operator can mend.
    """

    poll: float = 5.0
    deadline: float = 60.0
    backoff_first: float = 1.0
    backoff_longest: float = 60.0
    out: float = 300.0
    page: int = 100
    tries: int = 3


async def _nothing(_: Reader) -> None:
    """To have the process started is all."""


class ArchiveTransport:
    """One archive. keys: PEM of the private keys by publickey_ver. clock: aware UTC. **Not verified live.**

    handled() is to be awaited after each message: the bookmark follows it, so that a crash loses nothing. consented
    hears what people outside say to being archived. members: report who came and went by comparing the lists of readers
    of successive messages; the archive has no events of groups, and nobody confirmed that these lists are complete.
    window: how many messages may wait behind one that is never handled, before that one is given up.
    """

    history = True
    """What was not handled is delivered anew: an outage is no gap, but for what is older than KEPT."""

    def __init__(
        self,
        account: str,
        access: Access,
        keys: Mapping[int, SecretStr],
        bookmark: Bookmark,
        *,
        clock: Callable[[], datetime],
        consented: Callable[[Consent], None] | None = None,
        members: bool = False,
        timing: Timing | None = None,
        window: int = 1_000,
        command: Sequence[str] = COMMAND,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.account = account
        self._corp_id = access.corp_id
        self._bookmark = bookmark
        self._clock = clock
        self._consented = consented
        self._rooms: dict[str, frozenset[str]] | None = {} if members else None
        self._timing = timing or Timing()
        self._chance = chance
        self._progress = Progress(account, window)
        self._saving = asyncio.Lock()
        self._noted = clock()
        self._keeper = Keeper(access, self._timing.deadline, command)
        self._opening = Opening(self._keeper, Keys(keys), self._timing.tries, account)
        self._state: str | None = None
        self._log = structlog.get_logger("wecom_archive").bind(account=account)

    async def send(self, post: Post) -> Outcome:
        """The archive has no way to send."""
        return Refused(READ_ONLY, nobody=post.room is None)

    async def handled(self, message_id: str) -> None:
        """The message had its effect, or has none: the bookmark may pass it."""
        self._progress.handled(message_id)
        await self._save()

    async def check(self) -> Refused | Unknown | None:
        """Whether the library loads in its process and takes corp id and secret; None: it does. Nothing is read."""
        try:
            await self._keeper.ask(_nothing)
        except NotLoaded:
            return Refused(NOT_LOADED)
        except Fault as error:
            return Refused(faulty(error.code), retry=error.code in _AGAIN, code=error.code)
        except (Died, FellOver):
            return Unknown("存档组件一启动就退出，或没有反应")
        finally:
            await self._keeper.stop()
        return None

    async def close(self) -> None:
        """End the child process, if it still runs."""
        await self._keeper.stop()

    async def listen(self) -> AsyncIterator[Event]:
        """What the archive has behind the bookmark, and what comes; after an outage all that came meanwhile."""
        mark = await self._bookmark.load()
        seq, heard = (0, self._clock()) if mark is None else (mark.seq, mark.at)
        pause, failing = self._timing.backoff_first, 0.0
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    items = await self._fetch(seq)
                    now = self._clock()
                    if self._state != "in":
                        self._state = "in"
                        yield LoggedIn(bot=self._corp_id, at=now)
                    if now - heard > KEPT:
                        yield Outage(since=heard, until=now - KEPT, reason="history_expired")
                    heard, pause, failing = now, self._timing.backoff_first, 0.0
                    page, before = await self._opening.page(items, now), seq
                    for opened in page.opened:
                        for event in await self._events(opened):
                            yield event
                        seq = max(seq, opened.seq)
                        await self._save()
                    if page.missing is not None:
                        raise page.missing
                    if not items:
                        await self._nothing_new(seq, now)
                    if seq <= before:
                        await asyncio.sleep(self._timing.poll)
                    continue
                except (Died, FellOver):
                    passing, reason = True, "存档组件反复崩溃或没有反应，正在重启它"
                except Fault as error:
                    passing, reason = error.code in _AGAIN, faulty(error.code)
                except NotLoaded:
                    passing, reason = False, NOT_LOADED
                except NoKey as error:
                    passing, reason = False, f"缺第 {error.version} 版私钥，请补上后重启"
                self._log.warning("archive_unread", reason=reason)
                failing = failing or loop.time()
                if self._state != reason and not (passing and loop.time() - failing < self._timing.out):
                    self._state = reason
                    yield LoggedOut(reason=reason, at=self._clock())
                await asyncio.sleep((pause if passing else self._timing.out) * (1 + self._chance() / 2))
                pause = min(pause * 2, self._timing.backoff_longest)
        finally:
            await self._keeper.stop()

    async def _fetch(self, seq: int) -> list[Mapping[str, object]]:
        """The page behind seq, encrypted."""
        page = await self._keeper.ask(lambda reader: reader.fetch(seq, self._timing.page))
        code, items = page.get("errcode", 0), page.get("chatdata") or []
        if code != 0 or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise Fault(code if isinstance(code, int) and code != 0 else 10002)
        return items

    async def _nothing_new(self, seq: int, now: datetime) -> None:
        """Note now and then that there was nothing to read, or a quiet week would look like a lost one."""
        if now - self._noted < NOTED or self._progress.waiting:
            return
        self._noted = now
        async with self._saving:
            await self._bookmark.save(Mark(seq, now))

    async def _save(self) -> None:
        async with self._saving:
            mark = self._progress.mark()
            if mark is not None:
                await self._bookmark.save(mark)

    async def _events(self, opened: Opened) -> list[Event]:
        """What one sequence number means, booked as read."""
        happened = opened.happened
        events: list[Event] = []
        waits: str | None = None
        if opened.unreadable:
            self._log.error("message_unreadable", seq=opened.seq)
            events.append(Outage(since=opened.at, until=opened.at + SECOND, reason="message_unreadable"))
        elif isinstance(happened, Said):
            events += [*self._came_and_went(happened), await self._message(happened)]
            waits = happened.id
        elif isinstance(happened, TookBack):
            events.append(Recalled(happened.room, happened.sender, happened.message_id, happened.at))
        elif isinstance(happened, Consent) and self._consented is not None:
            self._consented(happened)
        self._progress.begin(opened.seq, opened.at, waits)
        return events

    def _came_and_went(self, said: Said) -> list[Event]:
        if self._rooms is None or said.room is None or not said.others:
            return []
        members = said.others | {said.sender}
        before = self._rooms.get(said.room, members)
        self._rooms[said.room] = members
        joined, left = tuple(sorted(members - before)), tuple(sorted(before - members))
        return [RoomChanged(said.room, said.at, joined=joined, left=left)] if joined or left else []

    async def _message(self, said: Said) -> Message:
        pictures = [await self._opening.picture(file) for file in said.pictures]
        return Message(
            id=said.id,
            account=self.account,
            room=said.room,
            sender=said.sender,
            text=said.text,
            at=said.at,
            quote=said.quote,
            attachments=(*pictures, *[Attachment(AttachmentKind.AUDIO)] * said.voices),
            place=said.place,
        )
