"""Time in a replay: schedules, quiet hours, budgets, --clock, --until, --no-limits."""

import pytest
from replaying import LEADER, message, run, setup

from bot.replay.chatfile import ChatFileError

FIVE = [
    message(1, "p1", "3栋2单元漏水了"),
    message(2, "p9", "受理 1", role="leader"),
    message(3, "p9", "办结 1 换了阀门"),
]
WEEK = "2026-05-13T10:01:00"


def test_a_week_of_silence_closes_with_and_without_a_clock() -> None:
    assert run(*FIVE).tickets[0]["status"] == "resolved"
    silent = run(*FIVE, until=WEEK)
    assert silent.tickets[0]["status"] == "closed"
    assert {post["kind"] for post in silent.posts} == {"ack", "notice", "reply", "evaluation"}
    assert run(*FIVE, until=WEEK, clock=True).tickets[0]["status"] == "closed"


def test_a_week_may_also_pass_between_two_messages() -> None:
    done = run(*FIVE, message(4, "p1", "早", at=WEEK))
    assert done.tickets[0]["status"] == "closed"
    assert [post["id"] for post in done.posts if post["id"].startswith("clock")] == []


def test_digests_and_reminders_only_with_a_clock_and_at_their_time() -> None:
    talk = [
        setup(people=[LEADER]),
        message(1, "p1", "3栋2单元漏水了"),
        message(2, "p1", "早", at="2026-05-07T19:00:00"),
    ]
    assert [post["kind"] for post in run(*talk).posts] == ["ack", "notice"]
    timed = run(*talk, clock=True).posts
    clocked = [
        (post["id"], post["kind"], post["to"], post["in_reply_to"]) for post in timed if post["id"][:5] == "clock"
    ]
    assert ("clock:digest:1", "digest", "p9", None) in clocked
    assert ("clock:digest:2", "digest", "p9", None) in clocked
    assert ("clock:reminder:1", "reminder", "p9", None) in clocked
    at = {post["id"]: post["at"] for post in timed}
    assert at["clock:digest:1"] == "2026-05-06T18:00:00+08:00"
    assert at["clock:digest:2"] == "2026-05-07T18:00:00+08:00"
    # Within the hour in which more of it would go out in the same message.
    assert at["clock:reminder:1"] == "2026-05-06T12:00:01+08:00"
    assert [post["at"] for post in timed] == sorted(post["at"] for post in timed)


def test_until_goes_on_after_the_last_message_and_cuts_what_comes_later() -> None:
    talk = [setup(people=[LEADER]), message(1, "p1", "3栋2单元漏水了"), message(90, "p1", "5栋漏水了")]
    evening = run(*talk, clock=True, until="2026-05-06T18:00")
    assert evening.posts[-1]["id"] == "clock:digest:1"
    cut = run(*talk, until="2026-05-06T10:01:00+08:00")
    assert (cut.summary["messages"], cut.summary["tickets"]) == (1, 1)
    assert run(*talk, until="2026-05-06T02:01:00Z").stable == cut.stable
    assert run(*talk, until="2026-05-01T00:00").rows[0]["type"] == "summary"


@pytest.mark.parametrize("until", ["明天", "2026-13-01", "9999-12-31T23:59", "2050-01-01T00:00"])
def test_an_until_that_makes_no_sense_is_a_sentence(until: str) -> None:
    with pytest.raises(ChatFileError, match="--until 的时间"):
        run(*FIVE, until=until)


def test_at_night_the_group_is_left_alone_and_hears_one_line_in_the_morning() -> None:
    night = [message(n, f"p{n}", f"{n}栋漏水了", at=f"2026-05-06T23:0{n}:00", place=None) for n in range(1, 4)]
    done = run(*night, message(4, "p4", "早", at="2026-05-07T08:00:00"))
    group = [post for post in done.posts if "room" in post]
    assert len(group) == 1
    assert group[0]["at"] == "2026-05-07T07:00:00+08:00"
    assert (group[0]["id"], group[0]["kind"]) == ("m1+1", "ack")
    assert "#1 #2 #3" in group[0]["text"]
    # The leader hears all of it at once, too.
    assert sum("to" in post for post in done.posts) == 1
    loud = run(*night, limits=False)
    assert [post["at"][11:16] for post in loud.posts if "room" in post] == ["23:01", "23:02", "23:03"]


def test_what_is_still_owed_is_sent_at_the_end_at_the_time_at_which_it_may_leave() -> None:
    done = run(message(1, "p1", "3栋2单元漏水了", at="2026-05-06T23:00:00"))
    assert {post["at"] for post in done.posts} == {"2026-05-07T07:00:00+08:00"}
    assert run(message(1, "p1", "3栋2单元漏水了", at="2026-05-06T23:00:00"), until="2026-05-07T06:59").posts == []


def test_a_room_hears_twelve_posts_an_hour() -> None:
    talk = [message(60 * n, f"p{n}", "@小哨 菜单", mentions=["bot"]) for n in range(14)]
    asked = [f"10:{n:02}" for n in range(14)]
    assert [post["at"][11:16] for post in run(*talk).posts] == [*asked[:12], "11:00", "11:01"]
    assert [post["at"][11:16] for post in run(*talk, limits=False).posts] == asked


def test_an_account_says_fifteen_things_a_minute_and_then_all_the_rest_in_one() -> None:
    done = run(setup(people=[LEADER]), *(message(n, f"p{n}", f"{n}栋漏水了") for n in range(1, 21)))
    at = [post["at"][11:16] for post in done.posts]
    assert at == ["10:00"] * 15 + ["10:01"] * 2
    assert sum(post["text"].count("已登记") for post in done.posts if "room" in post) == at.count("10:00") // 2 + 2
