"""Disputes, in private only: 台账, 记录, 转纠纷."""

from handlers.answering import reply, reply_in_private, tell
from handlers.context import Context
from handlers.discreet import standing
from handlers.dispute.mediation import missing, record_of, unfilled, unwritable, write
from handlers.dispute.record_values import field_name, fields_of, shown_value
from handlers.effects import Effect, Tell
from handlers.people.deputies import principals
from handlers.talk import feedback
from handlers.talk.opening import Matter, open_ticket
from handlers.ticket.changing import category_of_kind
from handlers.ticket.evaluation import untouchable
from handlers.ticket.handling import require_handler, require_unfinished
from handlers.ticket.turning import hand_over, remarked, said_of_origin
from handlers.ticket.uniting import require_staff
from models.codes import LEADERS, STAFF, FeedbackSource, PostKind, RecordField, Role, Status, TicketKind
from models.masking import mask, short
from models.states import ENDED, FINISHED
from models.tables import Person
from models.ticket_tables import Ticket
from nlp.understanding import Flag, Kind

LEDGER_LENGTH = 20
VALUE_LENGTH = 200
"""Characters of a value in the list of all; 记录 N 简述 shows the whole."""

_KEEPERS = frozenset({*LEADERS, Role.HEAD})
"""Who sees every dispute of his node; other staff see what they have themselves."""


def ledger(ctx: Context) -> list[Effect]:
    """台账: the open disputes of the speaker's nodes, what is due first; without words where they are delicate."""
    person = ctx.me()
    standing_for = principals(ctx.uow, person.id, ctx.now)
    grants = [grant for one in (person.id, *standing_for) for grant in ctx.uow.people.grants(one)]
    paths = [ctx.uow.places.node(grant.node_id).path for grant in grants if grant.role in _KEEPERS]
    tickets, count = ctx.uow.disputes.ledger(list(dict.fromkeys(paths)), person.id, LEDGER_LENGTH)
    shown = [ticket for ticket in tickets if ctx.reads(ticket, standing.Kind.EXISTS)]
    tickets, count = shown, count - len(tickets) + len(shown)
    if not tickets:
        return [reply(ctx, ctx.say("ledger.empty"))]
    more = ctx.say("ledger.more", count=count - len(tickets)) if count > len(tickets) else ""
    lines = "\n".join(_line(ctx, ticket) for ticket in tickets)
    return [reply(ctx, ctx.say("ledger.head", count=count, lines=lines, more=more), *tickets)]


def _line(ctx: Context, ticket: Ticket) -> str:
    since = ticket.opened_at.astimezone(ctx.policy.zone)
    handler, key_of = ctx.handler(ticket), "ledger.waits" if ticket.handler_id is None else "ledger.handler"
    due = ""
    if ticket.solve_by is not None and ticket.status not in FINISHED:
        key = "ledger.overdue" if ticket.solve_by < ctx.now else "ledger.due"
        due = ctx.say(key, at=ctx.setting.moment(ticket.solve_by))
    return ctx.say(
        "ledger.line",
        label=_label(ctx, ticket),
        since=ctx.say("ledger.day", month=since.month, day=since.day),
        status=ctx.status(ticket),
        handler=ctx.say("ledger.nobody") if handler is None else ctx.say(key_of, name=ctx.called(handler)),
        due=due,
    )


def _label(ctx: Context, ticket: Ticket) -> str:
    """A list is passed on: phones and flats are masked, and of what is delicate, or what the reader may not read,
    it says the number only."""
    delicate = untouchable(ticket) or bool(ticket.flags) or not ctx.may_read(ticket)
    words = "" if delicate else short(mask(ticket.title), 24)
    return ctx.say("ledger.label", number=ticket.number, category=ctx.category(ticket.category), words=words)


