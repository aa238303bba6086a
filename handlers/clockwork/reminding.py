"""What somebody is reminded of. The words are made when the message leaves, from what is true by then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.clockwork import clocks
from handlers.discreet.accused import is_accused
from handlers.discreet.standing import Kind, reads
from handlers.discreet.wordless import HANDLER_ONLY, handlers_alone
from handlers.effects import Effect, Remind, Tell
from handlers.people import reach
from handlers.people.deputies import stand_in
from handlers.setting import Setting
from handlers.ticket import charge
from handlers.ticket.arriving import PASSED_ON
from handlers.ticket.passing import ESCALATED
from handlers.wish.claims import claim_period
from models.alarms import ACKNOWLEDGED
from models.codes import PostKind, Status, TicketKind
from models.masking import short
from models.outgoing_tables import Outgoing
from models.states import ENDED, FINISHED, TERMS, Move
from models.tables import Person, Schedule
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

URGE = "urge"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One kind of schedule that reminds.

    key: its wording. above: it is for whoever leads above the one who has the ticket. holds: whether it is still
    true of the ticket, besides that something is owed. Of several reminders of a ticket in one message the one with
    the highest weight is said.
    """

    key: str
    weight: int
    holds: Callable[[Ticket, datetime], bool]
    above: bool = False


def _unanswered(ticket: Ticket, now: datetime) -> bool:
    # An unclaimed wish stands in the digest. Whether anybody has taken it at its level: _is_taken.
    return ticket.kind is not TicketKind.WISH and _runs(ticket, now)


def _unsolved(ticket: Ticket, now: datetime) -> bool:
    """Past its deadline."""
    return _runs(ticket, now) and ticket.solve_by is not None and ticket.solve_by <= now


def _silent(ticket: Ticket, now: datetime) -> bool:
    """No word when one was due."""
    return _runs(ticket, now) and ticket.next_by is not None and ticket.next_by <= now


def _runs(ticket: Ticket, _: datetime) -> bool:
    return ticket.waiting_since is None


def _unclaimed(ticket: Ticket) -> bool:
    return ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN


SPOKEN: Mapping[str, Reminder] = {
    "respond_near": Reminder("remind.respond_near", 0, _unanswered),
    "respond": Reminder("remind.respond", 2, _unanswered),
    # Once the solution is late too, that is what whoever is above hears of.
    "respond_over": Reminder(
        "remind.respond_over",
        4,
        lambda ticket, now: _unanswered(ticket, now) and not _unsolved(ticket, now),
        above=True,
    ),
    "next_near": Reminder("remind.next_near", 0, lambda ticket, now: _runs(ticket, now) and ticket.next_by is not None),
    "next": Reminder("remind.next", 2, _silent),
    "next_over": Reminder(
        "remind.next_over", 4, lambda ticket, now: _silent(ticket, now) and not _unsolved(ticket, now), above=True
    ),
    "near": Reminder("remind.near", 3, _runs),
    # An unclaimed wish was put to the leader before, and stands in each digest.
    "due": Reminder("remind.due", 5, lambda ticket, now: _unsolved(ticket, now) and not _unclaimed(ticket)),
    "over": Reminder("remind.over", 6, _unsolved, above=True),
    "claim_remind": Reminder("remind.claim", 1, _runs),
    URGE: Reminder("remind.urge", 1, lambda ticket, now: True),
    clocks.WAIT: Reminder("remind.waiting", 6, lambda ticket, now: ticket.waiting_since is not None, above=True),
}


_FIRST_WORD = frozenset({"respond_near", "respond", "respond_over"})
_TAKING = frozenset({Move.ACCEPT, Move.PROCESS, Move.RESOLVE, ACKNOWLEDGED})
_MOVED_UP = frozenset({ESCALATED, PASSED_ON})

_NOT_TO_HIMSELF = frozenset({"respond_over", "next_over", "over"})


def is_current(uow: UnitOfWork, schedule: Schedule, ticket: Ticket) -> bool:
    """Whether a look belongs to the term in force, not to one before an escalation, a word or another claim."""
    if schedule.kind in clocks.TERM:
        return schedule.period == clocks.period(ticket)
    if schedule.kind in clocks.NEXT:
        return schedule.period == clocks.next_period(ticket)
    return schedule.kind not in clocks.CLAIM or _claimer(uow, schedule, ticket) is not None


