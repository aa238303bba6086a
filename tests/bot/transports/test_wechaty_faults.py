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

from gateways import FOLDER, QUICK, TOKEN, Ear, GatewayProcess, gaps, listening, post, works_again

from bot.transports.base import Echo, LoggedIn, LoggedOut, Outage, Refused, Unknown
from models.message import Message


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
