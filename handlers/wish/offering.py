"""Wishes that nobody has claimed: the group is asked again, several wishes in one line, then the party members where
the policy says so (党员首议), then the branch (交办)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.alarm.alarms import is_alarming
from handlers.alarm.duty import in_charge_at
from handlers.effects import Effect, Remind, Say, Tell
from handlers.setting import Setting
from handlers.wish import members
from handlers.wish.helpers import IN_HAND, wanted
from handlers.wish.members import lines_of
from models.codes import PostKind, Role, Status
from models.tables import Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

OFFER = "offer"
"""The kind of schedule. Its period is the moment at which the wish was to be offered."""

ASSIGN = "assign"
"""The kind of schedule with which the branch is reminded. Its period is the moment and which time it is."""

OFFERED, PUT_TO_MEMBERS, PUT_TO_BRANCH = "offered", "put_to_members", "put_to_branch"
"""Steps of a wish's history."""

TOGETHER = timedelta(hours=4)
"""Working hours. What would be offered so soon after another wish of its room is offered with it, in one line."""


def put_on_list(
    uow: UnitOfWork, setting: Setting, wish: Ticket, now: datetime, *, anew: bool = False, keep: bool = False
) -> list[Effect]:
    """The wish waits for somebody from now on; the look at it later.

    anew: its offers are counted from the beginning. keep: a look that is planned already stays.
    """
    setting = setting.of(uow, wish)
    if wish.private or is_alarming(wish):
        return []  # who leads there has been told of it, and nobody else is
    row = uow.wishes.offer(wish.id)
    if keep and row is not None and row.due_at is not None and row.due_at > now:
        return []
    due = _next(setting, now)
    uow.wishes.put_on_list(wish.id, due, at_most=setting.policy.wishes.offers, anew=anew)
    return [Remind(OFFER, wish.id, due.isoformat(), due)]


def put_to_branch(uow: UnitOfWork, setting: Setting, wish: Ticket, now: datetime) -> None:
    """The wish waits for somebody to give it to somebody; the group is not asked."""
    setting = setting.of(uow, wish)
    if wish.private or is_alarming(wish):
        return
    uow.once.cancel((OFFER,), wish.id)
    row = uow.wishes.put_on_list(wish.id, now, at_most=setting.policy.wishes.offers, anew=False)
    row.due_at = None
    uow.tickets.record(wish, PUT_TO_BRANCH, at=now, actor_id=None)


def look(uow: UnitOfWork, setting: Setting, wish: Ticket, due_at: datetime, now: datetime) -> list[Effect]:
    """Nobody has claimed it in time: it and whatever is due soon in its room goes a step further."""
    row = uow.wishes.offer(wish.id)
    if row is None or row.due_at != due_at or not uow.wishes.free_seats(wish):
        return []
    due = _due_together(uow, setting, wish, now)
    rows, most = uow.wishes.offers([one.id for one in due]), setting.policy.wishes.offers
    again = [one for one in due if one.room_id is not None and rows[one.id].times < most]
    rule = setting.policy.wishes.members_first
    first = [one for one in due if rule.on and one not in again and rows[one.id].times <= most]
    told = members.put(uow, setting, first) if first else None
    if told is None:
        first = []  # there is nobody to ask
    over = [one for one in due if one not in again and one not in first]
    effects: list[Effect] = []
    for one in again:
        row = rows[one.id]
        row.times, row.due_at = row.times + 1, _next(setting, now)
        uow.tickets.record(one, OFFERED, at=now, actor_id=None, data={"times": row.times})
        effects.append(Remind(OFFER, one.id, row.due_at.isoformat(), row.due_at))
    for one in first:
        # One time more than the group is asked: the branch is next.
        due_at = setting.policy.working.add(now, timedelta(hours=rule.hours))
        rows[one.id].times, rows[one.id].due_at = most + 1, due_at
        uow.tickets.record(one, PUT_TO_MEMBERS, at=now, actor_id=None)
        effects.append(Remind(OFFER, one.id, due_at.isoformat(), due_at))
    for one in over:
        rows[one.id].due_at = None
        uow.tickets.record(one, PUT_TO_BRANCH, at=now, actor_id=None)
        effects += _plan_reminder(setting, one, now, 1)
    if again and wish.room_id is not None:
        text = offer_text(uow, setting, again)
        effects.append(Say(wish.room_id, PostKind.NOTICE, text, tuple(one.id for one in again)))
    asked = rule.on and all(rows[one.id].times > most for one in over)
    return effects + (told or []) + (_ask_branch(uow, setting, over, asked=asked) if over else [])


