"""A shard's view of rooms and of people who asked not to be heard, so that chatter costs no query."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.record.lasting import Kept, kept, kinds_at
from handlers.setting import Setting
from models.codes import RecordKind, RoomMode, RoomPurpose
from models.people import veiled
from models.tables import Room
from models.uow import UnitOfWork, Units

FRESH = timedelta(seconds=30)
"""How long another process's change of a room may go unnoticed."""


@dataclass(frozen=True, slots=True)
class RoomView:
    """What is asked of a room at every message. untold: it may speak there and has not said what it hears.

    setting: that of its place. kept: kinds of records that run there though its pack has no more of them.
    watermark: the time of the newest message of it that was written down as heard.
    """

    id: int
    mode: RoomMode
    staff: bool = False
    untold: bool = False
    setting: Setting | None = None
    kept: frozenset[RecordKind] = frozenset()
    watermark: datetime | None = None


class Directory:
    """Rooms and deaf ears of one account; reloaded after each command and every half minute."""

    def __init__(self, account: str, units: Units, setting: Setting) -> None:
        self._account = account
        self._setting = setting
        self._units = units
        self._loaded_at: datetime | None = None
        self._rooms: dict[str, RoomView] = {}
        self._deaf: frozenset[str] = frozenset()
        self._kept: tuple[Kept, ...] = ()

    def room(self, external_id: str, now: datetime) -> RoomView | None:
        self._refresh(now)
        return self._rooms.get(external_id)

    def is_deaf_to(self, external_id: str, now: datetime) -> bool:
        """Whether this person asked not to be listened to."""
        self._refresh(now)
        return bool(self._deaf) and veiled(self._account, external_id) in self._deaf

    def kept(self, now: datetime) -> tuple[Kept, ...]:
        """What runs anywhere though the pack of its place has no more of its kind."""
        self._refresh(now)
        return self._kept

    def forget(self) -> None:
        """Read everything anew at the next question."""
        self._loaded_at = None

    def _refresh(self, now: datetime) -> None:
        if self._loaded_at is not None and abs(now - self._loaded_at) < FRESH:
            return
        with self._units.read() as uow:
            rooms = uow.places.rooms(self._account)
            paused = any(account.name == self._account and account.paused for account in uow.places.accounts())
            self._kept = kept(uow, self._setting, now)
            self._rooms = {room.external_id: self._view(uow, room, paused) for room in rooms}
            self._deaf = uow.people.deaf(self._account)
        self._loaded_at = now

    def _view(self, uow: UnitOfWork, room: Room, paused: bool) -> RoomView:
        assert room.id is not None
        setting = self._setting
        if len(setting.packs) > 1 and room.node_id is not None:
            setting = setting.at(uow, uow.places.node(room.node_id))
        speaks = room.mode in (RoomMode.ASK, RoomMode.ON) and not (room.muted or paused)
        untold = speaks and room.notice_version < setting.policy.entry.notice_version
        running = frozenset[RecordKind]()
        if self._kept and room.node_id is not None:
            running = kinds_at(self._kept, uow.places.node(room.node_id).path)
        staff = room.purpose is RoomPurpose.STAFF
        return RoomView(room.id, room.mode, staff, untold, setting, running, room.watermark)
