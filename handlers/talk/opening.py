"""Opening tickets and signals, and joining a matter that is open already."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from handlers.alarm.alarms import begin, is_alarming, is_loud
from handlers.alarm.duty import keepers
from handlers.alarm.unheard import hotline, is_told, tell_operator
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.accused import accused
from handlers.discreet.wordless import UNREAD
from handlers.effects import Effect, Say, Tell
from handlers.people import reach
from handlers.talk import must_report
from handlers.ticket import arriving, steps
from handlers.ticket.pictures import keep_pictures
from handlers.ticket.routing import Route, bound_for, first_level, give, organisation_of, route, take_from_all
from handlers.wish import approving, nameless, offering
from handlers.wish.helpers import wanted, wanted_in, without_count
from models.codes import LEADERS, NodeLevel, PostKind, SourceRole, Status, TicketKind
from models.masking import short
from models.message import Message
from models.states import ALIVE, TERMS
from models.tables import GridNode, Person, Room
from models.ticket_tables import Signal, Ticket
from nlp.understanding import Band, Flag, Understanding, Urgency

TITLE_LENGTH = 120
_UNNAMED = {
    "ack.wish": "ack.wish_nameless",
    "ack.wish_proposed": "ack.wish_proposed_nameless",
    "ack.emergency": "ack.emergency_nameless",
    "ack.emergency_unheard": "ack.emergency_unheard_nameless",
}
"""How the group hears of a wish whose wisher it does not hear of."""
_HIDDEN = frozenset({Flag.VIOLENCE, Flag.SUICIDE, Flag.PETITION})


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody wants to be seen to, before it is a ticket.

    messages are those that make it up, oldest first; text is theirs, unmasked; title stands for it
    where it says too little alone. band says who decided: act (the bot), ask (a leader, from a
    signal), command (the person). unread: nobody knows yet what the words speak of. proposed:
    whether it waits for consent, where it was part of another ticket, or was ordered. level: where it begins, whatever
    the routes of its category say; organisation: what that is called which has it then. item: as which item of the menu
    of services it was ordered.
    """

    kind: TicketKind
    category: str
    text: str
    node: GridNode
    room: Room | None
    requester: Person | None
    band: str
    messages: tuple[Message, ...] = ()
    place: str | None = None
    urgency: Urgency = Urgency.NORMAL
    evidence: tuple[str, ...] = ()
    flags: frozenset[Flag] = frozenset()
    score: float | None = None
    title: str = ""
    unread: bool = False
    hidden: bool = False
    proposed: bool | None = None
    level: NodeLevel | None = None
    organisation: str = ""
    item: int | None = None

    @property
    def private(self) -> bool:
        """Whether nothing of it may be said in the group; hidden: because of where it comes from."""
        return self.hidden or self.kind is TicketKind.DISPUTE or bool(self.flags & _HIDDEN)


def understood(matter: Matter, meaning: Understanding) -> Matter:
    """The matter with everything that understanding found in its words."""
    return replace(
        matter,
        place=meaning.place or matter.place,
        urgency=meaning.urgency,
        evidence=meaning.evidence,
        flags=meaning.flags,
        score=meaning.score,
    )


