"""Whom a line names: by mention where there is one, else by name."""

from collections.abc import Callable

from handlers.context import Context
from handlers.policy.pack import Policy
from models.message import BOT
from models.tables import GridNode, Person


def person_named(ctx: Context, text: str, node: GridNode) -> Person:
    """The one person that the words name. Raises Refusal when it is nobody or several."""
    words = text.strip().lstrip("@＠").strip()
    for external_id in ctx.message.mentions:
        identity = None if external_id == BOT else ctx.uow.people.identity(ctx.message.account, external_id)
        person = None if identity is None else ctx.uow.people.get(identity.person_id)
        if person is not None and words in (ctx.called(person), person.name, external_id):
            return person
    found = ctx.uow.people.named(node, words)
    if len(found) != 1:
        raise ctx.refuse("refuse.nobody" if not found else "refuse.several", name=words)
    return found[0]


def scope_of(ctx: Context, has: Callable[[Policy], bool] = lambda _: True) -> GridNode:
    """The 村社区 in which the speaker looks for somebody; of several, one whose pack has what he asks for.

    Raises Refusal when he belongs to none.
    """
    if ctx.node is not None:
        return ctx.uow.places.scope(ctx.node, ctx.policy.number_scope)
    scopes = ctx.my_scopes()
    if not scopes:
        raise ctx.refuse("refuse.which_room")
    nodes = [ctx.uow.places.node(scope) for scope in scopes]
    return next((node for node in nodes if has(ctx.at(node).policy)), nodes[0])
