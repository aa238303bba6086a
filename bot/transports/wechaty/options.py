"""Where the gateway is, and how long anything may take."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Wechaty gateway (wechaty-puppet-service). endpoint: host:port.

    tls: as the gateway does by default. ca: the certificate authority that signed its certificate; None: those of the
    system. target_name: the name in its certificate where that is not the host (`insecure` in the default one, whose
    key is public: make your own).
    """

    endpoint: str
    token: SecretStr
    tls: bool = True
    ca: Path | None = None
    target_name: str | None = None

    def address(self) -> tuple[str, int]:
        """Host and port; raises ValueError for anything else."""
        host, colon, port = self.endpoint.rpartition(":")
        if not colon or not host or not port.isdecimal():
            raise ValueError("a gateway's endpoint is host:port")
        return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long anything may take, in seconds."""

    connect: float = 5.0
    """To reach the gateway."""
    start: float = 20.0
    """For its messenger to start, which the gateway itself gives 15."""
    call: float = 10.0
    """One question to the gateway."""
    send: float = 20.0
    """One text; afterwards nobody knows whether it arrived."""
    file: float = 60.0
    """One picture of 20 MB, up; down, it has no longer than `hold`."""
    hold: float = 5.0
    """A picture on its way holds up its room, from when the message is known; then it goes without its bytes."""
    ding: float = 10.0
    """Between two pings through the gateway's own event stream."""
    watchdog: float = 25.0
    """Without any event, pings included, the gateway counts as gone."""
    keepalive: float = 15.0
    """Between two pings of the connection."""
    keepalive_answer: float = 10.0
    backoff_least: float = 0.5
    """After the first failure; doubled at each further one."""
    backoff_most: float = 8.0
    """So that twenty seconds after the gateway is back, so are we."""
    slow: float = 60.0
    """Between two tries with a token that the gateway does not take, and the longest pause between two take-overs."""
    login: float = 5.0
    """For the gateway to say who is logged in, once the stream is open."""
    slice: float = 60.0
    """During a long outage, how often it is reported so far."""
    offline: float = 120.0
    """Without a stream on which somebody is logged in, the account is reported as out: somebody may have to mend it."""
    canary: float = 3600.0
    """Between two messages to itself."""
    canary_answer: float = 60.0
    """For such a message to come back."""
    cached: float = 600.0
    """For names of people and rooms."""


PICTURE_MOST = 20 * 1024 * 1024
"""Bytes of a picture, in and out."""
WIDTH = 32
"""How many messages are looked up at the gateway at once."""
