"""A smart bot that is called at a URL: what it hears, when its callbacks are answered, how it answers."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from posts_of_wecom import PNG, post
from pydantic import SecretStr
from wecom_caller import CHAT, Answered, Caller, called, locked, said
from wecom_families import NOW, OTHER_KEY
from wecom_server import Clock, WecomServer
from wecom_vector import KEY, TOKEN

from bot.transports.base import Refused, Sent, Unknown
from bot.transports.wecom.api import Api
from bot.transports.wecom.codec import Codec
from bot.transports.wecom.inbox import Inbox
from bot.transports.wecom.pictures import Downloads
from bot.transports.wecom.smart_bot import SETTLING, SmartBotCallbacks
from models.message import BOT, Attachment, AttachmentKind, Message, Quote

RESPONSE = "/cgi-bin/aibot/response"


@dataclass
class Stage:
    """A bot, WeCom's server, who calls for it, and whoever runs the bot."""

    bot: SmartBotCallbacks
    caller: Caller
    server: WecomServer
    clock: Clock
    got: list[Message]
    listening: asyncio.Task[None]

    def answerable(self, code: str = "r1") -> str:
        """A response_url."""
        self.server.responses[code] = []
        return f"{self.server.url}{RESPONSE}?response_code={code}"

    async def heard(self, count: int) -> list[Message]:
        """The messages that were given out, when they are so many."""
        async with asyncio.timeout(5):
            while len(self.got) < count:
                await asyncio.sleep(0.01)
        assert len(self.got) == count
        return self.got

    async def told(self, payload: dict[str, Any], nonce: str = "") -> tuple[Message, "asyncio.Task[Answered]"]:
        """A message that was given out, and its callback, which waits."""
        before = len(self.got)
        calling = asyncio.create_task(self.caller.say(payload, nonce))
        return (await self.heard(before + 1))[-1], calling


