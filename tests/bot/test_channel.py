"""One account, live, over a channel that misbehaves; nothing sleeps."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest
from posts import Office, open_office
from worlds import ACCOUNT, NOW, after

from bot import channel as module
from bot.channel import Channel
from bot.outcome import Outcome
from bot.transports.base import Outcome as Delivery
from bot.transports.base import Post, Sent, Unknown
from models.message import Message


class Line:
    """A channel that says what it was given, then ends."""

    account = ACCOUNT
    reaches_leaders = True

    def __init__(self, *said: str, endless: bool = False) -> None:
        self._said = said
        self._endless = endless
        self.delivery: Callable[[Post], Delivery] = lambda post: Sent(f"x{post.row}")
        self.sent: list[Post] = []

    async def listen(self) -> AsyncIterator[Message]:
        for number, text in enumerate(self._said):
            yield Message(f"m{number}", ACCOUNT, "r1", "王阿姨", text, NOW)
        if self._endless:
            await asyncio.Event().wait()

    async def send(self, post: Post) -> Delivery:
        self.sent.append(post)
        return self.delivery(post)


def run(office: Office, line: Line, clock: Callable[[], datetime] = lambda: NOW) -> list[Outcome]:
    """Until the line ends; what became of the messages."""
    outcomes: list[Outcome] = []

    async def heard(_: Message, outcome: Outcome) -> None:
        outcomes.append(outcome)

    channel = Channel(office.app.shards[ACCOUNT], line, clock=clock, heard=heard)
    asyncio.run(asyncio.wait_for(channel.run(), 30))
    return outcomes


def heard_until(office: Office) -> datetime | None:
    with office.app.units() as uow:
        return uow.places.account(ACCOUNT).heard_until


def test_it_hears_answers_and_writes_how_far_it_heard() -> None:
    office, line = open_office(), Line("早", "三楼漏水了")
    assert run(office, line) == [Outcome.IGNORED, Outcome.EFFECT]
    assert [post.in_reply_to for post in line.sent] == ["m1", "m1"]
    assert heard_until(office) == NOW
    with office.app.units() as uow:
        assert uow.places.room_by_id(office.world.room.id).watermark == NOW


def test_time_without_it_is_a_gap() -> None:
    office = open_office()
    run(office, Line())
    run(office, Line(), lambda: after(60))
    with office.app.units() as uow:
        assert [(gap.since, gap.until) for gap in uow.places.all_gaps(ACCOUNT)] == [(NOW, after(60))]


def test_one_message_that_fails_does_not_end_the_listening(
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    office, line = open_office(), Line("坏", "三楼漏水了")
    shard = office.app.shards[ACCOUNT]
    handle = type(shard).handle

    def fragile(self: object, message: Message, now: datetime) -> Outcome:
        if message.text == "坏":
            raise RuntimeError("database is locked: 坏")
        return handle(shard, message, now)

    monkeypatch.setattr(type(shard), "handle", fragile)
    assert run(office, line) == [Outcome.EFFECT]
    assert len(line.sent) == 2
    assert "message_failed" in logged.getvalue()
    assert "database is locked" not in logged.getvalue()


def test_a_relay_and_a_heartbeat_that_fail_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    office, line = open_office(), Line(endless=True)
    office.promise("喂")
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.0)
    shard, calls = office.app.shards[ACCOUNT], {"take": 0, "beat": 0}
    take, beat = shard.relay.take, type(shard).beat

    def fragile_take(now: datetime, urgent: bool | None = None) -> Post | None:
        calls["take"] += 1
        if calls["take"] == 1:
            raise RuntimeError("busy")
        return take(now, urgent=urgent)

    def fragile_beat(self: object, now: datetime, heard_until: datetime) -> None:
        calls["beat"] += 1
        if calls["beat"] == 1:
            raise RuntimeError("busy")
        beat(shard, now, heard_until)

    monkeypatch.setattr(shard.relay, "take", fragile_take)
    monkeypatch.setattr(type(shard), "beat", fragile_beat)

    async def until_sent() -> None:
        running = asyncio.create_task(Channel(shard, line, clock=lambda: NOW).run())
        while not line.sent or calls["beat"] < 3:
            assert not running.done()
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(asyncio.wait_for(until_sent(), 30))
    assert [post.text for post in line.sent] == ["喂"]


def test_an_answer_of_unknown_fate_goes_out_once_more_and_not_for_ever() -> None:
    office, line = open_office(), Line()
    row = office.promise("喂")
    line.delivery = lambda _: Unknown("timeout")
    run(office, line)
    assert [post.doubled for post in line.sent] == [False, True]
    assert office.state(row)[1] == "timeout"
