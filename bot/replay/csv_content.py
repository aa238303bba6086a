"""What a row of an exporter's table holds, by its type: WeChat's codes or their names."""

import json
import re
import xml.etree.ElementTree as ET
from enum import Enum, auto

from bot.replay.gather import Quoted, clean
from bot.replay.wechat_text import Content, read_content
from models.message import Attachment, AttachmentKind

_LONGEST_XML = 200_000


class Kind(Enum):
    """What a row is to us. UNSAID = the table does not say: the content has to."""

    TEXT = auto()
    IMAGE = auto()
    AUDIO = auto()
    PLACE = auto()
    QUOTE = auto()
    SYSTEM = auto()
    OTHER = auto()
    UNSAID = auto()


_CODES = {1: Kind.TEXT, 3: Kind.IMAGE, 34: Kind.AUDIO, 48: Kind.PLACE, 10000: Kind.SYSTEM, 10002: Kind.SYSTEM}
_APP = 49
_QUOTE_SUBTYPE = 57
_PAT_SUBTYPE = 62
_NAMES = {
    "文本": Kind.TEXT,
    "文字": Kind.TEXT,
    "text": Kind.TEXT,
    "message": Kind.TEXT,
    "图片": Kind.IMAGE,
    "照片": Kind.IMAGE,
    "image": Kind.IMAGE,
    "picture": Kind.IMAGE,
    "photo": Kind.IMAGE,
    "语音": Kind.AUDIO,
    "audio": Kind.AUDIO,
    "voice": Kind.AUDIO,
    "位置": Kind.PLACE,
    "地理位置": Kind.PLACE,
    "location": Kind.PLACE,
    "引用": Kind.QUOTE,
    "回复": Kind.QUOTE,
    "quote": Kind.QUOTE,
    "带有引用的文本": Kind.QUOTE,
    "系统": Kind.SYSTEM,
    "系统通知": Kind.SYSTEM,
    "系统提示": Kind.SYSTEM,
    "system": Kind.SYSTEM,
    "notice": Kind.SYSTEM,
    "拍一拍": Kind.SYSTEM,
    "撤回": Kind.SYSTEM,
}
_OTHER_WORDS = re.compile(
    r"视频|表情|文件|链接|小程序|名片|红包|转账|通话|聊天记录|公告|音乐|直播|接龙|分享|应用|未知"
    r"|video|emoji|sticker|file|link|card|recording|sharing|app"
)
_MARKUP = re.compile(
    r"\s{0,20}(?:wxid_\w{1,40}:\s{0,3})?<(?:\?xml|!DOCTYPE|msg|sysmsg|appmsg|voipmsg|voipinvitemsg|emoji|img)\b"
)
_LABEL = re.compile(r"位置[:：]\s?([^\n]{1,300})")


def kind_of(code: str, subtype: str, name: str) -> Kind:
    """The kind by type code and subtype where the table gives codes, else by the type's name."""
    number = _number(code)
    if number is None:
        return _named(code or name)
    # WeChat 4 packs the subtype into the upper half.
    sub = _number(subtype) or number >> 32
    number &= 0xFFFFFFFF
    if number == _APP:
        if sub == _QUOTE_SUBTYPE:
            return Kind.QUOTE
        if sub == _PAT_SUBTYPE:
            return Kind.SYSTEM
        return _named(name) if not sub and name else Kind.OTHER
    return _CODES.get(number, Kind.OTHER)


def content_of(kind: Kind, raw: str) -> Content:
    """The content of a row. XML and the exporters' stand-ins for media never become text."""
    raw = _unwrapped(raw)
    if kind is Kind.IMAGE:
        return Content(attachments=(Attachment(AttachmentKind.IMAGE),))
    if kind is Kind.AUDIO:
        return Content(attachments=(Attachment(AttachmentKind.AUDIO),))
    if kind is Kind.PLACE:
        return Content(place=_place(raw))
    if kind is Kind.QUOTE and _MARKUP.match(raw):
        return _xml_quote(raw)
    if kind is Kind.OTHER or _MARKUP.match(raw):
        return Content()
    if kind is Kind.TEXT:
        return read_content(raw) if raw.startswith(("「", "> ")) else Content(text=raw)
    return read_content(raw)


def _number(text: str) -> int | None:
    text = text.removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None


def _named(name: str) -> Kind:
    key = name.strip().lower()
    kind = _NAMES.get(key) or _NAMES.get(key.removesuffix("消息"))
    if kind is not None:
        return kind
    if not key:
        return Kind.UNSAID
    return Kind.OTHER if _OTHER_WORDS.search(key) else Kind.UNSAID


def _unwrapped(raw: str) -> str:
    """The message in a cell of PyWxDump's older tables: a JSON text or {"src": …, "msg": …}."""
    if not raw.startswith(('{"', '"')) or not raw.endswith(("}", '"')):
        return raw
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    if isinstance(value, dict):
        value = value.get("msg", raw)
    return clean(value) if isinstance(value, str) else raw


def _tree(raw: str) -> ET.Element | None:
    """The XML of a cell; None if it is none, too long, or defines entities, which could grow without bound."""
    start = raw.find("<")
    if start < 0 or len(raw) > _LONGEST_XML or "<!" in raw.replace("<![CDATA[", ""):
        return None
    try:
        return ET.fromstring(raw[start:].strip())
    except (ET.ParseError, ValueError, RecursionError, LookupError):
        return None


def _place(raw: str) -> str | None:
    tree = _tree(raw) if _MARKUP.match(raw) else None
    if tree is not None:
        found = tree if tree.tag == "location" else tree.find(".//location")
        words = [found.get("label", ""), found.get("poiname", "")] if found is not None else []
        # A place that WeChat does not know is called [位置].
        named = [word.strip() for word in words if word.strip() and word.strip() != "[位置]"]
        return clean(" ".join(dict.fromkeys(named))) or None
    if _MARKUP.match(raw):
        return None
    labelled = _LABEL.search(raw)
    if labelled:
        return labelled[1].strip() or None
    first = raw.split("\n", 1)[0].strip()
    return read_content(first).place or (first[:200] if first and not first.startswith(("[", "纬度")) else None)


def _xml_quote(raw: str) -> Content:
    tree = _tree(raw)
    if tree is None:
        return Content()
    title = clean(tree.findtext(".//appmsg/title") or "").strip()
    refer = tree.find(".//refermsg")
    if refer is None:
        return Content(text=title)
    words = clean(refer.findtext("content") or "").strip()
    if _MARKUP.match(words):
        inner = _tree(words)
        words = clean(inner.findtext(".//appmsg/title") or "").strip() if inner is not None else ""
    quote = Quoted(
        id=(refer.findtext("svrid") or "").strip() or None,
        text=words,
        name=(refer.findtext("displayname") or "").strip(),
        sender=(refer.findtext("chatusr") or "").strip() or None,
    )
    return Content(text=title, quote=quote)
