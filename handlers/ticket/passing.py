"""What is said to whoever a matter is moved up or passed on to; also anew, when words were erased meanwhile."""

from datetime import timedelta

from handlers.alarm.alarms import is_alarming, name_of
from handlers.context import Context
from handlers.discreet.discretion import for_person
from handlers.discreet.standing import Kind
from handlers.talk.opening import requester_names
from handlers.ticket import steps
from handlers.ticket.routing import has_returned, organisation_of
from models.alarms import TRANSFERRED
from models.codes import Status, TicketKind
from models.masking import short
from models.states import Move
from models.ticket_tables import Ticket

ESCALATED = "escalated"
_STEPS = frozenset({Move.ACCEPT, Move.PROCESS, Move.RESOLVE, Move.SEND_BACK, Move.REOPEN})

TOGETHER = timedelta(hours=1)
"""So long after a 上报 another one of somebody else means the same: he was not told of the first."""


def require_not_just_done(ctx: Context, ticket: Ticket) -> None:
    """Raises Refusal for a 上报 of what its speaker reported up before, or somebody else or the clock just now: it
    names who has it.

    Whoever is in charge there by now knows: what he says is meant for the next level. An emergency is refused for no
    longer than it would take to call the next one anyway, and whoever reported it may call the next one himself.
    """
    reports = [one for one in ctx.uow.tickets.events(ticket.id) if one.kind == ESCALATED]
    me, has = ctx.me(), ctx.handler(ticket)
    if not reports or has is None or has.id == me.id or ctx.handles(ticket):
        return
    if me.id in {one.id for one in ctx.leaders(ticket)}:
        return
    last, urgent = reports[-1], is_alarming(ticket)
    if urgent and last.actor_id == me.id:
        return
    minutes = ctx.policy.emergency.acknowledge_minutes
    again = not urgent and any(one.actor_id == me.id for one in reports)
    if not again and ctx.now - last.at > (timedelta(minutes=minutes) if urgent else TOGETHER):
        return
    by = "" if last.actor_id is None else name_of(ctx.uow, ctx.setting, ticket, last.actor_id)
    key = "refuse.escalated" if by else "refuse.escalated_itself"
    raise ctx.refuse(
        "refuse.escalated_by_you" if last.actor_id == me.id else key,
        number=ticket.number,
        by=by,
        at=ctx.setting.moment(last.at),
        name=ctx.called(has),
    )


def escalated(ctx: Context, ticket: Ticket, name: str, reason: str) -> str:
    """The line to those above; in an emergency one of them has to answer."""
    key = "tell.escalated_alarm" if is_alarming(ticket) else "tell.escalated"
    if ticket.kind is TicketKind.WISH and not is_alarming(ticket):
        key = "tell.escalated_proposed" if ticket.status is Status.PROPOSED else "tell.escalated_wish"
    step = steps.current(ctx.uow, ctx.policy.routing, ticket)
    ahead = steps.before(steps.stops(ctx.uow, ctx.policy.routing, ticket), ticket)
    named = "" if step is None else steps.title(ctx.setting.words, step)
    if named and key == "tell.escalated" and ticket.solve_by is not None:
        key = "tell.escalated_step"
    return ctx.say(
        key,
        label=ctx.label(ticket, group=False),
        number=ticket.number,
        name=name,
        reason=short(reason, 60) or ctx.say("name.no_reason"),
        step=named,
        at=ctx.setting.moment(ticket.solve_by or ctx.now),
        further=ctx.say("step.further", number=ticket.number) if ahead else "",
    )


def transferred(ctx: Context, ticket: Ticket, name: str, reason: str = "") -> str:
    """The line to whoever has it now; of an organisation also until when it may be returned."""
    organisation = organisation_of(ctx, ticket)
    to = None if ticket.handler_id is None else ctx.uow.people.get(ticket.handler_id)
    reason = for_person(ctx, ticket, to, reason)
    if organisation is not None and ticket.given_at is not None:
        again = has_returned(ctx, ticket, ticket.organisation_id, "")
        return ctx.say(
            "tell.given_again" if again else "tell.given",
            label=ctx.label_to(ticket, to),
            number=ticket.number,
            name=name,
            to=organisation.name,
            note=(ctx.say("name.note", note=short(reason, 60)) if reason else "") + _urged(ctx, ticket),
            place=ticket.place or ctx.say("name.no_place"),
            people=requester_names(ctx, ticket),
            at=ctx.setting.moment(ctx.policy.return_by(ticket.given_at)),
        )
    return ctx.say(
        "tell.wish_transferred" if ticket.kind is TicketKind.WISH else "tell.transferred",
        label=ctx.label_to(ticket, to),
        number=ticket.number,
        name=name,
        people=asking_names(ctx, ticket, ticket.handler_id),
        note=(ctx.say("name.note", note=short(reason, 60)) if reason else "") + _urged(ctx, ticket),
        place=(ticket.place if ctx.may_be_read(ticket, to, Kind.WORDS) else None) or ctx.say("name.no_place"),
    )


def _urged(ctx: Context, ticket: Ticket) -> str:
    """That whoever asked has pushed it since anybody did something: the line to who had it goes with his hands."""
    for event in reversed(ctx.uow.tickets.events(ticket.id)):
        if event.kind == "urged":
            return ctx.say("tell.urged")
        if event.kind in _STEPS:
            return ""
    return ""


def asking_names(ctx: Context, ticket: Ticket, person_id: str | None) -> str:
    """The names of those who asked, for somebody who has it: those whom no group hears of, once he has the contact."""
    person = None if person_id is None else ctx.uow.people.get(person_id)
    if ticket.nameless and not ctx.may_be_read(ticket, person, Kind.NAMES):
        return ctx.say("name.resident")
    return requester_names(ctx, ticket)


def escalated_anew(ctx: Context, ticket: Ticket) -> str:
    """As it was said last, from what the history still holds."""
    return escalated(ctx, ticket, *_last(ctx, ticket, ESCALATED))


def transferred_anew(ctx: Context, ticket: Ticket) -> str:
    return transferred(ctx, ticket, *_last(ctx, ticket, TRANSFERRED, Move.ASSIGN))


def _last(ctx: Context, ticket: Ticket, *kinds: str) -> tuple[str, str]:
    """Who did that last, and in what words, as far as they are kept."""
    event = next((event for event in reversed(ctx.uow.tickets.events(ticket.id)) if event.kind in kinds), None)
    if event is None:
        return ctx.say("name.somebody"), ""
    words = ctx.uow.tickets.texts(ticket.id).get(event.seq)
    name = "" if event.actor_id is None else name_of(ctx.uow, ctx.setting, ticket, event.actor_id)
    return name or ctx.say("name.somebody"), "" if words is None else words.text
