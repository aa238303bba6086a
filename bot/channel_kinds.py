"""The kinds of channels, and what an operator writes about each: data that the check, the opener and the doctor use."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit


class ChannelKind(StrEnum):
    WECHATY = "wechaty"
    WECOM_BOT = "wecom_bot"
    WECOM_BOT_URL = "wecom_bot_url"
    WECOM_APP = "wecom_app"
    WECOM_WEBHOOK = "wecom_webhook"
    WECOM_ARCHIVE = "wecom_archive"


Check = Callable[[object], str | None]
"""What is wrong with a value, as the end of a Chinese sentence; None: nothing."""

_ENDPOINT = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(?P<port>\d{1,5})")
_WEBHOOK = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True)
class Kind:
    """Options and secrets by name, each with its check. optional: may be left out. groups: it hears groups.

    notice: it only sends, into the one group of its own. web: it is called under the public address.
    """

    name: str
    options: Mapping[str, Check]
    secrets: Mapping[str, Check]
    optional: frozenset[str] = field(default_factory=frozenset)
    groups: bool = True
    notice: bool = False
    web: bool = False


def endpoint(value: object) -> tuple[str, int] | None:
    """(host, port) of 主机:端口; None when it is none."""
    found = _ENDPOINT.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 0 < int(found["port"]) < 65536:
        return None
    return found["host"].strip("[]"), int(found["port"])


def _is_endpoint(value: object) -> str | None:
    return None if endpoint(value) else "要写成 主机:端口，例如 127.0.0.1:8788，前面不要 http://"


def _is_text(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else "要写成引号里的文字，不能是空的"


def _is_number(value: object) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) and value > 0 else "要写成大于 0 的整数"


def _is_switch(value: object) -> str | None:
    return None if isinstance(value, bool) else "只能写 true 或 false，不加引号"


def _is_secret(value: object) -> str | None:
    return None if isinstance(value, str) and value else "是空的"


def _is_webhook(value: object) -> str | None:
    if isinstance(value, str) and _WEBHOOK.fullmatch(value):
        return None
    return "不像群机器人的 key（只要地址里 key= 后面那一串，形如 8-4-4-4-12 位的字母数字）"


def _is_aes_key(value: object) -> str | None:
    return None if isinstance(value, str) and _AES_KEY.fullmatch(value) else "不像 EncodingAESKey（43 位字母数字）"


def _is_pem(value: object) -> str | None:
    return None if isinstance(value, str) and "PRIVATE KEY-----" in value else "不像 PEM 格式的私钥"


def is_public(value: object) -> str | None:
    """For the address under which callbacks reach this machine."""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "要写成别人能访问的网址，例如 https://bot.example.cn"
    return None


KINDS: Mapping[ChannelKind, Kind] = {
    ChannelKind.WECHATY: Kind(
        "个人微信（Wechaty 网关）",
        {"endpoint": _is_endpoint, "tls": _is_switch, "ca_file": _is_text, "server_name": _is_text},
        {"token": _is_secret},
        frozenset({"tls", "ca_file", "server_name"}),
    ),
    ChannelKind.WECOM_BOT: Kind("企业微信智能机器人（长连接）", {"bot_id": _is_text}, {"secret": _is_secret}),
    ChannelKind.WECOM_BOT_URL: Kind(
        "企业微信智能机器人（网址回调）", {}, {"token": _is_secret, "aes_key": _is_aes_key}, web=True
    ),
    ChannelKind.WECOM_APP: Kind(
        "企业微信自建应用",
        {"corp_id": _is_text, "agent_id": _is_number},
        {"secret": _is_secret, "token": _is_secret, "aes_key": _is_aes_key},
        groups=False,
        web=True,
    ),
    ChannelKind.WECOM_WEBHOOK: Kind(
        "企业微信群机器人（只发通知）", {}, {"key": _is_webhook}, groups=False, notice=True
    ),
    ChannelKind.WECOM_ARCHIVE: Kind(
        "企业微信会话内容存档",
        {"corp_id": _is_text, "library": _is_text, "key_version": _is_number, "speaks_by": _is_text},
        {"secret": _is_secret, "private_key": _is_pem},
        frozenset({"key_version", "speaks_by"}),
    ),
}
"""What each kind needs. Secrets are named in the file as ‹name›_file or ‹name›_env."""
