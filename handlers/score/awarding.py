"""Points for what has been realised: after each message and each schedule the ledger is made to agree with the matters.

What a rule gives for a ticket or record follows from its state alone. So whatever undoes the work (不满意, 误报)
takes its points back in the same commit, and no handler can forget to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers.discreet.wordless import wordless
from handlers.policy.points import PointRule
from handlers.report.figures import may_name
from handlers.setting import Setting
from models.codes import PointKind, Rating, RecordField, RecordKind, RecordState, Status, TicketKind
from models.organisation_tables import Organisation
from models.point_tables import PointEntry
from models.record_tables import Record, RecordEntry
from models.records import NOTE
from models.tables import Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

_GONE = frozenset({Status.REJECTED, Status.WITHDRAWN, Status.MERGED})
_OF_RECORD = {
    RecordKind.PATROL: PointKind.PATROL_DONE,
    RecordKind.CARE: PointKind.CARE_DONE,
}


@dataclass(frozen=True, slots=True)
class _Due:
    """Whom a rule gives something for a matter as it stands."""

    kind: PointKind
    person_id: str | None = None
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """What points are given for. name: opaque, of its own."""

    name: str
    scope_id: int
    node_id: int
    ticket_id: str | None = None
    record_id: int | None = None


def settle(uow: UnitOfWork, setting: Setting, now: datetime) -> None:
    """Give and take back what this unit's changes are worth."""
    if not any(one.policy.points.rules for one in setting.everywhere):
        return
    for ticket in sorted(uow.tickets.moved.values(), key=lambda one: one.id):
        here = setting.of(uow, ticket)
        rules = here.policy.points.rules
        if rules and ticket.anonymised_at is None:  # nobody knows any more who asked
            of = _Subject(ticket.id, ticket.scope_id, ticket.node_id, ticket_id=ticket.id)
            _agree(uow, here, of, list(_for_ticket(uow, rules.keys(), ticket)), uow.points.of_ticket(ticket.id), now)
    for record in sorted(uow.records.touched.values(), key=lambda one: one.id or 0):
        here = setting.at(uow, uow.places.node(record.node_id))
        # Whoever is forgotten keeps his figures, though the record does not name him any more.
        counts = here.policy.points.rules and record.kind in _OF_RECORD and record.person_id is not None
        if counts and record.id is not None:
            of = _Subject(f"record{record.id}", record.scope_id, record.node_id, record_id=record.id)
            due = [one for one in _for_record(record) if one.kind.value in here.policy.points.rules]
            _agree(uow, here, of, due, uow.points.of_record(record.id), now)
    for entry in sorted(uow.records.noted.values(), key=lambda one: one.id or 0):
        here = setting.at(uow, uow.places.node(uow.records.get(entry.record_id).node_id))
        rules = here.policy.points.rules
        if entry.kind == NOTE and entry.person_id is not None and PointKind.VISIT_DONE.value in rules:
            _settle_visit(uow, here, entry, entry.person_id, now)


def _settle_visit(uow: UnitOfWork, setting: Setting, note: RecordEntry, person_id: str, now: datetime) -> None:
    """A visit is done when it is noted: one of a household, a person and a day, however many notes he writes of it."""
    record = uow.records.get(note.record_id)
    day = note.at.astimezone(setting.policy.zone).date().isoformat()
    of = _Subject(f"record{record.id}.{day}", record.scope_id, record.node_id, record_id=record.id)
    due = _Due(PointKind.VISIT_DONE, person_id)
    lines = [line for line in uow.points.of_record(note.record_id) if line.key == _key(of, due)]
    _agree(uow, setting, of, [due], lines, now)


def _for_ticket(uow: UnitOfWork, rules: Iterable[str], ticket: Ticket) -> Iterable[_Due]:
    """Nothing for what somebody asked for himself."""
    asking = {row.person_id for row in uow.tickets.requesters(ticket.id)}
    wanted = [kind for kind in PointKind if kind.value in rules]
    for kind in wanted:
        for due in _of_kind(uow, kind, ticket):
            own = due.person_id in asking and kind not in (PointKind.SIGNAL_CONFIRMED, PointKind.REPORTED)
            if not own:
                yield due


def _of_kind(uow: UnitOfWork, kind: PointKind, ticket: Ticket) -> Iterable[_Due]:
    closed = ticket.status is Status.CLOSED
    match kind:
        case PointKind.WISH_DONE if closed and ticket.kind is TicketKind.WISH and ticket.closed_at is not None:
            return [_Due(kind, claim.person_id) for claim in uow.wishes.until(ticket.id, ticket.closed_at)]
        case PointKind.MATTER_DONE if closed and ticket.kind is TicketKind.COMPLAINT:
            return [_Due(kind, ticket.handler_id)] if ticket.handler_id is not None else []
        case PointKind.COMPANY_DONE if closed and ticket.organisation_id is not None:
            return [_Due(kind, organisation_id=ticket.organisation_id)]
        case PointKind.DISPUTE_SOLVED if closed and ticket.kind is TicketKind.DISPUTE:
            succeeded = uow.disputes.values(ticket).get(RecordField.SUCCEEDED) is True
            return [_Due(kind, ticket.handler_id)] if succeeded and ticket.handler_id is not None else []
        case PointKind.REPORTED if ticket.kind is TicketKind.COMPLAINT and ticket.band != "ask":
            # Whoever says that it was not solved well has still reported it.
            if ticket.status in _GONE or not (closed or ticket.reopened):
                return []
            return _who_said(uow, kind, ticket)
        case PointKind.SIGNAL_CONFIRMED if ticket.band == "ask" and ticket.status not in _GONE:
            return _who_said(uow, kind, ticket)
    return []


