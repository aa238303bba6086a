"""Handling complaints and disputes: 受理, 处理, 办结, 上报, 转办, 误报."""

from handlers import clocks, feedback
from handlers.alarms import begin_above, is_alarming
from handlers.answering import announce, in_group, note, reply, tell, tell_helper, unsay
from handlers.consenting import publish
from handlers.context import Context
from handlers.effects import Effect
from handlers.erasing import erase_at_end
from handlers.evaluation import finished, restart
from handlers.mediation import missing, outcome_noted
from handlers.opening import hold
from handlers.passing import ESCALATED, escalated, transferred
from handlers.wishes import hand_over
from models.alarms import TRANSFERRED
from models.codes import LEADERS, STAFF, FeedbackSource, PostKind, Role, SourceRole, Status, TicketKind, Topic
from models.message import BOT
from models.states import FINISHED, Move, allowed, steps_to
from models.tables import GridNode, Person
from models.ticket_tables import Ticket

_HELPERS = frozenset({Role.PROPERTY, Role.PARTY_MEMBER, Role.HUB, Role.INFORMANT})
"""Who besides staff may be given a matter, unless it is private."""


def accept(ctx: Context) -> list[Effect]:
    """受理: the speaker takes the matter on."""
    ticket = _to_handle(ctx)
    if allowed(ticket.kind, ticket.status, Move.ACCEPT) is None and not _is_over(ctx, ticket):
        _take_over(ctx, ticket)
    else:
        _step(ctx, ticket, Move.ACCEPT)
    assert ticket.solve_by is not None
    text = ctx.say(
        "handle.accepted" if in_group(ctx) else "handle.accepted_private",
        name=ctx.my_name,
        label=_label(ctx, ticket),
        number=ticket.number,
        at=ctx.setting.moment(ticket.solve_by),
    )
    return [reply(ctx, text, ticket)]


def _take_over(ctx: Context, ticket: Ticket) -> None:
    """受理 of what is under way: by whoever it was passed on to or reported to, not from a colleague's hands."""
    me = ctx.me()
    if ticket.handler_id is not None and not ctx.handles(ticket):
        handler = ctx.uow.people.get(ticket.handler_id)
        raise ctx.refuse("refuse.accepted", number=ticket.number, name=ctx.called(handler))
    ticket.handler_id = ctx.takes_for(ticket).id
    ctx.uow.tickets.record(ticket, Move.ACCEPT, at=ctx.now, actor_id=me.id, words=ctx.args.text)
    clocks.stepped(ctx, ticket)


def process(ctx: Context) -> list[Effect]:
    """处理 N ‹说明›: what is being done."""
    ticket = _to_handle(ctx)
    _step(ctx, ticket, Move.PROCESS)
    text = ctx.say("handle.processed", label=_label(ctx, ticket), note=note(ctx, ticket))
    return [reply(ctx, text, ticket)]


def resolve(ctx: Context) -> list[Effect]:
    """办结 N ‹说明›: the requesters are asked whether it is right."""
    ticket = _to_handle(ctx)
    if ticket.kind is not TicketKind.DISPUTE:
        _step(ctx, ticket, Move.RESOLVE)
        return finished(ctx, ticket, ctx.say("handle.resolved", label=_label(ctx, ticket), note=note(ctx, ticket)))
    ctx = outcome_noted(ctx, ticket)
    _step(ctx, ticket, Move.RESOLVE)
    text = ctx.say("handle.settled", label=_label(ctx, ticket), note=note(ctx, ticket)) + missing(ctx, ticket)
    return finished(ctx, ticket, text)


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
    if ctx.handles(ticket) or roles & STAFF or (Role.PROPERTY in roles and not ticket.private):
        return
    raise ctx.refuse("refuse.staff_only")


def _step(ctx: Context, ticket: Ticket, goal: Move) -> None:
    """Go to goal through the stages that were skipped; the words stand with the last one."""
    me = ctx.me()
    for move in steps_to(ticket.kind, ticket.status, goal):
        words = ctx.args.text if move is goal else ""
        ctx.uow.tickets.move(ticket, move, at=ctx.now, actor_id=me.id, words=words)
    ticket.handler_id = ctx.takes_for(ticket).id
    clocks.stepped(ctx, ticket)
    if ctx.message.attachments:
        hold(ctx, ticket, (ctx.message,), me, SourceRole.UPDATE)


