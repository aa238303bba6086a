"""What an errcode of the server means for a post. The branch is on errcode, never on errmsg."""

from bot.transports.base import Refused

REQUEST_DIED = 846605
"""The req_id of the message is unknown: the connection was renewed, or 24 h are over. Nothing was sent."""
NOT_SUBSCRIBED = 846609
"""The server no longer knows this connection as subscribed: it has to be renewed."""
WRONG_KIND = 40008
"""This kind of content is not taken by this command."""
BUSY = frozenset({-1, 45009, 45033, 846607})
"""Too often, too many at once, or the server is busy: the same again later."""
CLOSED_CHATS = frozenset({93001, 93006, 93008})
"""The chat is not allowed: nobody has spoken to the bot there yet, or it is no longer a member."""
MINUTE = 60.0

NEVER_SPOKEN = "这里还没有人对机器人说过话，或它已不在群里：请有人先 @它（私聊先发一句），再重发"
LIMIT = "这个会话发得太快（企业微信限每分钟 30 条、每小时 1000 条），稍后自动再发"
OFFLINE = "长连接断开着，连上后自动再发"
UNREACHABLE = "长连接一直连不上企业微信，请检查网络"
NO_READER = "这个频道不知道负责人是谁"
_WORDS = {
    40001: "企业微信不认这个机器人的 Secret，请在管理后台重新复制",
    WRONG_KIND: "企业微信不收这种内容",
    48002: "机器人没有这个接口的权限，请在管理后台查看",
    60020: "本机的公网地址不在机器人的可信 IP 里，请在管理后台加上",
    93000: "机器人已被删除或停用，请在管理后台查看",
    93004: "机器人已被停用，请在管理后台启用",
    44004: "内容是空的",
}


def refused(code: int | None) -> Refused:
    """The outcome of a post that the server answered with this errcode; None: with an answer that is none."""
    if code in BUSY:
        return Refused(
            LIMIT if code in (45009, 846607) else "企业微信忙，稍后自动再发", retry=True, code=code, after=MINUTE
        )
    if code == NOT_SUBSCRIBED:
        return Refused(OFFLINE, retry=True, offline=True, code=code)
    if code in CLOSED_CHATS:
        return Refused(NEVER_SPOKEN, code=code)
    if code is None:
        return Refused("企业微信的回答看不懂")
    return Refused(_WORDS.get(code, f"企业微信不收这一条（errcode {code}）"), code=code)


def rejected(code: int | None) -> str:
    """Why the account is out when the server refused the subscription with this errcode."""
    return f"企业微信不认机器人的 ID 或 Secret（{code}），请重新复制"
