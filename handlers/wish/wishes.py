"""Wishes: the menu, claiming, handing back, reporting done. The wisher's contact: handlers/wish/consenting.py."""

from collections.abc import Collection

from handlers.alarm.alarms import is_alarming
from handlers.alarm.recalling import left
from handlers.answering import announce, at_home, in_group, masked, note, reply, tell
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.wordless import wordless
from handlers.effects import Effect
from handlers.report.digest import outermost
from handlers.ticket.evaluation import finished
from handlers.ticket.pictures import with_command
from handlers.ticket.picturing import sent_before
from handlers.ticket.routing import level_of
from handlers.wish.claims import watch_claim
from handlers.wish.consenting import ask_for_contact
from handlers.wish.helpers import IN_HAND, names_of, release, wanted
from handlers.wish.offering import open_again, put_on_list
from models.codes import STAFF, OutgoingState, PostKind, Status, TicketKind
from models.masking import mask, short
from models.states import Move
from models.tables import GridNode, Person
from models.ticket_tables import Claim, Ticket

MENU_LENGTH = 12
COUNTED = 200
"""So many are counted; of more it is said that there are many."""


def menu(ctx: Context) -> list[Effect]:
    """菜单: the open wishes of this place, oldest first; where the policy has classes, class by class."""
    wishes, count = open_wishes(ctx)
    lines = _by_class(ctx, wishes) if ctx.policy.wishes.classes else [_line(ctx, one) for one in wishes]
    if not lines:
        return [reply(ctx, ctx.say("menu.empty"))]
    return [reply(ctx, ctx.say("menu.head", lines="\n".join(lines), more=_more(ctx, count, len(wishes))))]


def open_wishes(ctx: Context, categories: Collection[str] | None = None) -> tuple[list[Ticket], int]:
    """The first wishes that wait for somebody, at the room's node or at the nodes of the speaker's roles, oldest first;
    and how many there are, as far as they are counted. categories: only of these."""
    paths = [node.path for node in outermost(places(ctx))]
    wishes = ctx.uow.wishes
    found = [one for at in paths for one in wishes.wanting(at, public=True, limit=MENU_LENGTH, categories=categories)]
    found.sort(key=lambda wish: (wish.opened_at, wish.number))
    if len(found) < MENU_LENGTH:
        return found, len(found)
    return found[:MENU_LENGTH], sum(wishes.count_wanting(path, COUNTED, categories) for path in paths)


def menu_of_class(ctx: Context) -> list[Effect]:
    """菜单 ‹类›: the open wishes of one class."""
    rule, said = ctx.policy.wishes, ctx.args.text.strip()
    one = rule.class_named(said)
    if one is None:
        raise ctx.refuse("refuse.menu_class", said=short(said, 12), names="、".join(each.name for each in rule.classes))
    wishes, count = open_wishes(ctx, one.categories)
    if not wishes:
        return [reply(ctx, ctx.say("menu.empty_class", name=one.name))]
    lines = [_line(ctx, wish) for wish in wishes]
    return [reply(ctx, ctx.say("menu.head", lines="\n".join(lines), more=_more(ctx, count, len(wishes))))]


def _more(ctx: Context, count: int, shown: int) -> str:
    """How many more there are than are shown."""
    if count <= shown:
        return ""
    return ctx.say("menu.many" if count >= COUNTED else "menu.more", count=count - shown)


def _line(ctx: Context, wish: Ticket) -> str:
    return ctx.say(
        "menu.line",
        label=ctx.label(wish, group=True),
        place=ctx.say("menu.place", place=mask(wish.place)) if wish.place and not wordless(wish) else "",
        wanted=wanted(ctx.uow, ctx.setting, wish),
    )


def _by_class(ctx: Context, wishes: list[Ticket]) -> list[str]:
    """Wishes, those of a class together under its name, in the order of the pack; the rest behind them."""
    rule, lines = ctx.policy.wishes, list[str]()
    for one in (*rule.classes, None):
        mine = [wish for wish in wishes if rule.class_of(wish.category) == one]
        if mine:
            name = ctx.say("menu.other_class") if one is None else one.name
            lines += [ctx.say("menu.class", name=name), *(_line(ctx, wish) for wish in mine)]
    return lines


def places(ctx: Context) -> list[GridNode]:
    """The room's node; in private, the nodes at which the speaker has a role."""
    if ctx.node is not None:
        return [ctx.node]
    person = ctx.known_me()
    if person is None:
        return []
    return [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id)]


