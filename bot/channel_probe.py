"""doctor --online: really connects to each configured channel, with deadlines, and says in Chinese what it found."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import aiohttp

from bot.channel_check import check
from bot.channel_config import AccountConfig, ChannelsConfig
from bot.channel_kinds import ChannelKind, endpoint
from bot.channels import NoSuchChannelError
from bot.finding import Finding
from bot.lease import Lease, LeaseHeldError
from bot.transports.base import LoggedIn, LoggedOut, Transport
from models.message import Message

REACH_SECONDS = 5.0
"""To reach a server at all."""
LOGIN_SECONDS = 20.0
"""For a channel to say whether the account is logged in."""
MOST_SKEW = 60.0
"""Seconds by which this machine's clock may be wrong: callbacks carry a time that is checked."""
_SERVERS = {
    ChannelKind.WECOM_BOT: ("openws.work.weixin.qq.com", 443),
    ChannelKind.WECOM_BOT_URL: ("qyapi.weixin.qq.com", 443),
    ChannelKind.WECOM_APP: ("qyapi.weixin.qq.com", 443),
    ChannelKind.WECOM_WEBHOOK: ("qyapi.weixin.qq.com", 443),
    ChannelKind.WECOM_ARCHIVE: ("qyapi.weixin.qq.com", 443),
}
CLOCK = "https://qyapi.weixin.qq.com/"
_LOGS_IN = frozenset({ChannelKind.WECHATY, ChannelKind.WECOM_BOT})
"""Channels that say whether the account is logged in, right after the connection."""
_REASONS = {
    "wrong token": "网关不认这个 token：两边的要一样",
    "kicked": "有另一个程序用着同一个账号，请停掉它",
    "scan": "还没有登录，请运行 xiaoshao run 扫码",
    "not logged in": "还没有登录，请运行 xiaoshao run 扫码",
    "logged out": "被登出了，请运行 xiaoshao run 重新扫码",
}


@dataclass(frozen=True, slots=True)
class Network:
    """What the probe asks of the network, each within REACH_SECONDS and without raising."""

    reaches: Callable[[str, int], Awaitable[bool]]
    time_of: Callable[[str], Awaitable[datetime | None]]
    answers: Callable[[str], Awaitable[bool]]


async def probe(
    config: ChannelsConfig,
    open_one: Callable[[AccountConfig], Transport],
    lease: Callable[[str], Lease],
    *,
    clock: Callable[[], datetime],
    network: Network | None = None,
    servers: dict[ChannelKind, tuple[str, int]] | None = None,
    login_seconds: float = LOGIN_SECONDS,
) -> list[Finding]:
    """All accounts at once, then the clock and the public address. An account that somebody runs is left alone: a
    second connection would throw the first one out."""
    net = network or _REAL
    at = _SERVERS if servers is None else servers
    asked = [_account(one, open_one, lease, clock, net, at, login_seconds) for one in config.accounts]
    findings = [finding for found in await asyncio.gather(*asked) for finding in found]
    if any(one.kind is not ChannelKind.WECHATY for one in config.accounts):
        findings += await _clock(net, clock)
    if config.callbacks.public_url is not None:
        findings += await _public(net, config.callbacks.public_url)
    return findings


async def _account(
    account: AccountConfig,
    open_one: Callable[[AccountConfig], Transport],
    lease: Callable[[str], Lease],
    clock: Callable[[], datetime],
    net: Network,
    servers: dict[ChannelKind, tuple[str, int]],
    login_seconds: float,
) -> Sequence[Finding]:
    name = f"账号 {account.name}"
    host, port = endpoint(account.options.get("endpoint")) or servers[account.kind]
    if not await net.reaches(host, port):
        what = "网关开着没有、地址和端口" if account.kind is ChannelKind.WECHATY else "这台机器能不能上网、代理和 DNS"
        return [Finding(True, f"{name}：{REACH_SECONDS:.0f} 秒连不上 {host}:{port}，请检查{what}、防火墙。")]
    reached = Finding(False, f"{name}：{host}:{port} 连得上。")
    if account.kind not in _LOGS_IN:
        return [reached, *await check(name, account, open_one, login_seconds)]
    mine = lease(account.name)
    try:
        mine.acquire(clock())
    except LeaseHeldError:
        return [reached, Finding(False, f"{name}：没有另外试登录，免得把运行着的挤下来。")]
    try:
        return [reached, await _login(name, account, open_one, login_seconds)]
    finally:
        mine.release(clock())


async def _login(
    name: str, account: AccountConfig, open_one: Callable[[AccountConfig], Transport], seconds: float
) -> Finding:
    transport: Transport | None = None
    try:
        transport = open_one(account)
        async with asyncio.timeout(seconds):
            event = await _first_word(transport)
    except NoSuchChannelError as error:
        return Finding(True, str(error))
    except TimeoutError:
        return Finding(True, f"{name}：连得上，可是 {seconds:.0f} 秒没有说登录了没有；请看那一边的日志，再试一次。")
    except Exception as error:
        return Finding(True, f"{name}：连接时出错（{type(error).__name__}），请核对通道文件里的这一段。")
    finally:
        close = getattr(transport, "close", None)
        if close is not None:
            await close()
    if isinstance(event, LoggedOut):
        reason = _REASONS.get(event.reason, f"没有登录（{event.reason}），口令或密钥可能不对")
        return Finding(True, f"{name}：{reason}。")
    return Finding(False, f"{name}：口令对，已登录。")


async def _first_word(transport: Transport) -> LoggedIn | LoggedOut | Message | None:
    """The first event that says whether the account is logged in. What is read is not handled: nobody is answered."""
    async with aclosing(cast(Any, transport.listen())) as events:
        async for event in events:
            if isinstance(event, LoggedIn | LoggedOut | Message):
                return event
    return None


async def _clock(net: Network, clock: Callable[[], datetime]) -> list[Finding]:
    theirs = await net.time_of(CLOCK)
    if theirs is None:
        return [Finding(False, "没有问到企业微信服务器的时间，没法核对这台机器的钟。", open=True)]
    skew = (clock() - theirs).total_seconds()
    if abs(skew) > MOST_SKEW:
        way = "快" if skew > 0 else "慢"
        text = f"这台机器的钟{way}了 {abs(skew):.0f} 秒，回调会被当成过期的，请打开自动对时。"
        return [Finding(True, text)]
    return [Finding(False, "这台机器的钟是准的。")]


async def _public(net: Network, url: str) -> list[Finding]:
    if await net.answers(url):
        return [Finding(False, f"回调网址 {url} 有人应答。")]
    text = f"回调网址 {url} 没有应答：小哨要正在运行，域名、反向代理、证书和防火墙也要通。"
    return [Finding(True, text)]


async def _reaches(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(REACH_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def _time_of(url: str) -> datetime | None:
    headers = await _headers(url)
    try:
        return None if headers is None else parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


async def _answers(url: str) -> bool:
    """Any answer will do: who carries no signature is turned away."""
    return await _headers(url) is not None


async def _headers(url: str) -> dict[str, str] | None:
    waits = aiohttp.ClientTimeout(total=REACH_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=waits) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            return dict(answer.headers)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None


_REAL = Network(_reaches, _time_of, _answers)
