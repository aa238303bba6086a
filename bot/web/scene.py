"""The stage's values as the page's JSON. Times leave in the stage's zone, so the page needs no zone tables."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.web.stage import BoardTicket, Bubble, Stage, StagePerson, StageRoom

Json = dict[str, Any]


def dumps(value: object) -> bytes:
    """Compact UTF-8 JSON on one line, as a server-sent event needs it."""
    # A lone surrogate from a broken client must not take the whole stream down.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def local(at: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 to the second in the stage's zone: "2026-11-03T09:05:00+08:00"."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def room_json(room: StageRoom) -> Json:
    """A group chat."""
    return {
        "id": room.id,
        "name": room.name,
        "mode": room.mode,
        "mode_name": room.mode_name,
        "muted": room.muted,
    }


def person_json(person: StagePerson) -> Json:
    """Somebody to speak as."""
    return {
        "id": person.id,
        "name": person.name,
        "role_name": person.role_name,
        "rooms": list(person.rooms),
        "note": person.note,
    }


def bubble_json(bubble: Bubble, zone: ZoneInfo) -> Json:
    """One message; quote is null or {name, text}."""
    quote = None
    if bubble.quote_text is not None or bubble.quote_name is not None:
        quote = {"name": bubble.quote_name or "", "text": bubble.quote_text or ""}
    return {
        "id": bubble.id,
        "chat": bubble.chat,
        "sender": bubble.sender,
        "name": bubble.sender_name,
        "text": bubble.text,
        "at": local(bubble.at, zone),
        "picture": bubble.picture,
        "quote": quote,
    }


def ticket_json(ticket: BoardTicket, zone: ZoneInfo) -> Json:
    """A ticket or a signal with its history."""
    return {
        "number": ticket.number,
        "kind": ticket.kind,
        "kind_name": ticket.kind_name,
        "category_name": ticket.category_name,
        "status": ticket.status,
        "status_name": ticket.status_name,
        "room_name": ticket.room_name,
        "title": ticket.title,
        "place": ticket.place,
        "private": ticket.private,
        "urgency": ticket.urgency,
        "opened_at": local(ticket.opened_at, zone),
        "due_at": local(ticket.due_at, zone) if ticket.due_at else None,
        "overdue": ticket.overdue,
        "requesters": list(ticket.requesters),
        "handler": ticket.handler,
        "evidence": list(ticket.evidence),
        "history": [{"at": local(event.at, zone), "text": event.text} for event in ticket.history],
        "pictures": list(ticket.pictures),
    }


def village_json(stage: Stage) -> Json:
    """Rooms and people: what a "rooms" push carries."""
    return {
        "rooms": [room_json(room) for room in stage.rooms()],
        "people": [person_json(person) for person in stage.people()],
    }


async def scene_json(stage: Stage, epoch: str) -> Mapping[str, Any]:
    """All that the page shows. epoch names this run of the server: a page that sees a new one starts afresh."""
    zone = ZoneInfo(stage.zone)
    board = await stage.board()
    # No await below: bubbles, rooms and the time are of one moment.
    return {
        "epoch": epoch,
        "zone": stage.zone,
        "now": local(stage.now(), zone),
        **village_json(stage),
        "bubbles": [bubble_json(bubble, zone) for bubble in stage.bubbles()],
        "board": [ticket_json(ticket, zone) for ticket in board],
    }
