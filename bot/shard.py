"""The rooms of one account: everything that runs on its one thread."""

from dataclasses import dataclass
from datetime import datetime

from bot.dispatcher import Dispatcher
from bot.memory import Memory
from bot.outcome import Outcome
from bot.relay import Relay
from bot.watch import Watch
from models.message import Message
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

    def start(self, now: datetime) -> None:
        """Record what was not heard while nobody listened, and find what was being sent.

        However short: a message that was read and not committed before a crash is lost in it.
        """
        with self.units() as uow:
            account = uow.places.account(self.account)
            if account.heard_until is not None and account.heard_until < now:
                uow.places.add_gap(self.account, account.heard_until, now, "restart")
            account.heard_until = max(now, account.heard_until or now)
            uow.commit()
        self.login(now)
        self.relay.recover(now)

    def login(self, now: datetime) -> None:
        """The channel has logged in: from now on ids may be others than before."""
        self.watch.login(now)

    def handle(self, message: Message, now: datetime, *, talk_only: bool = False) -> Outcome:
        """Give a message its effect and let the relay know of new posts."""
        outcome = self.dispatcher.handle(message, now, talk_only=talk_only)
        if outcome in (Outcome.EFFECT, Outcome.COMMAND, Outcome.FAILED):
            self.relay.refill()
        return outcome

    def beat(self, now: datetime, heard_until: datetime | None = None) -> None:
        """Write how far was heard: the account, each room's watermark, unread voices. No text.

        heard_until is the time of the oldest message that was read and not handled yet; None: there is none.
        """
        self.relay.look_again(now)
        _, rooms = self.memory.take_batch()
        with self.units() as uow:
            uow.places.account(self.account).heard_until = heard_until or now
            for external_id, (watermark, voices) in rooms.items():
                room = uow.places.room(self.account, external_id)
                if room is not None:
                    room.watermark = watermark or room.watermark
                    room.voices_unread += voices
            uow.commit()