def play(work: Callable[[Stage], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        clock = Clock()
        clock.now = datetime.fromtimestamp(NOW, UTC)
        async with WecomServer(clock).serving() as server:
            bot = SmartBotCallbacks(
                "wecom",
                Codec(SecretStr(TOKEN), SecretStr(KEY)),
                clock=clock,
                api=Api(server.url, deadline=2),
                downloads=Downloads(deadline=0.5, largest=1000, schemes=frozenset({"http"})),
                **{"window": 0.3, "limit": 2.0, **options},
            )
            async with called(bot.app(), "") as caller:
                clock.now += SETTLING
                got: list[Message] = []

                async def listen() -> None:
                    async for event in bot.listen():
                        assert isinstance(event, Message)
                        got.append(event)

                listening = asyncio.create_task(listen())
                try:
                    await work(Stage(bot, caller, server, clock, got, listening))
                finally:
                    listening.cancel()
                    await asyncio.wait((listening,))

    asyncio.run(run())


async def hear(stage: Stage, payload: dict[str, Any]) -> Message:
    """A message that is handled at once."""
    message, calling = await stage.told(payload)
    stage.bot.handled(message.id)
    assert (await calling).status == 200
    return message


def test_a_group_message_is_what_was_said_without_the_call() -> None:
    async def work(stage: Stage) -> None:
        message = await hear(stage, said("@小哨 登记 路灯坏了"))
        assert message == Message(
            id="m1",
            account="wecom",
            room=CHAT,
            sender="lisi",
            text="登记 路灯坏了",
            at=datetime.fromtimestamp(NOW, UTC),
            mentions=(BOT,),
        )

    play(work)


def test_a_private_message_has_no_room() -> None:
    async def work(stage: Stage) -> None:
        message = await hear(stage, said("帮助", chattype="single", chatid="x", create_time=NOW - 60))
        assert (message.room, message.text, message.mentions) == (None, "帮助", ())
        assert message.at == datetime.fromtimestamp(NOW - 60, UTC)

    play(work)


def test_the_callback_waits_for_the_commit_and_no_longer() -> None:
    async def work(stage: Stage) -> None:
        message, calling = await stage.told(said())
        await asyncio.sleep(0.2)
        assert not calling.done()
        stage.bot.handled(message.id)
        answered = await calling
        assert (answered.status, answered.body) == (200, "")
        assert answered.seconds < 1.5

    play(work)


def test_what_is_not_committed_in_time_is_not_confirmed_and_comes_again() -> None:
    async def work(stage: Stage) -> None:
        first, calling = await stage.told(said(), "same-nonce")
        answered = await calling
        assert answered.status == 503 and answered.seconds < 1
        second, calling = await stage.told(said(), "same-nonce")
        assert second == first
        stage.bot.handled(second.id)
        assert (await calling).status == 200

    play(work, limit=0.3)


def test_the_default_leaves_wecom_half_a_second_of_its_five() -> None:
    async def work(stage: Stage) -> None:
        bot = SmartBotCallbacks("wecom", Codec(SecretStr(TOKEN), SecretStr(KEY)), clock=stage.clock)
        async with called(bot.app(), "") as caller:
            answered = await caller.say(said())
        assert answered.status == 503 and 4 < answered.seconds < 5

    play(work)


def test_what_failed_is_brought_again_at_once() -> None:
    async def work(stage: Stage) -> None:
        message, calling = await stage.told(said())
        stage.bot.failed(message.id)
        assert (await calling).status == 503
        message, calling = await stage.told(said())
        stage.bot.handled(message.id)
        assert (await calling).status == 200

    play(work)


def test_a_retry_while_it_is_handled_and_one_after_it_give_out_nothing() -> None:
    async def work(stage: Stage) -> None:
        message, calling = await stage.told(said())
        second = asyncio.create_task(stage.caller.say(said()))
        await asyncio.sleep(0.1)
        stage.bot.handled(message.id)
        assert (await calling).status == (await second).status == 200
        assert (await stage.caller.say(said())).status == 200
        await stage.heard(1)

    play(work)


def test_messages_that_nobody_takes_are_turned_away_to_come_again() -> None:
    async def work(stage: Stage) -> None:
        stage.listening.cancel()
        await asyncio.wait((stage.listening,))
        calls = [asyncio.create_task(stage.caller.say(said(message_id=f"m{number}"))) for number in range(3)]
        answered = await asyncio.gather(*calls)
        assert [one.status for one in answered] == [503] * 3
        assert min(one.seconds for one in answered) < 0.3  # the third at once

    play(work, inbox=Inbox(waiting=2), limit=0.5)


def test_ids_that_never_come_again_are_forgotten() -> None:
    async def work(stage: Stage) -> None:
        for number in range(5):
            await hear(stage, said(message_id=f"m{number}"))
        assert len(inbox._entries) == 3

    inbox = Inbox(remembered=3)
    play(work, inbox=inbox, window=0.0)


def test_an_answer_goes_by_the_address_that_says_whether_it_arrived() -> None:
    async def work(stage: Stage) -> None:
        message, calling = await stage.told(said(response_url=stage.answerable()))
        stage.bot.handled(message.id)
        outcome = await stage.bot.send(post("已登记 投诉 #1【路灯】*急*", row=5, room=CHAT, cause="m1"))
        assert outcome == Sent("m1+5")
        assert stage.server.responses["r1"] == [
            {"msgtype": "markdown", "markdown": {"content": "已登记 投诉 #1【路灯】＊急＊"}}
        ]
        assert (await calling).body == ""

    play(work)


def test_a_second_answer_goes_with_the_callback_and_a_third_is_refused() -> None:
    async def work(stage: Stage) -> None:
        message, calling = await stage.told(said(response_url=stage.answerable()), "nonce-2")
        stage.bot.handled(message.id)
        assert isinstance(await stage.bot.send(post("一", row=5, room=CHAT, cause="m1")), Sent)
        assert await stage.bot.send(post("二", row=6, room=CHAT, cause="m1")) == Sent("m1+6")
        opened = (await calling).opened("nonce-2")
        assert opened == {"msgtype": "stream", "stream": {"id": "m1+6", "finish": True, "content": "二"}}
        outcome = await stage.bot.send(post("三", row=7, room=CHAT, cause="m1"))
        assert isinstance(outcome, Refused) and not outcome.retry

    play(work)


@pytest.mark.parametrize("size", [0, 10 * 1024 * 1024 - len(PNG)])
def test_a_picture_goes_with_the_callback(size: int) -> None:
    data = PNG + bytes(size)

    async def work(stage: Stage) -> None:
        message, calling = await stage.told(said(response_url=stage.answerable()), "nonce-3")
        stage.bot.handled(message.id)
        assert isinstance(await stage.bot.send(post("简报", room=CHAT, cause="m1", picture=data)), Sent)
        image = (await calling).opened("nonce-3")["stream"]["msg_item"][0]["image"]
        assert base64.b64decode(image["base64"]) == data and image["md5"] == hashlib.md5(data).hexdigest()
        assert stage.server.responses["r1"] == []

    play(work)


def test_an_answer_long_after_the_callback_still_arrives_within_the_hour() -> None:
    async def work(stage: Stage) -> None:
        await hear(stage, said(response_url=stage.answerable("a")))
        await hear(stage, said(message_id="m2", response_url=stage.answerable("b")))
        stage.clock.now += timedelta(minutes=59)
        assert isinstance(await stage.bot.send(post(room=CHAT, cause="m1")), Sent)
        stage.clock.now += timedelta(minutes=1)
        outcome = await stage.bot.send(post(room=CHAT, cause="m2"))
        assert isinstance(outcome, Refused) and not outcome.retry
        assert stage.server.asked[RESPONSE] == 1

    play(work, window=0.0)


def test_what_nobody_there_caused_cannot_be_sent() -> None:
    async def work(stage: Stage) -> None:
        await hear(stage, said(response_url=stage.answerable()))
        for one in (
            post(room=CHAT),
            post(room=CHAT, cause="m9"),
            post(room="other", cause="m1"),
            post(to="lisi", cause="m1"),  # a private answer to what was said in the group
        ):
            outcome = await stage.bot.send(one)
            assert isinstance(outcome, Refused) and not outcome.retry
        assert stage.server.asked[RESPONSE] == 0

    play(work, window=0.0)


@pytest.mark.parametrize(
    "one",
    [
        post("长" * 6827, room=CHAT, cause="m1"),
        post(" ", room=CHAT, cause="m1"),
        post("图", room=CHAT, cause="m1", picture=b"GIF89a"),
    ],
)
def test_what_wecom_would_not_take_is_refused_before(one: Any) -> None:
    async def work(stage: Stage) -> None:
        await hear(stage, said(response_url=stage.answerable()))
        outcome = await stage.bot.send(one)
        assert isinstance(outcome, Refused) and not outcome.retry
        assert stage.server.asked[RESPONSE] == 0

    play(work, window=0.0)


def test_after_a_restart_an_answer_waits_for_the_retry_that_says_how_to_give_it() -> None:
    async def work(stage: Stage) -> None:
        stage.clock.now = stage.bot._began
        early = await stage.bot.send(post(room=CHAT, cause="m1"))
        assert early == Refused("how to answer it is not known yet", retry=True, after=5.0)
        await hear(stage, said(response_url=stage.answerable()))
        assert isinstance(await stage.bot.send(post(room=CHAT, cause="m1")), Sent)
        stage.clock.now += timedelta(seconds=20)
        late = await stage.bot.send(post(room=CHAT, cause="m2"))
        assert isinstance(late, Refused) and not late.retry

    play(work, window=0.0)


def test_the_address_is_used_once_even_if_nobody_knows_whether_it_was() -> None:
    async def work(stage: Stage) -> None:
        await hear(stage, said(response_url=stage.answerable()))
        with stage.server.fault(RESPONSE, 45009):
            outcome = await stage.bot.send(post(room=CHAT, cause="m1"))
        assert isinstance(outcome, Refused) and outcome.retry and outcome.code == 45009
        with stage.server.fault(RESPONSE, "drop"):
            assert isinstance(await stage.bot.send(post(room=CHAT, cause="m1")), Unknown)
        outcome = await stage.bot.send(post(room=CHAT, cause="m1"))
        assert isinstance(outcome, Refused) and not outcome.retry
        assert stage.server.asked[RESPONSE] == 2

    play(work, window=0.0)


def test_a_callback_that_broke_leaves_the_answer_unknown() -> None:
    async def work(stage: Stage) -> None:
        message, calling = await stage.told(said())
        calling.cancel()
        await asyncio.wait((calling,))
        await asyncio.sleep(0.1)  # the connection is gone
        stage.bot.handled(message.id)
        assert isinstance(await stage.bot.send(post(room=CHAT, cause="m1")), Unknown)

    play(work, window=1.0)


def test_a_quote_of_an_own_post_is_known_by_its_words() -> None:
    async def work(stage: Stage) -> None:
        await hear(stage, said(response_url=stage.answerable()))
        await stage.bot.send(post("已登记 投诉 #1【路灯】*急*", row=5, room=CHAT, cause="m1"))
        quote = {"msgtype": "text", "text": {"content": "已登记 投诉 #1【路灯】＊急＊"}}
        message = await hear(stage, said("@小哨 满意", "m2", quote=quote))
        assert message.quote == Quote("m1+5", "已登记 投诉 #1【路灯】＊急＊", BOT)
        other = {"msgtype": "mixed", "mixed": {"msg_item": [{"msgtype": "text", "text": {"content": "别人的话"}}]}}
        assert (await hear(stage, said("@小哨 满意", "m3", quote=other))).quote == Quote(None, "别人的话", None)

    play(work, window=0.0)


def picture_of(stage: Stage, name: str, **more: str) -> dict[str, Any]:
    return {"msgtype": "image", "image": {"url": f"{stage.server.url}/file/{name}", **more}}


def test_pictures_are_fetched_and_decrypted() -> None:
    async def work(stage: Stage) -> None:
        stage.server.files = {"a": locked(PNG), "b": locked(PNG + b"2", OTHER_KEY)}
        key = base64.b64encode(OTHER_KEY).decode()
        items = [
            {"msgtype": "text", "text": {"content": "@小哨 看"}},
            picture_of(stage, "a"),
            {"msgtype": "text", "text": {"content": "三楼"}},
            picture_of(stage, "b", aeskey=key),
            {"msgtype": "unheard of"},
        ]
        message = await hear(stage, said(msgtype="mixed", text=None, mixed={"msg_item": items}))
        assert message.text == "看\n三楼"
        assert message.attachments == (
            Attachment(AttachmentKind.IMAGE, PNG, "image/png"),
            Attachment(AttachmentKind.IMAGE, PNG + b"2", "image/png"),
        )

    play(work)


@pytest.mark.parametrize("name", ["none", "slow", "away", "large", "text", "torn", "plain", "empty"])
def test_a_picture_that_is_not_to_be_had_keeps_no_message_back(name: str) -> None:
    async def work(stage: Stage) -> None:
        stage.server.files = {
            "other": locked(PNG),
            "large": locked(PNG + bytes(2000)),
            "text": locked(b"#!/bin/sh"),
            "torn": locked(PNG)[:-7],
            "plain": PNG + bytes(20),
            "empty": b"",
        }
        message = await hear(stage, said("帮忙看看", chattype="single", **picture_of(stage, name)))
        assert message.attachments == (Attachment(AttachmentKind.IMAGE),)

    play(work)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "no address", "http://127.0.0.1:9/x", "http://"])
