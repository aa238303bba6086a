"""The duty list of a node: 值班 shows it, 值班 @甲 @乙 sets it."""

import re
from collections.abc import Callable

from handlers.alarm.duty import at_once, in_charge_at, listed_for, on_duty
from handlers.answering import reply_in_private
from handlers.context import Context
from handlers.effects import Effect
from handlers.policy.pack import Policy
from handlers.report.digest import outermost
from handlers.talk.confirming import leader_nodes
from models.codes import LEADERS, STAFF, Role
from models.message import BOT
from models.tables import GridNode, Person

LONGEST = 8
"""People whom a list names at most."""

_NAMED = re.compile(r"[^\s,，、;；@＠]+")
_NOBODY = frozenset({"取消", "清空", "无"})


def show_duty(ctx: Context) -> list[Effect]:
    """值班: who is told of an emergency here, in order."""
    node = place_of(ctx)
    listed = listed_for(ctx.uow, node, node)
    return [_said(ctx, node, "duty.shown" if listed else "duty.none", listed)]


def set_duty(ctx: Context) -> list[Effect]:
    """值班 @甲 @乙: from now on these are told first, in this order; 值班 取消: nobody is."""
    node = place_of(ctx)
    if not ctx.roles(node) & {*LEADERS, Role.ADMIN}:
        raise ctx.refuse("refuse.leader_only")
    if ctx.args.text.strip() in _NOBODY:
        ctx.uow.duties.put(node, [])
        return show_duty(ctx)
    people = people_in(ctx, node)
    for person in people:
        if not ctx.uow.people.roles_at(person.id, node) & STAFF:
            raise ctx.refuse("refuse.duty_staff", name=ctx.called(person))
    ctx.uow.duties.put(node, people)
    return [_said(ctx, node, "duty.set", people)]


def _said(ctx: Context, node: GridNode, key: str, listed: list[Person]) -> Effect:
    """The list, what happens in an emergency as long as it stands, and who of all these cannot be written to."""
    people = on_duty(ctx.uow, node)
    text = ctx.say(key, place=node.name, listed=names(ctx, listed), order=_order(ctx, node, listed, people))
    return reply_in_private(ctx, text + out_of_reach(ctx, people))


def _order(ctx: Context, node: GridNode, listed: list[Person], people: list[Person]) -> str:
    """Who is told at once and who after him, exactly as an alarm will do it (handlers/alarm/alarms.py)."""
    first = at_once(ctx.uow, people, in_charge_at(ctx.uow, node), ctx.message.account)
    if not first:
        return ctx.say("duty.nobody")
    rest = [person for person in people if person not in first]
    minutes = f"{ctx.policy.emergency.acknowledge_minutes:g}"
    if node.id is not None and not ctx.uow.places.rooms_at(node.id):
        # Nothing is heard at the node itself, and each grid below it has leaders of its own.
        key, first = ("duty.below", people[:1]) if listed else ("duty.up", people)
    else:
        key = "duty.then" if rest else "duty.last"
    return ctx.say(key, first=names(ctx, first), rest=names(ctx, rest), minutes=minutes)


def place_of(ctx: Context, has: Callable[[Policy], bool] = lambda _: True) -> GridNode:
    """The node that the speaker means: this room's, or in private the one that is his and whose pack has that."""
    if ctx.node is not None:
        return ctx.node
    person = ctx.known_me()
    grants = [] if person is None else ctx.uow.people.grants(person.id)
    working = [ctx.uow.places.node(grant.node_id) for grant in grants if grant.role in STAFF]
    nodes = list(outermost(leader_nodes(ctx) or working))
    nodes = [node for node in nodes if has(ctx.at(node).policy)] or nodes
    if len(nodes) != 1:
        raise ctx.refuse("refuse.which_place")
    return nodes[0]


def people_in(ctx: Context, node: GridNode) -> list[Person]:
    """The people whom the line names, in the order in which it does: by mention where there is one, else by name."""
    text, found = ctx.args.text, dict[int, Person]()
    for external_id in ctx.message.mentions:
        identity = None if external_id == BOT else ctx.uow.people.identity(ctx.message.account, external_id)
        person = None if identity is None else ctx.uow.people.get(identity.person_id)
        name = "" if person is None else f"@{ctx.called(person)}"
        if person is not None and (start := text.find(name)) >= 0:
            found[start] = person
            text = text[:start] + " " * len(name) + text[start + len(name) :]
    for named in _NAMED.finditer(text):
        found[named.start()] = _named(ctx, node, named[0])
    people = [found[start] for start in sorted(found)]
    return list({person.id: person for person in people}.values())[:LONGEST]


def _named(ctx: Context, node: GridNode, name: str) -> Person:
    people = ctx.uow.people.named(node, name)
    if len(people) != 1:
        raise ctx.refuse("refuse.several" if people else "refuse.nobody", name=name)
    return people[0]


def names(ctx: Context, people: list[Person]) -> str:
    return "、".join(ctx.called(person) for person in people)


def out_of_reach(ctx: Context, people: list[Person]) -> str:
    """Who cannot be written to, so that he can be asked to become a contact before he is needed."""
    away = [person for person in people if not ctx.reachable(person)]
    return ctx.say("duty.out_of_reach", names=names(ctx, away)) if away else ""
