"""Handling complaints and disputes: 受理, 处理, 办结, 上报, 转办, 误报."""

from handlers.answering import announce, in_group, reply, tell
from handlers.context import Context
from handlers.effects import Effect
from handlers.evaluation import ask_requesters, restart
from handlers.opening import hold, requester_names
from handlers.wishes import take
from models.codes import STAFF, PostKind, Role, SourceRole, TicketKind
from models.masking import mask, short
from models.message import BOT
from models.states import FINISHED, Move, steps_to
from models.tables import Person
from models.ticket_tables import Ticket


def accept(ctx: Context) -> list[Effect]:
    """受理: the speaker takes the matter on."""
    ticket = _to_handle(ctx)
    _step(ctx, ticket, Move.ACCEPT)
    return [reply(ctx, ctx.say("handle.accepted", name=ctx.my_name, label=_label(ctx, ticket)), ticket)]


def process(ctx: Context) -> list[Effect]:
    """处理 N ‹说明›: what is being done."""
    ticket = _to_handle(ctx)
    _step(ctx, ticket, Move.PROCESS)
    return [reply(ctx, ctx.say("handle.processed", label=_label(ctx, ticket), note=_note(ctx)), ticket)]


def resolve(ctx: Context) -> list[Effect]:
    """办结 N ‹说明›: the requesters are asked whether it is right."""
    ticket = _to_handle(ctx)
    _step(ctx, ticket, Move.RESOLVE)
    ticket.finished_at = ctx.now
    answer = reply(ctx, ctx.say("handle.resolved", label=_label(ctx, ticket), note=_note(ctx)), ticket)
    return [answer, *ask_requesters(ctx, ticket, ctx.args.text)]


def _to_handle(ctx: Context) -> Ticket:
    """The ticket, if the speaker may handle it: staff of its place, or whoever it was given to."""
    ticket = ctx.find()
    if ticket.kind is TicketKind.WISH:
        raise ctx.refuse("refuse.done_instead", number=ticket.number)
    require_handler(ctx, ticket)
    return ticket


def require_handler(ctx: Context, ticket: Ticket) -> None:
    """Raises Refusal unless the speaker is staff at the ticket's place or was given the ticket."""
    roles = ctx.roles(ctx.node_of(ticket))
    mine = ticket.handler_id is not None and ticket.handler_id == ctx.me().id
    if mine or roles & STAFF or (Role.PROPERTY in roles and not ticket.private):
        return
    raise ctx.refuse("refuse.staff_only")


def _step(ctx: Context, ticket: Ticket, goal: Move) -> None:
    """Go to goal through the stages that were skipped; the words stand with the last one."""
    me = ctx.me()
    for move in steps_to(ticket.kind, ticket.status, goal):
        words = ctx.args.text if move is goal else ""
        ctx.uow.tickets.move(ticket, move, at=ctx.now, actor_id=me.id, words=words)
    ticket.handler_id = me.id
    if ctx.message.attachments:
        hold(ctx, ticket, (ctx.message,), me, SourceRole.UPDATE)


def escalate(ctx: Context) -> list[Effect]:
    """上报 / 吹哨 N ‹原因›: one level up, with a new deadline."""
    ticket = ctx.find()
    roles = ctx.roles(ctx.node_of(ticket))
    if not (roles & STAFF or Role.PROPERTY in roles or ctx.is_mine(ticket)):
        raise ctx.refuse("refuse.staff_only")
    if ctx.ended(ticket) or ticket.status in FINISHED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    me = ctx.me()
    before = ticket.level
    ticket.level += 1
    ctx.uow.tickets.record(
        ticket, "escalated", at=ctx.now, actor_id=me.id, words=ctx.args.text, data={"from": before, "to": ticket.level}
    )
    leaders = [person for person in ctx.leaders(ticket) if person.id != me.id]
    text = ctx.say(
        "tell.escalated",
        label=ctx.label(ticket, group=False),
        number=ticket.number,
        name=ctx.my_name,
        reason=short(ctx.args.text, 60) or ctx.say("name.no_reason"),
    )
    upper = leaders[0] if leaders else None
    told = [tell(upper, PostKind.NOTICE, text, ticket)] if upper is not None else []
    answer = ctx.say("handle.escalated", label=_label(ctx, ticket), to=_level_name(ctx, ticket, upper))
    return [reply(ctx, answer, ticket), *told, *restart(ctx, ticket)]


