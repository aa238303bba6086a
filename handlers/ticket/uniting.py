"""合并: several tickets of one matter go on as one."""

from collections.abc import Sequence

from handlers.alarm.alarms import is_alarming
from handlers.answering import masked, reply, tell, unsay
from handlers.clockwork import clocks
from handlers.clockwork.schedules import KINDS
from handlers.context import Context
from handlers.effects import Effect, Say
from handlers.numbers import numbers_in
from handlers.talk.naming import pass_on
from handlers.ticket.evaluation import untouchable
from handlers.ticket.handling import require_unfinished
from models.alarms import ACKNOWLEDGED
from models.codes import PostKind, Status, TicketKind
from models.tables import Person
from models.ticket_tables import Ticket


def merge(ctx: Context) -> list[Effect]:
    """合并 N M …: M goes into N. Both histories are kept; those who asked for M ask for N and hear of it once."""
    into = ctx.find()
    require_staff(ctx, into)
    numbers = numbers_in(ctx.args.text)
    if not numbers:
        raise ctx.refuse("refuse.merge_how", number=into.number)
    tickets = [_other(ctx, into, number) for number in numbers]
    require_unfinished(ctx, into)
    for ticket in tickets:
        _require_fit(ctx, into, ticket)
    text = ctx.say(
        "unite.merged",
        names=_names(tickets),
        label=ctx.label(into, group=masked(ctx, into)),
    )
    effects: list[Effect] = [reply(ctx, text, into, *tickets)]
    before = {row.person_id for row in ctx.uow.tickets.requesters(into.id)}
    former, had = {ticket.id: having(ctx, ticket) for ticket in tickets}, ctx.handler(into)
    for ticket in tickets:
        _end(ctx, ticket, into)
    passed = pass_on(ctx, into, had)
    effects += _tell_requesters(ctx, into, tickets)
    effects += _tell_handlers(ctx, into, tickets, former)
    effects += passed or _tell_owner(ctx, into, tickets, before)
    return effects


def require_staff(ctx: Context, ticket: Ticket) -> None:
    """Raises Refusal unless the speaker works where the ticket is."""
    ctx.require_staff(ticket)


def _other(ctx: Context, into: Ticket, number: int) -> Ticket:
    found = ctx.uow.tickets.by_number(into.scope_id, number)
    if found is None or not ctx.visible(found):
        raise ctx.refuse("refuse.no_ticket", number=number)
    return found


def _require_fit(ctx: Context, into: Ticket, ticket: Ticket) -> None:
    """Raises Refusal when both cannot be one: words that are for few would be read by others, help would be late."""
    if ticket.id == into.id:
        raise ctx.refuse("refuse.merge_same")
    if ticket.merged_into is not None:
        other = ctx.uow.unions.end_of(ticket)
        raise ctx.refuse("refuse.merged", number=ticket.number, into=other.number)
    require_staff(ctx, ticket)
    if ticket.kind is not into.kind:
        kinds = {"one": ctx.say(f"kind.{ticket.kind.value}"), "other": ctx.say(f"kind.{into.kind.value}")}
        raise ctx.refuse("refuse.merge_kinds", number=ticket.number, into=into.number, **kinds)
    if ticket.private != into.private:
        raise ctx.refuse("refuse.merge_private", number=(ticket if ticket.private else into).number)
    if is_alarming(ticket) and not is_alarming(into):
        raise ctx.refuse("refuse.merge_emergency", number=ticket.number, into=into.number)
    if ctx.ended(ticket):
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    if into.status is Status.PROPOSED and ticket.status is not Status.PROPOSED:
        # What was agreed to does not wait for consent once more.
        raise ctx.refuse("refuse.merge_proposed", number=ticket.number, into=into.number)


def _end(ctx: Context, ticket: Ticket, into: Ticket) -> None:
    """Everything that was still to come of the ticket ends; who has its emergency has the other's."""
    alarm = ctx.uow.alarms.get(ticket.id)
    has = None if alarm is None else alarm.acknowledged_by
    unsay(ctx, ticket)
    clocks.forget_looks(ctx.uow, ctx.policy, ticket, ctx.now)
    ctx.uow.once.cancel(KINDS, ticket.id)
    ctx.uow.unions.merge(ticket, into, at=ctx.now, actor_id=ctx.me().id)
    waiting = ctx.uow.alarms.get(into.id)
    if has is not None and waiting is not None and waiting.ended_at is None:
        ctx.uow.tickets.record(into, ACKNOWLEDGED, at=ctx.now, actor_id=has)


