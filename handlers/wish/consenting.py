"""What a leader agrees to: that a wish is offered, and that the wisher's contact goes to whoever helps."""

from handlers.answering import announce, reply_in_private, tell, unsay
from handlers.context import Context
from handlers.discreet.discretion import kept_back, reason_for
from handlers.discreet.erasing import erase_at_end
from handlers.discreet.standing import ASKED, GIVEN, REFUSED
from handlers.effects import Effect
from handlers.people import reach
from handlers.record import reviewing
from handlers.record.voting import aside
from handlers.talk.opening import requester_names
from handlers.ticket.evaluation import restart
from handlers.ticket.routing import level_of
from handlers.wish.helpers import wanted
from handlers.wish.offering import put_on_list
from models.codes import LEADERS, PostKind, RecordState, Status, TicketKind
from models.masking import short
from models.record_tables import Record
from models.states import Move
from models.tables import Person
from models.ticket_tables import Claim, Ticket
from nlp.understanding import Flag

_LOOKS = ("respond", "near", "due", "over")


def consent(ctx: Context) -> list[Effect]:
    """同意 N ‹联系方式›: a wish that waits for consent is offered; else whoever claimed it gets the contact."""
    if (review := _review(ctx)) is not None:
        return aside(ctx, lambda: reviewing.say(ctx, ctx.find(), review, agree=True))
    wish = _wish_of_leader(ctx)
    if wish.status is Status.PROPOSED:
        return approve(ctx, wish)
    return _give_contact(ctx, wish)


def refuse(ctx: Context) -> list[Effect]:
    """不同意 N ‹原因›: the wish is not offered and the wisher hears why; or the contact is not passed on."""
    if (review := _review(ctx)) is not None:
        return aside(ctx, lambda: reviewing.say(ctx, ctx.find(), review, agree=False))
    wish = _wish_of_leader(ctx)
    if wish.status is Status.PROPOSED:
        return _decline(ctx, wish)
    return _refuse_contact(ctx, wish)


def _review(ctx: Context) -> Record | None:
    """The review of a panel about which the speaker was asked, unless he speaks of a wish as its leader."""
    ticket = ctx.find()
    record = reviewing.asked_of(ctx, ticket)
    if record is None or record.state is RecordState.OPEN:
        return record
    leads = ticket.kind is TicketKind.WISH and ctx.roles(ctx.node_of(ticket)) & set(LEADERS)
    return None if leads else record


def _wish_of_leader(ctx: Context) -> Ticket:
    wish = ctx.find()
    if not ctx.roles(ctx.node_of(wish)) & set(LEADERS):
        raise ctx.refuse("refuse.leader_only")
    if ctx.ended(wish):
        raise ctx.refuse("refuse.over", number=wish.number, status=ctx.status(wish))
    return wish


# -- that a wish is offered ---------------------------------------------------------------------


def approve(ctx: Context, wish: Ticket) -> list[Effect]:
    """The wisher hears it, then the group."""
    effects = publish(ctx, wish)
    answer = reply_in_private(ctx, ctx.say("approval.done", number=wish.number), wish, or_here=True)
    ordered = ctx.uow.tickets.item_of(wish.id) is not None
    offer = ctx.say(
        "order.offered" if ordered else "approval.offered",
        label=ctx.label(wish, group=True),
        wanted=wanted(ctx.uow, ctx.setting, wish),
        number=wish.number,
    )
    listed = put_on_list(ctx.uow, ctx.setting, wish, ctx.now, anew=True)
    return [answer, *effects, *announce(ctx, wish, offer), *listed]


def publish(ctx: Context, wish: Ticket, helper: Person | None = None) -> list[Effect]:
    """The consent itself, of which the wisher is told; the deadline counts from now. helper: to whom it is given."""
    unsay(ctx, wish)
    ctx.uow.tickets.move(wish, Move.APPROVE, at=ctx.now, actor_id=ctx.me().id)
    place = level_of(ctx, wish).name
    wish.level = 0  # who was asked last has decided; from here on it is whoever leads there
    ctx.uow.once.cancel(_LOOKS, wish.id)
    label = ctx.label(wish, group=False)
    ordered = ctx.uow.tickets.item_of(wish.id) is not None
    text = ctx.say("order.granted" if ordered else "approval.granted", label=label, place=place)
    if helper is not None:
        text = ctx.say("approval.granted_and_given", label=label, name=ctx.called(helper))
    told = _tell_wishers(ctx, wish, text)
    return [*told, *restart(ctx, wish)]


def _decline(ctx: Context, wish: Ticket) -> list[Effect]:
    """The wish ends. The reason is for the wisher alone; no group hears of it."""
    reason = short(ctx.args.text, 60)
    if not reason:
        raise ctx.refuse("refuse.decline_why", number=wish.number)
    unsay(ctx, wish)
    ctx.uow.tickets.move(
        wish, Move.REJECT, at=ctx.now, actor_id=ctx.me().id, words=ctx.args.text, data={"declined": True}
    )
    key = "approval.declined" if ctx.uow.tickets.item_of(wish.id) is None else "order.declined"
    told: list[Effect] = []
    for one in _wishers(ctx, wish):
        if ctx.reachable(one):
            why = reason_for(ctx, wish, one, ctx.args.text)
            label = ctx.label_to(wish, one)
            text = ctx.say(key, label=label, reason=why, name=ctx.my_name)
            told.append(tell(one, PostKind.NOTICE, text, wish))
    missing = "、".join(ctx.called(person) for person in _wishers(ctx, wish) if not ctx.reachable(person))
    answer = ctx.say("approval.declined_done", number=wish.number)
    if missing:
        answer += ctx.say("approval.say_it_yourself", names=missing)
    answered = reply_in_private(ctx, answer + kept_back(ctx, wish, ctx.args.text), wish, or_here=not missing)
    return [answered, *told, *erase_at_end(ctx.uow, ctx.setting, wish, ctx.now)]


