"""改 N 类别 and 改 N 类型: what a matter is, corrected, with everything that depends on it."""

from handlers.answering import reply, reply_in_private, tell, unsay
from handlers.clockwork.planning import recount
from handlers.context import Context
from handlers.effects import Effect
from handlers.talk import feedback
from handlers.talk.opening import tell_leader, tell_responsible
from handlers.ticket.handling import require_unfinished
from handlers.ticket.routing import give, route, take_from_all
from handlers.ticket.uniting import require_staff
from models.alarms import TRANSFERRED
from models.codes import STAFF, FeedbackSource, PostKind, Status, TicketKind
from models.states import TERMS, counterpart
from models.tables import Person
from models.ticket_tables import Ticket

KIND_CHANGED = "kind_changed"
_OTHERS = {
    TicketKind.WISH: "wish_other",
    TicketKind.COMPLAINT: "complaint_other",
    TicketKind.DISPUTE: "dispute_other",
}
"""The category of a kind until somebody names a better one."""


def kind_named(ctx: Context, word: str) -> TicketKind | None:
    """The kind that people call so: 心愿, 诉求, 纠纷."""
    return next((kind for kind in TicketKind if word in ctx.say(f"cue.{kind.value}_kind").split()), None)


def recategorise(ctx: Context, ticket: Ticket, name: str) -> list[Effect]:
    """Another category of the same kind; the deadlines and reminders are those of the new one."""
    found = ctx.setting.taxonomy.find(name)
    if found is None or found.kind.value == "none":
        raise ctx.refuse("refuse.no_category", name=name)
    if found.kind.value != ticket.kind.value:
        kind = ctx.say(f"kind.{found.kind.value}")
        raise ctx.refuse("refuse.other_kind", name=found.name, kind=kind, number=ticket.number)
    if found.code == ticket.category:
        return []
    feedback.note(ctx, FeedbackSource.RECATEGORISED, ticket, found.code)
    return put_under(ctx, ticket, found.code)


def put_under(ctx: Context, ticket: Ticket, category: str) -> list[Effect]:
    """Another category of its kind, with the deadlines, the looks at them and the hands that go with it."""
    ticket.category = category
    return [*recount(ctx, ticket), *_reroute(ctx, ticket)]