def _claimer(uow: UnitOfWork, schedule: Schedule, ticket: Ticket) -> Person | None:
    """Whose claim the look is about, if it lives and the look was planned since it last began."""
    live = (one for one in uow.wishes.live(ticket.id) if claim_period(ticket, one) == schedule.period)
    claim = next(live, None)
    return None if claim is None else uow.people.get(claim.person_id)


def remind(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """A private line to whoever has to hear it; checked once more, and worded, when it leaves."""
    ticket = uow.tickets.get(schedule.subject)
    if not is_current(uow, schedule, ticket) or not _holds(uow, schedule.kind, ticket, now):
        return []
    claimed = schedule.kind in clocks.CLAIM
    person = _claimer(uow, schedule, ticket) if claimed else _reader(uow, setting, schedule.kind, ticket, now)
    if schedule.kind in _NOT_TO_HIMSELF and person is not None and _has(uow, setting, ticket, person, now):
        return []  # there is nobody above, and he has been reminded
    text = _line(uow, setting, schedule.kind, ticket, None if person is None else person.id, now)
    owed = tuple(status for status in Status if status not in ENDED | FINISHED)
    person_id = None if person is None else person.id
    by = _due(schedule.kind, ticket) if schedule.kind.endswith("near") else None
    told = Tell(person_id, PostKind.REMINDER, text, (ticket.id,), room_id=ticket.room_id, valid_in=owed, by=by)
    return [told, *_again(setting, schedule, ticket, now)]


def _again(setting: Setting, schedule: Schedule, ticket: Ticket, now: datetime) -> list[Effect]:
    """A matter that waits is looked at for as long as it does: one look that nobody saw must not let it stand still."""
    if schedule.kind != clocks.WAIT:
        return []
    later = setting.policy.working.add(now, setting.policy.working.days(setting.policy.waiting.limit_days))
    return [Remind(clocks.WAIT, ticket.id, str(int(now.timestamp())), later)]


def compose(uow: UnitOfWork, setting: Setting, rows: Sequence[Outgoing], now: datetime) -> str | None:
    """One message of what is still true of these reminders, each ticket once; None when nothing is."""
    said: dict[str, tuple[int, str]] = {}
    for row in rows:
        ticket = uow.tickets.get(row.ticket_ids[0])
        here = setting.of(uow, ticket)
        kind = row.schedule or ""
        if kind not in SPOKEN:
            text, weight = _as_written(row, ticket), 0
        elif _holds(uow, kind, ticket, now) and _is_for(uow, here, row, kind, ticket, now):
            text, weight = _line(uow, here, kind, ticket, row.person_id, now), SPOKEN[kind].weight
        else:
            continue
        if text and weight >= said.get(ticket.id, (0, ""))[0]:
            said[ticket.id] = (weight, text)
    lines = [text for _, text in said.values()]
    if len(lines) < 2:
        return lines[0] if lines else None
    return setting.words.say("remind.several", count=len(lines), lines="\n".join(lines))


def _as_written(row: Outgoing, ticket: Ticket) -> str:
    return row.text if row.valid_in is None or ticket.status.value in row.valid_in else ""


def _holds(uow: UnitOfWork, kind: str, ticket: Ticket, now: datetime) -> bool:
    if ticket.status is Status.PROPOSED:
        return False  # whoever has to agree is asked for that alone
    if kind in _FIRST_WORD and _is_taken(uow, ticket):
        return False
    return ticket.status not in ENDED | FINISHED and SPOKEN[kind].holds(ticket, now)


def _is_taken(uow: UnitOfWork, ticket: Ticket) -> bool:
    """Whether somebody has said a first word at the level that it has reached: what was said below does not count.

    收到 is one, too: whoever said it goes there.
    """
    for event in reversed(uow.tickets.events(ticket.id)):
        if event.kind in _TAKING:
            return True
        if event.kind in _MOVED_UP:
            return False
    return ticket.status is not TERMS[ticket.kind].first


def _is_for(uow: UnitOfWork, setting: Setting, row: Outgoing, kind: str, ticket: Ticket, now: datetime) -> bool:
    """Whether the ticket is still the business of whom the line is addressed to."""
    if kind in clocks.CLAIM:
        return row.person_id is not None and uow.wishes.of(ticket.id, row.person_id) is not None
    person = _reader(uow, setting, kind, ticket, now)
    return row.person_id is None or person is None or person.id == row.person_id


def _reader(uow: UnitOfWork, setting: Setting, kind: str, ticket: Ticket, now: datetime) -> Person | None:
    person = _meant(uow, setting, kind, ticket)
    if person is None:
        return None
    deputy = stand_in(uow, person, now)
    if ticket.private and uow.tickets.requester(ticket.id, deputy.id) is not None:
        return reach.in_place_of(uow, ticket, person) or person  # it is about the deputy himself
    reader = person if is_accused(uow, ticket, deputy.id) else deputy
    return reach.in_place_of(uow, ticket, reader) or reader


def _key(kind: str, ticket: Ticket) -> str:
    if kind == "near" and _unclaimed(ticket):
        return "remind.unclaimed"
    if kind == "claim_remind" and ticket.status is Status.ASSIGNED:
        return "remind.claim_assigned"
    if kind == URGE and ticket.kind is TicketKind.WISH:
        return "remind.urge_unclaimed" if _unclaimed(ticket) else "remind.urge_wish"
    return SPOKEN[kind].key


def _has(uow: UnitOfWork, setting: Setting, ticket: Ticket, person: Person, now: datetime) -> bool:
    """Whether the ticket is that person's to see to."""
    has = charge.in_charge(uow, ticket, routing=setting.policy.routing)
    return has is not None and person.id in (has.id, stand_in(uow, has, now).id)


def _meant(uow: UnitOfWork, setting: Setting, kind: str, ticket: Ticket) -> Person | None:
    if not SPOKEN[kind].above:
        return charge.in_charge(uow, ticket, routing=setting.policy.routing)
    if kind == clocks.WAIT or ticket.organisation_id is not None:
        # Above an organisation is whoever leads where the matter is.
        return charge.above(uow, ticket, routing=setting.policy.routing)
    up = charge.in_charge(uow, ticket, up=1, routing=setting.policy.routing)
    has = charge.in_charge(uow, ticket, routing=setting.policy.routing)
    line = uow.places.line(uow.places.node(ticket.node_id))
    if up is None or has is None or charge.height(uow, up, line) >= charge.height(uow, has, line):
        return up
    return charge.above(uow, ticket, routing=setting.policy.routing)  # it was given to somebody further up


def _due(kind: str, ticket: Ticket) -> datetime | None:
    """The end of the term that a look is about."""
    return {"respond": ticket.respond_by, "next": ticket.next_by}.get(kind.partition("_")[0], ticket.solve_by)


def _line(uow: UnitOfWork, setting: Setting, kind: str, ticket: Ticket, person_id: str | None, now: datetime) -> str:
    has = charge.in_charge(uow, ticket, routing=setting.policy.routing)
    key = _key(kind, ticket)
    by = _due(kind, ticket)
    # Who is above whoever has it reads nothing of health, of children, of what is private.
    aside = SPOKEN[kind].above and (ticket.private or handlers_alone(ticket)) and (has is None or has.id != person_id)
    reason = ticket.waiting_for or ""
    unsaid = aside or (SPOKEN[kind].above and bool(setting.delicate(reason) & HANDLER_ONLY))
    text = setting.words.say(
        key,
        label=setting.label(ticket, group=aside or not reads(uow, setting, ticket, person_id, Kind.WORDS, now)),
        number=ticket.number,
        at=setting.moment(by or now),
        finish=setting.finish(ticket),
        status=setting.status(ticket),
        name=(has.name if has is not None else "") or setting.words.say("name.nobody"),
        reason=("" if unsaid else short(reason, 40)) or setting.words.say("name.no_reason"),
        since=setting.moment(ticket.waiting_since or now),
    )
    meant = None if kind in clocks.CLAIM else _meant(uow, setting, kind, ticket)
    if meant is None or person_id is None or meant.id == person_id:
        return text
    if stand_in(uow, meant, now).id == person_id:
        return setting.words.say("deputy.for", name=meant.name, text=text)
    return reach.said_instead(setting, text, [meant.name or setting.words.say("name.somebody")])
