"""Wishes that nobody has claimed: the group is asked again, several wishes in one line, then the branch (交办)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.alarms import is_alarming
from handlers.duty import in_charge_at
from handlers.effects import Effect, Remind, Say, Tell
from handlers.helpers import IN_HAND, wanted
from handlers.setting import Setting
from models.codes import PostKind, Role, Status
from models.tables import Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

OFFER = "offer"
"""The kind of schedule. Its period is the moment at which the wish was to be offered."""

OFFERED, PUT_TO_BRANCH = "offered", "put_to_branch"
"""Steps of a wish's history."""

TOGETHER = timedelta(hours=4)
"""Working hours. What would be offered so soon after another wish of its room is offered with it, in one line."""
LENGTH = 12
"""Wishes that one line names; the menu has them all."""


def put_on_list(
    uow: UnitOfWork, setting: Setting, wish: Ticket, now: datetime, *, anew: bool = False, keep: bool = False
) -> list[Effect]:
    """The wish waits for somebody from now on; the look at it later.

    anew: its offers are counted from the beginning. keep: a look that is planned already stays.
    """
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
    over = [one for one in due if one not in again]
    effects: list[Effect] = []
    for one in again:
        row = rows[one.id]
        row.times, row.due_at = row.times + 1, _next(setting, now)
        uow.tickets.record(one, OFFERED, at=now, actor_id=None, data={"times": row.times})
        effects.append(Remind(OFFER, one.id, row.due_at.isoformat(), row.due_at))
    for one in over:
        rows[one.id].due_at = None
        uow.tickets.record(one, PUT_TO_BRANCH, at=now, actor_id=None)
    if again and wish.room_id is not None:
        text = offer_text(uow, setting, again)
        effects.append(Say(wish.room_id, PostKind.NOTICE, text, tuple(one.id for one in again)))
    return effects + (_ask_branch(uow, setting, over) if over else [])


def offer_text(uow: UnitOfWork, setting: Setting, wishes: Sequence[Ticket]) -> str:
    """The one line in the group for wishes that still wait."""
    if len(wishes) == 1:
        return open_again(uow, setting, wishes[0])
    lines, more = _lines(uow, setting, wishes, group=True)
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
    waiting = [
        one
        for one in uow.wishes.wanting(uow.places.node(wish.node_id).path)
        if one.room_id == wish.room_id and not one.private
    ]
    rows = uow.wishes.offers([one.id for one in waiting])
    return [one for one in waiting if one.id in rows and (due := rows[one.id].due_at) is not None and due <= soon]


def _ask_branch(uow: UnitOfWork, setting: Setting, wishes: Sequence[Ticket]) -> list[Effect]:
    person = branch_of(uow, wishes[0])
    lines, more = _lines(uow, setting, wishes, group=False)
    text = setting.words.say(
        "offer.branch",
        lines=lines,
        more=more,
        number=wishes[0].number if len(wishes) == 1 else setting.words.say("offer.number"),
    )
    alone = all(wish.helpers_wanted == 1 for wish in wishes)
    return [
        Tell(
            None if person is None else person.id,
            PostKind.NOTICE,
            text,
            tuple(wish.id for wish in wishes),
            room_id=wishes[0].room_id,
            valid_in=(Status.OPEN,) if alone else (Status.OPEN, *IN_HAND),
        )
    ]


def _lines(uow: UnitOfWork, setting: Setting, wishes: Sequence[Ticket], *, group: bool) -> tuple[str, str]:
    lines = [
        setting.words.say("offer.line", label=setting.label(wish, group=group), wanted=wanted(uow, setting, wish))
        for wish in wishes[:LENGTH]
    ]
    more = setting.words.say("menu.more", count=len(wishes) - LENGTH) if len(wishes) > LENGTH else ""
    return "\n".join(lines), more
