"""A panel of neighbours (五人小组) that looks at a matter before it is closed: who it is, and when it is asked.

Its members hold the role of a reviewer at a node and below. Whoever handles a matter or asked for it never
decides on it.
"""

from datetime import datetime

from handlers.context import Context
from handlers.discreet.wordless import wordless
from handlers.effects import Effect, Remind, Tell
from handlers.record.lasting import rule_of, written
from handlers.setting import Setting
from models.codes import LEADERS, PostKind, RecordKind, RecordState, Role, TicketKind
from models.history_tables import TicketEvent
from models.masking import mask, short
from models.record_tables import Record, RecordEntry
from models.states import FINISHED, Move
from models.tables import Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

REVIEW = "review"
"""The kind of schedule: looks at a review that runs."""
ASKED = "asked"
"""The kind of entry: a member, with what he has said."""
AGREED, DISAGREED = "agreed", "disagreed"


def wants_review(ctx: Context, ticket: Ticket, note: str) -> bool:
    """Whether the pack lets a panel look at it. What is private or sensitive no neighbour reads."""
    rule = ctx.of(ticket).policy.panels
    if not rule.on or ticket.private or wordless(ticket) or ticket.kind is TicketKind.DISPUTE:
        return False
    line = ctx.uow.places.line(ctx.node_of(ticket))
    level = line[min(ticket.level, len(line) - 1)].level
    return any(one.fits(ticket.kind, ticket.category, level, f"{ticket.title}，{note}") for one in rule.rules)


def running(uow: UnitOfWork, ticket: Ticket) -> Record | None:
    """The review of a ticket that has not ended."""
    found = uow.records.about(ticket.id, RecordKind.REVIEW)
    return next((one for one in found if one.state is RecordState.OPEN), None)


def barred(uow: UnitOfWork, ticket: Ticket) -> set[str]:
    """Who must not decide on it: who has it, reported it as done, or asked for it; and the company's people."""
    out = {row.person_id for row in uow.tickets.requesters(ticket.id)}
    out |= {claim.person_id for claim in uow.wishes.live(ticket.id)}
    out |= {ticket.handler_id} if ticket.handler_id is not None else set()
    if ticket.organisation_id is not None:
        out |= {one.id for one in uow.organisations.members(ticket.organisation_id)}
    last = reported(uow, ticket)
    return out | ({last.actor_id} if last is not None and last.actor_id is not None else set())


def reported(uow: UnitOfWork, ticket: Ticket) -> TicketEvent | None:
    """The step of its history in which it was last reported as done."""
    done = (Move.DO.value, Move.RESOLVE.value)
    return next((one for one in reversed(uow.tickets.events(ticket.id)) if one.kind in done), None)


def members(uow: UnitOfWork, ticket: Ticket, size: int) -> list[Person]:
    """Who may be asked about it: the nearest panel first, those above where it is too small, at most its size."""
    out, found = barred(uow, ticket), dict[str, Person]()
    for node in uow.places.line(uow.places.node(ticket.node_id)):
        for person in uow.people.holders(node, [Role.REVIEWER]):
            if person.id not in out and person.erased_at is None:
                found.setdefault(person.id, person)
    return list(found.values())[:size]


def sits(uow: UnitOfWork, ticket: Ticket, person_id: str) -> bool:
    """Whether he still is of the panel there."""
    return Role.REVIEWER in uow.people.roles_at(person_id, uow.places.node(ticket.node_id))


# -- asking ---------------------------------------------------------------------------------------


def begin(ctx: Context, ticket: Ticket, note: str) -> list[Effect]:
    """The members are asked, each in private; the requesters later, when they have agreed."""
    ctx = ctx.of(ticket)
    rule, uow = ctx.policy.panels, ctx.uow
    node = ctx.node_of(ticket)
    until = ctx.policy.working.add(ctx.now, ctx.policy.working.days(rule.days))
    record = uow.records.open(
        RecordKind.REVIEW,
        node,
        uow.places.scope(node, ctx.policy.number_scope),
        title=rule.name,
        text=short(mask(note), 60),
        at=ctx.now,
        ticket_id=ticket.id,
        subject=ticket.id,
        period=str(len(uow.records.about(ticket.id, RecordKind.REVIEW)) + 1),
        due_at=until,
        data={"quorum": rule.quorum, "leader": None, **written(rule)},
    )
    asked = complete(uow, ctx.setting, ticket, record, ctx.now)
    uow.tickets.record(ticket, "review_begun", at=ctx.now, actor_id=None, data={"asked": len(asked)})
    told = ask_leader(uow, ctx.setting, ticket, record) if cannot(uow, ticket, record) else []
    remind = ctx.policy.working.add(ctx.now, ctx.policy.working.days(rule.remind_days))
    return [
        *asked,
        *told,
        Remind(REVIEW, str(record.id), "remind", remind),
        Remind(REVIEW, str(record.id), "due", until),
    ]


