"""Where somebody works by certain roles, and of which of these places he speaks."""

from collections.abc import Collection

from handlers.context import Context
from handlers.deputies import principals
from handlers.digest import outermost
from models.codes import Role
from models.tables import GridNode


def stations(ctx: Context, roles: Collection[Role]) -> list[GridNode]:
    """The outermost places where the speaker, or somebody for whom he stands in, holds one of the roles."""
    person = ctx.known_me()
    if person is None or ctx.roles_paused:
        return []
    people = [person.id, *principals(ctx.uow, person.id, ctx.now)]
    grants = [grant for one in people for grant in ctx.uow.people.grants(one) if grant.role in roles]
    return list(outermost([ctx.uow.places.node(grant.node_id) for grant in grants]))


def require_role(ctx: Context, roles: Collection[Role], node: GridNode | None = None) -> None:
    """Raises Refusal unless the speaker holds one of the roles there (None: anywhere)."""
    if not ctx.roles(node) & set(roles):
        names = "、".join(ctx.setting.words.name("role", role.value) for role in roles)
        raise ctx.refuse("refuse.role", roles=names)


def spoken_of(ctx: Context, roles: Collection[Role], text: str) -> tuple[GridNode, str]:
    """The place that is meant, and the words without its name: that of the group, one that he names, or his only one.

    Raises Refusal.
    """
    places = stations(ctx, roles)
    if ctx.node is not None:
        if not any(ctx.node.path.startswith(place.path) for place in places):
            require_role(ctx, roles, ctx.node)
        return ctx.node, text
    require_role(ctx, roles)
    name, _, rest = text.partition(" ")
    named = {node.id: node for place in places for node in ctx.uow.places.named_below(place.path, name)}
    if len(named) == 1 and rest.strip():
        return next(iter(named.values())), rest.strip()
    if len(places) == 1:
        return places[0], text
    raise ctx.refuse("refuse.which_station", names="、".join(place.name for place in places[:4]))
