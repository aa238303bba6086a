"""What a killed process leaves behind, and what the next one makes of it. Real processes, real SIGKILL."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from crashing_process import deliver
from plain import plain_app
from worlds import ACCOUNT, after, build_world

from bot.outcome import Outcome
from bot.shard import Shard
from models import schema
from models.codes import OutgoingState, PostKind
from models.engine import open_engine
from models.message import Message
from models.uow import UnitOfWork

SCRIPT = Path(__file__).parents[1] / "crashing_process.py"
TALK, COMMAND, EMERGENCY = "三楼漏水了", "小哨 恢复", "着火了"
LATER = after(30)


@dataclass
class Machine:
    """The file of the database and the channel, which both survive the process."""

    file: Path
    sent: Path

    def __post_init__(self) -> None:
        self.engine = open_engine(f"sqlite:///{self.file}")
        self.sent.touch()

    def crash(self, point: str, text: str = "") -> None:
        """Run a process until it dies at the point."""
        self.engine.dispose()
        arguments = [sys.executable, "-W", "ignore", str(SCRIPT), str(self.file), str(self.sent), point, text]
        died = subprocess.run(arguments, capture_output=True, timeout=60, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()

    def start(self) -> Shard:
        """Start anew, here."""
        shard = plain_app(self.engine, (ACCOUNT,)).shards[ACCOUNT]
        shard.start(LATER)
        return shard

    def send_all(self, shard: Shard) -> None:
        while (post := shard.relay.take(LATER)) is not None:
            shard.relay.settle(post, deliver(self.sent, post), LATER)

    def arrived(self) -> list[tuple[str, bool]]:
        """(kind, doubled) of everything that the channel got."""
        rows = [line.split("\t") for line in self.sent.read_text(encoding="utf-8").splitlines()]
        return [(kind, doubled == "True") for _, kind, doubled in rows]

    def states(self) -> dict[PostKind, OutgoingState]:
        with UnitOfWork(self.engine, read_only=True) as uow:
            return {row.kind: row.state for state in OutgoingState for row in uow.outbox.in_state(state)}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "bot.db", tmp_path / "sent.txt")
    schema.upgrade(made.engine)
    with UnitOfWork(made.engine) as uow:
        build_world(uow)
        uow.commit()
    yield made
    made.engine.dispose()


def _message(text: str) -> Message:
    return Message("m1", ACCOUNT, "r1", "王阿姨", text, after(2), sender_name="王阿姨")


def test_killed_between_commit_and_send_it_is_sent_once(machine: Machine) -> None:
    machine.crash("after the commit", TALK)
    assert machine.arrived() == []
    machine.send_all(machine.start())
    assert sorted(machine.arrived()) == [("ack", False), ("notice", False)]
    assert set(machine.states().values()) == {OutgoingState.SENT}
    machine.send_all(machine.start())
    assert len(machine.arrived()) == 2


def test_killed_while_sending_a_reply_goes_again_and_is_marked(machine: Machine) -> None:
    machine.crash("before sending", COMMAND)
    machine.send_all(machine.start())
    assert machine.arrived() == [("reply", True)]


def test_killed_after_sending_a_reply_arrives_at_most_twice(machine: Machine) -> None:
    machine.crash("after sending", COMMAND)
    machine.crash("after sending")  # dies again over the second one
    machine.send_all(machine.start())
    assert machine.arrived() == [("reply", False), ("reply", True)]
    assert machine.states() == {PostKind.REPLY: OutgoingState.MAYBE}


def test_killed_after_sending_an_emergency_goes_again(machine: Machine) -> None:
    machine.crash("after sending", EMERGENCY)
    machine.send_all(machine.start())
    assert sorted(machine.arrived()) == [("emergency", False), ("emergency", False), ("emergency", True)]


def test_killed_after_sending_anything_else_is_left_and_shown(machine: Machine) -> None:
    machine.crash("after sending", TALK)
    machine.send_all(machine.start())
    assert machine.arrived() == [("ack", False), ("notice", False)]
    assert machine.states() == {PostKind.ACK: OutgoingState.MAYBE, PostKind.NOTICE: OutgoingState.SENT}


def test_killed_after_settling_nothing_goes_twice(machine: Machine) -> None:
    machine.crash("after settling", TALK)
    machine.send_all(machine.start())
    assert machine.arrived() == [("ack", False), ("notice", False)]
    assert set(machine.states().values()) == {OutgoingState.SENT}


def test_killed_before_the_commit_nothing_is_written_and_a_gap_is(machine: Machine) -> None:
    machine.crash("before the commit", TALK)
    with UnitOfWork(machine.engine, read_only=True) as uow:
        assert (list(uow.tickets.all()), uow.outbox.counts(), uow.once.seen(ACCOUNT, "m1")) == ([], {}, False)
    shard = machine.start()
    with UnitOfWork(machine.engine, read_only=True) as uow:
        gaps = [(gap.since, gap.until, gap.room_id) for gap in uow.places.all_gaps(ACCOUNT)]
        assert gaps == [(after(1), LATER, None)]
        assert uow.places.account(ACCOUNT).heard_until == LATER
    # A channel that delivers again gives the message its one effect after all.
    outcomes = [shard.handle(_message(TALK), LATER) for _ in range(3)]
    assert outcomes == [Outcome.EFFECT, Outcome.DUPLICATE, Outcome.DUPLICATE]


def test_delivered_again_after_the_restart_a_message_has_no_second_effect(machine: Machine) -> None:
    machine.crash("after the commit", TALK)  # delivered twice there
    assert machine.start().handle(_message(TALK), LATER) is Outcome.DUPLICATE
    with UnitOfWork(machine.engine, read_only=True) as uow:
        (ticket,) = uow.tickets.all()
        assert len(uow.tickets.events(ticket.id)) == 1
        assert sum(uow.outbox.counts().values()) == 2
        assert list(uow.seals.damage()) == []


def test_a_restart_however_quick_is_a_gap_and_a_first_start_is_none(machine: Machine) -> None:
    shard = plain_app(machine.engine, (ACCOUNT,)).shards[ACCOUNT]
    shard.start(after(0))
    shard.beat(after(1))
    shard.start(after(1.05))
    shard.start(after(1.05))
    with UnitOfWork(machine.engine, read_only=True) as uow:
        assert [(gap.since, gap.until) for gap in uow.places.all_gaps(ACCOUNT)] == [(after(1), after(1.05))]
