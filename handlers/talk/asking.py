"""What is still missing of a snapshot (随手拍), how it is asked for, and what happens when nobody says it."""

from collections.abc import Sequence
from datetime import datetime

from handlers.answering import tell
from handlers.discreet.standing import label_to
from handlers.effects import Effect
from handlers.setting import Setting
from handlers.ticket import charge
from models.codes import PostKind
from models.states import FINISHED
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

ASKED = "asked"
"""The step of a ticket's history that says what is still missing of a snapshot; its data, in codes."""
SNAPSHOT = "snapshot"
"""The kind of schedule: the end of the question."""
PLACE, TYPE, URGENCY = "place", "type", "urgency"


def give_up(uow: UnitOfWork, setting: Setting, ticket_id: str, now: datetime) -> list[Effect]:
    """Nobody answered: whoever has it hears what nobody said, if he needs it to go there."""
    ticket = uow.tickets.get(ticket_id)
    asked = [event for event in uow.tickets.events(ticket_id) if event.kind == ASKED]
    missing = [name for name in still(ticket, asked[-1].data["missing"] if asked else ()) if name != URGENCY]
    if not missing or ticket.status in FINISHED or ticket.closed_at is not None:
        return []
    people = [uow.people.get(row.person_id).name for row in uow.tickets.requesters(ticket_id)]
    has = charge.in_charge(uow, ticket)
    text = setting.words.say(
        "snap.unanswered",
        label=label_to(uow, setting, ticket, None if has is None else has.id, now),
        missing=in_words(setting, missing),
        people="、".join(people) or setting.words.say("name.somebody"),
    )
    return [tell(has, PostKind.NOTICE, text, ticket)]


def still(ticket: Ticket, missing: Sequence[str]) -> list[str]:
    """What is missing now: what was said in the group since counts too."""
    return [name for name in missing if name != PLACE or ticket.place is None]


def in_words(setting: Setting, missing: Sequence[str]) -> str:
    rule = setting.policy.snapshots
    types = "、".join(one.name for one in rule.types) or setting.words.say("name.none")
    degrees = "、".join(one.name for one in rule.urgencies)
    return "；".join(setting.words.say(f"snap.{name}", types=types, degrees=degrees) for name in missing)
