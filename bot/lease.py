"""One process an account: a lease with an epoch that every commit of the account compares.

A process that was frozen and wakes after another has taken over finds another epoch: its commits fail.
"""

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import col, select

from models.link_tables import AccountLease
from models.uow import Conflict, UnitOfWork, Units

LEASE_SECONDS = 30.0
"""How long a lease holds without being renewed; it is renewed with each heartbeat, every 5 seconds."""


class LeaseHeldError(Exception):
    """Another process runs the account. str() is a Chinese sentence with the remedy."""

    def __init__(self, account: str, place: str, until: datetime) -> None:
        super().__init__(
            f"账号 {account} 正由另一个程序运行着（{place}）。一个账号只能有一个程序：请停掉其中一个；"
            f"那边要是已经没了，最多等 {LEASE_SECONDS:.0f} 秒它就空出来。"
        )
        self.account = account
        self.until = until


class LeaseLostError(Exception):
    """Another process has taken the account over, or it was never acquired: nothing may be committed any more."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A process that runs accounts. machine: one place where process numbers mean the same; host is for people."""

    machine: str
    host: str
    pid: int
    key: str

    @property
    def holder(self) -> str:
        return f"{self.machine}|{self.pid}|{self.key}"

    @property
    def place(self) -> str:
        return f"{self.host} 进程 {self.pid}"

    def outlives(self, holder: str) -> bool:
        """Whether that holder was a process of this very machine that is there no more."""
        machine, _, rest = holder.rpartition("|")[0].rpartition("|")
        if machine != self.machine or not rest.isdigit() or int(rest) == self.pid:
            return False
        return not _is_alive(int(rest))


def this_runner() -> Runner:
    """This process. Two containers may share a host's name but not its process numbers: these tell them apart."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
    with suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return Runner("/".join(parts), socket.gethostname(), os.getpid(), secrets.token_hex(8))


class Lease:
    """The lease of one account. Synchronous; used on the thread of the account's shard."""

    def __init__(self, account: str, units: Units, runner: Runner, *, seconds: float = LEASE_SECONDS) -> None:
        """units must not be guarded by this lease."""
        self.account = account
        self._units = units
        self._runner = runner
        self._length = timedelta(seconds=seconds)
        self._epoch: int | None = None

    def acquire(self, now: datetime) -> None:
        """Take the account, with a new epoch. Raises LeaseHeldError when another process has it."""
        try:
            with self._units() as uow:
                row = uow.links.lease(self.account, locked=True)
                if row is None:
                    row = uow.links.add_lease(self.account, self._runner.holder, self._runner.place, now + self._length)
                else:
                    if self._is_held(row, now):
                        raise LeaseHeldError(self.account, row.place, row.until)
                    row.epoch += 1
                    row.holder, row.place, row.until = self._runner.holder, self._runner.place, now + self._length
                epoch = row.epoch
                uow.commit()
        except Conflict:  # the very first lease, taken by two at once
            raise LeaseHeldError(self.account, "刚刚启动", now + self._length) from None
        self._epoch = epoch

    def renew(self, now: datetime) -> None:
        """Hold it on. Raises LeaseLostError when somebody else has it."""
        with self._units() as uow:
            row = uow.links.lease(self.account, locked=True)
            if row is None or row.epoch != self._epoch:
                self._epoch = None
                raise LeaseLostError(self.account)
            row.until = now + self._length
            uow.commit()

    def release(self, now: datetime) -> None:
        """Give it back, so that nobody has to wait; does nothing when it is lost."""
        with self._units() as uow:
            row = uow.links.lease(self.account, locked=True)
            if row is not None and row.epoch == self._epoch:
                row.holder, row.until = "", now
                uow.commit()
        self._epoch = None

    def guard(self, uow: UnitOfWork) -> None:
        """Raises LeaseLostError unless the account is still ours; until the commit nobody can take it over."""
        query = select(AccountLease.epoch).where(col(AccountLease.account) == self.account).with_for_update(read=True)
        if self._epoch is None or uow.session.connection().execute(query).scalar() != self._epoch:
            raise LeaseLostError(self.account)

    def _is_held(self, row: AccountLease, now: datetime) -> bool:
        free = not row.holder or row.until <= now or row.holder == self._runner.holder
        return not free and not self._runner.outlives(row.holder)


Leasing = Callable[[str], Lease]
"""Makes the lease of an account."""


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
