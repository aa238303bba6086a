"""What the bot says leaves through the real gateway, and what is known of it afterwards."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from gateways import QUICK, ROOM, Ear, GatewayProcess, listening

from bot.transports.base import Echo, LoggedIn, LoggedOut, Outage, Post, Refused, Sent, Unknown
from models.codes import PostKind
from models.message import Message

AT = datetime(2026, 11, 1, 2, tzinfo=UTC)


def post(text: str = "已登记 #1", **more: Any) -> Post:
    return Post(
        **({"row": 1, "account": "account", "kind": PostKind.REPLY, "text": text, "at": AT, "room": ROOM} | more)
    )


async def last_sent(gateway: GatewayProcess, before: int) -> list[dict[str, Any]]:
    return list(await gateway.do("sent", **{"from": before}))


async def sent_count(gateway: GatewayProcess) -> int:
    return int((await gateway.do("state"))["sent"])


def test_texts_with_mentions_and_pictures_arrive(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            await gateway.say("三栋水管爆了")
            await ear.wait(Message, lambda one: one.text == "三栋水管爆了")
            before = await sent_count(gateway)
            outcome = await ear.transport.send(post("@李婶 已登记 #1，@没人 看看"))
            (arrived,) = await last_sent(gateway, before)
            assert outcome == Sent(arrived["id"])
            assert arrived["conversation"] == ROOM
            assert arrived["text"] == "@李婶\u2005已登记 #1，@没人 看看"
            assert arrived["mentions"] == ["li"]
            echo = await ear.wait(Echo)  # as the post said it, so that the outbox recognises it
            assert (echo.text, echo.room, echo.id) == ("@李婶 已登记 #1，@没人 看看", ROOM, arrived["id"])

            assert isinstance(await ear.transport.send(post("私下说", room=None, to="li")), Sent)
            assert (await ear.wait(Echo, lambda one: one.to == "li")).text == "私下说"

            for size in (900, 20 * 1024 * 1024):
                picture = b"\x89PNG\r\n\x1a\n" + bytes(size - 8)
                before = await sent_count(gateway)
                assert isinstance(await ear.transport.send(post("照片", row=size, picture=picture)), Sent)
                first, second = await last_sent(gateway, before)
                assert first["file"]["name"] == "picture.png"
                assert first["file"]["size"] == size
                assert first["file"]["md5"] == hashlib.md5(picture, usedforsecurity=False).hexdigest()
                assert second["text"] == "照片"
            before = await sent_count(gateway)
            assert isinstance(await ear.transport.send(post("", row=7, picture=b"\xff\xd8\xff")), Sent)
            assert len(await last_sent(gateway, before)) == 1

    asyncio.run(scenario())


def test_what_cannot_be_sent_says_whether_to_try_again(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            send = ear.transport.send
            assert await send(post(room=None, leader_of=ROOM)) == Refused("only rooms and people can be reached here")
            assert await send(post(picture=bytes(20 * 1024 * 1024 + 1))) == Refused("picture too large")
            for code, retry in ((2, True), (5, False), (3, False), (7, False), (14, True)):
                await gateway.do("mode", set={"fail": code})
                outcome = await send(post())
                assert isinstance(outcome, Refused)
                assert (outcome.retry, outcome.code) == (retry, code)
                assert "已登记" not in repr(outcome)
            await gateway.do("mode", set={"fail": 4})
            assert isinstance(await send(post()), Unknown)
            await gateway.do("mode", set={"fail": None})
            assert isinstance(await send(post()), Sent)
            await gateway.do("logout")
            await asyncio.sleep(0)
            outcome = await send(post())
            assert isinstance(outcome, Refused)
            assert outcome.retry
            await gateway.do("login")
            ear_transport = ear.transport
        assert await ear_transport.send(post()) == Refused("not connected", retry=True, offline=True)

    asyncio.run(scenario())


def test_a_picture_that_arrived_is_not_sent_again_with_its_words(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            both = post("照片", row=55, picture=b"\xff\xd8\xff")
            await gateway.do("mode", set={"failText": True})
            before = await sent_count(gateway)
            outcome = await ear.transport.send(both)
            assert isinstance(outcome, Refused)
            await gateway.do("mode", set={"failText": False})
            assert isinstance(await ear.transport.send(both), Sent)
            assert [("file" in one, one.get("text")) for one in await last_sent(gateway, before)] == [
                (True, None),
                (False, "照片"),
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize("delivered", [True, False])
def test_a_send_whose_answer_never_comes_is_unknown_and_its_echo_resolves_it(
    gateway: GatewayProcess, delivered: bool
) -> None:
    async def scenario() -> None:
        async with listening(gateway, replace(QUICK, send=0.5)) as ear:
            await gateway.do("mode", set={"hang": "after" if delivered else "before"})
            before = len(ear.events)
            assert await ear.transport.send(post("会不会到")) == Unknown("deadline")
            await gateway.do("mode", set={"hang": None})
            assert isinstance(await ear.transport.send(post("再来一条")), Sent)
            await ear.wait(Echo, lambda one: one.text == "再来一条", after=before)
            echoes = [one.text for one in ear.of(Echo) if one.text == "会不会到"]
            assert bool(echoes) is delivered

    asyncio.run(scenario())


def test_the_canary_is_heard_by_nobody_else_and_its_silence_is_told(gateway: GatewayProcess) -> None:
    async def deaf(ear: Ear) -> None:
        await gateway.do("mode", set={"deaf": True})
        before = len(ear.events)
        assert (await ear.wait(LoggedOut, after=before)).reason == "deaf"
        outage = next(one for one in ear.of(Outage) if one.reason == "deaf")
        assert outage.since < outage.until
        await ear.wait(LoggedIn, after=before)  # it tries again with a new stream
        await gateway.do("mode", set={"deaf": False})
        await gateway.say("又听见了")
        await ear.wait(Message, lambda one: one.text == "又听见了")

    async def scenario() -> None:
        quick = replace(QUICK, canary=0.2, canary_answer=0.5)
        async with listening(gateway, quick) as ear:
            assert ear.transport._parts is not None
            canary = ear.transport._parts.canary
            await canary.sing()
            assert canary.works
            assert not ear.of(Echo)
            assert not ear.of(Message)
            await deaf(ear)
        await gateway.do("mode", set={"refuseSelf": True, "echo": False})
        async with listening(gateway, quick) as ear:
            assert ear.transport._parts is not None
            await ear.transport._parts.canary.sing()  # a messenger that does not let it: no alarm
            await gateway.do("mode", set={"refuseSelf": False})
            await ear.transport._parts.canary.sing()  # nor one that never shows own messages
            await gateway.say("没有误报")
            await ear.wait(Message, lambda one: one.text == "没有误报")
            assert not ear.of(LoggedOut)
        await gateway.do("mode", set={"echo": True})

    asyncio.run(scenario())