def _level_name(ctx: Context, ticket: Ticket, upper: Person | None) -> str:
    if upper is not None and not in_group(ctx):
        return ctx.called(upper)
    line = ctx.uow.places.line(ctx.node_of(ticket))
    return line[min(ticket.level, len(line) - 1)].name


def transfer(ctx: Context) -> list[Effect]:
    """转办 N @人: somebody else has it now."""
    ticket = ctx.find()
    require_handler(ctx, ticket)
    if ctx.ended(ticket) or ticket.status in FINISHED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    person = _named(ctx, ticket)
    me = ctx.me()
    if ticket.kind is TicketKind.WISH:
        if ctx.uow.tickets.end_claim(ticket.id, ctx.now, "transferred") is not None:
            ctx.uow.flush()
        effects = take(ctx, ticket, person, assigned=True)
    else:
        ctx.uow.tickets.record(ticket, "transferred", at=ctx.now, actor_id=me.id, data={"to": person.id})
        effects = []
    ticket.handler_id = person.id
    finish = "wish_transferred" if ticket.kind is TicketKind.WISH else "transferred"
    text = ctx.say(
        f"tell.{finish}",
        label=ctx.label(ticket, group=False),
        number=ticket.number,
        name=ctx.my_name,
        people=requester_names(ctx, ticket),
    )
    answer = ctx.say("handle.transferred", label=_label(ctx, ticket), name=ctx.called(person))
    return [reply(ctx, answer, ticket), tell(person, PostKind.NOTICE, text, ticket), *effects]


def _named(ctx: Context, ticket: Ticket) -> Person:
    """The person that a 转办 names, by mention or by name. Raises Refusal when it is nobody or several."""
    for external_id in ctx.message.mentions:
        identity = None if external_id == BOT else ctx.uow.people.identity(ctx.message.account, external_id)
        if identity is not None:
            return ctx.uow.people.get(identity.person_id)
    name = ctx.args.text.strip().lstrip("@").split()[0] if ctx.args.text.strip().lstrip("@").split() else ""
    if not name:
        raise ctx.refuse("refuse.transfer_to_whom", number=ticket.number)
    found = ctx.uow.people.named(ctx.uow.places.node(ticket.scope_id), name)
    if len(found) != 1:
        raise ctx.refuse("refuse.nobody" if not found else "refuse.several", name=name)
    return found[0]


def reject(ctx: Context) -> list[Effect]:
    """误报 N ‹原因›: it was no matter for the bot; those who asked are told in one line."""
    ticket = ctx.find()
    require_handler(ctx, ticket)
    ctx.uow.tickets.move(ticket, Move.REJECT, at=ctx.now, actor_id=ctx.me().id, words=ctx.args.text)
    ctx.uow.tickets.end_claim(ticket.id, ctx.now, "rejected")
    text = ctx.say("handle.rejected", label=_label(ctx, ticket), note=_note(ctx))
    effects = [reply(ctx, text, ticket)]
    if not in_group(ctx) and ticket.band != "ask":
        label = ctx.label(ticket, group=True)
        effects += announce(ctx, ticket, ctx.say("handle.rejected", label=label, note=mask(_note(ctx))))
    return effects


def _label(ctx: Context, ticket: Ticket) -> str:
    return ctx.label(ticket, group=in_group(ctx))


def _note(ctx: Context) -> str:
    """The speaker's words, as the place where he spoke allows them."""
    if not ctx.args.text:
        return ""
    text = short(ctx.args.text, 60)
    return ctx.say("name.note", note=mask(text) if in_group(ctx) else text)
