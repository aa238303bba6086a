"""The frames of the long connection: {cmd, headers: {req_id}, body} and answers {headers: {req_id}, errcode, body}."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SUBSCRIBE = "aibot_subscribe"
PING = "ping"
RESPOND = "aibot_respond_msg"
SEND = "aibot_send_msg"
UPLOAD_INIT = "aibot_upload_media_init"
UPLOAD_CHUNK = "aibot_upload_media_chunk"
UPLOAD_FINISH = "aibot_upload_media_finish"
MESSAGE = "aibot_msg_callback"
EVENT = "aibot_event_callback"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. cmd is empty in an answer, code None in a request. repr() holds no body."""

    cmd: str
    req_id: str
    body: Mapping[str, Any]
    code: int | None = None

    def __repr__(self) -> str:
        return f"Frame({self.cmd!r}, {self.req_id!r}, code={self.code})"


def encode(cmd: str, req_id: str, body: Mapping[str, Any] | None = None) -> str:
    """A request as text."""
    frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": req_id}}
    if body is not None:
        frame["body"] = body
    return json.dumps(frame, ensure_ascii=False)


def decode(text: str) -> Frame | None:
    """A frame of the server, or None for what is none."""
    try:
        raw = json.loads(text)
    except ValueError:
        return None
    if not isinstance(raw, dict):
        return None
    headers, body, code, cmd = raw.get("headers"), raw.get("body"), raw.get("errcode"), raw.get("cmd")
    req_id = headers.get("req_id") if isinstance(headers, dict) else None
    return Frame(
        cmd=cmd if isinstance(cmd, str) else "",
        req_id=req_id if isinstance(req_id, str) else "",
        body=body if isinstance(body, dict) else {},
        code=code if isinstance(code, int) and not isinstance(code, bool) else None,
    )


def new_id(cmd: str) -> str:
    """An id for a request; it begins with the command, as the server's own client has it."""
    return f"{cmd}_{secrets.token_hex(8)}"
