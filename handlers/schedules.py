"""What the clock does: one function a kind of schedule, and the registry of kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers import deputising, digest, escalating, reminding, succession
from handlers.alarms import ALARM, look
from handlers.claims import claim_period
from handlers.context import Setting
from handlers.deputies import stand_in
from handlers.effects import Discard, Effect, Remind, Say, Tell
from handlers.erasing import DISCARD, erase_at_end
from handlers.policy import next_time
from models.codes import PostKind, Rating, Status
from models.states import FINISHED, Move
from models.tables import GridNode, Person, Schedule
from models.ticket_tables import Ticket
from models.uow import SUCCESSION, UnitOfWork

DIGEST, HOUSEKEEPING = "digest", "housekeeping"
NIGHT = time(3, 30)
SEEN_DAYS = 3
"""Longer than the oldest message that is still acted on (policy hearing.act_within_hours, at most a day)."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One due schedule. now is the moment at which it runs, which may be later than it was due."""

    schedule: Schedule
    uow: UnitOfWork
    setting: Setting
    now: datetime

    def say(self, key: str, **values: object) -> str:
        return self.setting.words.say(key, **values)

    def ticket(self) -> Ticket:
        return self.uow.tickets.get(self.schedule.subject)


@dataclass(frozen=True, slots=True)
class ScheduleKind:
    """announces: it only reminds or reports, so that a replay without a clock leaves it out."""

    run: Callable[[Tick], list[Effect]]
    announces: bool


def _remind(tick: Tick) -> list[Effect]:
    return reminding.remind(tick.uow, tick.setting, tick.schedule, tick.now)


def _expire(tick: Tick) -> list[Effect]:
    return escalating.expire(tick.uow, tick.setting, tick.schedule, tick.now)


def _succession(tick: Tick) -> list[Effect]:
    return succession.hand_up(tick.uow, tick.setting, tick.schedule, tick.now)


def _deputy_over(tick: Tick) -> list[Effect]:
    return deputising.over(tick.uow, tick.setting, int(tick.schedule.subject), tick.now)


def _claim_expire(tick: Tick) -> list[Effect]:
    """A claim that came to nothing ends, and the wish is offered again."""
    ticket = tick.ticket()
    live = tick.uow.tickets.live_claim(ticket.id)
    if (
        live is None
        or claim_period(ticket, live) != tick.schedule.period
        or ticket.status is not Status.CLAIMED
        or live.assigned
    ):
        return []
    tick.uow.tickets.move(ticket, Move.EXPIRE, at=tick.now, actor_id=None)
    tick.uow.tickets.end_claim(ticket.id, tick.now, "expired")
    ticket.handler_id = None
    text = tick.say("wish.expired", label=tick.setting.label(ticket, group=False), number=ticket.number)
    effects: list[Effect] = [Tell(live.person_id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)]
    if ticket.room_id is not None and not ticket.private:
        again = tick.say("wish.open_again", label=tick.setting.label(ticket, group=True), number=ticket.number)
        effects.append(Say(ticket.room_id, PostKind.NOTICE, again, (ticket.id,)))
    return effects


def _silence(tick: Tick) -> list[Effect]:
    """Nobody answered for the policy's days: closed as 未评价, never as 满意."""
    ticket = tick.ticket()
    if ticket.status not in FINISHED or str(ticket.asks) != tick.schedule.period:
        return []
    tick.uow.tickets.move(ticket, Move.CLOSE_SILENT, at=tick.now, actor_id=None)
    tick.uow.tickets.end_claim(ticket.id, tick.now, "fulfilled")
    ticket.rating = Rating.UNRATED
    return erase_at_end(tick.uow, tick.setting, ticket, tick.now)


