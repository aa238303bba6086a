"""What was refused because the account was not connected goes as soon as it is."""

from datetime import timedelta

import pytest
from posts import Office, open_office
from worlds import NOW, after

from bot.transports.base import LoggedIn, Outage, Refused
from models.codes import PostKind

OFFLINE = Refused("not connected", retry=True, offline=True)
BUSY = Refused("busy", retry=True, code=45009)


@pytest.fixture
def office() -> Office:
    return open_office()


def through_an_outage(office: Office, refused: Refused, minutes: float = 30) -> None:
    """Tried again and again, as late as the pauses say."""
    now = NOW
    while (wake := office.relay.wake_at(now)) is not None and wake < after(minutes):
        now = wake
        while (post := office.relay.take(now)) is not None:
            office.relay.settle(post, refused, now)


def log_in(office: Office, minutes: float) -> bool:
    return office.app.shards["test"].happen(LoggedIn("bot", after(minutes)), after(minutes))


def test_after_a_long_outage_answers_go_at_once_and_in_order(office: Office) -> None:
    room = office.world.room.id
    office.promise("回答一", room_id=room)
    office.promise("回答二", room_id=room)
    office.promise("通知", PostKind.NOTICE, room_id=room)
    through_an_outage(office, OFFLINE)
    wake = office.relay.wake_at(after(30))
    assert wake is not None and wake - after(30) > timedelta(seconds=60)
    assert log_in(office, 30)
    assert office.send(after(30)) == ["回答一", "回答二", "通知"]


def test_the_end_of_an_outage_says_it_too(office: Office) -> None:
    office.promise("回答")
    through_an_outage(office, OFFLINE)
    assert office.app.shards["test"].happen(Outage(NOW, after(30), "lost"), after(30))
    assert office.send(after(30)) == ["回答"]


def test_what_the_channel_itself_asked_to_wait_waits_all_the_same(office: Office) -> None:
    office.promise("回答")
    through_an_outage(office, BUSY)
    assert not log_in(office, 30)
    assert office.send(after(30)) == []


def test_a_new_process_does_not_wait_either(office: Office) -> None:
    office.promise("回答")
    through_an_outage(office, OFFLINE)
    office.restart()
    office.relay.recover(after(30))
    assert office.send(after(30)) == []
    assert log_in(office, 30)
    assert office.send(after(30)) == ["回答"]
