"""联席会议: the agenda of hard disputes on a meeting day, and what came of what the last meeting had decided."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from handlers.discreet.standing import is_spoken_of
from handlers.effects import Effect, Tell
from handlers.people.deputies import stand_in
from handlers.policy.meetings import HOLDING
from handlers.record.meeting_days import is_meeting_day, plan_meetings
from handlers.report.figures import may_name
from handlers.setting import Setting
from handlers.ticket.evaluation import untouchable
from handlers.ticket.steps import organisation
from models.codes import PostKind, RecordKind, RecordState
from models.masking import mask, short
from models.record_tables import Record
from models.states import FINISHED, OWED
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

AGENDA, OUTCOME = "agenda", "outcome"
"""Kinds of entries of the record of a meeting. An outcome's words stand in the history of its dispute alone, under the
number that the entry's value is."""

DECIDED = "met"
"""The step of a dispute's history."""

SEARCHED = 500
"""Open disputes of a place among which the hard ones are looked for, the oldest."""
WORDS = 40


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a meeting has before it: hard disputes, what the last one decided and is open, and of how many of these."""

    record: Record
    node: GridNode
    hard: tuple[Ticket, ...]
    left: tuple[tuple[Ticket, str, date], ...]
    decided: int
    settled: int


def send_agendas(uow: UnitOfWork, setting: Setting, subject: str, period: str, now: datetime) -> list[Effect]:
    """One private message to each who sits in meetings of the tree, about all of his places; plans the next day."""
    top, day = uow.places.node(int(subject)), date.fromisoformat(period)
    effects: list[Effect] = list(plan_meetings(uow, setting.at(uow, top), top, now))
    to: dict[str, list[tuple[Sheet, bool, Setting]]] = {}
    for node in uow.places.below(top.path):
        here = setting.at(uow, node)
        if node.level not in here.policy.meetings.levels or not is_meeting_day(here.policy, day):
            continue  # nobody meets there, or its pack has other days (meanwhile)
        sheet = _prepare(uow, here, node, day, now)
        if sheet is not None:
            for person, reads in _invited(uow, here, node, now):
                shown = _without_his_own(uow, sheet, person)
                if shown.hard or shown.left:
                    to.setdefault(person.id, []).append((shown, reads, here))
    rooms = uow.places.rooms_below(top.path)
    for person_id, sheets in to.items():
        text = "\n\n".join(_text(uow, here, sheet, day, now, reads=reads) for sheet, reads, here in sheets)
        tickets = [one for sheet, reads, _ in sheets if reads for one in (*sheet.hard, *(row[0] for row in sheet.left))]
        effects.append(
            Tell(
                person_id,
                PostKind.NOTICE,
                text,
                tuple(dict.fromkeys(one.id for one in tickets)),
                room_id=rooms[0].id if rooms else None,
                records=tuple(sheet.record.id for sheet, _, _ in sheets if sheet.record.id is not None),
            )
        )
    return effects


def _invited(uow: UnitOfWork, setting: Setting, node: GridNode, now: datetime) -> list[tuple[Person, bool]]:
    """Who gets the agenda of a place, and whether he may read its disputes."""
    rule, found = setting.policy.meetings, dict[str, tuple[Person, bool]]()
    for holder in uow.people.holders(node, rule.roles):
        person = stand_in(uow, holder, now)
        found[person.id] = (person, True)
    line = uow.places.line(node)
    for name in rule.organisations:
        company = organisation(uow, line, name)
        if company is not None and company.id is not None and company.node_id == node.id:
            for member in uow.organisations.members(company.id):
                reads = bool(uow.people.roles_at(member.id, node) & HOLDING)
                found.setdefault(member.id, (member, reads))
    return list(found.values())


def _without_his_own(uow: UnitOfWork, sheet: Sheet, person: Person) -> Sheet:
    """The agenda without the disputes of which the words speak of that person."""
    hard = tuple(one for one in sheet.hard if not is_spoken_of(uow, one, person.id))
    left = tuple(row for row in sheet.left if not is_spoken_of(uow, row[0], person.id))
    return replace(sheet, hard=hard, left=left)


# -- what stands on it ----------------------------------------------------------------------------


def _prepare(uow: UnitOfWork, setting: Setting, node: GridNode, day: date, now: datetime) -> Sheet | None:
    """The record of the day's meeting with its agenda; the one before ends. None: there is nothing to speak of."""
    assert node.id is not None
    before = last_meeting(uow, node)
    if before is not None and before.state is RecordState.OPEN:
        uow.records.end(before, now)
    left, decided, settled = _left(uow, setting, before)
    hard = [one for one in hard_disputes(uow, setting, node, now) if one.id not in {row[0].id for row in left}]
    if not hard and not left:
        return None
    record = uow.records.open(
        RecordKind.MEETING,
        node,
        uow.places.scope(node, setting.policy.number_scope),
        title=setting.words.say("meeting.title", name=setting.policy.meetings.name, day=day_of(day)),
        at=now,
        subject="",
        period=day.isoformat(),
    )
    for ticket in (*hard, *(row[0] for row in left)):
        uow.records.put(record, AGENDA, ticket.id, at=now, ticket_id=ticket.id)
    return Sheet(record, node, tuple(hard), tuple(left), decided, settled)


