"""Access tokens: one question however many want one, over tasks and processes; never another app's."""

import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from wecom_server import CORP, TOKEN_SECONDS, Clock, WecomServer

from bot.transports.base import Refused
from bot.transports.wecom.api import Api, CallFailed
from bot.transports.wecom.token_file import FileTokenStore
from bot.transports.wecom.tokens import AppKey, MemoryTokenStore, Tokens, TokenStore

ASK = "/cgi-bin/gettoken"
TESTS = Path(__file__).parents[3]
Play = Callable[[WecomServer, Clock, Callable[[int], Tokens]], Awaitable[None]]


def tokens_for(server: WecomServer, clock: Clock, store: TokenStore, agent: int, corp: str = CORP) -> Tokens:
    secret = SecretStr(f"secret-of-{agent}")
    return Tokens(AppKey(corp, str(agent)), secret, store=store, api=Api(server.url, deadline=5), clock=clock)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStore:
    return MemoryTokenStore() if request.param == "memory" else FileTokenStore(tmp_path / "tokens", patience=10)


def play(store: TokenStore, work: Play) -> None:
    async def run() -> None:
        clock = Clock()
        async with WecomServer(clock).serving() as server:
            await work(server, clock, lambda agent: tokens_for(server, clock, store, agent))

    asyncio.run(run())


def test_many_at_once_ask_once(store: TokenStore) -> None:
    async def work(server: WecomServer, clock: Clock, of: Callable[[int], Tokens]) -> None:
        got = await asyncio.gather(*(of(7).get() for _ in range(12)))
        assert {token.get_secret_value() for token in got} == {server.apps[7].token}
        assert server.asked[ASK] == 1

    play(store, work)


def test_it_is_asked_for_again_before_it_ends_and_not_earlier(store: TokenStore) -> None:
    async def work(server: WecomServer, clock: Clock, of: Callable[[int], Tokens]) -> None:
        tokens = of(7)
        first = await tokens.get()
        clock.now += timedelta(seconds=TOKEN_SECONDS - 301)
        assert await tokens.get() == first
        assert server.asked[ASK] == 1
        clock.now += timedelta(seconds=1)
        assert await tokens.get() == first  # WeCom gives the same until it ends
        assert server.asked[ASK] == 2
        clock.now += timedelta(minutes=5)
        assert await tokens.get() != first

    play(store, work)


def test_two_apps_of_one_corp_are_never_mixed_up(store: TokenStore) -> None:
    async def work(server: WecomServer, clock: Clock, of: Callable[[int], Tokens]) -> None:
        for _ in range(2):
            assert (await of(7).get()).get_secret_value() == server.apps[7].token
            assert (await of(8).get()).get_secret_value() == server.apps[8].token
        assert server.asked[ASK] == 2

    play(store, work)


def test_a_revoked_one_is_replaced_once_for_all_who_met_it(store: TokenStore) -> None:
    async def work(server: WecomServer, clock: Clock, of: Callable[[int], Tokens]) -> None:
        bad = await of(7).get()
        server.revoke(7)
        got = await asyncio.gather(*(of(7).get(instead_of=bad) for _ in range(5)))
        assert {token.get_secret_value() for token in got} == {server.apps[7].token}
        assert server.asked[ASK] == 2

    play(store, work)


@pytest.mark.parametrize(("fault", "retry"), [(40001, False), (45009, True), ("odd", True), (("status", 502), True)])
def test_a_failure_is_said_again_without_asking_again(store: TokenStore, fault: object, retry: bool) -> None:
    async def work(server: WecomServer, clock: Clock, of: Callable[[int], Tokens]) -> None:
        tokens = of(7)
        with server.fault(ASK, fault):
            for _ in range(3):
                with pytest.raises(CallFailed) as failed:
                    await tokens.get()
                assert isinstance(failed.value.outcome, Refused) and failed.value.outcome.retry is retry
                assert "secret-of" not in repr(failed.value)
        assert server.asked[ASK] == 1
        clock.now += timedelta(seconds=31)
        assert (await tokens.get()).get_secret_value() == server.apps[7].token

    play(store, work)


def test_a_wrong_corp_is_told_by_its_code(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with WecomServer(clock).serving() as server:
            with pytest.raises(CallFailed) as failed:
                await tokens_for(server, clock, MemoryTokenStore(), 7, corp="ww-other").get()
            assert failed.value.outcome == Refused("the corp id is wrong", code=40013)

    asyncio.run(run())


async def said_by_processes(*commands: list[str]) -> list[str]:
    """Start them, let them go at the same moment, and hand back what each printed last."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    pipe = asyncio.subprocess.PIPE
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=pipe, stdout=pipe, env=environment, start_new_session=True
        )
        for command in commands
    ]
    try:
        async with asyncio.timeout(60):
            for one in started:
                assert one.stdout is not None
                assert (await one.stdout.readline()).strip() == b"ready"
            said = await asyncio.gather(*(one.communicate(b"go\n") for one in started))
    finally:
        for one in started:
            if one.returncode is None:
                os.killpg(one.pid, 9)
                await one.wait()
    assert [one.returncode for one in started] == [0] * len(started)
    return [out.decode().strip() for out, _ in said]


def test_processes_share_one_token_and_ask_once(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        script, time = str(TESTS / "wecom_token_process.py"), clock.now.isoformat()
        async with WecomServer(clock).serving() as server:
            command = [script, server.url, str(tmp_path), "7", time]
            first = await said_by_processes(command, command, [script, server.url, str(tmp_path), "8", time])
            assert first == [server.apps[7].token, server.apps[7].token, server.apps[8].token]
            assert server.asked[ASK] == 2
            server.revoke(7)
            again = await said_by_processes([*command, first[0]], [*command, first[0]])
            assert again == [server.apps[7].token] * 2 and again[0] != first[0]
            assert server.asked[ASK] == 3

    asyncio.run(run())


def test_only_the_owner_may_read_the_file_and_a_damaged_one_is_replaced(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "tokens")

    async def work(server: WecomServer, clock: Clock, of: Callable[[int], Tokens]) -> None:
        token = await of(7).get()
        (file,) = (tmp_path / "tokens").glob("*.token")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        for damaged in ("", "[]", '{"value": 1}', "\x00"):
            file.write_text(damaged)
            assert await of(7).get() == token

    play(store, work)


def test_who_waits_too_long_for_another_process_is_told_to_try_again(tmp_path: Path) -> None:
    key = AppKey(CORP, "7")
    store = FileTokenStore(tmp_path, patience=0.1)

    async def run() -> None:
        async with store.alone(key):
            with pytest.raises(CallFailed, match="another process"):
                async with store.alone(key):
                    pytest.fail("two at once")
            async with store.alone(AppKey(CORP, "8")):  # another app need not wait
                pass

    asyncio.run(run())


def test_who_gives_up_waiting_leaves_nothing_locked(tmp_path: Path) -> None:
    key = AppKey(CORP, "7")
    store = FileTokenStore(tmp_path, patience=10)

    async def run() -> None:
        async def enter() -> None:
            async with store.alone(key):
                pytest.fail("it should have been cancelled")

        async with store.alone(key):
            waiting = asyncio.create_task(enter())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with store.alone(key):  # waits for the thread to give back what it took
            pass

    asyncio.run(run())
    (lock,) = tmp_path.glob("*.lock")
    connection = sqlite3.connect(lock, timeout=0)
    connection.execute("BEGIN IMMEDIATE")
    connection.close()
