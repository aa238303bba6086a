"""退回: what was passed on to the wrong one goes back to who sent it, in time and with a reason."""

from handlers.alarm.alarms import begin, is_alarming
from handlers.answering import masked, reply, tell
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.effects import Effect, Tell
from handlers.ticket import arriving, steps
from handlers.ticket.handling import require_unfinished
from handlers.ticket.routing import RETURNED, has_returned, organisation_of, take_from_all
from models.codes import STAFF, PostKind, TicketKind
from models.masking import short
from models.organisation_tables import Organisation
from models.tables import Person
from models.ticket_tables import Ticket


def give_back(ctx: Context) -> list[Effect]:
    """退回 N ‹原因›: it is not ours. Once for each organisation or person, within the policy's working days."""
    ticket = ctx.find()
    me = ctx.me()
    if ticket.kind is TicketKind.WISH:
        raise ctx.refuse("refuse.hand_back_instead", number=ticket.number)
    if ticket.given_at is None or not (ctx.answers_for(ticket) or ctx.handles(ticket)):
        raise ctx.refuse("refuse.not_given", number=ticket.number)
    require_unfinished(ctx, ticket)
    if not ctx.args.text:
        raise ctx.refuse("refuse.return_why", number=ticket.number)
    had = ticket.handler_id or me.id
    if has_returned(ctx, ticket, ticket.organisation_id, had):
        raise ctx.refuse("refuse.returned_once", number=ticket.number)
    if ctx.now > ctx.policy.return_by(ticket.given_at):
        days = f"{ctx.policy.routing.return_days:g}"
        raise ctx.refuse("refuse.return_too_late", number=ticket.number, days=days)
    return to_giver(ctx, ticket)


def to_giver(ctx: Context, ticket: Ticket) -> list[Effect]:
    """It is again whoever's who passed it on, else the leader's; he reads why."""
    organisation, me = organisation_of(ctx, ticket), ctx.me()
    had = ticket.handler_id or me.id
    sender = _sender(ctx, ticket)
    data = {
        "to": None if sender is None else sender.id,
        "organisation": ticket.organisation_id,
        "from": had,
    }
    routed = ticket.given_by is None
    take_from_all(ticket)
    if sender is None and routed:
        _past_its_step(ctx, ticket)
    ticket.handler_id = None if sender is None else sender.id
    clocks.stepped(ctx, ticket)  # what they waited for is not what the next one waits for
    ctx.uow.tickets.record(ticket, RETURNED, at=ctx.now, actor_id=me.id, words=ctx.args.text, data=data)
    back = sender or next(iter(ctx.leaders(ticket)), None)
    answer = ctx.say(
        "handle.returned",
        label=ctx.label(ticket, group=masked(ctx, ticket)),
        name=ctx.say("name.leader") if back is None else ctx.called(back),
    )
    return [reply(ctx, answer, ticket), *_tell(ctx, ticket, organisation, back)]


def has_giver(ctx: Context, ticket: Ticket) -> bool:
    """Whether anybody outside the organisation that has it would have it then."""
    back = _sender(ctx, ticket)
    inside = {ctx.me().id}
    if ticket.organisation_id is not None:
        inside |= {one.id for one in ctx.uow.organisations.members(ticket.organisation_id)}
    others = [back] if back is not None else ctx.leaders(ticket)
    return any(one.id not in inside for one in others)


def _past_its_step(ctx: Context, ticket: Ticket) -> None:
    """The route itself had given it to whoever returns it: the next step has it, if there is anybody else."""
    found = steps.stops(ctx.uow, ctx.policy.routing, ticket)
    if not found or ctx.me().id not in {one.id for one in ctx.leaders(ticket)}:
        return
    to = arriving.choose(ctx.uow, ticket, steps.before(found, ticket), without={ctx.me().id})
    if to is not None and to.person is not None:
        ticket.level, ticket.step = to.level, to.stop.key


def _sender(ctx: Context, ticket: Ticket) -> Person | None:
    """Who passed it on, if he still works there; None: the routes did, so that it is the leader's."""
    if ticket.given_by is None or ticket.given_by == ctx.me().id:
        return None
    person = ctx.uow.people.get(ticket.given_by)
    works = ctx.uow.people.roles_at(person.id, ctx.node_of(ticket)) & STAFF
    return person if works and person.erased_at is None else None


def _tell(ctx: Context, ticket: Ticket, organisation: Organisation | None, back: Person | None) -> list[Effect]:
    """Whoever has it again reads why; of an emergency somebody has to say 收到 anew."""
    urgent = is_alarming(ticket)
    text = ctx.say(
        "tell.returned_urgently" if urgent else "tell.returned",
        label=ctx.label_to(ticket, back),
        number=ticket.number,
        name=ctx.my_name if organisation is None else organisation.name,
        reason=short(ctx.args.text, 60) or ctx.say("name.no_reason"),
    )
    line = tell(back, PostKind.EMERGENCY if urgent else PostKind.NOTICE, text, ticket)
    if not urgent:
        return [line]
    alarmed = begin(ctx.uow, ctx.setting, ticket, ctx.now)
    # Whoever has it again reads the reason instead of being called.
    others = (effect for effect in alarmed if not (isinstance(effect, Tell) and effect.person_id == line.person_id))
    return [line, *others]
