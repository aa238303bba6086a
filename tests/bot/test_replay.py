"""xiaoshao replay: the rows that others build on, exactly."""

import re
from datetime import datetime

import pytest
from posts import open_office
from replaying import LEADER, ROOM, TALK, Run, message, run, setup
from worlds import add_ticket

from bot.replay.chatfile import ChatFileError
from bot.replay.command import Options
from bot.replay.results import ticket_rows
from models.codes import Status

POST = ["type", "id", "kind", "room", "text", "in_reply_to", "at"]
TICKET = [
    "type", "number", "kind", "category", "status", "band", "private", "room", "place", "requesters", "messages",
    "evidence",
]  # fmt: skip
SUMMARY = ["type", "messages", "tickets", "signals", "posts", "ignored", "seconds"]
KINDS = {"reply", "ack", "notice", "reminder", "digest", "emergency", "evaluation"}


def test_rows_have_exactly_these_shapes() -> None:
    done = run(setup(people=[LEADER]), *TALK)
    assert [row["type"] for row in done.rows] == ["post"] * len(done.posts) + ["ticket", "ticket", "signal", "summary"]
    for post in done.posts:
        where = "to" if "to" in post else "room"
        assert list(post) == [name if name != "room" else where for name in POST]
        assert post["kind"] in KINDS
        assert datetime.fromisoformat(post["at"]).utcoffset() is not None
        assert re.fullmatch(r"m\d+\+\d+", post["id"])
        assert post["id"].partition("+")[0] == post["in_reply_to"]
    assert len({post["id"] for post in done.posts}) == len(done.posts)
    assert all(list(ticket) == TICKET for ticket in done.tickets)
    assert done.signals == [
        {
            "type": "signal", "number": "S1", "kind": "complaint", "category": "noise", "status": "waiting",
            "band": "ask", "private": False, "room": "g1", "place": None, "requesters": ["p2"], "messages": ["m4"],
            "evidence": ["好像有点吵"],
        }
    ]  # fmt: skip
    assert list(done.summary) == SUMMARY
    assert done.summary | {"seconds": 0} == {
        "type": "summary", "messages": 5, "tickets": 2, "signals": 1, "posts": len(done.posts), "ignored": 1,
        "seconds": 0,
    }  # fmt: skip
    assert isinstance(done.summary["seconds"], float)


def test_a_ticket_names_places_people_and_messages() -> None:
    done = run(setup(people=[LEADER]), *TALK)
    assert done.tickets[0] == {
        "type": "ticket", "number": 1, "kind": "complaint", "category": "utilities", "status": "open", "band": "act",
        "private": False, "room": "g1", "place": "3栋2单元", "requesters": ["p1", "p2"], "messages": ["m1", "m2"],
        "evidence": ["漏水"],
    }  # fmt: skip
    assert [ticket["number"] for ticket in done.tickets] == [1, 2]


def test_posts_to_a_room_without_a_leader_name_the_room() -> None:
    without = run(setup(), *TALK[:1])
    assert [post.get("to") for post in without.posts] == [None, "leader:g1"]
    assert "to" not in without.posts[0]
    assert without.posts[0]["room"] == "g1"
    given = run(setup(people=[LEADER]), *TALK[:1])
    assert [post.get("to") for post in given.posts] == [None, "p9"]


def test_what_is_registered_by_command_counts_and_commands_do_not() -> None:
    done = run(
        message(1, "p1", "@小哨 登记 楼道太黑", mentions=["bot"]),
        message(2, "p1", "3栋2单元漏水了"),
        message(3, "p1", "查 1"),
        message(4, "p3", "大家好"),
        message(5, "p9", "登记", role="leader", quote={"id": "m4"}),
        message(6, "p9", "受理 1"),
    )
    assert [ticket["messages"] for ticket in done.tickets] == [["m1"], ["m2"], ["m4"]]
    assert [ticket["band"] for ticket in done.tickets] == ["command", "act", "command"]
    assert done.tickets[2]["requesters"] == ["p3"]
    assert done.tickets[0]["status"] == "accepted"


def test_numbers_of_tickets_and_signals_are_filled_in() -> None:
    done = run(
        setup(people=[LEADER]),
        message(1, "p2", "好像有点吵"),
        message(2, "p1", "3栋2单元漏水了"),
        message(3, "p9", "受理 {#m2}"),
        message(4, "p9", "确认 {#m1}"),
        message(5, "p9", "办结 {#m1} 说过了"),
    )
    assert {ticket["messages"][0]: ticket["status"] for ticket in done.tickets} == {"m2": "accepted", "m1": "resolved"}
    assert [ticket["band"] for ticket in done.tickets] == ["act", "ask"]
    assert not done.signals
    assert done.warned == ""


