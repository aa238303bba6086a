"""Wishes: the menu, claiming, handing back, reporting done, the wisher's contact."""

from handlers.alarms import is_alarming
from handlers.answering import announce, in_group, note, reply, reply_in_private, tell
from handlers.claims import watch_claim
from handlers.context import Context, wordless
from handlers.effects import Effect
from handlers.evaluation import finished
from handlers.opening import requester_names
from models.codes import LEADERS, STAFF, OutgoingState, PostKind, Status, TicketKind
from models.masking import mask
from models.states import Move
from models.tables import GridNode, Person
from models.ticket_tables import Claim, Ticket
from nlp.understanding import Flag

MENU_LENGTH = 12


def menu(ctx: Context) -> list[Effect]:
    """菜单: the open wishes of this place, oldest first."""
    lines = [
        ctx.say(
            "menu.line",
            label=ctx.label(wish, group=True),
            place=ctx.say("menu.place", place=mask(wish.place)) if wish.place and not wordless(wish) else "",
        )
        for wish in open_wishes(ctx)
    ]
    if not lines:
        return [reply(ctx, ctx.say("menu.empty"))]
    more = ctx.say("menu.more", count=len(lines) - MENU_LENGTH) if len(lines) > MENU_LENGTH else ""
    return [reply(ctx, ctx.say("menu.head", lines="\n".join(lines[:MENU_LENGTH]), more=more))]


def open_wishes(ctx: Context) -> list[Ticket]:
    """The wishes that wait for somebody, at the room's node or at the nodes of the speaker's roles."""
    wishes: dict[str, Ticket] = {}
    for node in places(ctx):
        found = ctx.uow.tickets.below(node.path, kinds=(TicketKind.WISH,), statuses=(Status.OPEN,))
        wishes.update({wish.id: wish for wish in found if not wish.private})
    return list(wishes.values())


def places(ctx: Context) -> list[GridNode]:
    """The room's node; in private, the nodes at which the speaker has a role."""
    if ctx.node is not None:
        return [ctx.node]
    person = ctx.known_me()
    if person is None:
        return []
    return [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id)]


def claim(ctx: Context) -> list[Effect]:
    """认领: the wish is the speaker's; the leader is asked for the wisher's contact."""
    wish, me = ctx.find(), ctx.me()
    if wish.kind is not TicketKind.WISH:
        raise ctx.refuse("refuse.not_a_wish", number=wish.number)
    live = ctx.uow.tickets.live_claim(wish.id)
    if live is not None:
        key = "refuse.claimed_by_you" if live.person_id == me.id else "refuse.claimed"
        raise ctx.refuse(key, number=wish.number, name=ctx.called(ctx.uow.people.get(live.person_id)))
    asked = ctx.uow.tickets.requester(wish.id, me.id)
    if asked is not None and asked.withdrawn_at is None:
        raise ctx.refuse("refuse.own_wish", number=wish.number)
    effects = take(ctx, wish, me, assigned=False)
    aloud = ctx.say("wish.claimed", name=ctx.my_name, label=ctx.label(wish, group=True))
    if in_group(ctx):
        return [reply(ctx, aloud, wish), *effects]
    text = ctx.say("wish.claimed_private", label=ctx.label(wish, group=False), number=wish.number)
    return [reply(ctx, text, wish), *effects, *announce(ctx, wish, aloud)]


def take(ctx: Context, wish: Ticket, person: Person, *, assigned: bool) -> list[Effect]:
    """The live claim itself, the look at it later, and the leader's consent to give the contact."""
    move = Move.ASSIGN if assigned else Move.CLAIM
    ctx.uow.tickets.move(wish, move, at=ctx.now, actor_id=ctx.me().id, data={"by": person.id})
    live = ctx.uow.tickets.claim(wish, person, ctx.now, assigned=assigned)
    live.contact = "asked"
    wish.handler_id = person.id
    effects = list(watch_claim(ctx, wish, live))
    # Whoever is nearest to the wisher, however far up the wish has gone meanwhile.
    leaders = ctx.uow.people.leaders(ctx.uow.places.line(ctx.node_of(wish)))
    leader = leaders[0] if leaders else None
    if leader is not None and leader.id == person.id:
        live.contact = "given"
        return [*effects, tell(person, PostKind.NOTICE, _contact(ctx, wish, _contact_on_file(ctx, wish)), wish)]
    child = "contact.ask_child" if Flag.MINOR in wish.flags else "contact.ask"
    text = ctx.say(
        child,
        name=ctx.called(person),
        label=ctx.label(wish, group=False),
        number=wish.number,
        people=requester_names(ctx, wish),
    )
    return [*effects, tell(leader, PostKind.NOTICE, text, wish)]


def consent(ctx: Context) -> list[Effect]:
    """同意 N ‹联系方式›: the leader gives the wisher's contact to whoever claimed the wish.

    What was given is not kept: the history says that it was, by whom and to whom, and the words of
    the line that carries it are deleted in the night after it has left (housekeeping).
    """
    wish = _wish_of_leader(ctx)
    live = ctx.uow.tickets.live_claim(wish.id)
    if live is None:
        raise ctx.refuse("refuse.not_claimed", number=wish.number)
    given = ctx.args.text or _contact_on_file(ctx, wish)
    live.contact = "given"
    ctx.uow.tickets.record(
        wish,
        "contact_given",
        at=ctx.now,
        actor_id=ctx.me().id,
        data={"to": live.person_id, "typed": bool(ctx.args.text)},
    )
    helper = ctx.uow.people.get(live.person_id)
    answer = ctx.say(
        "contact.passed_on" if given else "contact.none_on_file", name=ctx.called(helper), number=wish.number
    )
    return [
        tell(helper, PostKind.NOTICE, _contact(ctx, wish, given), wish),
        reply_in_private(ctx, answer, wish, or_here=True),
    ]


