"""Read and check what POST /api/say brings: JSON, or multipart with pictures. Nothing is changed here."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.web.guard import CUSTOM_HEADER, Refusal
from bot.web.stage import Picture, Stage

MAX_TEXT = 5_000  # characters
MAX_PICTURE = 10 * 1024 * 1024  # bytes
MAX_PICTURES = 9  # as many as WeChat lets one choose at once
MAX_FIELD = 64 * 1024  # bytes of one text field: 5,000 characters fit in any encoding
FIELDS = ("chat", "sender", "text", "quote")


@dataclass(frozen=True, slots=True)
class Said:
    """One checked request to speak."""

    chat: str
    sender: str
    text: str
    quote: str | None
    pictures: Sequence[Picture]


def media_type(data: bytes) -> str | None:
    """The type of a picture by its first bytes (the sent name and type prove nothing), None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


async def read_json(request: web.Request) -> dict[str, Any]:
    """The request's JSON object. Raises Refusal."""
    if request.content_type != "application/json":
        raise Refusal(415, "请用 JSON 发送请求。")
    try:
        value = json.loads((await request.read()).decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refusal(400, "请求不是有效的 JSON。") from None
    if not isinstance(value, dict):
        raise Refusal(400, "请求应当是一个 JSON 对象。")
    return value


async def read_said(request: web.Request, stage: Stage) -> Said:
    """What is to be said, by whom and where, checked against the stage. Raises Refusal."""
    pictures: list[Picture] = []
    if request.content_type == "multipart/form-data":
        if CUSTOM_HEADER not in request.headers:
            raise Refusal(403, f"带图片的请求要有 {CUSTOM_HEADER} 请求头。")
        fields, pictures = await _read_multipart(request)
    else:
        fields = await read_json(request)
    for name in FIELDS:
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            raise Refusal(400, f"{name} 应当是文字。")
        if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            raise Refusal(400, "文字里有无法识别的字符。")
    said = Said(
        chat=fields.get("chat") or "",
        sender=fields.get("sender") or "",
        text=fields.get("text") or "",
        quote=fields.get("quote") or None,
        pictures=tuple(pictures),
    )
    _check(said, stage)
    return said


def _check(said: Said, stage: Stage) -> None:
    """Refuse what makes no sense on this stage."""
    person = next((person for person in stage.people() if person.id == said.sender), None)
    if person is None:
        raise Refusal(404, "没有这个人。")
    where, _, which = said.chat.partition(":")
    if where == "private" and which == person.id:
        pass
    elif where == "room" and any(room.id == which for room in stage.rooms()):
        if which not in person.rooms:
            raise Refusal(400, f"{person.name}不在这个群里。")
    else:
        raise Refusal(404, "没有这个聊天。")
    if not said.text.strip() and not said.pictures:
        raise Refusal(400, "先写点什么，再发送。")
    if len(said.text) > MAX_TEXT:
        raise Refusal(413, f"一条消息最多 {MAX_TEXT} 个字，这条有 {len(said.text)} 个字。")
    if said.quote and not any(bubble.id == said.quote and bubble.chat == said.chat for bubble in stage.bubbles()):
        raise Refusal(400, "引用的那条消息不在这个聊天里。")


async def _read_multipart(request: web.Request) -> tuple[dict[str, Any], list[Picture]]:
    """Text fields by name, and the pictures, read piece by piece so that nothing large is ever held for nothing."""
    fields: dict[str, Any] = {}
    pictures: list[Picture] = []
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise Refusal(400, "表单格式不对。")
            if part.name == "picture":
                if len(pictures) == MAX_PICTURES:
                    raise Refusal(413, f"一次最多发 {MAX_PICTURES} 张图片。")
                pictures.append(await _read_picture(part))
            elif part.name in FIELDS and part.name not in fields:
                data = await _read_part(part, MAX_FIELD, "发来的内容太大了。")
                fields[part.name] = data.decode("utf-8")
            else:
                raise Refusal(400, "表单里有不认识或重复的内容。")
    except (ValueError, AssertionError, KeyError):
        # aiohttp's reader raises any of these on a broken boundary, header or ending.
        raise Refusal(400, "表单格式不对。") from None
    return fields, pictures


async def _read_picture(part: BodyPartReader) -> Picture:
    data = await _read_part(part, MAX_PICTURE, f"图片太大了，每张最多 {MAX_PICTURE // 1024 // 1024} MB。")
    kind = media_type(data)
    if kind is None:
        raise Refusal(415, "只能发 PNG、JPEG、GIF 或 WebP 图片。")
    return Picture(data, kind)


async def _read_part(part: BodyPartReader, limit: int, sentence: str) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > limit:
            raise Refusal(413, sentence)
    return bytes(data)