def escalate(ctx: Context) -> list[Effect]:
    """上报 / 吹哨 N ‹原因›: one level up, with a new deadline."""
    ticket = ctx.find()
    _require_unfinished(ctx, ticket)
    me, before = ctx.me(), ticket.level
    above = _above(ctx, ticket)
    ticket.level = len(ctx.uow.places.line(ctx.node_of(ticket))) - len(above)
    if ticket.kind is not TicketKind.WISH:
        ticket.handler_id = None
    ctx.uow.tickets.record(
        ticket, ESCALATED, at=ctx.now, actor_id=me.id, words=ctx.args.text, data={"from": before, "to": ticket.level}
    )
    place = next((node for node in above if ctx.uow.people.leaders([node])), above[0])
    upper = next(iter(ctx.uow.people.leaders([place])), None)
    text = escalated(ctx, ticket, ctx.my_name, ctx.args.text)
    told: list[Effect] = []
    if is_alarming(ticket):
        told = begin_above(ctx.uow, ctx.setting, ticket, text, ctx.now, raised_by=me)
    elif upper is not None:
        told = [tell(upper, PostKind.NOTICE, text, ticket)]
    answer = ctx.say(
        "handle.escalated" if upper is not None else "handle.escalated_to_nobody",
        label=_label(ctx, ticket),
        to=place.name if upper is None or in_group(ctx) else ctx.called(upper),
    )
    return [reply(ctx, answer, ticket), *told, *restart(ctx, ticket)]


def _above(ctx: Context, ticket: Ticket) -> list[GridNode]:
    """The nodes above the ticket's level, and above those that the speaker leads. Raises Refusal at the top."""
    line = ctx.uow.places.line(ctx.node_of(ticket))
    mine = [place for place, node in enumerate(line) if ctx.me().id in {p.id for p in ctx.uow.people.leaders([node])}]
    above = line[max([ticket.level, *mine]) + 1 :]
    if not above:
        raise ctx.refuse("refuse.top", number=ticket.number)
    return above


def _is_over(ctx: Context, ticket: Ticket) -> bool:
    return ctx.ended(ticket) or ticket.status in FINISHED


def _require_unfinished(ctx: Context, ticket: Ticket) -> None:
    if _is_over(ctx, ticket):
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))


def transfer(ctx: Context) -> list[Effect]:
    """转办 N @人: somebody else has it now."""
    ticket = ctx.find()
    require_handler(ctx, ticket)
    _require_unfinished(ctx, ticket)
    person = _named(ctx, ticket)
    _require_entrusted(ctx, ticket, person)
    me = ctx.me()
    if ticket.kind is TicketKind.WISH:
        effects = _agreed_to(ctx, ticket, person)
        effects += hand_over(ctx, ticket, person)
    else:
        ctx.uow.tickets.record(ticket, TRANSFERRED, at=ctx.now, actor_id=me.id, data={"to": person.id})
        effects = []
    ticket.handler_id = person.id
    clocks.stepped(ctx, ticket)
    text = transferred(ctx, ticket, ctx.my_name)
    answer = ctx.say("handle.transferred", label=_label(ctx, ticket), name=ctx.called(person))
    # An emergency that is passed on is told at night too.
    kind, topic = (PostKind.EMERGENCY, Topic.TRANSFERRED) if is_alarming(ticket) else (PostKind.NOTICE, None)
    return [reply(ctx, answer, ticket), tell(person, kind, text, ticket, topic=topic), *effects]


def _agreed_to(ctx: Context, wish: Ticket, helper: Person) -> list[Effect]:
    """A leader who gives a wish to somebody agrees to it."""
    if wish.status is not Status.PROPOSED:
        return []
    if not ctx.roles(ctx.node_of(wish)) & set(LEADERS):
        raise ctx.refuse("refuse.not_approved", number=wish.number)
    return publish(ctx, wish, helper)


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


def _require_entrusted(ctx: Context, ticket: Ticket, person: Person) -> None:
    """Raises Refusal unless the ticket and the names of its people may be given into that person's hands."""
    asked = ctx.uow.tickets.requester(ticket.id, person.id)
    if asked is not None and asked.withdrawn_at is None:
        raise ctx.refuse("refuse.transfer_to_requester", number=ticket.number, name=ctx.called(person))
    roles = ctx.uow.people.roles_at(person.id, ctx.node_of(ticket))
    if roles & STAFF or (roles & _HELPERS and not ticket.private):
        return
    key = "refuse.transfer_to_staff" if ticket.private else "refuse.transfer_to_helper"
    raise ctx.refuse(key, number=ticket.number)


def reject(ctx: Context) -> list[Effect]:
    """误报 N ‹原因›: it was no matter for the bot; those who asked are told in one line."""
    ticket = ctx.find()
    require_handler(ctx, ticket)
    ctx.uow.tickets.move(ticket, Move.REJECT, at=ctx.now, actor_id=ctx.me().id, words=ctx.args.text)
    feedback.note(ctx, FeedbackSource.FALSE_ALARM, ticket, feedback.NONE)
    ctx.uow.tickets.end_claim(ticket.id, ctx.now, "rejected")
    text = ctx.say("handle.rejected", label=_label(ctx, ticket), note=note(ctx, ticket))
    effects = [reply(ctx, text, ticket), *tell_helper(ctx, ticket, "tell.rejected", unsay(ctx, ticket))]
    if not in_group(ctx) and ticket.band != "ask":
        # The reason was given in private: whoever wants the group to know it says it there.
        label = ctx.label(ticket, group=True)
        effects += announce(ctx, ticket, ctx.say("handle.rejected", label=label, note=""))
    return effects + erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)


def _label(ctx: Context, ticket: Ticket) -> str:
    return ctx.label(ticket, group=in_group(ctx))
