"""What a call to the gateway raises, and how it is logged: never by its text, which may hold words or the token."""

import structlog
from grpclib import GRPCError
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from h2.exceptions import H2Error

from bot.logs import failure

FAULTS = (GRPCError, StreamTerminatedError, ProtocolError, H2Error, OSError, TimeoutError)
"""What a call to the gateway raises."""


def log_fault(event: str, error: Exception, **where: object) -> None:
    """A fault of the gateway by its kind alone, not even at DEBUG by its frames; one of ours as any other."""
    if not isinstance(error, FAULTS):
        failure(event, error, **where)
        return
    status = error.status.name if isinstance(error, GRPCError) else None
    structlog.get_logger("wechaty").warning(event, error=type(error).__name__, status=status, **where)
