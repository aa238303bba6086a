"""积分榜: who has most points from the realised work of a month, and whom its prizes name; frozen once it is made."""

from collections.abc import Sequence
from typing import Any

from handlers.answering import reply
from handlers.context import Context
from handlers.effects import Effect
from handlers.naming import scope_of
from handlers.people.deputies import nodes_led
from handlers.people.stations import having
from handlers.policy.points import Prize
from handlers.report.digest import outermost
from handlers.report.periods import Period, Span, month_name, read
from handlers.setting import Setting
from models.codes import STAFF, PointKind, Role, RoomPurpose
from models.report_tables import Report
from models.tables import GridNode, Person
from models.uow import UnitOfWork

RANKING = "points"
"""The kind of frozen report that holds one: opaque ids and figures."""
MOST_PLACES = 3
"""Of how many places that lie apart somebody gets rankings at once."""
MOST_ASKED = 50
"""So many of a ranking are kept and looked at for a prize."""
_OFFICE = STAFF | {Role.PARTY_MEMBER, Role.HEAD}
"""Who is named in a group: those whose office it is."""


def ranking(ctx: Context) -> list[Effect]:
    """积分榜 ‹月›: of a month that is over; in a group only where the policy makes it public."""
    rule = ctx.policy.points
    if ctx.room is not None and ctx.room.purpose is RoomPurpose.RESIDENTS and not rule.public:
        raise ctx.refuse("refuse.ranking_private")
    period = read(Span.MONTH, ctx.args.text, ctx.now, ctx.policy.zone)
    if period is None:
        raise ctx.refuse("refuse.which_ranking")
    if not period.is_over(ctx.now):
        raise ctx.refuse("refuse.not_over", at=ctx.setting.moment(rule.sending().after(period)))
    places, leads = _places(ctx)
    person = ctx.known_me()
    me = person.id if person is not None and ctx.room is None else None
    found = having(ctx, lambda policy: policy.points.on, places)[:MOST_PLACES]
    texts = [ranking_text(ctx.uow, here.setting, node, period, group=not leads, reader=me) for here, node in found]
    lines = dict.fromkeys(text or ctx.say("points.nobody", month=month_name(period)) for text in texts)
    return [reply(ctx, "\n\n".join(lines))]


def _places(ctx: Context) -> tuple[list[GridNode], bool]:
    """The group's 村社区; in private what the speaker leads, else, where the ranking is public, where he belongs.

    Also whether he leads there: then he reads everybody's name.
    """
    if ctx.node is not None:
        return [ctx.uow.places.scope(ctx.node, ctx.policy.number_scope)], False
    led = nodes_led(ctx.uow, ctx.me().id, ctx.now)
    if led:
        return list(outermost(led))[:MOST_PLACES], True
    if not ctx.policy.points.public:
        raise ctx.refuse("refuse.leader_only")
    return [scope_of(ctx, lambda policy: policy.points.on)], False


def ranking_text(
    uow: UnitOfWork, setting: Setting, node: GridNode, period: Period, *, group: bool, reader: str | None = None
) -> str | None:
    """Who has most points, and whom the month's prizes name; None when nobody has any.

    group: many read it. Then residents are masked unless the policy names everybody, and who does not want to be
    listened to is left out. reader: who reads his own name all the same.
    """
    say, data = setting.words.say, frozen_ranking(uow, setting, node, period).data
    rows = _shown(uow, data["rows"], group=group)[: setting.policy.points.length]
    if not rows:
        return None
    lines = [say("points.ranking", month=month_name(period), place=node.name)]
    for place, (person, points, works, reversals) in enumerate(rows, start=1):
        back = say("points.back", count=reversals) if reversals else ""
        name = _name(uow, setting, node, person, masked=group and person.id != reader)
        lines.append(say("points.row", place=place, name=name, points=points, works=works, back=back))
    for prize, winners in data["prizes"]:
        key = "points.winner_alone" if group and _is_of_disputes(setting, prize) else "points.winner"
        names = "、".join(
            say(
                key,
                name=_name(uow, setting, node, person, masked=group and person.id != reader),
                works=works,
                points=points,
            )
            for person, points, works, _ in _shown(uow, winners, group=group)
        )
        lines += [say("points.prize", prize=prize, names=names)] if names else []
    return "\n".join(lines)


def _is_of_disputes(setting: Setting, prize: str) -> bool:
    """Whether a prize is for disputes alone: how many somebody settled, no group reads."""
    rules = [one.rules for one in setting.policy.points.prizes if one.name == prize]
    return any(set(one) == {PointKind.DISPUTE_SOLVED.value} for one in rules)


def frozen_ranking(uow: UnitOfWork, setting: Setting, node: GridNode, period: Period) -> Report:
    """The ranking of a month that is over: made once, and the same ever after whoever changes his role."""
    assert node.id is not None
    uow.lock("report", RANKING, period.name, node.id)
    found = uow.reports.get(RANKING, period.name, node.id)
    if found is not None:
        return found
    rows = uow.points.ranking(node.path, period.since, period.until, limit=MOST_ASKED)
    data: dict[str, Any] = {
        "rows": [[row.person_id, row.points, row.works, row.reversals] for row in rows],
        "prizes": [[prize.name, _winners(uow, node, period, prize)] for prize in setting.policy.points.prizes],
    }
    report = Report(
        kind=RANKING, period=period.name, node_id=node.id, since=period.since, until=period.until,
        made_at=period.until, data=data, hash="",
    )  # fmt: skip
    return uow.reports.freeze(report) if rows else report


def _winners(uow: UnitOfWork, node: GridNode, period: Period, prize: Prize) -> list[list[Any]]:
    rules = prize.rules or None
    found = uow.points.ranking(node.path, period.since, period.until, rules=rules, role=prize.role, limit=MOST_ASKED)
    rows = [row for row in found if row.works >= prize.least][: prize.winners]
    return [[row.person_id, row.points, row.works, row.reversals] for row in rows]


def _shown(uow: UnitOfWork, rows: Sequence[Sequence[Any]], *, group: bool) -> list[tuple[Person, int, int, int]]:
    """Those who may be shown: not who is forgotten, in a group not who does not want to be listened to."""
    people = [(uow.people.get(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in rows]
    return [row for row in people if row[0].erased_at is None and not (group and _is_deaf(uow, row[0]))]


def _is_deaf(uow: UnitOfWork, person: Person) -> bool:
    return any(identity.deaf for identity in uow.people.identities(person.id))


def _name(uow: UnitOfWork, setting: Setting, node: GridNode, person: Person, *, masked: bool) -> str:
    names = (identity.display_name for identity in uow.people.identities(person.id))
    name = person.name or next((name for name in names if name), "")
    if not name:
        return setting.words.say("name.somebody")
    if not masked or setting.policy.points.everybody_named or _in_office(uow, node, person):
        return name
    return setting.words.say("points.masked", sign=name[0])


def _in_office(uow: UnitOfWork, node: GridNode, person: Person) -> bool:
    """Whether that person works there, or is a party member there: at the place, above it or below it."""
    grants = [grant for grant in uow.people.grants(person.id) if grant.role in _OFFICE]
    paths = [uow.places.node(grant.node_id).path for grant in grants]
    return any(path.startswith(node.path) or node.path.startswith(path) for path in paths)
