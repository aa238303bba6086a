"""Handling complaints and disputes: 受理, 处理, 办结, 上报, 转办. 退回: returning.py, 误报: rejecting.py."""

from collections.abc import Sequence

from handlers.alarm.alarms import begin_above, is_alarming
from handlers.alarm.second_look import done_below
from handlers.answering import in_group, masked, note, reply, tell
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.accused import accused, is_accused
from handlers.discreet.discretion import for_person, kept_back
from handlers.discreet.wordless import wordless
from handlers.dispute.mediation import missing, outcome_noted
from handlers.effects import Effect
from handlers.people import reach
from handlers.people.deputies import stand_in
from handlers.people.unreached import said_of
from handlers.ticket import arriving, steps
from handlers.ticket.evaluation import finished, restart
from handlers.ticket.passing import ESCALATED, escalated, require_not_just_done, transferred
from handlers.ticket.pictures import with_command
from handlers.ticket.picturing import sent_before
from handlers.ticket.routing import Route, first_member, give, take_from_all
from handlers.ticket.steps import Stop
from handlers.wish.consenting import publish
from handlers.wish.wishes import hand_over
from models.alarms import TRANSFERRED
from models.codes import LEADERS, STAFF, PostKind, Role, Status, TicketKind, Topic
from models.message import BOT, AttachmentKind
from models.organisation_tables import Organisation
from models.states import FINISHED, TERMS, Move, allowed, steps_to
from models.tables import GridNode, Person
from models.ticket_tables import Ticket

_HELPERS = frozenset({Role.PROPERTY, Role.PARTY_MEMBER, Role.HUB, Role.INFORMANT})
"""Who besides staff may be given a matter, unless it is private."""


def accept(ctx: Context) -> list[Effect]:
    """受理: the speaker takes the matter on."""
    ticket = _to_handle(ctx)
    before = ticket.handler_id if ticket.given_at is not None else None
    hearers = _hearers(ctx, ticket)
    kept: list[Effect] = []
    if allowed(ticket.kind, ticket.status, Move.ACCEPT) is None and not is_over(ctx, ticket):
        _take_over(ctx, ticket)
    else:
        kept = _step(ctx, ticket, Move.ACCEPT)
    assert ticket.solve_by is not None
    text = ctx.say(
        "handle.accepted" if in_group(ctx) else "handle.accepted_private",
        name=ctx.my_name,
        label=shown(ctx, ticket),
        number=ticket.number,
        at=ctx.setting.moment(ticket.solve_by),
    )
    told = [*_tell_former(ctx, ticket, before, "tell.taken_over"), *_free(ctx, ticket, hearers, "tell.taken_over")]
    return [reply(ctx, text, ticket), *told, *kept]


def _hearers(ctx: Context, ticket: Ticket) -> list[Person]:
    """The others who hear first of it and may have gone to look."""
    return [one for one in steps.first_hearers(ctx.uow, ctx.policy.routing, ticket) if one.id != ctx.me().id]


def _free(ctx: Context, ticket: Ticket, hearers: Sequence[Person], key: str) -> list[Effect]:
    """One line to each of them: the speaker does it."""
    text = ctx.say(key, label=ctx.label(ticket, group=True), name=ctx.my_name)
    return [tell(one, PostKind.NOTICE, text, ticket) for one in hearers]


def _reported_to(ctx: Context, ticket: Ticket) -> Person | None:
    """Whoever has it because it was reported up to him, unless it is the speaker."""
    has, me = ctx.handler(ticket), ctx.me()
    if has is None or has.id == me.id or stand_in(ctx.uow, has, ctx.now).id == me.id:
        return None
    return has if any(one.kind == ESCALATED for one in ctx.uow.tickets.events(ticket.id)) else None


def _tell_former(ctx: Context, ticket: Ticket, before: str | None, key: str) -> list[Effect]:
    """A line to whoever had been given the matter and has not done this himself."""
    if before is None or before == ctx.me().id:
        return []
    person = ctx.uow.people.get(before)
    if person.erased_at is not None or stand_in(ctx.uow, person, ctx.now).id == ctx.me().id:
        return []
    text = ctx.say(key, label=ctx.label_to(ticket, person), name=ctx.my_name)
    return [tell(person, PostKind.NOTICE, text, ticket)]