def remind_branch(uow: UnitOfWork, setting: Setting, wish: Ticket, period: str, now: datetime) -> list[Effect]:
    """The branch has given it to nobody in time: one line about it and whatever else of its room waits there."""
    row = uow.wishes.offer(wish.id)
    if row is None or row.due_at is not None or not uow.wishes.free_seats(wish):
        return []
    time = int(period.rpartition(".")[2])
    with_branch = [one for one in _wanting(uow, wish) if one.id in is_with_branch(uow, [one])]
    effects = _ask_branch(uow, setting, with_branch, again=True)
    for one in with_branch:
        uow.once.cancel((ASSIGN,), one.id)
        effects += _plan_reminder(setting, one, now, time + 1)
    return effects


def _plan_reminder(setting: Setting, wish: Ticket, now: datetime, time: int) -> list[Effect]:
    """The look whether the branch has given the wish to somebody, the time-th."""
    rule = setting.policy.wishes.members_first
    if not rule.on or time > rule.reminders:
        return []
    due = setting.policy.working.add(now, timedelta(hours=rule.assign_hours))
    return [Remind(ASSIGN, wish.id, f"{due.isoformat()}.{time}", due)]


def offer_text(uow: UnitOfWork, setting: Setting, wishes: Sequence[Ticket]) -> str:
    """The one line in the group for wishes that still wait."""
    if len(wishes) == 1:
        return open_again(uow, setting, wishes[0])
    lines, more = lines_of(uow, setting, wishes, group=True)
    return setting.words.say("offer.several", count=len(wishes), lines=lines, more=more)


def open_again(uow: UnitOfWork, setting: Setting, wish: Ticket) -> str:
    """The line in the group for one wish that waits again."""
    label = setting.label(wish, group=True)
    return setting.words.say("wish.open_again", label=label, wanted=wanted(uow, setting, wish), number=wish.number)


def is_with_branch(uow: UnitOfWork, wishes: Sequence[Ticket]) -> set[str]:
    """Ids of those that the group was asked about often enough, so that somebody has to give them to somebody."""
    return {row.ticket_id for row in uow.wishes.offers([wish.id for wish in wishes]).values() if row.due_at is None}


def branch_of(uow: UnitOfWork, wish: Ticket) -> Person | None:
    """Who gives it to somebody: the nearest secretary of a branch, else whoever leads there."""
    node = uow.places.node(wish.node_id)
    for above in uow.places.line(node):
        found = uow.people.holders(above, (Role.SECRETARY,))
        if found:
            return found[0]
    return in_charge_at(uow, node, wish.level)


def _next(setting: Setting, now: datetime) -> datetime:
    return setting.policy.working.add(now, timedelta(hours=setting.policy.wishes.offer_hours))


def _due_together(uow: UnitOfWork, setting: Setting, wish: Ticket, now: datetime) -> list[Ticket]:
    """The wish and those of its room that would be due soon, oldest first."""
    soon = setting.policy.working.add(now, TOGETHER)
    waiting = _wanting(uow, wish)
    rows = uow.wishes.offers([one.id for one in waiting])
    return [one for one in waiting if one.id in rows and (due := rows[one.id].due_at) is not None and due <= soon]


def _wanting(uow: UnitOfWork, wish: Ticket) -> list[Ticket]:
    """The wish and the others of its room that somebody may still claim, oldest first."""
    found = uow.wishes.wanting(uow.places.node(wish.node_id).path)
    return [one for one in found if one.room_id == wish.room_id and not one.private]


def _ask_branch(
    uow: UnitOfWork, setting: Setting, wishes: Sequence[Ticket], *, asked: bool = False, again: bool = False
) -> list[Effect]:
    """The line to the branch. asked: the party members were. again: so was the branch."""
    person = branch_of(uow, wishes[0])
    lines, more = lines_of(uow, setting, wishes, group=False)
    key = "offer.branch_after_members" if asked else "offer.branch"
    text = setting.words.say(
        "offer.branch_again" if again else key,
        lines=lines,
        more=more,
        number=wishes[0].number if len(wishes) == 1 else setting.words.say("offer.number"),
    )
    alone = all(wish.helpers_wanted == 1 for wish in wishes)
    return [
        Tell(
            None if person is None else person.id,
            PostKind.REMINDER if again else PostKind.NOTICE,
            text,
            tuple(wish.id for wish in wishes),
            room_id=wishes[0].room_id,
            valid_in=(Status.OPEN,) if alone else (Status.OPEN, *IN_HAND),
        )
    ]
