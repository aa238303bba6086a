"""All accounts of one process: each on its own shard and thread, supervised for ever, stopped together."""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

from bot.app import App
from bot.channel import BEAT_SECONDS, Channel
from bot.channel_config import AccountConfig
from bot.channels import NoSuchChannelError
from bot.lease import LeaseHeldError, LeaseLostError
from bot.logs import failure
from bot.outcome import Outcome
from bot.qr import show
from bot.transports.base import Event, LoggedIn, LoggedOut, Transport
from handlers.operator.operators import NOTICE_BOARD
from models.codes import RoomMode, RoomPurpose
from models.message import Message

FIRST_PAUSE = 1.0
"""Seconds before an account that failed is tried again; doubled at each further failure."""
LONGEST_PAUSE = 60.0
TICK_SECONDS = 1.0
"""How often is asked what is due."""
WELL_AFTER = 60.0
"""An account that ran so long begins with the first pause again when it fails."""

Open = Callable[[AccountConfig], Awaitable[Transport]]
"""Makes the transport of an account; whatever it raises is a failure of that account alone."""


class AllHeldError(Exception):
    """Every account is run by another process. str() is a Chinese sentence."""


def enroll(app: App, accounts: Sequence[AccountConfig], at_most: int) -> None:
    """Give each account its row, and each that only posts into a group of its own that group. at_most: the newest
    version of the notice, which nobody needs to be told there."""
    with app.units() as uow:
        for one in accounts:
            row = uow.places.account(one.name, one.kind.value)
            row.transport = one.kind.value
            if one.kind.value == NOTICE_BOARD and uow.places.room(one.name, one.name) is None:
                room = uow.places.add_room(
                    account=one.name,
                    external_id=one.name,
                    name=one.name,
                    node=None,
                    mode=RoomMode.ON,
                    purpose=RoomPurpose.STAFF,
                )
                room.notice_version = at_most
        uow.commit()


class Live:
    """Runs the accounts until it is stopped. One that fails never stops the others."""

    def __init__(
        self,
        app: App,
        accounts: Sequence[AccountConfig],
        open_one: Open,
        *,
        clock: Callable[[], datetime],
        say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True),
        first_pause: float = FIRST_PAUSE,
        longest_pause: float = LONGEST_PAUSE,
        tick_seconds: float = TICK_SECONDS,
        held_pause: float = 1.5 * BEAT_SECONDS,
        canary_seconds: float | None = None,
    ) -> None:
        """say: what the operator reads in the terminal. held_pause: seconds after which an account that another process
        has is looked at again: whoever lives has renewed its lease by then."""
        self._app = app
        self._accounts = accounts
        self._open = open_one
        self._clock = clock
        self._say = say
        self._pauses = first_pause, longest_pause
        self._tick_seconds = tick_seconds
        self._held_pause = held_pause
        self._canary_seconds = canary_seconds
        self._channels: dict[str, Channel] = {}
        self._held: set[str] = set()
        self._stopped = asyncio.Event()
        self._refused: str | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clock")

    def stop(self) -> None:
        """Stop reading; what was read is handled and what is in flight settled."""
        self._stopped.set()

    async def run(self) -> None:
        """Until stop(). Raises AllHeldError when another process runs every account."""
        try:
            async with asyncio.TaskGroup() as tasks:
                ticking = tasks.create_task(self._tick())
                accounts = [tasks.create_task(self._supervise(one)) for one in self._accounts]
                await asyncio.wait(accounts)
                ticking.cancel()
        finally:
            self._thread.shutdown(wait=True)
        if self._refused is not None:
            raise AllHeldError(self._refused)

    # -- one account ----------------------------------------------------------------------------

    async def _supervise(self, account: AccountConfig) -> None:
        pause, until = self._pauses[0], None
        while not self._stopped.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._once(account)
                until = None
            except LeaseHeldError as held:
                until = self._is_held(account.name, held, until)
                await self._wait(self._held_pause)
                continue
            except LeaseLostError:
                until = None
                self._say(f"账号「{account.name}」已由另一个程序接管，这里先停下它。")
            except NoSuchChannelError as error:
                if pause == self._pauses[0]:
                    self._say(str(error))
            except Exception as error:
                failure("account_failed", error, account=account.name)
            if asyncio.get_running_loop().time() - began > WELL_AFTER:
                pause = self._pauses[0]
            await self._wait(pause * random.uniform(0.5, 1.0))
            pause = min(self._pauses[1], 2 * pause)

    async def _once(self, account: AccountConfig) -> None:
        """Run the account until it fails, its channel ends or everything is stopped."""
        transport = await self._open(account)
        channel = Channel(
            self._app.shards[account.name],
            transport,
            clock=self._clock,
            heard=self._heard,
            happened=lambda event: self._happened(account.name, event),
            canary_seconds=self._canary_seconds,
            started=lambda: self._held.discard(account.name),
        )
        self._channels[account.name] = channel
        running, stopping = asyncio.ensure_future(channel.run()), asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            channel.stop()
            await running
        finally:
            stopping.cancel()
            running.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await running
            del self._channels[account.name]

    def _is_held(self, name: str, held: LeaseHeldError, before: datetime | None) -> datetime:
        """Say it once; when every account is held by something that lives, there is nothing to do here."""
        if before is None:
            self._say(str(held))
        elif held.until > before:
            self._held.add(name)
            if len(self._held) == len(self._accounts):
                self._refused = str(held)
                self._stopped.set()
        return held.until

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    # -- together -------------------------------------------------------------------------------

    async def _heard(self, _: Message, outcome: Outcome) -> None:
        if outcome in (Outcome.EFFECT, Outcome.COMMAND):
            self._poke()

    def _happened(self, account: str, event: Event) -> None:
        if isinstance(event, LoggedOut):
            if event.qr is None:
                self._say(f"账号「{account}」掉线了（{event.reason}）。")
            else:
                show(account, event.qr, self._say)
        elif isinstance(event, LoggedIn) and event.bot:
            self._say(f"账号「{account}」已登录。")
        self._poke()

    def _poke(self) -> None:
        for channel in self._channels.values():
            channel.poke()

    async def _tick(self) -> None:
        """Run what is due, every second, on a thread of its own."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                if await loop.run_in_executor(self._thread, self._app.ticker.run_due, self._clock()):
                    self._poke()
            except Exception as error:
                failure("clock_failed", error)
            await asyncio.sleep(self._tick_seconds)
