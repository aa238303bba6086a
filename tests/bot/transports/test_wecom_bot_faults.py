"""What the server refuses, and how the smart bot comes back, against the stand-in server."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lines import until
from wecom_bot_server import StandIn, serving
from wecom_bots import QUICK, Bot, listening, run

from bot.transports.base import Echo, LoggedIn, LoggedOut, Outage, Post, Refused, Sent, Unknown
from bot.transports.wecom_bot import Timing
from models.codes import PostKind
from models.message import Message


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


def test_what_waits_for_a_picture_and_an_outage_are_known_while_they_last() -> None:
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        async with serving() as stand_in:
            async with await asyncio.start_server(nothing, "127.0.0.1", 0) as slow, listening(stand_in) as bot:
                assert bot.transport.pending_since() is not None  # it hears nothing before the first connection
                await bot.next(LoggedIn)
                await until(lambda: bot.transport.pending_since() is None)
                url = f"http://127.0.0.1:{slow.sockets[0].getsockname()[1]}/"
                said = datetime.now(UTC)
                await stand_in.say("u1", msgtype="image", image={**stand_in.picture(b"x"), "url": url})
                await until(lambda: bot.transport.pending_since() is not None)
                since, emptied = bot.transport.pending_since(), asyncio.create_task(bot.transport.emptied())
                assert since is not None
                assert since >= said
                await stand_in.text("u2", "别处", chat="g2")
                assert (await bot.next(Message)).text == "别处"
                assert bot.transport.pending_since() == since
                assert not emptied.done()
                emptied.cancel()
            assert bot.transport.pending_since() == since  # also when nobody listens any more
            async with listening(stand_in, replace(QUICK, backoff_first=60, backoff_longest=60)) as other:
                await other.next(LoggedIn)
                await until(lambda: other.transport.pending_since() is None)
                stand_in.break_off()
                await until(lambda: other.transport.pending_since() is not None)

    asyncio.run(main())


def test_an_emergency_does_not_wait_for_the_answer_to_another_post() -> None:
    async def test(stand_in: StandIn, bot: Bot) -> None:
        body = await stand_in.text("u1", "着火了", chat="g1")
        await bot.next(Message)
        stand_in.answers.clear()
        said = asyncio.create_task(bot.says("一", in_reply_to=body["msgid"]))
        await stand_in.until(lambda: len(stand_in.posts) == 1)
        fire = Post(2, "a", PostKind.EMERGENCY, "急", datetime.now(UTC), "g1", in_reply_to=body["msgid"])
        alarm = asyncio.create_task(bot.transport.send(fire))
        await stand_in.until(lambda: len(stand_in.posts) == 2)
        assert not said.done()
        stand_in.answers.set()
        assert isinstance(await said, Sent)
        assert isinstance(await alarm, Sent)

    run(test)