def test_a_number_of_nothing_is_talk_and_a_warning() -> None:
    done = run(message(1, "p1", "撤回 {#m9}"), message(2, "p9", "受理 {#m1}", role="leader"))
    assert done.posts == []
    assert done.warned.splitlines() == [
        "注意：消息 m1 里的 {#m9} 没有对应的编号，这条按普通聊天处理。",
        "注意：消息 m2 里的 {#m1} 没有对应的编号，这条按普通聊天处理。",
    ]
    assert done.summary["ignored"] == 2


def test_roles_are_gathered_from_the_whole_file_and_hold_per_room() -> None:
    later = [
        message(1, "p1", "3栋2单元漏水了"),
        message(2, "p9", "受理 1"),
        message(3, "p9", "早", role="leader"),
        message(4, "p8", "2栋漏水了", room="g2"),
        message(5, "p9", "受理 2", room="g2"),
    ]
    done = run(*later)
    assert [ticket["status"] for ticket in done.tickets] == ["accepted", "open"]
    assert [ticket["room"] for ticket in done.tickets] == ["g1", "g2"]


def test_two_roles_in_one_room_are_an_error_in_two_rooms_not() -> None:
    with pytest.raises(ChatFileError, match=r"第2行说“p1”在群“g1”里的身份是 leader"):
        run(message(1, "p1", "早", role="resident"), message(2, "p1", "早", role="leader"))
    run(message(1, "p1", "早", role="resident"), message(2, "p1", "早", role="leader", room="g2"))


def test_a_second_line_with_an_id_is_ignored() -> None:
    once = run(*TALK)
    twice = run(TALK[0], *TALK, TALK[3])
    assert once.stable == twice.stable


def test_now_is_the_largest_time_so_far() -> None:
    done = run(
        message(1, "p1", "早", at="2026-05-06T12:00:00"),
        message(2, "p1", "3栋2单元漏水了", at="2026-05-06T10:00:00"),
    )
    assert {post["at"] for post in done.posts} == {"2026-05-06T12:00:00+08:00"}
    late = run(
        message(1, "p1", "早", at="2026-05-06T12:00:00"), message(2, "p1", "3栋漏水了", at="2026-05-05T23:00:00")
    )
    assert not late.tickets


def test_times_are_written_in_the_zone_of_the_file() -> None:
    done = run(setup(tz="UTC"), *TALK[:1])
    assert done.posts[0]["at"] == "2026-05-06T10:00:01+00:00"


@pytest.mark.parametrize(
    ("mode", "tickets", "signals", "posts"), [("开", 1, 0, 2), ("询问", 0, 1, 1), ("影子", 0, 1, 0), ("off", 0, 0, 0)]
)
def test_the_mode_of_the_rooms_may_be_set(mode: str, tickets: int, signals: int, posts: int) -> None:
    done = run(setup(mode=mode), *TALK[:1])
    assert (len(done.tickets), len(done.signals), len(done.posts)) == (tickets, signals, posts)


def test_everybody_can_be_written_to_and_private_chats_are_their_own() -> None:
    done = run(
        setup(rooms=[ROOM]),
        message(1, "p1", "早"),
        message(2, "p1", "3栋2单元漏水了", room=None),
        message(3, "p1", "我的", room=None),
    )
    assert {post.get("to") for post in done.posts} == {"p1", "leader:g1"}
    assert done.tickets[0]["messages"] == ["m2"]
    assert "#1" in done.posts[-1]["text"]


def test_an_emergency_is_its_own_kind() -> None:
    done = run(message(1, "p1", "着火了", at="2026-05-06T23:30:00"))
    assert {post["kind"] for post in done.posts} == {"emergency"}
    assert {post["at"] for post in done.posts} == {"2026-05-06T23:30:00+08:00"}


def test_options_have_the_defaults_of_the_command_line() -> None:
    assert Options.__dataclass_fields__["limits"].default is True
    assert isinstance(run(*TALK), Run)


def test_a_merged_ticket_names_the_other() -> None:
    office = open_office()
    with office.writing() as uow:
        kept, gone = add_ticket(uow, office.world), add_ticket(uow, office.world)
        gone.merged_into, gone.status = kept.id, Status.MERGED
    with office.app.units() as uow:
        first, second = ticket_rows(uow)
    assert list(first) == TICKET
    assert list(second) == [*TICKET, "merged_into"]
    assert (second["merged_into"], second["status"]) == (1, "merged")
