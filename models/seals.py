"""Daily seals over all histories, and the check of everything (xiaoshao doctor)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from models.history import GENESIS, Damage, seal_hash, verify
from models.ticket_tables import EventText, Seal, Ticket, TicketEvent

LAG = timedelta(minutes=10)
"""Events this young are left for the next seal: another process may still be committing them."""


class Seals:
    """Sealing and verifying within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seal(self, day: str, now: datetime) -> Seal:
        """Hash everything that happened since the last seal. A day is sealed once."""
        existing = self._session.exec(select(Seal).where(Seal.day == day)).first()
        if existing is not None:
            return existing
        last = self._session.exec(select(Seal).order_by(col(Seal.id).desc()).limit(1)).first()
        since = None if last is None else last.until
        previous = GENESIS if last is None else last.hash
        # A clock that was set back must not make a period that ends before it begins.
        until = now - LAG if since is None else max(since, now - LAG)
        count, digest = seal_hash(previous, self._between(since, until))
        seal = Seal(day=day, since=since, until=until, events=count, prev_hash=previous, hash=digest)
        self._session.add(seal)
        self._session.flush()
        return seal

    def damage(self) -> Iterator[Damage]:
        """Everything that does not verify: single chains first, then the daily seals."""
        for ticket in self._session.exec(select(Ticket).order_by(col(Ticket.id))).all():
            events = self._session.exec(
                select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(col(TicketEvent.seq))
            ).all()
            words = self._session.exec(select(EventText).where(EventText.ticket_id == ticket.id)).all()
            yield from verify(ticket.id, ticket.status, events, words)
        previous = GENESIS
        for seal in self._session.exec(select(Seal).order_by(col(Seal.id))).all():
            count, digest = seal_hash(previous, self._between(seal.since, seal.until))
            if seal.prev_hash != previous or (count, digest) != (seal.events, seal.hash):
                yield Damage(seal.day, None, "seal")
            previous = seal.hash

    def _between(self, since: datetime | None, until: datetime) -> Iterator[TicketEvent]:
        query = select(TicketEvent).where(col(TicketEvent.at) <= until)
        if since is not None:
            query = query.where(col(TicketEvent.at) > since)
        yield from self._session.exec(query).all()
