"""What is not solved in time goes a level up by itself."""

from collections.abc import Sequence
from datetime import datetime

from handlers.clockwork import clocks
from handlers.clockwork.reminding import is_current
from handlers.discreet.accused import accused
from handlers.discreet.standing import label_to
from handlers.effects import Effect, Tell
from handlers.setting import Setting
from handlers.ticket import arriving, charge, steps
from handlers.ticket.passing import ESCALATED
from handlers.ticket.routing import take_from_all
from handlers.ticket.steps import Stop
from models.codes import PostKind, TicketKind
from models.states import ALIVE, ENDED, FINISHED
from models.tables import Person, Schedule
from models.ticket_tables import Ticket
from models.uow import UnitOfWork


def expire(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """The clock: to the nearest level above at which somebody leads, with the clocks of that level.

    Both sides are told. Where nobody is above, it stays: the leader has been reminded, and the digest names it. A wish
    stays too: a claim that came to nothing ends by itself.
    """
    ticket = uow.tickets.get(schedule.subject)
    if not is_current(uow, schedule, ticket) or ticket.status in ENDED | FINISHED or ticket.kind is TicketKind.WISH:
        return []
    if ticket.waiting_since is not None:
        return []
    routing = setting.policy.routing
    had = charge.in_charge(uow, ticket, routing=routing)
    if ahead := steps.before(steps.stops(uow, routing, ticket), ticket):
        return _next_step(uow, setting, ticket, had, ahead, now)
    found = None if steps.stops(uow, routing, ticket) else _next_level(uow, setting, ticket, had)
    if found is None:
        return []
    level, upper = found
    missed = setting.moment(ticket.solve_by or now)
    before, ticket.level, ticket.step = ticket.level, level, None
    take_from_all(ticket)
    uow.tickets.record(
        ticket, ESCALATED, at=now, actor_id=None, data={"from": before, "to": level, "expired": True, "told": upper.id}
    )
    clocks.forget_looks(uow, setting.policy, ticket, now)
    place = uow.places.line(uow.places.node(ticket.node_id))[level].level
    ticket.respond_by, ticket.solve_by = setting.policy.due(now, ticket.kind, ticket.category, place)
    clocks.word_given(uow, setting.policy, ticket, now)
    return [*_tell_both(uow, setting, ticket, had, upper, missed, now), *clocks.term(setting.policy, ticket, now)]


def _next_step(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, had: Person | None, ahead: Sequence[Stop], now: datetime
) -> list[Effect]:
    """The same where the policy names steps: to the next one at which somebody else is in charge."""
    real = [stop for stop in ahead if not stop.step.first]
    to = arriving.choose(uow, ticket, real, without=set() if had is None else {had.id})
    if to is None or to.person is None:
        return []
    missed = setting.moment(ticket.solve_by or now)
    before = {"from": ticket.level, "from_step": ticket.step}
    take_from_all(ticket)
    arriving.put(uow, ticket, to, now, None)
    data = {**before, "to": ticket.level, "step": ticket.step, "expired": True, "told": to.person.id}
    uow.tickets.record(ticket, ESCALATED, at=now, actor_id=None, data=data)
    effects = _tell_both(uow, setting, ticket, had, to.person, missed, now)
    looks = arriving.restart(uow, setting, ticket, to, now)
    return [*effects, *looks, *arriving.around(uow, setting, ticket, to, now, had)]


def _tell_both(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, had: Person | None, upper: Person, missed: str, now: datetime
) -> list[Effect]:
    say, label = setting.words.say, label_to(uow, setting, ticket, upper.id, now)
    name = had.name if had is not None and had.name else say("name.nobody")
    up = say("tell.expired", label=label, number=ticket.number, name=name, at=missed)
    effects: list[Effect] = [_tell(ticket, upper, up)]
    if had is not None and had.id != upper.id:
        his = label_to(uow, setting, ticket, had.id, now)
        down = say("tell.expired_away", label=his, number=ticket.number, name=upper.name)
        effects.append(_tell(ticket, had, down))
    return effects


def _next_level(uow: UnitOfWork, setting: Setting, ticket: Ticket, had: Person | None) -> tuple[int, Person] | None:
    line, routing = uow.places.line(uow.places.node(ticket.node_id)), setting.policy.routing
    without = {*accused(uow, ticket), *(() if had is None else (had.id,))}
    reached = max(ticket.level, -1 if had is None else charge.height(uow, had, line))  # never back down
    for level in range(reached + 1, len(line)):
        if not routing.passes(line[level].level, ticket.category):
            continue
        others = uow.people.leaders([line[level]], without)
        if others:
            return level, others[0]
    return None


def _tell(ticket: Ticket, person: Person, text: str) -> Tell:
    return Tell(person.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=ALIVE)