def _take_over(ctx: Context, ticket: Ticket) -> None:
    """受理 of what is under way: by whoever it was passed on to or reported to, not from a colleague's hands."""
    me = ctx.me()
    if ticket.handler_id is not None and not (ctx.handles(ticket) or ctx.answers_for(ticket)):
        handler = ctx.uow.people.get(ticket.handler_id)
        raise ctx.refuse("refuse.accepted", number=ticket.number, name=ctx.called(handler))
    _put_into(ticket, ctx.takes_for(ticket).id, own=not ctx.answers_for(ticket))
    ctx.uow.tickets.record(ticket, Move.ACCEPT, at=ctx.now, actor_id=me.id, words=ctx.args.text)
    clocks.stepped(ctx, ticket)


def process(ctx: Context) -> list[Effect]:
    """处理 N ‹说明›: what is being done."""
    ticket = _to_handle(ctx)
    hearers = _hearers(ctx, ticket)
    kept = _step(ctx, ticket, Move.PROCESS)
    said, before = sent_before(ctx, ticket)
    text = ctx.say("handle.processed", label=shown(ctx, ticket), note=note(ctx, ticket)) + said
    return [reply(ctx, text, ticket), *_free(ctx, ticket, hearers, "tell.taken_over"), *kept, *before]


def resolve(ctx: Context) -> list[Effect]:
    """办结 N ‹说明›: the requesters are asked whether it is right."""
    ticket = _to_handle(ctx)
    before, hearers = ticket.handler_id if ticket.given_at is not None else None, _hearers(ctx, ticket)
    upper = _reported_to(ctx, ticket)
    if before is None and upper is not None and upper.id not in {one.id for one in hearers}:
        hearers = [*hearers, upper]
    if ticket.kind is not TicketKind.DISPUTE:
        kept = _step(ctx, ticket, Move.RESOLVE)
        text = ctx.say("handle.resolved", label=shown(ctx, ticket), note=note(ctx, ticket))
    else:
        ctx = outcome_noted(ctx, ticket)
        kept = _step(ctx, ticket, Move.RESOLVE)
        text = ctx.say("handle.settled", label=shown(ctx, ticket), note=note(ctx, ticket)) + missing(ctx, ticket)
    said, earlier = sent_before(ctx, ticket)
    told = [*_tell_former(ctx, ticket, before, "tell.solved"), *_free(ctx, ticket, hearers, "tell.solved")]
    return [*finished(ctx, ticket, text, said), *told, *done_below(ctx, ticket), *kept, *earlier]


def _to_handle(ctx: Context) -> Ticket:
    """The ticket, if the speaker may handle it: staff of its place, or whoever it was given to."""
    ticket = ctx.find()
    if ticket.kind is TicketKind.WISH:
        raise ctx.refuse("refuse.done_instead", number=ticket.number)
    require_handler(ctx, ticket, taking=True)
    return ticket


def require_handler(ctx: Context, ticket: Ticket, *, taking: bool = False) -> None:
    """Raises Refusal unless the speaker is staff at the ticket's place, was given it, or answers for who has it.

    What one company has is not another company's, however near both work. taking: somebody of a property company may
    take on what nobody has taken; that it waits or goes to somebody else he may not say before.
    """
    roles = ctx.roles(ctx.node_of(ticket))
    if ctx.handles(ticket) or ctx.answers_for(ticket):
        return
    taken = ticket.handler_id is not None and ticket.status is not TERMS[ticket.kind].first
    if taking and not taken and ticket.organisation_id is None and Role.PROPERTY in roles and not ticket.private:
        return
    ctx.require_staff(ticket)


def require_own_decision(ctx: Context, ticket: Ticket) -> None:
    """Raises Refusal for whoever only solves it for an organisation: what is not his he returns."""
    if ticket.organisation_id is not None and not ctx.roles(ctx.node_of(ticket)) & STAFF:
        raise ctx.refuse("refuse.return_instead", number=ticket.number)


def _step(ctx: Context, ticket: Ticket, goal: Move) -> list[Effect]:
    """Go to goal through the stages that were skipped; the words stand with the last one, pictures with the ticket."""
    me = ctx.me()
    messages = (ctx.message,) if goal is Move.ACCEPT else (ctx.message, *ctx.pictures())
    pictures = sum(one.kind is AttachmentKind.IMAGE for message in messages for one in message.attachments)
    for move in steps_to(ticket.kind, ticket.status, goal):
        words = ctx.args.text if move is goal else ""
        data = {"pictures": pictures} if move is goal and pictures else None
        ctx.uow.tickets.move(ticket, move, at=ctx.now, actor_id=me.id, words=words, data=data)
    note_handler(ctx, ticket, goal)
    clocks.stepped(ctx, ticket)
    return with_command(ctx, ticket)


