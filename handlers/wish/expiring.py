"""Claims that come to nothing: who claimed a wish himself loses it; who was given one is asked after first.

A wish that somebody was given (交办) is not put back on the menu in silence: whoever gave it hears that nothing came of
it, and some days later it is his again to give to somebody.
"""

from datetime import datetime, timedelta

from handlers.alarm import recalling
from handlers.discreet.standing import label_to
from handlers.effects import Effect, Remind, Say, Tell
from handlers.setting import Setting
from handlers.wish import offering
from handlers.wish.claims import claim_period
from handlers.wish.helpers import IN_HAND, release
from models.codes import STAFF, PostKind
from models.states import Move
from models.tables import Person, Schedule
from models.ticket_tables import Claim, Ticket
from models.uow import UnitOfWork

CLAIM_BACK = "claim_back"
"""The kind of schedule that takes back what somebody was given, after whoever gave it has heard of it."""


def expire(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """The clock: a claim is too old. It ends, and its seat is offered again; those who help too keep theirs."""
    ticket = uow.tickets.get(schedule.subject)
    live = _live_claim(uow, schedule, ticket)
    if live is None or ticket.status not in IN_HAND:
        return []
    if live.assigned:
        return _tell_giver(uow, setting, ticket, live, schedule, now)
    release(uow, ticket, live, Move.EXPIRE, "expired", at=now, actor_id=None)
    text = setting.words.say(
        "wish.expired", label=label_to(uow, setting, ticket, live.person_id, now), number=ticket.number
    )
    effects: list[Effect] = [Tell(live.person_id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)]
    if ticket.room_id is not None and not ticket.private:
        again = offering.open_again(uow, setting, ticket)
        effects.append(Say(ticket.room_id, PostKind.NOTICE, again, (ticket.id,)))
    effects += offering.put_on_list(uow, setting, ticket, now)
    return effects + recalling.left(uow, setting, ticket, live.person_id, now)


def take_back(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """The clock: what somebody was given is taken back, and stands with whoever gives it to somebody else."""
    ticket = uow.tickets.get(schedule.subject)
    live = _live_claim(uow, schedule, ticket)
    if live is None or ticket.status not in IN_HAND:
        return []
    giver = giver_of(uow, ticket, live)
    release(uow, ticket, live, Move.EXPIRE, "expired", at=now, actor_id=None)
    offering.put_to_branch(uow, setting, ticket, now)
    label = label_to(uow, setting, ticket, None if giver is None else giver.id, now)
    helper = _name(setting, uow.people.get(live.person_id))
    his = label_to(uow, setting, ticket, live.person_id, now)
    away = setting.words.say("wish.taken_back", label=his, name=_name(setting, giver))
    back = setting.words.say("wish.back_to_giver", label=label, number=ticket.number, name=helper)
    return [
        Tell(live.person_id, PostKind.NOTICE, away, (ticket.id,), room_id=ticket.room_id),
        _to_giver(ticket, giver, back),
        *recalling.left(uow, setting, ticket, live.person_id, now),
    ]


def giver_of(uow: UnitOfWork, wish: Ticket, live: Claim) -> Person | None:
    """Who gave it to that helper, if he works there still; else whoever gives wishes to somebody there."""
    steps = (event for event in reversed(uow.tickets.events(wish.id)) if event.data.get("by") == live.person_id)
    by = next((event.actor_id for event in steps if event.kind == Move.ASSIGN), None)
    if by is not None and by != live.person_id:
        giver = uow.people.get(by)
        if giver.erased_at is None and uow.people.roles_at(by, uow.places.node(wish.node_id)) & STAFF:
            return giver
    return offering.branch_of(uow, wish)


def _tell_giver(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, live: Claim, schedule: Schedule, now: datetime
) -> list[Effect]:
    rule = setting.policy.claims
    giver = giver_of(uow, ticket, live)
    text = setting.words.say(
        "wish.given_in_vain",
        label=label_to(uow, setting, ticket, None if giver is None else giver.id, now),
        number=ticket.number,
        name=_name(setting, uow.people.get(live.person_id)),
        days=f"{rule.expire_days:g}",
        left=f"{rule.remind_days:g}",
    )
    last = setting.words.say(
        "wish.last_days",
        label=label_to(uow, setting, ticket, live.person_id, now),
        number=ticket.number,
        left=f"{rule.remind_days:g}",
    )
    return [
        _to_giver(ticket, giver, text),
        Tell(live.person_id, PostKind.NOTICE, last, (ticket.id,), room_id=ticket.room_id, valid_in=IN_HAND),
        Remind(CLAIM_BACK, ticket.id, schedule.period, now + timedelta(days=rule.remind_days)),
    ]


def _to_giver(ticket: Ticket, giver: Person | None, text: str) -> Tell:
    to = None if giver is None else giver.id
    return Tell(to, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)


def _name(setting: Setting, person: Person | None) -> str:
    name = "" if person is None else person.name
    return name or setting.words.say("name.leader" if person is None else "name.somebody")


def _live_claim(uow: UnitOfWork, schedule: Schedule, ticket: Ticket) -> Claim | None:
    """The claim that the look is about, if it lives and the look was planned since it last began."""
    live = uow.wishes.live(ticket.id)
    return next((claim for claim in live if claim_period(ticket, claim) == schedule.period), None)