def open_ticket(ctx: Context, matter: Matter, in_place_of: Signal | None = None) -> tuple[Ticket, list[Effect]]:
    """A new ticket with its history, sources, pictures, deadlines; tells whoever is in charge.

    in_place_of: the signal that it was until now.
    """
    ctx, uow = ctx.at(matter.node), ctx.uow
    scope = uow.places.scope(matter.node, ctx.policy.number_scope)
    assert scope.id is not None
    assert matter.node.id is not None
    line = uow.places.line(matter.node)
    level = first_level(ctx, line, matter.category, matter.text, matter.level)
    ticket = Ticket(
        id=uow.tickets.new_id(),
        scope_id=scope.id,
        number=uow.places.next_number(scope.id, "ticket"),
        kind=matter.kind,
        category=matter.category,
        status=_first_status(ctx, matter),
        node_id=matter.node.id,
        room_id=None if matter.room is None else matter.room.id,
        private=matter.private,
        level=level,
        urgency=matter.urgency.value,
        band=matter.band,
        score=matter.score,
        title=short(matter.title or matter.text, TITLE_LENGTH),
        place=matter.place,
        evidence=list(matter.evidence),
        flags=sorted({*(flag.value for flag in matter.flags), *((UNREAD,) if matter.unread else ())}),
        opened_at=ctx.now,
    )
    about = accused(uow, ticket, matter.text)
    asking = (*(() if matter.requester is None else (matter.requester.id,)), *about)
    arrival, to = _first_step(ctx, ticket, level, asking, about, matter.organisation)
    leaders = uow.people.leaders(line[level:], about) or uow.people.leaders(line, about) or keepers(uow, line, about)
    if arrival is not None and arrival.person is not None:
        leaders = [arrival.person]
    at = line[level].level if arrival is None else arrival.stop.step
    ticket.respond_by, ticket.solve_by = ctx.policy.due(ctx.now, matter.kind, matter.category, at)
    data: dict[str, object] = {
        "band": matter.band,
        "category": matter.category,
        "to": leaders[0].id if leaders else None,
    }
    if matter.item is not None:
        data["item"] = matter.item
    if to is not None:
        give(ctx, ticket, to, by=None)
        data |= {"to": to.person.id, "organisation": ticket.organisation_id}
    uow.tickets.open(
        ticket, actor_id=None if matter.requester is None else matter.requester.id, words=matter.text, data=data
    )
    if matter.requester is not None:
        uow.tickets.join(ticket, matter.requester, ctx.now)
    if ticket.kind is TicketKind.WISH:
        _shape(ctx, ticket, matter)
    effects = hold(ctx, ticket, matter.messages, matter.requester, SourceRole.REPORT)
    effects += plan(ctx, ticket)
    effects += tell_operator(ctx, ticket)
    effects += [] if arrival is None else arriving.around(uow, ctx.setting, ticket, arrival, ctx.now)
    if ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN:
        effects += offering.put_on_list(ctx.uow, ctx.setting, ticket, ctx.now)
    if matter.band != Band.ASK.value:
        # Of what was a question before, they have heard already.
        groups = must_report.groups_of(ctx, ticket, matter.text)
        effects += must_report.tell_above(ctx, ticket, groups, leaders[0] if leaders else None)
    if is_alarming(ticket):
        # A leader who has just confirmed it has it.
        known_to = ctx.me() if matter.band == Band.ASK.value else None
        alarmed = begin(uow, ctx.setting, ticket, ctx.now, known_to=known_to, in_place_of=in_place_of)
        alarm = uow.alarms.get(ticket.id)
        has = None if alarm is None else alarm.acknowledged_by
        if alarmed or known_to is not None or (leaders and leaders[0].id == has):
            return ticket, effects + alarmed + tell_responsible(ctx, ticket, to, alarmed)
        # Somebody has it already: whoever leads there hears of it as of any other matter.
    effects += tell_leader(ctx, ticket, leaders) if to is None else tell_responsible(ctx, ticket, to)
    if to is None:  # of several who hear first all do
        others = [one for one in steps.first_hearers(uow, ctx.policy.routing, ticket) if one.id != ticket.handler_id]
        effects += [line for one in others for line in tell_leader(ctx, ticket, [one])]
    return ticket, effects


def _first_status(ctx: Context, matter: Matter) -> Status:
    """A wish may need a leader's consent, unless it comes from a leader or somebody has to go there at once."""
    first = TERMS[matter.kind].first
    if matter.proposed is not None:
        return Status.PROPOSED if matter.proposed else first
    if matter.kind is not TicketKind.WISH or not ctx.policy.wishes.needs_approval(matter.category):
        return first
    if matter.private or is_loud(matter) or ctx.roles(matter.node) & set(LEADERS):
        return first
    return Status.PROPOSED


