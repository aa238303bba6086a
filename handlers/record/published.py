"""查公开: what was published, for everybody whom it concerns."""

from collections.abc import Sequence

from handlers.context import Context
from handlers.effects import Effect, Picture
from handlers.numbers import is_bare_number, numbers_in
from handlers.record.records import answer, matching_records, node_of
from models.codes import RecordKind, RecordState
from models.masking import short
from models.record_tables import Record

LISTED = 10
"""Publications that a private answer names."""
GLANCE = 40
"""Characters of each in a list."""
PASSAGE = 160
"""Characters of the one that a group reads again."""


def look_up(ctx: Context) -> list[Effect]:
    """查公开 ‹词›: in a group the newest one that fits, in private all of them; 查公开 N one of them in full."""
    text = ctx.args.text.strip()
    if is_bare_number(text) and (numbers := numbers_in(text)) is not None:
        records = [one for one in matching_records(ctx, numbers[0]) if one.kind is RecordKind.PUBLICATION]
        if len(records) == 1:
            return shown(ctx, records[0])
    words = [_of_pack(ctx, word) for word in text.split()]
    found = ctx.uow.records.search(RecordKind.PUBLICATION, _node_ids(ctx), words, _paths(ctx), limit=LISTED + 1)
    if not found:
        key = "publication.none" if words else "publication.none_yet"
        return [answer(ctx, ctx.say(key, word=short(text, 20)), alone=False)]
    if len(found) == 1 or ctx.room is not None:
        more = _more(ctx, len(found) - 1, text) if len(found) > 1 else ""
        return shown(ctx, found[0], more)
    lines = [
        ctx.say(
            "publication.line",
            number=one.number,
            kind=one.title,
            day=ctx.setting.day(one.at),
            text=short(one.text, GLANCE),
        )
        for one in found[:LISTED]
    ]
    more = ctx.say("publication.more") if len(found) > LISTED else ""
    return [answer(ctx, ctx.say("publication.list", lines="\n".join(lines), more=more), *found[:LISTED])]


def shown(ctx: Context, record: Record, more: str = "") -> list[Effect]:
    """One publication: in private in full and with its pictures, in a group as far as it is short."""
    if record.state is RecordState.OPEN:
        return [answer(ctx, ctx.say("publication.not_yet", number=record.number, kind=record.title), record)]
    if record.state is RecordState.CANCELLED:
        return [answer(ctx, ctx.say("publication.gone", number=record.number, kind=record.title), record)]
    text = ctx.say(
        "publication.one",
        number=record.number,
        kind=record.title,
        day=ctx.setting.day(record.at),
        place=node_of(ctx, record).name,
        text=record.text if ctx.room is None else short(record.text, PASSAGE),
        more=more,
    )
    effects: list[Effect] = [answer(ctx, text, record)]
    hidden = ctx.policy.publications.shows_no_pictures(record.title, record.text)
    if ctx.room is None and record.id is not None and hidden is None:
        me = ctx.me().id
        effects += [Picture(None, me, name, records=(record.id,)) for name in record.data.get("pictures", ())]
    return effects


def _of_pack(ctx: Context, word: str) -> str:
    """The name of a kind for another spelling of it."""
    return ctx.policy.publications.kind_named(word) or word


def _node_ids(ctx: Context) -> list[int]:
    """The places above the reader: what is published there is for him."""
    nodes = [ctx.node] if ctx.node is not None else [ctx.uow.places.node(scope) for scope in ctx.my_scopes()]
    return [above.id for node in nodes for above in ctx.uow.places.line(node) if above.id is not None]


def _paths(ctx: Context) -> list[str]:
    """The places below which everything published may be read: the group's, else the villages of the reader."""
    nodes = [ctx.node] if ctx.node is not None else [ctx.uow.places.node(scope) for scope in ctx.my_scopes()]
    return [node.path for node in nodes]


def _more(ctx: Context, count: int, text: str) -> str:
    known = count < LISTED
    return ctx.say(
        "publication.others" if known else "publication.many_others", count=count, word=f" {text}" if text else ""
    )


def mentioned(ctx: Context) -> Sequence[Record]:
    """The publications that the number or the quoted post of another command means, where there is no such ticket."""
    if ctx.args.number is None:
        if ctx.quoted or not ctx.quoted_records:
            return ()
        records = [ctx.uow.records.get(record_id) for record_id in ctx.quoted_records]
    elif ctx.matching(ctx.args.number, ctx.args.scope):
        return ()
    else:
        records = matching_records(ctx, ctx.args.number, ctx.args.scope)
    return [one for one in records if one.kind is RecordKind.PUBLICATION]
