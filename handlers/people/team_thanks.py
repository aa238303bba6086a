"""Those who said that they come (应召) hear once that what they were called for has ended."""

from collections.abc import Iterable
from datetime import datetime

from handlers.effects import Effect, Say, Tell
from handlers.setting import Setting
from models.codes import PostKind
from models.states import ENDED, FINISHED, Move
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

CALLED, CAME = "teams_called", "team_came"
"""Steps of a history: which teams and whom; who said that he comes."""
_ENDS = frozenset({Move.RESOLVE, Move.DO, Move.REJECT, Move.WITHDRAW, Move.MERGE, Move.HAND_OVER})
"""What ends it for whoever comes; that it is rated later is nothing to him."""


def lines(uow: UnitOfWork, setting: Setting, said: Iterable[Effect], now: datetime) -> list[Effect]:
    """One line to each who comes to a matter that has ended in this unit of work, but to who is told of it anyway."""
    found: list[Effect] = []
    for ticket in list(uow.tickets.moved.values()):
        here = setting.of(uow, ticket)
        if here.policy.teams.named and ticket.status in ENDED | FINISHED:
            found += _of(uow, here, ticket, said, now)
    return found


def _of(uow: UnitOfWork, setting: Setting, ticket: Ticket, said: Iterable[Effect], now: datetime) -> list[Effect]:
    events = uow.tickets.events(ticket.id)
    end = next((event for event in reversed(events) if event.kind in _ENDS), None)
    if end is None or end.at != now:
        return []
    begun = max((event.seq for event in events if event.kind in _ENDS and event.seq < end.seq), default=-1)
    came = [event.actor_id for event in events if event.kind == CAME and event.seq > begun]
    told = {one.person_id for one in said if isinstance(one, Say | Tell) and ticket.id in one.tickets}
    text = setting.words.say(
        "team.over", label=setting.label(ticket, group=True), status=setting.status(ticket), number=ticket.number
    )
    return [
        Tell(person_id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)
        for person_id in dict.fromkeys(came)
        if person_id is not None
        and person_id not in told
        and person_id != end.actor_id
        and uow.people.get(person_id).erased_at is None
    ]
