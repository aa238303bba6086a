"""What smart bots and apps are told in a callback, read into one form. What a payload lacks never stops anything."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from defusedxml.ElementTree import fromstring

from bot.transports.wecom.codec import CallbackRefused, Fault
from models.message import storable


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a picture is: at an address, encrypted with key (None: the callback's own), or by its media id."""

    url: str = ""
    key: str | None = None
    media_id: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a callback before its pictures are fetched. room None: a private chat."""

    id: str
    room: str | None
    sender: str
    text: str
    at: datetime
    pictures: tuple[Picture, ...] = ()
    voices: int = 0
    quote: str | None = None
    place: str | None = None
    response_url: str = ""

    @property
    def chat(self) -> str:
        """Groups and private chats, apart."""
        return f"single {self.sender}" if self.room is None else f"group {self.room}"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event: enter_chat, template_card_event, stream (the question how a streamed reply goes on) …"""

    kind: str


def unwrap_json(body: bytes) -> str:
    """The ciphertext in a smart bot's callback. Raises CallbackRefused."""
    found = _object(body)
    encrypted = found.get("encrypt") if found is not None else None
    if not isinstance(encrypted, str):
        raise CallbackRefused(Fault.FORM)
    return encrypted


def unwrap_xml(body: bytes) -> str:
    """The ciphertext in an app's callback. Raises CallbackRefused."""
    root = _tree(body)
    found = [] if root is None else root.findall("Encrypt")
    if len(found) != 1 or not found[0].text:
        raise CallbackRefused(Fault.FORM)
    return found[0].text


def read_json(plain: str, at: datetime, name: str) -> Said | Happened | None:
    """What a smart bot is told (…/document/path/100719 and 101027); None when nothing in it is for us.

    at: of the call, for messages carry no time. name: the bot's in WeCom, which is taken out of a group's text.
    """
    payload = _object(plain.encode("utf-8", "surrogatepass"))
    if payload is None:
        return None
    kind = _str(payload, "msgtype")
    if kind == "event":
        return Happened(_str(payload, "event", "eventtype") or "event")
    if kind == "stream":
        return Happened("stream")
    message_id, person = _str(payload, "msgid"), _str(payload, "from", "userid")
    room = _str(payload, "chatid") if _str(payload, "chattype") == "group" else None
    if not message_id or not person or room == "":
        return None
    corp = _str(payload, "from", "corpid")
    text, pictures, voices = _content(payload, kind)
    if not (text or pictures or voices):
        return None
    quote = _get(payload, "quote")
    return Said(
        id=message_id,
        room=room,
        sender=f"{corp}/{person}" if corp else person,
        text=text if room is None else without_call(text, name),
        at=_time(_get(payload, "create_time"), at),
        pictures=pictures,
        voices=voices,
        quote=_content(quote, _str(quote, "msgtype"))[0] if isinstance(quote, dict) else None,
        response_url=_str(payload, "response_url"),
    )


def read_xml(plain: str, at: datetime) -> Said | Happened | None:
    """What an app is told (…/document/path/90239 and 90240); None when nothing in it is for us."""
    root = _tree(plain.encode("utf-8", "surrogatepass"))
    if root is None:
        return None

    def text_of(tag: str) -> str:
        return (root.findtext(tag) or "").strip()

    kind, person, message_id = text_of("MsgType"), text_of("FromUserName"), text_of("MsgId")
    if kind == "event":
        return Happened(text_of("Event") or "event")
    media_id = text_of("MediaId")
    pictures = (Picture(media_id=media_id),) if kind == "image" and media_id else ()
    words = (root.findtext("Content") or "") if kind == "text" else ""
    place = (text_of("Label") or None) if kind == "location" else None
    voices = int(kind == "voice")
    if not (message_id and person and (words or pictures or voices or place)):
        return None
    created = text_of("CreateTime")
    when = _time(int(created) if re.fullmatch(r"[0-9]{1,11}", created) else None, at)
    return Said(message_id, None, person, words, when, pictures, voices, place=place)


def without_call(text: str, name: str) -> str:
    """The text without the @ of the bot."""
    return re.sub(rf"@{re.escape(name)}(?:[\s\u2005]+|$)", "", text, count=1).strip()


def _content(payload: Mapping[str, Any], kind: str) -> tuple[str, tuple[Picture, ...], int]:
    """Text, pictures and unread voices of a message, or of a quote."""
    if kind == "text":
        return _str(payload, "text", "content"), (), 0
    if kind == "image":
        return "", _picture(payload), 0
    if kind == "voice":
        words = _str(payload, "voice", "content")  # WeCom has written down what was said
        return words, (), 0 if words else 1
    if kind != "mixed":
        return "", (), 0
    items = _get(payload, "mixed", "msg_item")
    parts = [
        _content(item, _str(item, "msgtype"))
        for item in (items if isinstance(items, Sequence) else ())
        if isinstance(item, dict) and _str(item, "msgtype") in ("text", "image")
    ]
    return "\n".join(words for words, _, _ in parts if words), tuple(one for _, found, _ in parts for one in found), 0


def _picture(payload: Mapping[str, Any]) -> tuple[Picture, ...]:
    url = _str(payload, "image", "url")
    return (Picture(url, _str(payload, "image", "aeskey") or None),) if url else ()


def _get(payload: Any, *path: str) -> Any:
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def _str(payload: Any, *path: str) -> str:
    found = _get(payload, *path)
    return storable(found) if isinstance(found, str) else ""


def _time(seconds: Any, otherwise: datetime) -> datetime:
    if type(seconds) is not int or not 0 < seconds < 10**11:
        return otherwise
    return datetime.fromtimestamp(seconds, UTC)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _tree(body: bytes) -> ET.Element | None:
    """Parsed without DTDs, entities and anything from outside."""
    try:
        found: ET.Element = fromstring(body, forbid_dtd=True)
    except (ET.ParseError, ValueError, LookupError):
        return None
    return found if found.tag == "xml" else None
