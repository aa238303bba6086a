"""帮扶: what is looked up of the list, who is reminded, and who takes over."""

from datetime import datetime, timedelta

from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.record.caring import CARE, FILE, day, found, readable, reminded_from
from handlers.record.records import answer, node_of
from handlers.setting import Setting
from models.codes import LEADERS, PostKind, RecordKind
from models.masking import short
from models.record_tables import Record
from models.tables import GridNode, Person
from models.uow import UnitOfWork

LISTED, SHOWN = 20, 6


def look_up(ctx: Context) -> list[Effect]:
    """查帮扶 ‹户或编号›: the months of one household, or the list, what is due first."""
    who, files = ctx.args.text.strip(), readable(ctx)
    if who:
        record = found(ctx, who, files)
        if record is None:
            raise ctx.refuse("refuse.care_none", who=short(who, 12))
        there = ctx.at(node_of(ctx, record))
        return [answer(there, _file(there, record), record)]
    if not files:
        return [answer(ctx, ctx.say("care.none_yet"))]
    files.sort(key=lambda one: (one.due_at or ctx.now, one.id or 0))
    lines = [_line(ctx.uow, ctx.setting, one, ctx.now, names=True) for one in files[:LISTED]]
    more = ctx.say("visit.more", count=len(files) - LISTED) if len(files) > LISTED else ""
    late = sum(one.due_at is not None and one.due_at <= ctx.now for one in files)
    text = ctx.say("care.list", count=len(files), late=late, lines="\n".join(lines), more=more)
    return [answer(ctx, text)]


def _file(ctx: Context, record: Record) -> str:
    months = ctx.uow.records.of_subject(RecordKind.CARE, record.node_id, record.subject or "")
    lines = []
    for one in [one for one in months if one.period != FILE and one.text][:SHOWN]:
        by = ctx.say("name.somebody") if one.person_id is None else ctx.called(ctx.uow.people.get(one.person_id))
        local = one.at.astimezone(ctx.policy.zone)
        lines.append(ctx.say("visit.note", day=f"{local.month}月{local.day}日", name=by, text=one.text))
    return ctx.say(
        "care.file",
        head=_line(ctx.uow, ctx.setting, record, ctx.now, names=True),
        place=node_of(ctx, record).name,
        text=f"\n{record.text}" if record.text else "",
        lines="".join(f"\n{line}" for line in lines),
    )


def _line(uow: UnitOfWork, setting: Setting, record: Record, now: datetime, *, names: bool) -> str:
    assert record.due_at is not None
    contact = None if record.person_id is None else uow.people.get(record.person_id)
    name = setting.words.say("care.nobody") if contact is None else contact.name
    return setting.words.say(
        "care.line_late" if record.due_at <= now else "care.line",
        number=record.number,
        who=record.title,
        contact=setting.words.say("care.contact", name=name) if names else "",
        until=day(setting, record.due_at),
    )


# -- reminding ------------------------------------------------------------------------------------


def remind(uow: UnitOfWork, setting: Setting, person_id: str, now: datetime) -> list[Effect]:
    """One private line about all households that he has to visit by now; again later, as long as there are any."""
    gone = left(uow, setting, person_id, now)
    of = {
        one.id: here
        for one in uow.records.of_person(RecordKind.CARE, person_id)
        if (here := setting.at(uow, uow.places.node(one.node_id))).policy.care.on
        and one.due_at is not None
        and reminded_from(here.policy.care, here, one) <= now
    }
    files = [one for one in uow.records.of_person(RecordKind.CARE, person_id) if one.id in of]
    if not files:
        return gone
    files.sort(key=lambda one: (one.due_at or now, one.id or 0))
    setting = of[files[0].id]
    rule = setting.policy.care
    lines = [_line(uow, of[one.id], one, now, names=False) for one in files[:LISTED]]
    more = setting.words.say("visit.more", count=len(files) - LISTED) if len(files) > LISTED else ""
    text = setting.words.say("care.due", count=len(files), lines="\n".join(lines), more=more, number=files[0].number)
    later = (now + timedelta(days=rule.again_days)).astimezone(setting.policy.zone)
    at = datetime.combine(later.date(), rule.remind_at, setting.policy.zone)
    ids = tuple(one.id for one in files if one.id is not None)
    told = Tell(person_id, PostKind.NOTICE, text, secret=True, records=ids)
    return [*gone, told, Remind(CARE, person_id, at.date().isoformat(), at)]


def left(uow: UnitOfWork, setting: Setting, person_id: str, now: datetime) -> list[Effect]:
    """What somebody looked after who may not any more: who keeps the list there is asked for another, in one line."""
    person = uow.people.get(person_id)
    to: dict[str, list[Record]] = {}
    for record in uow.records.of_person(RecordKind.CARE, person_id):
        node = uow.places.node(record.node_id)
        here = setting.at(uow, node)
        rule = here.policy.care
        stays = person.erased_at is None and bool(uow.people.roles_at(person.id, node) & set(rule.contacts))
        if not rule.on or stays:
            continue
        record.person_id = None
        keeper = _keeper(uow, here, node)
        if keeper is not None:
            to.setdefault(keeper.id, []).append(record)
    uow.flush()
    effects: list[Effect] = []
    for keeper_id, records in to.items():
        names = "、".join(f"#{one.number} {one.title}" for one in records[:LISTED])
        text = setting.words.say("care.vacant", names=names, count=len(records), number=records[0].number)
        ids = tuple(one.id for one in records if one.id is not None)
        effects.append(Tell(keeper_id, PostKind.NOTICE, text, secret=True, records=ids))
    return effects


def _keeper(uow: UnitOfWork, setting: Setting, node: GridNode) -> Person | None:
    for above in uow.places.line(node):
        found = uow.people.holders(above, [role for role in LEADERS if role in setting.policy.care.keepers])
        if found:
            return found[0]
    return None
