"""Words and pictures that must not stay: of sensitive matters when they end, and the files of pictures."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from handlers.discreet.wordless import UNREAD
from handlers.effects import Effect, Remind
from handlers.setting import Setting
from models.codes import Status
from models.outbox import OVER
from models.states import ENDED
from models.ticket_tables import Ticket
from models.tickets import ASIDE
from models.uow import UnitOfWork
from nlp.understanding import Flag

DISCARD = "discard"
SOON = timedelta(minutes=1)
_NOT_KEPT = frozenset({Flag.HEALTH.value, Flag.MINOR.value, UNREAD, ASIDE})
"""What may not be kept, and what may be just that for all that is known."""


def erase_at_end(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> list[Effect]:
    """Once a matter of health or of children, or one that nobody understood, has ended, no words of it are kept.

    The history stays, without words. To be called after the last texts about the ticket were made.
    """
    if ticket.status not in ENDED or ticket.status is Status.MERGED:
        return []  # what was merged goes on, and may come back
    gone = [one for one in (ticket, *uow.unions.inside(ticket.id)) if _NOT_KEPT & set(one.flags)]
    return [effect for one in gone for effect in _erase(uow, setting, one, now)]


def _erase(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> list[Effect]:
    uow.erasing.erase_words(ticket, at=now)
    ticket.waiting_for = None
    ticket.title, ticket.place, ticket.evidence = setting.words.say("privacy.closed_title"), None, []
    for row in uow.outbox.touching(ticket.id, OVER):
        row.text = ""
    uow.feedback.blank_of([ticket.id])
    uow.records.erase_about(ticket.id, ticket.title)
    return discard(uow.pictures.drop(ticket_id=ticket.id), now)


def discard(hashes: Iterable[str], now: datetime) -> list[Effect]:
    """Look at the files of deleted pictures when that is committed: another ticket may have the same picture."""
    return [Remind(DISCARD, sha256, now.isoformat(), now + SOON) for sha256 in hashes]
