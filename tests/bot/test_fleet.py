"""A publication of a small fleet whose processes are killed between taking a post and settling it, at every point."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bench.fleet import PUBLICATION, Fleet, broken, open_fleet, promised_by, read_by
from models.codes import OutgoingState, PostKind
from models.engine import open_engine
from models.outgoing_tables import Outgoing

SIZES = (1, 1, 1, 1, 5)
ROOMS = SIZES[-1]


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return open_fleet(open_engine(f"sqlite:///{tmp_path}/fleet.db"), SIZES)


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize("sent", range(ROOMS))
def test_killed_once_it_goes_on_and_nobody_reads_it_twice(fleet: Fleet, sent: int, arrives: bool) -> None:
    fleet.say(PUBLICATION, 1)
    fleet.run(posts=1 + sent)  # the answer to whoever said it comes first
    fleet.kill(arrives=arrives)
    fleet.run()
    read = read_by(fleet.took)
    assert set(read.values()) == {1}
    assert len(read) == ROOMS - (not arrives)
    assert fleet.states() == {OutgoingState.SENT: ROOMS - 1, OutgoingState.MAYBE: 1}
    assert broken(fleet.took) == []


def test_killed_at_every_post_each_group_is_tried_once(fleet: Fleet) -> None:
    fleet.say(PUBLICATION, 1)
    for place in range(ROOMS):
        fleet.kill(arrives=place % 2 == 0)
    fleet.run()
    assert set(read_by(fleet.took).values()) == {1}
    assert fleet.states() == {OutgoingState.MAYBE: ROOMS}
    assert broken(fleet.took) == []


def test_it_is_there_by_when_was_said_and_not_long_before(tmp_path: Path) -> None:
    fleet = open_fleet(open_engine(f"sqlite:///{tmp_path}/fleet.db"), (1, 1, 1, 1, 20))
    promised = fleet.say(PUBLICATION, 1)
    fleet.run()
    last = max(at for at, post in fleet.took if post.kind is PostKind.PUBLICITY)
    assert last <= promised_by(promised)
    assert promised_by(promised).timestamp() - last.timestamp() <= 180
    assert fleet.states() == {OutgoingState.SENT: 20}


def test_what_takes_hours_is_said_in_hours(tmp_path: Path) -> None:
    fleet = open_fleet(open_engine(f"sqlite:///{tmp_path}/fleet.db"), (1, 1, 1, 1, 40))
    for _ in range(11):  # so much was posted today that the rest goes tomorrow
        fleet.run()
        with fleet.app.units() as uow:
            for row in range(14):
                post = Outgoing(account="a0", kind=PostKind.REPLY, text="x", created_at=fleet.now, not_before=fleet.now)
                post.person_id, post.address, post.state = "p1", "wp1", OutgoingState.SENT
                post.sent_at = post.tried_at = fleet.now - timedelta(hours=20, seconds=row)
                uow.outbox.add(post)
            uow.commit()
    fleet.restart()
    promised = fleet.say(PUBLICATION, 1)
    assert re.search(r"大约\d+小时发完，预计5月6日 14:\d\d前。", promised), promised
    fleet.run()
    last = max(at for at, post in fleet.took if post.kind is PostKind.PUBLICITY)
    assert last <= promised_by(promised)


def test_taken_back_half_way_and_restarted_the_rest_stays_at_home(fleet: Fleet) -> None:
    fleet.say(PUBLICATION, 1)
    fleet.run(posts=3)
    reached = set(read_by(fleet.took))
    said = fleet.say("撤回 1", 2)
    assert f"给看过的{len(reached)}个群补一句" in said
    fleet.restart()
    fleet.run()
    assert set(read_by(fleet.took)) == reached
    assert fleet.states()[OutgoingState.DROPPED] == ROOMS - len(reached)
    told = [post.room for _, post in fleet.took if post.kind is PostKind.PUBLICITY and "撤回" in post.text]
    assert len(told) == len(set(told)) == len(reached)