def _contact(ctx: Context, wish: Ticket, given: str | None) -> str:
    """What the claimer is told about how to reach the wisher; given None: nobody knows a number."""
    return ctx.say(
        "contact.given" if given else "contact.unknown",
        label=ctx.label(wish, group=False),
        people=requester_names(ctx, wish),
        contact=given,
    )


def refuse_contact(ctx: Context) -> list[Effect]:
    """不同意 N: the claimer goes through the leader instead."""
    wish = _wish_of_leader(ctx)
    live = ctx.uow.tickets.live_claim(wish.id)
    if live is None:
        raise ctx.refuse("refuse.not_claimed", number=wish.number)
    live.contact = "refused"
    ctx.uow.tickets.record(wish, "contact_refused", at=ctx.now, actor_id=ctx.me().id, data={"to": live.person_id})
    helper = ctx.uow.people.get(live.person_id)
    return [
        tell(helper, PostKind.NOTICE, ctx.say("contact.refused", number=wish.number, name=ctx.my_name), wish),
        reply_in_private(ctx, ctx.say("contact.not_passed_on", number=wish.number), wish, or_here=True),
    ]


def _wish_of_leader(ctx: Context) -> Ticket:
    wish = ctx.find()
    if not ctx.roles(ctx.node_of(wish)) & set(LEADERS):
        raise ctx.refuse("refuse.leader_only")
    return wish


def _contact_on_file(ctx: Context, wish: Ticket) -> str | None:
    phones = [ctx.uow.people.get(row.person_id).phone for row in ctx.uow.tickets.requesters(wish.id)]
    return "、".join(phone for phone in phones if phone) or None


def hand_back(ctx: Context) -> list[Effect]:
    """放弃: the wish goes back on the list, without reproach."""
    wish, me = ctx.find(), ctx.me()
    live = ctx.uow.tickets.live_claim(wish.id)
    if live is None or live.person_id != me.id:
        raise ctx.refuse("refuse.not_your_claim", number=wish.number)
    ctx.uow.tickets.move(wish, Move.HAND_BACK, at=ctx.now, actor_id=me.id, words=ctx.args.text)
    ctx.uow.tickets.end_claim(wish.id, ctx.now, "handed_back")
    _unsay_claim(ctx, wish, live)
    wish.handler_id = None
    label = ctx.label(wish, group=in_group(ctx))
    effects = [reply(ctx, ctx.say("wish.handed_back", label=label, number=wish.number), wish)]
    if not in_group(ctx):
        effects += announce(
            ctx, wish, ctx.say("wish.open_again", label=ctx.label(wish, group=True), number=wish.number)
        )
    return effects


def _unsay_claim(ctx: Context, wish: Ticket, live: Claim) -> None:
    """Drop what was promised about a claim and has not left yet: what was said when it began, and what
    the claimer was to hear of it. The wish itself and everything else about it stay true."""
    for row in ctx.uow.outbox.touching(wish.id, (OutgoingState.PENDING,)):
        at_its_beginning = row.created_at == live.at
        to_claimer = row.person_id == live.person_id and row.kind in (PostKind.NOTICE, PostKind.REMINDER)
        if at_its_beginning or to_claimer:
            row.state, row.error = OutgoingState.DROPPED, "taken back"


def done(ctx: Context) -> list[Effect]:
    """完成 N ‹说明›: the wisher is asked whether it is right."""
    wish, me = ctx.find(), ctx.me()
    if wish.kind is not TicketKind.WISH:
        raise ctx.refuse("refuse.resolve_instead", number=wish.number)
    if ctx.ended(wish):
        raise ctx.refuse("refuse.over", number=wish.number, status=ctx.status(wish))
    live = ctx.uow.tickets.live_claim(wish.id)
    staff = bool(ctx.roles(ctx.node_of(wish)) & STAFF)
    if not staff and (live is None or live.person_id != me.id):
        raise ctx.refuse("refuse.not_your_claim", number=wish.number)
    if staff and wish.status is Status.OPEN and is_alarming(wish):
        _take_quietly(ctx, wish)  # he has said 收到, and nobody waits until somebody claims such a thing
    ctx.uow.tickets.move(wish, Move.DO, at=ctx.now, actor_id=me.id, words=ctx.args.text)
    text = ctx.say(
        "wish.done" if in_group(ctx) else "wish.done_private",
        name=ctx.my_name,
        label=ctx.label(wish, group=in_group(ctx)),
        note=note(ctx, wish),
    )
    return finished(ctx, wish, text)


def _take_quietly(ctx: Context, wish: Ticket) -> None:
    """The step that was skipped, so that the history is complete."""
    me = ctx.me()
    ctx.uow.tickets.move(wish, Move.ASSIGN, at=ctx.now, actor_id=me.id, data={"by": me.id})
    ctx.uow.tickets.claim(wish, me, ctx.now, assigned=True)
    wish.handler_id = me.id
