"""Makes the transport of a configured account. Each kind is imported when it is first needed, and only then."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import structlog

from bot.channel_config import AccountConfig, ChannelsConfig
from bot.channel_kinds import ChannelKind
from bot.transports.base import Transport


class NoSuchChannelError(Exception):
    """This installation cannot run that kind of channel. str() is a Chinese sentence."""


async def _nobody(account: str, room: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every channel gets. names: what people call the bot; data: a folder for what a channel keeps.

    accounts: all that are configured, by name. leads: (account, group) → whom to ask to forward something there, as his
    external id, and what the group is called; None: nobody. forward: (group, text) → the words that ask him.
    """

    clock: Callable[[], datetime]
    names: tuple[str, ...]
    data: Path
    accounts: Mapping[str, AccountConfig] = field(default_factory=dict)
    leads: Callable[[str, str], Awaitable[tuple[str, str] | None]] = _nobody
    forward: Callable[[str, str], str] = lambda group, text: f"{group}\n{text}"


Opener = Callable[[AccountConfig, Surroundings], Transport]


def open_channel(config: AccountConfig, around: Surroundings) -> Transport:
    """The transport of the account, not connected yet. Raises NoSuchChannelError."""
    transport = _OPENERS[config.kind](config, around)
    return _with_help(config, around, transport) if config.assist else transport


def part(module: str, name: str) -> Any:
    """Something of a transport's package, imported now. Raises NoSuchChannelError."""
    try:
        return getattr(import_module(f"bot.transports.{module}"), name)
    except (ImportError, AttributeError):
        raise NoSuchChannelError(f"这里装的小哨没有「{module}」这种通道，请运行 make setup，或升级小哨。") from None


def _wechaty(config: AccountConfig, around: Surroundings) -> Transport:
    options = config.options
    ca = options.get("ca_file")
    gateway = part("wechaty", "Gateway")(
        endpoint=options["endpoint"],
        token=config.secrets["token"],
        tls=options.get("tls", True),
        ca=None if ca is None else Path(str(ca)),
        target_name=options.get("server_name"),
    )
    transport = part("wechaty", "WechatyTransport")(config.name, gateway, clock=around.clock, names=around.names)
    return cast(Transport, transport)


def _wecom_bot(config: AccountConfig, around: Surroundings) -> Transport:
    make = part("wecom_bot.transport", "SmartBotTransport")
    bot_id, secret = config.options["bot_id"], config.secrets["secret"]
    return cast(Transport, make(config.name, bot_id, secret, clock=around.clock, name=around.names[0]))


def _wecom_webhook(config: AccountConfig, around: Surroundings) -> Transport:
    make = part("wecom.webhook", "WebhookTransport")
    # Its one group is called as the account is (bot/live.py, enroll).
    return cast(Transport, make(config.name, {config.name: config.secrets["key"]}, clock=around.clock))


def _wecom_bot_url(config: AccountConfig, around: Surroundings) -> Transport:
    make = part("wecom.opening", "open_smart_bot")
    keys = {name: config.secrets[name] for name in ("token", "aes_key")}
    return cast(Transport, make(config.name, **keys, clock=around.clock, name=around.names[0]))


def _wecom_app(config: AccountConfig, around: Surroundings) -> Transport:
    make = part("wecom.opening", "open_app")
    keys = {name: config.secrets[name] for name in ("token", "aes_key")}
    return cast(Transport, make(config.name, **keys, **_app(config, around)))


def _app(config: AccountConfig, around: Surroundings) -> dict[str, object]:
    """What an app needs to write."""
    return {
        "corp": config.options["corp_id"],
        "agent": config.options["agent_id"],
        "secret": config.secrets["secret"],
        "folder": around.data / "tokens",
        "clock": around.clock,
    }


def _wecom_archive(config: AccountConfig, around: Surroundings) -> Transport:
    options = config.options
    access = part("wecom_archive.process", "Access")(
        library=options["library"], corp_id=options["corp_id"], secret=config.secrets["secret"]
    )
    (around.data / "archive").mkdir(parents=True, exist_ok=True)
    bookmark = part("wecom_archive.bookmark", "FileBookmark")(around.data / "archive" / f"{config.name}.json")
    keys = {options.get("key_version", 1): config.secrets["private_key"]}
    make = part("wecom_archive.transport", "ArchiveTransport")
    log = structlog.get_logger("wecom_archive").bind(account=config.name)

    def consented(consent: Any) -> None:
        """Whoever does not agree is not archived: that somebody did or did not is worth a line, who it was is not."""
        log.info("archive_consent", agreed=consent.agreed, in_group=consent.room is not None)

    return cast(Transport, make(config.name, access, keys, bookmark, clock=around.clock, consented=consented))


def _with_help(config: AccountConfig, around: Surroundings, inner: Transport) -> Transport:
    """The transport, posting nothing in groups: whoever leads one gets it to forward, by an app where it must."""
    speaker = around.accounts.get(str(config.options.get("speaks_by")))
    through = None if speaker is None else part("wecom.opening", "open_app_messages")(**_app(speaker, around))
    forwarder = part("assist", "Forwarder")

    async def leads(room: str) -> Any:
        found = await around.leads(config.name, room)
        return None if found is None else forwarder(*found)

    make = part("assist", "AssistTransport")
    return cast(Transport, make(inner, assisted=lambda _: True, leads=leads, words=around.forward, through=through))


_OPENERS: Mapping[ChannelKind, Opener] = {
    ChannelKind.WECHATY: _wechaty,
    ChannelKind.WECOM_BOT: _wecom_bot,
    ChannelKind.WECOM_WEBHOOK: _wecom_webhook,
    ChannelKind.WECOM_BOT_URL: _wecom_bot_url,
    ChannelKind.WECOM_APP: _wecom_app,
    ChannelKind.WECOM_ARCHIVE: _wecom_archive,
}


def alarm_fault(config: ChannelsConfig, alarm: str | None) -> str | None:
    """What is wrong with the setting ALARM; None: nothing."""
    names = [one.name for one in config.accounts]
    if alarm is None or alarm in names:
        return None
    return f"设置 ALARM 写的账号「{alarm}」不在通道文件里，请写这几个之一：{'、'.join(names)}。"
