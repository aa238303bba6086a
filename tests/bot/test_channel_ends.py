"""How a channel stops: nothing that was announced is lost without a gap, nothing is said twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest
from lines import until
from posts import Office, open_office
from worlds import ACCOUNT, NOW, after

from bot import channel as module
from bot.channel import Channel
from bot.transports.base import Event, Outage, Post, Sent
from bot.transports.base import Outcome as Delivery
from models.codes import OutgoingState
from models.message import Message


class SlowLine:
    """A channel that has announced more than it has handed out. deaf: since when it hears nothing."""

    account = ACCOUNT

    def __init__(self) -> None:
        self.announced: list[tuple[datetime, Event]] = []
        self.ready = asyncio.Event()
        self.answer = asyncio.Event()
        self.deaf: datetime | None = None
        self.sent: list[Post] = []
        self.connected = False

    def pending_since(self) -> datetime | None:
        moments = [at for at, _ in self.announced] + ([] if self.deaf is None else [self.deaf])
        return min(moments, default=None)

    async def emptied(self) -> None:
        while self.announced:
            await asyncio.sleep(0.005)

    async def listen(self) -> AsyncIterator[Event]:
        self.connected = True
        try:
            while True:
                await self.ready.wait()
                while self.announced:
                    yield self.announced[0][1]
                    del self.announced[0]
                self.ready.clear()
        finally:
            self.connected = False

    async def send(self, post: Post) -> Delivery:
        self.sent.append(post)
        await self.answer.wait()
        assert self.connected
        return Sent(f"x{post.row}")


def said(number: int, text: str = "三楼漏水了") -> Message:
    return Message(f"m{number}", ACCOUNT, "r1", "王阿姨", text, NOW)


def heard_until(office: Office) -> datetime | None:
    with office.app.units() as uow:
        return uow.places.account(ACCOUNT).heard_until


async def wrote(channel: Channel, office: Office, moment: datetime) -> None:
    """Until so far was heard; on the shard's thread, which has the database in memory."""
    async with asyncio.timeout(20):
        while await channel.on_thread(heard_until, office) != moment:
            await asyncio.sleep(0.005)


async def running(office: Office, line: SlowLine, clock: Callable[[], datetime]) -> tuple[Channel, asyncio.Task[None]]:
    channel = Channel(office.app.shards[ACCOUNT], line, clock=clock)
    task = asyncio.create_task(channel.run())
    await until(lambda: line.connected)
    return channel, task


def test_what_was_announced_and_never_came_lies_behind_what_was_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a beat, so that a crash leaves a gap, and at the stop, whose patience has an end."""
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(module, "EMPTY_SECONDS", 0.05)
    office = open_office()

    async def story() -> None:
        line, now = SlowLine(), [NOW]
        channel, task = await running(office, line, lambda: now[0])
        line.announced.append((after(1), said(1)))
        now[0] = after(10)
        await wrote(channel, office, after(1))
        channel.stop()
        await task

    asyncio.run(asyncio.wait_for(story(), 30))
    assert heard_until(office) == after(1)
    office.app.shards[ACCOUNT].start(after(20))
    with office.app.units() as uow:
        assert (after(1), after(20)) in [(gap.since, gap.until) for gap in uow.places.all_gaps(ACCOUNT)]


def test_a_stop_waits_for_what_was_announced() -> None:
    office = open_office()

    async def story() -> None:
        line = SlowLine()
        line.answer.set()
        channel, task = await running(office, line, lambda: NOW)
        line.announced.append((NOW, said(1)))
        channel.stop()
        asyncio.get_running_loop().call_later(0.05, line.ready.set)
        await task

    asyncio.run(asyncio.wait_for(story(), 30))
    with office.app.units() as uow:
        assert len(uow.tickets.all()) == 1


def test_an_outage_that_goes_on_at_the_stop_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    office = open_office()

    async def story() -> None:
        line, now = SlowLine(), [after(2)]
        channel, task = await running(office, line, lambda: now[0])
        await wrote(channel, office, after(2))
        line.deaf, now[0] = after(1), after(5)
        await wrote(channel, office, after(1))
        line.announced.append((after(5), Outage(after(1), after(5), "frozen")))
        line.deaf = None
        line.ready.set()
        await wrote(channel, office, after(5))
        line.deaf = after(4)
        channel.stop()
        await task

    asyncio.run(asyncio.wait_for(story(), 30))
    assert heard_until(office) == after(4)


def test_what_came_after_the_reading_ended_was_not_heard() -> None:
    office = open_office()

    async def story() -> None:
        line, now = SlowLine(), [NOW]
        line.answer.set()
        channel, task = await running(office, line, lambda: now[0])
        close = channel._reading_ended

        def late() -> None:
            close()
            now[0] = after(9)

        channel._reading_ended = late  # type: ignore[method-assign]
        channel.stop()
        await task

    asyncio.run(asyncio.wait_for(story(), 30))
    assert heard_until(office) == NOW


def test_a_stop_waits_for_the_answer_to_the_post_in_flight() -> None:
    office = open_office()
    row = office.promise("喂")

    async def story() -> None:
        line = SlowLine()
        channel, task = await running(office, line, lambda: NOW)
        await until(lambda: len(line.sent) == 1)
        channel.stop()
        asyncio.get_running_loop().call_later(0.05, line.answer.set)
        await task
        assert [post.text for post in line.sent] == ["喂"]

    asyncio.run(asyncio.wait_for(story(), 30))
    assert office.state(row)[0] is OutgoingState.SENT


def test_a_post_that_never_gets_its_answer_does_not_hold_up_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.05)
    office = open_office()
    row = office.promise("喂")

    async def story() -> None:
        line = SlowLine()
        channel, task = await running(office, line, lambda: NOW)
        await until(lambda: len(line.sent) == 1)
        channel.stop()
        await task

    asyncio.run(asyncio.wait_for(story(), 30))
    assert office.state(row)[0] is OutgoingState.SENDING


def test_the_reader_waits_while_too_much_waits_to_be_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INBOX_MOST", 3)
    office = open_office()
    shard, most = office.app.shards[ACCOUNT], [0]
    handle = type(shard).handle

    async def story() -> None:
        line = SlowLine()
        line.answer.set()
        line.announced += [(NOW, said(number, f"早 {number}")) for number in range(20)]
        line.ready.set()
        channel, task = await running(office, line, lambda: NOW)

        def counted(self: object, *arguments: object) -> object:
            most[0] = max(most[0], len(channel._arrivals))
            return handle(shard, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(type(shard), "handle", counted)
        await until(lambda: not line.announced)
        channel.stop()
        await task

    asyncio.run(asyncio.wait_for(story(), 30))
    assert most[0] == 3
