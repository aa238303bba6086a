"""Virtual time: everything at its own moment, in order, whatever fails."""

from datetime import datetime, timedelta

import pytest
from posts import Office, open_office
from worlds import ACCOUNT, NOW, after

from bot.driver import Driver
from bot.outgoing import Origin
from bot.transports.memory import MemoryTransport
from handlers.clockwork.schedules import ScheduleKind, Tick
from handlers.effects import Effect, Remind, Tell
from models.codes import PostKind
from models.message import Message

NIGHT = NOW.replace(hour=15)  # 23:00 in Shanghai
MORNING = NIGHT.replace(hour=23)


def remind(office: Office, kind: str, at: datetime, subject: str = "x") -> None:
    with office.writing() as uow:
        office.app.outbound.write(uow, [Remind(kind, subject, "1", at)], Origin(ACCOUNT), NOW)


def driver(office: Office, now: datetime = NOW) -> tuple[Driver, MemoryTransport]:
    transport = MemoryTransport(ACCOUNT)
    return Driver(office.app, transport, now), transport


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, ScheduleKind]:
    """Two kinds of schedules: one says so privately, one fails."""

    def ring(tick: Tick) -> list[Effect]:
        person = tick.uow.people.identity(ACCOUNT, "王阿姨")
        assert person is not None
        return [Tell(person.person_id, PostKind.NOTICE, f"{tick.schedule.subject} {tick.now:%H:%M}")]

    def fail(tick: Tick) -> list[Effect]:
        raise RuntimeError("secret words")

    made = {"ring": ScheduleKind(ring, announces=False), "fail": ScheduleKind(fail, announces=False)}
    monkeypatch.setattr("bot.clock.KINDS", made)
    return made


def test_schedules_and_posts_come_each_at_its_own_time(kinds: dict[str, ScheduleKind]) -> None:
    office = open_office(limits=True)
    for subject, at in [("乙", after(30)), ("甲", after(10)), ("夜", NIGHT)]:
        remind(office, "ring", at, subject)
    drive, _ = driver(office)
    told = [(post.text, post.at) for _, post in drive.advance(MORNING)]
    # What is due at night is decided at night and said in the morning.
    assert told == [("甲 02:10", after(10)), ("乙 02:30", after(30)), ("夜 15:00", MORNING)]
    assert drive.now == MORNING


def test_a_schedule_that_fails_stands_in_nobodys_way(kinds: dict[str, ScheduleKind]) -> None:
    office = open_office()
    remind(office, "fail", after(5))
    remind(office, "ring", after(10), "甲")
    remind(office, "ring", after(20), "乙")
    drive, _ = driver(office)
    assert [post.text for _, post in drive.advance(after(60))] == ["甲 02:10", "乙 02:20"]
    assert list(drive.advance(after(600))) == []


def test_time_never_goes_back_and_flush_waits_for_the_limits() -> None:
    office = open_office(limits=True)
    drive, transport = driver(office, NIGHT)
    drive.say(Message("m1", ACCOUNT, "r1", "王阿姨", "三楼漏水了", NIGHT))
    assert list(drive.send()) == []
    assert list(drive.advance(NOW)) == []
    assert drive.now == NIGHT
    flushed = list(drive.flush())
    assert [post_id for post_id, _ in flushed] == ["m1+1", "m1+2"]
    assert {post.at for _, post in flushed} == {MORNING}
    assert drive.now == MORNING
    assert transport.sent == flushed


def test_the_same_start_gives_the_same_posts() -> None:
    def play() -> list[tuple[str, str]]:
        drive, _ = driver(open_office())
        out = []
        for number in range(5):
            out += drive.advance(NOW + timedelta(seconds=number))
            drive.say(Message(f"m{number}", ACCOUNT, "r1", f"p{number % 2}", f"{number}号楼漏水", drive.now))
            out += drive.send()
        return [(post_id, post.text) for post_id, post in (*out, *drive.flush())]

    assert play() == play()
