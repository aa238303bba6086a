"""When the next visit of a household is due, and who is reminded of it."""

from datetime import datetime, timedelta

from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.setting import Setting
from models.codes import LEADERS, PostKind, RecordKind, RecordState
from models.record_tables import Record
from models.records import NOTE
from models.tables import GridNode, Person
from models.uow import UnitOfWork

VISITS = "visits"
"""The kind of schedule: once for each person and day on which a visit of his is due."""
LISTED = 15
SEARCHED = 500
"""Files of a place that are looked at."""


def planned(ctx: Context, record: Record) -> list[Effect]:
    """When the next visit is due by the file's colour, on a working day; whoever was there last is reminded then."""
    rule = ctx.policy.visits
    colour = rule.colour(record.data["colour"]) or rule.colours[-1]
    day = (record.at + timedelta(days=colour.days)).astimezone(ctx.policy.zone).date()
    while not ctx.policy.working.is_workday(day):
        day += timedelta(days=1)
    record.due_at = datetime.combine(day, rule.remind_at, ctx.policy.zone)
    record.person_id = record.person_id or ctx.me().id
    ctx.uow.flush()
    return [Remind(VISITS, record.person_id, day.isoformat(), max(record.due_at, ctx.now))]


def remind(uow: UnitOfWork, setting: Setting, person_id: str, now: datetime) -> list[Effect]:
    """One private line about all visits of that person that are due; again later, as long as any is."""
    found = [
        (one, setting.at(uow, uow.places.node(one.node_id)))
        for one in uow.records.due(RecordKind.VISIT, person_id, now, limit=SEARCHED)
    ]
    of = {one.id: here for one, here in found if here.policy.visits.on}
    files = [one for one, _ in found if one.id in of]
    if not files:
        return []
    setting = of[files[0].id]
    rule = setting.policy.visits
    person = uow.people.get(person_id)
    to: dict[str, tuple[Person, list[Record]]] = {}
    for one in files:
        node = uow.places.node(one.node_id)
        here = of[one.id]
        reader = person if _visits(uow, here, person, node) else _instead(uow, here, node)
        if reader is not None:
            to.setdefault(reader.id, (reader, []))[1].append(one)
            one.person_id = reader.id
    effects: list[Effect] = []
    again = (now + timedelta(days=rule.again_days)).astimezone(setting.policy.zone)
    due = datetime.combine(again.date(), rule.remind_at, setting.policy.zone)
    for reader, mine in to.values():
        lines = [
            setting.words.say(
                "visit.line",
                number=one.number,
                who=one.title,
                colour=one.data["colour"],
                last=setting.day(one.at),
                due="" if one.due_at is None else setting.day(one.due_at),
            )
            for one in mine[:LISTED]
        ]
        more = setting.words.say("visit.more", count=len(mine) - LISTED) if len(mine) > LISTED else ""
        text = setting.words.say("visit.due", count=len(mine), lines="\n".join(lines), more=more, number=mine[0].number)
        ids = tuple(one.id for one in mine if one.id is not None)
        effects.append(Tell(reader.id, PostKind.NOTICE, text, secret=True, records=ids))
        effects.append(Remind(VISITS, reader.id, due.date().isoformat(), due))
    return effects


def _visits(uow: UnitOfWork, setting: Setting, person: Person, node: GridNode) -> bool:
    if person.erased_at is not None:
        return False
    return bool(uow.people.roles_at(person.id, node) & set(setting.policy.visits.roles))


def _instead(uow: UnitOfWork, setting: Setting, node: GridNode, *, without: Person | None = None) -> Person | None:
    """Who sees to a file whose visitor works there no more: the nearest who leads, as far as he may read it."""
    for above in uow.places.line(node):
        roles = [role for role in LEADERS if role in setting.policy.visits.roles]
        found = [one for one in uow.people.holders(above, roles) if without is None or one.id != without.id]
        if found:
            return found[0]
    return None


def left(uow: UnitOfWork, setting: Setting, person: Person, now: datetime) -> list[Effect]:
    """What becomes of the files of whoever asks to be forgotten, before his notes go.

    Where nobody but he wrote, nothing is left that anybody could use: the file goes with its name. The others go to
    whoever leads there, who hears of them when they are due.
    """
    effects: list[Effect] = []
    for file in uow.records.worded_of(RecordKind.VISIT, person.id):
        assert file.id is not None
        if all(note.person_id == person.id for note in uow.records.entries(file.id, NOTE)):
            uow.records.end(file, now)
            uow.records.erase(file, setting.words.say("privacy.erased_title"), now)
            continue
        reader = _instead(uow, setting, uow.places.node(file.node_id), without=person)
        file.person_id = None if reader is None else reader.id
        if reader is not None and file.state is RecordState.OPEN and file.due_at is not None:
            day = file.due_at.astimezone(setting.policy.zone).date()
            effects.append(Remind(VISITS, reader.id, day.isoformat(), max(file.due_at, now)))
    return effects
