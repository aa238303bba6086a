"""What a message changes by having been said at all: a room is told what is heard, strangers are noticed, somebody
can be written to."""

from datetime import datetime

import structlog

from bot.addressing import Heard
from bot.directory import Directory, RoomView
from bot.outgoing import Origin, Outbound
from bot.watch import Watch
from handlers.people.binding import introduce
from handlers.people.rebinding import suspect
from handlers.setting import Setting
from models.message import Message
from models.uow import Conflict, Units


class Entrance:
    """Looks at each message of one account before it is handled; nearly always nothing is to be done."""

    def __init__(
        self,
        account: str,
        *,
        units: Units,
        setting: Setting,
        outbound: Outbound,
        directory: Directory,
        watch: Watch,
    ) -> None:
        self._account = account
        self._units = units
        self._setting = setting
        self._outbound = outbound
        self._directory = directory
        self._watch = watch
        self._log = structlog.get_logger("entrance").bind(account=account)

    def look(self, message: Message, room: RoomView, said: Heard | None, now: datetime) -> bool:
        """Tell a room once what the bot hears, and notice when ids are no longer those of before a login.

        True when something was promised. What fails here never stands in the way of the message.
        """
        if said is not None and said.command is not None and said.command.who is not None:
            self._watch.tried(message.sender)
        suspects, begins = self._watch.heard(message.sender, message.sender_name, room.id, now)
        if not suspects and not room.untold:
            return False
        setting = self._setting
        try:
            with self._units() as uow:
                effects = suspect(uow, setting, self._account, suspects, now, begins=begins) if suspects else []
                effects += introduce(uow, room.setting or setting, room.id) if room.untold else []
                self._outbound.write(uow, effects, Origin(self._account, message.id), now)
                uow.commit()
        except Conflict:
            self._log.info("conflict", message_id=message.id)
            return False
        except Exception as error:
            self._log.error("look_failed", error=type(error).__name__, message_id=message.id)
            self._log.debug("look_trace", exc_info=error)
            return False
        finally:
            self._directory.forget()
        if begins:
            self._log.warning("roles_checked", suspects=len(suspects))
        return True

    def reached(self, message: Message, now: datetime) -> bool:
        """Whoever writes privately can be written to, also when he only sends a picture. True: posts may leave now."""
        with self._units.read() as uow:
            identity = uow.people.identity(message.account, message.sender)
            if identity is None or identity.reachable:
                return False
        with self._units() as uow:
            identity = uow.people.identity(message.account, message.sender)
            if identity is None:
                return False
            identity.reachable = True
            released = uow.outbox.release(message.account, identity.person_id, message.sender, now)
            uow.commit()
        return released > 0
