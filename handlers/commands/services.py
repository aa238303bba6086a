"""What a town says that has a menu of services (服务菜单, 点单), or classes of wishes."""

from handlers.parsing import Needs
from handlers.policy.pack import Policy
from handlers.registry import Command
from handlers.wish import ordering, wishes


def _has_menu(policy: Policy) -> bool:
    return policy.services.on


def _has_classes(policy: Policy) -> bool:
    return bool(policy.wishes.classes)


SERVICES: tuple[Command, ...] = (
    Command(
        ("菜单", "心愿菜单"),
        Needs.APART,
        wishes.menu_of_class,
        "菜单 ‹类›",
        "只看一类心愿",
        "菜单 服务代办",
        guessed=False,
        offered=_has_classes,
    ),
    Command(
        ("服务", "服务菜单", "服务清单"),
        Needs.APART,
        ordering.menu,
        "服务 ‹类›",
        "能点的服务，先看有几类",
        "服务 1",
        guessed=False,
        everyday=True,
        offered=_has_menu,
    ),
    Command(
        ("点单",),
        Needs.ITEM,
        ordering.order,
        "点单 ‹编号› ‹说明›",
        "按服务菜单的编号要一项服务",
        "点单 101 明天上午在家",
        guessed=False,
        everyday=True,
        offered=_has_menu,
        listed=ordering.is_listed,
        ask=ordering.ask,
        heeded=True,
    ),
)
