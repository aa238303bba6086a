"""What a channel reports besides messages: what of it is written, and who has to hear of it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import structlog

from bot.directory import Directory
from bot.dispatcher import Dispatcher
from bot.entrance import Entrance
from bot.memory import Memory
from bot.outcome import Outcome
from bot.outgoing import Origin, Outbound
from bot.transports.base import FriendRequest, LoggedIn, LoggedOut, Outage, Recalled, RoomChanged
from bot.watch import Watch
from handlers.effects import Effect
from handlers.operator.operators import logged_in, logged_out, room_gone
from handlers.setting import Setting
from models.codes import RoomMode
from models.message import Message
from models.onetime import plain_code
from models.uow import UnitOfWork, Units

FRIENDS = "friends"
"""What the daily count of accepted friend requests is called."""
FRIENDS_PER_DAY = 20
REPORTING = frozenset({"wechaty", "wecom_bot"})
"""Kinds of accounts whose channel says when it is logged in; others may say so."""
_WORD = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z]|[-–— ](?=[0-9A-Za-z]))+")


@dataclass(frozen=True, slots=True)
class Hearing:
    """What an event needs of the account's shard."""

    units: Units
    setting: Setting
    outbound: Outbound
    memory: Memory
    directory: Directory
    dispatcher: Dispatcher
    entrance: Entrance
    watch: Watch


