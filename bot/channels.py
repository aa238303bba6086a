"""Makes the transport of a configured account. Each kind is imported when it is first needed, and only then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from bot.channel_config import AccountConfig, Callbacks, ChannelsConfig
from bot.channel_kinds import ChannelKind
from bot.transports.base import Transport


class NoSuchChannelError(Exception):
    """This installation cannot run that kind of channel. str() is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every channel gets. names: what people call the bot; data: a folder for what a channel keeps."""

    clock: Callable[[], datetime]
    names: tuple[str, ...]
    data: Path
    callbacks: Callbacks = field(default_factory=Callbacks)


Opener = Callable[[AccountConfig, Surroundings], Transport]


def open_channel(config: AccountConfig, around: Surroundings) -> Transport:
    """The transport of the account, not connected yet. Raises NoSuchChannelError."""
    return _OPENERS[config.kind](config, around)


def _part(module: str, name: str) -> Any:
    """A class of a transport's package, imported now."""
    try:
        return getattr(import_module(f"bot.transports.{module}"), name)
    except (ImportError, AttributeError):
        raise NoSuchChannelError(f"这里装的小哨没有「{module}」这种通道，请运行 make setup，或升级小哨。") from None


def _wechaty(config: AccountConfig, around: Surroundings) -> Transport:
    options = config.options
    ca = options.get("ca_file")
    gateway = _part("wechaty", "Gateway")(
        endpoint=options["endpoint"],
        token=config.secrets["token"],
        tls=options.get("tls", True),
        ca=None if ca is None else Path(str(ca)),
        target_name=options.get("server_name"),
    )
    transport = _part("wechaty", "WechatyTransport")(config.name, gateway, clock=around.clock, names=around.names)
    return cast(Transport, transport)


def _wecom_bot(config: AccountConfig, around: Surroundings) -> Transport:
    make = _part("wecom_bot.transport", "SmartBotTransport")
    bot_id, secret = config.options["bot_id"], config.secrets["secret"]
    return cast(Transport, make(config.name, bot_id, secret, clock=around.clock, name=around.names[0]))


def _wecom_webhook(config: AccountConfig, around: Surroundings) -> Transport:
    make = _part("wecom.webhook", "WebhookTransport")
    # Its one group is called as the account is (bot/live.py, enroll).
    return cast(Transport, make(config.name, {config.name: config.secrets["key"]}, clock=around.clock))


def _not_yet(config: AccountConfig, _: Surroundings) -> Transport:
    raise NoSuchChannelError(f"账号「{config.name}」：{config.spec.name}还不能用 xiaoshao run 运行，请先去掉这一段。")


_OPENERS: Mapping[ChannelKind, Opener] = {
    ChannelKind.WECHATY: _wechaty,
    ChannelKind.WECOM_BOT: _wecom_bot,
    ChannelKind.WECOM_WEBHOOK: _wecom_webhook,
    ChannelKind.WECOM_BOT_URL: _not_yet,
    ChannelKind.WECOM_APP: _not_yet,
    ChannelKind.WECOM_ARCHIVE: _not_yet,
}


def alarm_fault(config: ChannelsConfig, alarm: str | None) -> str | None:
    """What is wrong with the setting ALARM; None: nothing."""
    names = [one.name for one in config.accounts]
    if alarm is None or alarm in names:
        return None
    return f"设置 ALARM 写的账号「{alarm}」不在通道文件里，请写这几个之一：{'、'.join(names)}。"
