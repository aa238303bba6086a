"""结对, 帮扶: households on a list, each with one contact person, and what he did there each month.

Only who keeps the list there and the contact person read a word of it; digests have numbers, groups and reports
nothing.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.naming import person_named
from handlers.numbers import is_bare_number, numbers_in
from handlers.people.stations import placed, require_role, stations
from handlers.policy.care import Care
from handlers.record.noted import pass_on
from handlers.record.records import answer, matching_records, node_of
from handlers.record.visiting import LONGEST_NAME, fitting, plain
from handlers.setting import Setting
from models.codes import PostKind, RecordKind, RecordState
from models.masking import short
from models.record_tables import Record
from models.tables import GridNode, Person

CARE = "care"
"""The kind of schedule: once for each person and day on which he is reminded."""
FILE = "file"
"""The period of the record that stands for the household; the others are months."""
SEARCHED = 500
_OVER = frozenset({"取消", "解除", "销档", "结束"})


# -- the list -------------------------------------------------------------------------------------


def pair(ctx: Context) -> list[Effect]:
    """结对 ‹户或人› ‹联系人› ‹情况›; 结对 ‹编号› ‹联系人›: another one; 结对 ‹编号› 取消: off the list, erased."""
    require_role(ctx, ctx.policy.care.keepers)
    words = ctx.args.text.strip().split(maxsplit=2)
    if len(words) < 2:
        raise ctx.refuse("refuse.care_pair_how")
    record = found(ctx, words[0], _kept(ctx))
    if record is not None:
        node = node_of(ctx, record)
        ctx = ctx.at(node)
    else:
        if is_bare_number(words[0]):
            raise ctx.refuse("refuse.care_none", who=f"#{(numbers_in(words[0]) or (0,))[0]}")
        ctx, node, text = placed(ctx, lambda policy: policy.care, ctx.args.text.strip())
        words = text.split(maxsplit=2)
        record = found(ctx, words[0], [one for one in _kept(ctx) if one.node_id == node.id]) if words else None
    if len(words) < 2:
        raise ctx.refuse("refuse.care_pair_how")
    if words[1] in _OVER:
        if record is None:
            raise ctx.refuse("refuse.care_none", who=short(words[0], 12))
        return _ended(ctx, record)
    contact = _contact(ctx, node, words[1])
    if record is None:
        record = _begun(ctx, node, words[0], contact, words[2] if len(words) > 2 else "")
        key, before = "care.paired", None
    else:
        before, record.person_id = record.person_id, contact.id
        key = "care.paired_anew"
    harm, harm_said, passed = pass_on(ctx, record, words[2] if len(words) > 2 else "")
    if harm is not None and before is None:
        record.text = ""  # what staff alone may read stands in the matter; the contact person hears that from them
    told = _told(ctx, record, key, contact, harm_said)
    return [*told, *_relieved(ctx, record, before), *passed, *planned(ctx.setting, record, ctx.now)]


def _contact(ctx: Context, node: GridNode, name: str) -> Person:
    """Who is to look after a household there. Raises Refusal."""
    rule = ctx.policy.care
    contact = person_named(ctx, name, ctx.uow.places.scope(node, ctx.policy.number_scope))
    if not ctx.uow.people.roles_at(contact.id, node) & set(rule.contacts):
        roles = "、".join(ctx.setting.words.name("role", role.value) for role in rule.contacts)
        raise ctx.refuse("refuse.care_contact", name=ctx.called(contact), roles=roles)
    if len(ctx.uow.records.of_person(RecordKind.CARE, contact.id)) >= rule.most:
        raise ctx.refuse("refuse.care_full", name=ctx.called(contact), most=rule.most)
    return contact


def _begun(ctx: Context, node: GridNode, who: str, contact: Person, text: str) -> Record:
    if len(who) > LONGEST_NAME or len(text) > ctx.policy.care.longest:
        raise ctx.refuse("refuse.care_pair_how")
    key = hashlib.sha256(f"{node.id}\x1f{plain(who)}\x1f{ctx.now.isoformat()}".encode()).hexdigest()[:32]
    return ctx.uow.records.open(
        RecordKind.CARE,
        node,
        ctx.uow.places.scope(node, ctx.policy.number_scope),
        title=who,
        text=text,
        at=ctx.now,
        person_id=contact.id,
        subject=key,
        period=FILE,
        due_at=first_due(ctx.setting, ctx.now),
    )


def _told(ctx: Context, record: Record, key: str, contact: Person, more: str = "") -> list[Effect]:
    """The keeper is answered, and the contact person told, with what the household needs. more: for the keeper."""
    assert record.due_at is not None and record.id is not None
    until = day(ctx.setting, record.due_at)
    said = ctx.say(key, number=record.number, who=record.title, name=ctx.called(contact), until=until)
    effects: list[Effect] = [answer(ctx, said + more, record)]
    if contact.id != ctx.me().id:
        text = ctx.say(
            "care.yours",
            number=record.number,
            who=record.title,
            name=ctx.my_name,
            note=ctx.say("name.note", note=record.text) if record.text else "",
            until=until,
        )
        effects.append(Tell(contact.id, PostKind.NOTICE, text, secret=True, records=(record.id,)))
    return effects


def _relieved(ctx: Context, record: Record, before: str | None) -> list[Effect]:
    if before is None or before in (record.person_id, ctx.me().id):
        return []
    if ctx.uow.people.get(before).erased_at is not None:
        return []
    text = ctx.say("care.not_yours", number=record.number)
    return [Tell(before, PostKind.NOTICE, text, secret=True)]


def _ended(ctx: Context, record: Record) -> list[Effect]:
    """Off the list: what stood there of the household is erased at once."""
    before, name = record.person_id, record.title
    for one in [record, *ctx.uow.records.of_subject(RecordKind.CARE, record.node_id, record.subject or "")]:
        ctx.uow.records.erase(one, ctx.say("privacy.expired_title"), ctx.now)
    ctx.uow.records.end(record, ctx.now, RecordState.CANCELLED)
    record.person_id = None
    return [answer(ctx, ctx.say("care.ended", number=record.number, who=name)), *_relieved(ctx, record, before)]


# -- what was done --------------------------------------------------------------------------------


def help_given(ctx: Context) -> list[Effect]:
    """帮扶 ‹户或编号› ‹做了什么›: this month's visit; said again it is added to."""
    who, _, text = ctx.args.text.strip().partition(" ")
    text = text.strip()
    if not who:
        raise ctx.refuse("refuse.care_how")
    record = found(ctx, who, readable(ctx))
    if record is None:
        raise ctx.refuse("refuse.care_none", who=short(who, 12))
    ctx = ctx.at(node_of(ctx, record))
    rule = ctx.policy.care
    if not text:
        raise ctx.refuse("refuse.care_what", who=record.title)
    if len(text) > rule.longest:
        raise ctx.refuse("refuse.visit_long", limit=rule.longest, length=len(text))
    local = ctx.now.astimezone(ctx.policy.zone)
    month = f"{local:%Y-%m}"
    assert record.subject is not None
    visit = ctx.uow.records.of_series(RecordKind.CARE, record.node_id, record.subject, month)
    if visit is None:
        node = node_of(ctx, record)
        visit = ctx.uow.records.open(
            RecordKind.CARE,
            node,
            ctx.uow.places.scope(node, ctx.policy.number_scope),
            title=record.title,
            text=text,
            at=ctx.now,
            person_id=ctx.me().id,
            subject=record.subject,
            period=month,
        )
        ctx.uow.records.end(visit, ctx.now)
        key = "care.noted"
    else:
        visit.text = f"{visit.text}；{text}" if visit.text else text
        key = "care.noted_too"
    harm, harm_said, told = pass_on(ctx, record, text)
    if harm is not None:
        visit.ticket_id = visit.ticket_id or harm.id
    record.at = ctx.now
    record.due_at = due_in(ctx.setting, local.year, local.month + rule.every_months)
    said = ctx.say(
        key, number=record.number, who=record.title, month=local.month, until=day(ctx.setting, record.due_at)
    )
    return [answer(ctx, said + harm_said, record), *told, *planned(ctx.setting, record, ctx.now)]