def test_an_address_that_leads_nowhere_keeps_no_message_back(url: str) -> None:
    async def work(stage: Stage) -> None:
        message = await hear(stage, said(chattype="single", msgtype="image", image={"url": url}))
        assert message.attachments == (Attachment(AttachmentKind.IMAGE),)

    play(work)


def test_words_wait_for_the_picture_that_was_sent_before_them() -> None:
    async def work(stage: Stage) -> None:
        first = asyncio.create_task(stage.caller.say(said(message_id="m1", **picture_of(stage, "slow"))))
        async with asyncio.timeout(5):
            while not stage.server.asked["/file"]:
                await asyncio.sleep(0.01)
        other = asyncio.create_task(stage.caller.say(said(message_id="m2", chatid="another")))
        second = asyncio.create_task(stage.caller.say(said(message_id="m3")))
        got = await stage.heard(3)
        assert [message.id for message in got] == ["m2", "m1", "m3"]  # another group does not wait
        for message in got:
            stage.bot.handled(message.id)
        assert {(await one).status for one in (first, other, second)} == {200}

    play(work)


def test_many_slow_pictures_take_no_longer_than_one() -> None:
    async def work(stage: Stage) -> None:
        items = [picture_of(stage, f"slow{number}") for number in range(4)]
        payload = {"chattype": "single", "msgtype": "mixed", "mixed": {"msg_item": items}}
        calls = [asyncio.create_task(stage.caller.say(said(message_id=f"m{number}", **payload))) for number in range(3)]
        for message in await stage.heard(3):
            assert len(message.attachments) == 4
            stage.bot.handled(message.id)
        assert {(await call).status for call in calls} == {200}

    play(work, limit=1.2)