def _former(ctx: Context, ticket: Ticket) -> Person | None:
    """Who sees to a ticket; nobody yet of an unclaimed wish."""
    if ticket.kind is TicketKind.WISH and ticket.handler_id is None:
        return None
    return ctx.handler(ticket)


def having(ctx: Context, ticket: Ticket) -> list[Person]:
    """Everybody who has something to do because of it: who sees to it, and all who have claimed it."""
    one = _former(ctx, ticket)
    people = [ctx.uow.people.get(live.person_id) for live in ctx.uow.wishes.live(ticket.id)]
    return list({person.id: person for person in (*([] if one is None else [one]), *people)}.values())


def _tell_requesters(ctx: Context, into: Ticket, tickets: Sequence[Ticket]) -> list[Effect]:
    """One line to each who asked for what has ended; in the group to those together who cannot be written to.

    Where somebody else may hold the phone nobody is told anything.
    """
    if untouchable(into) or any(untouchable(ticket) for ticket in tickets):
        return []
    asked: dict[str, list[Ticket]] = {}
    for ticket in tickets:
        for row in ctx.uow.tickets.requesters(ticket.id):
            asked.setdefault(row.person_id, []).append(ticket)
    effects: list[Effect] = []
    aloud: dict[int, list[tuple[Person, Ticket]]] = {}
    for person_id, own in asked.items():
        person = ctx.uow.people.get(person_id)
        if person_id == ctx.me().id:
            continue
        if ctx.reachable(person):
            key = "unite.told_privately" if into.private else "unite.told"
            key = "unite.told_of_wish" if into.kind is TicketKind.WISH and not into.private else key
            label = ctx.label(into, group=True)
            text = ctx.say(key, names=_names(own), label=label, number=into.number)
            effects.append(tell(person, PostKind.NOTICE, text, into))
        elif not into.private and own[0].room_id is not None:
            aloud.setdefault(own[0].room_id, []).extend((person, ticket) for ticket in own)
    here = None if ctx.room is None else ctx.room.id
    for room_id, told in aloud.items():
        if room_id == here:
            continue  # they read the answer to the command
        names = dict.fromkeys(f"@{ctx.called(person)}" for person, _ in told)
        text = ctx.say(
            "unite.told_in_group",
            people=ctx.say("evaluation.nameless") if any(one.nameless for _, one in told) else " ".join(names),
            names=_names(list({ticket.id: ticket for _, ticket in told}.values())),
            label=ctx.label(into, group=True),
        )
        effects.append(Say(room_id, PostKind.NOTICE, text, (into.id,)))
    return effects


def _tell_handlers(
    ctx: Context, into: Ticket, tickets: Sequence[Ticket], former: dict[str, list[Person]]
) -> list[Effect]:
    """Whoever saw to what has ended need not do so any more; who has the other anyway hears that instead."""
    owner = _former(ctx, into)
    known = {ctx.me().id, *(person.id for person in having(ctx, into))}
    effects: list[Effect] = []
    for ticket, person in [(one, person) for one in tickets for person in former[one.id]]:
        if person.id in known:
            continue
        key = "unite.claim_ended" if into.kind is TicketKind.WISH and owner is None else "unite.handler_told"
        name = "" if owner is None else ctx.called(owner)
        text = ctx.say(key, label=ctx.label_to(ticket, person), number=into.number, name=name)
        effects.append(tell(person, PostKind.NOTICE, text, into))
    return effects


def _tell_owner(ctx: Context, into: Ticket, tickets: Sequence[Ticket], before: set[str]) -> list[Effect]:
    """Whoever sees to the other hears that it has become larger."""
    owner = _former(ctx, into)
    if owner is None or owner.id == ctx.me().id:
        return []
    more = len({row.person_id for row in ctx.uow.tickets.requesters(into.id)} - before)
    text = ctx.say("unite.owner_told", names=_names(tickets), label=ctx.label_to(into, owner), count=more)
    return [tell(owner, PostKind.NOTICE, text, into)]


def _names(tickets: Sequence[Ticket]) -> str:
    return "、".join(f"#{ticket.number}" for ticket in tickets)
