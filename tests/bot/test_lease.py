"""Two processes over one database never both run an account. On both databases."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from worlds import ACCOUNT, NOW, build_world

from bot.lease import Lease, LeaseHeldError, LeaseLostError, Runner, this_runner
from models.uow import Units

LONG = timedelta(seconds=31)


def runner(pid: int, machine: str = "m") -> Runner:
    return Runner(machine, "机房", pid, f"k{pid}")


def lease(engine: Engine, pid: int = 1, machine: str = "elsewhere") -> Lease:
    return Lease(ACCOUNT, Units(engine), runner(pid, machine))


def write(engine: Engine, held: Lease) -> None:
    """A commit of the account."""
    with Units(engine).guarded(held.guard)() as uow:
        uow.places.account(ACCOUNT).heard_until = NOW
        uow.commit()


@pytest.fixture
def engine_with_account(engine: Engine) -> Engine:
    with Units(engine)() as uow:
        build_world(uow)
        uow.commit()
    return engine


def test_a_second_process_is_refused_in_a_sentence(engine_with_account: Engine) -> None:
    first, second = lease(engine_with_account), lease(engine_with_account, 2)
    first.acquire(NOW)
    write(engine_with_account, first)
    with pytest.raises(LeaseHeldError, match="账号 test 正由另一个程序运行着（机房 进程 1）") as held:
        second.acquire(NOW)
    assert held.value.until == NOW + timedelta(seconds=30)
    with pytest.raises(LeaseLostError):
        write(engine_with_account, second)


def test_it_is_taken_over_once_it_has_expired_and_the_first_can_commit_no_more(engine_with_account: Engine) -> None:
    first, second = lease(engine_with_account), lease(engine_with_account, 2)
    first.acquire(NOW)
    first.renew(NOW + LONG)
    with pytest.raises(LeaseHeldError):
        second.acquire(NOW + LONG)
    second.acquire(NOW + 2 * LONG)
    with pytest.raises(LeaseLostError):
        write(engine_with_account, first)
    with Units(engine_with_account).read() as uow:
        assert uow.places.account(ACCOUNT).heard_until is None
    with pytest.raises(LeaseLostError):
        first.renew(NOW + 2 * LONG)
    first.release(NOW + 2 * LONG)  # of what is another's nothing is given back
    write(engine_with_account, second)


def test_what_is_given_back_is_free_at_once(engine_with_account: Engine) -> None:
    first, second = lease(engine_with_account), lease(engine_with_account, 2)
    first.acquire(NOW)
    first.release(NOW)
    second.acquire(NOW)
    with pytest.raises(LeaseLostError):
        write(engine_with_account, first)


def test_of_a_process_that_died_on_this_machine_nobody_waits(engine_with_account: Engine) -> None:
    died = subprocess.Popen([sys.executable, "-c", ""])
    died.wait(timeout=30)
    lease(engine_with_account, died.pid, "here").acquire(NOW)
    with pytest.raises(LeaseHeldError):  # the same number elsewhere says nothing
        lease(engine_with_account, 2, "elsewhere").acquire(NOW)
    lease(engine_with_account, os.getpid(), "here").acquire(NOW)
    with pytest.raises(LeaseHeldError):  # this one lives
        lease(engine_with_account, died.pid, "here").acquire(NOW)


def test_of_two_that_start_at_once_one_gets_it(engine_with_account: Engine) -> None:
    both, got, refused = threading.Barrier(2), list[int](), list[int]()

    def start(pid: int) -> None:
        mine = lease(engine_with_account, pid)
        both.wait(timeout=30)
        try:
            mine.acquire(NOW)
            got.append(pid)
        except LeaseHeldError:
            refused.append(pid)

    threads = [threading.Thread(target=start, args=(pid,)) for pid in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (len(got), len(refused)) == (1, 1)


def test_this_process_is_named_so_that_people_find_it() -> None:
    me = this_runner()
    assert me.place.endswith(f"进程 {os.getpid()}")
    assert not me.outlives(me.holder)
    assert this_runner().machine == me.machine
