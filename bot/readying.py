"""A row whose turn has come: whether it is still to be said, to whom, and in which words."""

from datetime import datetime

from bot.media import Media
from bot.seating import of_row
from bot.transports.base import Post
from handlers.alarm.duty import keepers
from handlers.clockwork.reminding import compose
from handlers.clockwork.scoped import with_scopes
from handlers.discreet.accused import accused
from handlers.setting import Setting
from models.codes import OutgoingState, PostKind, RoomMode, Topic
from models.outbox import NOBODY, NOT_HERE
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork

NO_LONGER_TRUE = "no longer true"


class Readying:
    """Decides within a unit of work about the rows of one account.

    limits: whether rows expire. reaches_leaders: the channel itself finds whoever leads a room (the simulator).
    """

    def __init__(self, account: str, setting: Setting, media: Media, *, limits: bool, reaches_leaders: bool) -> None:
        self._account = account
        self._setting = setting
        self._media = media
        self._limits = limits
        self._reaches_leaders = reaches_leaders

    def text(self, uow: UnitOfWork, row: Outgoing, others: list[Outgoing], now: datetime) -> str | None:
        """The words of the row with what goes out in it; None: it is not to be sent, and its state says why."""
        why_not = self._why_not(uow, row, now)
        if why_not is not None:
            row.state, row.error = why_not
            if row.topic is Topic.ENTRY and row.room_id is not None:
                uow.places.room_by_id(row.room_id).notice_version = 0  # it was not told after all
            return None
        for other in others:
            self._merge(uow, row, other, now)
        if row.merge is not None and "with" in row.merge:
            numbers = " ".join(f"#{number}" for number in [row.merge["number"], *row.merge["with"]])
            row.text = of_row(uow, self._setting, row).words.say("ack.merged", numbers=numbers)
        text = self._worded(uow, row, now)
        if text is None:
            row.state, row.error = OutgoingState.DROPPED, NO_LONGER_TRUE
        return text

    def post(self, uow: UnitOfWork, row: Outgoing, text: str, now: datetime) -> Post:
        """The row, addressed and ready to be sent."""
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

    def resolve_leader(self, uow: UnitOfWork, row: Outgoing) -> bool:
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

    def _worded(self, uow: UnitOfWork, row: Outgoing, now: datetime) -> str | None:
        """The words of a row. A reminder, with all that goes out in it, is worded anew at each try; None: nothing of
        it is true any more."""
        if row.kind is not PostKind.REMINDER or row.room_id is not None or not row.ticket_ids:
            return with_scopes(uow, self._setting, row, row.text)
        text = compose(uow, self._setting, [row, *uow.outbox.merged_into(row)], now)
        return None if text is None else with_scopes(uow, self._setting, row, text)

    def _why_not(self, uow: UnitOfWork, row: Outgoing, now: datetime) -> tuple[OutgoingState, str | None] | None:
        """Why a row must not be sent now, with the state that it gets."""
        if row.state is not OutgoingState.PENDING:
            return row.state, row.error
        if row.expires_at is not None and row.expires_at < now and self._limits:
            return OutgoingState.EXPIRED, row.error or "expired"
        if row.valid_in is not None:
            tickets = [uow.tickets.get(ticket_id) for ticket_id in row.ticket_ids]
            if all(ticket.status.value not in row.valid_in for ticket in tickets):
                return OutgoingState.DROPPED, NO_LONGER_TRUE
        if row.room_id is not None:
            room = uow.places.room_by_id(row.room_id)
            if room.muted or uow.places.account(self._account).paused:
                return OutgoingState.DROPPED, "muted"
            if room.mode in (RoomMode.OFF, RoomMode.SHADOW) and row.topic is not Topic.BINDING:
                return OutgoingState.DROPPED, f"room is {room.mode.value}"
        elif row.person_id is None and not self.resolve_leader(uow, row):
            if row.leader_of is None or not self._reaches_leaders:
                return OutgoingState.STUCK, NOBODY
        elif row.person_id is not None and row.address is None:
            return OutgoingState.STUCK, NOT_HERE
        return None

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
