"""A message of the archive in clear, as what happened. Field names: the official page; not verified live."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from models.message import Quote

_LINE = r"(?:- ){5,}-|-{6,}"
_QUOTES = (
    # As WeCom's clients write it, then as WeChat's do.
    re.compile(
        rf"\A(?:这是一条引用/回复消息|This is a quote/reply)[：:]\s*[\"“](?P<who>[^：:\n]*)[：:]\s*(?P<text>.*?)[\"”]"
        rf"\s*\n(?:{_LINE})\n(?P<said>.*)\Z",
        re.DOTALL,
    ),
    re.compile(rf"\A「(?P<who>[^：:\n]*)[：:]\s*(?P<text>.*?)」\s*\n(?:{_LINE})\n(?P<said>.*)\Z", re.DOTALL),
)
_EXTERNAL = re.compile(r"w[mo][A-Za-z0-9_-]{30}")
_ROBOT = re.compile(r"wb[A-Za-z0-9_-]{30}")


def is_external(person: str) -> bool:
    """Whether an id is of somebody outside of the corporation: 32 characters beginning with wm or wo."""
    return _EXTERNAL.fullmatch(person) is not None


def is_robot(person: str) -> bool:
    """Whether an id is of a robot: 32 characters beginning with wb. No bot reads another's words."""
    return _ROBOT.fullmatch(person) is not None


@dataclass(frozen=True, slots=True)
class File:
    """What GetMediaData takes, and the md5 that the file should have; empty where the archive gives none."""

    id: str
    md5: str


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something."""

    id: str
    room: str | None
    sender: str
    at: datetime
    text: str = ""
    pictures: tuple[File, ...] = ()
    voices: int = 0
    place: str | None = None
    quote: Quote | None = None
    others: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class TookBack:
    """Somebody took back a message of his."""

    room: str | None
    sender: str
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """Somebody outside agreed, or did not, to his words being archived. room None: with one member of staff."""

    person: str
    room: str | None
    agreed: bool
    at: datetime


Happened = Said | TookBack | Consent


def read(payload: Mapping[str, Any], now: datetime) -> Happened | None:
    """What a payload says; None for what is nothing to a bot (a robot's words, a switch of corporation, a card …)."""
    if payload.get("action") == "switch":
        return None  # a member of staff logged in elsewhere; it has neither words nor a chat
    kind, sender, message_id = _text(payload, "msgtype"), _text(payload, "from"), _text(payload, "msgid")
    room, at = _text(payload, "roomid") or None, _time(payload.get("msgtime"), now)
    body = _part(payload, kind)
    if kind in ("agree", "disagree"):
        person = _text(body, "userid") or sender
        when = _time(body.get(f"{kind}_time", body.get("agree_time")), at)
        return Consent(person, room, kind == "agree", when) if person else None
    if not sender or not message_id or is_robot(sender):
        return None
    if kind == "revoke":
        taken = _text(body, "pre_msgid")
        return TookBack(room, sender, taken, at) if taken else None
    others = payload.get("tolist")
    said = Said(message_id, room, sender, at, others=frozenset(map(str, others if isinstance(others, list) else ())))
    return _with_content(said, kind, body)


def _with_content(said: Said, kind: str, body: Mapping[str, Any]) -> Said | None:
    match kind:
        case "text":
            text, quote = _quoted(_text(body, "content"))
            return replace(said, text=text, quote=quote)
        case "image":
            file = _text(body, "sdkfileid")
            return replace(said, pictures=(File(file, _text(body, "md5sum")),) if file else ())
        case "voice":
            return replace(said, voices=1)
        case "location":
            return replace(said, place=_text(body, "title") or _text(body, "address") or None)
        case "mixed":
            listed = body.get("item")
            items = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
            found = (_with_content(said, _text(item, "type"), _inner(item.get("content"))) for item in items)
            parts = [part for part in found if part is not None]
            return replace(
                said,
                text="\n".join(part.text for part in parts if part.text),
                pictures=tuple(picture for part in parts for picture in part.pictures),
                voices=sum(part.voices for part in parts),
                quote=next((part.quote for part in parts if part.quote is not None), None),
            )
        case _:
            return None


def _quoted(text: str) -> tuple[str, Quote | None]:
    """The words of a message and what it quotes: the archive gives a quote as text."""
    for form in _QUOTES:
        found = form.match(text)
        if found is not None:
            return found["said"].strip(), Quote(text=found["text"].strip())
    return text, None


def _inner(content: object) -> Mapping[str, Any]:
    """The content of a part of a mixed message: JSON within JSON."""
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            return {}
    return content if isinstance(content, Mapping) else {}


def _part(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = payload.get(key)
    return part if isinstance(part, Mapping) else {}


def _text(payload: Mapping[str, Any], key: str) -> str:
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def _time(value: object, otherwise: datetime) -> datetime:
    """Milliseconds since 1970 as a time."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 43:
        return datetime.fromtimestamp(value / 1000, UTC)
    return otherwise
