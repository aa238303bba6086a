"""The menu of services: 服务 shows it, 点单 ‹编号› makes a wish of an item, or a matter of whoever has the duty."""

from collections.abc import Callable
from dataclasses import replace

from handlers.alarm.alarms import is_alarming, is_loud
from handlers.alarm.unheard import private_answer
from handlers.answering import in_group, reply, reply_in_private
from handlers.context import SCOPES_NAMED, Context
from handlers.effects import Effect
from handlers.policy.pack import Policy
from handlers.policy.services import Service, ServiceClass
from handlers.talk.heard import LONGEST
from handlers.talk.opening import Matter, acknowledge, open_ticket, understood
from handlers.talk.registering import ask_leader, where
from handlers.talk.signals import speaks_of_petition
from handlers.ticket.routing import bound_for, level_of
from models.codes import LEADERS, Status, TicketKind
from models.masking import short
from models.states import OWED
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from nlp.understanding import Urgency


def is_listed(policy: Policy, number: int) -> bool:
    """Whether the menu has an item of that number."""
    return number in policy.services.by_number


Served = Callable[[Policy, GridNode], bool]
"""Whether what is ordered may belong to a place with that policy."""


def _serves(policy: Policy, node: GridNode) -> bool:
    return policy.services.on


def _seated(ctx: Context, word: str) -> tuple[Context, Served]:
    """The same message by the pack of the place where what the speaker orders in private would belong, and that place.

    word: the command with which he says it again. Raises Refusal where several villages have a menu and he named none.
    """
    person = ctx.known_me()
    if ctx.room is not None or person is None:
        return ctx, _serves
    villages, said = _villages(ctx, person), ctx.args.scope
    head, _, rest = ctx.args.text.strip().partition(" ")
    if said is None and len(villages) > 1 and any(_is_called(one, head) for one in villages):
        said, ctx = head, replace(ctx, args=replace(ctx.args, text=rest.strip()))
    named = [one for one in villages if said is None or _is_called(one, said)]
    if said is not None and not named:
        raise ctx.refuse("refuse.order_place", said=said, names="、".join(one.name for one in villages) or "—")
    menus = {id(ctx.at(one).policy.services) for one in named}
    if len(named) > 1 and (word != "服务" or len(menus) > 1):
        item = ctx.args.number
        behind = f"-{item}" if item is not None else f" {ctx.args.text.strip()}".rstrip()
        names = "、".join(f"「{word} {one.name}{behind}」" for one in named[:SCOPES_NAMED])
        raise ctx.refuse("refuse.order_which", names=names)
    if not named:
        return ctx, _serves
    scope = named[0]
    return ctx.at(scope), lambda policy, node: policy.services.on and node.path.startswith(scope.path)


def _villages(ctx: Context, person: Person) -> list[GridNode]:
    """The villages with a menu to which somebody belongs, by his roles."""
    nodes = [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id)]
    scopes = [ctx.uow.places.scope(node, ctx.policy.number_scope) for node in nodes if ctx.at(node).policy.services.on]
    return list({scope.id: scope for scope in scopes}.values())


def _is_called(node: GridNode, name: str) -> bool:
    return name in (node.name, node.name.removesuffix("村"), node.name.removesuffix("社区"))


def menu(ctx: Context) -> list[Effect]:
    """服务 ‹类›: the classes of the menu; the items of one go to the speaker alone where he can be written to."""
    ctx, _ = _seated(ctx, "服务")
    rule, said = ctx.policy.services, ctx.args.text.strip()
    if not said:
        return [reply(ctx, _classes(ctx))]
    one = rule.class_named(said)
    if one is not None:
        return [reply_in_private(ctx, _items(ctx, one), or_here=True)]
    entry = rule.by_number.get(int(said)) if said.isascii() and said.isdigit() else None
    found = [entry] if entry is not None else rule.named(said)
    if not found:
        names = "、".join(one.name for one in rule.classes)
        raise ctx.refuse("refuse.service_class", said=short(said, 12), names=names)
    return [reply_in_private(ctx, _found(ctx, found), or_here=True)]


def _classes(ctx: Context) -> str:
    """One line a class, those of a list (权力清单) under its name."""
    rule, lines, group = ctx.policy.services, list[str](), ""
    plain = [one for one in rule.classes if not one.group]
    head = ctx.say("service.head", classes=len(plain), count=sum(len(one.items) for one in plain))
    for place, one in enumerate(rule.classes, start=1):
        if one.group and one.group != group:
            count = sum(len(other.items) for other in rule.classes if other.group == one.group)
            lines.append(ctx.say("service.group", name=one.group, count=count))
        group = one.group
        lines.append(ctx.say("service.class", place=place, name=one.name, count=len(one.items)))
    number = rule.classes[0].items[0].number
    return ctx.say("service.menu", head=head, lines="\n".join(lines), number=number)


def _items(ctx: Context, one: ServiceClass) -> str:
    items = "、".join(ctx.say("service.item", number=item.number, name=item.name) for item in one.items)
    key = "service.duties" if one.power else "service.items"
    return ctx.say(key, name=one.name, count=len(one.items), items=items, number=one.items[0].number)


def _found(ctx: Context, found: list[tuple[ServiceClass, Service]]) -> str:
    items = "、".join(ctx.say("service.item", number=item.number, name=item.name) for _, item in found[:6])
    return ctx.say("service.found", items=items, number=found[0][1].number)


