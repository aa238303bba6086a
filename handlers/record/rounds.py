"""Who has gone on his round: what each place owes, who is reminded, and how many of the rounds of a time were whole."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from handlers.effects import Effect, Remind, Tell
from handlers.setting import Setting
from models.codes import PostKind, RecordKind, RecordState
from models.record_tables import Record
from models.tables import GridNode
from models.uow import UnitOfWork

PATROLS = "patrols"
"""The kind of schedule: the look at who has not gone on his."""
ITEM = "item"
"""The kind of entry."""
LISTED = 8
_NOW = timedelta(microseconds=1)


def begun(setting: Setting, now: datetime) -> datetime:
    """When the day or week of rounds began in which now lies."""
    day = now.astimezone(setting.policy.zone).date()
    if setting.policy.patrols.every == "week":
        day -= timedelta(days=day.weekday())
    return datetime.combine(day, time(), setting.policy.zone)


def plan(setting: Setting, scope: GridNode, now: datetime) -> list[Effect]:
    """The next look at the rounds below a scope: each working day, or on the last one of the week."""
    rule, working = setting.policy.patrols, setting.policy.working
    if not rule.on or rule.every == "never":
        return []
    day = now.astimezone(setting.policy.zone).date()
    while True:
        at = datetime.combine(day, rule.remind_at, setting.policy.zone)
        last = rule.every == "day" or not any(
            working.is_workday(day + timedelta(days=more)) for more in range(1, 7 - day.weekday())
        )
        if at > now and working.is_workday(day) and last:
            return [Remind(PATROLS, str(scope.id), day.isoformat(), at)]
        day += timedelta(days=1)


def remind(uow: UnitOfWork, setting: Setting, scope_id: int, now: datetime) -> list[Effect]:
    """One private line to each who has a place without a round; the next look is planned.

    None where the pack that the place has by now asks for no rounds: the look was planned by the one before.
    """
    if not setting.policy.patrols.on or setting.policy.patrols.every == "never":
        return []
    scope = uow.places.node(scope_id)
    left = [node for node, done in rounds(uow, setting, scope, now).items() if not done]
    to: dict[str, list[GridNode]] = {}
    nodes = {node.id: node for node in uow.places.below(scope.path)}
    for node_id in left:
        person = next(iter(uow.people.holders(nodes[node_id], setting.policy.patrols.roles)), None)
        if person is not None:
            to.setdefault(person.id, []).append(nodes[node_id])
    effects: list[Effect] = []
    for person_id, mine in to.items():
        text = setting.words.say(
            f"patrol_due.{setting.policy.patrols.every}",
            names="、".join(node.name for node in mine[:LISTED]),
            example=setting.words.say("patrol.example", place=f"{mine[0].name} " if len(mine) > 1 else ""),
        )
        effects.append(Tell(person_id, PostKind.NOTICE, text))
    return effects + plan(setting, scope, now)


def rounds(uow: UnitOfWork, setting: Setting, scope: GridNode, now: datetime) -> dict[int, bool]:
    """Each place below the scope that needs rounds, and whether it had the whole of the present one."""
    owed = [node.id for node in owing(uow, setting, scope) if node.id is not None]
    done = _whole(uow, setting, uow.records.between(scope.path, RecordKind.PATROL, begun(setting, now), now + _NOW))
    nodes = {node_id for node_id, _ in done}
    return {node_id: node_id in nodes for node_id in owed}


def _whole(uow: UnitOfWork, setting: Setting, records: Iterable[Record]) -> set[tuple[int, date]]:
    """(node id, day or first day of the week) of each round in which every item was looked at, in one go or several."""
    rule, left = setting.policy.patrols, dict[tuple[int, date], set[str]]()
    for record in records:
        on = record.at.astimezone(setting.policy.zone).date()
        on = on if rule.every == "day" else on - timedelta(days=on.weekday())
        lacking = set(missing(uow, setting, record))
        left[record.node_id, on] = left.get((record.node_id, on), lacking) & lacking
    return {key for key, lacking in left.items() if not lacking}


def missing(uow: UnitOfWork, setting: Setting, record: Record) -> list[str]:
    """The items of which nothing was said; of what has ended as it was noted then."""
    if record.state is RecordState.ENDED:
        return list(record.data.get("missing", ()))
    assert record.id is not None
    done = {entry.key for entry in uow.records.entries(record.id, ITEM)}
    return [item.name for item in setting.policy.patrols.items if item.name not in done]


def owing(uow: UnitOfWork, setting: Setting, node: GridNode) -> list[GridNode]:
    """The places at or below the node that need rounds: those of the policy's level."""
    return [below for below in uow.places.below(node.path) if below.level is setting.policy.patrols.level]


def share(uow: UnitOfWork, setting: Setting, node: GridNode, since: datetime, until: datetime) -> dict[str, int]:
    """How many rounds were due in that time at and below the node, and how many of these were done, item by item."""
    rule, zone = setting.policy.patrols, setting.policy.zone
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    days = [day + timedelta(days=more) for more in range((last - day).days)]
    if rule.every == "day":
        due = {one for one in days if setting.policy.working.is_workday(one)}
    else:
        due = {one for one in days if one.weekday() == 0}
    places = {one.id for one in owing(uow, setting, node)}
    whole = _whole(uow, setting, uow.records.between(node.path, RecordKind.PATROL, since, until))
    done = [one for one in whole if one[0] in places and one[1] in due]
    return {"due": len(due) * len(places), "done": len(done)}
