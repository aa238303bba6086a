"""The gateway dies, freezes, is replaced, refuses: the channel works again by itself and says what it missed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from gateways import FOLDER, QUICK, ROOM, TOKEN, Ear, GatewayProcess, gateway_running, listening

from bot.transports.base import Echo, LoggedIn, LoggedOut, Outage, Post, Refused, Sent, Unknown
from bot.transports.wechaty import Patience, probe
from models.codes import PostKind
from models.message import Message


def post(text: str) -> Post:
    return Post(row=1, account="account", kind=PostKind.REPLY, text=text, at=datetime.now(UTC), room=ROOM)


async def works_again(gateway: GatewayProcess, ear: Ear, after: int) -> None:
    """It hears and speaks, within twenty seconds of the gateway."""
    began = time.monotonic()
    await ear.wait(LoggedIn, after=after)
    word = f"听得见吗 {after}"
    await gateway.say(word)
    await ear.wait(Message, lambda one: one.text == word, after=after)
    assert isinstance(await ear.transport.send(post(f"听得见 {after}")), Sent)
    await ear.wait(Echo, lambda one: one.text == f"听得见 {after}", after=after)
    assert time.monotonic() - began < 20


def gaps(ear: Ear, after: int) -> list[Outage]:
    return [one for one in ear.events[after:] if isinstance(one, Outage)]


def test_killed_and_started_again(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            await gateway.say("之前")
            await ear.wait(Message, lambda one: one.text == "之前")
            before, died = len(ear.events), datetime.now(UTC)
            gateway.kill()
            await asyncio.to_thread(wait_until_down, gateway.port)
            refused = await ear.transport.send(post("没人收"))
            assert isinstance(refused, Refused | Unknown)
            await gateway.start()
            await works_again(gateway, ear, before)
            gap = gaps(ear, before)[0]
            assert gap.since <= died < gap.until
            assert not [one for one in ear.events[before:] if isinstance(one, LoggedOut)]

    asyncio.run(scenario())


def wait_until_down(port: int) -> None:
    """Until nobody listens there any more."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)):
                return
    raise AssertionError("still listening")


def test_frozen_and_thawed(gateway: GatewayProcess) -> None:
    """What is not answered while it stands still is unknown; the gap begins before anybody could notice."""

    async def scenario() -> None:
        impatient = replace(QUICK, call=0.5, send=0.5, start=0.5)
        async with listening(gateway, impatient) as ear:
            before, frozen = len(ear.events), datetime.now(UTC)
            gateway.signal(signal.SIGSTOP)
            try:
                assert isinstance(await ear.transport.send(post("冻住了")), Unknown)
                await asyncio.to_thread(noticed, ear)
                assert isinstance(await ear.transport.send(post("还冻着")), Refused)
            finally:
                gateway.signal(signal.SIGCONT)
            await works_again(gateway, ear, before)
            gap = gaps(ear, before)[0]
            assert (gap.reason, gap.since < datetime.now(UTC)) == ("frozen", True)
            assert abs((gap.since - frozen).total_seconds()) < 1.5
            # It was delivered after all, and its echo may have passed before the stream was open again.
            assert "冻住了" in [one.get("text") for one in await gateway.do("sent")]

    asyncio.run(scenario())


def test_a_short_freeze_is_resolved_by_the_echo(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway, replace(QUICK, send=0.3, ding=5.0, watchdog=10.0)) as ear:
            before = len(ear.events)
            gateway.signal(signal.SIGSTOP)
            try:
                assert await ear.transport.send(post("顿了一下")) == Unknown("deadline")
            finally:
                gateway.signal(signal.SIGCONT)
            await ear.wait(Echo, lambda one: one.text == "顿了一下", after=before)
            assert not gaps(ear, before)

    asyncio.run(scenario())


def noticed(ear: Ear) -> None:
    """Until the channel knows that the gateway does not answer."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        parts = ear.transport._parts
        if parts is not None and not parts.supervisor.up.is_set():
            return
        time.sleep(0.02)
    raise AssertionError("not noticed")


def test_its_server_stops_and_starts(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            before = len(ear.events)
            await gateway.do("serverStop")
            await asyncio.to_thread(noticed, ear)
            await gateway.say("没人听见")
            await gateway.do("serverStart")
            await works_again(gateway, ear, before)
            assert gaps(ear, before)
            assert not [one for one in ear.of(Message) if one.text == "没人听见"]

    asyncio.run(scenario())


def test_a_stream_that_goes_silent_is_opened_again(gateway: GatewayProcess) -> None:
    """The gateway still answers calls, but its stream says nothing any more."""

    async def scenario() -> None:
        async with listening(gateway) as ear:
            await asyncio.to_thread(answered, ear)
            before = len(ear.events)
            await gateway.do("mode", set={"dong": False})
            await ear.wait(LoggedIn, after=before)
            assert gaps(ear, before)[0].reason == "frozen"
            # On the new stream nothing ever answered, so its silence means nothing.
            assert ear.transport._parts is not None
            await gateway.do("mode", set={"dong": True})
            await works_again(gateway, ear, before)

    asyncio.run(scenario())


def answered(ear: Ear) -> None:
    """Until the stream answered a ping."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        parts = ear.transport._parts
        if parts is not None and parts.supervisor._dongs:
            return
        time.sleep(0.02)
    raise AssertionError("no answer")


