"""议事: what comes of a vote. It ends by its day or by command, its count is said once and kept; 撤销 takes it back."""

from collections.abc import Sequence
from datetime import datetime

from handlers.context import Context
from handlers.effects import Effect
from handlers.people.stations import require_role
from handlers.policy.votes import Voter
from handlers.record.lasting import rule_of
from handlers.record.publishing import read_by
from handlers.record.records import answer, find_record, looked_up, matching_records, node_of, visible
from handlers.record.voting import label, quietly, speaking, to_rooms, unit
from handlers.setting import Setting
from models.codes import OutgoingState, RecordKind, RecordState
from models.outbox import UNSENT
from models.record_tables import Record
from models.records import UNCOUNTED, VOTED
from models.uow import UnitOfWork

LISTED = 10


# -- the end --------------------------------------------------------------------------------------


def close(ctx: Context) -> list[Effect]:
    """结束议事 N: counted now, by whoever may open one there, or who opened it."""
    record = find_record(ctx, (RecordKind.VOTE,))
    ctx.uow.records.hold(record)
    _require_owner(ctx, record)
    _require_running(ctx, record)
    ended = end(ctx.uow, ctx.setting, record, ctx.now)
    return [*quietly(ctx, ctx.say("vote.ended", result=_result(ctx.setting, record)), record), *ended]


def end_by_clock(uow: UnitOfWork, setting: Setting, record_id: int, now: datetime) -> list[Effect]:
    """The day of the vote has come; nothing where it has ended otherwise."""
    record = uow.records.get(record_id)
    uow.records.hold(record)
    return end(uow, setting, record, now) if record.state is RecordState.OPEN else []


def end(uow: UnitOfWork, setting: Setting, record: Record, now: datetime) -> list[Effect]:
    """Count; from now on nobody can say who voted how, the bot neither."""
    assert record.id is not None
    votes = uow.records.tally(record.id, VOTED)
    left = sum(uow.records.tally(record.id, UNCOUNTED).values())
    record.data = {**record.data, "votes": votes, "uncounted": left}
    uow.records.drop_entries(record.id, VOTED, UNCOUNTED)
    uow.records.end(record, now)
    rooms = speaking(uow, uow.places.node(record.node_id))
    return to_rooms(rooms, setting.words.say("vote.result", result=_result(setting, record)), record)


def _result(setting: Setting, record: Record) -> str:
    """The question with its count, and whether it is valid."""
    votes, of = record.data["votes"], unit(setting, record)
    total, needed, say = sum(votes.values()), record.data["needed"], setting.words.say
    counts = "、".join(
        say("vote.count", option=option, count=votes.get(option, 0), unit=of) for option in record.data["options"]
    )
    if not total:
        outcome = say("vote.nobody")
    elif total < needed:
        outcome = say("vote.too_few", needed=needed, unit=of)
    else:
        outcome = say("vote.valid", needed=needed, unit=of) if needed else ""
    left = record.data.get("uncounted", 0)
    # Of a few votes everybody could tell whose they are.
    return say(
        "vote.counted" if total >= max(needed, 1) else "vote.counted_too_few",
        number=record.number,
        title=record.title,
        counts=counts,
        total=total,
        unit=of,
        outcome=outcome + (say("vote.uncounted", count=left) if left else ""),
    )


# -- looking --------------------------------------------------------------------------------------


