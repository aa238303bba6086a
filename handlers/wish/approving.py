"""A wish that a leader has to agree to first: he is asked in private, reminded, then somebody above is asked."""

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.alarm.alarms import name_of
from handlers.alarm.duty import in_charge_at
from handlers.effects import Effect, Remind, Tell
from handlers.people import reach
from handlers.setting import Setting
from models.codes import LEADERS, PostKind, Status
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

APPROVE = "approve"
"""The kind of schedule. Its period is 「level.turn」: turn 0 reminds, turn 1 asks somebody above."""


def ask(uow: UnitOfWork, setting: Setting, wish: Ticket, *, again: bool = False) -> list[Effect]:
    """The line to whoever decides at the wish's level; the relay drops it when somebody has decided."""
    leader = in_charge_at(uow, uow.places.node(wish.node_id), wish.level)
    text = question(uow, setting, wish, again=again)
    kind = PostKind.REMINDER if again else PostKind.NOTICE
    person_id = None if leader is None else leader.id
    line = Tell(person_id, kind, text, (wish.id,), room_id=wish.room_id, valid_in=(Status.PROPOSED,))
    asking = {row.person_id for row in uow.tickets.requesters(wish.id)}
    other = reach.instead(uow, leader, uow.places.node(wish.node_id), wish.room_id, asking)
    if leader is None or other is None:
        return [line]
    said = reach.said_instead(setting, text, [name_of(uow, setting, wish, leader.id)])
    return [line, replace(line, person_id=other.id, text=said)]


def question(uow: UnitOfWork, setting: Setting, wish: Ticket, *, again: bool = False) -> str:
    """What whoever decides is asked."""
    names = [name_of(uow, setting, wish, row.person_id) for row in uow.tickets.requesters(wish.id)]
    ordered = uow.tickets.item_of(wish.id) is not None
    key = "approval.again" if again else "approval.ask"
    if ordered:
        key = "order.again" if again else "order.ask"
    return setting.words.say(
        key,
        label=setting.label(wish, group=False, limit=120),
        people="、".join(names) or setting.words.say("name.somebody"),
        number=wish.number,
    )


def plan_look(setting: Setting, wish: Ticket, now: datetime, turn: int = 0) -> list[Effect]:
    """When to look whether somebody has decided."""
    due = setting.policy.working.add(now, timedelta(hours=setting.policy.wishes.approval_hours))
    return [Remind(APPROVE, wish.id, f"{wish.level}.{turn}", due)]


def look(uow: UnitOfWork, setting: Setting, wish: Ticket, period: str, now: datetime) -> list[Effect]:
    """Nobody has decided in time: the leader is reminded; when that did not help either, a level up is asked.

    At the top it stays with whoever was asked last, and stands in each digest.
    """
    if wish.status is not Status.PROPOSED:
        return []
    if period == f"{wish.level}.0":
        return [*ask(uow, setting, wish, again=True), *plan_look(setting, wish, now, 1)]
    if period != f"{wish.level}.1":
        return []  # it has gone up meanwhile
    above = _next_above(uow, wish)
    if above is None:
        return []
    before, wish.level = wish.level, above
    uow.tickets.record(wish, "escalated", at=now, actor_id=None, data={"from": before, "to": above})
    return [*ask(uow, setting, wish), *plan_look(setting, wish, now)]


def _next_above(uow: UnitOfWork, wish: Ticket) -> int | None:
    """The nearest level above at which somebody else leads."""
    line = uow.places.line(uow.places.node(wish.node_id))
    asked = {person.id for node in line[: wish.level + 1] for person in _leading(uow, node)}
    return next(
        (
            level
            for level, node in enumerate(line)
            if level > wish.level and any(person.id not in asked for person in _leading(uow, node)[:1])
        ),
        None,
    )


def _leading(uow: UnitOfWork, node: GridNode) -> list[Person]:
    return uow.people.holders(node, LEADERS)
