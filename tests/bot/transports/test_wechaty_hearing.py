"""What is said in the messenger arrives, through the real gateway, as the bot's own values."""

import asyncio
import hashlib
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateways import BOT as ACCOUNT
from gateways import QUICK, ROOM, GatewayProcess, listening

from bot.transports.base import Echo, FriendRequest, LoggedIn, LoggedOut, Outage, Recalled, RoomChanged
from models.message import BOT, AttachmentKind, Message

LINE = "- - - - - - - - - - - - - - -"


def test_words_mentions_quotes_and_private_messages(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            assert ear.of(LoggedIn)[0].bot == ACCOUNT
            assert ear.of(LoggedIn)[0].name == "小哨"

            said = await gateway.say("三栋水管爆了", mentions=["wang", "never-heard-of"])
            heard = await ear.wait(Message, lambda one: one.id == said)
            assert (heard.account, heard.room, heard.sender, heard.sender_name) == ("account", ROOM, "li", "李婶")
            assert heard.mentions == ("wang", "never-heard-of")
            assert abs(datetime.now(UTC) - heard.at) < timedelta(seconds=10)

            await gateway.say("@小哨\u2005我的")  # gateways often leave the mention out
            assert (await ear.wait(Message, lambda one: "我的" in one.text)).mentions == (BOT,)
            await gateway.say("@阿哨 帮助", mentions=[ACCOUNT])
            assert (await ear.wait(Message, lambda one: "帮助" in one.text)).mentions == (BOT,)

            await gateway.say(f"「李婶：三栋水管爆了」\n{LINE}\n我家也是", sender="wang")
            quoted = (await ear.wait(Message, lambda one: one.text == "我家也是")).quote
            assert quoted is not None
            assert (quoted.text, quoted.sender, quoted.id) == ("三栋水管爆了", "li", None)
            await gateway.say(f"「小哨：已登记 #3」\n{LINE}\n满意")
            quoted = (await ear.wait(Message, lambda one: one.text == "满意")).quote
            assert quoted is not None
            assert quoted.sender == BOT
            await gateway.say(f"「无名氏：什么」\n{LINE}\n不认识")
            quoted = (await ear.wait(Message, lambda one: one.text == "不认识")).quote
            assert quoted is not None
            assert quoted.sender is None

            await gateway.say("绑定 778899", room=None)
            private = await ear.wait(Message, lambda one: one.text == "绑定 778899")
            assert (private.room, private.sender) == (None, "li")

            old = datetime(2026, 1, 1, 8, tzinfo=UTC)
            await gateway.say("以前的话", at=int(old.timestamp() * 1000))
            assert (await ear.wait(Message, lambda one: one.text == "以前的话")).at == old
            await gateway.say("按秒的话", at=int(old.timestamp()))
            assert (await ear.wait(Message, lambda one: one.text == "按秒的话")).at == old
            await gateway.say("未来的话", at=int(datetime(2099, 1, 1, tzinfo=UTC).timestamp() * 1000))
            assert (await ear.wait(Message, lambda one: one.text == "未来的话")).at <= datetime.now(UTC)

    asyncio.run(scenario())


def test_pictures_voices_and_places(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            for size in (10_000, 300_000, 20 * 1024 * 1024):
                made = await gateway.do("picture", room=ROOM, **{"from": "li"}, size=size)
                message = await ear.wait(Message, lambda one, made=made: one.id == made["id"])  # type: ignore[misc]
                (picture,) = message.attachments
                assert picture.kind is AttachmentKind.IMAGE
                assert picture.data is not None
                assert hashlib.md5(picture.data, usedforsecurity=False).hexdigest() == made["md5"]

            too_large = await gateway.do("picture", room=ROOM, **{"from": "li"}, size=20 * 1024 * 1024 + 1)
            message = await ear.wait(Message, lambda one: one.id == too_large["id"])
            assert message.attachments[0].data is None
            unreachable = await gateway.do("picture", room=ROOM, **{"from": "li"}, url="http://127.0.0.1:1/a.jpg")
            message = await ear.wait(Message, lambda one: one.id == unreachable["id"])
            assert message.attachments[0].data is None
            attached = await gateway.do("picture", room=ROOM, **{"from": "li"}, size=500, name="现场.PNG", type=1)
            message = await ear.wait(Message, lambda one: one.id == attached["id"])
            assert message.attachments[0].data is not None

            voice = await gateway.say("", type=2)
            message = await ear.wait(Message, lambda one: one.id == voice)
            assert [(one.kind, one.data) for one in message.attachments] == [(AttachmentKind.AUDIO, None)]

            await gateway.do("place", room=ROOM, **{"from": "li"}, name="锦绣花园3栋", address="长安路12号")
            assert (await ear.wait(Message, lambda one: one.place is not None)).place == "长安路12号 锦绣花园3栋"

    asyncio.run(scenario())


def test_slow_pictures_hold_up_their_room_once_and_for_a_moment(gateway: GatewayProcess) -> None:
    """Their address is one that never answers; an emergency stands behind them."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async def scenario() -> None:
        patience = replace(QUICK, hold=1.0)
        async with await asyncio.start_server(silent, "127.0.0.1", 0) as slow, listening(gateway, patience) as ear:
            url = f"http://127.0.0.1:{slow.sockets[0].getsockname()[1]}/a.jpg"
            began = time.monotonic()
            for _ in range(6):
                await gateway.do("picture", room=ROOM, **{"from": "li"}, url=url)
            await gateway.say("着火了")
            await ear.wait(Message, lambda one: one.text == "着火了")
            assert 1.0 <= time.monotonic() - began < 4.0
            *pictures, last = ear.of(Message)
            assert last.text == "着火了"
            assert [[(one.kind, one.data) for one in said.attachments] for said in pictures] == [
                [(AttachmentKind.IMAGE, None)]
            ] * 6

    asyncio.run(scenario())


def test_what_happens_besides_messages(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            await gateway.do("rename", room=ROOM, name="锦绣小区二微网格", by="li")
            assert (await ear.wait(RoomChanged, lambda one: one.name is not None)).name == "锦绣小区二微网格"
            await gateway.do("join", room=ROOM, who=["zhao", "qian"], by="li")
            assert (await ear.wait(RoomChanged, lambda one: bool(one.joined))).joined == ("zhao", "qian")
            await gateway.do("leave", room=ROOM, who=["wang"], by="wang")
            left = await ear.wait(RoomChanged, lambda one: bool(one.left))
            assert (left.room, left.left, left.gone) == (ROOM, ("wang",), False)
            await gateway.do("leave", room=ROOM, who=[ACCOUNT], by="li")
            assert (await ear.wait(RoomChanged, lambda one: one.gone)).room == ROOM

            said = await gateway.say("说错了")
            await gateway.say(said, type=13)
            recalled = await ear.wait(Recalled)
            assert (recalled.room, recalled.sender, recalled.message_id) == (ROOM, "li", said)

            await gateway.do("friend", id="f1", **{"from": "zhao"}, hello="我是三栋的 112233")
            request = await ear.wait(FriendRequest)
            assert (request.id, request.sender, request.hello) == ("f1", "zhao", "我是三栋的 112233")
            assert await ear.transport.accept(request)
            assert (await gateway.do("state"))["accepted"] == ["f1"]
            await gateway.do("friend", id="f2", **{"from": "qian"}, hello="", type=1)  # a confirmation

            await gateway.say("我自己发的 @小哨 帮助", sender=ACCOUNT)
            echo = await ear.wait(Echo)
            assert (echo.room, echo.to, echo.text) == (ROOM, None, "我自己发的 @小哨 帮助")
            await gateway.say("私下发的", sender=ACCOUNT, room=None, to="li")
            echo = await ear.wait(Echo, lambda one: one.room is None)
            assert (echo.to, echo.text) == ("li", "私下发的")
            assert not [one for one in ear.of(Message) if one.sender == ACCOUNT]
            assert len(ear.of(FriendRequest)) == 1

    asyncio.run(scenario())


def test_logging_out_and_in_shows_the_code_to_scan(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            await gateway.do("logout")
            assert (await ear.wait(LoggedOut)).qr is None
            await gateway.do("scan", qr="https://login.example/abc")
            out = await ear.wait(LoggedOut, lambda one: one.qr is not None)
            assert (out.reason, out.qr) == ("scan", "https://login.example/abc")
            await gateway.do("scan", qr="https://login.example/abc")
            before = len(ear.events)
            await gateway.do("mode", set={"account": "bot2"})
            await gateway.do("contact", id="bot2", name="小哨")
            await gateway.do("login")
            assert (await ear.wait(LoggedIn, after=before)).bot == "bot2"
            assert len(ear.of(LoggedOut)) == 2  # the same code twice is told once

        await gateway.do("logout")
        async with listening(gateway, wait=False) as ear:
            assert (await ear.wait(LoggedOut)).reason == "not logged in"
            await gateway.do("mode", set={"account": ACCOUNT})
            await gateway.do("login")
            assert (await ear.wait(LoggedIn)).bot == ACCOUNT

    asyncio.run(scenario())


def test_names_are_asked_once_and_again_when_the_gateway_says_so(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            await gateway.say("一")
            assert (await ear.wait(Message, lambda one: one.text == "一")).sender_name == "李婶"
            await gateway.do("room", id=ROOM, topic="群", members=["li"], alias={"li": "三栋李婶"})
            await gateway.say("二")
            assert (await ear.wait(Message, lambda one: one.text == "二")).sender_name == "李婶"
            await gateway.do("dirty", kind="RoomMember", id=ROOM)
            await gateway.say("三")
            assert (await ear.wait(Message, lambda one: one.text == "三")).sender_name in ("李婶", "三栋李婶")
            await gateway.say("四")
            assert (await ear.wait(Message, lambda one: one.text == "四")).sender_name == "三栋李婶"
            await gateway.say("五", sender="stranger-without-payload")
            assert (await ear.wait(Message, lambda one: one.text == "五")).sender_name == ""

    asyncio.run(scenario())


def test_a_burst_keeps_the_order_of_each_room_and_loses_nothing(gateway: GatewayProcess) -> None:
    rooms = [f"{number}@chatroom" for number in range(20)]

    async def scenario() -> None:
        async with listening(gateway) as ear:
            for room in rooms:
                await gateway.do("room", id=room, members=["li"])
            # A room whose pictures come slowly does not hold up the others.
            await gateway.do("picture", room=rooms[0], **{"from": "li"}, size=8_000_000)
            await gateway.do("burst", count=500, rooms=rooms, **{"from": "li"}, text="{n}")
            await gateway.say("499a", room=rooms[19])
            await ear.wait(Message, lambda one: one.text == "499a")
            for last in range(480, 500):  # the last of each room
                await ear.wait(Message, lambda one, text=str(last): one.text == text)
            said = [one for one in ear.of(Message) if one.text.isdecimal()]
            assert sorted(int(one.text) for one in said) == list(range(500))
            for room in rooms:
                numbers = [int(one.text) for one in said if one.room == room]
                assert numbers == sorted(numbers)
            assert ear.of(Message)[0].text  # the picture was sent first and read later than talk elsewhere

    asyncio.run(scenario())


def test_the_unknown_the_doubled_and_the_unreadable_stop_nothing(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            first = await gateway.say("只听一次")
            await gateway.do("again", id=first)
            await gateway.do("again", id=first)
            for kind in (0, 3, 5, 9, 10, 14, 15, 16, 99):
                await gateway.say("<xml/>", type=kind)
            await gateway.say("没有编号的撤回", type=13)
            await gateway.do("emit", name="message", payload={"messageId": "never-was"})
            await gateway.do("emit", name="message", payload={})
            await gateway.do("emit", name="room-join", payload={"roomId": ROOM, "inviteeIdList": None})
            await gateway.do("emit", name="friendship", payload={"friendshipId": "never-was"})
            await gateway.do("contact", id="news", name="新闻", type=2)
            await gateway.say("公众号推送", sender="news", room=None)
            await gateway.say("还在听")
            await ear.wait(Message, lambda one: one.text == "还在听")
            assert [one.text for one in ear.of(Message)] == ["只听一次", "还在听"]
            assert not ear.of(Recalled)
            # What was announced and could not be read is a gap, not a secret.
            assert [one.reason for one in ear.of(Outage)].count("unreadable") == 1

    asyncio.run(scenario())
