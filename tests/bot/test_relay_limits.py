"""What an account's channel takes, narrowed by the pack; fair turns; what was sent before counts."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from posts import Office, open_office
from worlds import ACCOUNT, NOW, after

from bot.transports.base import Refused, Unknown
from models.codes import OutgoingState, PostKind, RoomMode
from models.limits import LIMITS, ChannelLimits


@dataclass(frozen=True)
class Limited:
    limits: ChannelLimits = field(default_factory=lambda: LIMITS["wechaty"])


def opened(limits: ChannelLimits | None = None) -> Office:
    """Over a channel with these limits, or over an account whose kind of channel has some."""
    office = open_office(limits=True)
    if limits is None:
        with office.writing() as uow:
            uow.places.account(ACCOUNT).transport = "wechaty"
    else:
        office.relay.over(Limited(limits))
    office.relay.recover(NOW)
    return office


def rooms(office: Office, count: int) -> list[int]:
    with office.writing() as uow:
        made = [
            uow.places.add_room(
                account=ACCOUNT, external_id=f"x{n}", name=f"{n}群", node=office.world.micro, mode=RoomMode.ON
            )
            for n in range(count)
        ]
    return [room.id or 0 for room in made]


def test_a_personal_account_posts_six_a_minute_and_three_hundred_a_day() -> None:
    office = opened()
    for n in range(310):
        office.promise(f"{n}", person_id=office.world.leader.id, address="老李")
    now, sent = NOW, []
    while (wake := office.relay.wake_at(now)) is not None and wake < NOW + timedelta(days=1):
        now = wake
        sent += [now] * len(office.send(now))
    assert len(sent) == 300
    assert all(late - early >= timedelta(minutes=1) for early, late in zip(sent, sent[6:], strict=False))


def test_four_unasked_an_hour_in_a_room_answers_besides() -> None:
    office = opened()
    room = office.world.room.id
    for n in range(6):
        office.promise(f"通知{n}", PostKind.NOTICE, room_id=room)
    assert len(office.send()) == 4
    office.promise("回答", PostKind.REPLY, room_id=room)
    office.promise("着火了", PostKind.EMERGENCY, room_id=room)
    assert office.send() == ["着火了", "回答"]
    assert office.send(after(59)) == []
    assert office.send(after(60)) == ["通知4", "通知5"]


def test_acks_beyond_the_budget_wait_and_go_as_one() -> None:
    office = opened()
    room = office.world.room.id
    for n in range(1, 5):
        office.promise(f"通知{n}", PostKind.NOTICE, room_id=room)
    office.send()
    for n in range(1, 7):
        office.promise(f"已登记 #{n}", PostKind.ACK, room_id=room, at=after(n), merge={"number": n})
    assert office.send(after(10)) == []
    (text,) = office.send(after(60))
    assert "#1 #2 #3 #4 #5 #6" in text


@pytest.mark.parametrize(
    ("kind", "minute", "hour"),
    [("wecom_bot", 30, 1000), ("wecom_webhook", 20, None), ("wecom_app", 30, None), ("wecom_archive", 30, None)],
)
def test_official_limits_count_by_chat(kind: str, minute: int, hour: int | None) -> None:
    limits = LIMITS[kind]
    assert (limits.chat_per_minute, limits.chat_per_hour) == (minute, hour)
    office = opened(ChannelLimits(chat_per_minute=3))
    for n in range(5):
        office.promise(f"甲{n}")
        office.promise(f"乙{n}", person_id=office.world.leader.id, address="老李")
    assert sorted(office.send()) == ["乙0", "乙1", "乙2", "甲0", "甲1", "甲2"]
    assert len(office.send(after(1))) == 4


def test_a_pack_narrows_a_channel_and_never_widens_it() -> None:
    office = opened(ChannelLimits(account_per_minute=100))  # the pack: 15 a minute
    for n in range(20):
        office.promise(f"{n}")
    assert len(office.send()) == 15


def test_what_may_have_arrived_counts_after_a_restart_too() -> None:
    office = opened(ChannelLimits(account_per_hour=3))
    for n in range(6):
        office.promise(f"通知{n}", PostKind.NOTICE, room_id=office.world.room.id)
    office.relay.settle(office.take(), Unknown("timeout"), NOW)
    office.relay.settle(office.take(), Refused("busy", retry=True), NOW)  # never arrived
    office.take(after(1))  # killed
    office.restart()
    office.relay.over(Limited(ChannelLimits(account_per_hour=3)))
    office.relay.recover(after(2))
    assert len(office.send(after(2))) == 1
    assert office.relay.wake_at(after(2)) == after(60)


# -- fair -------------------------------------------------------------------------------------------


def test_a_busy_room_does_not_starve_another() -> None:
    office = opened(ChannelLimits(account_per_minute=3))
    busy, quiet = rooms(office, 2)
    for n in range(12):
        office.promise(f"忙{n}", PostKind.NOTICE, room_id=busy)
    office.promise("静", PostKind.NOTICE, room_id=quiet)
    said = [text for minute in range(3) for text in office.send(after(minute))]
    assert said.index("静") <= 4


def test_two_long_publications_take_turns_and_notices_go_before_both() -> None:
    office = opened(ChannelLimits(account_per_minute=4))
    one, other, third = rooms(office, 3)
    for n in range(9):
        office.promise(f"一{n}", PostKind.PUBLICITY, room_id=one)
    for n in range(9):
        office.promise(f"二{n}", PostKind.PUBLICITY, room_id=other)
    said = [text for minute in range(3) for text in office.send(after(minute))]
    assert {text[0] for text in said} == {"一", "二"}
    office.promise("通知", PostKind.NOTICE, room_id=third)
    assert office.send(after(3))[0] == "通知"


def test_a_publication_leaves_the_rest_of_the_budget_to_answers() -> None:
    office = opened()
    for n, room in enumerate(rooms(office, 20)):
        office.promise(f"公开{n}", PostKind.PUBLICITY, room_id=room)
    assert len(office.send()) == 3
    office.promise("回答")
    assert office.send() == ["回答"]


def test_a_row_in_backoff_delays_nobody_else() -> None:
    office = opened(ChannelLimits(account_per_minute=50))
    one, other = rooms(office, 2)
    first = office.promise("甲", PostKind.NOTICE, room_id=one)
    office.promise("乙", PostKind.NOTICE, room_id=other)
    post = office.take()
    assert post.row == first
    office.relay.settle(post, Refused("busy", code=45009), NOW)
    office.promise("急", PostKind.EMERGENCY, room_id=one)
    assert office.send() == ["急", "乙"]
    assert office.state(first)[0] is OutgoingState.PENDING
