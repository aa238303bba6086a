"""From the outbox to the channel: order, budgets, quiet hours, merging, and every outcome."""

from datetime import datetime, timedelta

import pytest
from posts import Office, open_office
from worlds import ACCOUNT, NOW, add_ticket, after

from bot.relay import LONGEST_PAUSE, TOGETHER, TRIED_FOR
from bot.transports.base import Refused, Sent, Unknown
from models.codes import OutgoingState, PostKind, Role, RoomMode, Status
from models.states import Move

NIGHT = NOW.replace(hour=15)  # 23:00 in Shanghai
MORNING = NIGHT.replace(hour=23)  # 07:00 of the next day
AGAIN = Refused("busy", retry=True)


@pytest.fixture
def office() -> Office:
    return open_office()


@pytest.fixture
def limited() -> Office:
    """With budgets and quiet hours."""
    return open_office(limits=True)


def acks(office: Office, count: int, at: datetime = NOW) -> list[int]:
    room = office.world.room.id
    return [
        office.promise(f"已登记 #{n}", PostKind.ACK, at=at, room_id=room, merge={"number": n})
        for n in range(1, count + 1)
    ]


# -- order ------------------------------------------------------------------------------------------


def test_in_order_within_a_kind_and_the_urgent_first(office: Office) -> None:
    room = office.world.room.id
    for text, kind in [
        ("一", PostKind.NOTICE),
        ("二", PostKind.REPLY),
        ("三", PostKind.NOTICE),
        ("急", PostKind.EMERGENCY),
    ]:
        office.promise(text, kind, room_id=room)
    assert office.send() == ["急", "二", "一", "三"]


def test_backoff_holds_up_its_own_lane_only(office: Office) -> None:
    room = office.world.room.id
    office.promise("甲", room_id=room)
    office.promise("乙", room_id=room)
    first = office.take()
    assert first.text == "甲"
    office.relay.settle(first, AGAIN, NOW)
    assert office.relay.take(NOW) is None  # 乙 does not overtake 甲
    office.promise("急", PostKind.EMERGENCY, room_id=room)
    office.promise("报", PostKind.DIGEST)
    assert office.send() == ["急", "报"]
    assert office.relay.wake_at(NOW) == NOW + timedelta(seconds=2)
    assert office.send(NOW + timedelta(seconds=2)) == ["甲", "乙"]


def test_each_refusal_waits_longer_up_to_a_limit_and_after_a_day_it_is_shown(office: Office) -> None:
    row = office.promise("喂")
    now, waits = NOW, []
    while (wake := office.relay.wake_at(now)) is not None:
        waits.append(wake - now)
        now = wake
        office.relay.settle(office.take(now), AGAIN, now)
    assert [wait.total_seconds() for wait in waits[1:5]] == [2, 4, 8, 16]
    assert max(waits) == LONGEST_PAUSE
    assert NOW + TRIED_FOR <= now < NOW + TRIED_FOR + LONGEST_PAUSE
    assert office.state(row) == (OutgoingState.STUCK, "busy")


def test_a_refusal_for_good_is_shown_at_once(office: Office) -> None:
    row = office.promise("喂")
    assert office.send(outcome=Refused("not a friend")) == ["喂"]
    assert office.state(row) == (OutgoingState.REFUSED, "not a friend")


# -- limits -----------------------------------------------------------------------------------------


def test_a_room_hears_so_many_posts_an_hour_but_every_emergency(limited: Office) -> None:
    for number in range(14):
        limited.promise(f"第{number}句", room_id=limited.world.room.id)
    assert len(limited.send()) == 12
    assert limited.relay.wake_at(NOW) == NOW + timedelta(hours=1)
    limited.promise("着火了", PostKind.EMERGENCY, room_id=limited.world.room.id)
    limited.promise("单独说")
    assert limited.send() == ["着火了", "单独说"]
    # The emergency counts: it was heard like any other post.
    assert limited.send(NOW + timedelta(hours=1)) == ["第12句", "第13句"]


def test_an_account_says_so_much_a_minute(limited: Office) -> None:
    for number in range(20):
        limited.promise(f"第{number}句")
    assert len(limited.send()) == 15
    assert len(limited.send(after(1))) == 5


