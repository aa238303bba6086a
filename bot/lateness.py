"""Messages that come late: replays under new ids after a login, and what was heard of long ago already."""

from datetime import timedelta

from bot.directory import RoomView
from bot.memory import Memory
from models.message import Message
from models.uow import Units

STRAGGLERS = timedelta(minutes=5)
"""So far may a message lie behind the newest one of its room: channels do not keep the order of seconds."""


class Lateness:
    """Looks at each message of a group before it is read. The database is asked of late ones only."""

    def __init__(self, account: str, units: Units, memory: Memory) -> None:
        self._account = account
        self._units = units
        self._memory = memory

    def is_old(self, message: Message, room: RoomView) -> bool:
        """Whether the room was heard far beyond it, and it did not pass during an outage: nothing may come of it.

        To be asked before the memory hears the message. What is replayed from a file is never old.
        """
        assert message.room is not None
        memory = self._memory.begin(message.room, room.watermark)
        if not self._memory.live or memory.watermark is None or message.id in memory.ids:
            return False
        if message.at < memory.watermark - STRAGGLERS:
            return not self._was_missed(message, room)
        if memory.before is None or message.at > memory.before:
            return False
        return self._is_known(message, room)

    def _was_missed(self, message: Message, room: RoomView) -> bool:
        with self._units.read() as uow:
            return uow.places.was_missed(self._account, message.at, room.id)

    def _is_known(self, message: Message, room: RoomView) -> bool:
        """Whether it was heard before the login, under another id: of the same second, with the same words or held."""
        recent = self._memory.room(message.room or "").recent
        if any(one.message.at == message.at and one.message.text == message.text for one in recent):
            return True
        with self._units.read() as uow:
            return uow.tickets.heard_at(room.id, message.at)