def look_up(ctx: Context) -> list[Effect]:
    """查议事 N: how many have voted, or the count of one that is over; without a number the newest ones."""
    text = ctx.args.text.strip()
    if (records := looked_up(ctx, text, RecordKind.VOTE)) is not None:
        if not records:
            raise ctx.refuse("refuse.vote_none", number=text.lstrip("#"))
        return shown(ctx, records[0])
    quoted = [ctx.uow.records.get(record_id) for record_id in ctx.quoted_records]
    quoted = [one for one in quoted if one.kind is RecordKind.VOTE and visible(ctx, one)]
    if len(quoted) == 1:
        return shown(ctx, quoted[0])
    scopes = ctx.scopes(None)
    found = [
        one
        for scope in scopes
        for one in ctx.uow.records.below(ctx.uow.places.node(scope).path, RecordKind.VOTE, limit=LISTED * 3)
        if visible(ctx, one)
    ][:LISTED]
    if not found:
        return [answer(ctx, ctx.say("vote.none_yet"))]
    if len(found) == 1 or ctx.room is not None:
        return shown(ctx, found[0])
    lines = [
        ctx.say(f"vote_line.{one.state.value}", number=one.number, title=label(one), until=_until(ctx, one))
        for one in found
    ]
    return [answer(ctx, ctx.say("vote.list", lines="\n".join(lines), number=found[0].number), *found)]


def shown(ctx: Context, record: Record) -> list[Effect]:
    """One vote. While it runs nobody reads how it stands: from two readings one could tell a neighbour's vote."""
    if record.state is RecordState.CANCELLED:
        return [answer(ctx, ctx.say("vote.gone", number=record.number), record)]
    if record.state is RecordState.ENDED:
        return [answer(ctx, _result(ctx.setting, record), record)]
    assert record.id is not None
    text = ctx.say(
        "vote.running",
        number=record.number,
        title=record.title,
        options="、".join(record.data["options"]),
        total=sum(ctx.uow.records.tally(record.id, VOTED).values()),
        unit=unit(ctx.setting, record),
        until=_until(ctx, record),
    )
    left = sum(ctx.uow.records.tally(record.id, UNCOUNTED).values())
    if left and record.data["by"] == Voter.HOUSEHOLD:
        text += ctx.say("vote.uncounted_yet", count=left)
    return [answer(ctx, text, record)]


def _until(ctx: Context, record: Record) -> str:
    return "" if record.due_at is None else ctx.setting.moment(record.due_at)


def mentioned(ctx: Context) -> Record | None:
    """The vote that the number or the quoted post of another command means, where there is no such ticket."""
    records: Sequence[Record]
    if ctx.args.number is None:
        if ctx.quoted or not ctx.quoted_records:
            return None
        records = [ctx.uow.records.get(record_id) for record_id in ctx.quoted_records]
    elif ctx.matching(ctx.args.number, ctx.args.scope):
        return None
    else:
        records = matching_records(ctx, ctx.args.number, ctx.args.scope)
    votes = [one for one in records if one.kind is RecordKind.VOTE and visible(ctx, one)]
    return votes[0] if len(votes) == 1 else None


# -- taken back -----------------------------------------------------------------------------------


def cancelled(ctx: Context, record: Record) -> list[Effect]:
    """撤销 N: no vote counts; the groups that read the question get one line."""
    ctx.uow.records.hold(record)
    _require_owner(ctx, record)
    _require_running(ctx, record)
    assert record.id is not None
    ctx.uow.records.drop_entries(record.id, VOTED, UNCOUNTED)
    ctx.uow.records.end(record, ctx.now, RecordState.CANCELLED)
    rows = ctx.uow.outbox.about_record(record.id)
    for row in rows:
        if row.state in UNSENT and row.room_id is not None:
            row.state, row.error = OutgoingState.DROPPED, "taken back"
    line = ctx.say("vote.cancelled", number=record.number, title=record.title)
    done = quietly(ctx, ctx.say("vote.cancelled_done", number=record.number), record)
    return [*done, *to_rooms(read_by(ctx, rows), line, record)]


def _require_owner(ctx: Context, record: Record) -> None:
    person = ctx.known_me()
    if person is None or record.person_id != person.id:
        require_role(ctx, rule_of(record, ctx.policy.votes).roles, node_of(ctx, record))


def _require_running(ctx: Context, record: Record) -> None:
    if record.state is not RecordState.OPEN:
        raise ctx.refuse(
            "refuse.vote_over" if record.state is RecordState.ENDED else "refuse.vote_cancelled", number=record.number
        )