def test_at_night_only_emergencies_and_answers_in_private_leave(limited: Office) -> None:
    room = limited.world.room.id
    limited.promise("群里的回答", room_id=room, at=NIGHT)
    limited.promise("登记", PostKind.ACK, room_id=room, at=NIGHT)
    limited.promise("催办", PostKind.REMINDER, at=NIGHT)
    limited.promise("私下的回答", at=NIGHT)
    limited.promise("着火了", PostKind.EMERGENCY, room_id=room, at=NIGHT)
    assert limited.send(NIGHT) == ["着火了", "私下的回答"]
    assert limited.relay.wake_at(NIGHT) == MORNING
    assert limited.send(MORNING - timedelta(seconds=1)) == []
    assert limited.send(MORNING) == ["群里的回答", "登记", "催办"]


def test_a_night_does_not_empty_the_account_of_the_day(limited: Office) -> None:
    for minute in range(40):
        for number in range(15):
            limited.promise(f"{minute}.{number}", at=after(minute))
        assert len(limited.send(after(minute))) == 15
    limited.promise("群", room_id=limited.world.room.id, at=NIGHT)
    limited.promise("私", at=NIGHT)
    assert limited.send(NIGHT) == []
    assert limited.relay.wake_at(NIGHT) == NOW + timedelta(days=1)


def test_what_comes_too_late_is_dropped_and_says_so(limited: Office) -> None:
    late = limited.promise("通知", PostKind.NOTICE, expires_at=after(1))
    kept = limited.promise("回答")
    assert limited.send(after(2)) == ["回答"]
    assert limited.state(late) == (OutgoingState.EXPIRED, "expired")
    assert limited.state(kept)[0] is OutgoingState.SENT


# -- merging ----------------------------------------------------------------------------------------


def test_acks_that_waited_become_one_line(limited: Office) -> None:
    rows = acks(limited, 3, at=NIGHT)
    (text,) = limited.send(MORNING)
    assert "#1 #2 #3" in text
    assert [limited.state(row)[0] for row in rows] == [OutgoingState.SENT, OutgoingState.MERGED, OutgoingState.MERGED]


def test_a_merged_line_has_a_limit_and_speaks_of_all_its_tickets(office: Office) -> None:
    with office.writing() as uow:
        tickets = [add_ticket(uow, office.world).id for _ in range(2)]
    for number, ticket in enumerate(tickets, start=1):
        office.promise(
            "登记", PostKind.ACK, room_id=office.world.room.id, merge={"number": number}, ticket_ids=[ticket]
        )
    office.send()
    with office.app.units() as uow:
        row = uow.outbox.by_sent_id("test", "id-1")
        assert row is not None
        assert row.ticket_ids == tickets
    acks(office, TOGETHER + 5)
    assert [text.count("#") for text in office.send()] == [TOGETHER, 5]


def test_a_merged_line_that_was_refused_is_merged_once(office: Office) -> None:
    acks(office, 2)
    post = office.take()
    office.relay.settle(post, AGAIN, NOW)
    (text,) = office.send(after(1))
    assert text == post.text


def test_private_notices_to_one_person_go_together(office: Office) -> None:
    office.promise("一", PostKind.NOTICE)
    office.promise("二", PostKind.NOTICE)
    office.promise("三", PostKind.NOTICE, person_id=office.world.leader.id, address="老李")
    office.promise("四", PostKind.REMINDER)
    assert office.send() == ["一\n\n二", "三", "四"]


# -- who hears it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"muted": True}, "muted"),
        ({"mode": RoomMode.OFF}, "room is off"),
        ({"mode": RoomMode.SHADOW}, "room is shadow"),
        ({"paused": True}, "muted"),
    ],
)
def test_a_silent_room_hears_nothing_its_people_still_do(office: Office, change: dict[str, object], why: str) -> None:
    row = office.promise("群", room_id=office.world.room.id)
    alarm = office.promise("急", PostKind.EMERGENCY, room_id=office.world.room.id)
    office.promise("私")
    with office.writing() as uow:
        room = uow.places.room_by_id(office.world.room.id)
        for name, value in change.items():
            setattr(uow.places.account("test") if name == "paused" else room, name, value)
    assert office.send() == ["私"]
    assert office.state(row) == office.state(alarm) == (OutgoingState.DROPPED, why)