class Events:
    """The events of one account, on its thread. True as an answer: posts may leave now."""

    def __init__(
        self, account: str, hearing: Hearing, *, alarm: str | None = None, friends_per_day: int = FRIENDS_PER_DAY
    ) -> None:
        """alarm: the account by which operators are told; None: nobody is."""
        self._account = account
        self._hearing = hearing
        self._units = hearing.units
        self._alarm = alarm if alarm != account else None
        self._friends_per_day = friends_per_day
        self._log = structlog.get_logger("events").bind(account=account)
        self.deaf_since: datetime | None = None

    def start(self, now: datetime) -> None:
        """A channel that reports logins hears nothing before it has reported the first one."""
        with self._units.read() as uow:
            reports = uow.places.account(self._account).transport in REPORTING
            self.deaf_since = now if reports or uow.links.link(self._account) is not None else None

    def taken_back(self, event: Recalled, now: datetime) -> bool:
        """A message was taken back."""
        return self._hearing.dispatcher.taken_back(event, now) is Outcome.EFFECT

    def heard(self, now: datetime) -> bool:
        """Something came in: whatever was said of the login, the account hears."""
        return self.deaf_since is not None and self.logged_in(LoggedIn("", now), now)

    def logged_in(self, event: LoggedIn, now: datetime) -> bool:
        """The account hears from now on: the gap ends, and who was told of the outage hears of its end."""
        self._hearing.watch.login(now)
        self._hearing.memory.logged_in()
        self._hearing.directory.forget()
        at = min(event.at, now)
        with self._units() as uow:
            link = uow.links.link(self._account)
            told = link is not None and link.alarmed
            account = uow.places.account(self._account)
            if self.deaf_since is not None and self.deaf_since < at:
                reason = "logged_out" if link is not None and not link.online else "connecting"
                uow.places.widen_gap(self._account, self.deaf_since, at, reason)
                account.heard_until = max(at, account.heard_until or at)
            uow.links.set_link(self._account, online=True, since=at).alarmed = False
            if told:
                self._tell(uow, logged_in(uow, self._hearing.setting, self._account, self._alarm or ""), now)
            uow.commit()
        self.deaf_since = None
        return told

    def logged_out(self, event: LoggedOut, now: datetime) -> bool:
        """The account hears nothing until somebody logs it in: a gap begins, and one line tells so once."""
        at = min(event.at, now)
        self.deaf_since = at if self.deaf_since is None else min(self.deaf_since, at)
        with self._units() as uow:
            link = uow.links.link(self._account)
            told = link is not None and link.alarmed
            if link is None or link.online or link.reason != event.reason:
                since = link.since if link is not None and not link.online else at
                link = uow.links.set_link(self._account, online=False, since=since, reason=event.reason)
            promised = False
            if not told and self._alarm is not None:
                lines = logged_out(uow, self._hearing.setting, self._account, event.reason, self._alarm)
                promised = self._tell(uow, lines, now)
            link.alarmed = told or promised
            uow.commit()
        self._log.error("logged_out", reason=event.reason)
        return promised

    def outage(self, event: Outage, now: datetime) -> bool:
        """Nothing was heard for a while; it is named in the next digest."""
        until = min(event.until, now)
        if event.since >= until:
            return False
        with self._units() as uow:
            uow.places.widen_gap(self._account, event.since, until, event.reason)
            uow.commit()
        self._log.warning("outage", seconds=round((until - event.since).total_seconds()), reason=event.reason)
        return False

    def room_changed(self, event: RoomChanged, now: datetime) -> bool:
        """A group was renamed, or the account came into one or left it. Of who came and went nothing is kept."""
        promised = False
        with self._units() as uow:
            room = uow.places.room(self._account, event.room)
            if room is None:
                if event.gone:
                    return False
                name = event.name or event.room
                uow.places.add_room(
                    account=self._account, external_id=event.room, name=name, node=None, mode=RoomMode.OFF
                )
            elif event.gone:
                if room.mode is not RoomMode.OFF:
                    room.mode = RoomMode.OFF
                    carrier = self._alarm or self._account
                    promised = self._tell(uow, room_gone(uow, self._hearing.setting, room, carrier), now)
            elif event.name and room.name != event.name:
                room.name = event.name
            else:
                return False
            uow.commit()
        self._hearing.directory.forget()
        return promised

    # -- friends --------------------------------------------------------------------------------

    def wants(self, request: FriendRequest, now: datetime) -> bool:
        """Whether to become a contact of whoever asks: he has a live code or is known in a bound room, and not too
        many were accepted today. Taken out of today's number at once."""
        day = self._day(now)
        with self._units() as uow:
            welcome = self._is_known(uow, request) or self._has_code(uow, request, now, day)
            full = uow.links.counted(self._account, FRIENDS, day) >= self._friends_per_day
            if welcome and not full:
                uow.links.count(self._account, FRIENDS, day)
            uow.commit()
        if not welcome or full:
            self._log.info("friend_left", reason="full" if welcome else "unknown")
        return welcome and not full

    def befriended(self, request: FriendRequest, now: datetime) -> bool:
        """He is a contact now: he can be written to, and a code in his greeting counts as said by him."""
        hearing = self._hearing
        message = Message(f"friend:{request.id}", self._account, None, request.sender, "", min(request.at, now))
        promised = hearing.entrance.reached(message, now)
        code = next(iter(_codes(request.hello)), None)
        with self._units.read() as uow:
            row = None if code is None else uow.identities.code(code)
            live = row is not None and row.used_at is None and row.expires_at > now
        if code is None or not live:
            return promised
        said = Message(message.id, self._account, None, request.sender, f"绑定我 {code}", now)
        return hearing.dispatcher.handle(said, now) is Outcome.COMMAND or promised

    def _is_known(self, uow: UnitOfWork, request: FriendRequest) -> bool:
        """Whether he was heard in a room: only there does anybody become known."""
        return uow.people.identity(self._account, request.sender) is not None

    def _has_code(self, uow: UnitOfWork, request: FriendRequest, now: datetime, day: str) -> bool:
        """Whether his greeting carries a code that counts. A wrong one counts among his tries of the day."""
        most = self._hearing.setting.policy.identity.tries_per_day
        for code in _codes(request.hello):
            if uow.identities.tries(self._account, request.sender, day) >= most:
                return False
            row = uow.identities.code(code)
            if row is not None and row.used_at is None and row.expires_at > now:
                return True
            uow.identities.tried(self._account, request.sender, day)
        return False

    def _day(self, now: datetime) -> str:
        return now.astimezone(self._hearing.setting.policy.zone).date().isoformat()

    def _tell(self, uow: UnitOfWork, lines: Sequence[Effect], now: datetime) -> bool:
        carrier = self._alarm or self._account
        return self._hearing.outbound.write(uow, lines, Origin(carrier), now) > 0


def _codes(hello: str) -> list[str]:
    """What may be one-time codes in a greeting, at most three."""
    text = unicodedata.normalize("NFKC", hello)[:200]
    found = []
    for word in _WORD.findall(text):
        parts = word.split()
        tried = [word, *parts, *(f"{one} {two}" for one, two in pairwise(parts))]
        found += [code for one in tried if (code := plain_code(one)) is not None]
    return list(dict.fromkeys(found))[:3]
