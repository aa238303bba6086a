"""The project's own format: one JSON object a line, an optional setup line first."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.replay.chatfile import ChatFile, ChatRole
from bot.replay.gather import SHANGHAI, Draft, Gathering, Quoted, clean, fault, shown, to_utc
from models.message import BOT, Attachment, AttachmentKind

Record = dict[str, Any]

_LINES_LOOKED_AT = 20
_MODES = {mode: mode for mode in ("off", "shadow", "ask", "on")}
_MODES |= {"关": "off", "影子": "shadow", "询问": "ask", "开": "on"}
_ROLES = {role.value: role for role in ChatRole}
_KINDS = {kind.value: kind for kind in AttachmentKind}
_EXAMPLE = '{"id":"m1","room":"g1","sender":"p1","text":"灯坏了","at":"2026-05-01T10:21:33"}'


def looks_like_jsonl(text: str) -> bool:
    """Whether the first line that is not blank is JSON, or most of the first are objects."""
    start = text.lstrip("\ufeff \t\n")[:200]
    if start.startswith("{"):
        return True
    if start.startswith("[") and start[1:].lstrip()[:1] in ('"', "{", "[", "]"):
        return True
    # A line that is no object first, and objects below: it is JSONL with a fault in its first line.
    lines = [line for line in text[:20_000].split("\n") if line.strip()][:_LINES_LOOKED_AT]
    return sum(line.startswith('{"') for line in lines) * 2 > len(lines)


def parse_jsonl(text: str, *, zone: ZoneInfo | None = None) -> ChatFile:
    """Parse JSONL whose line ends are already "\\n"."""
    gathering = Gathering()
    setup = _Setup(zone or ZoneInfo(SHANGHAI))
    first = True
    for line, raw in enumerate(text.split("\n"), start=1):
        raw = raw.strip("\ufeff \t\v\f")
        if not raw:
            continue
        record = _record(raw, line)
        kind = record.get("type")
        if kind == "setup":
            if not first:
                raise fault(line, "又是 setup，而 setup 只能是文件的第一行", "请把它移到最前面，或删掉")
            setup = _read_setup(record, gathering, setup.zone, line)
        elif kind in (None, "message"):
            _read_message(record, gathering, setup.zone, line)
        else:
            raise fault(line, f"的 type 是“{shown(kind)}”", "只能是 setup 或 message，请删掉这一行或改正")
        first = False
    return gathering.finish(setup.zone, "jsonl", policy=setup.policy, mode=setup.mode)


@dataclass(frozen=True, slots=True)
class _Setup:
    zone: ZoneInfo
    policy: str | None = None
    mode: str | None = None


def _record(raw: str, line: int) -> Record:
    try:
        value = json.loads(raw)
    except json.JSONDecodeError as error:
        raise fault(
            line,
            f"不是完整的一行 JSON（第{error.colno}个字符附近读不下去）",
            "每条消息要独占一行，请检查引号、逗号和括号",
        ) from None
    except RecursionError:
        raise fault(line, "的括号嵌套太深", f"消息应当像 {_EXAMPLE} 这样") from None
    except ValueError:
        # A number of more digits than Python converts.
        raise fault(line, "里有一个长得不合理的数字", "请改正") from None
    if not isinstance(value, dict):
        raise fault(line, "不是一条消息（最外层要是花括号）", f"每行应当像 {_EXAMPLE} 这样")
    return value


def _read_setup(record: Record, gathering: Gathering, zone: ZoneInfo, line: int) -> _Setup:
    tz = _text(record, "tz", line)
    if tz is not None:
        zone = _zone(tz, line)
    mode = _text(record, "mode", line)
    if mode is not None and mode not in _MODES:
        raise fault(line, f"的 mode 是“{shown(mode)}”", "只能是 off、shadow、ask、on（关、影子、询问、开）")
    for item in _items(record, "rooms", line):
        gathering.room(_required(item, "id", line, "rooms 里"), _name(item, line))
    for item in _items(record, "people", line):
        gathering.person(
            _sender(item, "id", line, "people 里"),
            _room(item, line),
            _name(item, line),
            _role(item, line),
            line=line,
        )
    return _Setup(zone, _text(record, "policy", line) or None, _MODES[mode] if mode is not None else None)


def _zone(key: str, line: int) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):
        # Besides unknown keys: "" and "America" are folders, "../x" and NULs are refused, long names too.
        raise fault(line, f"的 tz“{shown(key)}”不是时区名", f"请写成 {SHANGHAI} 这样") from None


def _read_message(record: Record, gathering: Gathering, zone: ZoneInfo, line: int) -> None:
    draft = Draft(
        id=_required(record, "id", line),
        room=_room(record, line),
        sender=_sender(record, "sender", line),
        text=_text(record, "text", line) or "",
        at=_time(record, zone, line),
        name=_name(record, line),
        mentions=_mentions(record, line),
        quote=_quote(record, line),
        attachments=_attachments(record, line),
        place=_text(record, "place", line) or None,
    )
    gathering.message(draft, _role(record, line), line=line)


def _text(record: Record, key: str, line: int) -> str | None:
    value = record.get(key)
    if value is None or isinstance(value, str):
        return None if value is None else clean(value)
    raise fault(line, f"的 {key} 应当是文字，却是 {_json_type(value)}", "请改成带引号的文字")


def _required(record: Record, key: str, line: int, where: str = "") -> str:
    value = _text(record, key, line)
    if value is None or not value.strip():
        raise fault(line, f"{where}缺 {key}", f"请补上，例如 {_EXAMPLE}")
    return value


def _name(record: Record, line: int) -> str:
    return (_text(record, "name", line) or "").strip()


def _room(record: Record, line: int) -> str | None:
    room = _text(record, "room", line)
    if room is not None and not room.strip():
        raise fault(line, "的 room 是空的", "群聊请写群的 id，私聊请写 null")
    return room


def _sender(record: Record, key: str, line: int, where: str = "") -> str:
    sender = _required(record, key, line, where)
    if sender == BOT:
        raise fault(line, f"{where}的 {key} 是“{BOT}”，这个名字留给小哨自己", "请删掉小哨发的消息，或换一个名字")
    return sender


def _role(record: Record, line: int) -> ChatRole | None:
    role = _text(record, "role", line)
    if role is None:
        return None
    if role not in _ROLES:
        raise fault(line, f"的 role 是“{shown(role)}”", f"只能是 {'、'.join(_ROLES)}")
    return _ROLES[role]


def _time(record: Record, zone: ZoneInfo, line: int) -> datetime:
    value = _required(record, "at", line)
    remedy = "请写成 2026-05-01T10:21:33 或带时区的 2026-05-01T10:21:33+08:00"
    try:
        local = datetime.fromisoformat(value.strip())
    except ValueError:
        local = None
    # fromisoformat takes a bare date for midnight, which nobody means.
    if local is None or (":" not in value and "T" not in value):
        raise fault(line, f"的 at“{shown(value)}”不是 ISO 8601 的日期和时间", remedy)
    at = to_utc(local, zone)
    if at is None:
        raise fault(line, f"的 at“{shown(value)}”不是合理的年份", remedy)
    return at


def _items(record: Record, key: str, line: int) -> list[Record]:
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise fault(line, f"的 {key} 应当是一串花括号", '请写成 [{"…": "…"}] 这样')
    return value


def _attachments(record: Record, line: int) -> tuple[Attachment, ...]:
    found = []
    for item in _items(record, "attachments", line):
        kind = _required(item, "kind", line, "attachments 里")
        if kind not in _KINDS:
            raise fault(line, f"的附件种类是“{shown(kind)}”", f"只能是 {'、'.join(_KINDS)}")
        found.append(Attachment(_KINDS[kind]))
    return tuple(found)


def _quote(record: Record, line: int) -> Quoted | None:
    value = record.get("quote")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise fault(line, "的 quote 应当是花括号", '请写成 {"id": "m1"} 这样')
    return Quoted(id=_required(value, "id", line, "quote 里"))


def _mentions(record: Record, line: int) -> tuple[str, ...]:
    value = record.get("mentions")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise fault(line, "的 mentions 应当是一串文字", '请写成 ["p1", "bot"] 这样')
    return tuple(clean(item) for item in value)


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "true 或 false"
    if isinstance(value, int | float):
        return "数字"
    return "方括号" if isinstance(value, list) else "花括号"
