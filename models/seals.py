"""Daily seals over all histories, and the check of everything (xiaoshao doctor)."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select, update

from models.history import GENESIS, Damage, seal_hash, verify
from models.history_tables import EventText, Seal, TicketEvent
from models.ticket_tables import Ticket


class Seals:
    """Sealing and verifying within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seal(self, day: str, now: datetime) -> Seal:
        """Hash every event that no seal holds yet. A day is sealed once.

        An event is claimed by its row and not by its time or id: a clock may be set back, and
        what another process commits later may carry a lower id. It waits for the next seal.
        """
        existing = self._session.exec(select(Seal).where(Seal.day == day)).first()
        if existing is not None:
            return existing
        last = self._session.exec(select(Seal).order_by(col(Seal.id).desc()).limit(1)).first()
        previous = GENESIS if last is None else last.hash
        self._session.exec(update(TicketEvent).where(col(TicketEvent.sealed_on).is_(None)).values(sealed_on=day))
        count, digest = seal_hash(previous, self._held(day))
        seal = Seal(day=day, at=now, events=count, prev_hash=previous, hash=digest)
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
        missing = set(self._session.exec(select(TicketEvent.sealed_on).distinct()).all()) - {None}
        for seal in self._session.exec(select(Seal).order_by(col(Seal.id))).all():
            count, digest = seal_hash(previous, self._held(seal.day))
            if seal.prev_hash != previous or (count, digest) != (seal.events, seal.hash):
                yield Damage(seal.day, None, "seal")
            previous = seal.hash
            missing.discard(seal.day)
        yield from (Damage(day, None, "seal") for day in sorted(filter(None, missing)))

    def _held(self, day: str) -> Sequence[TicketEvent]:
        """The events that the seal of that day holds."""
        return self._session.exec(select(TicketEvent).where(TicketEvent.sealed_on == day)).all()
