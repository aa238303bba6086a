"""A send that hangs: an emergency goes beside it, and an echo of the post ends the waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
from posts import Office, open_office
from worlds import ACCOUNT, NOW

from bot.channel import Channel
from bot.transports.base import Echo, Event, Outcome, Post, Sent
from models.codes import OutgoingState, PostKind


class Hanging:
    """A channel that never answers about what says so, and shows what it is told to."""

    account = ACCOUNT

    def __init__(self, *, echoes: bool = False) -> None:
        self.echoes = echoes
        self.given: list[str] = []
        self.cancelled: list[str] = []
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    async def listen(self) -> AsyncIterator[Event]:
        while True:
            yield await self.events.get()

    async def send(self, post: Post) -> Outcome:
        self.given.append(post.text)
        if "挂起" in post.text:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.append(post.text)
        return Sent(f"x{post.row}")


def run(office: Office, line: Hanging, story: Callable[[Channel], Awaitable[None]]) -> None:
    async def lived() -> None:
        channel = Channel(office.app.shards[ACCOUNT], line, clock=lambda: NOW)
        running = asyncio.create_task(channel.run())
        async with asyncio.timeout(20):
            await story(channel)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(lived())


async def until(channel: Channel, office: Office, row: int, state: OutgoingState) -> None:
    while (await channel.on_thread(office.state, row))[0] is not state:
        await asyncio.sleep(0.01)


async def promise(channel: Channel, office: Office, text: str, kind: PostKind = PostKind.REPLY) -> int:
    """On the shard's thread, whose database it is."""
    row = await channel.on_thread(partial(office.promise, text, kind, room_id=office.world.room.id))
    channel.poke()
    return row


def test_an_emergency_is_sent_while_another_post_hangs() -> None:
    office, line = open_office(), Hanging()
    hangs = office.promise("挂起", room_id=office.world.room.id)

    async def story(channel: Channel) -> None:
        await until(channel, office, hangs, OutgoingState.SENDING)
        fire = await promise(channel, office, "着火了", PostKind.EMERGENCY)
        waits = await promise(channel, office, "下一句")
        await until(channel, office, fire, OutgoingState.SENT)
        assert (await channel.on_thread(office.state, waits))[0] is OutgoingState.PENDING  # in order within the group

    run(office, line, story)
    assert line.given == ["挂起", "着火了"]


def test_other_posts_are_sent_while_an_emergency_hangs() -> None:
    office, line = open_office(), Hanging()
    fire = office.promise("着火了，挂起", PostKind.EMERGENCY, room_id=office.world.room.id)

    async def story(channel: Channel) -> None:
        await until(channel, office, fire, OutgoingState.SENDING)
        answer = await promise(channel, office, "回答")
        await until(channel, office, answer, OutgoingState.SENT)

    run(office, line, story)


def test_an_echo_ends_the_waiting_for_an_answer() -> None:
    office, line = open_office(), Hanging(echoes=True)
    hangs = office.promise("挂起", room_id=office.world.room.id)
    after_it = office.promise("下一句", room_id=office.world.room.id)

    async def story(channel: Channel) -> None:
        await until(channel, office, hangs, OutgoingState.SENDING)
        line.events.put_nowait(Echo("别的", NOW, room="r1", id="e0"))
        line.events.put_nowait(Echo("挂起", NOW, room="r1", id="e1"))
        await until(channel, office, after_it, OutgoingState.SENT)

    run(office, line, story)
    assert office.state(hangs) == (OutgoingState.SENT, None)
    assert line.cancelled == ["挂起"]
    with office.app.units() as uow:
        assert uow.outbox.get(hangs).sent_id == "e1"