def _shape(ctx: Context, wish: Ticket, matter: Matter) -> None:
    """How many may help with a wish, and whether the group hears whose it is: by its words, else by the policy."""
    rule = ctx.policy.wishes
    count = wanted_in(matter.text)
    wish.helpers_wanted = min(count or rule.helpers_for(wish.category), rule.most_helpers)
    if count:
        wish.title = without_count(wish.title)
    if rule.is_nameless(wish.category) or nameless.asks(matter.text):
        names = [ctx.called(matter.requester)] if matter.requester is not None else []
        nameless.hide(ctx.setting, wish, names)


def plan(ctx: Context, ticket: Ticket) -> list[Effect]:
    """The looks at the clock that a new deadline needs: before, at and after it.

    A wish that waits for consent is looked at for that alone; its deadline counts from the consent.
    """
    if ticket.status is Status.PROPOSED:
        return approving.plan_look(ctx.setting, ticket, ctx.now)
    return list(clocks.term(ctx.policy, ticket, ctx.now))


def _first_step(
    ctx: Context, ticket: Ticket, level: int, asking: tuple[str, ...], about: Collection[str], organisation: str = ""
) -> tuple[arriving.Arrival | None, Route | None]:
    """The step at which a new matter begins, if the pack names steps, and who answers for its category there.

    What cannot wait, and what somebody answers for, passes those who only hear first; about: who is passed by all.
    """
    uow = ctx.uow
    found = steps.stops(uow, ctx.policy.routing, ticket)
    real = [stop for stop in found if not stop.step.first and stop.level >= level]
    lowest = min((stop.level for stop in found if not stop.step.first), default=0)
    hearers = [stop for stop in found if stop.step.first and level <= lowest]
    arrival = arriving.choose(uow, ticket, real, about)
    if arrival is None:
        return None, route(ctx, ticket, asking, organisation)
    arriving.put(uow, ticket, arrival, ctx.now, None)
    to = route(ctx, ticket, asking, organisation)
    if to is None and not is_alarming(ticket):
        arrival = arriving.choose(uow, ticket, [*hearers, *real], about, asking=asking) or arrival
        take_from_all(ticket)
        arriving.put(uow, ticket, arrival, ctx.now, None)
    return arrival, to


def hold(
    ctx: Context, ticket: Ticket, messages: tuple[Message, ...], person: Person | None, role: SourceRole
) -> list[Effect]:
    """The ticket holds these messages and their pictures from now on."""
    effects: list[Effect] = []
    for message in messages:
        ctx.uow.tickets.hold(
            message.account,
            message.id,
            at=message.at,
            role=role,
            person_id=None if person is None else person.id,
            ticket_id=ticket.id,
        )
        effects += keep_pictures(ctx, ticket, message)
    return effects


def join(ctx: Context, ticket: Ticket, matter: Matter) -> tuple[bool, list[Effect]]:
    """The matter's requester joins an open ticket; whether he is new to it, and the effects."""
    person = matter.requester
    new = person is not None and ctx.uow.tickets.join(ticket, person, ctx.now)
    ctx.uow.tickets.record(
        ticket,
        "joined" if new else "updated",
        at=ctx.now,
        actor_id=None if person is None else person.id,
        words=matter.text,
        data={"requesters": ctx.uow.tickets.asking(ticket.id)},
    )
    if ticket.place is None and matter.place:
        ticket.place = matter.place
    role = SourceRole.JOIN if new else SourceRole.UPDATE
    return new, hold(ctx, ticket, matter.messages, person, role)


