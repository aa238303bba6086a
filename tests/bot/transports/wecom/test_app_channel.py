"""A self-built app that is called at a URL, and what it writes to members."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from posts_of_wecom import PNG, post
from pydantic import SecretStr
from wecom_caller import Answered, Caller, called, written
from wecom_families import NOW
from wecom_server import CORP as SERVER_CORP
from wecom_server import Clock, WecomServer
from wecom_vector import CORP, KEY, TOKEN

from bot.transports.base import Refused, Sent
from bot.transports.wecom.api import Api
from bot.transports.wecom.app_channel import AppTransport
from bot.transports.wecom.app_messages import AppMessages
from bot.transports.wecom.codec import Codec
from bot.transports.wecom.tokens import AppKey, MemoryTokenStore, Tokens
from models.message import Attachment, AttachmentKind, Message

MEDIA = "/cgi-bin/media/get"


@dataclass
class Stage:
    """An app, WeCom's server and who calls for it. Whatever the app hears is handled at once, unless told not to be."""

    app: AppTransport
    caller: Caller
    server: WecomServer
    got: list[Message]

    async def hear(self, xml: str) -> Message:
        answered = await self.caller.say(xml)
        assert (answered.status, answered.body) == (200, "")
        return self.got[-1]


def play(work: Callable[[Stage], Awaitable[None]], *, handling: bool = True, limit: float = 2.0) -> None:
    async def run() -> None:
        clock = Clock()
        clock.now = datetime.fromtimestamp(NOW, UTC)
        async with WecomServer(clock).serving() as server:
            api = Api(server.url, deadline=5)
            key = AppKey(SERVER_CORP, "7")
            tokens = Tokens(key, SecretStr("secret-of-7"), store=MemoryTokenStore(), api=api, clock=clock)
            messages = AppMessages(7, tokens, api=api, clock=clock)
            codec = Codec(SecretStr(TOKEN), SecretStr(KEY), CORP)
            app = AppTransport("app", codec, messages, clock=clock, limit=limit, picture_deadline=0.5)
            async with called(app.app(), CORP, xml=True) as caller:
                got: list[Message] = []

                async def listen() -> None:
                    async for event in app.listen():
                        assert isinstance(event, Message)
                        got.append(event)
                        if handling:
                            app.handled(event.id)

                listening = asyncio.create_task(listen())
                try:
                    await work(Stage(app, caller, server, got))
                finally:
                    listening.cancel()
                    await asyncio.wait((listening,))

    asyncio.run(run())


def test_the_url_is_answered_when_it_is_entered() -> None:
    async def work(stage: Stage) -> None:
        one = stage.caller.sealed("1616140317555161061")
        params = {"msg_signature": one.signature, "timestamp": one.timestamp, "nonce": one.nonce}
        answered = await stage.caller.get({**params, "echostr": one.encrypted})
        assert (answered.status, answered.body) == (200, "1616140317555161061") and answered.seconds < 1

    play(work)


def test_a_text_is_a_private_message() -> None:
    async def work(stage: Stage) -> None:
        message = await stage.hear(written(Content="办结 12 <已修好> & 谢谢"))
        assert message == Message(
            id="1234567890123456",
            account="app",
            room=None,
            sender="lisi",
            text="办结 12 <已修好> & 谢谢",
            at=datetime.fromtimestamp(NOW - 3, UTC),
        )

    play(work)


def test_a_picture_is_fetched_by_its_media_id_with_a_token_that_holds() -> None:
    async def work(stage: Stage) -> None:
        stage.server.pictures["media-9"] = PNG
        picture = (Attachment(AttachmentKind.IMAGE, PNG, "image/png"),)
        assert (await stage.hear(written("image", "1", PicUrl="http://x", MediaId="media-9"))).attachments == picture
        stage.server.revoke(7)
        assert (await stage.hear(written("image", "2", PicUrl="http://x", MediaId="media-9"))).attachments == picture

    play(work)


@pytest.mark.parametrize("data", [None, b"#!/bin/sh", b"", PNG + bytes(21 * 1024 * 1024)])
def test_a_picture_that_is_not_to_be_had_keeps_no_message_back(data: bytes | None) -> None:
    async def work(stage: Stage) -> None:
        if data is not None:
            stage.server.pictures["media-9"] = data
        message = await stage.hear(written("image", MediaId="media-9"))
        assert message.attachments == (Attachment(AttachmentKind.IMAGE),)

    play(work)


def test_a_voice_is_counted_and_a_place_has_its_name() -> None:
    async def work(stage: Stage) -> None:
        voice = await stage.hear(written("voice", "1", MediaId="v", Format="amr"))
        assert voice.attachments == (Attachment(AttachmentKind.AUDIO),)
        place = await stage.hear(written("location", "2", Location_X="23.1", Location_Y="113.3", Label="东坑镇井美村"))
        assert (place.place, place.text) == ("东坑镇井美村", "")

    play(work)


@pytest.mark.parametrize(
    "xml",
    [
        written("event", Event="enter_agent"),
        written("event", Event="subscribe"),
        written("video", MediaId="v"),
        written("link", Title="t"),
        written(Content=""),
        written("location"),
        written(message_id="", Content="x"),
        "<xml/>",
        "<xml",
        "",
        '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
        "not xml at all",
    ],
)
def test_what_is_not_for_us_is_confirmed_and_stops_nothing(xml: str) -> None:
    async def work(stage: Stage) -> None:
        answered = await stage.caller.say(xml)
        assert (answered.status, answered.body) == (200, "")
        assert stage.got == []
        await stage.hear(written(Content="还在"))

    play(work)


def test_its_retries_give_out_one_message_and_are_confirmed_after_the_commit() -> None:
    async def work(stage: Stage) -> None:
        first = await stage.caller.say(written(Content="帮助"))
        assert first.status == 503  # nobody handled it in time
        retry = asyncio.create_task(stage.caller.say(written(Content="帮助")))
        third = asyncio.create_task(stage.caller.say(written(Content="帮助")))
        async with asyncio.timeout(5):
            while len(stage.got) < 2:
                await asyncio.sleep(0.01)
        stage.app.handled(stage.got[-1].id)
        answers: list[Answered] = [await retry, await third]
        assert [one.status for one in answers] == [200, 200]
        assert [one.id for one in stage.got] == ["1234567890123456"] * 2  # the second after the first was given up

    play(work, handling=False, limit=0.4)


def test_it_answers_members_by_a_message_that_is_acknowledged() -> None:
    async def work(stage: Stage) -> None:
        message = await stage.hear(written(Content="帮助"))
        assert await stage.app.send(post("可以这样说……", to=message.sender, cause=message.id)) == Sent("id-1")
        assert stage.server.apps[7].got[0]["text"]["content"] == "可以这样说……"
        assert isinstance(await stage.app.send(post(room="a")), Refused)

    play(work)


def test_nothing_of_what_is_said_or_secret_is_logged(logged: io.StringIO) -> None:
    async def work(stage: Stage) -> None:
        await stage.hear(written(Content="三楼的秘密"))
        await stage.hear(written("image", "2", MediaId="media-none"))
        await stage.caller.say("<xml")
        stage.server.apps[7].secret = "changed"
        stage.server.revoke(7)
        await stage.app.send(post("三楼的秘密", to="lisi"))

    play(work)
    log = logged.getvalue()
    assert "picture_lost" in log
    for secret in ("三楼", "secret-of", "token-7", KEY, TOKEN, "lisi"):
        assert secret not in log