def _who_said(uow: UnitOfWork, kind: PointKind, ticket: Ticket) -> Iterable[_Due]:
    """Whoever said it first. Of disputes, of what is sensitive and of petitions nobody is counted."""
    if wordless(ticket) or ticket.kind is TicketKind.DISPUTE or not may_name(ticket.category, ticket.flags):
        return []
    first = next(iter(uow.tickets.requesters(ticket.id)), None)
    return [] if first is None else [_Due(kind, first.person_id)]


def _for_record(record: Record) -> Iterable[_Due]:
    # A round counts when nothing of it was left out.
    done = record.state is RecordState.ENDED and not record.data.get("missing")
    return [_Due(_OF_RECORD[record.kind], record.person_id)] if done and record.person_id is not None else []


# -- the ledger ---------------------------------------------------------------------------------


def _agree(
    uow: UnitOfWork, setting: Setting, of: _Subject, due: list[_Due], lines: Sequence[PointEntry], now: datetime
) -> None:
    """Bring the lines about a subject to what is due. What somebody took back himself is not given again."""
    rules = setting.policy.points.rules
    taken = {line.reverses: line for line in lines if line.reverses is not None}
    given = [line for line in lines if line.reverses is None and line.key is not None]
    due = [one for one in due if _counts(uow, rules[one.kind.value], one, of)]
    for line in given:
        stands = any(_same(one, line) for one in due)
        if line.id not in taken and line.rule in rules and not stands:
            uow.points.reverse(line, at=now, by_id=None)
    for one in due:
        earlier = [line for line in given if _same(one, line)]
        if any(line.id not in taken or taken[line.id].by_id is not None for line in earlier):
            continue
        _award(uow, setting, of, one, len(earlier), now)


def _same(due: _Due, line: PointEntry) -> bool:
    return (due.kind.value, due.person_id, due.organisation_id) == (line.rule, line.person_id, line.organisation_id)


def _counts(uow: UnitOfWork, rule: PointRule, due: _Due, of: _Subject) -> bool:
    """Whether the grade that the requesters gave is one of the rule's."""
    if of.ticket_id is None or due.kind in (PointKind.SIGNAL_CONFIRMED, PointKind.REPORTED):
        return True
    rating = uow.tickets.get(of.ticket_id).rating
    if due.kind is PointKind.DISPUTE_SOLVED:
        return rating is not Rating.DISSATISFIED
    return rating in rule.ratings


def _award(uow: UnitOfWork, setting: Setting, of: _Subject, due: _Due, before: int, now: datetime) -> None:
    """A line for the work, with what the rule's limits leave of its points."""
    rule = setting.policy.points.rules[due.kind.value]
    amount = rule.points
    if due.person_id is not None:
        person = uow.people.get(due.person_id)
        if not _earns(uow, rule, person, of.node_id):
            return
        uow.lock("points", due.kind.value, person.id)
        amount = _within(uow, setting, due.kind.value, rule, person.id, now)
    key = _key(of, due) + (f".{before + 1}" if before else "")
    uow.points.put(
        PointEntry(
            scope_id=of.scope_id, node_id=of.node_id, person_id=due.person_id, organisation_id=due.organisation_id,
            rule=due.kind.value, amount=amount, key=key, ticket_id=of.ticket_id, record_id=of.record_id, at=now,
        )
    )  # fmt: skip


def _key(of: _Subject, due: _Due) -> str:
    """What a line is given for, once."""
    return f"{due.kind.value}:{of.name}:{due.person_id or f'organisation{due.organisation_id}'}"


def _earns(uow: UnitOfWork, rule: PointRule, person: Person, node_id: int) -> bool:
    if person.erased_at is not None:
        return False
    return not rule.roles or bool(uow.people.roles_at(person.id, uow.places.node(node_id)) & set(rule.roles))


def _within(uow: UnitOfWork, setting: Setting, code: str, rule: PointRule, person_id: str, now: datetime) -> int:
    """The rule's points, or what its limits of the day and the month leave of them."""
    local, left = now.astimezone(setting.policy.zone), abs(rule.points)
    today = datetime.combine(local.date(), time(), local.tzinfo)
    for limit, since in ((rule.per_day, today), (rule.per_month, today.replace(day=1))):
        if limit is not None:
            left = min(left, limit - uow.points.given(code, person_id, since, now + timedelta(seconds=1)))
    return max(left, 0) * (1 if rule.points > 0 else -1)


def count_against(
    uow: UnitOfWork,
    setting: Setting,
    organisation: Organisation,
    kind: PointKind,
    month: str,
    count: int,
    now: datetime,
) -> None:
    """What so many petitions, 12345 complaints or lawsuits of a month cost an organisation, in place of what did."""
    rule = setting.policy.points.rules.get(kind.value)
    assert organisation.id is not None
    if rule is None:
        return
    base = f"{kind.value}:{month}:organisation{organisation.id}"
    lines = uow.points.of_organisation(organisation.id, kind.value)
    taken = {line.reverses for line in lines}
    mine = [line for line in lines if line.key is not None and line.key.partition(".")[0] == base]
    standing = [line for line in mine if line.id not in taken]
    if sum(line.amount for line in standing) == rule.points * count:
        return
    for line in standing:
        uow.points.reverse(line, at=now, by_id=None)
    if count:
        scope = uow.places.scope(uow.places.node(organisation.node_id), setting.policy.number_scope)
        assert scope.id is not None
        uow.points.put(
            PointEntry(
                scope_id=scope.id, node_id=organisation.node_id, organisation_id=organisation.id, rule=kind.value,
                amount=rule.points * count, key=base + (f".{len(mine) + 1}" if mine else ""), at=now,
            )
        )  # fmt: skip