def leaderless(office: Office) -> int:
    """A room of the other micro-grid, which nobody leads."""
    with office.writing() as uow:
        room = uow.places.add_room(
            account=ACCOUNT, external_id="r2", name="二微群", node=office.world.other_micro, mode=RoomMode.ON
        )
    assert room.id is not None
    return room.id


def appoint(office: Office) -> None:
    with office.writing() as uow:
        uow.people.grant(office.world.member, office.world.other_micro, Role.MICRO_LEADER)


def test_whoever_leads_when_it_is_sent_gets_it(office: Office) -> None:
    row = office.promise("听到一条线索", PostKind.NOTICE, leader_of=leaderless(office))
    appoint(office)
    post = office.take()
    assert (post.to, post.room, post.leader_of) == ("老张", None, None)
    office.relay.settle(post, Sent("x"), NOW)
    assert office.state(row)[0] is OutgoingState.SENT


def test_without_anybody_in_charge_it_is_stuck_and_shown_until_there_is_somebody(office: Office) -> None:
    row = office.promise("听到一条线索", PostKind.NOTICE, leader_of=leaderless(office))
    nobody = office.promise("给你", person_id=office.world.member.id, address=None)
    assert office.send() == []
    assert office.state(row) == (OutgoingState.STUCK, "nobody is in charge")
    assert office.state(nobody) == (OutgoingState.STUCK, "the person is not on this account")
    office.relay.look_again(NOW)
    assert office.send() == []
    appoint(office)
    office.relay.look_again(after(0.5))
    assert office.send(after(0.5)) == []
    office.relay.look_again(after(1))
    assert office.send(after(1)) == ["听到一条线索"]


def test_a_reminder_that_is_no_longer_true_is_dropped(office: Office) -> None:
    with office.writing() as uow:
        ticket = add_ticket(uow, office.world)
    row = office.promise("催办", PostKind.REMINDER, ticket_ids=[ticket.id], valid_in=[Status.OPEN.value])
    with office.writing() as uow:
        uow.tickets.move(uow.tickets.get(ticket.id), Move.ACCEPT, at=NOW, actor_id=None)
    assert office.send() == []
    assert office.state(row) == (OutgoingState.DROPPED, "no longer true")


# -- what nobody knows ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [PostKind.REPLY, PostKind.EMERGENCY])
def test_an_answer_of_unknown_fate_goes_again_once(office: Office, kind: PostKind) -> None:
    row = office.promise("喂", kind)
    first = office.take()
    office.relay.settle(first, Unknown("timeout"), NOW)
    second = office.take()
    assert (first.doubled, second.doubled) == (False, True)
    office.relay.settle(second, Unknown("timeout"), NOW)
    assert office.relay.take(NOW) is None
    assert office.state(row) == (OutgoingState.MAYBE, "timeout")


def test_anything_else_of_unknown_fate_is_left_and_shown(office: Office) -> None:
    row = office.promise("通知", PostKind.NOTICE)
    assert office.send(outcome=Unknown("timeout")) == ["通知"]
    assert office.state(row) == (OutgoingState.MAYBE, "timeout")


def test_after_a_crash_what_waited_goes_and_what_was_going_is_decided(office: Office) -> None:
    room = office.world.room.id
    answer = office.promise("回答", room_id=room)
    notice = office.promise("通知", PostKind.NOTICE, room_id=room)
    office.promise("日报", PostKind.DIGEST)
    office.take()
    office.take()
    office.restart()
    office.relay.recover(after(1))
    again = office.take(after(1))
    assert (again.row, again.doubled) == (answer, True)
    assert office.state(notice) == (OutgoingState.MAYBE, "interrupted")
    office.relay.settle(again, Sent("y"), after(1))
    assert office.send(after(1)) == ["日报"]


def test_budgets_outlive_a_restart(limited: Office) -> None:
    for number in range(14):
        limited.promise(f"第{number}句", room_id=limited.world.room.id)
    limited.send()
    limited.restart()
    limited.relay.recover(after(1))
    assert limited.send(after(1)) == []
    assert limited.relay.wake_at(after(1)) == NOW + timedelta(hours=1)
