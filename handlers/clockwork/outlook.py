"""When what is to be posted in many groups will have left, said before the first post leaves.

The same budgets as the relay's, on an imagined clock: account by account, behind what waits there already.
"""

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from handlers.clockwork.budget import DAY, Budget
from handlers.context import Context
from models.codes import ASKED, PostKind
from models.limits import limits_of
from models.outbox import Queued
from models.tables import Room

HOUR = timedelta(hours=1)
NOTICED = timedelta(minutes=1)
"""Within this time the process of another account learns of new posts (bot/channel.py)."""


def gone_by(ctx: Context, rooms: Sequence[Room], posts: int) -> datetime:
    """When the last of so many posts to each of the rooms will have left, behind what waits already."""
    by_account: dict[str, list[int]] = {}
    for room in rooms:
        assert room.id is not None
        by_account.setdefault(room.account, []).append(room.id)
    return max(_gone_by(ctx, account, mine, posts) for account, mine in sorted(by_account.items()))


def when(ctx: Context, gone: datetime) -> str:
    """马上发出, or until when, and about how many hours that takes."""
    lasts = gone - ctx.now
    if lasts <= timedelta(minutes=1):
        return ctx.say("publication.at_once")
    at = ctx.setting.moment(gone + timedelta(minutes=1))
    if lasts < HOUR:
        return ctx.say("publication.until", at=at)
    return ctx.say("publication.until_hours", hours=-(-lasts // HOUR), at=at)


def _gone_by(ctx: Context, account: str, room_ids: Sequence[int], posts: int) -> datetime:
    policy, uow = ctx.policy, ctx.uow
    budget = Budget(policy.budget, limits_of(uow.places.account(account).transport))
    budget.load(uow.outbox.sent_since(account, ctx.now - DAY))
    waiting = uow.outbox.queued(account)
    here = account == ctx.message.account
    first = [one for one in waiting if one.kind is not PostKind.PUBLICITY]
    then = [one for one in waiting if one.kind is PostKind.PUBLICITY]
    then += [Queued(room_id, None, PostKind.PUBLICITY) for _ in range(posts) for room_id in room_ids]
    at = ctx.now if here else ctx.now + NOTICED
    for several in (first, then):
        at = _sent_by(ctx, budget, several, at)
    return at


def _sent_by(ctx: Context, budget: Budget, posts: Iterable[Queued], at: datetime) -> datetime:
    """When the last of them has left, and count them: a group that had much to read delays no other one."""
    share = ctx.policy.budget.publicity_share

    def of_chat(post: Queued) -> datetime:
        part = share if post.kind is PostKind.PUBLICITY else 1
        return budget.chat_free_at(at, post.room_id, part, person_id=post.person_id, kind=post.kind)

    heap = [(of_chat(post), place, post) for place, post in enumerate(posts)]
    heapq.heapify(heap)
    while heap:
        free, place, post = heapq.heappop(heap)
        if (later := of_chat(post)) > max(free, at):
            heapq.heappush(heap, (later, place, post))  # another post of that group has left meanwhile
            continue
        part = share if post.kind is PostKind.PUBLICITY else 1
        at = max(at, free)
        for _ in range(4):  # budget and quiet hours push each other on
            moved = budget.free_at(at, post.room_id, part, person_id=post.person_id, kind=post.kind)
            if post.room_id is not None or post.kind not in ASKED:
                moved = ctx.policy.quiet_end(moved)
            if moved <= at:
                break
            at = moved
        budget.spend(at, post.room_id, person_id=post.person_id, kind=post.kind)
    return at
