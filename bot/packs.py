"""The policy packs of a deployment: which place names which, and whether they can be used."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from handlers.packs import differing
from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.pack import Policy
from models.codes import NodeLevel
from models.tables import GridNode
from models.uow import UnitOfWork

NONE = "无"
"""Written instead of a pack: what is above the place counts there again."""
_ORDER = list(NodeLevel)


@dataclass(slots=True)
class Named:
    """The packs that places name and that can be used. faults: somebody has to do something; notes: to know."""

    packs: dict[str, Policy] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def named(uow: UnitOfWork, home: Policy) -> Named:
    """Every pack that a place names, loaded once. One that cannot be used is left out and told of."""
    places: dict[str, list[GridNode]] = {}
    for node in uow.places.with_packs():
        if node.policy:
            places.setdefault(node.policy, []).append(node)
    found = Named()
    for name, nodes in places.items():
        where = listed(nodes)
        try:
            policy = load_policy(name)
        except PolicyError as error:
            remedy = f"改好以后重新启动，或运行 xiaoshao policy use {nodes[0].code} 别的规则包。"
            found.faults.append(f"{where}的规则包用不了，那里先按上一级的规则办：{error}{remedy}")
            continue
        found.packs[name] = policy
        found.notes.append(f"{where}用规则包 {name}。")
        if keys := differing(policy, home):
            found.notes.append(f"规则包 {name} 里的 {'、'.join(keys)} 不起作用：这几项全库一样，按 POLICY 的。")
    return found


def listed(nodes: Sequence[GridNode], most: int = 5) -> str:
    """「东坑村、西坑村等 9 处」."""
    names = "、".join(node.name for node in nodes[:most])
    return names if len(nodes) <= most else f"{names}等 {len(nodes)} 处"


def may_name(level: NodeLevel, home: Policy) -> bool:
    """Whether a place of that level may have a pack: below a 村社区 everything goes by that of the 村社区."""
    return _ORDER.index(level) <= _ORDER.index(home.number_scope)
