"""The append-only history of a ticket (一事一册): hashing, and finding what was tampered with.

The hash of an event covers codes, times, opaque person ids and sha256(salt ‖ text), chained to
the event before it. The words themselves stand apart (EventText): erasing them deletes salt and
text and appends an *erased* event that names their seq; verification accepts exactly that.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from models.codes import Status
from models.history_tables import EventText, TicketEvent
from models.ticket_tables import Ticket

ERASED = "erased"
GENESIS = "0" * 64


def text_hash(salt: str, text: str) -> str:
    """Hex sha256 of salt and text; without the salt a short text cannot be guessed from it."""
    return hashlib.sha256(f"{salt}\x1f{text}".encode()).hexdigest()


def event_hash(event: TicketEvent) -> str:
    """Hex sha256 of everything in the event but its own hash and row id."""
    content: Mapping[str, Any] = {
        "ticket": event.ticket_id,
        "seq": event.seq,
        "at": _moment(event.at),
        "kind": event.kind,
        "actor": event.actor_id,
        "from": event.from_status,
        "to": event.to_status,
        "data": event.data,
        "text": event.text_hash,
        "prev": event.prev_hash,
    }
    packed = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()


def next_event(
    last: TicketEvent | None,
    *,
    ticket_id: str,
    at: datetime,
    kind: str,
    actor_id: str | None,
    from_status: Status | None,
    to_status: Status,
    data: dict[str, Any],
    words: EventText | None,
) -> TicketEvent:
    """The event that follows last (None: the first), hashed. words belong to it, if any.

    Raises ValueError or TypeError when data is nothing that JSON holds on every database.
    """
    # As it will be read again: keys as text, tuples as lists. NaN and infinity are no JSON.
    data = json.loads(json.dumps(data, allow_nan=False))
    event = TicketEvent(
        ticket_id=ticket_id,
        seq=1 if last is None else last.seq + 1,
        at=at.astimezone(UTC),
        kind=str(kind),
        actor_id=actor_id,
        from_status=from_status,
        to_status=to_status,
        data=data,
        text_hash=None if words is None else text_hash(words.salt, words.text),
        prev_hash=GENESIS if last is None else last.hash,
        hash="",
    )
    event.hash = event_hash(event)
    return event


def append(
    session: Session,
    new_id: Callable[[], str],
    ticket: Ticket,
    kind: str,
    *,
    at: datetime,
    actor_id: str | None,
    before: Status | None,
    words: str,
    data: dict[str, Any],
) -> TicketEvent:
    """Write what has just happened to the ticket as the last event of its history, with its words apart."""
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(col(TicketEvent.seq).desc())
    last = session.exec(query.limit(1)).first()
    spoken = None
    if words:
        seq = 1 if last is None else last.seq + 1
        spoken = EventText(ticket_id=ticket.id, seq=seq, author_id=actor_id, salt=new_id(), text=words)
        session.add(spoken)
    event = next_event(
        last,
        ticket_id=ticket.id,
        at=at,
        kind=kind,
        actor_id=actor_id,
        from_status=before,
        to_status=ticket.status,
        data=data,
        words=spoken,
    )
    session.add(event)
    session.flush()
    return event


@dataclass(frozen=True, slots=True)
class Damage:
    """A place where a history does not verify; seq is None for damage of the whole chain."""

    ticket_id: str
    seq: int | None
    what: str


def verify(ticket_id: str, status: Status, events: Sequence[TicketEvent], words: Iterable[EventText]) -> list[Damage]:
    """Check one ticket's chain against its current status. events in order of seq. Empty = intact."""
    damage: list[Damage] = []
    spoken = {word.seq: word for word in words}
    textless = {event.seq for event in events if event.text_hash is None}
    erased = {seq for event in events if event.kind == ERASED for seq in event.data.get("seqs", ())}
    previous = GENESIS
    for place, event in enumerate(events, start=1):
        if event.seq != place:
            damage.append(Damage(ticket_id, place, "missing"))
            break
        if event.prev_hash != previous or event.hash != event_hash(event):
            damage.append(Damage(ticket_id, event.seq, "changed"))
            break
        if event.text_hash is not None:
            word = spoken.get(event.seq)
            if word is None and event.seq not in erased:
                damage.append(Damage(ticket_id, event.seq, "text_missing"))
            elif word is not None and event.seq in erased:
                damage.append(Damage(ticket_id, event.seq, "text_kept"))
            elif word is not None and not _belongs(word, event):
                damage.append(Damage(ticket_id, event.seq, "text_changed"))
        previous = event.hash
    known = {event.seq for event in events}
    damage += [
        Damage(ticket_id, seq, "text_added")
        for seq in sorted(spoken)
        if seq in textless or (events and seq not in known)
    ]
    if not events:
        damage.append(Damage(ticket_id, None, "empty"))
    elif not damage and events[-1].to_status != status:
        damage.append(Damage(ticket_id, None, "status"))
    return damage


def _belongs(word: EventText, event: TicketEvent) -> bool:
    return word.author_id == event.actor_id and text_hash(word.salt, word.text) == event.text_hash


def seal_hash(previous: str, events: Iterable[TicketEvent]) -> tuple[int, str]:
    """Number of events and hex sha256 over their hashes, chained to the seal before."""
    digest = hashlib.sha256(previous.encode())
    count = 0
    for line in sorted(f"{event.ticket_id}:{event.seq}:{event.hash}" for event in events):
        digest.update(line.encode())
        count += 1
    return count, digest.hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