def record(ctx: Context) -> list[Effect]:
    """记录 N ‹字段› ‹值›: fills in the record of a dispute; without a value it is read."""
    ticket = ctx.find()
    if ticket.kind is not TicketKind.DISPUTE:
        raise ctx.refuse("refuse.not_a_dispute", number=ticket.number)
    require_handler(ctx, ticket)
    if not ctx.may_read(ticket):
        raise ctx.refuse("refuse.handler_alone", number=ticket.number)
    fields = fields_of(ctx, ctx.args.text)
    if not fields:
        if ctx.args.text.strip():
            raise ctx.refuse("refuse.record_how", number=ticket.number)
        return [reply(ctx, _whole(ctx, ticket), ticket)]
    if len(fields) == 1 and not fields[0][1]:
        return [reply(ctx, _one(ctx, ticket, fields[0][0]), ticket)]
    if any(not value for _, value in fields):
        raise ctx.refuse("refuse.record_how", number=ticket.number)
    _require_open_to_words(ctx, ticket, {field for field, _ in fields})
    for field, value in fields:
        write(ctx, ticket, field, value)
    names = "、".join(dict.fromkeys(field_name(ctx, field) for field, _ in fields))
    lacking = len(unfilled(ctx, ticket))
    left = ctx.say("record.left", count=lacking) if lacking else ""
    text = ctx.say("record.saved", number=ticket.number, fields=names, left=left)
    return [reply(ctx, text, ticket)]


def _require_open_to_words(ctx: Context, ticket: Ticket, fields: set[RecordField]) -> None:
    """Raises Refusal where nothing is recorded any more, or no words: what was erased at the end stays away."""
    if ticket.status in ENDED and ticket.status is not Status.CLOSED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    if fields & unwritable(ticket):
        raise ctx.refuse("refuse.record_sensitive", number=ticket.number)


def _whole(ctx: Context, ticket: Ticket) -> str:
    lines = [
        ctx.say("record.line", field=field_name(ctx, field), value=short(shown_value(ctx, value), VALUE_LENGTH))
        for field, value in record_of(ctx, ticket).items()
    ]
    head = ctx.say("record.head", label=ctx.label(ticket, group=False), lines="\n".join(lines))
    return head + missing(ctx, ticket)


def _one(ctx: Context, ticket: Ticket, field: RecordField) -> str:
    value, name = record_of(ctx, ticket).get(field), field_name(ctx, field)
    if value is None:
        return ctx.say("record.empty", number=ticket.number, field=name)
    return ctx.say("record.one", number=ticket.number, field=name, value=shown_value(ctx, value))


def turn(ctx: Context) -> list[Effect]:
    """转纠纷 N ‹类别›: the complaint goes on as a private dispute; the group hears a neutral end.

    What was heard to have turned already is that dispute.
    """
    origin = ctx.find()
    if not ctx.roles(ctx.node_of(origin)) & STAFF:
        raise ctx.refuse("refuse.staff_only")
    if origin.kind is not TicketKind.COMPLAINT:
        key = "refuse.turned_already" if origin.kind is TicketKind.DISPUTE else "refuse.turn_complaints"
        raise ctx.refuse(key, number=origin.number)
    if ctx.ended(origin):
        raise ctx.refuse("refuse.over", number=origin.number, status=ctx.status(origin))
    return _turned(ctx, origin, ctx.args.text.strip())


def others_ask(ctx: Context, ticket: Ticket) -> bool:
    """Whether somebody joined the complaint that another brought up: he only has the same trouble."""
    if ticket.kind is not TicketKind.COMPLAINT:
        return False
    return any(row.person_id != ctx.uow.tickets.opened_by(ticket.id) for row in ctx.uow.tickets.requesters(ticket.id))


def turn_kind(ctx: Context, origin: Ticket, category: str) -> list[Effect]:
    """改 N 类型 纠纷 of what others joined: as 转纠纷 does it, so that they never see the dispute."""
    require_staff(ctx, origin)
    require_unfinished(ctx, origin)
    feedback.note(ctx, FeedbackSource.RECATEGORISED, origin, category_of_kind(ctx, TicketKind.DISPUTE, category))
    return _turned(ctx, origin, category)


