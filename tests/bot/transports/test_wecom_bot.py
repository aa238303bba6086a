"""What the smart bot hears and sends, against the stand-in server."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wecom_bot_server import StandIn, serving
from wecom_bots import NOON, PNG, Bot, listening, run

from bot.transports.base import LoggedIn, Outage, Post, Refused, Sent, Unknown
from bot.transports.wecom_bot.faults import NEVER_SPOKEN
from bot.transports.wecom_bot.inbound import Said, read
from models.codes import PostKind
from models.message import BOT, AttachmentKind, Message


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
