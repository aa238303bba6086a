"""Who may read what somebody wrote behind a command (办结, 等待, 退回 …). The one rule for all who show such words:

- a group of residents reads only what was said in such a group, masked, and nothing of a matter without words;
- staff of the place read all of it;
- whoever asked reads what is meant for him, masked but for the numbers that he gave himself; who only joined reads
  nothing of a matter without words;
- whoever helps reads it as he reads the matter: as a group until the contact is his, if it is a wish;
- what is delicate (health, children, blows, quarrels, owed wages, despair, petitions, of whomever) goes to nobody but
  staff. Whoever wrote it, if he might think otherwise, is told so.
"""

import re

from handlers.context import Context
from handlers.discreet.standing import Kind
from handlers.discreet.wordless import wordless
from handlers.wish.nameless import unnamed
from models.codes import RoomPurpose
from models.masking import mask, short
from models.tables import Person
from models.ticket_tables import Ticket

REASON_LENGTH = 60
_NUMBER = re.compile(r"\d{3,}")
ALOUD = "aloud"
"""Key in the data of a step: its words were said in a group of residents."""


def is_aloud(ctx: Context) -> bool:
    """Whether the speaker speaks in a group of residents, so that all of them have read his words."""
    return ctx.room is not None and ctx.room.purpose is RoomPurpose.RESIDENTS


def is_delicate(ctx: Context, words: str) -> bool:
    """Whether words are for staff alone, whatever they were written for."""
    return bool(words) and bool(ctx.setting.delicate(words))


def for_group(ctx: Context, ticket: Ticket, words: str, *, aloud: bool) -> str:
    """As much of the words as a group may read; aloud: they were said in one."""
    if not aloud or wordless(ticket) or is_delicate(ctx, words):
        return ""
    return mask(unnamed(ctx, ticket, words))


def for_person(ctx: Context, ticket: Ticket, person: Person | None, words: str) -> str:
    """As much of the words as somebody may read who asked for the ticket or has it; None: whoever leads there."""
    if person is None or ctx.may_be_read(ticket, person, Kind.NOTES):
        return words
    if is_delicate(ctx, words):
        return ""
    if ctx.may_be_read(ticket, person, Kind.WORDS):
        asked = ctx.uow.tickets.requester(ticket.id, person.id) is not None
        return mask(words) if asked and not _gave(ticket, words) else words
    return mask(words) if ctx.may_be_read(ticket, person, Kind.OUTLINE) else ""


def _gave(ticket: Ticket, words: str) -> bool:
    """Whether every longer number in the words stands in the matter as it was said."""
    return all(number in f"{ticket.title} {ticket.place}" for number in _NUMBER.findall(words))


def reason_for(ctx: Context, ticket: Ticket, person: Person | None, words: str) -> str:
    """The reason as somebody is told it, on one line: that there was none, or whom to ask for it."""
    read = for_person(ctx, ticket, person, words)
    if words and not read:
        return ctx.say("discretion.ask_leader")
    return short(read, REASON_LENGTH) or ctx.say("name.no_reason")


def kept_back(ctx: Context, ticket: Ticket, words: str) -> str:
    """What whoever wrote words in private is told that went no further. Of what is private none do."""
    if ctx.room is not None or ticket.private:
        return ""
    if is_delicate(ctx, words):
        return ctx.say("discretion.kept_back")
    return ctx.say("discretion.masked") if mask(words) != words and not _gave(ticket, words) else ""
