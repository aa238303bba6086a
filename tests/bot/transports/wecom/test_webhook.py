"""The robot of a group, over HTTP against the stand-in server."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import pytest
from posts_of_wecom import PNG, post
from pydantic import SecretStr
from wecom_server import Clock, WecomServer

from bot.transports.base import Outcome, Refused, Sent, Unknown
from bot.transports.wecom.api import Api
from bot.transports.wecom.webhook import WebhookTransport

SEND = "/cgi-bin/webhook/send"
KEYS = {"a": SecretStr("key-a"), "b": SecretStr("key-b"), "gone": SecretStr("key-that-is-gone")}
Play = Callable[[WecomServer, WebhookTransport], Awaitable[None]]


def play(work: Play, *, form: Literal["text", "markdown"] = "text", deadline: float = 5.0) -> list[float]:
    """Run against a server; gives the pauses that were made."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def run() -> None:
        clock = Clock()
        async with WecomServer(clock).serving() as server:
            api = Api(server.url, deadline=deadline, sleep=pause)
            await work(server, WebhookTransport("wecom", KEYS, clock=clock, api=api, form=form))

    asyncio.run(run())
    return pauses


def texts(server: WecomServer, key: str = "key-a") -> list[str]:
    return [message["text"]["content"] for message in server.robots[key]]


def test_a_notice_reaches_its_group_only() -> None:
    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        assert await robot.send(post("明天停水。", room="a")) == Sent()
        assert texts(server) == ["明天停水。"]
        assert texts(server, "key-b") == []

    play(work)


def test_it_reaches_neither_persons_nor_groups_without_a_robot() -> None:
    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        for one in (post(to="lisi"), post(room="elsewhere")):
            outcome = await robot.send(one)
            assert isinstance(outcome, Refused) and not outcome.retry
        assert server.asked[SEND] == 0

    play(work)


@pytest.mark.parametrize(("form", "limit"), [("text", 2048), ("markdown", 4096)])
def test_a_long_text_goes_in_order_within_the_limit(form: Literal["text", "markdown"], limit: int) -> None:
    said = "".join(f"第{number}条：三楼的路灯坏了，<@lisi>已经去看了。" for number in range(200))

    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        assert await robot.send(post(said, room="a")) == Sent()
        got = [message[form]["content"] for message in server.robots["key-a"]]
        assert "".join(got) == said
        assert len(got) > 1 and all(len(one.encode()) <= limit and one.endswith("。") for one in got)

    play(work, form=form)


@pytest.mark.parametrize("size", [0, 2 * 1024 * 1024 - len(PNG)])
def test_a_picture_goes_after_its_words_with_its_md5(size: int) -> None:
    data = PNG + bytes(size)

    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        assert await robot.send(post("本周简报", room="a", picture=data)) == Sent()
        words, picture = server.robots["key-a"]
        assert words["msgtype"] == "text"
        assert base64.b64decode(picture["image"]["base64"]) == data

    play(work)


@pytest.mark.parametrize("picture", [PNG + bytes(2 * 1024 * 1024), b"GIF89a" + bytes(50), b""])
def test_what_is_no_picture_for_it_is_not_sent_by_halves(picture: bytes) -> None:
    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        outcome = await robot.send(post("本周简报", room="a", picture=picture))
        assert isinstance(outcome, Refused) and "2 MB" in outcome.reason
        assert server.asked[SEND] == 0

    play(work)


def outcome_of(*faults: object, deadline: float = 5.0) -> tuple[Outcome, list[float]]:
    found: list[Outcome] = []

    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        with server.fault(SEND, *faults):
            found.append(await robot.send(post(room="a")))

    pauses = play(work, deadline=deadline)
    return found[0], pauses


@pytest.mark.parametrize(
    ("code", "retry", "after"),
    [
        (93000, False, None),
        (44004, False, None),
        (93004, False, None),
        (12345, False, None),
        (45009, True, 60.0),
        (45033, True, 5.0),
    ],
)
def test_a_code_says_whether_to_try_again(code: int, retry: bool, after: float | None) -> None:
    outcome, pauses = outcome_of(code)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retry, outcome.after) == (code, retry, after)
    assert "hint" not in outcome.reason  # never the words of the answer
    assert pauses == []


def test_a_busy_server_is_asked_three_times_more() -> None:
    assert outcome_of(-1, -1, -1) == (Sent(), [1.0, 2.0, 4.0])
    outcome, pauses = outcome_of(-1, -1, -1, -1)
    assert outcome == Refused("busy or too often", retry=True, code=-1, after=60.0)
    assert pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("fault", ["drop", "odd", "lost", ("status", 502), ("status", 500)])
def test_what_may_have_arrived_is_unknown(fault: object) -> None:
    outcome, _ = outcome_of(fault)
    assert isinstance(outcome, Unknown)


def test_no_answer_in_time_is_unknown() -> None:
    assert outcome_of("hang", deadline=0.3)[0] == Unknown("no answer in time")


@pytest.mark.parametrize(("status", "retry"), [(503, True), (429, True), (404, False), (302, False)])
def test_a_status_that_says_it_was_not_taken(status: int, retry: bool) -> None:
    outcome, _ = outcome_of(("status", status))
    assert isinstance(outcome, Refused) and outcome.retry is retry
    assert outcome.reason == f"HTTP {status}"  # a redirection is not followed


def test_no_server_is_no_harm_and_no_secret_is_told() -> None:
    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        away = WebhookTransport("wecom", KEYS, clock=Clock(), api=Api("http://127.0.0.1:9"))
        outcome = await away.send(post(room="a"))
        assert outcome == Refused("no connection", retry=True)
        assert "key-a" not in repr(away.__dict__) + repr(outcome)

    play(work)


def test_a_robot_that_was_removed_is_told() -> None:
    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        outcome = await robot.send(post(room="gone"))
        assert isinstance(outcome, Refused) and outcome.code == 93000 and not outcome.retry

    play(work)


def test_twenty_a_minute_and_no_more() -> None:
    async def run() -> None:
        clock = Clock()
        async with WecomServer(clock).serving() as server:
            robot = WebhookTransport("wecom", KEYS, clock=clock, api=Api(server.url))
            for row in range(20):
                assert await robot.send(post(row=row, room="a")) == Sent()
                clock.now += timedelta(seconds=1)
            outcome = await robot.send(post(row=21, room="a"))
            assert outcome == Refused("more than the robot's minute holds", retry=True, code=45009, after=40.0)
            assert await robot.send(post(row=21, room="b")) == Sent()  # another robot has its own minute
            clock.now += timedelta(seconds=40)
            assert await robot.send(post(row=21, room="a")) == Sent()
            assert server.asked[SEND] == 22

    asyncio.run(run())


def test_after_a_refusal_in_the_middle_only_the_rest_is_sent() -> None:
    said = "".join(f"第{number}条：路灯坏了。" for number in range(300))

    async def work(server: WecomServer, robot: WebhookTransport) -> None:
        # Another process uses the same robot: the server refuses although our own count allows it.
        with server.fault(SEND, None, 45009):
            first = await robot.send(post(said, room="a"))
        assert isinstance(first, Refused) and first.retry
        assert len(texts(server)) == 1
        assert await robot.send(post(said, room="a")) == Sent()
        assert "".join(texts(server)) == said

    play(work)


def test_listening_yields_nothing() -> None:
    async def run() -> None:
        robot = WebhookTransport("wecom", KEYS, clock=Clock())
        events = robot.listen()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.05)
        await events.aclose()

    asyncio.run(run())
