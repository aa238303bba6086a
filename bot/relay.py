"""From the outbox to the channel: in order, within budgets, never twice without saying so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.addressee import unreachable
from bot.media import Media
from bot.queue import Queue, Waiting
from bot.seating import of_row
from bot.transports.base import Outcome, Post, Refused, Sent, Unknown
from handlers.accused import accused
from handlers.budget import DAY, Budget
from handlers.duty import keepers
from handlers.reminding import compose
from handlers.scoped import with_scopes
from handlers.setting import Setting
from models.codes import OutgoingState, PostKind, RoomMode, Topic
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork, Units

TOGETHER = 30
"""How many rows one merged post may carry."""
LONGEST_PAUSE = timedelta(minutes=5)
"""Between two tries of a post that the channel did not take."""
TRIED_FOR = timedelta(hours=24)
"""How long a post without a date of its own is tried."""
AGAIN_WHEN_UNKNOWN = frozenset({PostKind.EMERGENCY, PostKind.REPLY})
"""What is sent again when nobody knows whether it arrived: better twice than never."""
NOBODY = "nobody is in charge"
LOOK_AGAIN = timedelta(minutes=1)
"""How often is looked whether a room that had nobody in charge has somebody by now."""


@dataclass(frozen=True, slots=True)
class _Limits:
    apply: bool
    reaches_leaders: bool


class Relay:
    """Relays the posts of one account. Synchronous; the caller does the sending in between.

    take() marks a row as being sent and commits; settle() writes what became of it. Killed in
    between, recover() finds the row: it may have arrived.
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
        self._media = media
        self._limits = _Limits(limits, reaches_leaders)
        self._budget = Budget(setting.policy.budget, max(one.policy.budget.room_per_hour for one in setting.everywhere))
        self._queue = Queue()
        self._looked_at: datetime | None = None
        self._in_flight: int | None = None
        self._log = structlog.get_logger("relay").bind(account=account)

    def recover(self, now: datetime) -> None:
        """At start: count what was sent before, and decide about what was being sent when we died."""
        with self._units() as uow:
            sent = uow.outbox.sent_since(self._account, now - DAY)
            self._budget.load(sent)
            for row in uow.outbox.in_state(OutgoingState.SENDING, self._account):
                self._unknown(row, "interrupted", now)
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
            left = [
                row for row in uow.outbox.in_state(OutgoingState.SENDING, self._account) if row.id != self._in_flight
            ]
            for row in left:
                self._unknown(row, "interrupted", now)
            rows = [row for row in uow.outbox.in_state(OutgoingState.STUCK, self._account) if row.error == NOBODY]
            found = [row for row in rows if self._resolve_leader(uow, row)]
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

    def take(self, now: datetime) -> Post | None:
        """The next post that may leave now, marked as being sent; None when nothing may."""
        while True:
            ready = next((item for item in self._queue.heads() if self._free_at(item, now) <= now), None)
            if ready is None:
                return None
            post = self._prepare(ready, now)
            if post is not None:
                return post

    def wake_at(self, now: datetime) -> datetime | None:
        """The next moment at which something that waits may leave; None when nothing waits."""
        return min((self._free_at(item, now) for item in self._queue.heads()), default=None)

    def settle(self, post: Post, outcome: Outcome, now: datetime) -> None:
        """Write what the channel said about a post."""
        with self._units() as uow:
            row = uow.outbox.get(post.row)
            match outcome:
                case Sent(id=sent_id):
                    row.state, row.sent_at, row.sent_id, row.error = OutgoingState.SENT, now, sent_id, None
                    self._budget.spend(now, row.room_id)
                case Unknown(reason=reason):
                    self._unknown(row, reason, now)
                    self._budget.spend(now, row.room_id)
                case Refused(reason=reason, retry=retry):
                    self._refused(uow, row, reason, retry, now)
            if row.secret and row.state is not OutgoingState.PENDING:
                row.text = ""
            policy = self._at(uow, row).policy
            uow.commit()
        self._in_flight = None
        if row.state is OutgoingState.PENDING:
            self._queue.add([(row, policy)])

    def _at(self, uow: UnitOfWork, row: Outgoing) -> Setting:
        return of_row(uow, self._setting, row)

    def _free_at(self, item: Waiting, now: datetime) -> datetime:
        """When the row may leave: after its backoff, outside of quiet hours, within the budgets."""
        free = max(now, item.not_before)
        if not self._limits.apply or item.kind is PostKind.EMERGENCY:
            return free
        awake = item.kind is PostKind.REPLY and item.room_id is None
        rule = item.policy.budget
        share = rule.publicity_share if item.kind is PostKind.PUBLICITY else 1
        for _ in range(4):  # budget and quiet hours push each other on at most a few times
            later = self._budget.free_at(free, item.room_id, share, rule.room_per_hour)
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
            self._queue.remove(item)
            why_not = self._why_not(uow, row, now)
            if why_not is not None:
                row.state, row.error = why_not
                if row.topic is Topic.ENTRY and row.room_id is not None:
                    uow.places.room_by_id(row.room_id).notice_version = 0  # it was not told after all
                uow.commit()
                return None
            for other in companions:
                self._queue.remove(other)
                self._merge(uow, row, uow.outbox.get(other.row), now)
            if row.merge is not None and "with" in row.merge:
                numbers = " ".join(f"#{number}" for number in [row.merge["number"], *row.merge["with"]])
                row.text = self._at(uow, row).words.say("ack.merged", numbers=numbers)
            text = self._worded(uow, row, now)
            if text is None:
                row.state, row.error = OutgoingState.DROPPED, "no longer true"
                uow.commit()
                return None
            row.state = OutgoingState.SENDING
            row.attempts += 1
            post = self._post(uow, row, text, now)
            uow.commit()
        self._in_flight = post.row
        return post

    def _worded(self, uow: UnitOfWork, row: Outgoing, now: datetime) -> str | None:
        """The words of a row. A reminder, with all that goes out in it, is worded anew at each try; None: nothing of
        it is true any more."""
        if row.kind is not PostKind.REMINDER or row.room_id is not None or not row.ticket_ids:
            return with_scopes(uow, self._setting, row, row.text)
        text = compose(uow, self._setting, [row, *uow.outbox.merged_into(row)], now)
        return None if text is None else with_scopes(uow, self._setting, row, text)

    def _why_not(self, uow: UnitOfWork, row: Outgoing, now: datetime) -> tuple[OutgoingState, str] | None:
        """Why a row must not be sent now, with the state that it gets."""
        if row.state is not OutgoingState.PENDING:
            return row.state, row.error or "changed"
        if row.expires_at is not None and row.expires_at < now and self._limits.apply:
            return OutgoingState.DROPPED, "expired"
        if row.valid_in is not None:
            tickets = [uow.tickets.get(ticket_id) for ticket_id in row.ticket_ids]
            if all(ticket.status.value not in row.valid_in for ticket in tickets):
                return OutgoingState.DROPPED, "no longer true"
        if row.room_id is not None:
            room = uow.places.room_by_id(row.room_id)
            if room.muted or uow.places.account(self._account).paused:
                return OutgoingState.DROPPED, "muted"
            if room.mode in (RoomMode.OFF, RoomMode.SHADOW) and row.topic is not Topic.BINDING:
                return OutgoingState.DROPPED, f"room is {room.mode.value}"
        elif row.person_id is None and not self._resolve_leader(uow, row):
            if row.leader_of is None or not self._limits.reaches_leaders:
                return OutgoingState.STUCK, NOBODY
        elif row.person_id is not None and row.address is None:
            return OutgoingState.STUCK, "the person is not on this account"
        return None

    def _resolve_leader(self, uow: UnitOfWork, row: Outgoing) -> bool:
        """Address a row without a reader to whoever leads its room by now."""
        if row.leader_of is None:
            return False  # of no room: nobody leads where it belongs
        node_id = uow.places.room_by_id(row.leader_of).node_id
        about: set[str] = {one for ticket_id in row.ticket_ids for one in accused(uow, uow.tickets.get(ticket_id))}
        signals = (uow.signals.get(signal_id) for signal_id in row.signal_ids)
        about |= {one for signal in signals if signal is not None for one in accused(uow, signal)}
        line = [] if node_id is None else uow.places.line(uow.places.node(node_id))
        leaders = uow.people.leaders(line, about) or keepers(uow, line, about)
        identity = uow.people.identity_on(leaders[0].id, row.account) if leaders else None
        if identity is None:
            return False
        row.person_id, row.address = identity.person_id, identity.external_id
        return True

    def _merge(self, uow: UnitOfWork, row: Outgoing, other: Outgoing, now: datetime) -> None:
        """Let row carry what other was to say."""
        why_not = self._why_not(uow, other, now)
        if why_not is not None:
            other.state, other.error = why_not
            return
        if row.merge is not None and other.merge is not None:
            row.merge = {**row.merge, "with": [*row.merge.get("with", []), other.merge["number"]]}
        elif row.kind is not PostKind.REMINDER:
            row.text = f"{row.text}\n\n{other.text}"
        uow.outbox.absorb(row, other)

    def _post(self, uow: UnitOfWork, row: Outgoing, text: str, now: datetime) -> Post:
        assert row.id is not None
        room = None if row.room_id is None else uow.places.room_by_id(row.room_id).external_id
        leader_of = None
        if row.room_id is None and row.person_id is None and row.leader_of is not None:
            leader_of = uow.places.room_by_id(row.leader_of).external_id
        return Post(
            row=row.id,
            account=row.account,
            kind=row.kind,
            text=text,
            at=now,
            room=room,
            to=row.address if row.room_id is None else None,
            leader_of=leader_of,
            in_reply_to=row.in_reply_to,
            picture=None if row.picture is None else self._media.read(row.picture),
            doubled=row.doubled,
        )

    def _unknown(self, row: Outgoing, reason: str, now: datetime) -> None:
        if row.kind in AGAIN_WHEN_UNKNOWN and not row.doubled:
            row.state, row.doubled, row.error, row.not_before = OutgoingState.PENDING, True, reason, now
        else:
            row.state, row.error = OutgoingState.MAYBE, reason
        self._log.warning("maybe_sent", row=row.id, reason=reason, again=row.state is OutgoingState.PENDING)

    def _refused(self, uow: UnitOfWork, row: Outgoing, reason: str, retry: bool, now: datetime) -> None:
        row.error = reason
        if not retry and row.room_id is None and unreachable(uow, self._at(uow, row), row):
            row.state, row.not_before = OutgoingState.PENDING, now
            self._log.info("sent_elsewhere", row=row.id, reason=reason)
            return
        if retry and now < (row.expires_at or row.created_at + TRIED_FOR):
            row.state = OutgoingState.PENDING
            row.not_before = now + min(LONGEST_PAUSE, timedelta(seconds=2 ** min(row.attempts, 10)))
        else:
            row.state = OutgoingState.STUCK
            self._log.error("stuck", row=row.id, reason=reason)
