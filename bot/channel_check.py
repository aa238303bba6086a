"""doctor --online: whether what the operator entered is taken, on channels that need no login of their own."""

import asyncio
from collections.abc import Callable

from bot.channel_config import AccountConfig
from bot.channel_kinds import ChannelKind
from bot.channels import NoSuchChannelError
from bot.finding import Finding
from bot.transports.base import Transport, Unknown

_UNSEEN = {
    ChannelKind.WECOM_WEBHOOK: "群机器人的 key 不发消息就没法核对，这里只核对了写法和服务器；发一条通知试试才知道。",
    ChannelKind.WECOM_BOT_URL: "Token 和 EncodingAESKey 要等企业微信来叫时才能核对，这里只核对了写法和服务器；"
    "在企业微信后台点保存，能保存就是对的。",
}
_CODES = {
    40001: "Secret 不对，请到管理后台核对",
    40013: "企业 ID 不对，请到管理后台核对",
    60020: "这台机器出口的 IP 不在“企业可信 IP”里，请加上",
}


async def check(
    name: str, account: AccountConfig, open_one: Callable[[AccountConfig], Transport], seconds: float
) -> list[Finding]:
    """What there is to say of the account beyond that its server can be reached. Nothing is sent or read."""
    if account.kind in _UNSEEN:
        return [Finding(False, f"{name}：{_UNSEEN[account.kind]}", open=True)]
    transport: Transport | None = None
    try:
        transport = open_one(account)
        ask = getattr(transport, "check", None)
        if ask is None:
            return []
        async with asyncio.timeout(seconds):
            fault = await ask()
    except NoSuchChannelError as error:
        return [Finding(True, str(error))]
    except TimeoutError:
        return [Finding(True, f"{name}：{seconds:.0f} 秒没有核对完口令，请再试一次。")]
    except Exception as error:
        return [Finding(True, f"{name}：核对口令时出错（{type(error).__name__}），请核对通道文件里的这一段。")]
    finally:
        close = getattr(transport, "close", None)
        if close is not None:
            await close()
    if fault is None:
        return [Finding(False, f"{name}：口令对。")]
    if isinstance(fault, Unknown) or fault.retry:
        return [Finding(True, f"{name}：没能核对口令（{fault.reason}），请再试一次。")]
    return [Finding(True, f"{name}：{_CODES.get(fault.code or 0, fault.reason)}。")]
