"""议事: a question put to the groups of a place, each vote known to the bot alone, the count for all at the end."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from handlers.clockwork.outlook import gone_by
from handlers.context import Context
from handlers.dates import read_day
from handlers.discreet.seemly import require_seemly
from handlers.effects import Effect, Remind, Say, Tell
from handlers.people.stations import placed
from handlers.policy.votes import Unnamed, Voter
from handlers.record.lasting import rule_of, written
from handlers.record.records import find_record, node_of
from handlers.refusals import Refusal
from handlers.setting import Setting
from models.codes import NodeLevel, PostKind, RecordKind, RecordState, RoomMode
from models.masking import short
from models.record_tables import Record
from models.records import UNCOUNTED, VOTED, vote_key
from models.tables import GridNode, Person, Room
from models.uow import UnitOfWork

VOTE = "vote"
"""The kind of schedule: when a vote ends."""
LONGEST, SHORTEST = 100, 4
MOST_OPTIONS, LONGEST_OPTION = 6, 12
_ABOVE = list(NodeLevel)
_UNTIL = re.compile(r"[\s，,。；;]+(?:截止到?|截至|到)[\s:：]*(\S+)\s*$")
_OPTIONS = re.compile(r"[\s，,。；;]+选项[\s:：]+(.+)$", re.DOTALL)
_BETWEEN = re.compile(r"[\s、，,;；/|]+")


# -- opening --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the opener wants to know."""

    title: str
    options: tuple[str, ...]
    until: datetime


def begin(ctx: Context) -> list[Effect]:
    """议事 ‹题目›: the question goes once to every group at and below the place."""
    ctx, node, said = placed(ctx, lambda policy: policy.votes, ctx.args.text.strip())
    rule = ctx.policy.votes
    if _ABOVE.index(node.level) < _ABOVE.index(ctx.policy.number_scope):
        raise ctx.refuse("refuse.vote_above", place=node.name)  # its number would mean nothing in the villages
    asked = _asked(ctx, said)
    open_rooms = speaking(ctx.uow, node)
    if not open_rooms:
        raise ctx.refuse("refuse.publish_nowhere", place=node.name)
    record = ctx.uow.records.open(
        RecordKind.VOTE,
        node,
        ctx.uow.places.scope(node, ctx.policy.number_scope),
        title=asked.title,
        at=ctx.now,
        person_id=ctx.me().id,
        room_id=None if ctx.room is None else ctx.room.id,
        due_at=asked.until,
        data={"options": list(asked.options), "by": rule.by.value, "needed": _needed(ctx, node), **written(rule)},
    )
    until = ctx.setting.moment(asked.until)
    first = asked.options[0]
    post = ctx.say(
        "vote.post",
        title=asked.title,
        options="、".join(asked.options),
        example=ctx.say("vote.example" if first == "赞成" else "vote.example_own", number=record.number, option=first),
        rule=ctx.setting.words.name("vote_rule", "person" if rule.by is Voter.PERSON else rule.unnamed.value),
        quorum=_condition(ctx.setting, record),
        until=until,
        place=node.name,
        number=record.number,
    )
    gone = gone_by(ctx, open_rooms, 1)
    when = "at_once" if gone - ctx.now <= timedelta(minutes=1) else "until"
    said_back = ctx.say(
        "vote.opened",
        number=record.number,
        count=len(open_rooms),
        when=ctx.say(f"publication.{when}", at=ctx.setting.moment(gone + timedelta(minutes=1))),
        until=until,
    )
    assert record.id is not None
    return [
        *quietly(ctx, said_back, record),
        *to_rooms(open_rooms, post, record),
        Remind(VOTE, str(record.id), "end", asked.until),
    ]


def _asked(ctx: Context, said: str) -> _Asked:
    """The question, its options and its last day. Raises Refusal."""
    rule = ctx.policy.votes
    day = (ctx.now + timedelta(days=rule.days)).astimezone(ctx.policy.zone).date()
    today = ctx.now.astimezone(ctx.policy.zone).date()
    if (found := _UNTIL.search(said)) is not None and any(char.isdigit() or char in "天周期" for char in found[1]):
        named_day = read_day(found[1], today)
        if named_day is None or not today <= named_day <= today + timedelta(days=rule.most_days):
            raise ctx.refuse("refuse.vote_day", days=rule.most_days)
        day, said = named_day, said[: found.start()]
    until = datetime.combine(day, rule.close_at, ctx.policy.zone)
    if until <= ctx.now:
        raise ctx.refuse("refuse.vote_day", days=rule.most_days)
    options = rule.options
    if (found := _OPTIONS.search(said)) is not None:
        options = tuple(part for part in _BETWEEN.split(found[1].strip()) if part)
        said = said[: found.start()]
        plain = all(len(one) <= LONGEST_OPTION and not one.isdigit() for one in options)
        if not 2 <= len(set(options)) == len(options) <= MOST_OPTIONS or not plain:
            raise ctx.refuse("refuse.vote_options", most=MOST_OPTIONS, length=LONGEST_OPTION)
    title = said.strip(" ，,。；;")
    if len(title) < SHORTEST:
        raise ctx.refuse("refuse.vote_how")
    if len(title) > LONGEST:
        raise ctx.refuse("refuse.vote_long", limit=LONGEST, length=len(title))
    require_seemly(ctx, title + "，" + "，".join(options))
    return _Asked(title, options, until)


def _needed(ctx: Context, node: GridNode) -> int:
    """So many votes make it valid: fixed at its beginning, so that everybody knows."""
    rule = ctx.policy.votes
    if not rule.quorum_percent:
        return rule.quorum
    known = ctx.uow.people.voters_below(node.path, by_household=rule.by is Voter.HOUSEHOLD)
    return max(rule.quorum, ceil(known * rule.quorum_percent / 100))


