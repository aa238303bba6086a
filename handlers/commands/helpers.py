"""What whoever helps with a wish says."""

from handlers.commands.who import HELPERS
from handlers.parsing import Needs
from handlers.registry import Command
from handlers.wish import wishes

HELPING: tuple[Command, ...] = (
    Command(
        ("认领", "我认领", "我来认领", "我要认领", "接单"),
        Needs.NUMBER,
        wishes.claim,
        "认领 N",
        "认领一个微心愿",
        "认领 12",
        who=HELPERS,
    ),
    Command(
        ("放弃", "取消认领", "退单"),
        Needs.NUMBER_TEXT,
        wishes.hand_back,
        "放弃 N ‹原因›",
        "把认领的心愿放回去",
        "放弃 12 这周出差",
        who=HELPERS,
        relation="认领人",
    ),
    Command(
        ("完成", "已完成"),
        Needs.NUMBER_TEXT,
        wishes.done,
        "完成 N ‹说明›",
        "心愿办好了",
        "完成 12 轮椅已送到",
        who=HELPERS,
        relation="认领人或网格人员",
    ),
)