def note_handler(ctx: Context, ticket: Ticket, goal: Move) -> None:
    """Who did this has it; what staff report for an organisation stays with it, unless they take it themselves."""
    who = ctx.takes_for(ticket).id
    if ticket.organisation_id is None or ctx.answers_for(ticket):
        _put_into(ticket, who, own=ticket.organisation_id is None)
    elif goal is Move.ACCEPT or ticket.handler_id is None:
        take_from_all(ticket)
        ticket.handler_id = who


def _put_into(ticket: Ticket, who: str, *, own: bool) -> None:
    """That person has it. own: not as one of the organisation that has it.

    Whoever was given it may return it in time, whatever he has done about it; who takes it out of his hands may not.
    """
    if own and who != ticket.handler_id:
        ticket.given_at = ticket.given_by = None
    ticket.handler_id = who


def escalate(ctx: Context) -> list[Effect]:
    """上报 / 吹哨 N ‹原因›: one level up, with a new deadline."""
    ticket = ctx.find()
    require_unfinished(ctx, ticket)
    require_not_just_done(ctx, ticket)
    if steps.stops(ctx.uow, ctx.policy.routing, ticket):
        return _whistle(ctx, ticket)
    me, before, has = ctx.me(), ticket.level, ctx.handler(ticket)
    above = _above(ctx, ticket)
    ticket.level, ticket.step = ctx.uow.places.line(ctx.node_of(ticket)).index(above[0]), None
    if ticket.kind is not TicketKind.WISH:
        take_from_all(ticket)
    ctx.uow.tickets.record(
        ticket, ESCALATED, at=ctx.now, actor_id=me.id, words=ctx.args.text, data={"from": before, "to": ticket.level}
    )
    about = accused(ctx.uow, ticket)
    place = next((node for node in above if ctx.uow.people.leaders([node], about)), above[0])
    upper = next(iter(ctx.uow.people.leaders([place], about)), None)
    text = escalated(ctx, ticket, ctx.my_name, ctx.args.text)
    told: list[Effect] = []
    if is_alarming(ticket):
        told = begin_above(ctx.uow, ctx.setting, ticket, text, ctx.now, raised_by=me)
    elif upper is not None:
        told = [tell(upper, PostKind.NOTICE, text, ticket)]
    step = ctx.policy.routing.step(place.level)
    key, kept = ("handle.escalated", list[Effect]()) if upper is not None else _kept_by(ctx, ticket, has)
    answer = ctx.say(
        key,
        label=shown(ctx, ticket),
        name="" if has is None else ctx.called(has),
        to=(place.name if upper is None or in_group(ctx) else ctx.called(upper))
        + (ctx.say("name.step", step=step.name) if step is not None and step.name else ""),
    )
    return [reply(ctx, answer, ticket), *told, *kept, *restart(ctx, ticket)]


def _kept_by(ctx: Context, ticket: Ticket, has: Person | None) -> tuple[str, list[Effect]]:
    """What is said where nobody is above: whoever had it still has it, and hears so, unless it cannot wait for him."""
    if has is None or is_alarming(ticket) or ticket.kind is TicketKind.WISH:
        return "handle.escalated_to_nobody", []
    ticket.handler_id = has.id
    if has.id == ctx.me().id:
        return "handle.escalated_to_nobody_yours", []
    text = ctx.say("tell.escalated_to_nobody", label=ctx.label_to(ticket, has), number=ticket.number, name=ctx.my_name)
    return "handle.escalated_to_nobody_kept", [tell(has, PostKind.NOTICE, text, ticket)]


