"""Everything of the channel that needs `wechaty` to be imported, put together."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.transports.base import Event
from bot.transports.wechaty.canary import Canary
from bot.transports.wechaty.files import Files
from bot.transports.wechaty.options import Gateway, Patience
from bot.transports.wechaty.puppet import Puppet, robot
from bot.transports.wechaty.reading import Reader
from bot.transports.wechaty.sending import Sender
from bot.transports.wechaty.supervise import Supervisor
from bot.transports.wechaty.wire import Event as Happening


@dataclass(frozen=True, slots=True)
class Parts:
    """What one listening needs."""

    puppet: Puppet
    robot: Any
    reader: Reader
    sender: Sender
    supervisor: Supervisor
    canary: Canary

    @classmethod
    def of(
        cls,
        account: str,
        gateway: Gateway,
        patience: Patience,
        clock: Callable[[], datetime],
        names: tuple[str, ...],
        tell: Callable[[Event], None],
        happened: Callable[[str, Mapping[str, Any]], None],
    ) -> "Parts":
        """Build them; nothing is connected yet."""
        puppet = Puppet(gateway, patience)
        files = Files(puppet, patience)
        reader = Reader(account, puppet, files, clock, names, patience.hold)

        def entered(bot: str) -> None:
            reader.bot = bot

        def happen(happening: Happening, payload: Mapping[str, Any]) -> None:
            happened(happening.name, payload)

        supervisor = Supervisor(account, puppet, patience, clock, tell, happen, entered)
        sender = Sender(puppet, files, reader, patience, supervisor.up)
        canary = Canary(account, puppet, supervisor, patience)
        wechaty = robot(puppet)
        return cls(puppet, wechaty, reader, sender, supervisor, canary)

    async def connected(self) -> None:
        """Wait until the gateway is there again; raises TimeoutError when it is not for long."""
        async with asyncio.timeout(20):
            await self.supervisor.up.wait()
