"""Where somebody works by certain roles, and of which of these places he speaks."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from handlers.context import Context
from handlers.people.deputies import principals
from handlers.policy.pack import Policy
from handlers.report.digest import outermost
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


class Duties(Protocol):
    """A part of a pack that says whether a place has it at all, and by which roles."""

    @property
    def on(self) -> bool: ...

    @property
    def roles(self) -> tuple[Role, ...]: ...


def placed(ctx: Context, part: Callable[[Policy], Duties], text: str) -> tuple[Context, GridNode, str]:
    """The place that is meant, the words without its name, and the same message by the pack of that place.

    Raises Refusal, also where that place does not have this at all.
    """
    node, text = spoken_of(ctx, part(ctx.policy).roles, text, lambda place: _has(ctx, part, place))
    there = ctx.at(node)
    if not part(there.policy).on:
        raise ctx.refuse("refuse.not_here", place=node.name)
    if there is not ctx:
        require_role(there, part(there.policy).roles, node)
    return there, node, text


def having(ctx: Context, has: Callable[[Policy], bool], places: Sequence[GridNode]) -> list[tuple[Context, GridNode]]:
    """Those of the places whose pack has something, else what lies below them and has it; each with its pack.

    Raises Refusal when it is nowhere.
    """
    found = []
    for place in places:
        here = ctx.at(place)
        if has(here.policy):
            found.append((here, place))
        elif len(ctx.setting.packs) > 1:
            below = [(ctx.at(node), node) for node in ctx.uow.places.with_packs(place.path)]
            found += [(there, node) for there, node in below if has(there.policy)]
    if not found:
        raise ctx.refuse("refuse.not_here", place=places[0].name)
    return found


def _has(ctx: Context, part: Callable[[Policy], Duties], place: GridNode) -> bool:
    """Whether it is done at the place, or anywhere below it."""
    if len(ctx.setting.packs) < 2:
        return True
    return any(part(ctx.at(node).policy).on for node in (place, *ctx.uow.places.with_packs(place.path)))


def spoken_of(
    ctx: Context, roles: Collection[Role], text: str, has: Callable[[GridNode], bool] = lambda _: True
) -> tuple[GridNode, str]:
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
    fitting = [place for place in places if has(place)] or places
    if len(fitting) == 1:
        return fitting[0], text
    raise ctx.refuse("refuse.which_station", names="、".join(place.name for place in places[:4]))
