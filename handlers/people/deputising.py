"""代理: somebody stands in for the speaker until a day."""

import re
from datetime import datetime, time, timedelta

from handlers.answering import reply_in_private
from handlers.context import Context
from handlers.dates import read_day
from handlers.effects import Effect, Remind, Tell
from handlers.naming import person_named, scope_of
from handlers.people.deputies import TRUSTED, fits, principals
from handlers.setting import Setting
from models.codes import PostKind
from models.deputy_tables import Deputy
from models.tables import Person
from models.uow import UnitOfWork

OVER = "deputy_over"
"""The kind of schedule that ends a deputyship; its subject is the row."""

_UNTIL = re.compile(r"^(?P<who>.+?)[\s,，]*(?:代理)?(?:到|至)[\s,，:：]*(?P<day>.+)$")
_BACK = frozenset({"取消", "结束", "不用了"})


def show(ctx: Context) -> list[Effect]:
    """代理: who stands in for the speaker, and for whom he does."""
    me, uow = ctx.me(), ctx.uow
    mine = uow.deputies.of(me.id, ctx.now)
    lines = []
    if mine is not None:
        deputy = uow.people.get(mine.deputy_id)
        lines.append(ctx.say("deputy.mine", name=ctx.called(deputy), until=_last_day(ctx.setting, mine)))
    for person_id in principals(uow, me.id, ctx.now):
        row = uow.deputies.of(person_id, ctx.now)
        assert row is not None
        name = ctx.called(uow.people.get(person_id))
        lines.append(ctx.say("deputy.yours", name=name, until=_last_day(ctx.setting, row)))
    return [reply_in_private(ctx, "\n".join(lines) or ctx.say("deputy.none"), or_here=True)]


def name(ctx: Context) -> list[Effect]:
    """代理 @人 到 ‹日期›: he hears and does the speaker's work until the end of that day; 代理 取消: no longer."""
    text = ctx.args.text.strip()
    if text in _BACK:
        return take_back(ctx)
    found = _UNTIL.match(text)
    if found is None:
        raise ctx.refuse("refuse.deputy_how")
    me, deputy = ctx.me(), person_named(ctx, found["who"], scope_of(ctx))
    _require_fit(ctx, me, deputy)
    today = ctx.now.astimezone(ctx.policy.zone).date()
    day = read_day(found["day"], today)
    longest = ctx.policy.deputies.max_days
    if day is None:
        raise ctx.refuse("refuse.deputy_day", day=found["day"])
    if not today <= day <= today + timedelta(days=longest):
        raise ctx.refuse("refuse.deputy_term", days=longest)
    until = datetime.combine(day + timedelta(days=1), time(), ctx.policy.zone)
    row = ctx.uow.deputies.name(me, deputy, since=ctx.now, until=until)
    said = {"name": ctx.called(deputy), "until": _last_day(ctx.setting, row)}
    told = ctx.say("deputy.named_you", name=ctx.my_name, until=said["until"])
    return [
        reply_in_private(ctx, ctx.say("deputy.named", **said), or_here=True),
        Tell(deputy.id, PostKind.NOTICE, told, room_id=_a_room(ctx)),
        Remind(OVER, str(row.id), "end", until),
    ]


def take_back(ctx: Context) -> list[Effect]:
    """代理 取消: by the person himself, or by the deputy who cannot any more."""
    me, uow = ctx.me(), ctx.uow
    rows = [row for row in uow.deputies.involving(me.id) if row.until > ctx.now]
    mine = [row for row in rows if row.person_id == me.id] or rows
    if not mine:
        raise ctx.refuse("deputy.none")
    effects: list[Effect] = []
    for row in mine:
        uow.deputies.end(row, ctx.now)
        other = uow.people.get(row.deputy_id if row.person_id == me.id else row.person_id)
        key = "deputy.ended_for" if row.person_id == me.id else "deputy.ended_by"
        effects.append(Tell(other.id, PostKind.NOTICE, ctx.say(key, name=ctx.my_name), room_id=_a_room(ctx)))
    return [reply_in_private(ctx, ctx.say("deputy.ended"), or_here=True), *effects]


def over(uow: UnitOfWork, setting: Setting, row_id: int, now: datetime) -> list[Effect]:
    """The clock: the last day has passed; both are told."""
    row = uow.deputies.get(row_id)
    if row is None or row.ended_at is not None:
        return []
    uow.deputies.end(row, now)
    person, deputy = uow.people.get(row.person_id), uow.people.get(row.deputy_id)
    say = setting.words.say
    return [
        Tell(person.id, PostKind.NOTICE, say("deputy.over", name=deputy.name), room_id=_room_of(uow, person)),
        Tell(deputy.id, PostKind.NOTICE, say("deputy.ended_for", name=person.name), room_id=_room_of(uow, deputy)),
    ]


def left(uow: UnitOfWork, setting: Setting, person: Person, now: datetime) -> list[Effect]:
    """The person is to be forgotten: those for whom he stood in hear, without his name, that nobody does any more."""
    rows = [row for row in uow.deputies.involving(person.id) if row.deputy_id == person.id and row.until > now]
    text = setting.words.say("deputy.gone")
    served = [uow.people.get(row.person_id) for row in rows]
    return [Tell(one.id, PostKind.NOTICE, text, room_id=_room_of(uow, one)) for one in served]


def _require_fit(ctx: Context, me: Person, deputy: Person) -> None:
    """Raises Refusal unless the speaker's work may be put into that person's hands: for staff, staff only."""
    if deputy.id == me.id:
        raise ctx.refuse("refuse.deputy_self")
    if not fits(ctx.uow, me.id, deputy.id):
        mine = {grant.role for grant in ctx.uow.people.grants(me.id)}
        key = "refuse.deputy_unfit" if mine & TRUSTED else "refuse.deputy_of_member"
        raise ctx.refuse(key, name=ctx.called(deputy))
    if not ctx.reachable(deputy):
        raise ctx.refuse("refuse.deputy_unreachable", name=ctx.called(deputy))


def _a_room(ctx: Context) -> int | None:
    return ctx.room.id if ctx.room is not None else _room_of(ctx.uow, ctx.me())


def _room_of(uow: UnitOfWork, person: Person) -> int | None:
    """A room of the person: its account carries the line."""
    for grant in uow.people.grants(person.id):
        rooms = uow.places.rooms_below(uow.places.node(grant.node_id).path)
        if rooms:
            return rooms[0].id
    return None


def _last_day(setting: Setting, row: Deputy) -> str:
    """The last day on which he stands in."""
    day = (row.until - timedelta(seconds=1)).astimezone(setting.policy.zone)
    return f"{day.month}月{day.day}日"
