"""What a channel reports besides messages, through the real shard over an SQLite file: by hand, on a clock of ours."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from plain import plain_app
from sqlalchemy import Engine
from worlds import ACCOUNT, NOW, World, after, build_world

from bot.app import App
from bot.outcome import Outcome
from bot.shard import Shard
from bot.transports.base import Event, FriendRequest, LoggedIn, LoggedOut, Outage, Post, Recalled, RoomChanged, Sent
from models import schema
from models.codes import Role, RoomMode, Status
from models.engine import open_engine
from models.message import Message, Quote
from models.uow import UnitOfWork

CODE = "K7Q4-M3XP"


@dataclass
class Place:
    """One account over a file. Time is handed in."""

    engine: Engine
    world: World
    app: App = field(init=False)
    shard: Shard = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.start(NOW)

    def start(self, now: datetime, **more: Any) -> None:
        """A new process over the same file."""
        self.app = plain_app(self.engine, (ACCOUNT,), new_code=lambda: CODE, **more)
        self.shard = self.app.shards[ACCOUNT]
        self.shard.start(now)

    def say(self, text: str, minute: float = 0, *, sender: str = "王阿姨", room: str | None = "r1", **more: Any) -> str:
        self.count += 1
        message_id = more.pop("id", f"m{self.count}")
        at = after(minute)
        now = more.pop("now", at)
        message = Message(message_id, ACCOUNT, room, sender, text, at, sender_name=sender, **more)
        self.outcome = self.shard.handle(message, now)
        return message_id

    def happen(self, event: Event, minute: float) -> bool:
        return self.shard.happen(event, after(minute))

    def recall(self, message_id: str, minute: float, *, sender: str = "王阿姨", room: str | None = "r1") -> bool:
        return self.happen(Recalled(room, sender, message_id, after(minute)), minute)

    def send(self, minute: float) -> list[Post]:
        posts = []
        while (post := self.shard.relay.take(after(minute))) is not None:
            posts.append(post)
            self.shard.relay.settle(post, Sent(f"s{post.row}"), after(minute))
        return posts

    def tickets(self) -> list[tuple[str, Status]]:
        with self.app.units.read() as uow:
            return [(ticket.title, ticket.status) for ticket in uow.tickets.all()]

    def gaps(self) -> list[tuple[float, float, str]]:
        with self.app.units.read() as uow:
            return [
                ((gap.since - NOW) / timedelta(minutes=1), (gap.until - NOW) / timedelta(minutes=1), gap.reason)
                for gap in uow.places.all_gaps(ACCOUNT)
            ]

    def steps(self) -> list[list[str]]:
        with self.app.units.read() as uow:
            assert list(uow.seals.damage()) == []
            return [[event.kind for event in uow.tickets.events(ticket.id)] for ticket in uow.tickets.all()]

    def words(self) -> list[str]:
        with self.app.units.read() as uow:
            return [row.text for ticket in uow.tickets.all() for row in uow.tickets.texts(ticket.id).values()]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    engine = open_engine(f"sqlite:///{tmp_path}/x.db")
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.people.grant(world.leader, world.village, Role.ADMIN)
        uow.commit()
    yield Place(engine, world)
    engine.dispose()


# -- messages taken back ------------------------------------------------------------------------


def test_what_was_announced_and_is_taken_back_is_withdrawn_aloud(place: Place) -> None:
    said = place.say("三楼漏水了")
    assert len(place.send(0)) == 2
    assert place.recall(said, 1)
    assert place.tickets() == [("三楼漏水了", Status.WITHDRAWN)]
    posts = place.send(1)
    assert [(post.room, post.text) for post in posts if post.room] == [("r1", "@王阿姨 #1 已撤回。")]
    assert [post.to for post in posts if post.to] == ["老李"]
    assert not place.recall(said, 2)  # told twice, done once
    assert place.send(2) == []
    assert place.steps() == [["opened", "withdrawn"]]


def test_what_was_not_announced_yet_is_withdrawn_without_a_word(place: Place) -> None:
    said = place.say("三楼漏水了")
    place.recall(said, 1)
    assert place.send(1) == []
    assert place.tickets() == [("三楼漏水了", Status.WITHDRAWN)]


def test_the_memory_forgets_it_also_as_it_was_quoted_and_does_not_read_it_again(place: Place) -> None:
    said = place.say("今天天气不错")
    place.say("是啊", sender="老张", quote=Quote(said, "今天天气不错"))
    place.recall(said, 1)
    recent = place.shard.memory.room("r1").recent
    assert [one.utterance.text for one in recent] == ["是啊"]
    assert recent[0].message.quote == Quote(said, "")
    place.say("三楼漏水了", 1, id=said)
    assert place.outcome is Outcome.DUPLICATE


def test_too_late_it_is_only_noted(place: Place) -> None:
    said = place.say("三楼漏水了")
    place.send(0)
    place.recall(said, 11)
    assert place.tickets() == [("三楼漏水了", Status.OPEN)]
    assert place.steps() == [["opened", "recalled"]]
    assert place.send(11) == []


def test_somebody_elses_message_withdraws_nothing(place: Place) -> None:
    said = place.say("三楼漏水了")
    place.recall(said, 1, sender="老张")
    assert place.tickets() == [("三楼漏水了", Status.OPEN)]


def test_who_joined_and_takes_that_back_is_no_requester_any_more(place: Place) -> None:
    first = place.say("三楼漏水了")
    second = place.say("三楼漏水了", 1, sender="老张")
    with place.app.units.read() as uow:
        (ticket,) = uow.tickets.all()
        assert uow.tickets.asking(ticket.id) == 2
    place.recall(second, 2, sender="老张")
    assert place.tickets() == [("三楼漏水了", Status.OPEN)]
    with place.app.units.read() as uow:
        assert [row.person_id for row in uow.tickets.requesters(ticket.id)] == [place.world.resident.id]
    place.recall(first, 3)
    assert place.tickets() == [("三楼漏水了", Status.WITHDRAWN)]


def test_of_several_messages_of_his_only_the_one_goes(place: Place) -> None:
    place.say("三楼漏水了")
    place.send(0)
    second = place.say("三楼漏水了，我的手机13800000001", 6)
    assert any("13800000001" in text for text in place.words())
    place.recall(second, 7)
    assert place.words() == ["三楼漏水了"]
    assert place.tickets() == [("三楼漏水了", Status.OPEN)]
    assert place.steps() == [["opened", "updated", "erased"]]
    assert not any(post.room for post in place.send(7))


def test_the_words_that_opened_it_go_while_later_ones_of_his_stay(place: Place) -> None:
    first = place.say("三楼漏谁漏水了")
    place.say("三楼漏水了，一直滴", 1)
    place.recall(first, 2)
    assert place.tickets() == [("三楼漏水了，一直滴", Status.OPEN)]
    assert all("漏谁" not in text for text in place.words())


def test_in_a_room_that_is_off_or_unknown_nothing_is_written(place: Place) -> None:
    said = place.say("三楼漏水了")
    assert not place.recall(said, 1, room="r9")
    with place.app.units() as uow:
        uow.places.room_by_id(place.world.room.id or 0).mode = RoomMode.OFF
        uow.commit()
    place.shard.dispatcher._directory.forget()
    assert not place.recall(said, 1)
    assert place.tickets() == [("三楼漏水了", Status.OPEN)]


# -- logins and outages -------------------------------------------------------------------------


def test_from_a_logout_to_the_login_is_one_gap_also_over_a_restart(place: Place) -> None:
    place.happen(LoggedIn("bot", after(0)), 0)
    place.shard.beat(after(10))
    place.happen(LoggedOut("logged out", after(11)), 11)
    place.shard.beat(after(15))  # does not say that anything was heard
    with place.app.units.read() as uow:
        assert uow.places.account(ACCOUNT).heard_until == after(11)
    place.start(after(20))
    place.happen(LoggedOut("scan", after(20), qr="x"), 20)
    place.happen(LoggedIn("bot", after(30)), 30)
    assert place.gaps() == [(11, 30, "restart")]
    place.shard.beat(after(31))
    with place.app.units.read() as uow:
        assert uow.places.account(ACCOUNT).heard_until == after(31)
        link = uow.links.link(ACCOUNT)
        assert link is not None and link.online and not link.alarmed


def test_an_outage_is_named_in_the_next_digest_and_parts_of_it_are_one(place: Place) -> None:
    place.happen(Outage(after(5), after(20), "unreachable"), 20)
    place.happen(Outage(after(20), after(40), "unreachable"), 40)
    place.happen(Outage(after(50), after(50), "x"), 50)
    place.happen(LoggedOut("deaf", after(40)), 41)
    place.happen(LoggedIn("bot", after(60)), 60)
    assert place.gaps() == [(5, 60, "unreachable")]
    place.say("日报", 61, sender="老李", room=None)
    (digest,) = place.send(61)
    assert "10:05–11:00 未读到" in digest.text
    assert "中断" not in digest.text


def test_outages_of_seconds_are_named_together(place: Place) -> None:
    for minute, seconds in ((5, 9), (10, 12), (20, 8)):
        place.happen(Outage(after(minute), after(minute + seconds / 60), "unreachable"), minute + 1)
    place.happen(Outage(after(30), after(40), "unreachable"), 40)
    place.say("日报", 61, sender="老李", room=None)
    (digest,) = place.send(61)
    assert digest.text.endswith("10:30–10:40 未读到\n不到一分钟的中断3次，共29秒")


def test_without_another_channel_nobody_is_told_and_it_is_no_error(place: Place, logged: io.StringIO) -> None:
    place.start(after(0))
    assert not place.happen(LoggedOut("scan", after(0), qr="geheim"), 0)
    assert "logged_out" in logged.getvalue()
    assert "geheim" not in logged.getvalue()


# -- groups -------------------------------------------------------------------------------------


def test_a_new_group_is_off_until_it_is_bound_and_a_renamed_one_keeps_what_it_is(place: Place) -> None:
    place.happen(RoomChanged("r7", after(0), name="七组", joined=("bot",)), 0)
    place.say("三楼漏水了", 1, room="r7")
    assert place.outcome is Outcome.UNHEARD
    place.happen(RoomChanged("r1", after(1), name="一微（新）"), 1)
    place.happen(RoomChanged("r1", after(1), joined=("wxid_neu",)), 1)
    place.happen(RoomChanged("r8", after(1), gone=True), 1)
    with place.app.units.read() as uow:
        rooms = {room.external_id: (room.name, room.mode) for room in uow.places.rooms()}
        assert rooms == {"r1": ("一微（新）", RoomMode.ON), "r7": ("七组", RoomMode.OFF)}
        assert uow.people.identity(ACCOUNT, "wxid_neu") is None


def test_a_group_that_threw_it_out_is_off_and_the_operator_hears_of_it_once(place: Place) -> None:
    place.say("三楼漏水了")
    assert place.happen(RoomChanged("r1", after(1), gone=True), 1)
    assert not place.happen(RoomChanged("r1", after(1), gone=True), 1)
    posts = place.send(1)
    told = "账号「test」已不在「一微群」群里，这个群已关掉。要接着用，请重新拉它进群，再绑定一次。"
    assert sum(told in post.text for post in posts) == 1
    assert not any(post.room for post in posts)  # nothing goes there any more


# -- friends ------------------------------------------------------------------------------------


def request(sender: str, hello: str = "", minute: float = 0) -> FriendRequest:
    return FriendRequest(f"f-{sender}-{minute}", sender, hello, after(minute))


def test_whoever_brings_a_live_code_is_accepted_and_bound_and_hears_what_waited(place: Place) -> None:
    with place.app.units() as uow:
        secretary = uow.people.add("王书记")
        uow.people.grant(secretary, place.world.village, Role.SECRETARY)
        code = uow.identities.issue(secretary, by=None, at=NOW, expires_at=after(60))
        uow.commit()
    asked = request("wxid_wang", f"您好，我是王书记，码是{code.lower()}")
    assert place.shard.wants(asked, NOW)
    assert place.shard.befriended(asked, NOW)
    with place.app.units.read() as uow:
        identity = uow.people.identity(ACCOUNT, "wxid_wang")
        assert identity is not None and identity.reachable and identity.person_id == secretary.id
    assert [post.to for post in place.send(0)] == ["wxid_wang"]
    again = request("wxid_other", code, 1)
    assert not place.shard.wants(again, after(1))  # it is used up


def test_a_neighbour_who_is_known_is_accepted_and_a_stranger_is_left(place: Place) -> None:
    with place.app.units() as uow:
        identity = uow.people.identity(ACCOUNT, "王阿姨")
        assert identity is not None
        identity.reachable = False
        uow.commit()
    neighbour = request("王阿姨", "加一下")
    assert place.shard.wants(neighbour, NOW)
    place.shard.befriended(neighbour, NOW)
    assert not place.shard.wants(request("wxid_werbung", "加我领红包 ABCD-EFGH 12345678"), NOW)
    with place.app.units.read() as uow:
        identity = uow.people.identity(ACCOUNT, "王阿姨")
        assert identity is not None and identity.reachable
        assert uow.people.identity(ACCOUNT, "wxid_werbung") is None


def test_no_more_than_so_many_a_day_also_over_a_restart(place: Place) -> None:
    place.start(NOW, friends_per_day={ACCOUNT: 2})
    assert place.shard.wants(request("王阿姨"), NOW)
    place.start(NOW, friends_per_day={ACCOUNT: 2})
    assert place.shard.wants(request("老张"), NOW)
    assert not place.shard.wants(request("老李"), NOW)
    assert place.shard.wants(request("老李", minute=1440), after(24 * 60))


def test_codes_cannot_be_tried_through(place: Place) -> None:
    with place.app.units() as uow:
        uow.identities.issue(place.world.leader, by=None, at=NOW, expires_at=after(60))
        uow.commit()
    wrong = [f"2222-222{sign}" for sign in "23456789"]
    assert not any(place.shard.wants(request("wxid_x", code), NOW) for code in wrong)
    assert not place.shard.wants(request("wxid_x", CODE), NOW)
    assert place.shard.wants(request("wxid_y", CODE), NOW)


# -- replays ------------------------------------------------------------------------------------


def test_what_was_heard_before_a_login_is_not_heard_again_under_new_ids(place: Place) -> None:
    place.say("三楼漏水了", 0)
    place.say("今天天气不错", 1)
    place.say("哈哈", 20)
    place.shard.beat(after(20))
    place.happen(LoggedIn("bot", after(21)), 21)
    place.say("三楼漏水了", 0, now=after(22), sender="neu-1")
    assert place.outcome is Outcome.DUPLICATE
    place.say("哈哈", 20, now=after(22), sender="neu-2")
    assert place.outcome is Outcome.DUPLICATE
    place.say("着火了", 23, sender="neu-1")
    assert place.outcome is Outcome.EFFECT
    assert len(place.tickets()) == 2


def test_nor_after_a_restart_though_what_passed_meanwhile_is_heard(place: Place) -> None:
    place.say("三楼漏水了", 0)
    place.shard.beat(after(1))
    place.start(after(60))
    place.say("三楼漏水了", 0, now=after(61), sender="neu-1")
    assert place.outcome is Outcome.DUPLICATE
    place.say("早", 61)
    place.say("着火了", 30, now=after(62), sender="neu-2")  # behind the newest one, but nobody heard it then
    assert place.outcome is Outcome.EFFECT
    assert len(place.tickets()) == 2


def test_a_straggler_of_seconds_is_heard_and_one_of_hours_is_not(place: Place) -> None:
    place.say("早", 10)
    place.say("三楼漏水了", 8, now=after(10))
    assert place.outcome is Outcome.EFFECT
    place.say("二楼漏水了", 2, now=after(10))
    assert place.outcome is Outcome.DUPLICATE


def test_a_message_from_the_future_does_not_make_the_room_deaf(place: Place) -> None:
    place.say("早", 600, now=after(0))
    place.say("三楼漏水了", 1)
    assert place.outcome is Outcome.EFFECT
    assert len(place.tickets()) == 1
