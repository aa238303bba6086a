"""Who can be written to: what a channel says of a post says nothing of its reader."""

import pytest
from posts import Office, open_office
from worlds import NOW, after

from bot.transports.base import Refused, Sent
from models.codes import OutgoingState, PostKind
from models.outbox import CANNOT
from models.outgoing_tables import Outgoing


@pytest.fixture
def office() -> Office:
    return open_office()


def reachable(office: Office) -> bool:
    with office.app.units() as uow:
        identity = uow.people.identity("test", office.world.resident.name)
        return identity is not None and identity.reachable is True


@pytest.mark.parametrize(
    "refused",
    [*(Refused("errcode", code=code) for code in (3, 40008, 44004, 45002)), Refused("the picture is no JPEG")],
)
def test_one_content_that_is_not_taken_makes_nobody_unreachable(office: Office, refused: Refused) -> None:
    row = office.promise("太长的回答")
    assert office.send(outcome=refused) == ["太长的回答"]
    assert office.state(row) == (OutgoingState.REFUSED, refused.reason)
    assert reachable(office)
    office.promise("下一句")
    assert office.send() == ["下一句"]


@pytest.mark.parametrize(
    "refused", [Refused("errcode", code=81013), Refused("NOT_FOUND", code=5), Refused("not a contact", nobody=True)]
)
def test_who_is_no_contact_is_written_to_no_more(office: Office, refused: Refused) -> None:
    row = office.promise("回答")
    office.send(outcome=refused)
    assert office.state(row) == (OutgoingState.REFUSED, refused.reason)
    assert not reachable(office)


def test_what_arrives_makes_its_reader_reachable_again_and_sends_what_waited(office: Office) -> None:
    with office.writing() as uow:
        identity = uow.people.identity("test", office.world.resident.name)
        assert identity is not None
        identity.reachable = False
        fields = {"account": "test", "person_id": office.world.resident.id, "address": identity.external_id}
        waits = {"state": OutgoingState.STUCK, "error": CANNOT, "created_at": NOW, "not_before": NOW}
        uow.outbox.add(Outgoing(text="等着的", kind=PostKind.NOTICE, **fields, **waits))
    office.promise("回答")
    office.relay.settle(office.take(), Sent("x"), after(1))
    assert reachable(office)
    assert office.send(after(1)) == ["等着的"]
