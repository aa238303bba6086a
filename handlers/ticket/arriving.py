"""A matter comes to a step of its route: who has it there, who hears of it, and what if nobody is there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.alarm.alarms import name_of, parties
from handlers.clockwork import clocks
from handlers.discreet.accused import accused
from handlers.discreet.standing import label_to
from handlers.discreet.wordless import wordless
from handlers.effects import Effect, Remind, Tell
from handlers.setting import Setting
from handlers.ticket import charge, steps
from handlers.ticket.routing import take_from_all
from handlers.ticket.steps import Stop
from models.codes import LEADERS, PostKind, Role
from models.states import ALIVE, TERMS
from models.tables import Person, Schedule
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

PASS_ON, VACANT = "pass_on", "vacant"
"""Kinds of schedules: a look at whoever hears first, and the operator's line about a step without anybody."""

PASSED_ON = "passed_on"
"""The step of a history at which somebody has done nothing and the next one has it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a matter goes: the stop, its level, whoever is in charge there (None: nobody anywhere), and the stops
    that were passed because nobody is in charge of them."""

    stop: Stop
    level: int
    person: Person | None
    vacant: tuple[Stop, ...] = ()


def choose(
    uow: UnitOfWork, ticket: Ticket, found: Sequence[Stop], without: Collection[str] = (), asking: Collection[str] = ()
) -> Arrival | None:
    """The first of the stops at which somebody is in charge. None: there are no stops.

    Where nobody is, those have it who lead at the next level above.

    without: who does not count, nor does anybody of whom its words speak; asking: nobody hears first of what he has
    said himself.
    """
    without = {*without, *accused(uow, ticket)}
    vacant: list[Stop] = []
    for stop in found:
        level, people = steps.seat(uow, ticket, stop, {*without, *(asking if stop.step.first else ())})
        if people:
            return Arrival(stop, level, people[0], tuple(vacant))
        if not stop.step.first and steps.is_vacant(uow, ticket, stop):
            vacant.append(stop)
    real = [stop for stop in found if not stop.step.first]
    line = uow.places.line(uow.places.node(ticket.node_id))
    for stop in real:
        leading = [one for one in uow.people.leaders([line[stop.level]]) if one.id not in without]
        if stop.level > ticket.level and leading:
            return Arrival(stop, stop.level, leading[0], tuple(vacant))
    return Arrival(real[0], real[0].level, None, tuple(vacant)) if real else None


def put(uow: UnitOfWork, ticket: Ticket, to: Arrival, now: datetime, by: str | None) -> None:
    """The matter is at that step: an organisation's or whoever's hears first, else nobody's in particular."""
    ticket.level, ticket.step = to.level, to.stop.key
    if to.person is None:
        return
    line = uow.places.line(uow.places.node(ticket.node_id))
    company = steps.organisation(uow, line, to.stop.step.organisation)
    if company is not None and company.id in {one.id for one in uow.organisations.of_person(to.person.id)}:
        ticket.handler_id, ticket.given_at, ticket.given_by = to.person.id, now, by
        # What is private or delicate is that person's, not his organisation's.
        ticket.organisation_id = None if steps.is_delicate(ticket) else company.id
    elif to.stop.step.first:
        ticket.handler_id = to.person.id


def restart(uow: UnitOfWork, setting: Setting, ticket: Ticket, to: Arrival, now: datetime) -> list[Remind]:
    """The clocks of the step that it has come to."""
    clocks.forget_looks(uow, setting.policy, ticket, now)
    ticket.respond_by, ticket.solve_by = setting.policy.due(now, ticket.kind, ticket.category, to.stop.step)
    clocks.word_given(uow, setting.policy, ticket, now)
    return clocks.term(setting.policy, ticket, now)


def around(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, to: Arrival, now: datetime, knows: Person | None = None
) -> list[Effect]:
    """What else follows: who hears of it besides, the operator's line about steps without anybody, the next look."""
    effects: list[Effect] = [
        Remind(
            VACANT,
            f"{_node_id(uow, ticket, stop)}:{stop.key}",
            now.astimezone(setting.policy.zone).date().isoformat(),
            now,
        )
        for stop in to.vacant
    ]
    hours = to.stop.step.pass_hours
    if hours is not None and to.person is not None:
        at = setting.policy.working.add(now, timedelta(hours=hours))
        effects.append(Remind(PASS_ON, ticket.id, clocks.period(ticket), at))
    return effects + _tell_others(uow, setting, ticket, to, knows)


