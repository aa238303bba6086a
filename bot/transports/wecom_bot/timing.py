"""Deadlines and pauses of the long connection, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds.

    connect: TCP, TLS and the upgrade. request: until a request counts as unanswered. ping: between the application's
    own pings; missed of them without any frame from the server and the connection is dead. backoff_first doubles
    up to backoff_longest. rejected: after a refused secret. kicked doubles up to kicked_longest: after a newer
    connection took over. offline: without a connection for so long, the account is reported as out. download: for one
    picture, whose address lives five minutes.
    """

    connect: float = 15.0
    request: float = 10.0
    ping: float = 30.0
    missed: int = 2
    backoff_first: float = 1.0
    backoff_longest: float = 60.0
    rejected: float = 300.0
    kicked: float = 600.0
    kicked_longest: float = 21_600.0
    offline: float = 120.0
    download: float = 60.0
