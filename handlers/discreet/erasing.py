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
from models.tickets import ASIDE, LATER
from models.uow import UnitOfWork
from nlp.understanding import Flag

DISCARD = "discard"
SOON = timedelta(minutes=1)
_SENSITIVE = frozenset({Flag.HEALTH.value, Flag.MINOR.value})
_NOT_KEPT = _SENSITIVE | {UNREAD, ASIDE}
"""What may not be kept, and what may be just that for all that is known."""


def erase_at_end(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> list[Effect]:
    """Once a matter of health or of children, or one that nobody understood, has ended, no words of it are kept.

    The history stays, without words. Where only a later step speaks of such, the matter keeps its own: it may be
    reopened. To be called after the last texts about the ticket were made.
    """
    if ticket.status not in ENDED or ticket.status is Status.MERGED:
        return []  # what was merged goes on, and may come back
    gone = [one for one in (ticket, *uow.unions.inside(ticket.id)) if _NOT_KEPT & set(one.flags)]
    return [effect for one in gone for effect in _erase(uow, setting, one, now)]


def _erase(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> list[Effect]:
    title = setting.words.say("privacy.closed_title")
    if _only_later(setting, ticket):
        pictures = _erase_steps(uow, setting, ticket, now)
    else:
        uow.erasing.erase_words(ticket, at=now)
        ticket.title, ticket.place, ticket.evidence = title, None, []
        pictures = uow.pictures.drop(ticket_id=ticket.id)
    ticket.waiting_for = None
    for row in uow.outbox.touching(ticket.id, OVER):
        row.text = ""
    uow.feedback.blank_of([ticket.id])
    uow.records.erase_about(ticket.id, title)
    return discard(pictures, now)


def _only_later(setting: Setting, ticket: Ticket) -> bool:
    """Whether what the ticket is about may be kept, and only steps of it speak of what may not."""
    if LATER not in ticket.flags or {UNREAD, ASIDE} & set(ticket.flags):
        return False
    return not setting.delicate(f"{ticket.title}，{ticket.place or ''}") & _SENSITIVE


def _erase_steps(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> list[str]:
    """Erase the steps that speak of health or of children, and the pictures of whoever said so; their hashes."""
    gone = [word for word in uow.tickets.texts(ticket.id).values() if setting.delicate(word.text) & _SENSITIVE]
    uow.erasing.erase_words(ticket, at=now, seqs=[word.seq for word in gone])
    authors = {word.author_id for word in gone} - {None}
    sources = [source for source in uow.tickets.sources(ticket.id) if source.person_id in authors]
    return [name for source in sources for name in uow.pictures.drop_of(source.account, source.message_id)]


def discard(hashes: Iterable[str], now: datetime) -> list[Effect]:
    """Look at the files of deleted pictures when that is committed: another ticket may have the same picture."""
    return [Remind(DISCARD, sha256, now.isoformat(), now + SOON) for sha256 in hashes]
