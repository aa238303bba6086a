"""A message to itself, now and then, against "looks online, hears nothing"."""

import asyncio
import secrets

import structlog

from bot.transports.base import Echo
from bot.transports.wechaty.faults import FAULTS
from bot.transports.wechaty.options import Patience
from bot.transports.wechaty.puppet import Puppet
from bot.transports.wechaty.supervise import DEAF, Supervisor

PREFIX = "小哨自检 "
"""How a message to itself begins, which nobody else ever sees."""


class Canary:
    """Once in a while sends the account a message of its own and waits until it is heard.

    Many puppets do not let an account write to itself, or never report it: as long as it has not been heard once, its
    silence says nothing.
    """

    def __init__(self, account: str, puppet: Puppet, supervisor: Supervisor, patience: Patience) -> None:
        self._puppet = puppet
        self._supervisor = supervisor
        self._patience = patience
        self._log = structlog.get_logger("wechaty").bind(account=account)
        self._waiting: dict[str, asyncio.Event] = {}
        self.works = False  # it was heard at least once

    def is_own(self, echo: Echo, bot: str | None) -> bool:
        """Whether an echo is such a message; then it is nobody else's business."""
        if echo.to != bot or not echo.text.startswith(PREFIX):
            return False
        if echo.text in self._waiting:
            self._waiting[echo.text].set()
        return True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._patience.canary)
            if self._supervisor.up.is_set():
                await self.sing()

    async def sing(self) -> None:
        """Send one, and tell the supervisor when it is not heard."""
        bot, text = self._puppet.login_user_id, f"{PREFIX}{secrets.token_hex(4)}"
        if bot is None:
            return
        heard = self._waiting[text] = asyncio.Event()
        try:
            await self._puppet.message_send_text(bot, text)
            async with asyncio.timeout(self._patience.canary_answer):
                await heard.wait()
            self.works = True
        except TimeoutError:
            self._log.warning("canary_not_heard", worked_before=self.works)
            if self.works:
                self._supervisor.break_off(DEAF)
        except FAULTS as error:
            self._log.info("canary_not_sent", error=type(error).__name__)
        finally:
            del self._waiting[text]
