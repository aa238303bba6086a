"""The URL that WeCom calls: who may, how much, and that nobody else learns anything."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from wecom_caller import Caller, called, query, said, written
from wecom_families import NOW, Family, families
from wecom_vector import CORP, KEY, TOKEN

from bot.transports.wecom.callbacks import Callbacks, Reply
from bot.transports.wecom.codec import Codec, Fault
from bot.transports.wecom.payloads import unwrap_json, unwrap_xml
from bot.transports.wecom.replay import ReplayGuard

Work = Callable[[Caller, list[str]], Awaitable[None]]


def play(work: Work, *, xml: bool = False, receiver: str = "", reading: float = 5.0) -> None:
    """Run against a URL whose receiver notes what it was told."""
    got: list[str] = []

    async def receive(plain: str, at: datetime) -> Reply | None:
        assert at == datetime.fromtimestamp(NOW, UTC)
        got.append(plain)
        if plain == "not now":
            return None
        if plain == "trouble":
            raise RuntimeError("三楼的秘密")
        return Reply()

    def wrap(codec: Codec, text: str, timestamp: str, nonce: str) -> web.Response:
        raise AssertionError("nothing is answered here")

    callbacks = Callbacks(
        Codec(SecretStr(TOKEN), SecretStr(KEY), receiver),
        ReplayGuard(lambda: datetime.fromtimestamp(NOW, UTC)),
        unwrap=unwrap_xml if xml else unwrap_json,
        wrap=wrap,
        receive=receive,
        reading=reading,
    )

    async def run() -> None:
        async with called(callbacks.app(), receiver, xml=xml) as caller:
            await work(caller, got)

    asyncio.run(run())


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_url_is_ours_and_says_so_within_a_second(slash: str) -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        caller.url += slash
        one = caller.sealed("1616140317555161061")
        answered = await caller.get({**query(one), "echostr": one.encrypted})
        assert (answered.status, answered.body) == (200, "1616140317555161061")
        assert answered.seconds < 1
        assert got == []

    play(work)


def test_a_question_that_is_wrong_gets_403_and_no_word() -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        one = caller.sealed("x")
        right = {**query(one), "echostr": one.encrypted}
        wrong: list[dict[str, str] | list[tuple[str, str]]] = [
            {**right, "msg_signature": "0" * 40},
            {**right, "echostr": ""},
            {},
            [*right.items(), ("nonce", right["nonce"])],
            *({name: part for name, part in right.items() if name != missing} for missing in right),
        ]
        for params in wrong:
            answered = await caller.get(params)
            assert (answered.status, answered.body) == (403, "")
        assert (await caller.get(right)).status == 200
        assert (await caller.get(right)).status == 403  # the same again

    play(work)


@pytest.mark.parametrize("xml", [False, True])
def test_each_way_to_be_wrong_gets_a_status_and_no_word(xml: bool, logged: io.StringIO) -> None:
    for family in families():

        async def work(caller: Caller, got: list[str], family: Family = family) -> None:
            if family.twice:
                await caller.post(family.call)
                got.clear()
            answered = await caller.post(family.call)
            too_large = family.fault is Fault.TOO_LARGE
            assert (answered.status, answered.body) == (413 if too_large else 403, ""), family.name
            assert got == [], family.name

        play(work, xml=xml, receiver=family.receiver)
    log = logged.getvalue()
    assert all(fault.value in log for fault in Fault)
    assert "路灯" not in log and KEY not in log


@pytest.mark.parametrize(
    ("xml", "raw"),
    [
        (False, b""),
        (False, b"{"),
        (False, b"[]"),
        (False, b'{"encrypt": 1}'),
        (False, b'{"Encrypt": "x"}'),
        (False, b"\xff\xfe"),
        (False, b"[" * 60_000),
        (True, b""),
        (True, b"<xml>"),
        (True, b"<xml></xml>"),
        (True, b"<xml><Encrypt/></xml>"),
        (True, b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>"),
        (True, b"<html><Encrypt>a</Encrypt></html>"),
        (True, b"<a>" * 20_000),
        (True, b'<?xml version="1.0" encoding="no-such"?><xml><Encrypt>a</Encrypt></xml>'),
        (True, b'<!DOCTYPE xml [<!ENTITY a "x">]><xml><Encrypt>&a;</Encrypt></xml>'),
        (True, b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x"><xml><Encrypt>a</Encrypt></xml>'),
        (True, b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'),
    ],
)
def test_a_body_of_another_form_is_refused(xml: bool, raw: bytes) -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        answered = await caller.post(caller.sealed("x"), raw)
        assert (answered.status, answered.body) == (403, "")
        assert got == []

    play(work, xml=xml)


@pytest.mark.parametrize("dtd", ["<!DOCTYPE xml>", '<!DOCTYPE xml [<!ENTITY a "x">]>', '<!DOCTYPE xml SYSTEM "x">'])
def test_a_body_with_a_dtd_is_refused_even_if_all_else_is_right(dtd: str) -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        one = caller.sealed("x")
        xml = f"<xml><Encrypt>{one.encrypted}</Encrypt></xml>"
        assert (await caller.post(one, (dtd + xml).encode())).status == 403
        assert (await caller.post(one, xml.encode())).status == 200
        assert got == ["x"]

    play(work, xml=True)


def test_a_billion_laughs_take_no_time_and_no_space() -> None:
    steps = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE xml [<!ENTITY l0 "ha">{steps}]><xml><Encrypt>&l9;</Encrypt></xml>'

    async def work(caller: Caller, got: list[str]) -> None:
        answered = await caller.post(caller.sealed("x"), bomb.encode())
        assert (answered.status, answered.body) == (403, "")
        assert answered.seconds < 2

    play(work, xml=True)


def test_what_is_too_long_is_not_read_to_its_end() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100_000):
            yield b"x" * 10_000

    async def work(caller: Caller, got: list[str]) -> None:
        one = caller.sealed("x")
        announced = await caller.post(one, b"x" * 70_000)
        assert (announced.status, announced.body) == (413, "")
        try:
            async with caller.session.post(caller.url, params=query(one), data=endless()) as response:
                assert response.status == 413
        except aiohttp.ClientOSError:
            pass  # the connection was closed on who would not stop
        assert got == []

    play(work)


def test_a_bomb_of_gzip_is_not_blown_up() -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        bomb = gzip.compress(bytes(50_000_000))
        assert len(bomb) < 65_536
        headers = {"Content-Encoding": "gzip"}
        async with caller.session.post(
            caller.url, params=query(caller.sealed("x")), data=bomb, headers=headers
        ) as response:
            assert response.status in (400, 413)
        assert got == []

    play(work)


def test_who_never_ends_his_body_is_sent_away() -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async def work(caller: Caller, got: list[str]) -> None:
        async with caller.session.post(caller.url, params=query(caller.sealed("x")), data=never()) as response:
            assert response.status == 408
        assert got == []

    play(work, reading=0.2)


def test_the_retry_of_what_was_not_handled_may_be_the_very_same_call() -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        for plain in ("not now", "trouble"):
            one = caller.sealed(plain)
            for _ in range(3):
                answered = await caller.post(one)
                assert (answered.status, answered.body) == (503, "")
        assert len(got) == 6
        one = caller.sealed("now")
        assert (await caller.post(one)).status == 200
        assert (await caller.post(one)).status == 403
        assert got.count("now") == 1

    play(work)


def test_trouble_of_ours_is_logged_by_its_kind_only(logged: io.StringIO) -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        await caller.say("trouble")

    play(work)
    assert "callback_failed" in logged.getvalue() and "RuntimeError" in logged.getvalue()
    assert "秘密" not in logged.getvalue()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_are_none(method: str) -> None:
    async def work(caller: Caller, got: list[str]) -> None:
        async with caller.session.request(method, caller.url) as response:
            assert response.status == 405

    play(work)


@pytest.mark.parametrize("xml", [False, True])
def test_what_is_right_comes_through(xml: bool) -> None:
    plain = written(Content="路灯坏了 <&>") if xml else str(said())

    async def work(caller: Caller, got: list[str]) -> None:
        answered = await caller.say(plain)
        assert (answered.status, answered.body) == (200, "")
        assert got == [plain]

    play(work, xml=xml, receiver=CORP)
