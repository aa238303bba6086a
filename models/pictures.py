"""The pictures of tickets, within one unit of work. Their bytes lie in the media folder."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from models.ticket_tables import Source, StoredAttachment


class Pictures:
    """Which pictures belong to which ticket, by the hash of their bytes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, picture: StoredAttachment) -> None:
        self._session.add(picture)

    def of(self, ticket_id: str) -> Sequence[StoredAttachment]:
        """The pictures of a ticket, in the order in which they came."""
        query = select(StoredAttachment).where(StoredAttachment.ticket_id == ticket_id)
        return self._session.exec(query.order_by(col(StoredAttachment.id))).all()

    def drop(self, *, ticket_id: str | None = None, person_id: str | None = None) -> list[str]:
        """Delete the pictures of a ticket, or of a person's messages; returns the hashes of their files."""
        message = (Source.account == StoredAttachment.account, Source.message_id == StoredAttachment.message_id)
        said = select(Source).where(*message, Source.person_id == person_id).exists()
        query = select(StoredAttachment).where(said if ticket_id is None else StoredAttachment.ticket_id == ticket_id)
        rows = self._session.exec(query).all()
        for row in rows:
            self._session.delete(row)
        self._session.flush()
        return sorted({row.sha256 for row in rows if row.sha256 is not None})

    def drop_of(self, account: str, message_id: str) -> list[str]:
        """Delete the pictures of one message; returns the hashes of their files."""
        its = (StoredAttachment.account == account, StoredAttachment.message_id == message_id)
        rows = self._session.exec(select(StoredAttachment).where(*its)).all()
        for row in rows:
            self._session.delete(row)
        self._session.flush()
        return sorted({row.sha256 for row in rows if row.sha256 is not None})

    def has(self, sha256: str) -> bool:
        """Whether any ticket still has the picture of that hash."""
        query = select(StoredAttachment.id).where(StoredAttachment.sha256 == sha256)
        return self._session.exec(query).first() is not None
