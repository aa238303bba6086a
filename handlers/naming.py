"""Whom a line names: by mention where there is one, else by name."""

from handlers.context import Context
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


def scope_of(ctx: Context) -> GridNode:
    """The 村社区 in which the speaker looks for somebody. Raises Refusal when he belongs to none."""
    if ctx.node is not None:
        return ctx.uow.places.scope(ctx.node, ctx.policy.number_scope)
    scopes = ctx.my_scopes()
    if not scopes:
        raise ctx.refuse("refuse.which_room")
    return ctx.uow.places.node(scopes[0])
