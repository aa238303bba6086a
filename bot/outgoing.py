"""Writing effects into the commit: outbox rows, schedules, pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.media import Media
from handlers.effects import Discard, Effect, Keep, Picture, Remind, Say, Tell
from handlers.policy import Policy
from handlers.standing_in import routed
from handlers.wording import Wording
from models.codes import STAFF, OutgoingState, PostKind, RoomMode, RoomPurpose
from models.masking import mask
from models.tables import Room
from models.ticket_tables import Outgoing
from models.uow import UnitOfWork

_STALE = frozenset({PostKind.ACK, PostKind.NOTICE, PostKind.REMINDER, PostKind.EVALUATION, PostKind.DIGEST})


@dataclass(frozen=True, slots=True)
class Origin:
    """What the effects come from: an account's message (id) or one of its schedules (kind)."""

    account: str
    message_id: str | None = None
    schedule: str | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """Turns effects into rows, by the policy's quiet hours and each room's mode."""

    policy: Policy
    media: Media
    words: Wording
    limits: bool = True

    def write(self, uow: UnitOfWork, effects: Iterable[Effect], origin: Origin, now: datetime) -> int:
        """Add the rows of all effects to the unit; returns how many posts were promised."""
        posts = 0
        for effect in effects:
            match effect:
                case Say():
                    posts += self._say(uow, effect, origin, now)
                case Tell():
                    posts += sum(self._tell(uow, one, origin, now) for one in routed(uow, self.words, effect, now))
                case Picture():
                    uow.outbox.add(self._row(uow, effect, origin, now))
                    posts += 1
                case Remind():
                    uow.once.plan(effect.kind, effect.subject, effect.period, effect.at)
                case Keep():
                    self.media.keep(effect.sha256, effect.data)
                case Discard():
                    self.media.discard(effect.sha256)
        return posts

    def _say(self, uow: UnitOfWork, say: Say, origin: Origin, now: datetime) -> int:
        room = uow.places.room_by_id(say.room_id)
        if say.kind is PostKind.REPLY and say.person_id is not None and not self._may_speak(uow, room, now):
            # The person is awake and has asked; the neighbours are not and have not.
            identity = uow.people.identity_on(say.person_id, room.account)
            if identity is not None and identity.reachable:
                return self._tell(uow, Tell(say.person_id, say.kind, say.text, say.tickets), origin, now)
        if room.mode in (RoomMode.OFF, RoomMode.SHADOW):
            return 0
        row = self._base(say.kind, mask(say.text), origin, now)
        row.account, row.room_id, row.ticket_ids = room.account, room.id, list(say.tickets)
        if say.kind is PostKind.ACK and say.number is not None:
            row.merge = {"number": say.number}
        uow.outbox.add(row)
        return 1

    def _may_speak(self, uow: UnitOfWork, room: Room, now: datetime) -> bool:
        if room.muted or room.mode is RoomMode.SHADOW or uow.places.account(room.account).paused:
            return False
        return not (self.limits and self.policy.is_quiet(now))

    def _tell(self, uow: UnitOfWork, tell: Tell, origin: Origin, now: datetime) -> int:
        row = self._base(tell.kind, tell.text, origin, now)
        if tell.room_id is not None:
            row.account = uow.places.room_by_id(tell.room_id).account
        row.ticket_ids, row.signal_ids = list(tell.tickets), list(tell.signals)
        row.valid_in = None if tell.valid_in is None else [status.value for status in tell.valid_in]
        row.topic = tell.topic
        if tell.person_id is None:
            row.leader_of = tell.room_id
        else:
            self._address(uow, row, tell)
        if row.kind is PostKind.REMINDER and row.person_id is not None and self.limits:
            # All that one person is to be reminded of within that time is one message (bot/relay.py).
            gathered = timedelta(minutes=self.policy.reminders.gather_minutes)
            row.not_before = uow.outbox.gathering(row.account, row.person_id) or now + gathered
        uow.outbox.add(row)
        return 1

    def _address(self, uow: UnitOfWork, row: Outgoing, tell: Tell) -> None:
        """Find a way to the person: privately, else in the group if the line may stand there, else by a staff room."""
        assert tell.person_id is not None
        identity = uow.people.identity_on(tell.person_id, row.account)
        row.person_id = tell.person_id
        row.address = tell.address or (None if identity is None else identity.external_id)
        erased = identity is None and tell.address is not None and tell.in_group is None
        if erased or (identity is not None and identity.reachable):
            return
        if tell.in_group is not None:
            row.room_id, row.text = tell.in_group, mask(tell.text)
        elif tell.room_id is not None and row.kind is not PostKind.EVALUATION:
            row.room_id = _staff_room(uow, tell.person_id, tell.room_id)
            row.text = mask(tell.text) if _for_all_staff(uow, tell) else self.words.say("tell.confidential")
        if row.room_id is not None:
            row.person_id, row.address = None, None
        else:
            row.state, row.error = OutgoingState.STUCK, "the person cannot be written to"

    def _row(self, uow: UnitOfWork, picture: Picture, origin: Origin, now: datetime) -> Outgoing:
        row = self._base(PostKind.NOTICE, "", origin, now)
        row.room_id, row.person_id, row.picture = picture.room_id, picture.person_id, picture.name
        if picture.room_id is not None:
            row.account = uow.places.room_by_id(picture.room_id).account
        return row

    def _base(self, kind: PostKind, text: str, origin: Origin, now: datetime) -> Outgoing:
        expires = now + timedelta(hours=self.policy.budget.notice_expires_hours) if kind in _STALE else None
        return Outgoing(
            account=origin.account,
            kind=kind,
            text=text,
            in_reply_to=origin.message_id,
            schedule=origin.schedule,
            created_at=now,
            not_before=now,
            expires_at=expires,
        )


def _staff_room(uow: UnitOfWork, person_id: str, room_id: int) -> int | None:
    """The staff room nearest above a residents' room, for staff of that place who have no private chat."""
    node_id = uow.places.room_by_id(room_id).node_id
    if node_id is None or not uow.people.roles_at(person_id, uow.places.node(node_id)) & STAFF:
        return None
    for node in uow.places.line(uow.places.node(node_id)):
        assert node.id is not None
        rooms = uow.places.rooms_at(node.id, RoomPurpose.STAFF)
        if rooms:
            return rooms[0].id
    return None


def _for_all_staff(uow: UnitOfWork, tell: Tell) -> bool:
    """Whether a private line may be read by all staff of a place: nothing of disputes, health, children, signals."""
    if tell.signals:
        return False
    if tell.kind is PostKind.DIGEST:
        return True  # written so that a group may read it
    tickets = [uow.tickets.get(ticket_id) for ticket_id in tell.tickets]
    return not any(ticket.private or ticket.flags for ticket in tickets)
