"""The whole bot behind the real gateway: a matter is opened once and its answers arrive, whatever the gateway does."""

import asyncio
from pathlib import Path

from gateway_village import bot, listening, people, posted, village
from gateways import ROOM, GatewayProcess
from sqlmodel import select
from worlds import ACCOUNT, NOW

from models.codes import OutgoingState, PostKind
from models.outgoing_tables import Outgoing
from models.ticket_tables import Ticket


def test_one_matter_through_a_gateway_that_dies(tmp_path: Path) -> None:
    office = village(tmp_path)

    async def scenario() -> None:
        gateway = GatewayProcess()
        try:
            await gateway.start()
            await people(gateway)
            async with bot(gateway, office) as transport:
                said = await gateway.say("三楼漏水了，没人管", sender="王阿姨")
                await gateway.do("again", id=said)
                sent = await posted(gateway, lambda one: one["conversation"] == "老李")
                in_group = [one for one in sent if one["conversation"] == ROOM]
                assert len(in_group) == 1
                assert "已登记" in in_group[0]["text"]
                assert in_group[0]["mentions"] == ["王阿姨"]

                gateway.kill()
                number = office.world.resident.id
                with office.writing() as uow:  # promised while nobody can be reached
                    values = {"account": ACCOUNT, "kind": PostKind.REPLY, "created_at": NOW, "not_before": NOW}
                    uow.outbox.add(Outgoing(text="答应过的话", person_id=number, address="王阿姨", **values))
                await gateway.start()
                await people(gateway)
                await listening(transport)
                await gateway.say("三楼漏水了，没人管", sender="王阿姨", id=said)  # told again by the new process
                await gateway.say("受理 1", sender="老李", room=None)
                await posted(gateway, lambda one: one["conversation"] == "老李" and "受理" in one["text"])
                sent = await posted(gateway, lambda one: one["text"] == "答应过的话")
                assert [one["text"] for one in sent].count("答应过的话") == 1
        finally:
            gateway.kill()

    asyncio.run(scenario())
    with office.app.units() as uow:
        assert len(uow.session.exec(select(Ticket)).all()) == 1
        assert not uow.outbox.in_state(OutgoingState.STUCK, ACCOUNT)
