"""What a replay reports: posts, tickets, signals and the summary, as values and as JSON lines."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.replay.engine import ACCOUNT, Posted, Totals
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork


def post_row(posted: Posted, zone: ZoneInfo) -> dict[str, Any]:
    """A post as its JSON row."""
    post = posted.post
    row: dict[str, Any] = {"type": "post", "id": posted.id, "kind": post.kind.value}
    if post.room is not None:
        row["room"] = post.room
    else:
        row["to"] = post.to if post.to is not None else f"leader:{post.leader_of}"
    return row | {"text": post.text, "in_reply_to": post.in_reply_to, "at": stamp(post.at, zone)}


def ticket_rows(uow: UnitOfWork) -> list[dict[str, Any]]:
    """All tickets, by number."""
    tickets = sorted(uow.tickets.all(), key=lambda ticket: (ticket.number, ticket.scope_id))
    return [_ticket(uow, ticket) for ticket in tickets]


def signal_rows(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The signals that still wait for a leader, by number."""
    waiting = [signal for signal in uow.signals.all() if signal.status.value == "waiting"]
    return [_signal(uow, signal) for signal in sorted(waiting, key=lambda signal: signal.number)]


def summary(
    totals: Totals, tickets: list[dict[str, Any]], signals: list[dict[str, Any]], seconds: float
) -> dict[str, Any]:
    """The last row. What a later message made a part of a matter was not ignored after all."""
    held = {message for row in (*tickets, *signals) for message in row["messages"]}
    return {
        "type": "summary",
        "messages": totals.messages,
        "tickets": len(tickets),
        "signals": len(signals),
        "posts": totals.posts,
        "ignored": len(totals.passed_over - held),
        "seconds": round(seconds, 3),
    }


def line(row: dict[str, Any]) -> str:
    """One JSON line."""
    return json.dumps(row, ensure_ascii=False)


def stamp(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()


def _ticket(uow: UnitOfWork, ticket: Ticket) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": "ticket",
        "number": ticket.number,
        "kind": ticket.kind.value,
        "category": ticket.category,
        "status": ticket.status.value,
        "band": ticket.band,
        "private": ticket.private,
        "room": _room(uow, ticket.room_id),
        "place": ticket.place,
        "requesters": [_sender(uow, row.person_id) for row in uow.tickets.requesters(ticket.id)],
        "messages": [source.message_id for source in uow.tickets.sources(ticket.id)],
        "evidence": list(ticket.evidence),
    }
    if ticket.merged_into is not None:
        row["merged_into"] = uow.tickets.get(ticket.merged_into).number
    return row


def _signal(uow: UnitOfWork, signal: Signal) -> dict[str, Any]:
    assert signal.id is not None
    return {
        "type": "signal",
        "number": f"S{signal.number}",
        "kind": signal.kind.value,
        "category": signal.category,
        "status": signal.status.value,
        "band": "ask",
        "private": signal.kind.value == "dispute",
        "room": _room(uow, signal.room_id),
        "place": signal.place,
        "requesters": [] if signal.person_id is None else [_sender(uow, signal.person_id)],
        "messages": [source.message_id for source in uow.tickets.signal_sources(signal.id)],
        "evidence": list(signal.evidence),
    }


def _room(uow: UnitOfWork, room_id: int | None) -> str | None:
    return None if room_id is None else uow.places.room_by_id(room_id).external_id


def _sender(uow: UnitOfWork, person_id: str) -> str:
    identity = uow.people.identity_on(person_id, ACCOUNT)
    return "" if identity is None else identity.external_id
