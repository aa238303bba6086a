"""积分: what somebody has, what staff give and take by hand, and when the ranking of a month is told."""

import re
from datetime import datetime, time, timedelta

from handlers.answering import reply_in_private
from handlers.context import Context
from handlers.effects import Effect, Remind, Say, Tell
from handlers.naming import person_named, scope_of
from handlers.report.periods import Span, last_over, named, of_day
from handlers.score.rankings import ranking_text
from handlers.setting import Setting
from models.codes import BY_HAND, LEADERS, STAFF, PostKind, RoomPurpose
from models.masking import mask, short
from models.point_tables import PointEntry
from models.tables import GridNode, Person, Schedule
from models.uow import UnitOfWork

POINTS_MONTH = "points_month"
SHOWN = 8
"""Lines of the ledger that somebody reads at once."""
_LINE = re.compile(r"[pP]?\s*(\d{1,9})(?:\s+|[,，:：]\s*|$)(.*)", re.DOTALL)
_CHANGE = re.compile(
    r"(?P<name>\S+?)\s*(?P<sign>[+-]|加|减|扣|奖)\s*(?P<count>\d{1,6})分?(?:\s+|[,，:：]\s*|$)(?P<why>.*)", re.DOTALL
)
_TAKES = frozenset("-减扣")
_WIDE = str.maketrans("０１２３４５６７８９＋－—–−Ｐ　", "0123456789+----P ")


def _plain(text: str) -> str:
    """With signs, digits and blanks of half width; the words stay as they are."""
    return text.translate(_WIDE).strip()


def mine(ctx: Context) -> list[Effect]:
    """积分: what the speaker has, and his last lines."""
    person = ctx.me()
    if ctx.room is not None and not ctx.reachable(person):
        raise ctx.refuse("refuse.add_me")
    return [reply_in_private(ctx, _account_of(ctx, person, ctx.say("points.yours")))]


def _account_of(ctx: Context, person: Person, whose: str) -> str:
    month = of_day(Span.MONTH, ctx.now.astimezone(ctx.policy.zone).date(), ctx.policy.zone)
    total, now = ctx.uow.points.total(person.id), ctx.uow.points.total(person.id, month.since)
    head = ctx.say("points.mine", whose=whose, total=total, month=now)
    lines = [_line(ctx, entry) for entry in ctx.uow.points.latest(person.id, SHOWN)]
    return "\n".join([head, *lines])


def _line(ctx: Context, entry: PointEntry) -> str:
    """「P12 5月6日 完成心愿 #3 +5」."""
    number = "" if entry.ticket_id is None else f" #{ctx.uow.tickets.get(entry.ticket_id).number}"
    if entry.record_id is not None:
        number = f" #{ctx.uow.records.get(entry.record_id).number}"
    taken = ctx.say("points.of_line", line=entry.reverses) if entry.reverses is not None else ""
    note = ctx.say("name.note", note=short(entry.note, 30)) if entry.note else ""
    amount = f"{entry.amount:+d}" if entry.amount else ctx.say("points.full")
    here = ctx.at(ctx.uow.places.node(entry.node_id)).setting
    rule, date = _rule_name(here, entry.rule) + number, here.day(entry.at)
    return ctx.say("points.line", id=entry.id, date=date, rule=rule, amount=amount, taken=taken, note=note)


def _rule_name(setting: Setting, code: str) -> str:
    rule = setting.policy.points.rules.get(code)
    return rule.name if rule is not None else setting.words.get(f"point_rule.{code}") or code


# -- by hand --------------------------------------------------------------------------------------


def adjust(ctx: Context) -> list[Effect]:
    """积分 @人 ±N ‹原因›: points by hand; 积分 @人: what he has."""
    node = scope_of(ctx, lambda policy: policy.points.on)
    ctx = ctx.at(node)
    said = _plain(ctx.args.text).lstrip("@").strip()
    match = _CHANGE.fullmatch(said)
    if match is None and re.search(r"\s", said):
        raise ctx.refuse("refuse.points_how")
    person = person_named(ctx, said if match is None else match["name"], node)
    if ctx.room is not None and not ctx.reachable(ctx.me()):
        raise ctx.refuse("refuse.add_me")
    if match is None:
        return [reply_in_private(ctx, _account_of(ctx, person, ctx.called(person)))]
    _require_entrusted(ctx, node)
    count, why = int(match["count"]), short(mask(match["why"].strip()), 40)
    if person.id == ctx.me().id:
        raise ctx.refuse("refuse.points_own")
    if not 1 <= count <= ctx.policy.points.adjust_most:
        raise ctx.refuse("refuse.points_most", most=ctx.policy.points.adjust_most)
    if not why:
        raise ctx.refuse("refuse.points_why", name=ctx.called(person))
    _require_within_day(ctx, person, count)
    amount = -count if match["sign"] in _TAKES else count
    assert node.id is not None
    entry = ctx.uow.points.put(
        PointEntry(
            scope_id=node.id, node_id=node.id, person_id=person.id, rule=BY_HAND, amount=amount, note=why,
            by_id=ctx.me().id, at=ctx.now,
        )
    )  # fmt: skip
    total = ctx.uow.points.total(person.id)
    key = "points.given" if amount > 0 else "points.taken"
    said_back = ctx.say(key, name=ctx.called(person), count=count, why=why, id=entry.id, total=total)
    told = ctx.say(
        "points.given_you" if amount > 0 else "points.taken_you", by=ctx.my_name, count=count, why=why, total=total
    )
    return [reply_in_private(ctx, said_back), *_told(ctx, person, told)]