def _reroute(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Nobody has taken it yet: it goes to whoever answers for what it is now. What somebody passed on stays there."""
    by_routes = ticket.given_at is not None and ticket.given_by is None
    if ticket.status is not TERMS[ticket.kind].first or not (ticket.handler_id is None or by_routes):
        return []
    before = _former(ctx, ticket)
    to = route(ctx, ticket, [row.person_id for row in ctx.uow.tickets.requesters(ticket.id)])
    if to is None and before is None:
        return []
    if before is not None and to is not None and to.person.id == before.id:
        return []
    take_from_all(ticket)
    effects: list[Effect] = []
    if before is not None and before.id != ctx.me().id:
        text = ctx.say("tell.given_to_another", label=ctx.label_to(ticket, before), name=ctx.my_name)
        effects.append(tell(before, PostKind.NOTICE, text, ticket))
    if to is not None:
        give(ctx, ticket, to, by=None)
        data = {"to": to.person.id, "organisation": ticket.organisation_id}
        ctx.uow.tickets.record(ticket, TRANSFERRED, at=ctx.now, actor_id=None, data=data)
        return effects + tell_responsible(ctx, ticket, to)
    leaders = ctx.leaders(ticket)
    return effects if leaders and leaders[0].id == ctx.me().id else effects + tell_leader(ctx, ticket, leaders)


def change_kind(ctx: Context, ticket: Ticket, kind: TicketKind, category: str) -> list[Effect]:
    """改 N 类型 ‹种类› ‹类别›: staff say what it is. What becomes a dispute is private from then on.

    What was posted stays; what has not left yet is dropped, and nothing more is said in the group. What is private
    stays so, whatever it becomes.
    """
    require_staff(ctx, ticket)
    require_unfinished(ctx, ticket)
    if kind is ticket.kind:
        raise ctx.refuse("refuse.same_kind", number=ticket.number, kind=ctx.say(f"kind.{kind.value}"))
    code = category_of_kind(ctx, kind, category)
    before = _former(ctx, ticket)
    label = ctx.label_to(ticket, before)
    claimed = ctx.uow.tickets.end_claim(ticket.id, ctx.now, KIND_CHANGED) is not None
    if kind is TicketKind.DISPUTE or ticket.kind is TicketKind.DISPUTE:
        ticket.private = True
        unsay(ctx, ticket)
    if kind is TicketKind.DISPUTE:
        _leave_out_joiners(ctx, ticket)
    feedback.note(ctx, FeedbackSource.RECATEGORISED, ticket, code)
    after = counterpart(ticket.kind, ticket.status, kind)
    data = {"from": ticket.kind.value, "to": kind.value, "category": code}
    ticket.kind, ticket.category = kind, code
    if kind is TicketKind.WISH or claimed or not _may_keep(ctx, ticket):
        take_from_all(ticket)
    ctx.uow.tickets.become(ticket, after, KIND_CHANGED, at=ctx.now, actor_id=ctx.me().id, data=data)
    effects = [_answer(ctx, ticket), *recount(ctx, ticket)]
    if before is not None and before.id not in (ctx.me().id, ticket.handler_id):
        text = ctx.say("tell.kind_changed", label=label)
        effects.append(tell(before, PostKind.NOTICE, text, ticket))
    moved = _reroute(ctx, ticket)
    return [*effects, *(moved or _tell_handler(ctx, ticket))]


def _leave_out_joiners(ctx: Context, ticket: Ticket) -> None:
    """Those who joined only have the same trouble: of the quarrel they see nothing. An emergency stays one matter, and
    so does a wish; a complaint of several is turned (handlers/dispute/disputes.py)."""
    first = ctx.uow.tickets.opened_by(ticket.id)
    for row in ctx.uow.tickets.requesters(ticket.id):
        if row.person_id != first:
            row.withdrawn_at = ctx.now


def category_of_kind(ctx: Context, kind: TicketKind, name: str) -> str:
    """The category of that kind that is named, or what it has for the rest. Raises Refusal for another kind's."""
    if not name:
        return _OTHERS[kind]
    found = ctx.setting.taxonomy.find(name)
    if found is None or found.kind.value != kind.value:
        raise ctx.refuse("refuse.no_category_of_kind", name=name, kind=ctx.say(f"kind.{kind.value}"))
    return found.code


def _former(ctx: Context, ticket: Ticket) -> Person | None:
    return None if ticket.handler_id is None else ctx.uow.people.get(ticket.handler_id)


def _may_keep(ctx: Context, ticket: Ticket) -> bool:
    """Whether whoever has it may go on: what is private is for staff alone."""
    if ticket.handler_id is None or not ticket.private:
        return True
    return bool(ctx.uow.people.roles_at(ticket.handler_id, ctx.node_of(ticket)) & STAFF)


def _answer(ctx: Context, ticket: Ticket) -> Effect:
    """Of what is private nothing is said in the group, not even that it is."""
    kind, category = ctx.say(f"kind.{ticket.kind.value}"), ctx.category(ticket.category)
    if ticket.private:
        return reply_in_private(
            ctx, ctx.say("amend.kind_private", number=ticket.number, kind=kind, category=category), ticket
        )
    offered = ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN
    key = "amend.kind_wish" if offered else "amend.kind"
    return reply(ctx, ctx.say(key, number=ticket.number, kind=kind, category=category), ticket)


def _tell_handler(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Whoever has it now hears that it is his, unless he has just said so himself; a wish stands on the menu."""
    handler = ctx.handler(ticket)
    if ticket.kind is TicketKind.WISH or handler is None or handler.id == ctx.me().id:
        return []
    text = ctx.say(
        "tell.now_of_kind",
        label=ctx.label_to(ticket, handler),
        number=ticket.number,
        name=ctx.my_name,
        kind=ctx.say(f"kind.{ticket.kind.value}"),
        quiet=ctx.say("tell.not_in_group") if ticket.private else "",
    )
    return [tell(handler, PostKind.NOTICE, text, ticket)]
