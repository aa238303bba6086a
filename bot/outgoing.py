"""Writing effects into the commit: outbox rows, schedules, pictures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.addressee import to_staff_room
from bot.media import Media
from bot.seating import of_room, of_subject
from handlers.effects import Discard, Effect, Keep, Picture, Remind, Say, Tell
from handlers.people.standing_in import routed
from handlers.policy.pack import Policy
from handlers.setting import Setting
from models.codes import OutgoingState, PostKind, RoomMode, Topic
from models.masking import mask
from models.outbox import CANNOT
from models.outgoing_tables import Outgoing
from models.people import on_account
from models.tables import Identity, Room
from models.uow import UnitOfWork

SEVERAL = 2
"""More readers than this are looked up together."""
_STALE = frozenset({PostKind.ACK, PostKind.NOTICE, PostKind.REMINDER, PostKind.EVALUATION, PostKind.DIGEST})


@dataclass(frozen=True, slots=True)
class Origin:
    """What the effects come from: an account's message (id) or one of its schedules (kind)."""

    account: str
    message_id: str | None = None
    schedule: str | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """Turns effects into rows, by each room's mode and the quiet hours of its place."""

    media: Media
    setting: Setting
    limits: bool = True

    def write(self, uow: UnitOfWork, effects: Iterable[Effect], origin: Origin, now: datetime) -> int:
        """Add the rows of all effects to the unit; returns how many posts were promised."""
        found = list(effects)
        rows: list[Outgoing] = []
        who = {effect.person_id for effect in found if isinstance(effect, Tell) and effect.person_id is not None}
        # Many at once are the digests of a place; of one or two nothing is gained.
        known = uow.people.identities_of(sorted(who)) if len(who) > SEVERAL else {}
        at = [effect.room_id for effect in found if isinstance(effect, Tell) and effect.room_id is not None]
        held = uow.places.rooms_of(at) if len(who) > SEVERAL else []  # as long as they are held, nobody reads them anew
        for effect in found:
            match effect:
                case Say():
                    rows += self._say(uow, effect, origin, now)
                case Tell():
                    for one in routed(uow, self.setting.words, effect, now):
                        rows.append(self._tell(uow, one, origin, now, known))
                case Picture():
                    rows += self._picture(uow, effect, origin, now)
                case Remind():
                    uow.once.plan(effect.kind, effect.subject, effect.period, effect.at)
                case Keep():
                    self.media.keep(effect.sha256, effect.data)
                case Discard():
                    self.media.discard(effect.sha256)
        uow.outbox.add_all(rows)
        held.clear()
        return len(rows)

    def _say(self, uow: UnitOfWork, say: Say, origin: Origin, now: datetime) -> list[Outgoing]:
        room = uow.places.room_by_id(say.room_id)
        policy = of_room(uow, self.setting, room.id).policy
        if say.kind is PostKind.REPLY and say.person_id is not None and not self._may_speak(uow, room, policy, now):
            # The person is awake and has asked; the neighbours are not and have not.
            identity = uow.people.identity_on(say.person_id, room.account)
            if identity is not None and identity.reachable:
                line = Tell(say.person_id, say.kind, say.text, say.tickets, records=say.records)
                return [self._tell(uow, line, origin, now, {})]
        if room.mode in (RoomMode.OFF, RoomMode.SHADOW) and say.topic is not Topic.BINDING:
            return []
        row = self._base(say.kind, mask(say.text), origin, now, policy)
        row.account, row.room_id, row.ticket_ids = room.account, room.id, list(say.tickets)
        row.record_ids = list(say.records) or None
        row.topic = say.topic
        if say.kind is PostKind.ACK and say.number is not None:
            row.merge = {"number": say.number}
        return [row]

    def _may_speak(self, uow: UnitOfWork, room: Room, policy: Policy, now: datetime) -> bool:
        if room.muted or room.mode is RoomMode.SHADOW or uow.places.account(room.account).paused:
            return False
        return not (self.limits and policy.is_quiet(now))

    def _tell(
        self, uow: UnitOfWork, tell: Tell, origin: Origin, now: datetime, known: Mapping[str, Sequence[Identity]]
    ) -> Outgoing:
        setting = of_subject(uow, self.setting, tell.tickets, tell.signals, tell.records, tell.room_id)
        row = self._base(tell.kind, tell.text, origin, now, setting.policy)
        if tell.room_id is not None:
            row.account = uow.places.room_by_id(tell.room_id).account
        row.ticket_ids, row.signal_ids = list(tell.tickets), list(tell.signals)
        row.record_ids = list(tell.records) or None
        row.valid_in = None if tell.valid_in is None else [status.value for status in tell.valid_in]
        row.topic, row.secret = tell.topic, tell.secret
        if tell.person_id is None:
            row.leader_of = tell.room_id
        else:
            self._address(uow, setting, row, tell, known)
        if row.kind is PostKind.REMINDER and row.person_id is not None and self.limits:
            # All that one person is to be reminded of within that time is one message (bot/relay.py).
            gathered = timedelta(minutes=setting.policy.reminders.gather_minutes)
            row.not_before = uow.outbox.gathering(row.account, row.person_id) or now + gathered
            if tell.by is not None and now < tell.by <= row.not_before:
                row.not_before = now  # what waits already goes with it (bot/queue.py)
        return row

    def _address(
        self, uow: UnitOfWork, setting: Setting, row: Outgoing, tell: Tell, known: Mapping[str, Sequence[Identity]]
    ) -> None:
        """Find a way to the person: privately, else in the group if the line may stand there, else by a staff room."""
        assert tell.person_id is not None
        mine = known[tell.person_id] if tell.person_id in known else uow.people.identities(tell.person_id)
        identity = on_account(mine, row.account)
        if row.kind is not PostKind.REPLY and (identity is None or not identity.reachable):
            # Leaders may be written to by an app while their groups are heard by another account.
            elsewhere = next((one for one in mine if one.reachable and one.account != row.account), None)
            if elsewhere is not None:
                identity, row.account = elsewhere, elsewhere.account
        row.person_id = tell.person_id
        row.address = tell.address or (None if identity is None else identity.external_id)
        erased = identity is None and tell.address is not None and tell.in_group is None
        if erased or (identity is not None and identity.reachable):
            return
        if tell.in_group is not None:
            row.room_id, row.text = tell.in_group, mask(tell.text)
            row.person_id, row.address = None, None
        elif row.kind is PostKind.EVALUATION or not to_staff_room(uow, setting, row, tell.room_id):
            row.state, row.error = OutgoingState.STUCK, CANNOT

    def _picture(self, uow: UnitOfWork, picture: Picture, origin: Origin, now: datetime) -> Sequence[Outgoing]:
        """A person gets a picture where he asked for it, or not at all: it never takes another way."""
        kind = picture.kind or (PostKind.NOTICE if picture.person_id is None else PostKind.REPLY)
        row = self._base(kind, "", origin, now, self.setting.policy)
        row.room_id, row.person_id, row.picture = picture.room_id, picture.person_id, picture.name
        row.ticket_ids = list(picture.tickets)
        row.record_ids = list(picture.records) or None
        if picture.room_id is not None:
            row.account = uow.places.room_by_id(picture.room_id).account
        if picture.person_id is not None:
            identity = uow.people.identity_on(picture.person_id, row.account)
            if identity is None or not identity.reachable:
                return ()
            row.address = identity.external_id
        return (row,)

    def _base(self, kind: PostKind, text: str, origin: Origin, now: datetime, policy: Policy) -> Outgoing:
        expires = now + timedelta(hours=policy.budget.notice_expires_hours) if kind in _STALE else None
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
