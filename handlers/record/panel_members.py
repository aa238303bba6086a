"""评议组: who sits on the panel of a place, shown and set."""

from handlers.alarm.rota import names, out_of_reach, people_in, place_of
from handlers.answering import reply_in_private
from handlers.context import Context
from handlers.effects import Effect
from handlers.policy.pack import Policy
from handlers.record import reviewing
from models.codes import LEADERS, RecordKind, RecordState, Role
from models.tables import GridNode, Person

SEARCHED = 200
"""Reviews that run at a place at once."""
_NOBODY = frozenset({"取消", "清空", "无"})


def _reviews(policy: Policy) -> bool:
    return policy.panels.on


def _here(ctx: Context) -> tuple[Context, GridNode]:
    """The same message by the pack of the place that is meant, and the place. Raises Refusal."""
    node = place_of(ctx, _reviews)
    there = ctx.at(node)
    if not _reviews(there.policy):
        raise ctx.refuse("refuse.not_here", place=node.name)
    return there, node


def show(ctx: Context) -> list[Effect]:
    """评议组: who reviews here."""
    ctx, node = _here(ctx)
    return [_said(ctx, node, "shown", ctx.uow.people.holders(node, [Role.REVIEWER]))]


def put(ctx: Context) -> list[Effect]:
    """评议组 @甲 @乙: these from now on; who is new is asked in reviews that run, who left is not waited for."""
    ctx, node = _here(ctx)
    rule = ctx.policy.panels
    if not ctx.roles(node) & {*LEADERS, Role.ADMIN}:
        raise ctx.refuse("refuse.leader_only")
    people = [] if ctx.args.text.strip() in _NOBODY else people_in(ctx, node)
    if len(people) > rule.size:
        raise ctx.refuse("refuse.panel_most", panel=rule.name, size=rule.size, count=len(people))
    scope = ctx.uow.places.scope(node, ctx.policy.number_scope)
    for person in people:
        nodes = (ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id))
        if not any(one.path.startswith(scope.path) for one in nodes):
            raise ctx.refuse("refuse.panel_elsewhere", panel=rule.name, name=ctx.called(person), place=scope.name)
    before, now = ctx.uow.people.holders(node, [Role.REVIEWER]), {person.id for person in people}
    for person in people:
        ctx.uow.people.grant(person, node, Role.REVIEWER)
    for person in before:
        if person.id not in now:
            ctx.uow.people.revoke(person, node, Role.REVIEWER)
    running = ctx.uow.records.below(node.path, RecordKind.REVIEW, states=(RecordState.OPEN,), limit=SEARCHED)
    tickets = [ctx.uow.tickets.get(one.ticket_id) for one in running if one.ticket_id is not None]
    return [_said(ctx, node, "set", people), *reviewing.changed(ctx.uow, ctx.setting, tickets, ctx.now)]


def _said(ctx: Context, node: GridNode, key: str, people: list[Person]) -> Effect:
    rule = ctx.policy.panels
    text = ctx.say(f"panel.{key if people else 'none'}", place=node.name, panel=rule.name, listed=names(ctx, people))
    if people and len(people) < rule.quorum:
        text += ctx.say("panel.too_few", quorum=rule.quorum, size=rule.size)
    return reply_in_private(ctx, text + out_of_reach(ctx, people))
