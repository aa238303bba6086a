"""交接: everything open of one person goes to another, in one commit."""

import re
from collections.abc import Sequence

from handlers.alarm.alarms import is_alarming
from handlers.answering import reply_in_private
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.accused import is_accused
from handlers.discreet.standing import Kind
from handlers.effects import Effect, Tell
from handlers.naming import person_named, scope_of
from handlers.people import unheld
from handlers.people.succession import lines_of
from handlers.ticket import charge
from handlers.wish.wishes import take
from models.codes import LEADERS, STAFF, PostKind, Role, TicketKind
from models.states import FINISHED, Move, allowed
from models.tables import GridNode, Person
from models.ticket_tables import Ticket

HANDED_OVER = "given_over"

_FROM_TO = re.compile(r"^(?P<old>.+?)[\s,，]*(?:的事)?(?:交给|转给|给)[\s,，]*(?P<new>.+)$")
_HELPERS = frozenset({Role.PROPERTY, Role.PARTY_MEMBER, Role.HUB, Role.INFORMANT})


def hand_over(ctx: Context) -> list[Effect]:
    """交接 @新, or by a leader 交接 @旧 给 @新: tickets, claims, duty lists, responsibilities; all of it or nothing."""
    old, new = _people(ctx)
    if old.id == new.id:
        raise ctx.refuse("refuse.handover_self")
    tickets = _matters(ctx, old)
    whole, tickets = len(tickets), tickets[: unheld.MOST]
    _require_entitled(ctx, old, tickets)
    _require_fit(ctx, new, old, tickets)
    effects: list[Effect] = []
    for ticket in tickets:
        effects += _move(ctx, ticket, old, new)
    duties = ctx.uow.duties.hand_over(old, new)
    asked = ctx.uow.organisations.hand_over(old, new)
    for row in ctx.uow.deputies.involving(old.id):
        ctx.uow.deputies.end(row, ctx.now)
    if not tickets and not duties and not asked:
        raise ctx.refuse("refuse.handover_nothing", name=ctx.called(old))
    answer = _answer(ctx, old, new, tickets, len(duties) + asked, more=whole >= unheld.MOST)
    return [answer, *_tell(ctx, old, new, tickets), *effects]


def _people(ctx: Context) -> tuple[Person, Person]:
    found = _FROM_TO.match(ctx.args.text.strip())
    scope = scope_of(ctx)
    if found is None:
        return ctx.me(), person_named(ctx, ctx.args.text, scope)
    return person_named(ctx, found["old"], scope), person_named(ctx, found["new"], scope)


def _matters(ctx: Context, old: Person) -> list[Ticket]:
    """What he handles or has claimed, and what nobody has in hand that is his as the leader; unclaimed wishes stay on
    their list."""
    found = {ticket.id: ticket for ticket in ctx.uow.tickets.in_hands_of(old.id)}
    for grant in ctx.uow.people.grants(old.id):
        if grant.role not in LEADERS:
            continue
        for ticket in unheld.below(ctx.uow, ctx.setting, ctx.uow.places.node(grant.node_id)):
            has = charge.in_charge(ctx.uow, ticket, routing=ctx.setting.of(ctx.uow, ticket).policy.routing)
            offered = ticket.kind is TicketKind.WISH and not ticket.private
            if has is not None and has.id == old.id and not offered and ticket.status not in FINISHED:
                found[ticket.id] = ticket
    return sorted(found.values(), key=lambda ticket: (ticket.opened_at, ticket.number))


def _require_entitled(ctx: Context, old: Person, tickets: Sequence[Ticket]) -> None:
    """Raises Refusal unless it is the speaker's own, or he leads (or operates) wherever it is."""
    if old.id == ctx.me().id:
        return
    nodes = [_level_of(ctx, ticket) for ticket in tickets]
    nodes += [
        ctx.uow.places.node(grant.node_id)
        for grant in ctx.uow.people.grants(old.id)
        if grant.role is not Role.RESIDENT and not tickets
    ]
    nodes += [ctx.uow.places.node(node_id) for node_id in ctx.uow.duties.nodes_of(old.id)]
    # What is handed over stays so: the roles that somebody lends for a few days are not enough.
    me, leading = ctx.me(), {*LEADERS, Role.ADMIN}
    if ctx.roles_paused or any(not ctx.uow.people.roles_at(me.id, node) & leading for node in nodes):
        raise ctx.refuse("refuse.handover_leader", name=ctx.called(old))
    own = {grant.role for grant in ctx.uow.people.grants(me.id)}
    if not nodes and not own & leading:
        raise ctx.refuse("refuse.handover_leader", name=ctx.called(old))


def _level_of(ctx: Context, ticket: Ticket) -> GridNode:
    """The node at which the ticket stands now: nobody below takes it from those above."""
    line = ctx.uow.places.line(ctx.node_of(ticket))
    return line[min(ticket.level, len(line) - 1)]


