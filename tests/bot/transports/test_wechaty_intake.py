"""Many messages at once, never more than allowed, in order within a room."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from random import Random

from bot.transports.base import Echo, Event
from bot.transports.unfinished import Unfinished
from bot.transports.wechaty.cache import Cache
from bot.transports.wechaty.intake import Found, Intake, Taken

AT = datetime(2026, 11, 1, tzinfo=UTC)


async def run(intake: Intake, until: asyncio.Event) -> None:
    task = asyncio.create_task(intake.run())
    try:
        await asyncio.wait_for(until.wait(), 20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_order_holds_within_a_room_and_the_bound_everywhere() -> None:
    chance, told, at_once, most = Random(1), [], [0], [0]
    count, rooms, width = 2000, 7, 8

    async def scenario() -> None:
        everything = asyncio.Event()

        def emit(event: Event, taken: Taken) -> None:
            taken()
            assert isinstance(event, Echo)
            told.append((event.room, int(event.text)))
            if len(told) == count:
                everything.set()

        async def some_time() -> None:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)
            at_once[0] -= 1

        async def finish(number: int) -> Event:
            await some_time()
            return Echo(text=str(number), at=AT, room=str(number % rooms))

        async def find(number: int) -> Found:
            await some_time()
            return Found(str(number % rooms), partial(finish, number))

        intake = Intake(emit, Unfinished(lambda: AT), width=width)
        for number in range(count):
            intake.put(partial(find, number))
        await run(intake, everything)

    asyncio.run(scenario())
    assert most[0] == width
    for room in range(rooms):
        assert [number for where, number in told if where == str(room)] == list(range(room, count, rooms))


def test_a_slow_room_holds_up_no_other_and_what_fails_nobody() -> None:
    told: list[str] = []

    async def scenario() -> None:
        slow, done = asyncio.Event(), asyncio.Event()

        def emit(event: Event, taken: Taken) -> None:
            taken()
            assert isinstance(event, Echo)
            told.append(event.text)
            if event.text == "end":
                slow.set()
            if event.text == "slow":
                done.set()

        async def echo(text: str, wait: asyncio.Event | None = None) -> Event:
            if wait is not None:
                await wait.wait()
            return Echo(text=text, at=AT, room="r")

        async def broken() -> Event | None:
            raise OSError("secret words")

        async def find(where: str, finish: object) -> Found:
            return Found(where, finish)  # type: ignore[arg-type]

        async def lost() -> Found | None:
            raise TimeoutError

        intake = Intake(emit, Unfinished(lambda: AT), width=4)
        intake.put(partial(find, "a", partial(echo, "slow", slow)))
        intake.put(lost)
        for number in range(20):
            intake.put(partial(find, "b", broken if number % 2 else partial(echo, str(number))))
        intake.put(partial(find, "b", partial(echo, "end")))
        await run(intake, done)

    asyncio.run(scenario())
    assert told == [*map(str, range(0, 20, 2)), "end", "slow"]


def test_what_is_remembered_grows_old_and_has_an_end() -> None:
    now = [0.0]
    cache: Cache[int] = Cache(10.0, size=3, timer=lambda: now[0])
    cache.put("a", 1)
    assert not cache.first("a", 2)
    now[0] = 10.0
    assert cache.get("a") == 1
    now[0] = 10.1
    assert cache.get("a") is None
    assert cache.first("a", 3)
    for key in ("b", "c", "d"):
        cache.put(key, 0)
    assert [key for key, _ in cache.items()] == ["b", "c", "d"]
    cache.drop(lambda key: key in ("b", "c"))
    cache.forget("d")
    cache.forget("never there")
    assert cache.items() == []
    cache.put("e", 1)
    cache.clear()
    assert cache.get("e") is None