def _whistle(ctx: Context, ticket: Ticket) -> list[Effect]:
    """上报 where the policy names steps: to the next one of the route at which somebody is in charge."""
    uow, me, hearers, has = ctx.uow, ctx.me(), _hearers(ctx, ticket), ctx.handler(ticket)
    before = {"from": ticket.level, "from_step": ticket.step}
    to = arriving.choose(uow, ticket, _steps_above(ctx, ticket), without={me.id})
    if to is None:
        raise ctx.refuse("refuse.top", number=ticket.number)
    take_from_all(ticket)
    arriving.put(uow, ticket, to, ctx.now, me.id)
    data = {**before, "to": ticket.level, "step": ticket.step}
    uow.tickets.record(ticket, ESCALATED, at=ctx.now, actor_id=me.id, words=ctx.args.text, data=data)
    looks = restart(ctx, ticket)
    text = escalated(ctx, ticket, ctx.my_name, ctx.args.text)
    told: list[Effect] = []
    if is_alarming(ticket):
        told = begin_above(uow, ctx.setting, ticket, text, ctx.now, raised_by=me)
    elif to.person is not None:
        told = [tell(to.person, PostKind.NOTICE, text, ticket)]
    name = steps.title(ctx.setting.words, to.stop.step)
    place = uow.places.line(ctx.node_of(ticket))[to.level].name
    if to.person is not None and not in_group(ctx):
        place = ctx.called(to.person)
    key, kept = ("handle.escalated", list[Effect]()) if to.person is not None else _kept_by(ctx, ticket, has)
    answer = ctx.say(
        key,
        label=shown(ctx, ticket),
        name="" if has is None else ctx.called(has),
        to=place + (ctx.say("name.step", step=name) if name else ""),
    )
    around = arriving.around(uow, ctx.setting, ticket, to, ctx.now, me)
    freed = [] if to.person is None else _free(ctx, ticket, hearers, "tell.reported_up")
    return [reply(ctx, answer, ticket), *told, *kept, *freed, *around, *looks]


def _steps_above(ctx: Context, ticket: Ticket) -> list[Stop]:
    """The stops before the ticket, without those that the speaker is in charge of, and what lies below these."""
    uow, me = ctx.uow, ctx.me()
    line = uow.places.line(ctx.node_of(ticket))
    leads = [place for place, node in enumerate(line) if me.id in {p.id for p in uow.people.leaders([node])}]
    ahead = steps.before(steps.stops(uow, ctx.policy.routing, ticket), ticket)
    own = [n for n, stop in enumerate(ahead) if me.id in {p.id for p in steps.people(uow, ticket, stop)}]
    return [stop for stop in ahead[max(own, default=-1) + 1 :] if stop.level >= max(leads, default=0)]


def _above(ctx: Context, ticket: Ticket) -> list[GridNode]:
    """The nodes above the ticket's level, and above those that the speaker leads, to which the policy's routes lead.

    Raises Refusal at the top.
    """
    line = ctx.uow.places.line(ctx.node_of(ticket))
    mine = [place for place, node in enumerate(line) if ctx.me().id in {p.id for p in ctx.uow.people.leaders([node])}]
    routing = ctx.policy.routing
    above = [node for node in line[max([ticket.level, *mine]) + 1 :] if routing.passes(node.level, ticket.category)]
    if not above:
        raise ctx.refuse("refuse.top", number=ticket.number)
    return above


def is_over(ctx: Context, ticket: Ticket) -> bool:
    return ctx.ended(ticket) or ticket.status in FINISHED


def require_unfinished(ctx: Context, ticket: Ticket) -> None:
    if is_over(ctx, ticket):
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))


def transfer(ctx: Context) -> list[Effect]:
    """转办 N ‹单位或人›: somebody else has it now."""
    ticket = ctx.find()
    require_handler(ctx, ticket)
    require_own_decision(ctx, ticket)
    require_unfinished(ctx, ticket)
    to, reason = _named(ctx, ticket)
    me, before = ctx.me(), ticket.handler_id if ticket.given_at is not None else None
    if to.organisation is None:
        _require_entrusted(ctx, ticket, to.person)
    if ticket.kind is TicketKind.WISH:
        effects = _agreed_to(ctx, ticket, to.person)
        effects += hand_over(ctx, ticket, to.person, reason)
        ticket.handler_id = to.person.id
    else:
        give(ctx, ticket, to, by=me.id)
        data = {"to": to.person.id, "organisation": ticket.organisation_id}
        ctx.uow.tickets.record(ticket, TRANSFERRED, at=ctx.now, actor_id=me.id, words=reason, data=data)
        effects = [] if before == to.person.id else _tell_former(ctx, ticket, before, "tell.given_to_another")
    clocks.stepped(ctx, ticket)
    text = transferred(ctx, ticket, ctx.my_name, reason)
    name = ctx.called(to.person) if to.organisation is None else to.organisation.name
    answer = ctx.say("handle.transferred", label=shown(ctx, ticket), name=name)
    answer += "" if for_person(ctx, ticket, to.person, reason) == reason else kept_back(ctx, ticket, reason)
    # An emergency that is passed on is told at night too.
    kind, topic = (PostKind.EMERGENCY, Topic.TRANSFERRED) if is_alarming(ticket) else (PostKind.NOTICE, None)
    line = tell(to.person, kind, text, ticket, topic=topic)
    told = reach.told_too(ctx.uow, ctx.setting, ticket, to.person, line, by=me.id)
    return [reply(ctx, answer + said_of(ctx, ticket, to.person), ticket), *told, *effects]


