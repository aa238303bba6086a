"""The rooms of one account: everything that runs on its one thread."""

from dataclasses import dataclass
from datetime import datetime

from bot.dispatcher import Dispatcher
from bot.events import Events
from bot.lease import Lease
from bot.memory import Memory
from bot.outcome import Outcome
from bot.relay import Relay
from bot.transports.base import Echo, Event, FriendRequest, LoggedIn, LoggedOut, Outage, Recalled, RoomChanged
from bot.watch import Watch
from models.message import Message
from models.places import RESTART
from models.uow import Units


@dataclass(frozen=True, slots=True)
class Shard:
    """One account's dispatcher, memory and relay."""

    account: str
    units: Units
    dispatcher: Dispatcher
    memory: Memory
    relay: Relay
    watch: Watch
    events: Events
    lease: Lease | None = None

    def start(self, now: datetime, *, channel: object = None) -> None:
        """Record what was not heard while nobody listened, and find what was being sent.

        However short: a message that was read and not committed before a crash is lost in it. channel: over which the
        posts go; where its attribute history is true it delivers anew what was not handled, so that nothing is lost.
        Raises LeaseHeldError when another process has the account.
        """
        history = getattr(channel, "history", False) is True
        if channel is not None:
            self.relay.over(channel)
        if self.lease is not None:
            self.lease.acquire(now)
        with self.units() as uow:
            account = uow.places.account(self.account)
            if not history and account.heard_until is not None and account.heard_until < now:
                uow.places.add_gap(self.account, account.heard_until, now, RESTART)
            account.heard_until = max(now, account.heard_until or now)
            uow.commit()
        self.memory.live = True
        self.watch.login(now)
        self.events.start(now)
        self.relay.recover(now)

    def login(self, now: datetime) -> None:
        """The channel has logged in: from now on ids may be others than before."""
        self.happen(LoggedIn("", now), now)

    def leave(self, now: datetime, heard_until: datetime | None = None) -> None:
        """At the end: write how far was heard, and let another process run the account."""
        self.beat(now, heard_until)
        if self.lease is not None:
            self.lease.release(now)

    def happen(self, event: Event, now: datetime) -> bool:
        """Write what an event changes; True when posts may leave. Messages and friend requests go other ways."""
        match event:
            case Recalled():
                done = self.events.taken_back(event, now)
            case LoggedIn():
                done = self.events.logged_in(event, now)
                done = self.relay.connected(now) or done
            case LoggedOut():
                done = self.events.logged_out(event, now)
            case Outage():
                done = self.events.outage(event, now)
                done = self.relay.connected(now) or done
            case RoomChanged():
                done = self.events.room_changed(event, now)
            case Echo():
                done = self.relay.echo(event, now)
            case _:
                raise TypeError(type(event).__name__)
        if done:
            self.relay.refill()
        return done

    def wants(self, request: FriendRequest, now: datetime) -> bool:
        """Whether to become a contact of whoever asks."""
        return self.events.wants(request, now)

    def befriended(self, request: FriendRequest, now: datetime) -> bool:
        """He is a contact now."""
        done = self.events.befriended(request, now)
        self.relay.refill()
        return done

    def handle(self, message: Message, now: datetime, *, talk_only: bool = False) -> Outcome:
        """Give a message its effect and let the relay know of new posts."""
        if self.events.deaf_since is not None:
            self.events.heard(now)
            self.relay.connected(now)
        outcome = self.dispatcher.handle(message, now, talk_only=talk_only)
        if outcome in (Outcome.EFFECT, Outcome.COMMAND, Outcome.FAILED):
            self.relay.refill()
        return outcome

    def beat(self, now: datetime, heard_until: datetime | None = None) -> None:
        """Write how far was heard: the account, each room's watermark, unread voices. No text.

        heard_until is the time of the oldest message that was read and not handled yet; None: there is none. The lease
        is renewed. Raises LeaseLostError when another process has taken the account over.
        """
        if self.lease is not None:
            self.lease.renew(now)
        self.relay.look_again(now)
        _, rooms = self.memory.take_batch()
        with self.units() as uow:
            account = uow.places.account(self.account)
            until = min(one for one in (heard_until, self.events.deaf_since, now) if one is not None)
            # What is heard no more does not take back what was.
            account.heard_until = until if self.events.deaf_since is None else max(until, account.heard_until or until)
            for external_id, (watermark, voices) in rooms.items():
                room = uow.places.room(self.account, external_id)
                if room is not None:
                    room.watermark = watermark or room.watermark
                    room.voices_unread += voices
            uow.commit()