# -- which ----------------------------------------------------------------------------------------


def _kept(ctx: Context) -> list[Record]:
    """Open files of the places where the speaker keeps the list."""
    files: dict[int, Record] = {}
    for setting in ctx.setting.everywhere:
        for place in stations(ctx, setting.policy.care.keepers) if setting.policy.care.on else ():
            below = ctx.uow.records.below(place.path, RecordKind.CARE, states=(RecordState.OPEN,), limit=SEARCHED)
            files |= {one.id or 0: one for one in below if ctx.setting.at(ctx.uow, node_of(ctx, one)) is setting}
    return list(files.values())


def readable(ctx: Context) -> list[Record]:
    """Those, and the ones that he looks after."""
    me, files = ctx.known_me(), {one.id: one for one in _kept(ctx)}
    if me is not None and not ctx.roles_paused:
        own = ctx.uow.records.of_person(RecordKind.CARE, me.id)
        files |= {one.id: one for one in own if is_contact(ctx, one, me)}
    return list(files.values())


def is_contact(ctx: Context, record: Record, person: Person) -> bool:
    """Whether the household is his to look after, and he still works there."""
    node = node_of(ctx, record)
    rule = ctx.at(node).policy.care
    works = rule.on and bool(ctx.uow.people.roles_at(person.id, node) & set(rule.contacts))
    return record.person_id == person.id and works