def _agreed_to(ctx: Context, wish: Ticket, helper: Person) -> list[Effect]:
    """A leader who gives a wish to somebody agrees to it."""
    if wish.status is not Status.PROPOSED:
        return []
    if not ctx.roles(ctx.node_of(wish)) & set(LEADERS):
        raise ctx.refuse("refuse.not_approved", number=wish.number)
    return publish(ctx, wish, helper)


def _named(ctx: Context, ticket: Ticket) -> tuple[Route, str]:
    """Whom a 转办 names, by mention or by name, and the words behind it. Raises Refusal when it is nobody or several.

    A person whose name is exactly that comes before an organisation of which it is a part.
    """
    said = ctx.args.text.strip().lstrip("@").split(maxsplit=1)
    reason = said[1] if len(said) > 1 else ""
    for external_id in ctx.message.mentions:
        identity = None if external_id == BOT else ctx.uow.people.identity(ctx.message.account, external_id)
        if identity is not None:
            return Route(ctx.uow.people.get(identity.person_id)), reason
    if not said:
        raise ctx.refuse("refuse.transfer_to_whom", number=ticket.number)
    name = said[0]
    people = ctx.uow.people.named(ctx.uow.places.node(ticket.scope_id), name)
    if len(people) == 1:
        return Route(people[0]), reason
    companies = ctx.uow.organisations.named(ctx.uow.places.line(ctx.node_of(ticket)), name)
    if len(companies) == 1 and not people:
        return _some_of(ctx, ticket, companies[0]), reason
    if people:
        raise ctx.refuse("refuse.several", name=name)
    if companies:
        names = "、".join(one.name for one in companies[:4])
        raise ctx.refuse("refuse.several_organisations", names=names)
    raise ctx.refuse("refuse.nobody", name=name)


def _some_of(ctx: Context, ticket: Ticket, organisation: Organisation) -> Route:
    """The first of an organisation's people who can be told. Raises Refusal: disputes are not theirs, or nobody can."""
    if wordless(ticket):  # of health and children a whole company would read
        raise ctx.refuse("refuse.transfer_to_staff", number=ticket.number)
    asking = [row.person_id for row in ctx.uow.tickets.requesters(ticket.id)]
    person = first_member(ctx, organisation, asking)
    if person is None:
        raise ctx.refuse("refuse.organisation_out_of_reach", name=organisation.name)
    return Route(person, organisation)


def _require_entrusted(ctx: Context, ticket: Ticket, person: Person) -> None:
    """Raises Refusal unless the ticket and the names of its people may be given into that person's hands."""
    asked = ctx.uow.tickets.requester(ticket.id, person.id)
    if asked is not None and asked.withdrawn_at is None:
        raise ctx.refuse("refuse.transfer_to_requester", number=ticket.number, name=ctx.called(person))
    if is_accused(ctx.uow, ticket, person.id):
        raise ctx.refuse("refuse.transfer_to_accused", number=ticket.number, name=ctx.called(person))
    roles = ctx.uow.people.roles_at(person.id, ctx.node_of(ticket))
    if roles & STAFF or (roles & _HELPERS and not ticket.private):
        return
    key = "refuse.transfer_to_staff" if ticket.private else "refuse.transfer_to_helper"
    raise ctx.refuse(key, number=ticket.number)


def shown(ctx: Context, ticket: Ticket) -> str:
    """Its label as the speaker may read it where he speaks."""
    return ctx.label(ticket, group=masked(ctx, ticket))
