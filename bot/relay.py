"""From the outbox to the channel: in order, within budgets, never twice without saying so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import faults
from bot.addressee import reached, unreachable
from bot.echoes import Echoes
from bot.flight import Flights
from bot.media import Media
from bot.queue import Queue, Waiting
from bot.readying import Readying
from bot.seating import of_row
from bot.transports.base import Echo, Outcome, Post, Refused, Sent, Unknown
from handlers.clockwork.budget import DAY, Budget
from handlers.setting import Setting
from models.codes import ASKED, OutgoingState, PostKind
from models.limits import ChannelLimits, limits_of
from models.outbox import NOBODY
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork, Units

TOGETHER = 30
"""How many rows one merged post may carry."""
LONGEST_PAUSE = timedelta(minutes=5)
"""Between two tries of a post that the channel did not take, where the channel itself asks for no longer one."""
TRIED_FOR = timedelta(hours=24)
"""How long a post without a date of its own is tried,"""
TRIED_AT_LEAST = 10
"""and how often, however long it waited for its turn."""
AGAIN_WHEN_UNKNOWN = ASKED
"""What is sent again when nobody knows whether it arrived: better twice than never."""
ECHO_WITHIN = timedelta(seconds=60)
"""How long the echo of a post of unknown fate is waited for before it goes again."""
LOOK_AGAIN = timedelta(minutes=1)
"""How often is looked whether a room that had nobody in charge has somebody by now."""


@dataclass(slots=True)
class _Channel:
    """limits: None until the channel states them, then they are those of the account's kind of channel."""

    limits: ChannelLimits | None = None
    echoes: bool = False