def found(ctx: Context, who: str, files: Sequence[Record]) -> Record | None:
    """The one file that is meant by its number or name. Raises Refusal for several."""
    if is_bare_number(who) and (numbers := numbers_in(who)) is not None:
        ids = {one.id for one in matching_records(ctx, numbers[0])}
        return next((one for one in files if one.id in ids), None)
    same = fitting(who, files)
    if len(same) > 1:
        names = "、".join(f"#{one.number} {one.title}" for one in same[:4])
        raise ctx.refuse("refuse.care_several", names=names)
    return same[0] if same else None


# -- when -----------------------------------------------------------------------------------------


def due_in(setting: Setting, year: int, month: int) -> datetime:
    """The end of the day by which the visit of a month is due; months beyond December are those of the next year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    last = date(year, month, setting.policy.care.due_day)
    return datetime.combine(last + timedelta(days=1), time(), setting.policy.zone)


def first_due(setting: Setting, now: datetime) -> datetime:
    """Of a household that comes on the list now."""
    local = now.astimezone(setting.policy.zone)
    ahead = 0 if local.day < setting.policy.care.due_day else setting.policy.care.every_months
    return due_in(setting, local.year, local.month + ahead)


def day(setting: Setting, due: datetime) -> str:
    """The last day of it, as people say it."""
    last = due.astimezone(setting.policy.zone) - timedelta(seconds=1)
    return f"{last.month}月{last.day}日"


def reminded_from(rule: Care, setting: Setting, record: Record) -> datetime:
    """From when on its contact person is reminded of the visit that is due."""
    assert record.due_at is not None
    last = (record.due_at - timedelta(seconds=1)).astimezone(setting.policy.zone)
    return datetime.combine(last.date().replace(day=rule.remind_day), rule.remind_at, setting.policy.zone)


def planned(setting: Setting, record: Record, now: datetime) -> list[Effect]:
    """The next look at what its contact person has to do."""
    if record.person_id is None:
        return []
    rule = setting.policy.care
    at = reminded_from(rule, setting, record)
    if at <= now:  # he has just been told
        later = (now + timedelta(days=rule.again_days)).astimezone(setting.policy.zone)
        at = datetime.combine(later.date(), rule.remind_at, setting.policy.zone)
    return [Remind(CARE, record.person_id, at.date().isoformat(), at)]
