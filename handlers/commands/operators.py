"""What speaks for rooms and accounts: silence, whose a room is, who somebody is."""

from functools import partial

from handlers.clockwork import quiet
from handlers.commands.who import HANDLERS, HELPERS, LEADING
from handlers.parsing import Needs
from handlers.people import binding, rebinding, vouching
from handlers.registry import OPERATORS, Command

SILENCE: tuple[Command, ...] = (
    Command(
        ("安静", "闭嘴", "静音"),
        Needs.NOTHING,
        quiet.mute,
        "安静",
        "本群不再发言",
        "安静",
        who=HANDLERS | HELPERS,
        in_private=False,
        unchecked=True,
    ),
    Command(
        ("恢复",), Needs.NOTHING, quiet.unmute, "恢复", "本群恢复发言", "恢复", who=HANDLERS | HELPERS, in_private=False
    ),
    Command(
        ("全体静音",),
        Needs.NOTHING,
        quiet.mute_all,
        "全体静音",
        "所有群不再发言",
        "全体静音",
        who=OPERATORS,
        unchecked=True,
    ),
    Command(("全体恢复",), Needs.NOTHING, quiet.unmute_all, "全体恢复", "所有群恢复发言", "全体恢复", who=OPERATORS),
)

_with_code = partial(Command, guessed=False, at_door=True, unchecked=True)
_with_list = partial(
    Command,
    who=LEADING | OPERATORS,
    relation="私聊或工作群",
    shown_to=frozenset(),
    guessed=False,
    unchecked=True,
)

IDENTITIES: tuple[Command, ...] = (
    _with_code(
        ("绑定",),
        Needs.CODE,
        binding.bind_room,
        "绑定 ‹网格编码›",
        "本群归这个网格，后面可加“工作群”",
        "绑定 QH03",
        relation="管理员或村社区以上；或者带上自己的绑定码",
        in_private=False,
        shown_to=OPERATORS,
    ),
    _with_code(
        ("绑定我",),
        Needs.CODE,
        vouching.bind_me,
        "绑定我 ‹码›",
        "用绑定码认出自己",
        "绑定我 K7Q4-M3XP",
        relation="有绑定码",
        shown_to=frozenset(),
    ),
    Command(
        ("发码",),
        Needs.PEOPLE,
        vouching.issue,
        "发码 ‹姓名›",
        "给有身份的人发绑定码",
        "发码 老张",
        who=OPERATORS,
        in_group=False,
        guessed=False,
    ),
    _with_list(("换号",), Needs.NOTHING, rebinding.show, "换号", "像是换了号的人，等您核对", "换号"),
    _with_list(("确认换号",), Needs.LIST, rebinding.confirm, "确认换号 1 3", "认定是本人换了号", "确认换号 1 3"),
    _with_list(("不是",), Needs.LIST, rebinding.reject, "不是 2", "不是本人换号", "不是 2", everyday=True),
)