class Relay:
    """Relays the posts of one account. Synchronous; the caller does the sending in between.

    take() marks a row as being sent and commits; settle() writes what became of it. Killed in
    between, recover() finds the row: it may have arrived. echo() may tell before, between or after.
    """

    def __init__(
        self,
        account: str,
        *,
        units: Units,
        setting: Setting,
        media: Media,
        limits: bool = True,
        reaches_leaders: bool = False,
    ) -> None:
        self._account = account
        self._units = units
        self._setting = setting
        self._limits = limits
        self._channel = _Channel()
        self._budget = self._new_budget(ChannelLimits())
        self._ready = Readying(account, setting, media, limits=limits, reaches_leaders=reaches_leaders)
        self._queue = Queue()
        self._echoes = Echoes()
        self._looked_at: datetime | None = None
        self._flights = Flights()
        self._offline: set[int] = set()
        self._log = structlog.get_logger("relay").bind(account=account)

    def over(self, channel: object) -> None:
        """Say over which channel the posts go, before recover(): its attributes limits (ChannelLimits) and echoes
        (whether its own posts come back to listen()), each of which it may lack."""
        limits = getattr(channel, "limits", None)
        self._channel = _Channel(
            limits if isinstance(limits, ChannelLimits) else None, getattr(channel, "echoes", False) is True
        )

    def recover(self, now: datetime) -> None:
        """At start: count what was sent before, and decide about what was being sent when we died."""
        with self._units() as uow:
            limits = self._channel.limits
            if limits is None:
                kinds = {account.name: account.transport for account in uow.places.accounts()}
                limits = limits_of(kinds.get(self._account, ""))
            self._budget = self._new_budget(limits)
            for row in uow.outbox.in_state(OutgoingState.SENDING, self._account):
                row.tried_at = now  # no earlier than the channel may have got it
                self._unknown(row, "interrupted", now)
            uow.flush()
            self._budget.load(uow.outbox.sent_since(self._account, now - DAY))
            if self._channel.echoes:
                self._await_again(uow, now)
            # Whatever an earlier process was told without a number: a new one asks anew as soon as it is connected.
            self._offline = {
                row.id
                for row in uow.outbox.pending(self._account)
                if row.id is not None and row.attempts and row.code is None and not row.doubled
            }
            uow.commit()
        self.refill()
        self.look_again(now)

    def look_again(self, now: datetime) -> None:
        """Send what waited for somebody in charge, as soon as there is somebody; at most once a minute.

        A post whose outcome could not be written (the database was away) is unknown from then on.
        """
        if self._looked_at is not None and now - self._looked_at < LOOK_AGAIN:
            return
        self._looked_at = now
        with self._units() as uow:
            sending = uow.outbox.in_state(OutgoingState.SENDING, self._account)
            left = [row for row in sending if row.id not in self._flights]
            for row in left:
                self._unknown(row, "interrupted", now)
                self._spend(row, now)
            rows = [row for row in uow.outbox.in_state(OutgoingState.STUCK, self._account) if row.error == NOBODY]
            found = [row for row in rows if self._ready.resolve_leader(uow, row)]
            for row in found:
                row.state, row.error, row.not_before = OutgoingState.PENDING, None, now
            if found or left:
                uow.commit()
        if found or left:
            self.refill()

    def refill(self) -> None:
        """Learn of rows that were committed since the last look."""
        with self._units.read() as uow:
            rows = uow.outbox.pending(self._account, known=self._queue.rows)
            self._queue.add((row, self._at(uow, row).policy) for row in rows)

    def take(self, now: datetime, *, urgent: bool | None = None) -> Post | None:
        """The next post that may leave now, marked as being sent; None when nothing may.

        urgent: only an emergency, or none. One of each may be with the channel at once.
        """
        while True:
            heads = self._queue.heads(urgent=urgent)
            ready = next((item for item in heads if self._free_at(item, now) <= now), None)
            if ready is None:
                return None
            post = self._prepare(ready, now)
            if post is not None:
                return post

    def wake_at(self, now: datetime, *, urgent: bool | None = None) -> datetime | None:
        """The next moment at which something that waits may leave; None when nothing waits."""
        return min((self._free_at(item, now) for item in self._queue.heads(urgent=urgent)), default=None)

    def settle(self, post: Post, outcome: Outcome, now: datetime) -> bool:
        """Write what the channel said about a post; True: others may leave now because of it.

        Where that cannot be written, look_again() finds the post.
        """
        try:
            return self._settle(post, outcome, now)
        except BaseException:
            self._flights.land(post.row, None)
            raise

    def _settle(self, post: Post, outcome: Outcome, now: datetime) -> bool:
        released = False
        with self._units() as uow:
            row = uow.outbox.get(post.row)
            match outcome:
                case Sent(id=sent_id):
                    released = reached(uow, row, now)
                    self._arrived(row, sent_id or row.sent_id, row.sent_at or now)
                    self._spend(row, now)
                case Unknown(reason=reason):
                    if row.state is not OutgoingState.SENT:  # else the echo was there first
                        self._unknown(row, reason, now)
                    self._spend(row, now)
                case Refused() if row.state is OutgoingState.SENT:
                    self._spend(row, now)
                case Refused():
                    self._echoes.forget(post.row)
                    self._refused(uow, row, outcome, now)
            if row.state not in (OutgoingState.PENDING, OutgoingState.SENDING):
                _close(row)
            policy = self._at(uow, row).policy
            uow.commit()
        self._flights.land(post.row, self._budget)
        if row.state is OutgoingState.PENDING:
            self._queue.add([(row, policy)])
        if released:
            self.refill()
        return released

    def connected(self, now: datetime) -> bool:
        """The account is logged in: what was refused only because it was not need not wait longer. True: there is
        such a post."""
        waiting, self._offline = self._offline & self._queue.rows, set()
        if not waiting:
            return False
        with self._units() as uow:
            for row_id in sorted(waiting):
                row = uow.outbox.find(row_id)
                if row is not None and row.state is OutgoingState.PENDING:
                    row.not_before = min(row.not_before, now)
            uow.commit()
        self._queue.hasten(waiting, now)
        return True

    def echo(self, echo: Echo, now: datetime) -> bool:
        """The channel shows a post of the account: whatever was unknown about it has arrived. False: it is none of
        those that were waited for."""
        if (row_id := self._echoes.match(echo)) is None:
            return False
        with self._units() as uow:
            row = uow.outbox.find(row_id)
            if row is None:
                return False
            waits = row.state is OutgoingState.PENDING and row.doubled
            if waits or row.state in (OutgoingState.SENDING, OutgoingState.MAYBE):
                self._arrived(row, echo.id, now)
                if row_id not in self._flights:
                    _close(row)
                self._queue.drop(row_id)
                self._log.info("echoed", row=row_id)
            elif row.state is OutgoingState.SENT and row.sent_id is None:
                row.sent_id = echo.id
            uow.commit()
        self._flights.arrive(row_id)
        return True

    def has_arrived(self, row_id: int) -> bool:
        """Whether the echo came of a post that is with the channel: nothing more is to be learnt of it."""
        return self._flights.has_arrived(row_id)

    def _new_budget(self, channel: ChannelLimits) -> Budget:
        return Budget(self._setting.policy.budget, channel, [one.policy.budget for one in self._setting.everywhere])

    def _at(self, uow: UnitOfWork, row: Outgoing) -> Setting:
        return of_row(uow, self._setting, row)

    def _free_at(self, item: Waiting, now: datetime) -> datetime:
        """When the row may leave: after its backoff, outside of quiet hours, within the budgets."""
        free = max(now, item.not_before)
        if not self._limits or item.kind is PostKind.EMERGENCY:
            return free
        awake = item.kind is PostKind.REPLY and item.room_id is None
        rule = item.policy.budget
        share = rule.publicity_share if item.kind is PostKind.PUBLICITY else 1
        for _ in range(4):  # budget and quiet hours push each other on at most a few times
            later = self._budget.free_at(free, item.room_id, share, rule, person_id=item.person_id, kind=item.kind)
            if not awake:
                later = item.policy.quiet_end(later)
            if later <= free:
                break
            free = later
        return free

    def _prepare(self, item: Waiting, now: datetime) -> Post | None:
        """Mark the row (and what is merged into it) and commit; None when it is not to be sent any more."""
        companions = self._queue.companions(item, now, TOGETHER - 1)
        with self._units() as uow:
            row = uow.outbox.get(item.row)
            self._queue.served(item)
            self._queue.remove(item)
            others = [uow.outbox.get(other.row) for other in companions]
            text = self._ready.text(uow, row, others, now)
            for other, its_row in zip(companions, others, strict=True):
                if its_row.state is not OutgoingState.PENDING:
                    self._queue.remove(other)
            if text is None:
                uow.commit()
                return None
            row.state = OutgoingState.SENDING
            self._offline.discard(item.row)
            row.attempts += 1
            row.tried_before, row.tried_at = row.tried_at, now
            post = self._ready.post(uow, row, text, now)
            if self._channel.echoes:
                row.echo = self._echoes.expect(post)
            uow.commit()
        self._flights.start(row, self._budget, now)
        return post

    def _spend(self, row: Outgoing, now: datetime) -> None:
        """Count a post that has left, or may have."""
        row.tried_at = now
        self._budget.spend(now, row.room_id, person_id=row.person_id, kind=row.kind)

    def _arrived(self, row: Outgoing, sent_id: str | None, at: datetime) -> None:
        row.state, row.sent_at, row.sent_id = OutgoingState.SENT, at, sent_id
        row.error = row.code = None

    def _unknown(self, row: Outgoing, reason: str, now: datetime) -> None:
        """It goes again, marked, at once or when no echo came in time; or it is left and shown."""
        row.error, row.code = reason, None
        if row.kind in AGAIN_WHEN_UNKNOWN and not row.doubled:
            waits = self._channel.echoes and row.echo is not None
            row.state, row.doubled = OutgoingState.PENDING, True
            row.not_before = now + ECHO_WITHIN if waits else now
        else:
            row.state = OutgoingState.MAYBE
            _close(row)
        self._log.warning("maybe_sent", row=row.id, reason=reason, again=row.state is OutgoingState.PENDING)

    def _await_again(self, uow: UnitOfWork, now: datetime) -> None:
        """Take up the posts of an earlier process whose echo may still come."""
        for row in uow.outbox.awaited(self._account):
            assert row.id is not None and row.echo is not None
            room = None if row.room_id is None else uow.places.room_by_id(row.room_id).external_id
            self._echoes.remember(row.id, room, row.address, row.echo, row.tried_at or now)

    def _refused(self, uow: UnitOfWork, row: Outgoing, refused: Refused, now: datetime) -> None:
        row.error, row.code = refused.reason, refused.code
        # This try did not arrive; the one before, of a post that went again, may have.
        row.tried_at, row.tried_before = row.tried_before, None
        match faults.verdict(refused, to_room=row.room_id is not None):
            case faults.Verdict.AGAIN if row.expires_at is not None and now >= row.expires_at:
                row.state = OutgoingState.EXPIRED
            case faults.Verdict.AGAIN if (
                row.expires_at is not None or now < row.created_at + TRIED_FOR or row.attempts < TRIED_AT_LEAST
            ):
                row.state = OutgoingState.PENDING
                row.not_before = now + faults.pause(refused, row.attempts, LONGEST_PAUSE)
                if refused.offline and row.id is not None:
                    self._offline.add(row.id)
                return
            case faults.Verdict.REFUSED if self._goes_elsewhere(uow, row, refused):
                row.state, row.not_before = OutgoingState.PENDING, now
                self._log.info("sent_elsewhere", row=row.id, reason=refused.reason, code=refused.code)
                return
            case faults.Verdict.REFUSED:
                row.state = OutgoingState.REFUSED
            case _:
                row.state = OutgoingState.STUCK
        self._log.error(row.state.value, row=row.id, reason=refused.reason, code=refused.code)

    def _goes_elsewhere(self, uow: UnitOfWork, row: Outgoing, refused: Refused) -> bool:
        if row.room_id is not None or not faults.names_nobody(refused):
            return False
        return unreachable(uow, self._at(uow, row), row)


def _close(row: Outgoing) -> None:
    """It is over: the words of what is secret go, and so does what only its echo was needed for."""
    if row.secret:
        row.text = ""
    if row.secret or row.state is not OutgoingState.MAYBE:
        row.echo = None