def test_another_client_takes_the_stream_and_goes(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            first = len(ear.events)
            async with listening(gateway, replace(QUICK, slow=600.0)) as other:
                await gateway.say("谁听见")
                heard = asyncio.create_task(other.wait(Message, lambda one: one.text == "谁听见"))
                also = asyncio.create_task(ear.wait(Message, lambda one: one.text == "谁听见"))
                done, pending = await asyncio.wait([heard, also], return_when=asyncio.FIRST_COMPLETED, timeout=15)
                for task in pending:
                    task.cancel()
                assert done
            before = len(ear.events)
            await gateway.say("只剩一个")
            await works_again_or_still(gateway, ear, before)
            assert [one.reason for one in gaps(ear, first)]

    asyncio.run(scenario())


async def works_again_or_still(gateway: GatewayProcess, ear: Ear, after: int) -> None:
    """It hears, within twenty seconds of the other client's end."""
    for number in range(100):
        word = f"喂 {number}"
        await gateway.say(word)
        async with ear._more:
            try:
                async with asyncio.timeout(0.2):
                    await ear._more.wait_for(
                        lambda: any(
                            isinstance(one, Message) and one.text.startswith("喂") for one in ear.events[after:]
                        )
                    )
            except TimeoutError:
                continue
        return
    raise AssertionError("deaf for good")


def test_the_stock_client_steals_the_stream_and_gets_it_taken_back(gateway: GatewayProcess) -> None:
    """It sends Stop and Start when it comes, which logs the account out and in and ends our stream."""

    async def scenario() -> None:
        async with listening(gateway) as ear:
            before = len(ear.events)
            command = [sys.executable, "-m", "bench.wechaty", "--client", "stock", "--port", str(gateway.port)]
            root = str(FOLDER.parents[1])
            environment = os.environ | {"PYTHONPATH": root, "BENCH_TOKEN": TOKEN}
            with tempfile.TemporaryDirectory() as folder:
                pipe = subprocess.PIPE
                stock = subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)
                try:
                    await ear.wait(Outage, after=before)
                    await works_again(gateway, ear, before)  # while the other still lives
                finally:
                    stock.kill()
                    stock.communicate(timeout=10)
            assert gaps(ear, before)
            before = len(ear.events)
            await works_again_or_still(gateway, ear, before)

    asyncio.run(scenario())


def test_a_wrong_token_is_told_and_tried_again_slowly(
    gateway: GatewayProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        wrong = gateway.reach("wrong-token-that-must-not-show")
        async with listening(gateway, replace(QUICK, slow=0.3), reach=wrong, wait=False) as ear:
            assert (await ear.wait(LoggedOut)).reason == "wrong token"
            await asyncio.sleep(1)  # several tries: told once
            assert len(ear.of(LoggedOut)) == 1
            assert "must-not-show" not in repr(ear.events) + repr(wrong) + repr(vars(ear.transport))

    asyncio.run(scenario())
    shown = capsys.readouterr()
    assert "wrong token" in shown.out + shown.err
    assert "must-not-show" not in shown.out + shown.err


def test_absent_at_the_start() -> None:
    async def scenario() -> None:
        gateway = GatewayProcess()
        try:
            async with listening(gateway, replace(QUICK, slice=0.3), wait=False) as ear:
                assert (await ear.wait(Outage)).reason == "unreachable"  # told while it lasts
                await ear.wait(Outage, after=1)
                assert isinstance(await ear.transport.send(post("还没有网关")), Refused)
                before = len(ear.events)
                await gateway.start()
                await works_again(gateway, ear, before)
                told = ear.of(Outage)
                assert all(one.until == two.since or one.until < two.since for one, two in pairwise(told))
                assert sum((two.since - one.until).total_seconds() for one, two in pairwise(told)) < 0.5
        finally:
            gateway.kill()

    asyncio.run(scenario())


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The certificate authority of the gateway's default certificate."""
    path = tmp_path / "ca.pem"
    path.write_bytes(subprocess.run(["node", "ca.mjs"], cwd=FOLDER, capture_output=True, check=True, timeout=30).stdout)
    return path


def test_over_tls_only_with_its_certificate(authority: Path) -> None:
    async def scenario() -> None:
        async with gateway_running(tls=True) as gateway:
            good = gateway.reach(ca=authority, target_name="insecure")
            async with listening(gateway, reach=good) as ear:
                await works_again(gateway, ear, 0)
            for bad in (gateway.reach(target_name="insecure"), gateway.reach(ca=authority)):
                async with listening(gateway, replace(QUICK, slice=0.3), reach=bad, wait=False) as ear:
                    assert (await ear.wait(Outage)).reason == "unreachable"
                    assert not ear.of(LoggedIn)

    asyncio.run(scenario())


def test_a_probe_says_what_is_wrong_and_disturbs_nobody(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            before = len(ear.events)
            assert await probe(gateway.reach(), QUICK) is None
            assert await probe(gateway.reach("another"), QUICK) == "wrong token"
            assert await probe(gateway.reach(tls=True), QUICK) == "unreachable"
            assert await probe(gateway.reach(tls=True, ca=Path("no-such-file")), QUICK) == "unreachable"
            assert await probe(GatewayProcess().reach(), QUICK) == "unreachable"
            gateway.signal(signal.SIGSTOP)
            try:
                assert await probe(gateway.reach(), replace(QUICK, connect=0.2, call=0.2)) == "frozen"
            finally:
                gateway.signal(signal.SIGCONT)
            await gateway.say("没有被打断")
            await ear.wait(Message, lambda one: one.text == "没有被打断")
            assert len(ear.events) == before + 1

    asyncio.run(scenario())


def test_nothing_is_left_unless_somebody_waits_that_long() -> None:
    """The defaults keep the promise: noticed and connected again within twenty seconds of the gateway."""
    patience = Patience()
    assert patience.backoff_most + patience.connect < 20
    assert patience.ding + patience.call < patience.watchdog + patience.ding
    assert TOKEN not in repr(GatewayProcess().reach())
