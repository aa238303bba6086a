"""Posts of unknown fate and their echoes, and the codes with which a channel refuses."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from posts import Office, open_office
from worlds import NOW, after

from bot.echoes import MOST, Echoes
from bot.faults import STUCK, Verdict, verdict
from bot.relay import ECHO_WITHIN, LONGEST_PAUSE, TRIED_AT_LEAST
from bot.transports.base import Echo, Post, Refused, Sent, Unknown
from handlers.wording import load_wording
from models.codes import OutgoingState, PostKind
from models.limits import UNLIMITED, ChannelLimits

LOST = Unknown("timeout")


@dataclass(frozen=True)
class Echoing:
    """What the relay reads of a transport."""

    limits: ChannelLimits = UNLIMITED
    echoes: bool = True


@pytest.fixture
def office() -> Office:
    made = open_office()
    made.relay.over(Echoing())
    return made


def reopened(office: Office) -> Office:
    """The same database, a new process, a channel that echoes."""
    office.restart()
    office.relay.over(Echoing())
    return office


def to_room(office: Office, text: str, kind: PostKind = PostKind.NOTICE) -> int:
    return office.promise(text, kind, room_id=office.world.room.id)


def heard(text: str, minutes: float = 0.1, *, room: str | None = "r1", name: str | None = "e1") -> Echo:
    return Echo(text, after(minutes), room=room, to=None if room else "王阿姨", id=name)


def mark_of(office: Office, row: int) -> str | None:
    with office.app.units() as uow:
        return uow.outbox.get(row).echo


@pytest.mark.parametrize("kind", [PostKind.EMERGENCY, PostKind.REPLY, PostKind.NOTICE])
def test_an_echo_says_that_it_arrived(office: Office, kind: PostKind) -> None:
    row = to_room(office, "三楼的灯修好了", kind)
    office.relay.settle(office.take(), LOST, NOW)
    assert office.relay.echo(heard("三楼的灯修好了"), after(0.1))
    assert office.state(row) == (OutgoingState.SENT, None)
    assert office.relay.take(after(5)) is None
    with office.app.units() as uow:
        found = uow.outbox.by_sent_id("test", "e1")
        assert found is not None and found.id == row and found.echo is None


def test_without_an_echo_an_answer_goes_again_after_a_minute_and_a_notice_is_left(office: Office) -> None:
    notice = to_room(office, "通知")
    answer = to_room(office, "回答", PostKind.REPLY)
    for _ in range(2):
        office.relay.settle(office.take(), LOST, NOW)
    assert office.state(notice) == (OutgoingState.MAYBE, "timeout")
    assert office.state(answer) == (OutgoingState.PENDING, "timeout")
    assert office.relay.take(NOW + ECHO_WITHIN - timedelta(seconds=1)) is None
    assert office.relay.wake_at(NOW) == NOW + ECHO_WITHIN
    again = office.take(NOW + ECHO_WITHIN)
    assert (again.row, again.doubled) == (answer, True)
    office.relay.settle(again, LOST, after(1))
    assert office.state(answer) == (OutgoingState.MAYBE, "timeout")
    # Late, but it says so: both are settled after all.
    assert office.relay.echo(heard("回答", 2), after(2))
    assert office.relay.echo(heard("通知", 2, name="e2"), after(2))
    assert office.state(answer)[0] is office.state(notice)[0] is OutgoingState.SENT


def test_an_echo_before_the_answer_of_the_channel_counts(office: Office) -> None:
    row = to_room(office, "回答", PostKind.REPLY)
    post = office.take()
    assert office.relay.echo(heard("回答"), NOW)
    office.relay.settle(post, LOST, after(1))
    assert office.state(row) == (OutgoingState.SENT, None)
    refused = to_room(office, "又一句", PostKind.REPLY)
    post = office.take()
    assert office.relay.echo(heard("又一句", name="e2"), NOW)
    office.relay.settle(post, Refused("busy", retry=True), after(1))
    assert office.state(refused)[0] is OutgoingState.SENT
    assert office.relay.take(after(9)) is None


def test_of_two_posts_alike_the_first_echo_is_the_first_ones(office: Office) -> None:
    first, second = (to_room(office, "好的", PostKind.REPLY) for _ in range(2))
    office.relay.settle(office.take(), Sent("x"), NOW)
    office.relay.settle(office.take(), LOST, NOW)
    assert office.relay.echo(heard("好的"), after(0.1))  # the first one's: it says nothing of the second
    assert office.state(second)[0] is OutgoingState.PENDING
    assert office.relay.echo(heard("好的", name="e2"), after(0.2))
    assert [office.state(row)[0] for row in (first, second)] == [OutgoingState.SENT] * 2
    assert not office.relay.echo(heard("好的", name="e3"), after(0.3))


def test_words_and_place_must_fit_but_not_every_space(office: Office) -> None:
    row = to_room(office, "第一行\n第二行 ")
    office.relay.settle(office.take(), LOST, NOW)
    assert not office.relay.echo(heard("第一行"), after(0.1))
    assert not office.relay.echo(heard("第一行\n第二行", room="r2"), after(0.1))
    assert not office.relay.echo(heard("第一行\n第二行", room=None), after(0.1))
    assert office.relay.echo(heard("第一行\r\n第二行"), after(0.1))
    assert office.state(row)[0] is OutgoingState.SENT


def test_after_a_restart_an_echo_still_finds_its_post_though_the_words_are_gone(office: Office) -> None:
    private = office.promise("只给你的话", PostKind.NOTICE)
    office.relay.settle(office.take(), LOST, NOW)
    with office.writing() as uow:
        uow.outbox.get(private).text = ""  # whatever became of the words: the mark alone is compared
    office = reopened(office)
    office.relay.recover(after(1))
    assert office.relay.echo(heard("只给你的话", 2, room=None), after(2))
    assert office.state(private)[0] is OutgoingState.SENT


def test_killed_while_sending_the_echo_decides_before_it_goes_again(office: Office) -> None:
    row = to_room(office, "回答", PostKind.REPLY)
    office.take()
    office = reopened(office)
    office.relay.recover(after(1))
    assert office.relay.take(after(1)) is None
    assert office.relay.echo(heard("回答", 1.5), after(1.5))
    assert office.state(row)[0] is OutgoingState.SENT
    assert office.relay.take(after(9)) is None


def test_what_is_erased_takes_its_mark_along(office: Office) -> None:
    row = office.promise("只给你的话", PostKind.NOTICE)
    office.relay.settle(office.take(), LOST, NOW)
    assert mark_of(office, row) is not None
    with office.writing() as uow:
        uow.people.forget(uow.people.get(office.world.resident.id), after(1))
    assert mark_of(office, row) is None


def test_of_a_secret_nothing_is_kept_once_it_is_over(office: Office) -> None:
    row = office.promise("你的码是 123456", PostKind.REPLY, secret=True)
    for minutes in (0, 1):
        office.relay.settle(office.take(after(minutes)), LOST, after(minutes))
    assert office.state(row)[0] is OutgoingState.MAYBE
    with office.app.units() as uow:
        found = uow.outbox.get(row)
        assert (found.text, found.echo) == ("", None)


def test_what_is_waited_for_has_an_end() -> None:
    echoes = Echoes()
    for n in range(MOST + 1):
        echoes.expect(Post(n, "test", PostKind.REPLY, f"第{n}句", NOW, room="r1"))
    assert echoes.match(heard("第0句")) is None
    assert echoes.match(heard("第1句")) == 1
    assert echoes.match(heard("第2句", 61)) is None  # too long ago: another post of those words


# -- codes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [-1, 45009, 45033, 40014, 42001])
def test_codes_of_the_moment_are_tried_again(office: Office, code: int) -> None:
    row = to_room(office, "通知")
    office.relay.settle(office.take(), Refused("errcode", code=code), NOW)
    assert office.state(row) == (OutgoingState.PENDING, "errcode")
    wake = office.relay.wake_at(NOW)
    assert wake is not None
    assert wake - NOW == timedelta(seconds={45009: 60, 45033: 5}.get(code, 2))
    assert office.send(wake) == ["通知"]


def test_every_code_that_waits_for_somebody_says_for_what() -> None:
    words = load_wording()
    assert all(words.get(f"fault_code.{code}") for code in STUCK)


def test_a_channel_may_ask_for_a_longer_pause(office: Office) -> None:
    to_room(office, "通知")
    office.relay.settle(office.take(), Refused("busy", retry=True, after=1200), NOW)
    assert office.relay.wake_at(NOW) == after(20)


@pytest.mark.parametrize("code", sorted(STUCK))
def test_codes_of_the_account_or_the_group_wait_for_somebody(office: Office, code: int) -> None:
    row = office.promise("回答")
    office.relay.settle(office.take(), Refused("errcode", retry=True, code=code), NOW)
    with office.app.units() as uow:
        found = uow.outbox.get(row)
        assert (found.state, found.code) == (OutgoingState.STUCK, code)
        identity = uow.people.identity("test", "王阿姨")
        assert identity is not None and identity.reachable  # it is none of his fault


def test_what_the_post_itself_is_refused_for_is_its_own_end() -> None:
    assert verdict(Refused("empty", code=44004), to_room=True) is Verdict.REFUSED
    assert verdict(Refused("unknown room"), to_room=True) is Verdict.STUCK
    assert verdict(Refused("not found", code=5), to_room=True) is Verdict.STUCK
    assert verdict(Refused("no friend"), to_room=False) is Verdict.REFUSED


def test_what_expires_while_it_is_tried_says_so_with_its_reason(office: Office) -> None:
    row = office.promise("通知", PostKind.NOTICE, expires_at=after(10))
    now = NOW
    while (wake := office.relay.wake_at(now)) is not None:
        now = wake
        office.relay.settle(office.take(now), Refused("busy", retry=True, code=-1), now)
    assert office.state(row) == (OutgoingState.EXPIRED, "busy")
    assert now < after(10) + LONGEST_PAUSE


def test_what_had_to_wait_for_days_is_still_tried_more_than_once(office: Office) -> None:
    row = office.promise("公开", PostKind.PUBLICITY, room_id=office.world.room.id)
    now, tries = NOW + timedelta(days=3), 0
    while (wake := office.relay.wake_at(now)) is not None:
        now, tries = wake, tries + 1
        office.relay.settle(office.take(now), Refused("busy", retry=True), now)
    assert tries == TRIED_AT_LEAST
    assert office.state(row) == (OutgoingState.STUCK, "busy")