def _wishers(ctx: Context, wish: Ticket) -> list[Person]:
    return [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(wish.id)]


def _tell_wishers(ctx: Context, wish: Ticket, text: str) -> list[Effect]:
    """A private line to each; who cannot be written to sees the wish in the group, or hears it from the leader."""
    return [tell(person, PostKind.NOTICE, text, wish) for person in _wishers(ctx, wish) if ctx.reachable(person)]


# -- that the contact goes to whoever helps -----------------------------------------------------


def ask_for_contact(ctx: Context, wish: Ticket, live: Claim, person: Person) -> list[Effect]:
    """The leader is asked; who leads there himself has the contact, unless it is about a child or about health."""
    # Whoever is nearest to the wisher, however far up the wish has gone meanwhile.
    leaders = ctx.uow.people.leaders(ctx.uow.places.line(ctx.node_of(wish)))
    leader = leaders[0] if leaders else None
    live.contact = ASKED
    asked = reach.in_place_of(ctx.uow, wish, leader) or leader
    if asked is not None and asked.id == person.id and not _is_tender(wish):
        live.contact = GIVEN
        return [tell(person, PostKind.NOTICE, _contact(ctx, wish, _contact_on_file(ctx, wish)), wish)]
    text = ctx.say(
        _question(wish),
        name=ctx.called(person),
        label=ctx.label(wish, group=False),
        number=wish.number,
        people=requester_names(ctx, wish),
    )
    return reach.told_too(ctx.uow, ctx.setting, wish, leader, tell(leader, PostKind.NOTICE, text, wish))


def _is_tender(wish: Ticket) -> bool:
    return Flag.MINOR in wish.flags or Flag.HEALTH in wish.flags


def _question(wish: Ticket) -> str:
    if Flag.MINOR in wish.flags:
        return "contact.ask_child"
    return "contact.ask_health" if Flag.HEALTH in wish.flags else "contact.ask"


def _give_contact(ctx: Context, wish: Ticket) -> list[Effect]:
    """The leader gives the wisher's contact to those who claimed the wish and wait for it.

    What was given is not kept: the history says that it was, by whom and to whom, and the words of
    the line that carries it are deleted in the night after it has left (housekeeping). Of a child's wish no number
    is taken from what is on file: it may be anybody's.
    """
    claims, words = _claims(ctx, wish)
    if Flag.MINOR in wish.flags and not words:
        raise ctx.refuse("refuse.contact_of_child", number=wish.number)
    given = words or _contact_on_file(ctx, wish)
    effects: list[Effect] = []
    for live in claims:
        live.contact = GIVEN
        data = {"to": live.person_id, "typed": bool(words)}
        ctx.uow.tickets.record(wish, "contact_given", at=ctx.now, actor_id=ctx.me().id, data=data)
        helper = ctx.uow.people.get(live.person_id)
        effects.append(tell(helper, PostKind.NOTICE, _contact(ctx, wish, given), wish))
    helpers = [ctx.uow.people.get(live.person_id) for live in claims]
    answer = "\n".join(
        ctx.say(key, name="、".join(map(ctx.called, some)), number=wish.number)
        for key, some in (
            ("contact.passed_on" if given else "contact.none_on_file", [one for one in helpers if ctx.reachable(one)]),
            ("contact.out_of_reach", [one for one in helpers if not ctx.reachable(one)]),
        )
        if some
    )
    return [*effects, reply_in_private(ctx, answer, wish, or_here=True)]


def _refuse_contact(ctx: Context, wish: Ticket) -> list[Effect]:
    """The claimers go through the leader instead."""
    claims, _ = _claims(ctx, wish)
    effects: list[Effect] = []
    for live in claims:
        live.contact = REFUSED
        ctx.uow.tickets.record(wish, "contact_refused", at=ctx.now, actor_id=ctx.me().id, data={"to": live.person_id})
        text = ctx.say("contact.refused", number=wish.number, name=ctx.my_name)
        effects.append(tell(ctx.uow.people.get(live.person_id), PostKind.NOTICE, text, wish))
    answer = ctx.say("contact.not_passed_on", number=wish.number)
    return [*effects, reply_in_private(ctx, answer, wish, or_here=True)]


def _claims(ctx: Context, wish: Ticket) -> tuple[list[Claim], str]:
    """Whom the leader speaks of, and the other words of the command.

    Of several helpers he may name one (同意 3 @老赵 电话); else it is those who wait for an answer, or all when nobody
    does. Raises Refusal when nobody has the wish.
    """
    live = ctx.uow.wishes.live(wish.id)
    if not live:
        raise ctx.refuse("refuse.not_claimed", number=wish.number)
    words = ctx.args.text
    named = []
    for claim in live:
        name = ctx.called(ctx.uow.people.get(claim.person_id))
        if f"@{name}" in words:
            named.append(claim)
            words = words.replace(f"@{name}", "")
    waiting = [claim for claim in live if claim.contact == ASKED]
    return named or waiting or live, words.strip()


def _contact(ctx: Context, wish: Ticket, given: str | None) -> str:
    """What the claimer is told about how to reach the wisher; given None: nobody knows a number."""
    return ctx.say(
        "contact.given" if given else "contact.unknown",
        label=ctx.label(wish, group=False),
        people=requester_names(ctx, wish),
        contact=given,
    )


def _contact_on_file(ctx: Context, wish: Ticket) -> str | None:
    phones = [ctx.uow.people.get(row.person_id).phone for row in ctx.uow.tickets.requesters(wish.id)]
    return "、".join(phone for phone in phones if phone) or None