def acknowledge(ctx: Context, ticket: Ticket, person: Person, room: Room) -> Say:
    """The one line in the group that says: heard, number, what happens next."""
    assert room.id is not None
    to = bound_for(ctx, ticket)
    heard = "ack.complaint_to" if to else "ack.complaint"
    key = heard if is_told(ctx, ticket) else "ack.complaint_unheard"
    if ticket.kind is TicketKind.WISH:
        key = "ack.wish_proposed" if ticket.status is Status.PROPOSED else "ack.wish"
    kind = PostKind.ACK
    if ticket.urgency == Urgency.EMERGENCY:
        key, kind = "ack.emergency" if reach.anybody(ctx.uow, ticket) else "ack.emergency_unheard", PostKind.EMERGENCY
    text = ctx.say(
        _UNNAMED.get(key, key) if ticket.nameless else key,
        wanted=wanted(ctx.uow, ctx.setting, ticket),
        name=ctx.called(person),
        label=ctx.label(ticket, group=True),
        number=ticket.number,
        call=hotline(ctx, ticket),
        to=to,
    )
    return Say(room.id, kind, text, (ticket.id,), person.id, ticket.number)


def tell_leader(ctx: Context, ticket: Ticket, leaders: list[Person]) -> list[Effect]:
    """The line to whoever leads there; none of a wish, which stands in the group and on the menu."""
    unread = ticket.kind is TicketKind.WISH and UNREAD in ticket.flags
    if ticket.status is Status.PROPOSED:
        return approving.ask(ctx.uow, ctx.setting, ticket)
    if ticket.kind is TicketKind.WISH and not (ticket.private or unread):
        return []  # party members see it in the group; unclaimed wishes stand in the digest
    reported = {row.person_id for row in ctx.uow.tickets.requesters(ticket.id)}
    if leaders and leaders[0].id in reported and not ticket.private:
        return []  # he said it himself and saw the acknowledgement
    key = "tell.dispute" if ticket.private else "tell.unread_wish" if unread else "tell.complaint"
    if ticket.private and ticket.kind is TicketKind.COMPLAINT and not _HIDDEN & set(ticket.flags):
        key = "tell.private_complaint"
    first = leaders[0] if leaders else None
    text = ctx.say(
        key,
        label=ctx.label_to(ticket, first, TITLE_LENGTH),
        number=ticket.number,
        place=ticket.place or ctx.say("name.no_place"),
        people=requester_names(ctx, ticket),
        evidence="、".join(ticket.evidence) or ctx.say("name.none"),
    )
    line = Tell(
        None if first is None else first.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=ALIVE
    )
    return reach.told_too(ctx.uow, ctx.setting, ticket, first, line)


def tell_responsible(ctx: Context, ticket: Ticket, to: Route | None, told: Sequence[Effect] = ()) -> list[Effect]:
    """The line to whoever answers for the category there, unless it is told anyway; leaders read it in the digest."""
    if to is None or any(isinstance(line, Tell) and line.person_id == to.person.id for line in told):
        return []
    assert ticket.given_at is not None
    organisation = organisation_of(ctx, ticket)
    urgent = is_alarming(ticket)
    text = ctx.say(
        "tell.responsible_urgently" if urgent else "tell.responsible",
        label=ctx.label_to(ticket, to.person, TITLE_LENGTH),
        number=ticket.number,
        place=ticket.place or ctx.say("name.no_place"),
        people=requester_names(ctx, ticket),
        to=ctx.say("name.you") if organisation is None else organisation.name,
        at=ctx.setting.moment(ctx.policy.return_by(ticket.given_at)),
    )
    kind = PostKind.EMERGENCY if urgent else PostKind.NOTICE
    return [Tell(to.person.id, kind, text, (ticket.id,), room_id=ticket.room_id, valid_in=ALIVE)]


def requester_names(ctx: Context, ticket: Ticket) -> str:
    """The names of those who asked, for the handler."""
    people = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(ticket.id)]
    return "、".join(ctx.called(person) for person in people) or ctx.say("name.somebody")