def claim(ctx: Context) -> list[Effect]:
    """认领: the speaker has the wish, alone or as one of several; the leader is asked for the wisher's contact."""
    wish, me = ctx.find(), ctx.me()
    if wish.kind is not TicketKind.WISH:
        raise ctx.refuse("refuse.not_a_wish", number=wish.number)
    if wish.status is Status.PROPOSED:
        ordered = ctx.uow.tickets.item_of(wish.id) is not None
        key = "refuse.order_not_approved" if ordered else "refuse.not_approved"
        raise ctx.refuse(key, number=wish.number, place=level_of(ctx, wish).name)
    _require_seat(ctx, wish, me)
    asked = ctx.uow.tickets.requester(wish.id, me.id)
    if asked is not None and asked.withdrawn_at is None:
        raise ctx.refuse("refuse.own_wish", number=wish.number)
    effects = take(ctx, wish, me, assigned=False)
    aloud = ctx.say("wish.claimed", name=ctx.my_name, label=ctx.label(wish, group=True), more=_seats_left(ctx, wish))
    if at_home(ctx, wish):
        return [reply(ctx, aloud, wish), *effects]
    if in_group(ctx):  # a staff room: those who were asked to claim it read it in their own
        return [reply(ctx, aloud, wish), *effects, *announce(ctx, wish, aloud)]
    text = ctx.say(
        "wish.claimed_private",
        label=ctx.label_to(wish, me),
        number=wish.number,
        more=_seats_left(ctx, wish),
    )
    return [reply(ctx, text, wish), *effects, *announce(ctx, wish, aloud)]


def _require_seat(ctx: Context, wish: Ticket, me: Person) -> None:
    """Raises Refusal when the speaker has the wish already, or when as many have it as it wants."""
    live = ctx.uow.wishes.live(wish.id)
    if any(one.person_id == me.id for one in live):
        raise ctx.refuse("refuse.claimed_by_you", number=wish.number)
    if live and not ctx.uow.wishes.free_seats(wish):
        key = "refuse.claimed" if wish.helpers_wanted == 1 else "refuse.enough"
        raise ctx.refuse(key, number=wish.number, name=names_of(ctx, wish))


def _seats_left(ctx: Context, wish: Ticket) -> str:
    """What is said behind a claim of a wish that wants several."""
    if wish.helpers_wanted < 2:
        return ""
    free = ctx.uow.wishes.free_seats(wish)
    return ctx.say("wish.seats_left", count=free, number=wish.number) if free else ctx.say("wish.seats_full")


def take(ctx: Context, wish: Ticket, person: Person, *, assigned: bool, words: str = "") -> list[Effect]:
    """The live claim itself, the look at it later, and the leader's consent to give the contact."""
    move = Move.ASSIGN if assigned else Move.CLAIM
    ctx.uow.tickets.move(wish, move, at=ctx.now, actor_id=ctx.me().id, words=words, data={"by": person.id})
    live = ctx.uow.tickets.claim(wish, person, ctx.now, assigned=assigned)
    if assigned or wish.handler_id is None or wish.helpers_wanted == 1:
        wish.handler_id = person.id
    return [*watch_claim(ctx, wish, live), *ask_for_contact(ctx, wish, live, person)]


def hand_over(ctx: Context, wish: Ticket, person: Person, reason: str = "") -> list[Effect]:
    """交办, 转办: the person has the wish now. One of several joins the others while there is a seat.

    Raises Refusal when he has it already, or when nobody gives up his seat for him.
    """
    live = ctx.uow.wishes.live(wish.id)
    if any(one.person_id == person.id for one in live):
        raise ctx.refuse("refuse.has_it_already", number=wish.number, name=ctx.called(person))
    effects: list[Effect] = []
    if live and not ctx.uow.wishes.free_seats(wish):
        mine = [one for one in live if one.person_id == ctx.me().id]
        if wish.helpers_wanted > 1 and not mine:
            raise ctx.refuse("refuse.all_seats_taken", number=wish.number, name=names_of(ctx, wish))
        for one in mine or live:
            ctx.uow.wishes.end(one, ctx.now, "transferred")
            effects += _tell_relieved(ctx, wish, one, person)
    return [*take(ctx, wish, person, assigned=True, words=reason), *effects]


def _tell_relieved(ctx: Context, wish: Ticket, live: Claim, person: Person) -> list[Effect]:
    """Whoever had the wish hears that somebody else does it."""
    if live.person_id == ctx.me().id:
        return []
    had = ctx.uow.people.get(live.person_id)
    text = ctx.say("wish.relieved", label=ctx.label_to(wish, had), name=ctx.called(person))
    return [tell(had, PostKind.NOTICE, text, wish)]


