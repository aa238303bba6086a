"""What ended long ago is anonymised: its words, pictures and people go, what is counted stays (保存期)."""

from datetime import datetime

from handlers.discreet.erasing import SOON, discard
from handlers.effects import Effect, Remind
from handlers.moments import months_before
from handlers.setting import Setting
from models.masking import to_building
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

RETENTION = "retention"
"""The kind of schedule: begun by each night's housekeeping."""
BATCH = 50
"""Tickets of one commit, so that nobody waits for a lock; the next batch follows a minute later."""


def expire(uow: UnitOfWork, setting: Setting, period: str, now: datetime) -> list[Effect]:
    """Anonymise the first batch of what ended before the policy's months, and plan the next one if there is more.

    period: the night, with a number behind it from the second batch on.
    """
    before = months_before(now, setting.policy.privacy.keep_closed_months, setting.policy.zone)
    tickets = uow.erasing.kept_since(before, BATCH)
    effects = [effect for ticket in tickets for effect in anonymise(uow, setting, ticket, now)]
    records = uow.records.kept_since(before, BATCH)
    for record in records:
        effects += discard([*record.data.get("pictures", ()), *record.data.get("held", ())], now)
        uow.records.erase(record, setting.words.say("privacy.expired_title"), now)
    uow.points.blank_old(before)
    visits_before = months_before(now, setting.policy.visits.keep_months, setting.policy.zone)
    files, notes = uow.records.visits_since(visits_before, BATCH)
    for file in files:
        uow.records.end(file, now)
        uow.records.erase(file, setting.words.say("privacy.expired_title"), now)
    for note in notes:
        note.text = ""
    if BATCH in (len(tickets), len(records), len(files), len(notes)):
        night, _, step = period.partition(".")
        effects.append(Remind(RETENTION, "all", f"{night}.{int(step or 1) + 1}", now + SOON))
    return effects


def anonymise(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> list[Effect]:
    """Take away everything that says who asked, and what was said.

    Numbers, codes, times, ratings and the history with its hashes stay: it names people by opaque ids only, and says
    itself that its words were erased. Who handled the matter did so in office and stays.
    """
    uow.outbox.blank(ticket.id)
    uow.erasing.erase_words(ticket, at=now)
    uow.feedback.blank_of([ticket.id])
    uow.erasing.unname(ticket, lambda place: uow.people.nobody(place, now))
    ticket.title, ticket.evidence, ticket.waiting_for = setting.words.say("privacy.expired_title"), [], None
    uow.records.erase_about(ticket.id, ticket.title)
    ticket.place = None if ticket.place is None else to_building(ticket.place)
    ticket.anonymised_at = now
    return discard(uow.pictures.drop(ticket_id=ticket.id), now)
