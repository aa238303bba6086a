"""What the clock does: one function a kind of schedule, and the registry of kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers import approving, digest, offering
from handlers.alarms import ALARM, look
from handlers.claims import claim_period
from handlers.context import Setting
from handlers.effects import Discard, Effect, Remind, Say, Tell
from handlers.erasing import DISCARD, erase_at_end
from handlers.helpers import IN_HAND, release
from handlers.policy import next_time
from models.codes import PostKind, Rating, Status, TicketKind
from models.states import ENDED, FINISHED, TERMS, Move
from models.tables import GridNode, Person, Schedule
from models.ticket_tables import Claim, Ticket
from models.uow import UnitOfWork

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

    def in_charge(self, ticket: Ticket, *, up: int = 0) -> Person | None:
        """The handler, or with up > 0 whoever leads so many levels above the ticket's."""
        if up == 0 and ticket.handler_id is not None:
            return self.uow.people.get(ticket.handler_id)
        line = self.uow.places.line(self.uow.places.node(ticket.node_id))
        leaders = self.uow.people.leaders(line[min(ticket.level + up, len(line) - 1) :])
        leaders = leaders or self.uow.people.leaders(line)
        return leaders[0] if leaders else None


@dataclass(frozen=True, slots=True)
class ScheduleKind:
    """announces: it only reminds or reports, so that a replay without a clock leaves it out."""

    run: Callable[[Tick], list[Effect]]
    announces: bool


def _remind(tick: Tick, key: str, *, up: int = 0, to: Person | None = None) -> list[Effect]:
    """A private line to whoever is in charge, or to that person; the relay checks once more that it is still true."""
    ticket = tick.ticket()
    person = to or tick.in_charge(ticket, up=up)
    text = tick.say(
        key,
        label=tick.setting.label(ticket, group=False),
        number=ticket.number,
        at=tick.setting.moment(ticket.solve_by or tick.now),
        finish=tick.setting.finish(ticket),
        status=tick.setting.status(ticket),
    )
    still = tuple(status for status in Status if status not in ENDED | FINISHED)
    return [
        Tell(
            None if person is None else person.id,
            PostKind.REMINDER,
            text,
            (ticket.id,),
            room_id=ticket.room_id,
            valid_in=still,
        )
    ]


def _owed(ticket: Ticket) -> bool:
    return ticket.status not in ENDED | FINISHED


def _is_current(tick: Tick, ticket: Ticket) -> bool:
    """Whether the look belongs to the deadline in force, not to one before an escalation or reopening."""
    if ticket.status is Status.PROPOSED:
        return False  # whoever has to agree is asked for that alone
    return _owed(ticket) and tick.schedule.period == f"{ticket.reopened}.{ticket.level}"


def _respond(tick: Tick) -> list[Effect]:
    ticket = tick.ticket()
    if not _is_current(tick, ticket) or ticket.status is not TERMS[ticket.kind].first:
        return []
    if ticket.kind is TicketKind.WISH:
        return []  # an unclaimed wish stands in the digest; see wishes in the policy
    return _remind(tick, "remind.respond")


def _near(tick: Tick) -> list[Effect]:
    ticket = tick.ticket()
    if not _is_current(tick, ticket):
        return []
    return _remind(tick, "remind.unclaimed" if _unclaimed(ticket) else "remind.near")


def _due(tick: Tick) -> list[Effect]:
    """An unclaimed wish was put to the leader a moment ago, and stands in each digest."""
    ticket = tick.ticket()
    return _remind(tick, "remind.due") if _is_current(tick, ticket) and not _unclaimed(ticket) else []


def _unclaimed(ticket: Ticket) -> bool:
    return ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN


def _over(tick: Tick) -> list[Effect]:
    return _remind(tick, "remind.over", up=1) if _is_current(tick, tick.ticket()) else []


def _claim_remind(tick: Tick) -> list[Effect]:
    ticket = tick.ticket()
    live = _live_claim(tick, ticket)
    if live is None or not _owed(ticket):
        return []
    return _remind(tick, "remind.claim", to=tick.uow.people.get(live.person_id))


def _live_claim(tick: Tick, ticket: Ticket) -> Claim | None:
    """The claim that the look is about, if it lives and the look was planned since it last began."""
    live = tick.uow.wishes.live(ticket.id)
    return next((claim for claim in live if claim_period(ticket, claim) == tick.schedule.period), None)


def _claim_expire(tick: Tick) -> list[Effect]:
    """A claim that came to nothing ends, and its seat is offered again; those who help too keep theirs."""
    ticket = tick.ticket()
    live = _live_claim(tick, ticket)
    if live is None or ticket.status not in IN_HAND or live.assigned:
        return []
    release(tick.uow, ticket, live, Move.EXPIRE, "expired", at=tick.now, actor_id=None)
    text = tick.say("wish.expired", label=tick.setting.label(ticket, group=False), number=ticket.number)
    effects: list[Effect] = [Tell(live.person_id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)]
    if ticket.room_id is not None and not ticket.private:
        again = offering.open_again(tick.uow, tick.setting, ticket)
        effects.append(Say(ticket.room_id, PostKind.NOTICE, again, (ticket.id,)))
    return effects + offering.put_on_list(tick.uow, tick.setting, ticket, tick.now)


def _offer(tick: Tick) -> list[Effect]:
    due = datetime.fromisoformat(tick.schedule.period)
    return offering.look(tick.uow, tick.setting, tick.ticket(), due, tick.now)


def _approve(tick: Tick) -> list[Effect]:
    return approving.look(tick.uow, tick.setting, tick.ticket(), tick.schedule.period, tick.now)


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
    for reader in _readers(tick.uow, scope):
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


def _readers(uow: UnitOfWork, scope: GridNode) -> list[digest.Reader]:
    """Everyone who leads a node of the scope, once each, with all his nodes; and the rooms that nobody leads."""
    nodes: dict[str, tuple[Person, list[GridNode]]] = {}
    for person, node in uow.people.leading(scope.path):
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
    "respond": ScheduleKind(_respond, announces=True),
    "near": ScheduleKind(_near, announces=True),
    "due": ScheduleKind(_due, announces=True),
    "over": ScheduleKind(_over, announces=True),
    "claim_remind": ScheduleKind(_claim_remind, announces=True),
    "claim_expire": ScheduleKind(_claim_expire, announces=False),
    "silence": ScheduleKind(_silence, announces=False),
    offering.OFFER: ScheduleKind(_offer, announces=True),
    approving.APPROVE: ScheduleKind(_approve, announces=True),
    ALARM: ScheduleKind(_alarm, announces=True),
    DISCARD: ScheduleKind(_discard, announces=False),
    DIGEST: ScheduleKind(_digest, announces=True),
    HOUSEKEEPING: ScheduleKind(_housekeeping, announces=False),
}