def last_meeting(uow: UnitOfWork, node: GridNode) -> Record | None:
    """The last meeting of exactly that place."""
    assert node.id is not None
    return next(iter(uow.records.at_any([node.id], RecordKind.MEETING, limit=1)), None)


def _left(uow: UnitOfWork, setting: Setting, before: Record | None) -> tuple[list[tuple[Ticket, str, date]], int, int]:
    """What the last meeting decided and is open, with the words and the day; of how many; how many are settled."""
    if before is None or before.id is None:
        return [], 0, 0
    entries = uow.records.entries(before.id, OUTCOME)
    left, settled = [], 0
    for entry in entries:
        ticket = uow.tickets.get(entry.key)
        if ticket.status in OWED:
            words = uow.tickets.texts(ticket.id).get(int(entry.value or 0))
            on = entry.at.astimezone(setting.policy.zone).date()
            left.append((ticket, "" if words is None else words.text, on))
        elif ticket.status in FINISHED or ticket.closed_at is not None:
            settled += 1
    return left, len(entries), settled


def hard_disputes(uow: UnitOfWork, setting: Setting, node: GridNode, now: datetime) -> list[Ticket]:
    """The disputes at the node and below it that the policy calls hard, the oldest first.

    What touches on petitions stays with its micro-grid's leader, unless somebody has reported it up.
    """
    rule = setting.policy.meetings.hard
    found = uow.disputes.owed(node.path, SEARCHED)
    times = uow.disputes.reported([one.id for one in found]) if rule.reported is not None else {}
    hard = []
    for ticket in found:
        if not may_name(ticket.category, ticket.flags) and not ticket.level:
            continue
        line = uow.places.line(uow.places.node(ticket.node_id))
        reached = line[min(ticket.level, len(line) - 1)]
        levels = [one.level for one in line]
        is_hard = (
            (rule.days is not None and (now - ticket.opened_at).days >= rule.days)
            or (rule.reported is not None and times.get(ticket.id, 0) >= rule.reported)
            or (rule.reopened is not None and ticket.reopened >= rule.reopened)
            or (rule.overdue and _is_late(ticket, now))
            or (rule.level in levels and levels.index(reached.level) >= levels.index(rule.level))
        )
        if is_hard:
            hard.append(ticket)
    return hard


def _is_late(ticket: Ticket, now: datetime) -> bool:
    """Whether its deadline is over; while it waits its clocks stand still."""
    return ticket.waiting_since is None and ticket.solve_by is not None and ticket.solve_by < now


