"""Reaching a gateway: a wrong token, nobody there, certificates, a look without touching."""

import asyncio
import signal
import subprocess
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from gateways import FOLDER, QUICK, TOKEN, GatewayProcess, gateway_running, listening, post, works_again

from bot.transports.base import LoggedIn, LoggedOut, Outage, Refused
from bot.transports.wechaty import Patience, probe
from models.message import Message


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


def test_an_absence_that_lasts_is_told_once_and_its_end(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway, replace(QUICK, offline=0.5)) as ear:
            before, began = len(ear.events), time.monotonic()
            gateway.kill()
            out = await ear.wait(LoggedOut, after=before)
            assert out.reason == "unreachable"
            assert time.monotonic() - began > 0.5
            outage = next(one for one in ear.events[before:] if isinstance(one, Outage))
            assert outage.until <= out.at  # what was not heard until then is a gap of its own
            await asyncio.sleep(1)  # several tries: told once
            assert len(ear.of(LoggedOut)) == 1
            await gateway.start()
            await works_again(gateway, ear, before)
            assert len(ear.of(LoggedOut)) == 1

    asyncio.run(scenario())


def test_a_gateway_that_stands_still_for_long_is_told(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway, replace(QUICK, offline=0.5, call=0.5, start=0.5, connect=0.5)) as ear:
            before = len(ear.events)
            gateway.signal(signal.SIGSTOP)
            try:
                assert (await ear.wait(LoggedOut, after=before)).reason == "frozen"
            finally:
                gateway.signal(signal.SIGCONT)
            await works_again(gateway, ear, before)

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
