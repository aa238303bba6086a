"""xiaoshao policy use: a place and what is below it go by another pack."""

from pathlib import Path

from bot.operating import NotReadyError, current_database
from bot.packs import NONE, listed, may_name
from bot.settings import Settings
from handlers.packs import differing
from handlers.policy import load_policy
from models.tables import GridNode
from models.uow import UnitOfWork


def use(settings: Settings, place: str, name: str) -> list[str]:
    """Let a place and what is below it go by a pack; returns what to tell the operator.

    Raises NotReadyError or PolicyError, and then nothing has changed.
    """
    home = load_policy(settings.policy)
    pack = None if name == NONE else _stored(name)
    policy = None if pack is None else load_policy(pack)
    with UnitOfWork(current_database(settings)) as uow:
        node = _node(uow, place)
        if not may_name(node.level, home):
            scope = uow.places.scope(node, home.number_scope)
            raise NotReadyError(f"{node.name}在{scope.name}里面，规则包只能整个村社区一起换：请写 {scope.code}。")
        before, node.policy = node.policy, pack
        uow.flush()
        below = [one for one in uow.places.with_packs(node.path) if one.id != node.id]
        called = f"{node.name}（{node.code}）"
        uow.commit()
    if before == pack:
        return [f"{called}本来就是这样，没有变化。"]
    lines = [f"{called}和它下面用规则包 {name}。" if policy else f"{called}不再用自己的规则包，跟着上一级。"]
    if below:
        lines.append(f"{listed(below)}有自己的规则包，不受影响。")
    if policy is not None and (keys := differing(policy, home)):
        lines.append(f"{name} 里的 {'、'.join(keys)} 不起作用：这几项全库一样，按 POLICY 的。")
    return [*lines, "重新启动小哨以后生效。办着的事接着办：步骤按代号对上，期限不变，到下一步才用新的。"]


def _stored(name: str) -> str:
    """A file is named by its whole path: the bot may be started elsewhere."""
    return str(Path(name).resolve()) if name.endswith(".toml") else name


def _node(uow: UnitOfWork, place: str) -> GridNode:
    """The place of that code, or the only one of that name. Raises NotReadyError."""
    node = uow.places.node_by_code(place)
    if node is not None:
        return node
    found = [one for root in uow.places.roots() for one in uow.places.named_below(root.path, place)]
    if len(found) == 1:
        return found[0]
    if found:
        codes = "、".join(one.code for one in found[:5])
        raise NotReadyError(f"叫「{place}」的有 {len(found)} 处，请写编码：{codes}。")
    raise NotReadyError(f"没有编码或名字是「{place}」的网格，请看名册里的编码。")