# -- ordering -------------------------------------------------------------------------------------


def order(ctx: Context) -> list[Effect]:
    """点单 ‹编号› ‹说明›: a wish that waits for the community's consent, or a matter of whoever has the duty."""
    ctx, serves = _seated(ctx, "点单")
    one, item, words = _meant(ctx)
    matter = _matter(ctx, one, item, words[:LONGEST], serves)
    me, node = ctx.me(), matter.node
    matter = replace(matter, requester=me)
    if speaks_of_petition(matter):
        return ask_leader(ctx, matter)
    ctx.uow.lock("matter", node.id or 0, matter.category)
    _require_new(ctx, item)
    rule = ctx.policy.services
    if not one.power:
        free = matter.private or is_loud(matter) or bool(ctx.roles(node) & set(LEADERS))
        waits = rule.approval and not free
        matter = replace(matter, proposed=waits, level=rule.approved_at if waits else None)
    ticket, effects = open_ticket(ctx, matter)
    return [_answer(ctx, one, ticket), *effects]


def ask(ctx: Context) -> list[Effect]:
    """点单 ‹编号› ‹说明› in a group, said to nobody: its speaker alone is asked whether it is an order."""
    number = ctx.args.number or 0
    _, item = ctx.policy.services.by_number[number]
    text = ctx.say("order.meant", number=number, name=item.name, words=short(ctx.args.text, 40))
    return [reply_in_private(ctx, text)]


def _meant(ctx: Context) -> tuple[ServiceClass, Service, str]:
    """The item by its number or its name, maybe behind the name of its class, and the words behind it. Refuses."""
    rule, number, words = ctx.policy.services, ctx.args.number, ctx.args.text.strip()
    named = None
    if number is None and words:
        first, _, rest = words.partition(" ")
        if (named := rule.class_named(first)) is not None:
            words = rest.strip()
        head, _, rest = words.partition(" ")
        if head.isascii() and head.isdigit():
            number, words = int(head), rest.strip()
    if number is not None:
        entry = rule.by_number.get(number)
        if entry is None:
            raise ctx.refuse("refuse.order_unknown", number=number)
        if named is not None and entry[0] is not named:
            one, item = entry
            raise ctx.refuse("refuse.order_class", number=number, name=item.name, said=named.name, own=one.name)
        return *entry, words
    if not words:
        raise ctx.refuse("refuse.order_what", number=next(iter(rule.by_number)))
    head, _, rest = words.partition(" ")
    found = rule.named(head)
    if len(found) == 1:
        return *found[0], rest.strip()
    if found:
        names = "、".join(ctx.say("service.item", number=item.number, name=item.name) for _, item in found[:4])
        raise ctx.refuse("refuse.order_several", names=names)
    raise ctx.refuse("refuse.order_nothing", said=short(head, 12))


def _matter(ctx: Context, one: ServiceClass, item: Service, words: str, serves: Served) -> Matter:
    """What is ordered and where, but for who orders it."""
    text = ctx.say("service.title", name=item.name, words=words) if words else item.name
    room, node = where(ctx, ctx.me(), serves)
    matter = Matter(
        kind=TicketKind.COMPLAINT if one.power else TicketKind.WISH,
        category=one.category_of(item),
        text=text,
        node=node,
        room=room,
        requester=None,
        band="command",
        messages=(ctx.message,),
        place=ctx.message.place,
        level=one.level_of(item),
        organisation=one.organisation_of(item),
        item=item.number,
        hidden=item.private,
    )
    # How urgent it is only the speaker's own words say.
    urgency = ctx.setting.understand(words).urgency if words else Urgency.NORMAL
    return replace(understood(matter, ctx.setting.understand(text)), evidence=(item.name,), urgency=urgency)


def _require_new(ctx: Context, item: Service) -> None:
    """Raises Refusal when the speaker waits for the same item already, or for too many."""
    person = ctx.known_me()
    assert person is not None
    mine = [one for one in ctx.uow.tickets.of_person(person.id) if one.status in OWED and ctx.is_requester(one)]
    ordered = {one.id: number for one in mine if (number := ctx.uow.tickets.item_of(one.id)) is not None}
    same = next((one for one in mine if ordered.get(one.id) == item.number), None)
    if same is not None:
        raise ctx.refuse("refuse.order_twice", number=same.number, name=item.name, status=ctx.status(same))
    if len(ordered) >= ctx.policy.services.at_most:
        raise ctx.refuse("refuse.order_many", count=len(ordered))


def _answer(ctx: Context, one: ServiceClass, ticket: Ticket) -> Effect:
    if ticket.private:
        return reply_in_private(ctx, private_answer(ctx, ticket), ticket)
    group = in_group(ctx)
    if group and ctx.room is not None and (is_alarming(ticket) or not (one.power or ticket.status is Status.PROPOSED)):
        return acknowledge(ctx, ticket, ctx.me(), ctx.room)
    key = "order.open"
    if one.power:
        key = "order.duty"
    elif ticket.status is Status.PROPOSED:
        key = "order.proposed"
    text = ctx.say(
        key,
        label=ctx.label(ticket, group=group),
        list=one.group or one.name,
        to=bound_for(ctx, ticket) or level_of(ctx, ticket).name,
        place=level_of(ctx, ticket).name,
        number=ticket.number,
    )
    return reply(ctx, ctx.say("order.to", name=ctx.my_name, text=text) if group else text, ticket)
