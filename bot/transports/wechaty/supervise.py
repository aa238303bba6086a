"""Holds the stream of a gateway open, for ever, and says when nothing was heard."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any

import structlog

from bot.transports.base import Event, LoggedIn, LoggedOut, Outage
from bot.transports.wechaty.connection import FROZEN, LOST, TAKEN, UNREACHABLE, WRONG_TOKEN, code_of
from bot.transports.wechaty.faults import FAULTS
from bot.transports.wechaty.options import Patience
from bot.transports.wechaty.puppet import Puppet
from bot.transports.wechaty.wire import Event as Happening

DEAF, ENDED, NOT_LOGGED_IN, LOGGED_OUT, SCAN = "deaf", "ended", "not logged in", "logged out", "scan"
_NO_QR = frozenset({3, 4})
"""States of a QR code (scanned, confirmed) in which nobody has to scan it any more."""
_LASTING = frozenset({UNREACHABLE, FROZEN, TAKEN, LOST, ENDED})
"""What may be wrong for long, each with a sentence for the operator."""
_SAID = frozenset({NOT_LOGGED_IN, LOGGED_OUT, SCAN})
"""Why nobody is logged in on a gateway that answers."""


class BrokenError(Exception):
    """The stream is of no use any more, by a short code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Supervisor:
    """One gateway's stream, opened again and again with a backoff.

    Everything goes to tell: LoggedIn whenever the gateway says who is logged in on a new stream, LoggedOut when it says
    nobody is, when the token is wrong, nothing is heard any more or there was no stream for long (once, by the code of
    the last failure); Outage for the time in between, from the last sign of life on, in slices while it lasts. happened
    gets everything else that the stream says.
    """

    def __init__(
        self,
        account: str,
        puppet: Puppet,
        patience: Patience,
        clock: Callable[[], datetime],
        tell: Callable[[Event], None],
        happened: Callable[[Happening, Mapping[str, Any]], None],
        entered: Callable[[str], Any],
    ) -> None:
        self._puppet = puppet
        self._patience = patience
        self._clock = clock
        self._tell = tell
        self._happened = happened
        self._entered = entered
        self._log = structlog.get_logger("wechaty").bind(account=account)
        self.up = asyncio.Event()  # somebody is logged in and the stream is open
        self.heard_at = clock()  # when a message came last
        self.since: datetime | None = clock()  # nothing is heard from then on; None: it hears
        self._why = UNREACHABLE
        self._life = clock()
        self._alive = time.monotonic()
        self._out: str | None = None  # why the account is not logged in
        self._qr: str | None = None
        self._dongs = False
        self._may_take_over = 0.0
        self._takeovers = 0
        self._taken = 0  # how often in a row somebody else had the stream
        self._useless: asyncio.Future[str] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        failures, hearing = 0, time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._slices())
            while True:
                began = time.monotonic()
                code = await self._once()
                if self.up.is_set():
                    failures, hearing = 0, time.monotonic()
                self._fell(code)
                if self._out is None and time.monotonic() - hearing > self._patience.offline:
                    self._logout(code if code in _LASTING else UNREACHABLE)
                if time.monotonic() - began > 10 * self._patience.slow:
                    self._takeovers = 0
                pause = min(self._patience.backoff_most, self._patience.backoff_least * 2**failures)
                if code == WRONG_TOKEN:
                    pause = self._patience.slow
                failures = min(failures + 1, 16)
                self._log.warning("stream_lost", reason=code, again_in=round(pause, 1))
                await asyncio.sleep(pause * random.uniform(0.5, 1))

    def break_off(self, code: str) -> None:
        """The stream looks well and is not: open another one."""
        if self._useless is not None and not self._useless.done():
            self._useless.set_result(code)

    # -- one stream ------------------------------------------------------------------------------------------------

    async def _once(self) -> str:
        """Open the stream and follow it to its end; why it ended."""
        code = ENDED
        try:
            await self._puppet.connect()
            # Once it is tried without: what holds the stream may be our own connection that the network swallowed.
            if self._taken > 1 and time.monotonic() >= self._may_take_over:
                pause = min(self._patience.slow, self._patience.backoff_least * 2**self._takeovers)
                self._may_take_over = time.monotonic() + pause
                self._takeovers = min(self._takeovers + 1, 16)
                await self._puppet.take_over()
            await self._follow()
        except* BrokenError as broken:
            code = next(one.code for one in broken.exceptions if isinstance(one, BrokenError))
        except* Exception as error:  # whatever it was: the stream is opened again
            code = code_of(error)
        finally:
            self._puppet.disconnect()
        return code

    async def _follow(self) -> None:
        self._useless = asyncio.get_running_loop().create_future()
        self._dongs = False
        self._alive = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(work()) for work in (self._watchdog, self._grace, self._uselessness)]
            async with aclosing(self._puppet.happenings()) as stream:
                async for happening, payload in stream:
                    self._life, self._alive = self._clock(), time.monotonic()
                    await self._happen(happening, payload)
            for task in beside:
                task.cancel()

    async def _happen(self, happening: Happening, payload: Mapping[str, Any]) -> None:
        match happening:
            case Happening.LOGIN if payload.get("contactId"):
                await self._login(str(payload["contactId"]))
            case Happening.LOGOUT:
                self._logout(LOGGED_OUT)
            case Happening.SCAN if payload.get("qrcode") and payload.get("status") not in _NO_QR:
                self._logout(SCAN, str(payload["qrcode"]))
            case Happening.DONG:
                self._dongs = True
            case Happening.MESSAGE:
                self.heard_at = self._life
                self._happened(happening, payload)
            case _:
                self._happened(happening, payload)

    async def _watchdog(self) -> None:
        """A gateway that froze keeps its connection open; one that is deaf itself answers, but not in the stream."""
        while True:
            await asyncio.sleep(self._patience.ding)
            await self._puppet.puppet_stub.ding(data="xiaoshao")
            if not self._dongs:  # some puppets never answer in the stream
                self._life, self._alive = self._clock(), time.monotonic()
            elif time.monotonic() - self._alive > self._patience.watchdog:
                raise BrokenError(FROZEN)

    async def _grace(self) -> None:
        """An open stream on which nobody is logged in."""
        await asyncio.sleep(self._patience.login)
        if not self.up.is_set() and self._out not in _SAID:
            self._logout(NOT_LOGGED_IN)

    async def _uselessness(self) -> None:
        assert self._useless is not None
        raise BrokenError(await self._useless)

    # -- who is logged in, and since when nothing is heard ----------------------------------------------------------

    async def _login(self, bot: str) -> None:
        again = self.up.is_set() and self._puppet.login_user_id == bot
        self._puppet.login_user_id = bot
        if again:
            return
        self._puppet.forget_all()
        name = ""
        with suppress(*FAULTS):
            name = str((await self._puppet.contact_payload(bot)).name)
        self._entered(bot)
        self._close_outage()
        self._out = self._qr = None
        self._why = ENDED
        self.up.set()
        self._tell(LoggedIn(bot=bot, at=self._clock(), name=name))

    def _logout(self, reason: str, qr: str | None = None) -> None:
        self.up.clear()
        if self._out == reason and self._qr == qr:
            return
        self._close_outage()
        self._out, self._qr = reason, qr
        self._tell(LoggedOut(reason=reason, at=self._clock(), qr=qr))

    def _fell(self, code: str) -> None:
        """The stream ended, or never began."""
        self.up.clear()
        self._why = code
        self._taken = self._taken + 1 if code == TAKEN else 0
        if self.since is None and self._out is None:
            self.since = min(self.heard_at, self._life) if code == DEAF else self._life
        if code in (WRONG_TOKEN, DEAF):
            self._logout(code)

    def _close_outage(self) -> None:
        since, self.since = self.since, None
        if since is not None:
            self._tell(Outage(since=since, until=self._clock(), reason=self._why))

    async def _slices(self) -> None:
        """A crash during a long outage must not hide it."""
        while True:
            await asyncio.sleep(self._patience.slice)
            if self.since is not None:
                now = self._clock()
                self._tell(Outage(since=self.since, until=now, reason=self._why))
                self.since = now