def _digest(tick: Tick) -> list[Effect]:
    """One message to each leader below the scope; the next day's is planned in the same commit."""
    scope = tick.uow.places.node(int(tick.schedule.subject))
    since = tick.uow.once.done_before(tick.schedule) or tick.now - timedelta(days=1)
    effects: list[Effect] = [plan_digest(scope, tick.setting, tick.now)]
    for reader in _readers(tick.uow, scope, tick.now):
        made = digest.digest(tick.uow, tick.setting, reader, since, tick.now)
        person_id = None if reader.person is None else reader.person.id
        room_id = _a_room(tick, reader)
        effects.append(Tell(person_id, PostKind.DIGEST, made.text, made.tickets, made.signals, room_id=room_id))
    for room in tick.uow.places.rooms_below(scope.path):
        room.voices_unread = 0
    return effects


def _a_room(tick: Tick, reader: digest.Reader) -> int | None:
    """A room of the reader: its account carries the digest."""
    rooms = [room for node in reader.nodes for room in tick.uow.places.rooms_below(node.path)]
    return rooms[0].id if rooms else None


def _readers(uow: UnitOfWork, scope: GridNode, now: datetime) -> list[digest.Reader]:
    """Everyone who leads a node of the scope, once each, with all his nodes; and the rooms that nobody leads.

    Whoever stands in for somebody has his nodes too.
    """
    nodes: dict[str, tuple[Person, list[GridNode]]] = {}
    for leader, node in uow.people.leading(scope.path):
        person = stand_in(uow, leader, now)
        nodes.setdefault(person.id, (person, []))[1].append(node)
    readers = [digest.Reader(person, digest.outermost(own)) for person, own in nodes.values()]
    led = tuple(node.path for reader in readers for node in reader.nodes)
    bound = (uow.places.node(room.node_id) for room in uow.places.rooms_below(scope.path) if room.node_id is not None)
    return readers + [digest.Reader(None, (node,)) for node in bound if not node.path.startswith(led)]


def plan_digest(scope: GridNode, setting: Setting, now: datetime) -> Remind:
    """The next digest of a scope after now."""
    due = next_time(now, setting.policy.digest.at, setting.policy.zone)
    return Remind(DIGEST, str(scope.id), due.astimezone(setting.policy.zone).date().isoformat(), due)


def plan_housekeeping(setting: Setting, now: datetime) -> Remind:
    """The next look at what has to be deleted and sealed: each night."""
    due = next_time(now, NIGHT, setting.policy.zone)
    return Remind(HOUSEKEEPING, "all", due.astimezone(setting.policy.zone).date().isoformat(), due)


def _housekeeping(tick: Tick) -> list[Effect]:
    """Delete old signals, seen messages and the words of old posts; seal the histories."""
    uow, rule = tick.uow, tick.setting.policy.hearing
    uow.signals.remove_old(tick.now - timedelta(days=rule.signal_days))
    uow.feedback.blank_old(tick.now - timedelta(days=rule.signal_days))
    uow.once.purge_seen(tick.now - timedelta(days=SEEN_DAYS))
    uow.outbox.blank_private()
    uow.outbox.blank_old(tick.now - timedelta(days=rule.signal_days))
    uow.seals.seal(tick.schedule.period, tick.now)
    return [plan_housekeeping(tick.setting, tick.now)]


def _discard(tick: Tick) -> list[Effect]:
    """The file of a deleted picture goes, unless a ticket has the same one."""
    sha256 = tick.schedule.subject
    return [] if tick.uow.tickets.has_picture(sha256) else [Discard(sha256)]


def _alarm(tick: Tick) -> list[Effect]:
    return look(tick.uow, tick.setting, tick.schedule.subject, tick.schedule.period, tick.now)


KINDS: Mapping[str, ScheduleKind] = {
    **{kind: ScheduleKind(_remind, announces=True) for kind in reminding.SPOKEN},
    "expire": ScheduleKind(_expire, announces=True),
    SUCCESSION: ScheduleKind(_succession, announces=False),
    deputising.OVER: ScheduleKind(_deputy_over, announces=True),
    "claim_expire": ScheduleKind(_claim_expire, announces=False),
    "silence": ScheduleKind(_silence, announces=False),
    ALARM: ScheduleKind(_alarm, announces=True),
    DISCARD: ScheduleKind(_discard, announces=False),
    DIGEST: ScheduleKind(_digest, announces=True),
    HOUSEKEEPING: ScheduleKind(_housekeeping, announces=False),
}
