"""Who helps with a wish, when it wants one or several: counting, leaving, and how many are still wanted."""

import re
from datetime import datetime

from handlers.context import Context
from handlers.numbers import number_of
from handlers.setting import Setting
from models.codes import Status
from models.states import Move, allowed
from models.tables import Person
from models.ticket_tables import Claim, Ticket
from models.uow import UnitOfWork

IN_HAND = (Status.CLAIMED, Status.ASSIGNED)
_COUNT = re.compile(
    r"(?:需要|要|得|请|找|叫)\s*(\d{1,3}|[一二两三四五六七八九十]{1,3})\s*(?:个人|人|位|名)(?=$|[\s，,。；;！!、]|帮|来|一起|搭)"
)
_LAST = re.compile(rf"[\s，,。；;、]+{_COUNT.pattern}[\s。！!]*$")
_ALONE = re.compile(r"(\d{1,3}|[一二两三四五六七八九十]{1,3})\s*(?:个人|个|人|位|名)?")


def wanted_in(text: str) -> int | None:
    """How many helpers the words of a 登记 ask for: 3 of 「搬柜子，要3人」; None when they say nothing of it."""
    found = _COUNT.search(text)
    return None if found is None else number_of(found[1])


def without_count(text: str) -> str:
    """The words without how many they ask for at their end: that is said in its own place."""
    return _LAST.sub("", text)


def count_of(text: str) -> int | None:
    """The number of a 「改 12 人数 3」; None when it is none."""
    found = _ALONE.fullmatch(text.strip())
    return None if found is None else number_of(found[1])


def wanted(uow: UnitOfWork, setting: Setting, wish: Ticket) -> str:
    """（要3人）, （还要2人）; nothing for a wish that wants one."""
    if wish.helpers_wanted < 2:
        return ""
    free = uow.wishes.free_seats(wish)
    key = "wish.wanted" if free in (0, wish.helpers_wanted) else "wish.wanted_still"
    return setting.words.say(key, count=free or wish.helpers_wanted)


def helpers(ctx: Context, wish: Ticket) -> list[Person]:
    """Who has the wish, or had it until this moment, in the order in which they came."""
    return [ctx.uow.people.get(claim.person_id) for claim in ctx.uow.wishes.until(wish.id, ctx.now)]


def names_of(ctx: Context, wish: Ticket) -> str:
    return "、".join(ctx.called(person) for person in helpers(ctx, wish))


def release(
    uow: UnitOfWork,
    wish: Ticket,
    claim: Claim,
    move: Move,
    outcome: str,
    *,
    at: datetime,
    actor_id: str | None,
    words: str = "",
) -> None:
    """One helper leaves. The wish is open again when he was the last; else it stays with the others."""
    others = [other for other in uow.wishes.live(wish.id) if other.id != claim.id]
    if others and wish.status in IN_HAND:
        uow.tickets.record(wish, move, at=at, actor_id=actor_id, words=words)
    elif not others and allowed(wish.kind, wish.status, move) is not None:
        uow.tickets.move(wish, move, at=at, actor_id=actor_id, words=words)
    uow.wishes.end(claim, at, outcome)
    if not others or wish.handler_id == claim.person_id:
        wish.handler_id = others[0].person_id if others else None
