"""The smart bot against the stand-in server: what it hears, what it sends, how it comes back."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from wecom_bot_server import BOT_ID, DEADLINE, SECRET, StandIn, serving

from bot.transports.base import Echo, Event, LoggedIn, LoggedOut, Outage, Outcome, Post, Refused, Sent, Unknown
from bot.transports.wecom_bot import SmartBotTransport, Timing
from bot.transports.wecom_bot.faults import NEVER_SPOKEN
from bot.transports.wecom_bot.inbound import Said, read
from models.codes import PostKind
from models.message import BOT, AttachmentKind, Message

E = TypeVar("E")
# Two seconds of silence are a dead connection: a busy machine pauses for less.
QUICK = Timing(
    connect=5, request=5, ping=0.1, missed=20, backoff_first=0.02, backoff_longest=0.1, rejected=0.2, kicked=60
)
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


class Bot:
    """A transport that listens, and what it reported."""

    def __init__(self, transport: SmartBotTransport) -> None:
        self.transport = transport
        self.all: list[Event] = []
        self._fresh: asyncio.Queue[Event] = asyncio.Queue()

    async def listen(self) -> None:
        async for event in self.transport.listen():
            self.all.append(event)
            self._fresh.put_nowait(event)

    async def next(self, kind: type[E]) -> E:
        """The next event; it must be of that kind."""
        async with asyncio.timeout(DEADLINE):
            event = await self._fresh.get()
        assert isinstance(event, kind), event
        return event

    async def says(self, text: str, *, to: str | None = None, **more: object) -> Outcome:
        """Send words to the group g1, or to somebody."""
        post = Post(1, "a", PostKind.REPLY, text, datetime.now(UTC), None if to else "g1", to, **more)  # type: ignore[arg-type]
        return await self.transport.send(post)


@asynccontextmanager
async def listening(
    stand_in: StandIn,
    timing: Timing = QUICK,
    secret: str = SECRET,
    url: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Bot]:
    transport = SmartBotTransport(
        "a", BOT_ID, SecretStr(secret), clock=clock, url=url or stand_in.url, timing=timing, chance=lambda: 0.0
    )
    bot = Bot(transport)
    task = asyncio.create_task(bot.listen())
    try:
        yield bot
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def run(test: Callable[[StandIn, Bot], Coroutine[None, None, None]], timing: Timing = QUICK) -> None:
    """A test with a bot that is logged in."""

    async def main() -> None:
        async with serving() as stand_in, listening(stand_in, timing) as bot:
            assert (await bot.next(LoggedIn)).bot == BOT_ID
            await test(stand_in, bot)

    asyncio.run(main())


def test_words_in_a_group_and_in_private() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        body = await stand_in.text("u1", "@小哨 办结 12", chat="g1")
        heard = await bot.next(Message)
        assert (heard.id, heard.room, heard.sender, heard.text) == (body["msgid"], "g1", "u1", "办结 12")
        assert heard.mentions == (BOT,) and heard.at == datetime.fromtimestamp(body["create_time"], UTC)
        await stand_in.text("u2", "我的", create_time=None)
        private = await bot.next(Message)
        assert (private.room, private.sender, private.text, private.mentions) == (None, "u2", "我的", ())
        await stand_in.text("u1", "@网格 机器人 满意", chat="g1")
        assert (await bot.next(Message)).text == "机器人 满意"  # only its own name may hold blanks
        await stand_in.text("u1", "三楼漏水 @小哨", chat="g1")
        assert (await bot.next(Message)).text == "三楼漏水"

    run(test)


def test_mixed_messages_and_pictures_come_decrypted_and_in_the_order_of_their_chat() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        one, two = PNG + os.urandom(70_000), b"\xff\xd8\xff" + os.urandom(31)
        items = [
            {"msgtype": "text", "text": {"content": "@小哨 路灯坏了"}},
            {"msgtype": "image", "image": stand_in.picture(one)},
            {"msgtype": "image", "image": stand_in.picture(two)},
        ]
        await stand_in.say("u1", chat="g1", msgtype="mixed", mixed={"msg_item": items})
        await stand_in.text("u1", "@小哨 就在门口", chat="g1")
        await stand_in.text("u1", "@小哨 快点", chat="g1")
        mixed = await bot.next(Message)
        assert mixed.text == "路灯坏了"
        assert [(a.data, a.media_type) for a in mixed.attachments] == [(one, "image/png"), (two, "image/jpeg")]
        assert [(await bot.next(Message)).text, (await bot.next(Message)).text] == ["就在门口", "快点"]
        gone = {**stand_in.picture(one), "url": f"{stand_in.http}/gone"}
        await stand_in.say("u2", msgtype="image", image=gone)
        await stand_in.say("u2", msgtype="image", image={**stand_in.picture(one), "aeskey": "c2hvcnQ="})
        await stand_in.say("u2", msgtype="image", image={**stand_in.picture(one), "aeskey": "A" * 43})
        for _ in range(3):
            (lost,) = (await bot.next(Message)).attachments
            assert (lost.kind, lost.data) == (AttachmentKind.IMAGE, None)

    run(test)


def test_voice_is_read_where_it_is_given_as_words_and_counted_where_not() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        await stand_in.say("u1", msgtype="voice", voice={"content": "楼道灯坏了"})
        read = await bot.next(Message)
        assert (read.text, read.attachments) == ("楼道灯坏了", ())
        await stand_in.say("u1", msgtype="voice", voice={"content": ""})
        unread = await bot.next(Message)
        assert (unread.text, [a.kind for a in unread.attachments]) == ("", [AttachmentKind.AUDIO])

    run(test)


def test_a_quote_is_of_the_bot_when_its_words_were_sent_there() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        await stand_in.text("u1", "@小哨 帮助", chat="g1")
        await bot.next(Message)
        assert await bot.says("#12 已受理：3号楼_东侧*漏水*\n请等通知") == Sent()
        shown = stand_in.posts[-1]["body"]["markdown"]["content"]
        quote = {"msgtype": "text", "text": {"content": shown.replace("  \n", "\n")}}
        await stand_in.text("u1", "@小哨 满意", chat="g1", quote=quote)
        heard = (await bot.next(Message)).quote
        assert heard is not None and heard.sender == BOT and "12" in heard.text
        other = {"msgtype": "mixed", "mixed": {"msg_item": [{"msgtype": "text", "text": {"content": "谁家的车"}}]}}
        await stand_in.text("u1", "@小哨 登记", chat="g1", quote=other)
        heard = (await bot.next(Message)).quote
        assert heard is not None and (heard.sender, heard.text) == (None, "谁家的车")
        await stand_in.text("u1", "@小哨 登记", chat="g2", quote=quote)  # said in another group
        heard = (await bot.next(Message)).quote
        assert heard is not None and heard.sender is None

    run(test)


def test_duplicates_are_one_message_and_events_and_nonsense_are_none() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        body = await stand_in.text("u1", "一", chat="g1")
        await stand_in.again(body)
        await stand_in.event("enter_chat")
        await stand_in.event("feedback_event")
        await stand_in.live.socket.send_str("no frame")
        await stand_in.live.socket.send_json({"cmd": "aibot_msg_callback", "headers": {}, "body": {"msgid": 1}})
        await stand_in.close()
        await bot.next(Message)
        await bot.next(Outage)
        await stand_in.again(body)  # and after a reconnect
        await stand_in.text("u1", "二", chat="g1")
        assert (await bot.next(Message)).text == "二"

    run(test)


@given(
    st.dictionaries(
        st.sampled_from(
            ["msgid", "chattype", "chatid", "from", "msgtype", "text", "mixed", "image", "quote", "create_time"]
        ),
        st.recursive(
            st.none() | st.integers() | st.sampled_from(["text", "mixed", "image", "voice", "group", "u1"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["msg_item", "content", "userid", "msgtype", "url"]), inner, max_size=3
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_no_callback_is_an_error(body: dict[str, object]) -> None:
    read(body, "小哨", datetime(2026, 11, 20, tzinfo=UTC))
    whole = {"msgid": "m", "from": {"userid": "u"}, "chattype": "group", "chatid": "g", "msgtype": "mixed"}
    assert read(whole | {key: body[key] for key in ("mixed", "quote", "create_time") if key in body}, "小哨", NOON)


def test_a_message_that_it_stumbles_over_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(body: dict[str, object], name: str, now: datetime) -> Said | None:
        if body["msgid"] == "bad":
            raise ZeroDivisionError
        return read(body, name, now)

    async def test(stand_in: StandIn, bot: Bot) -> None:
        await stand_in.text("u1", "坏", msgid="bad")
        await stand_in.text("u1", "好")
        assert (await bot.next(Message)).text == "好"
        assert stand_in.subscriptions == 1

    monkeypatch.setattr("bot.transports.wecom_bot.inbound.read", stumble)
    run(test)


def test_an_answer_goes_on_its_message_and_all_else_is_pushed() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        body = await stand_in.text("u1", "@小哨 帮助", chat="g1")
        await bot.next(Message)
        assert isinstance(await bot.says("一", in_reply_to=body["msgid"]), Sent)
        assert isinstance(await bot.says("二"), Sent)
        # In private, to whoever asked in the group: never on the message of the group.
        await stand_in.text("u1", "我的")
        await bot.next(Message)
        assert isinstance(await bot.says("三", to="u1", in_reply_to=body["msgid"]), Sent)
        assert [(post["cmd"], post["chat"], post["body"].get("chat_type")) for post in stand_in.posts] == [
            ("aibot_respond_msg", "g1", None),
            ("aibot_send_msg", "g1", 2),
            ("aibot_send_msg", "u1", 1),
        ]

    run(test)


def test_after_a_reconnect_an_old_message_is_answered_by_a_push() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        body = await stand_in.text("u1", "@小哨 帮助", chat="g1")
        await bot.next(Message)
        await stand_in.close()
        await bot.next(Outage)
        assert isinstance(await bot.says("一", in_reply_to=body["msgid"]), Sent)
        assert stand_in.posts[-1]["cmd"] == "aibot_send_msg"
        # The server may forget a message without any reconnect.
        body = await stand_in.text("u1", "@小哨 帮助", chat="g1")
        await bot.next(Message)
        stand_in.codes.append(846605)
        assert isinstance(await bot.says("二", in_reply_to=body["msgid"]), Sent)
        assert [post["body"]["markdown"]["content"] for post in stand_in.posts] == ["一", "二"]

    run(test)


def test_a_message_of_yesterday_is_answered_by_a_push() -> None:
    async def main() -> None:
        now = [datetime(2026, 11, 20, 8, tzinfo=UTC)]
        async with (
            serving(lambda: now[0].timestamp()) as stand_in,
            listening(stand_in, clock=lambda: now[0]) as bot,
        ):
            await bot.next(LoggedIn)
            body = await stand_in.text("u1", "@小哨 帮助", chat="g1")
            await bot.next(Message)
            now[0] += timedelta(hours=23, minutes=59)
            assert isinstance(await bot.says("一", in_reply_to=body["msgid"]), Sent)
            now[0] += timedelta(minutes=2)
            assert isinstance(await bot.says("二", in_reply_to=body["msgid"]), Sent)
            assert [post["cmd"] for post in stand_in.posts] == ["aibot_respond_msg", "aibot_send_msg"]

    asyncio.run(main())


def test_pictures_go_up_in_chunks_and_after_their_words() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        stand_in.spoken.add("g1")
        data = PNG + os.urandom(1_100_000)
        assert isinstance(await bot.says("今日简报", picture=data), Sent)
        words, picture = (post["body"] for post in stand_in.posts)
        assert words["markdown"]["content"] == "今日简报"
        assert stand_in.media[picture["image"]["media_id"]] == data
        assert isinstance(await bot.says("", picture=PNG), Sent)
        assert [post["body"]["msgtype"] for post in stand_in.posts] == ["markdown", "image", "image"]
        empty = await bot.says("  ")
        assert isinstance(empty, Refused) and empty.code == 44004

    run(test)


def test_a_long_post_is_several_and_half_of_it_is_never_said_twice() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        stand_in.spoken.add("g1")
        text = "\n".join(f"第{number}件：三号楼电梯又停了，请大家先走楼梯。" for number in range(400))
        assert isinstance(await bot.says(text), Sent)
        shown = [post["body"]["markdown"]["content"] for post in stand_in.posts]
        assert len(shown) > 1 and all(len(part.encode()) <= 20_480 for part in shown)
        assert "\n".join(shown).replace("  \n", "\n") == text
        stand_in.posts.clear()
        original = stand_in._place

        def once(peer: object, frame: dict[str, object]) -> int:
            return 45009 if stand_in.posts else original(peer, frame)  # type: ignore[arg-type]

        stand_in._place = once  # type: ignore[method-assign, assignment]
        assert isinstance(await bot.says(text), Unknown)
        assert len(stand_in.posts) == 1

    run(test)


def test_a_chat_never_spoken_in_is_refused_with_a_reason_for_the_operator() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        assert await bot.says("通知") == Refused(NEVER_SPOKEN, code=93006)
        await stand_in.text("u1", "@小哨 在吗", chat="g1")
        assert isinstance(await bot.says("通知"), Sent)
        assert isinstance(await bot.transport.send(Post(1, "a", PostKind.NOTICE, "x", datetime.now(UTC))), Refused)

    run(test)


@pytest.mark.parametrize(
    ("code", "retry", "after"), [(-1, True, 60.0), (45009, True, 60.0), (48002, False, None), (12345, False, None)]
)
def test_the_server_says_no(code: int, retry: bool, after: float | None) -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        stand_in.codes.append(code)
        outcome = await bot.says("通知")
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.retry, outcome.after) == (code, retry, after)
        assert any("\u4e00" <= sign <= "\u9fff" for sign in outcome.reason)  # the operator reads it

    run(test)


def test_thirty_a_minute_and_a_thousand_an_hour_in_each_chat() -> None:
    async def main() -> None:
        now = [datetime(2026, 11, 20, 8, tzinfo=UTC)]
        async with (
            serving(lambda: now[0].timestamp()) as stand_in,
            listening(stand_in, clock=lambda: now[0]) as bot,
        ):
            await bot.next(LoggedIn)
            stand_in.spoken |= {"g1", "u1"}
            for number in range(30):
                assert isinstance(await bot.says(str(number)), Sent)
                now[0] += timedelta(seconds=1)
            over = await bot.says("31")
            assert isinstance(over, Refused) and over.retry and over.after == 30.0
            assert isinstance(await bot.says("anybody else's chat is free", to="u1"), Sent)
            now[0] += timedelta(seconds=30)
            assert isinstance(await bot.says("31"), Sent)
            for _ in range(969):
                now[0] += timedelta(seconds=3)
                outcome = await bot.says("more")
                assert isinstance(outcome, Sent), outcome
            over = await bot.says("1001")
            assert isinstance(over, Refused) and over.retry and over.after is not None and over.after > 60
            assert len([post for post in stand_in.posts if post["chat"] == "g1"]) == 1000

    asyncio.run(main())


def test_an_answer_that_never_comes_is_unknown_and_one_that_comes_late_is_an_echo() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        body = await stand_in.text("u1", "@小哨 帮助", chat="g1")
        await bot.next(Message)
        stand_in.answers.clear()
        assert await bot.says("一", in_reply_to=body["msgid"]) == Unknown("no answer in time")
        stand_in.answers.set()
        echo = await bot.next(Echo)
        assert (echo.text, echo.room) == ("一", "g1")
        # Its id is not used again: a late answer would be taken for another's.
        assert isinstance(await bot.says("二", in_reply_to=body["msgid"]), Sent)
        assert [post["cmd"] for post in stand_in.posts] == ["aibot_respond_msg", "aibot_send_msg"]
        stand_in.answers.clear()
        sending = asyncio.create_task(bot.says("三"))
        await stand_in.until(lambda: len(stand_in.posts) == 3)
        stand_in.break_off()
        assert await sending == Unknown("connection lost")
        assert isinstance(await bot.says("四"), Refused)  # not connected at this moment: surely not sent
        await bot.next(Outage)
        stand_in.answers.set()
        assert isinstance(await bot.says("四"), Sent)

    run(
        test,
        replace(QUICK, request=0.3, backoff_first=0.3),
    )


@pytest.mark.parametrize("way", ["close", "break_off", "no pongs", "not subscribed"])
def test_it_comes_back_and_reports_the_outage(way: str) -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        await stand_in.text("u1", "一", chat="g1")
        heard = await bot.next(Message)
        for round_ in (2, 3):
            if way == "close":
                await stand_in.close()
            elif way == "break_off":
                stand_in.break_off()
            elif way == "no pongs":
                stand_in.answers_pings = False
            else:
                stand_in.codes.append(846609)
                outcome = await bot.says("x")
                assert isinstance(outcome, Refused) and outcome.retry
            outage = await bot.next(Outage)
            stand_in.answers_pings = True
            assert outage.reason == {"close": "closed", "break_off": "lost", "no pongs": "no_pong"}.get(
                way, "not_subscribed"
            )
            assert heard.at - timedelta(seconds=1) <= outage.since <= outage.until <= datetime.now(UTC)
            if way == "no pongs":
                assert outage.until - outage.since >= timedelta(seconds=0.5)  # from the last sign of life
            await stand_in.until(lambda round_=round_: stand_in.subscriptions == round_)  # type: ignore[misc]
            await stand_in.text("u1", "again", chat="g1")
            assert (await bot.next(Message)).text == "again"
            assert isinstance(await bot.says("y"), Sent)
        assert not any(isinstance(event, LoggedOut) for event in bot.all)
        assert stand_in.protocol_pings == 0

    run(test, replace(QUICK, ping=0.2, missed=3) if way == "no pongs" else QUICK)


def test_it_waits_for_a_server_that_is_not_there_yet() -> None:
    async def main() -> None:
        async with serving() as gone:
            port = int(gone.url.rstrip("/").rsplit(":", 1)[1])
        async with listening(gone) as bot:
            outcome = await bot.says("too early")
            assert isinstance(outcome, Refused) and outcome.retry
            async with serving(port=port) as stand_in:
                await bot.next(LoggedIn)
                await stand_in.text("u1", "在吗")
                await bot.next(Message)

    asyncio.run(main())


def test_kicked_out_it_says_so_and_does_not_fight() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        async with listening(stand_in) as newer:
            await newer.next(LoggedIn)
            out = await bot.next(LoggedOut)
            assert out.reason == "kicked"
            await stand_in.text("u1", "谁听见")
            assert (await newer.next(Message)).text == "谁听见"
            # Many times the pause after any other end of a connection, and it has not come back.
            await stand_in.until(lambda: stand_in.pings >= 10)
            assert (stand_in.subscriptions, len(stand_in.peers)) == (2, 1)
            outcome = await bot.says("x")
            assert isinstance(outcome, Refused) and outcome.retry

    run(test)


def test_kicked_out_it_looks_again_after_the_long_pause() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        await stand_in.kick(stand_in.live)
        out, back = await bot.next(LoggedOut), await bot.next(LoggedIn)
        assert back.at - out.at >= timedelta(seconds=0.9)
        await stand_in.text("u1", "在吗")
        await bot.next(Message)  # being out is no outage besides

    run(test, replace(QUICK, kicked=1.0))


def test_a_rejected_secret_is_reported_once_tried_slowly_and_shown_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        async with serving() as stand_in, listening(stand_in, secret="wrong-secret") as bot:
            assert (await bot.next(LoggedOut)).reason == "企业微信不认机器人的 ID 或 Secret（40001），请重新复制"
            await stand_in.until(lambda: stand_in.refused >= 3)
            assert len(bot.all) == 1
            assert "wrong-secret" not in repr(vars(bot.transport))
        async with serving() as stand_in:
            began = asyncio.get_running_loop().time()
            async with listening(stand_in, Timing(rejected=0.5), secret="wrong-secret") as bot:
                await stand_in.until(lambda: stand_in.refused >= 2)
            assert asyncio.get_running_loop().time() - began >= 0.45

    asyncio.run(main())
    shown = capsys.readouterr()
    assert "wrong-secret" not in shown.out + shown.err


def test_a_secret_that_was_changed_while_the_connection_was_away_ends_the_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        monkeypatch.setattr("wecom_bot_server.SECRET", "a newer one")
        await stand_in.close()
        outage, out = await bot.next(Outage), await bot.next(LoggedOut)
        assert outage.reason == "closed" and outage.until == out.at
        monkeypatch.undo()
        await bot.next(LoggedIn)
        await stand_in.text("u1", "在吗")
        await bot.next(Message)

    run(test)


def test_a_long_outage_is_said_while_it_lasts() -> None:
    async def main() -> None:
        timing = replace(QUICK, offline=0.3)
        async with serving() as stand_in:
            port = int(stand_in.url.rstrip("/").rsplit(":", 1)[1])
            async with listening(stand_in, timing) as bot:
                await bot.next(LoggedIn)
                stand_in.break_off()
                await stand_in.until(lambda: stand_in.subscriptions == 2)
                await bot.next(Outage)  # a short one is only an outage
                await stand_in.stop()
                outage, out = await bot.next(Outage), await bot.next(LoggedOut)
                assert outage.until == out.at and outage.until - outage.since >= timedelta(seconds=0.3)
                assert out.reason == "长连接一直连不上企业微信，请检查网络"
                async with serving(port=port):
                    await bot.next(LoggedIn)

    asyncio.run(main())
