"""Connections to a gateway, and whether it can be talked to at all. Knows nothing of the `wechaty` package."""

import asyncio
import ssl

from grpclib import GRPCError, Status
from grpclib.client import Channel
from grpclib.config import Configuration
from grpclib.exceptions import StreamTerminatedError

from bot.transports.wechaty.options import Gateway, Patience
from bot.transports.wechaty.wire import Calls

FROZEN, LOST, TAKEN, UNREACHABLE, WRONG_TOKEN = "frozen", "lost", "another client", "unreachable", "wrong token"


async def open_channel(gateway: Gateway, patience: Patience) -> Channel:
    """A channel that pings by itself, connected at the first call. Raises OSError without its certificate."""
    host, port = gateway.address()
    settings = Configuration(
        _keepalive_time=patience.keepalive,
        _keepalive_timeout=patience.keepalive_answer,
        _keepalive_permit_without_calls=True,
        _http2_max_pings_without_data=0,
        _http2_min_sent_ping_interval_without_data=min(10.0, patience.keepalive),
        ssl_target_name_override=gateway.target_name,
    )
    # Certificates are read from disk, so not on the loop.
    context = await asyncio.to_thread(_context, gateway) if gateway.tls else None
    return Channel(host, port, ssl=context, config=settings)


def credentials(gateway: Gateway) -> dict[str, str]:
    """What proves to the gateway who calls. To be handed to a stub and nowhere else."""
    return {"authorization": f"Wechaty {gateway.token.get_secret_value()}"}


async def probe(gateway: Gateway, patience: Patience | None = None) -> str | None:
    """Why the gateway cannot be used, as a short code; None when it answers. Disturbs nobody who is connected."""
    patience = patience or Patience()
    try:
        channel = await open_channel(gateway, patience)
        async with channel, asyncio.timeout(patience.connect + patience.call):
            await Calls(channel, timeout=patience.call, metadata=credentials(gateway)).version()
    except Exception as error:
        return code_of(error)
    return None


def code_of(error: BaseException) -> str:
    """A short code for what went wrong; never the error's text, which may hold the token."""
    if isinstance(error, BaseExceptionGroup):
        return code_of(error.exceptions[0])
    if isinstance(error, TimeoutError):
        return FROZEN
    if isinstance(error, GRPCError):
        return {Status.UNAUTHENTICATED: WRONG_TOKEN, Status.ALREADY_EXISTS: TAKEN}.get(error.status, error.status.name)
    if isinstance(error, StreamTerminatedError):
        return LOST
    if isinstance(error, OSError):
        return UNREACHABLE
    return type(error).__name__


def _context(gateway: Gateway) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if gateway.ca is None else str(gateway.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    return context
