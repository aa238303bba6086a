"""Erasing the words and names of tickets, within one unit of work."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from models.history import ERASED
from models.history_tables import EventText
from models.tables import Person
from models.ticket_tables import Requester, Source, Ticket
from models.tickets import Tickets


class Erasing:
    """Takes away what leads to people; numbers, times and codes stay."""

    def __init__(self, session: Session, tickets: Tickets) -> None:
        self._session = session
        self._tickets = tickets

    def kept_since(self, before: datetime, limit: int) -> list[Ticket]:
        """The first of those that ended before that moment and still have words and names."""
        query = select(Ticket).where(col(Ticket.anonymised_at).is_(None), col(Ticket.closed_at) < before)
        return list(self._session.exec(query.order_by(col(Ticket.closed_at), col(Ticket.id)).limit(limit)).all())

    def unname(self, ticket: Ticket, nobody: Callable[[int], Person]) -> None:
        """Put nobody in the place of each who asked: how many they were, when and how they rated stays."""
        asked = select(Requester.person_id).where(Requester.ticket_id == ticket.id)
        asked = asked.order_by(col(Requester.joined_at), col(Requester.position))
        for place, person_id in enumerate(self._session.exec(asked).all()):
            which = (col(Requester.ticket_id) == ticket.id, col(Requester.person_id) == person_id)
            self._session.exec(update(Requester).where(*which).values(person_id=nobody(place).id))
        self._session.exec(update(Source).where(col(Source.ticket_id) == ticket.id).values(person_id=None))

    def naming(self, ticket: Ticket, names: Collection[str], without: Collection[str]) -> int:
        """How many texts of the history have one of these names in them; without: of these authors none count."""
        return len(self._naming(ticket, names, without))

    def _naming(self, ticket: Ticket, names: Collection[str], without: Collection[str]) -> list[EventText]:
        texts = self._tickets.texts(ticket.id).values()
        others = (word for word in texts if word.author_id not in without)
        return [word for word in others if any(name in word.text for name in names)]

    def erase_words(
        self,
        ticket: Ticket,
        *,
        at: datetime,
        author_id: str | None = None,
        seqs: Collection[int] | None = None,
        names: Collection[str] = (),
        without: Collection[str] = (),
    ) -> int:
        """Delete words of the history (of one author, some steps, or all) and say so in an event; returns how many.

        names: what others wrote goes too where it has one of these names in it, but not of the authors in without.
        """
        rows = [word for word in self._tickets.texts(ticket.id).values() if author_id in (None, word.author_id)]
        if seqs is not None:
            rows = [word for word in rows if word.seq in seqs]
        known = {word.seq for word in rows}
        rows += [word for word in self._naming(ticket, names, without) if word.seq not in known]
        if not rows:
            return 0
        gone = sorted(word.seq for word in rows)
        self._session.exec(delete(EventText).where(col(EventText.ticket_id) == ticket.id, col(EventText.seq).in_(gone)))
        self._tickets.record(ticket, ERASED, at=at, actor_id=None, data={"seqs": gone})
        return len(gone)