def _require_fit(ctx: Context, new: Person, old: Person, tickets: Sequence[Ticket]) -> None:
    """Raises Refusal when something of it may not be put into those hands."""
    colleagues = {one.id for one in ctx.uow.organisations.of_person(new.id)}
    for ticket in tickets:
        asked = ctx.uow.tickets.requester(ticket.id, new.id)
        if ticket.private and asked is not None and asked.withdrawn_at is None:
            raise ctx.refuse("refuse.handover_party", name=ctx.called(new))
        if is_accused(ctx.uow, ticket, new.id):
            raise ctx.refuse("refuse.handover_party", name=ctx.called(new))
        roles = ctx.uow.people.roles_at(new.id, ctx.node_of(ticket))
        if ticket.organisation_id in colleagues:
            continue
        if not (roles & STAFF or (roles & _HELPERS and not ticket.private)):
            raise ctx.refuse("refuse.handover_unfit", name=ctx.called(new), place=ctx.node_of(ticket).name)
    answers = [one.node_id for one in ctx.uow.organisations.of_person(old.id) if one.id not in colleagues]
    for node_id in [*answers, *(row.node_id for row in ctx.uow.organisations.answered_by(old.id))]:
        node = ctx.uow.places.node(node_id)
        if not ctx.uow.people.roles_at(new.id, node) & (STAFF | _HELPERS):
            raise ctx.refuse("refuse.handover_unfit", name=ctx.called(new), place=node.name)
    for node_id in ctx.uow.duties.nodes_of(old.id):
        node = ctx.uow.places.node(node_id)
        if not ctx.uow.people.roles_at(new.id, node) & STAFF:
            raise ctx.refuse("refuse.handover_duty", name=ctx.called(new), place=node.name)


def _move(ctx: Context, ticket: Ticket, old: Person, new: Person) -> list[Effect]:
    uow, me = ctx.uow, ctx.me()
    effects: list[Effect] = []
    live = uow.wishes.of(ticket.id, old.id)
    if live is not None:
        uow.wishes.end(live, ctx.now, HANDED_OVER)
        if uow.wishes.of(ticket.id, new.id) is not None:
            pass  # he helps already, so that a seat is free
        elif allowed(ticket.kind, ticket.status, Move.ASSIGN) is not None:
            effects = take(ctx, ticket, new, assigned=True)
        else:
            uow.tickets.claim(ticket, new, ctx.now, assigned=live.assigned)
    if ticket.handler_id == old.id or ticket.kind is not TicketKind.WISH:
        ticket.handler_id = new.id
    clocks.hush_for(uow, ticket, old.id)
    uow.tickets.record(ticket, HANDED_OVER, at=ctx.now, actor_id=me.id, data={"from": old.id, "new": new.id})
    return effects


def _answer(ctx: Context, old: Person, new: Person, tickets: Sequence[Ticket], places: int, *, more: bool) -> Effect:
    """What was handed over, and which role stays: new matters still go to who holds it."""
    his = ctx.say("name.you") if old.id == ctx.me().id else ctx.called(old)
    also = ctx.say("handover.places", count=places) if places else ""
    roles = [grant for grant in ctx.uow.people.grants(old.id) if grant.role in LEADERS]
    stays = ""
    if roles:
        place = ctx.uow.places.node(roles[0].node_id).name
        role = ctx.setting.words.name("role", roles[0].role.value)
        stays = ctx.say("handover.role_stays", name=his, place=place, role=role)
    text = ctx.say("handover.done", old=his, new=ctx.called(new), count=len(tickets), places=also)
    text += ctx.say("handover.not_all") if more else ""
    return reply_in_private(ctx, text + stays, or_here=True)


def _tell(ctx: Context, old: Person, new: Person, tickets: Sequence[Ticket]) -> list[Effect]:
    """The new one hears of everything in one message, the old one that it is no longer his."""
    me, effects = ctx.me(), list[Effect]()
    room = next((ticket.room_id for ticket in tickets if ticket.room_id is not None), None)
    room = room if room is not None or ctx.room is None else ctx.room.id
    if new.id != me.id and tickets:
        urgent = any(is_alarming(ticket) and ticket.status not in FINISHED for ticket in tickets)
        unseen = frozenset(one.id for one in tickets if not ctx.may_be_read(one, new, Kind.WORDS))
        lines = lines_of(ctx.uow, ctx.setting, list(tickets), ctx.now, unseen)
        text = ctx.say("handover.yours", name=ctx.called(old), count=len(tickets), lines=lines)
        kind = PostKind.EMERGENCY if urgent else PostKind.NOTICE
        effects.append(Tell(new.id, kind, text, tuple(ticket.id for ticket in tickets), room_id=room))
    if old.id != me.id:
        text = ctx.say("handover.gone", count=len(tickets), new=ctx.called(new), name=ctx.my_name)
        effects.append(Tell(old.id, PostKind.NOTICE, text, room_id=room))
    return effects
