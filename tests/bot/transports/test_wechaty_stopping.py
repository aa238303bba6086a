"""What the channel knows of and has not handed out, and a stop while the gateway stands still."""

import asyncio
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gateway_village import listening as hears
from gateway_village import people, posted, ticking, village
from gateways import QUICK, Ear, GatewayProcess, listening, works_again
from lines import until
from worlds import ACCOUNT, NOW

from bot.channel import Channel
from bot.transports.base import Event
from bot.transports.wechaty import WechatyTransport
from models.codes import OutgoingState, PostKind
from models.message import Message
from models.outgoing_tables import Outgoing


def test_since_when_it_hears_nothing_is_known_while_it_lasts(gateway: GatewayProcess) -> None:
    async def scenario() -> None:
        async with listening(gateway) as ear:
            await until(lambda: ear.transport.pending_since() is None)
            before, died = len(ear.events), datetime.now(UTC)
            gateway.kill()
            await until(lambda: ear.transport.pending_since() is not None)
            since = ear.transport.pending_since()
            assert since is not None
            assert since <= died
            await gateway.start()
            await works_again(gateway, ear, before)
            await until(lambda: ear.transport.pending_since() is None)
            gateway.kill()
            await until(lambda: ear.transport.pending_since() is not None)
        assert ear.transport.pending_since() is not None  # also when nobody listens any more

    asyncio.run(scenario())


def test_a_message_that_was_announced_is_pending_until_the_next_is_asked_for(gateway: GatewayProcess) -> None:
    """Whoever listens keeps still with the first one; the second stays announced, also after the end."""

    async def scenario() -> None:
        patience = replace(QUICK, ding=60.0, watchdog=120.0)
        transport = WechatyTransport("account", gateway.reach(), clock=lambda: datetime.now(UTC), patience=patience)
        ear, stream = Ear(transport), transport.listen()
        held: list[Event] = []

        async def hold() -> None:
            async for event in stream:
                held.append(event)
                if isinstance(event, Message):
                    await asyncio.Event().wait()

        holding = asyncio.create_task(hold())
        await hears(transport)
        said = datetime.now(UTC)
        await gateway.say("一")
        await until(lambda: any(isinstance(one, Message) for one in held))
        first = ear.transport.pending_since()
        assert first is not None
        assert first >= said
        await gateway.say("二")
        emptied = asyncio.create_task(transport.emptied())
        await asyncio.sleep(0)
        assert not emptied.done()
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        await stream.aclose()  # type: ignore[attr-defined]
        assert transport.pending_since() is not None
        emptied.cancel()

    asyncio.run(scenario())


def test_a_stop_while_the_gateway_stands_still_sends_once(tmp_path: Path) -> None:
    office = village(tmp_path)

    async def scenario() -> None:
        gateway = GatewayProcess()
        try:
            await gateway.start()
            await people(gateway)
            clock, patience = ticking(), replace(QUICK, ding=30.0, watchdog=60.0, send=20.0)
            transport = WechatyTransport(ACCOUNT, gateway.reach(), clock=clock, patience=patience)
            channel = Channel(office.app.shards[ACCOUNT], transport, clock=clock)
            task = asyncio.create_task(channel.run())
            await hears(transport)
            gateway.signal(signal.SIGSTOP)
            try:
                with office.writing() as uow:
                    values = {"account": ACCOUNT, "kind": PostKind.REPLY, "created_at": NOW, "not_before": NOW}
                    number = office.world.resident.id
                    uow.outbox.add(Outgoing(text="只说一次", person_id=number, address="王阿姨", **values))
                channel.poke()
                await until(lambda: states() == [OutgoingState.SENDING])
                channel.stop()
                await asyncio.sleep(3.0)  # the other process stands still for so long
                assert not task.done()
            finally:
                gateway.signal(signal.SIGCONT)
            await asyncio.wait_for(task, 30)
            sent = await posted(gateway, lambda one: one["text"] == "只说一次")
            assert [one["text"] for one in sent].count("只说一次") == 1
        finally:
            gateway.kill()

    def states() -> list[OutgoingState]:
        with office.app.units() as uow:
            return [state for state, count in uow.outbox.counts().items() for _ in range(count)]

    asyncio.run(scenario())
    assert states() == [OutgoingState.SENT]
