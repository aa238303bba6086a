"""What somebody would hear goes to whoever stands in for him."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers.discreet.accused import is_accused
from handlers.effects import Tell
from handlers.people.deputies import stand_in
from handlers.talk.signals import is_petition
from handlers.wording import Wording
from models.codes import PostKind
from models.tables import Person
from models.uow import UnitOfWork

_WORK = frozenset({PostKind.NOTICE, PostKind.EMERGENCY})


def routed(uow: UnitOfWork, words: Wording, tell: Tell, now: datetime) -> Sequence[Tell]:
    """To whom a private line really goes: to the deputy instead, of an emergency to both.

    It stays with the person himself where it is not his work: an answer, what he asked for himself, a wish that he
    has claimed; and talk of a petition, which is for one leader alone. Reminders and digests are made for the right
    person from the start.
    """
    if tell.person_id is None or tell.kind not in _WORK or not (tell.tickets or tell.signals):
        return (tell,)
    person = uow.people.get(tell.person_id)
    deputy = stand_in(uow, person, now)
    if deputy.id == person.id or not _is_work(uow, tell, person, deputy):
        return (tell,)
    copy = replace(tell, person_id=deputy.id, text=words.say("deputy.for", name=person.name, text=tell.text))
    return (tell, copy) if tell.kind is PostKind.EMERGENCY else (copy,)


def _is_work(uow: UnitOfWork, tell: Tell, person: Person, deputy: Person) -> bool:
    for ticket_id in tell.tickets:
        ticket = uow.tickets.get(ticket_id)
        if uow.tickets.requester(ticket_id, person.id) is not None:
            return False
        if ticket.private and uow.tickets.requester(ticket_id, deputy.id) is not None:
            return False  # it is about the deputy himself
        if is_accused(uow, ticket, deputy.id):
            return False
        if uow.wishes.of(ticket_id, person.id) is not None:
            return False
    signals = (uow.signals.get(signal_id) for signal_id in tell.signals)
    return not any(
        signal is not None
        and (is_petition(signal) or signal.person_id == deputy.id or is_accused(uow, signal, deputy.id))
        for signal in signals
    )