def complete(uow: UnitOfWork, setting: Setting, ticket: Ticket, record: Record, now: datetime) -> list[Effect]:
    """Ask members until the panel has its size: in place of those who left without a word."""
    assert record.id is not None
    for entry in uow.records.entries(record.id, ASKED):
        if entry.value is None and not sits(uow, ticket, entry.key):
            uow.records.drop(entry)
    known = {entry.key for entry in uow.records.entries(record.id, ASKED)}
    size = rule_of(record, setting.policy.panels).size
    new = [person for person in members(uow, ticket, size) if person.id not in known][: size - len(known)]
    for person in new:
        uow.records.put(record, ASKED, person.id, at=now, person_id=person.id)
    return [_tell(one.id, ticket, question(setting, ticket, record)) for one in new]


def _tell(person_id: str, ticket: Ticket, text: str) -> Tell:
    """A private line that is true as long as the matter is reported as done."""
    return Tell(person_id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=tuple(FINISHED))


def question(setting: Setting, ticket: Ticket, record: Record, key: str = "review.ask") -> str:
    """What a member reads: no more of the matter than a group does."""
    words = setting.words
    return words.say(
        key,
        panel=record.title,
        label=setting.label(ticket, group=True),
        note=words.say("name.note", note=record.text) if record.text else "",
        number=ticket.number,
        until="" if record.due_at is None else setting.moment(record.due_at),
    )


# -- where it stands ------------------------------------------------------------------------------


def votes(uow: UnitOfWork, record: Record) -> tuple[int, int]:
    """(for, against)."""
    assert record.id is not None
    tally = uow.records.tally(record.id, ASKED)
    return tally.get(AGREED, 0), tally.get(DISAGREED, 0)


def silent(uow: UnitOfWork, ticket: Ticket, record: Record) -> list[RecordEntry]:
    """Members who have said nothing yet and still may."""
    assert record.id is not None
    out = barred(uow, ticket)
    entries = uow.records.entries(record.id, ASKED)
    return [one for one in entries if one.value is None and one.key not in out and sits(uow, ticket, one.key)]


def cannot(uow: UnitOfWork, ticket: Ticket, record: Record) -> bool:
    """Whether the panel is too small for its quorum."""
    return bool(sum(votes(uow, record)) + len(silent(uow, ticket, record)) < record.data["quorum"])


def ask_leader(uow: UnitOfWork, setting: Setting, ticket: Ticket, record: Record) -> list[Effect]:
    """The nearest leader who neither handles it nor asked for it may decide in place of a panel that has not."""
    out = barred(uow, ticket)
    for node in uow.places.line(uow.places.node(ticket.node_id)):
        leader = next((one for one in uow.people.holders(node, LEADERS) if one.id not in out), None)
        if leader is None:
            continue
        record.data = {**record.data, "leader": leader.id}
        agree, against = votes(uow, record)
        text = setting.words.say(
            "review.leader_too_few" if cannot(uow, ticket, record) else "review.leader",
            panel=record.title,
            label=setting.label(ticket, group=True),
            number=ticket.number,
            quorum=record.data["quorum"],
            agree=agree,
            against=against,
        )
        return [_tell(leader.id, ticket, text)]
    return []


def follow(uow: UnitOfWork, now: datetime) -> None:
    """A review of what is no longer reported as done, or became private, has nothing to look at any more."""
    for ticket in list(uow.tickets.moved.values()):
        if ticket.status in FINISHED and not ticket.private:
            continue
        record = running(uow, ticket)
        if record is not None:
            uow.records.end(record, now, RecordState.CANCELLED)