def test_a_voice_is_words_or_counted() -> None:
    async def work(stage: Stage) -> None:
        spoken = await hear(stage, said(chattype="single", msgtype="voice", voice={"content": "路灯坏了"}))
        assert (spoken.text, spoken.attachments) == ("路灯坏了", ())
        unread = await hear(stage, said(message_id="m2", chattype="single", msgtype="voice", voice={}))
        assert unread.attachments == (Attachment(AttachmentKind.AUDIO),)

    play(work)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        said(msgtype="file", file={"url": "http://x"}),
        said(msgtype="no such"),
        said(text=None),
        said(text={"content": 7}),
        said(msgtype="mixed", mixed={"msg_item": "x"}),
        said(msgtype="mixed", mixed={"msg_item": [None, 1, {"msgtype": "mixed"}]}),
        said(**{"from": None}),
        said(chatid=""),
        said(msgid=None),
        said(msgtype="stream", stream={"id": "s"}),
        said(msgtype="event", event={"eventtype": "feedback_event", "feedback_event": {}}),
        said(msgtype="event", event={"eventtype": "template_card_event"}),
        said(msgtype="event", event=None),
    ],
)
def test_what_is_not_for_us_is_confirmed_and_stops_nothing(payload: dict[str, Any]) -> None:
    async def work(stage: Stage) -> None:
        answered = await stage.caller.say(payload)
        assert (answered.status, answered.body) == (200, "")
        assert (await stage.caller.say("[1")).status == 200
        await hear(stage, said(message_id="m9"))
        await stage.heard(1)

    play(work)


def test_who_opens_the_chat_is_welcomed_if_there_are_words_for_that() -> None:
    entering = said(msgtype="event", chattype="single", event={"eventtype": "enter_chat"})

    async def silent(stage: Stage) -> None:
        assert (await stage.caller.say(entering)).body == ""

    async def welcoming(stage: Stage) -> None:
        opened = (await stage.caller.say(entering, "nonce-5")).opened("nonce-5")
        assert opened == {"msgtype": "text", "text": {"content": "我是小哨。"}}

    play(silent)
    play(welcoming, welcome="我是小哨。")