def _turned(ctx: Context, origin: Ticket, said: str) -> list[Effect]:
    known = [ticket for ticket in ctx.uow.disputes.out_of(origin) if not ctx.ended(ticket)]
    person = _quarrels(ctx, origin)
    dispute, effects = (known[0], []) if known else _opened(ctx, origin, person, said)
    told = said_of_origin(ctx, origin)
    erased = hand_over(ctx, origin, dispute)
    answer = ctx.say(
        "dispute.turned", origin=origin.number, number=dispute.number, category=ctx.category(dispute.category)
    )
    if not known and said != ctx.category(dispute.category):
        answer += ctx.say("dispute.check_category", number=dispute.number)
    effects = [reply_in_private(ctx, answer, dispute), *effects, *told, *erased]
    if known or person is None or person.id == ctx.me().id or untouchable(dispute) or not ctx.reachable(person):
        return effects
    text = ctx.say("dispute.yours", origin=origin.number, number=dispute.number)
    return [*effects, Tell(person.id, PostKind.NOTICE, text, (dispute.id,), room_id=origin.room_id)]


def _quarrels(ctx: Context, origin: Ticket) -> Person | None:
    """Whoever brought it up and still asks for it; those who joined only have the same trouble."""
    rows = ctx.uow.tickets.requesters(origin.id)
    first = ctx.uow.tickets.events(origin.id)[0].actor_id
    return next((ctx.uow.people.get(row.person_id) for row in rows if row.person_id == first), None)


def _opened(ctx: Context, origin: Ticket, person: Person | None, said: str) -> tuple[Ticket, list[Effect]]:
    """The private ticket, in the hands of whoever has the complaint, if he may see such a thing; else the speaker's."""
    me, node = ctx.me(), ctx.node_of(origin)
    matter = Matter(
        kind=TicketKind.DISPUTE,
        category=_category(ctx, origin, said),
        text=origin.title,
        node=node,
        room=None if origin.room_id is None else ctx.uow.places.room_by_id(origin.room_id),
        requester=person,
        band="command",
        place=origin.place,
        evidence=tuple(origin.evidence),
        flags=frozenset(Flag(flag) for flag in origin.flags if flag in set(Flag)),
    )
    dispute, effects = open_ticket(ctx, matter)
    ctx.uow.disputes.link(dispute, origin)
    before = None if origin.handler_id is None else ctx.uow.people.get(origin.handler_id)
    entrusted = before is not None and bool(ctx.uow.people.roles_at(before.id, node) & STAFF)
    handler = before if before is not None and entrusted else me
    dispute.handler_id = handler.id
    # Whoever says it knows. Where somebody has it already he is told, and nobody is asked to take it.
    needless = (PostKind.NOTICE,) if entrusted else ()
    effects = [
        effect
        for effect in effects
        if not (isinstance(effect, Tell) and (effect.person_id == me.id or effect.kind in needless))
    ]
    if handler.id != me.id:
        text = ctx.say("dispute.to_handler", label=ctx.label_to(dispute, handler), number=dispute.number)
        effects.append(tell(handler, PostKind.NOTICE, text, dispute))
    return dispute, remarked(effects, dispute, ctx.say("dispute.out_of", origin=origin.number))


def _category(ctx: Context, origin: Ticket, said: str) -> str:
    """The category that the command names, else what its words sound like, else the rest."""
    named = ctx.setting.taxonomy.find(said) if said else None
    if named is not None:
        if named.kind is not Kind.DISPUTE:
            raise ctx.refuse("refuse.turn_category", name=said)
        return named.code
    for text in (said, origin.title):
        meaning = ctx.setting.understand(text) if text else None
        if meaning is not None and meaning.kind is Kind.DISPUTE:
            return meaning.category
    return "dispute_other"
