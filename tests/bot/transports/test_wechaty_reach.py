"""Reaching a gateway: a wrong token, nobody there, certificates, a look without touching."""

import asyncio
import signal
import subprocess
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