def _require_within_day(ctx: Context, person: Person, count: int) -> None:
    """Raises Refusal when somebody would be given or lose more by hand on one day than the policy allows."""
    most = ctx.policy.points.adjust_per_day or ctx.policy.points.adjust_most
    local = ctx.now.astimezone(ctx.policy.zone)
    today = datetime.combine(local.date(), time(), local.tzinfo)
    ctx.uow.lock("points", BY_HAND, person.id)
    left = most - ctx.uow.points.given(BY_HAND, person.id, today, ctx.now + timedelta(seconds=1))
    if count > left:
        raise ctx.refuse("refuse.points_day", name=ctx.called(person), most=most, left=max(left, 0))


def undo(ctx: Context) -> list[Effect]:
    """积分 撤销 P12 ‹原因›: a line is taken back by another."""
    match = _LINE.fullmatch(_plain(ctx.args.text))
    if match is None:
        raise ctx.refuse("refuse.points_undo_how")
    entry = ctx.uow.points.get(int(match[1]))
    if entry is None or entry.person_id is None:
        raise ctx.refuse("refuse.points_no_line", id=match[1])
    node = ctx.uow.places.node(entry.node_id)
    if not ctx.roles(node) & STAFF:
        raise ctx.refuse("refuse.points_no_line", id=match[1])
    _require_entrusted(ctx, node)
    if entry.reverses is not None:
        raise ctx.refuse("refuse.points_is_reversal", id=match[1], of=entry.reverses)
    if ctx.uow.points.reversal(entry) is not None:
        raise ctx.refuse("refuse.points_reversed", id=match[1])
    if entry.person_id == ctx.me().id:
        raise ctx.refuse("refuse.points_own")
    why = short(mask(match[2].strip()), 40)
    if not why:
        raise ctx.refuse("refuse.points_undo_why", id=match[1])
    ctx.uow.points.reverse(entry, at=ctx.now, by_id=ctx.me().id, note=why)
    person = ctx.uow.people.get(entry.person_id)
    total = ctx.uow.points.total(person.id)
    values = {"id": entry.id, "rule": _rule_name(ctx.setting, entry.rule), "amount": f"{entry.amount:+d}", "why": why}
    name = ctx.called(person) if person.erased_at is None else ctx.say("name.somebody")
    said = ctx.say("points.undone", name=name, total=total, **values)
    return [reply_in_private(ctx, said), *_told(ctx, person, ctx.say("points.undone_you", total=total, **values))]


def _require_entrusted(ctx: Context, node: GridNode) -> None:
    """Raises Refusal unless the policy lets the speaker give and take points there."""
    roles = ctx.policy.points.adjust_roles
    if not ctx.roles(node) & set(roles):
        names = "、".join(ctx.setting.words.name("role", role.value) for role in roles)
        raise ctx.refuse("refuse.role", roles=names)


def _told(ctx: Context, person: Person, text: str) -> list[Effect]:
    """A line to whom it concerns, where he can be written to."""
    if person.erased_at is not None or not ctx.reachable(person):
        return []
    return [Tell(person.id, PostKind.NOTICE, text, room_id=None if ctx.room is None else ctx.room.id)]


# -- by itself ------------------------------------------------------------------------------------


def plan_points(setting: Setting, scope: GridNode, now: datetime) -> list[Remind]:
    """The next ranking of a 村社区 that leaves after now."""
    if not setting.policy.points.on or scope.level is not setting.policy.number_scope:
        return []
    at, period = setting.policy.points.sending(), last_over(Span.MONTH, now, setting.policy.zone)
    while at.after(period) <= now:
        period = period.after()
    return [Remind(POINTS_MONTH, str(scope.id), period.name, at.after(period))]


def send_points(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """The ranking of the schedule's month to the leaders of the 村社区, and where it is public to its groups."""
    node = uow.places.node(int(schedule.subject))
    effects: list[Effect] = list(plan_points(setting, node, now))
    period = named(Span.MONTH, schedule.period, setting.policy.zone)
    text = ranking_text(uow, setting, node, period, group=False) if setting.policy.points.on else None
    if text is None:
        return effects
    rooms = uow.places.rooms_below(node.path)
    room_id = rooms[0].id if rooms else None
    effects += [Tell(one.id, PostKind.DIGEST, text, room_id=room_id) for one in uow.people.holders(node, LEADERS)]
    said = ranking_text(uow, setting, node, period, group=True) if setting.policy.points.public else None
    if said is not None:
        groups = [room for room in rooms if room.purpose is RoomPurpose.RESIDENTS and room.id is not None]
        effects += [Say(room.id, PostKind.NOTICE, said) for room in groups if room.id is not None]
    return effects