# -- its words ------------------------------------------------------------------------------------


def _text(uow: UnitOfWork, setting: Setting, sheet: Sheet, day: date, now: datetime, *, reads: bool) -> str:
    """The agenda of one place; without any words for whoever may not read its disputes."""
    say, rule = setting.words.say, setting.policy.meetings
    named = {"name": rule.name, "day": day_of(day), "place": sheet.node.name, "count": len(sheet.hard)}
    head = say("meeting.head", **named) if sheet.hard else say("meeting.head_none", **named)
    shown, left = sheet.hard[: rule.most], sheet.left[: rule.most]
    if not reads:
        names = "、".join(number(uow, sheet.node, one) for one in shown)
        text = say("meeting.numbers", head=head, numbers=names) if shown else say("meeting.no_numbers", head=head)
        if left:
            text += say(
                "meeting.numbers_left",
                count=len(sheet.left),
                numbers="、".join(number(uow, sheet.node, row[0]) for row in left),
            )
        return text + say("meeting.for_others")
    lines = [head, *(line_of(uow, setting, sheet.node, one, now) for one in shown)]
    if len(sheet.hard) > len(shown):
        lines.append(say("meeting.more", count=len(sheet.hard) - len(shown)))
    if sheet.left:
        lines.append(say("meeting.left", count=len(sheet.left)))
        lines += [
            say(
                "meeting.left_line",
                label=label(uow, setting, sheet.node, one),
                words=quietly(one, words),
                day=day_of(on),
            )
            for one, words, on in left
        ]
    if sheet.decided:
        lines.append(say("meeting.last", count=sheet.decided, settled=sheet.settled))
    first = (sheet.hard or tuple(row[0] for row in sheet.left))[0]
    lines.append(say("meeting.how", number=number(uow, sheet.node, first).lstrip("#")))
    return "\n".join(lines)


def line_of(uow: UnitOfWork, setting: Setting, node: GridNode, ticket: Ticket, now: datetime) -> str:
    """A dispute on the agenda: what it is about as far as a list may say it, and why it is hard."""
    say = setting.words.say
    line = uow.places.line(uow.places.node(ticket.node_id))
    why = [say("meeting.days", count=(now - ticket.opened_at).days)]
    why += [say("meeting.reached", place=line[min(ticket.level, len(line) - 1)].name)] if ticket.level else []
    why += [say("meeting.reopened", count=ticket.reopened)] if ticket.reopened else []
    why += [say("meeting.overdue")] if _is_late(ticket, now) else []
    return say("meeting.line", label=label(uow, setting, node, ticket), why="，".join(why))


def label(uow: UnitOfWork, setting: Setting, node: GridNode, ticket: Ticket) -> str:
    """A list is passed on: phones and flats are masked, and of what is delicate it says the number only."""
    words = quietly(ticket, ticket.title, 24)
    category = setting.taxonomy[ticket.category].name
    return setting.words.say("meeting.label", number=number(uow, node, ticket), category=category, words=words)


def quietly(ticket: Ticket, words: str, limit: int = WORDS) -> str:
    """Words of a dispute as a list may say them."""
    return "" if untouchable(ticket) or ticket.flags else short(mask(words), limit)


def number(uow: UnitOfWork, node: GridNode, ticket: Ticket) -> str:
    """#3, or at a place above those within which numbers count 清河村-3."""
    if node.path.startswith(uow.places.node(ticket.scope_id).path):
        return f"#{ticket.number}"
    return f"{uow.places.node(ticket.scope_id).name}-{ticket.number}"


def day_of(day: date) -> str:
    return f"{day.month}月{day.day}日"


def on_agenda(uow: UnitOfWork, record: Record) -> list[Ticket]:
    """The disputes that a meeting has before it, oldest entry first."""
    assert record.id is not None
    return [uow.tickets.get(entry.key) for entry in uow.records.entries(record.id, AGENDA)]
