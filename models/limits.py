"""How much each kind of channel takes: what an account may post at most, whatever the policy pack says."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """Posts within a minute, an hour and a day; None: the channel sets no such limit.

    chat: one group or one person, whatever it is for. unasked: in one group, what nobody asked for by command:
    acknowledgements, notices, reminders, digests, publicity. A pack may narrow each of them, never widen.
    """

    account_per_minute: int | None = None
    account_per_hour: int | None = None
    account_per_day: int | None = None
    chat_per_minute: int | None = None
    chat_per_hour: int | None = None
    room_unasked_per_hour: int | None = None


UNLIMITED = ChannelLimits()

LIMITS: Mapping[str, ChannelLimits] = MappingProxyType(
    {
        # No official figures: 500 posts in 17 hours got a personal account blocked for 12 (python-wechaty #133).
        "wechaty": ChannelLimits(account_per_minute=6, account_per_day=300, room_unasked_per_hour=4),
        # developer.work.weixin.qq.com/document/path/101463: 30 a minute and 1,000 an hour a chat.
        "wecom_bot": ChannelLimits(chat_per_minute=30, chat_per_hour=1000),
        "wecom_bot_url": ChannelLimits(chat_per_minute=30, chat_per_hour=1000),
        # document/path/91770: 20 a minute a robot, and a robot belongs to one group.
        "wecom_webhook": ChannelLimits(chat_per_minute=20),
        # document/path/90454: 30 a minute a member.
        "wecom_app": ChannelLimits(chat_per_minute=30),
        # Reads only and speaks by an app (speaks_by), so that the app's limits hold. It counts for itself: where the
        # app's own account writes to the same member too, the two may come to more, which WeCom refuses with 45009 and
        # is tried again a minute later.
        "wecom_archive": ChannelLimits(chat_per_minute=30),
    }
)
"""By the kind of channel, as it stands in account.transport."""


def limits_of(transport: str) -> ChannelLimits:
    """Those of a kind of channel; of one that is not known (memory, console, web): none."""
    return LIMITS.get(transport, UNLIMITED)


def narrower(*limits: int | None) -> int | None:
    """The smallest of those that are set; None: none is."""
    return min((limit for limit in limits if limit is not None), default=None)
