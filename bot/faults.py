"""What a refusal means: try again, let somebody do something, or this post is not taken.

The channel's number decides where it is known here (developer.work.weixin.qq.com/document/path/90313), never its
words; else what the transport says.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.transports.base import Refused


class Verdict(StrEnum):
    """What becomes of a post that was refused."""

    AGAIN = "again"  # later it may be taken
    STUCK = "stuck"  # nothing for this account or group is taken until somebody does something
    REFUSED = "refused"  # this post is not taken, or nothing for its reader


_AGAIN: Mapping[int, float] = MappingProxyType({-1: 2.0, 45009: 60.0, 45033: 5.0, 40014: 2.0, 42001: 2.0})
"""Codes of the moment, and after how many seconds at the earliest it is tried again. Tokens (40014, 42001) the
transport fetches anew by itself; one that comes here all the same was revoked meanwhile."""

STUCK = frozenset({7, 16, 40001, 40013, 40056, 40091, 48002, 60011, 60020, 93000, 93001, 93004, 93006, 93008})
"""Codes after which somebody has to do something: about the account, the robot or the group. What it is stands in the
wording ([fault_code]). 7 and 16 are gRPC's: a gateway that does not take the token. The rest are WeCom's."""

_OF_THE_POST = frozenset({3, 40004, 40007, 40008, 40009, 40058, 44004, 45002})
"""Codes for what is wrong with the words or the picture: in the same group the next post may be taken. 3 is gRPC's."""

_OF_THE_PERSON = frozenset({5, 40003, 60111, 81013})
"""Codes for who was written to: there is nobody of that id whom the account may write to. 5 is gRPC's."""


def names_nobody(refused: Refused) -> bool:
    """Whether the account cannot write to that person at all, and not just these words or not now."""
    return refused.nobody or refused.code in _OF_THE_PERSON


def verdict(refused: Refused, *, to_room: bool) -> Verdict:
    """What becomes of a post. Where nothing is known of it, a group that is refused for good is one that somebody has
    to look after; to a person the next post may be taken, unless names_nobody()."""
    if refused.code in _AGAIN:
        return Verdict.AGAIN
    if refused.code in STUCK:
        return Verdict.STUCK
    if refused.retry:
        return Verdict.AGAIN
    return Verdict.STUCK if to_room and refused.code not in _OF_THE_POST else Verdict.REFUSED


def pause(refused: Refused, attempts: int, longest: timedelta) -> timedelta:
    """Until the next try: twice as long each time up to longest, and never shorter than the channel asks for."""
    least = refused.after if refused.after is not None else _AGAIN.get(refused.code or 0, 0.0)
    return max(timedelta(seconds=least), min(longest, timedelta(seconds=2 ** min(attempts, 10))))
