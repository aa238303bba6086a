"""隐患图: open hazards by place, a tile for each micro-grid, for whoever leads there."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from handlers.answering import reply
from handlers.context import Context
from handlers.effects import Effect
from handlers.people.deputies import nodes_led
from handlers.people.stations import having
from handlers.report.digest import outermost
from handlers.report.figures import may_name
from handlers.report.report_words import percent
from models.codes import NodeLevel
from models.masking import to_building
from models.reports import Hazard
from models.tables import GridNode

MOST_PLACES, MOST_TILES, MOST_SPOTS = 3, 40, 5
_CLEAR, _TILES = "🟩", ("🟨", "🟧", "🟥")


@dataclass(frozen=True, slots=True)
class _Tile:
    area: str
    name: str
    hazards: tuple[Hazard, ...]


def chart(ctx: Context) -> list[Effect]:
    """隐患图."""
    nodes = nodes_led(ctx.uow, ctx.me().id, ctx.now)
    if not nodes:
        raise ctx.refuse("refuse.leader_only")
    places = having(ctx, lambda policy: policy.hazards.on, outermost(nodes)[:MOST_PLACES])[:MOST_PLACES]
    return [reply(ctx, "\n\n".join(_chart(here, node) for here, node in places))]


def _chart(ctx: Context, node: GridNode) -> str:
    rule, local = ctx.policy.hazards, ctx.now.astimezone(ctx.policy.zone)
    year = datetime.combine(local.date().replace(month=1, day=1), time(), local.tzinfo)
    rows = [
        one for one in ctx.uow.reports.hazards(node.path, rule.categories, year) if may_name(one.category, one.flags)
    ]
    owed = [one for one in rows if one.owed]
    found = [one for one in rows if one.opened_at >= year]
    fixed = sum(one.fixed for one in found)
    head = ctx.say(
        "hazards.head", place=node.name, open=len(owed), found=len(found), fixed=fixed, rate=percent(fixed, len(found))
    )
    tiles = _tiles(ctx, node, owed)
    lines, area = [head], ""
    busy = [tile for tile in tiles if tile.hazards]
    for tile in busy[:MOST_TILES]:
        if tile.area != area:
            area = tile.area
            lines.append(ctx.say("hazards.area", name=area))
        lines.append(_line(ctx, tile))
    if len(busy) > MOST_TILES:
        lines.append(ctx.say("boards.more", count=len(busy) - MOST_TILES))
    if len(tiles) > len(busy):
        lines.append(ctx.say("hazards.clear", tile=_CLEAR, count=len(tiles) - len(busy)))
    first, second, third = rule.tiles
    return "\n".join([*lines, *_spots(ctx, owed), ctx.say("hazards.legend", first=first, second=second, third=third)])


def _tiles(ctx: Context, node: GridNode, owed: Sequence[Hazard]) -> list[_Tile]:
    """One for each micro-grid (of a town or district: each 村社区), by what lies above it, in the order of the tree."""
    far = list(NodeLevel).index(node.level) < list(NodeLevel).index(NodeLevel.VILLAGE)
    level = NodeLevel.VILLAGE if far else NodeLevel.MICRO_GRID
    below = ctx.uow.places.below(node.path)
    names = {one.id: one.name for one in below}
    paths = {one.id: one.path for one in below}
    tiles = []
    for one in below:
        if one.level is level:
            own = tuple(hazard for hazard in owed if paths[hazard.node_id].startswith(one.path))
            tiles.append(_Tile(names.get(one.parent_id, "") if one.id != node.id else "", one.name, own))
    counted = sum(len(tile.hazards) for tile in tiles)
    if counted < len(owed):  # what stands above the tiles, at a grid or the village itself
        inside = {id(hazard) for tile in tiles for hazard in tile.hazards}
        tiles.append(_Tile("", node.name, tuple(hazard for hazard in owed if id(hazard) not in inside)))
    return sorted(tiles, key=lambda tile: tile.area)


def _line(ctx: Context, tile: _Tile) -> str:
    count = len(tile.hazards)
    shade = max(place for place, least in enumerate((0, *ctx.policy.hazards.tiles)) if count >= least)
    kinds = Counter(hazard.category for hazard in tile.hazards)
    shown = "、".join(
        f"{ctx.category(code)}{number}" for code, number in sorted(kinds.items(), key=lambda row: (-row[1], row[0]))
    )
    return ctx.say(
        "hazards.tile", tile=(_CLEAR, *_TILES)[shade], name=tile.name, count=count,
        parts=ctx.say("hazards.parts", shown=shown),
    )  # fmt: skip


def _spots(ctx: Context, owed: Sequence[Hazard]) -> list[str]:
    """Buildings where several hazards are, without the flat."""
    places = Counter(
        to_building(hazard.place)
        for hazard in owed
        if hazard.place and not hazard.flags and re.search(r"\S", hazard.place)
    )
    rows = sorted(
        ((name, count) for name, count in places.items() if name and count > 1), key=lambda row: (-row[1], row[0] or "")
    )
    shown = "、".join(f"{name}{count}件" for name, count in rows[:MOST_SPOTS])
    return [ctx.say("hazards.spots", shown=shown)] if rows else []