def _tell_others(uow: UnitOfWork, setting: Setting, ticket: Ticket, to: Arrival, knows: Person | None) -> list[Effect]:
    """One line to each who is to know, masked as for a group; of what is private the number alone."""
    step = to.stop.step
    line = uow.places.line(uow.places.node(ticket.node_id))
    found: dict[str, Person] = {}
    for role in step.told:
        there = next((people for node in line if (people := uow.people.holders(node, (role,)))), [])
        found |= {one.id: one for one in there}
    for name in step.told_organisations:
        company = steps.organisation(uow, line, name)
        if company is not None and company.id is not None and not wordless(ticket):
            found |= {one.id: one for one in uow.organisations.members(company.id)}
    left_out = {None if knows is None else knows.id, *parties(uow, ticket), None if to.person is None else to.person.id}
    name = "" if to.person is None else name_of(uow, setting, ticket, to.person.id)
    text = setting.words.say(
        "step.told" if name else "step.told_of_nobody",
        step=steps.title(setting.words, step),
        label=setting.label(ticket, group=True),
        name=name,
        number=ticket.number,
    )
    return [
        Tell(person_id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=ALIVE)
        for person_id in found
        if person_id not in left_out
    ]


def _node_id(uow: UnitOfWork, ticket: Ticket, stop: Stop) -> int:
    line = uow.places.line(uow.places.node(ticket.node_id))
    return line[stop.level].id or 0


# -- the clock ---------------------------------------------------------------------------------------


def pass_on(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """Whoever hears first has done nothing in time: the next step has it, and both hear so.

    The time in which it is to be solved goes on; only a step with a shorter one shortens it.
    """
    ticket = uow.tickets.get(schedule.subject)
    if schedule.period != clocks.period(ticket) or ticket.status is not TERMS[ticket.kind].first:
        return []
    if ticket.waiting_since is not None:
        return []
    routing = setting.policy.routing
    had = charge.in_charge(uow, ticket, routing=routing)
    without = set() if had is None else {had.id}
    found = steps.before(steps.stops(uow, routing, ticket), ticket)
    to = choose(uow, ticket, found, without, parties(uow, ticket))
    if to is None or to.person is None:
        return []
    before, due, level = ticket.step, ticket.solve_by, ticket.level
    waited = {one.id: one for one in (*([] if had is None else [had]), *steps.first_hearers(uow, routing, ticket))}
    take_from_all(ticket)
    put(uow, ticket, to, now, None)
    has = charge.in_charge(uow, ticket, routing=routing)
    if has is None or has.id != to.person.id:
        ticket.handler_id = to.person.id  # whoever was silent may be the first who leads at that step, too
    data = {"from": before, "from_level": level, "step": ticket.step, "told": to.person.id}
    uow.tickets.record(ticket, PASSED_ON, at=now, actor_id=None, data=data)
    looks = restart(uow, setting, ticket, to, now)
    if due is not None and ticket.solve_by is not None and due < ticket.solve_by:
        ticket.solve_by = due
        clocks.forget_looks(uow, setting.policy, ticket, now)
        looks = clocks.term(setting.policy, ticket, now)
    say, label = setting.words.say, label_to(uow, setting, ticket, to.person.id, now)
    nobody = say("name.nobody")
    text = say(
        "step.passed_on",
        label=label,
        number=ticket.number,
        place=ticket.place or say("name.no_place"),
        name=nobody if had is None else name_of(uow, setting, ticket, had.id),
    )
    effects: list[Effect] = [_notice(ticket, to.person, text)]
    effects += [
        _notice(ticket, one, text) for one in steps.first_hearers(uow, routing, ticket) if one.id != to.person.id
    ]
    for one in waited.values():
        away = say(
            "step.passed_away",
            label=setting.label(ticket, group=True),
            name=name_of(uow, setting, ticket, to.person.id),
        )
        effects.append(_notice(ticket, one, away))
    return [*effects, *looks, *around(uow, setting, ticket, to, now, had)]


def vacant(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """Once a day and step: whoever operates the bot there hears that nobody is in charge of it."""
    node_id, _, key = schedule.subject.partition(":")
    node = uow.places.node(int(node_id))
    line = uow.places.line(node)
    step = next((one for one in setting.policy.routing.steps if one.key == key), None)
    if step is None:
        return []
    found = next((people for one in line if (people := uow.people.holders(one, (Role.ADMIN,)))), [])
    found = found or next((people for one in line if (people := uow.people.holders(one, LEADERS))), [])
    who = step.organisation or "、".join(setting.words.name("role", role.value) for role in step.who or ())
    text = setting.words.say(
        "step.vacant",
        step=steps.title(setting.words, step) or setting.words.name("level", step.level.value),
        place=node.name,
        who=who or setting.words.say("step.leader"),
    )
    rooms = uow.places.rooms_below(node.path)
    room_id = rooms[0].id if rooms else None
    return [Tell(person.id, PostKind.NOTICE, text, room_id=room_id) for person in found]


def _notice(ticket: Ticket, person: Person, text: str) -> Tell:
    return Tell(person.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=ALIVE)
