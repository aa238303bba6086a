"""Messages of an app to members, over HTTP against the stand-in server."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from posts_of_wecom import PNG, post
from pydantic import SecretStr
from wecom_server import CORP, TOKEN_SECONDS, Clock, WecomServer

from bot.transports.base import Refused, Sent, Unknown
from bot.transports.wecom.api import Api
from bot.transports.wecom.app_messages import AppMessages
from bot.transports.wecom.tokens import AppKey, MemoryTokenStore, Tokens

ASK, SEND, UPLOAD = "/cgi-bin/gettoken", "/cgi-bin/message/send", "/cgi-bin/media/upload"
Play = Callable[[WecomServer, AppMessages, Clock], Awaitable[None]]


def play(work: Play) -> None:
    async def no_pause(seconds: float) -> None:
        pass

    async def run() -> None:
        clock = Clock()
        async with WecomServer(clock).serving() as server:
            api = Api(server.url, deadline=5, sleep=no_pause)
            secret = SecretStr("secret-of-7")
            tokens = Tokens(AppKey(CORP, "7"), secret, store=MemoryTokenStore(), api=api, clock=clock)
            await work(server, AppMessages(7, tokens, api=api, clock=clock), clock)

    asyncio.run(run())


def texts(server: WecomServer) -> list[str]:
    return [message["text"]["content"] for message in server.apps[7].got if message["msgtype"] == "text"]


def test_a_digest_reaches_its_leader() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        assert await app.send(post("今日简报：3 件未办结。", to="ZhangSan")) == Sent("id-1")
        assert await app.send(post("第二份", row=2, to="zhangsan")) == Sent("id-2")
        assert [message["touser"] for message in server.apps[7].got] == ["ZhangSan", "zhangsan"]
        assert server.asked[ASK] == 1

    play(work)


@pytest.mark.parametrize("size", [0, 10 * 1024 * 1024 - len(PNG)])
def test_a_long_digest_with_a_picture(size: int) -> None:
    said = "".join(f"第{number}件：三楼的路灯坏了，<@lisi>已经去看了。" for number in range(100))

    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        assert isinstance(await app.send(post(said, to="lisi", picture=PNG + bytes(size))), Sent)
        assert "".join(texts(server)) == said
        last = server.apps[7].got[-1]
        assert last["msgtype"] == "image" and server.pictures[last["image"]["media_id"]] == PNG + bytes(size)

    play(work)


@pytest.mark.parametrize("one", [post(room="a"), post(to="lisi", picture=b"GIF89a"), post(" \n", to="lisi")])
def test_what_it_cannot_send_is_refused_before_anything_is_asked(one: object) -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        outcome = await app.send(one)  # type: ignore[arg-type]
        assert isinstance(outcome, Refused) and not outcome.retry
        assert not server.asked

    play(work)


@pytest.mark.parametrize("code", [40014, 42001, 40001])
def test_a_refused_token_is_renewed_once_and_the_message_goes(code: int) -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        await app.send(post(to="lisi"))
        server.revoke(7)
        with server.fault(SEND, code):
            assert isinstance(await app.send(post(row=2, to="lisi")), Sent)
        assert (server.asked[ASK], server.asked[SEND], len(server.apps[7].got)) == (2, 3, 2)

    play(work)


def test_an_early_end_of_the_token_is_met_without_any_fault_being_told_to_us() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        await app.send(post(to="lisi"))
        server.revoke(7)
        assert isinstance(await app.send(post(row=2, to="lisi", picture=PNG)), Sent)
        clock.now += timedelta(seconds=TOKEN_SECONDS)
        assert isinstance(await app.send(post(row=3, to="lisi")), Sent)
        assert server.asked[ASK] == 3

    play(work)


def test_a_token_that_stays_refused_does_not_go_round_for_ever() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        with server.fault(SEND, 40014, 40014):
            outcome = await app.send(post(to="lisi"))
        assert isinstance(outcome, Refused) and outcome.retry and outcome.code == 40014

    play(work)


@pytest.mark.parametrize(
    ("code", "retry"), [(45009, True), (45033, True), (48002, False), (60020, False), (81013, False)]
)
def test_a_code_says_whether_to_try_again(code: int, retry: bool) -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        with server.fault(SEND, code):
            outcome = await app.send(post(to="lisi"))
        assert isinstance(outcome, Refused) and (outcome.code, outcome.retry) == (code, retry)
        assert (outcome.after is not None) is retry

    play(work)


def test_a_busy_server_is_asked_three_times_more() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        with server.fault(SEND, -1, -1, -1):
            assert isinstance(await app.send(post(to="lisi")), Sent)
        with server.fault(SEND, -1, -1, -1, -1):
            outcome = await app.send(post(row=2, to="lisi"))
        assert isinstance(outcome, Refused) and (outcome.code, outcome.retry) == (-1, True)

    play(work)


def test_a_stranger_and_one_who_is_left_out_behind_code_0() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        outcome = await app.send(post(to="nobody"))
        assert isinstance(outcome, Refused) and outcome.code == 81013 and not outcome.retry

    play(work)

    class Leaving(AppMessages):
        async def authorised(self, path, params, **rest):  # type: ignore[no-untyped-def]
            answer = await super().authorised(path, params, **rest)
            return {**answer, "invaliduser": "x|zhangsan"}

    async def left_out(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        app.__class__ = Leaving
        outcome = await app.send(post(to="ZhangSan"))
        assert isinstance(outcome, Refused) and outcome.code == 81013

    play(left_out)


def test_without_permission_it_stops() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        server.apps[7].allowed = False
        outcome = await app.send(post(to="lisi"))
        assert outcome == Refused("the app lacks the permission", code=48002)

    play(work)


def test_lost_after_it_was_taken_is_unknown_but_a_lost_upload_is_harmless() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        with server.fault(SEND, "lost"):
            assert isinstance(await app.send(post(to="lisi")), Unknown)
        with server.fault(UPLOAD, "lost"):
            outcome = await app.send(post("看图", row=2, to="lisi", picture=PNG))
        assert isinstance(outcome, Refused) and outcome.retry
        assert isinstance(await app.send(post("看图", row=2, to="lisi", picture=PNG)), Sent)
        assert texts(server) == ["已登记", "看图"]  # the words not twice

    play(work)


def test_thirty_a_minute_for_a_member_and_none_is_dropped_in_silence() -> None:
    async def work(server: WecomServer, app: AppMessages, clock: Clock) -> None:
        for row in range(30):
            assert isinstance(await app.send(post(row=row, to="lisi")), Sent)
        outcome = await app.send(post(row=30, to="lisi"))
        assert outcome == Refused("more than the member's minute holds", retry=True, code=45009, after=60.0)
        assert isinstance(await app.send(post(row=31, to="ZhangSan")), Sent)
        clock.now += timedelta(minutes=1)
        assert isinstance(await app.send(post(row=30, to="lisi")), Sent)
        assert len(server.apps[7].got) == 32  # the server drops what is too much and says 0

    play(work)