def hand_back(ctx: Context) -> list[Effect]:
    """放弃: the speaker's seat is free again, without reproach."""
    wish, me = ctx.find(), ctx.me()
    live = ctx.uow.wishes.of(wish.id, me.id)
    if live is None:
        raise ctx.refuse("refuse.not_your_claim", number=wish.number)
    if wish.status not in IN_HAND:
        raise ctx.refuse("refuse.illegal", number=wish.number, status=ctx.status(wish))
    if len(ctx.uow.wishes.live(wish.id)) == 1:
        clocks.go_on(ctx.uow, ctx.policy, wish, ctx.now)  # whoever takes it next does not wait
    release(ctx.uow, wish, live, Move.HAND_BACK, "handed_back", at=ctx.now, actor_id=me.id, words=ctx.args.text)
    _unsay_claim(ctx, wish, live)
    label = ctx.label(wish, group=masked(ctx, wish))
    text = ctx.say("wish.handed_back", label=label, wanted=wanted(ctx.uow, ctx.setting, wish), number=wish.number)
    effects = [reply(ctx, text, wish), *put_on_list(ctx.uow, ctx.setting, wish, ctx.now)]
    if not at_home(ctx, wish):
        effects += announce(ctx, wish, open_again(ctx.uow, ctx.setting, wish))
    return effects + left(ctx.uow, ctx.setting, wish, me.id, ctx.now)


def _unsay_claim(ctx: Context, wish: Ticket, live: Claim) -> None:
    """Drop what was promised about a claim and has not left yet: what was said when it began, and what
    the claimer was to hear of it. The wish itself and everything else about it stay true."""
    for row in ctx.uow.outbox.touching(wish.id, (OutgoingState.PENDING,)):
        at_its_beginning = row.created_at == live.at
        to_claimer = row.person_id == live.person_id and row.kind in (PostKind.NOTICE, PostKind.REMINDER)
        if at_its_beginning or to_claimer:
            row.state, row.error = OutgoingState.DROPPED, "taken back"


def done(ctx: Context) -> list[Effect]:
    """完成 N ‹说明›, with a picture or quoting one: the wisher is asked, and everybody else who helped is told."""
    wish, me = ctx.find(), ctx.me()
    if wish.kind is not TicketKind.WISH:
        raise ctx.refuse("refuse.resolve_instead", number=wish.number)
    if ctx.ended(wish):
        raise ctx.refuse("refuse.over", number=wish.number, status=ctx.status(wish))
    staff = bool(ctx.roles(ctx.node_of(wish)) & STAFF)
    if not staff and ctx.uow.wishes.of(wish.id, me.id) is None:
        raise ctx.refuse("refuse.not_your_claim", number=wish.number)
    if staff and wish.status is Status.OPEN and is_alarming(wish):
        _take_quietly(ctx, wish)  # he has said 收到, and nobody waits until somebody claims such a thing
    clocks.go_on(ctx.uow, ctx.policy, wish, ctx.now)  # what it waited for is not held against it
    ctx.uow.tickets.move(wish, Move.DO, at=ctx.now, actor_id=me.id, words=ctx.args.text)
    kept = with_command(ctx, wish)
    text = ctx.say(
        "wish.done" if in_group(ctx) else "wish.done_private",
        name=ctx.my_name,
        label=ctx.label(wish, group=masked(ctx, wish)),
        note=note(ctx, wish),
    )
    said, before = sent_before(ctx, wish)
    return [*kept, *before, *finished(ctx, wish, text, said), *_tell_other_helpers(ctx, wish)]


def _tell_other_helpers(ctx: Context, wish: Ticket) -> list[Effect]:
    others = [one.person_id for one in ctx.uow.wishes.live(wish.id) if one.person_id != ctx.me().id]
    effects: list[Effect] = []
    for one in map(ctx.uow.people.get, others):
        text = ctx.say("wish.done_together", label=ctx.label_to(wish, one), name=ctx.my_name)
        effects.append(tell(one, PostKind.NOTICE, text, wish))
    return effects


def _take_quietly(ctx: Context, wish: Ticket) -> None:
    """The step that was skipped, so that the history is complete."""
    me = ctx.me()
    ctx.uow.tickets.move(wish, Move.ASSIGN, at=ctx.now, actor_id=me.id, data={"by": me.id})
    ctx.uow.tickets.claim(wish, me, ctx.now, assigned=True)
    wish.handler_id = me.id
