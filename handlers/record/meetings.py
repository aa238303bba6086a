"""会议, 议定: what stands before a meeting, and what it decided, as those say who sit in it."""

from datetime import date

from handlers.answering import reply, tell
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.effects import Effect
from handlers.numbers import scoped_number
from handlers.people.stations import require_role, stations
from handlers.policy.meetings import HOLDING
from handlers.record.agendas import AGENDA, DECIDED, OUTCOME, day_of, label, last_meeting, on_agenda, quietly
from handlers.record.meeting_days import next_day
from handlers.record.records import answer, matching_records, node_of, which_scope
from models.codes import PostKind, RecordKind, RecordState, TicketKind
from models.masking import short
from models.record_tables import Record
from models.states import OWED
from models.ticket_tables import Ticket

LONGEST = 400
"""Characters of an outcome."""
PLACES = 3


def show(ctx: Context) -> list[Effect]:
    """会议 ‹编号›: the last meeting of the speaker's place, or the one of that number: what is decided, what is not."""
    rule, text = ctx.policy.meetings, ctx.args.text.strip()
    require_role(ctx, rule.roles)
    nodes = [node for node in stations(ctx, rule.roles) if node.level in rule.levels][:PLACES]
    if text:
        said = scoped_number(text)
        own = ctx.uow.records.at_any([node.id for node in nodes if node.id is not None], RecordKind.MEETING)
        found = {one.id: one for one in own if said == (one.number, None)}
        found |= {one.id: one for one in (matching_records(ctx, *said) if said else [])}
        records = [one for one in found.values() if one.kind is RecordKind.MEETING and _sits(ctx, one)]
        if said and len(records) > 1:
            raise which_scope(ctx, said[0], records)
        if not records:
            raise ctx.refuse("refuse.meeting_none", number=text.lstrip("#")[:12])
        return [answer(ctx, _shown(ctx, records[0]), *records)]
    last = [one for one in (last_meeting(ctx.uow, node) for node in nodes) if one is not None]
    if not last:
        return [answer(ctx, ctx.say("meeting.none_yet", next=_next(ctx)).strip())]
    return [answer(ctx, "\n\n".join(_shown(ctx, one) for one in last), *last)]


def _sits(ctx: Context, record: Record) -> bool:
    return bool(ctx.roles(node_of(ctx, record)) & set(ctx.policy.meetings.roles) & HOLDING)


def _shown(ctx: Context, record: Record) -> str:
    assert record.id is not None
    node = node_of(ctx, record)
    outcomes = {entry.key: entry for entry in ctx.uow.records.entries(record.id, OUTCOME)}
    lines = []
    agenda = [one for one in on_agenda(ctx.uow, record) if not ctx.is_spoken_of(one)]
    for ticket in agenda[: ctx.policy.meetings.most]:
        entry, named = outcomes.get(ticket.id), label(ctx.uow, ctx.setting, node, ticket)
        if entry is None:
            lines.append(ctx.say("meeting.undecided_line", label=named, status=ctx.status(ticket)))
            continue
        words = ctx.uow.tickets.texts(ticket.id).get(int(entry.value or 0))
        lines.append(
            ctx.say(
                "meeting.decided_line",
                label=named,
                words=quietly(ticket, "" if words is None else words.text),
                day=day_of(entry.at.astimezone(ctx.policy.zone).date()),
                status=ctx.status(ticket),
            )
        )
    return ctx.say(
        "meeting.shown",
        title=record.title,
        place=node.name,
        number=record.number,
        lines="\n".join(lines),
        next=_next(ctx) if record.state is RecordState.OPEN else "",
    )


def _next(ctx: Context) -> str:
    day: date | None = next_day(ctx.policy, ctx.now)
    return "" if day is None else ctx.say("meeting.next", day=day_of(day))


def decide(ctx: Context) -> list[Effect]:
    """议定 N ‹结果›: into the history of the dispute and the records of the meetings that have it before them."""
    ticket, me, words = ctx.find(), ctx.me(), ctx.args.text.strip()
    require_role(ctx, ctx.policy.meetings.roles, ctx.node_of(ticket))
    if ticket.kind is not TicketKind.DISPUTE:
        raise ctx.refuse("refuse.decide_dispute", number=ticket.number)
    if ticket.status not in OWED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    records = _before(ctx, ticket)
    if not records:
        raise ctx.refuse("refuse.not_on_agenda", number=ticket.number)
    if not words:
        raise ctx.refuse("refuse.decide_how", number=ticket.number)
    if len(words) > LONGEST:
        raise ctx.refuse("refuse.decide_long", limit=LONGEST, length=len(words))
    numbers = [record.number for record in records]
    ctx.uow.tickets.record(ticket, DECIDED, at=ctx.now, actor_id=me.id, words=words, data={"meetings": numbers})
    seq = ctx.uow.tickets.events(ticket.id)[-1].seq
    for record in records:
        ctx.uow.records.put(
            record, OUTCOME, ticket.id, at=ctx.now, value=str(seq), person_id=me.id, ticket_id=ticket.id
        )
    if ticket.waiting_since is None:
        clocks.word_given(ctx.uow, ctx.policy, ticket, ctx.now)
    told, name = _tell_handler(ctx, ticket, words)
    text = ctx.say(
        "meeting.decided",
        label=ctx.label_to(ticket, me),
        words=short(words, 60),
        told=ctx.say("meeting.decided_told", name=name) if told else "",
    )
    return [reply(ctx, text, ticket), *told]


def _before(ctx: Context, ticket: Ticket) -> list[Record]:
    """The meetings, one a place of its line, that have the dispute before them and are not over."""
    last = (last_meeting(ctx.uow, node) for node in ctx.uow.places.line(ctx.node_of(ticket)))
    return [
        record
        for record in last
        if record is not None
        and record.id is not None
        and record.state is RecordState.OPEN
        and ctx.uow.records.entry(record.id, AGENDA, ticket.id) is not None
    ]


def _tell_handler(ctx: Context, ticket: Ticket, words: str) -> tuple[list[Effect], str]:
    """The line to whoever has the dispute, unless he says it himself."""
    handler = ctx.handler(ticket)
    if handler is None or handler.id == ctx.me().id or not ctx.reachable(handler):
        return [], ""
    text = ctx.say(
        "meeting.tell",
        name=ctx.policy.meetings.name,
        label=ctx.label_to(ticket, handler),
        words=words,
        number=ticket.number,
    )
    return [tell(handler, PostKind.NOTICE, text, ticket)], ctx.called(handler)
