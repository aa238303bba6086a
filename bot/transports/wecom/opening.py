"""Puts the parts of a channel together from what an operator enters, and serves the URLs that WeCom calls."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from bot.transports.wecom.api import BASE, Api
from bot.transports.wecom.app_channel import AppTransport
from bot.transports.wecom.app_messages import AppMessages
from bot.transports.wecom.codec import Codec
from bot.transports.wecom.smart_bot import SmartBotCallbacks
from bot.transports.wecom.token_file import FileTokenStore
from bot.transports.wecom.tokens import AppKey, Tokens

SHUTDOWN = 6.0
"""Seconds that callbacks which are being handled get at the end; none of them takes longer."""


def open_smart_bot(
    account: str,
    *,
    token: SecretStr,
    aes_key: SecretStr,
    clock: Callable[[], datetime],
    name: str = "小哨",
    base: str = BASE,
) -> SmartBotCallbacks:
    """A smart bot by URL. name: the bot's in WeCom. Raises ValueError for what cannot be a key."""
    return SmartBotCallbacks(account, Codec(token, aes_key), clock=clock, name=name, api=Api(base))


def open_app(
    account: str,
    *,
    corp: str,
    agent: int,
    secret: SecretStr,
    token: SecretStr,
    aes_key: SecretStr,
    folder: Path,
    clock: Callable[[], datetime],
    base: str = BASE,
) -> AppTransport:
    """A self-built app. folder: where processes share access tokens. Raises ValueError for what cannot be a key."""
    messages = open_app_messages(corp=corp, agent=agent, secret=secret, folder=folder, clock=clock, base=base)
    return AppTransport(account, Codec(token, aes_key, corp), messages, clock=clock)


def open_app_messages(
    *, corp: str, agent: int, secret: SecretStr, folder: Path, clock: Callable[[], datetime], base: str = BASE
) -> AppMessages:
    """What an app writes, without what it hears; check() says whether it may."""
    api = Api(base)
    tokens = Tokens(AppKey(corp, str(agent)), secret, store=FileTokenStore(folder), api=api, clock=clock)
    return AppMessages(agent, tokens, api=api, clock=clock)


@asynccontextmanager
async def serving(apps: Mapping[str, web.Application], host: str, port: int) -> AsyncIterator[int]:
    """Serve each sub-application at /wecom/‹its name›; gives the port, which 0 leaves to the system.

    Without an access log: the address of a call carries its signature. Raises OSError when the port is taken. HTTPS
    is the work of a proxy before it.
    """
    app = web.Application()
    for name, sub in apps.items():
        app.add_subapp(f"/wecom/{name}", sub)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