def _condition(setting: Setting, record: Record) -> str:
    needed = record.data["needed"]
    return setting.words.say("vote.condition", needed=needed, unit=unit(setting, record)) if needed else ""


# -- voting ---------------------------------------------------------------------------------------


def cast(ctx: Context, option: str) -> list[Effect]:
    """赞成 N, 反对 N, 弃权 N, or a quote of the question."""
    return aside(ctx, lambda: _cast(ctx, find_record(ctx, (RecordKind.VOTE,)), option))


def choose(ctx: Context) -> list[Effect]:
    """投票 N ‹选项›: for options of its own, by name or by place."""

    def chosen() -> list[Effect]:
        record = find_record(ctx, (RecordKind.VOTE,))
        options, said = record.data["options"], ctx.args.text.strip()
        if said.isdigit() and 1 <= int(said) <= len(options):
            said = options[int(said) - 1]
        return _cast(ctx, record, said)

    return aside(ctx, chosen)


def aside(ctx: Context, run: Callable[[], list[Effect]]) -> list[Effect]:
    """What comes of a word that is secret, a refusal too, is for the speaker alone: no group hears a line of it."""
    if ctx.room is None:
        return run()
    try:
        return run()
    except Refusal as refusal:
        return quietly(ctx, str(refusal))


def _cast(ctx: Context, record: Record, option: str) -> list[Effect]:
    """Note the vote; the last one counts. Raises Refusal before anything has changed."""
    assert record.id is not None
    ctx.uow.records.hold(record)
    require_open(ctx, record)
    if ctx.roles_paused:  # who is new here may have voted under another id
        raise ctx.refuse("refuse.roles_paused")
    if option not in record.data["options"]:
        options = record.data["options"]
        raise ctx.refuse("refuse.vote_option", number=record.number, options="、".join(options), first=options[0])
    me = ctx.me()
    _require_of_the_place(ctx, record, me)
    if record.data["by"] == Voter.HOUSEHOLD and me.household is None:
        if rule_of(record, ctx.policy.votes).unnamed is Unnamed.REFUSE:
            raise ctx.refuse("refuse.vote_household")
        if not ctx.reachable(me) and ctx.room is not None:
            return []  # the question itself said what to do first
        ctx.uow.records.put(record, UNCOUNTED, vote_key(record.id, me.id), at=ctx.now, value=option, person_id=me.id)
        return quietly(ctx, ctx.say("vote.which_household", number=record.number), record)
    before = count(ctx, record, me, option)
    key = "vote.cast" if before is None else ("vote.same" if before == option else "vote.changed")
    assert record.due_at is not None
    return quietly(
        ctx, ctx.say(key, number=record.number, option=option, until=ctx.setting.moment(record.due_at)), record
    )


def count(ctx: Context, record: Record, voter: Person, option: str) -> str | None:
    """Enter the vote, in place of the one before, which is returned. Raises Refusal for a household's second voter."""
    assert record.id is not None
    by_household = record.data["by"] == Voter.HOUSEHOLD
    key = vote_key(record.id, (voter.household or "") if by_household else voter.id)
    standing = ctx.uow.records.entry(record.id, VOTED, key)
    if standing is not None and standing.person_id != voter.id:
        raise ctx.refuse("refuse.vote_household_taken", number=record.number)
    before = None if standing is None else standing.value
    ctx.uow.records.put(record, VOTED, key, at=ctx.now, value=option, person_id=voter.id)
    return before


def require_open(ctx: Context, record: Record) -> None:
    if record.state is RecordState.CANCELLED:
        raise ctx.refuse("refuse.vote_cancelled", number=record.number)
    if record.state is RecordState.ENDED or (record.due_at is not None and record.due_at <= ctx.now):
        raise ctx.refuse("refuse.vote_over", number=record.number)


def _require_of_the_place(ctx: Context, record: Record, me: Person) -> None:
    """Raises Refusal unless he lives or works there, or speaks in a group of the place."""
    path = node_of(ctx, record).path
    if ctx.node is not None and ctx.node.path.startswith(path):
        return
    nodes = (ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(me.id))
    if not any(node.path.startswith(path) for node in nodes):
        raise ctx.refuse("refuse.vote_elsewhere", number=record.number, place=node_of(ctx, record).name)


# -- what is said ---------------------------------------------------------------------------------


def quietly(ctx: Context, text: str, record: Record | None = None) -> list[Effect]:
    """A line to the speaker alone; nothing at all where he cannot be written to."""
    me = ctx.me()
    if ctx.room is not None and not ctx.reachable(me):
        return []
    records = () if record is None or record.id is None else (record.id,)
    return [
        Tell(me.id, PostKind.REPLY, text, address=ctx.message.sender if ctx.room is None else None, records=records)
    ]


def speaking(uow: UnitOfWork, node: GridNode) -> list[Room]:
    """The groups at and below a place in which anything is posted at all."""
    rooms = uow.places.rooms_below(node.path)
    return [
        room
        for room in rooms
        if room.mode in (RoomMode.ON, RoomMode.ASK) and not room.muted and not uow.places.account(room.account).paused
    ]


def to_rooms(rooms: Sequence[Room], text: str, record: Record) -> list[Effect]:
    assert record.id is not None
    return [Say(room.id, PostKind.PUBLICITY, text, records=(record.id,)) for room in rooms if room.id is not None]


def unit(setting: Setting, record: Record) -> str:
    """户 or 人."""
    return setting.words.name("vote_unit", record.data["by"])


def label(record: Record) -> str:
    return short(record.title, 30)
