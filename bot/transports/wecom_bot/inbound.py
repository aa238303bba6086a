"""A callback of the server as what it says: who, where, words, pictures to fetch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.message import Quote

_NAMED = re.compile(r"^\s*@[^\s@]+[\s\u2005]*")
_QUOTED = {"image": "[图片]", "voice": "[语音]", "file": "[文件]", "video": "[视频]"}


@dataclass(frozen=True, slots=True)
class Link:
    """Where a picture is fetched, and the key that opens it."""

    url: str
    aeskey: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """One message before its pictures were fetched. chat: where an answer goes."""

    id: str
    chat: str
    room: str | None
    sender: str
    text: str
    at: datetime
    links: tuple[Link, ...] = ()
    voice: bool = False
    quote: Quote | None = None


def read(body: Mapping[str, Any], name: str, now: datetime) -> Said | None:
    """What a callback says; None when it is no message of somebody. name: what the bot is called in the chat."""
    message_id, kind = _text(body, "msgid"), _text(body, "msgtype")
    sender = _text(_part(body, "from"), "userid")
    group = body.get("chattype") == "group"
    room = _text(body, "chatid") if group else None
    if not message_id or not sender or not kind or (group and not room):
        return None
    text, links = _content(body, kind)
    words = _text(_part(body, "voice"), "content") if kind == "voice" else ""
    created = body.get("create_time")
    quote = _part(body, "quote")
    return Said(
        id=message_id,
        chat=room or sender,
        room=room,
        sender=sender,
        text=words or (_unnamed(text, name) if group else text.strip()),
        at=datetime.fromtimestamp(created, UTC) if isinstance(created, int) and 0 < created < 1 << 34 else now,
        links=links,
        voice=kind == "voice" and not words,
        quote=_quote(quote) if quote else None,
    )


def _content(body: Mapping[str, Any], kind: str) -> tuple[str, tuple[Link, ...]]:
    """The words and the pictures of a text, a mixed message or a picture."""
    if kind == "mixed":
        listed = _part(body, "mixed").get("msg_item")
        items = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
        parts = [_content(item, _text(item, "msgtype")) for item in items]
        words = "\n".join(text for text, _ in parts if text.strip())
        return words, tuple(link for _, links in parts for link in links)
    if kind == "image":
        image = _part(body, "image")
        url = _text(image, "url")
        return "", (Link(url, _text(image, "aeskey") or None),) if url else ()
    return (_text(_part(body, "text"), "content") if kind == "text" else ""), ()


def _quote(quote: Mapping[str, Any]) -> Quote:
    """The channel says what was quoted, not whose it was, nor its id."""
    kind = _text(quote, "msgtype")
    text, links = _content(quote, kind)
    text = text or _text(_part(quote, "voice"), "content")
    return Quote(text=text or ("[图片]" if links else _QUOTED.get(kind, "")))


def _unnamed(text: str, name: str) -> str:
    """The words without the @ that brought them here; its name may hold blanks."""
    called = f"@{name}"
    if name and called in text:
        before, _, after = text.partition(called)
        return f"{before.rstrip()} {after.lstrip()}".strip()
    return _NAMED.sub("", text, count=1).strip()


def _part(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = body.get(key)
    return part if isinstance(part, Mapping) else {}


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""
