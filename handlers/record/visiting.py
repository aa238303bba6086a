"""走访: files of households with a colour, and notes of each visit. For few eyes only."""

import hashlib
import re
from collections.abc import Sequence

from handlers.context import Context
from handlers.effects import Effect, Tell
from handlers.numbers import is_bare_number, numbers_in
from handlers.people.stations import placed, require_role, stations
from handlers.record.noted import is_matter, open_from, pass_on
from handlers.record.records import answer, matching_records, node_of, reads_visits
from handlers.record.visits_due import LISTED, SEARCHED, planned
from models.codes import STAFF, PostKind, RecordKind, RecordState, TicketKind
from models.masking import short
from models.record_tables import Record, RecordEntry
from models.records import NOTE
from models.tables import GridNode

LONGEST = 1000
LONGEST_NAME = 30
SHOWN = 5
"""Notes of a file that are shown."""
_MARKS = re.compile(r"[\s,，、.。:：;；()（）【】#\-]+")


def visit(ctx: Context) -> list[Effect]:
    """走访 ‹户或人› ‹颜色› ‹内容›: a note in the file of a household, which is begun with the first one."""
    require_role(ctx, ctx.policy.visits.roles)
    who, _, rest = ctx.args.text.strip().partition(" ")
    if not who:
        raise ctx.refuse("refuse.visit_how")
    record, node = _found(ctx, who), None
    if record is not None:
        ctx = ctx.at(node_of(ctx, record))
    else:
        ctx, node, text = placed(ctx, lambda policy: policy.visits, ctx.args.text.strip())
        who, _, rest = text.partition(" ")
        record = _found(ctx, who, node)
    colour, text = _coloured(ctx, rest.strip())
    if len(text) > LONGEST:
        raise ctx.refuse("refuse.visit_long", limit=LONGEST, length=len(text))
    if record is None:
        assert node is not None
        if not text:
            raise ctx.refuse("refuse.visit_what", who=short(who, 12))
        record = _begun(ctx, node, who)
    elif text in ("销档", "结档"):
        ctx.uow.records.end(record, ctx.now)
        return [answer(ctx, ctx.say("visit.ended", number=record.number, who=record.title), record)]
    elif not text and colour is None:
        raise ctx.refuse("refuse.visit_what", who=record.title)
    if colour is not None:
        record.data = {**record.data, "colour": colour}
    harm, harm_said, told = None, "", list[Effect]()
    if text:
        entry = _note(ctx, record, text)
        harm, harm_said, told = pass_on(ctx, record, text)
        entry.ticket_id = None if harm is None else harm.id
    effects = [*told, *planned(ctx, record)]
    assert record.due_at is not None
    said = ctx.say(
        "visit.noted" if text else "visit.recoloured",
        number=record.number,
        who=record.title,
        colour=record.data["colour"],
        day=ctx.setting.day(record.due_at),
    )
    if harm is not None:
        said += harm_said
    elif text and is_matter(ctx, text):
        said += ctx.say("visit.matter")
    return [answer(ctx, said, record), *effects]


def look_up(ctx: Context) -> list[Effect]:
    """查走访 ‹户或人›: the notes of one file, or the files of the speaker's places, what is due first."""
    rule = ctx.policy.visits
    require_role(ctx, rule.roles)
    who = ctx.args.text.strip()
    files = _files(ctx)
    if who:
        files = fitting(who, files)
        if not files:
            raise ctx.refuse("refuse.visit_none", who=short(who, 12))
        if len(files) == 1:
            return [answer(ctx, _file(ctx, files[0]), files[0])]
    if not files:
        return [answer(ctx, ctx.say("visit.none_yet"))]
    lines = [
        ctx.say(
            "visit.line_due" if one.due_at is not None and one.due_at <= ctx.now else "visit.line",
            number=one.number,
            who=one.title,
            colour=one.data["colour"],
            last=ctx.setting.day(one.at),
            due="" if one.due_at is None else ctx.setting.day(one.due_at),
        )
        for one in sorted(files, key=lambda one: (one.due_at or ctx.now, one.id or 0))[:LISTED]
    ]
    more = ctx.say("visit.more", count=len(files) - LISTED) if len(files) > LISTED else ""
    return [answer(ctx, ctx.say("visit.list", count=len(files), lines="\n".join(lines), more=more))]


# -- files ----------------------------------------------------------------------------------------


def _files(ctx: Context) -> list[Record]:
    """Open files that the speaker may read, newest visit first."""
    staff = set(ctx.policy.visits.roles) & STAFF
    found: dict[int, Record] = {}
    places = [one for one in stations(ctx, ctx.policy.visits.roles) if len(ctx.packs) < 2 or _keeps(ctx, one)]
    at_work = {place.id for place in places if ctx.roles(place) & staff}
    for place in places:
        for one in ctx.uow.records.below(place.path, RecordKind.VISIT, states=(RecordState.OPEN,), limit=SEARCHED):
            if one.id is not None and (place.id in at_work or reads_visits(ctx, one)):
                found[one.id] = one
    return list(found.values())


def _keeps(ctx: Context, place: GridNode) -> bool:
    """Whether files are kept at the place, or anywhere below it."""
    return any(ctx.at(node).policy.visits.on for node in (place, *ctx.uow.places.with_packs(place.path)))


def _found(ctx: Context, who: str, node: GridNode | None = None) -> Record | None:
    """The one open file that is meant by its number or name; None: there is none yet. Raises Refusal for several."""
    if is_bare_number(who) and (numbers := numbers_in(who)) is not None:
        records = [one for one in matching_records(ctx, numbers[0]) if one.kind is RecordKind.VISIT]
        if len(records) != 1 or records[0].state is not RecordState.OPEN:
            raise ctx.refuse("refuse.visit_none", who=f"#{numbers[0]}")
        return records[0]
    files = fitting(who, [one for one in _files(ctx) if node is None or one.node_id == node.id])
    if len(files) > 1:
        names = "、".join(f"#{one.number} {one.title}" for one in files[:4])
        raise ctx.refuse("refuse.visit_several", names=names, number=files[0].number)
    return files[0] if files else None


def fitting(who: str, files: Sequence[Record]) -> list[Record]:
    """Those that are called so, else those in whose name it stands: 王奶奶 for 3栋501王奶奶."""
    wanted = plain(who)
    same = [one for one in files if plain(one.title) == wanted]
    if same or len(wanted) < 2:
        return same
    return [one for one in files if wanted in plain(one.title)]


def _begun(ctx: Context, node: GridNode, who: str) -> Record:
    if len(who) > LONGEST_NAME:
        raise ctx.refuse("refuse.visit_how")
    scope = ctx.uow.places.scope(node, ctx.policy.number_scope)
    key = hashlib.sha256(f"{node.id}\x1f{plain(who)}\x1f{ctx.now.isoformat()}".encode()).hexdigest()[:32]
    return ctx.uow.records.open(
        RecordKind.VISIT,
        node,
        scope,
        title=who,
        at=ctx.now,
        person_id=ctx.me().id,
        subject=key,
        period="file",
        data={"colour": ctx.policy.visits.colours[-1].name},
    )


def _note(ctx: Context, record: Record, text: str) -> RecordEntry:
    """Whoever was there last is reminded of the next visit."""
    assert record.id is not None
    me = ctx.me().id
    seq = len(ctx.uow.records.entries(record.id, NOTE)) + 1
    entry, _ = ctx.uow.records.put(
        record, NOTE, str(seq), at=ctx.now, value=record.data["colour"], text=text, person_id=me
    )
    record.at, record.person_id = ctx.now, me
    return entry


def _coloured(ctx: Context, rest: str) -> tuple[str | None, str]:
    """The colour that the words begin with, if any, and the words behind it."""
    word, _, text = rest.partition(" ")
    colour = ctx.policy.visits.colour(word)
    return (None, rest) if colour is None else (colour.name, text.strip())


def plain(who: str) -> str:
    return _MARKS.sub("", who).lower()


def _file(ctx: Context, record: Record) -> str:
    """The newest notes; whoever does not lead there reads his own."""
    assert record.id is not None
    notes = [one for one in ctx.uow.records.entries(record.id, NOTE) if one.text and reads_visits(ctx, record, one)]
    lines = [ctx.say("visit.note", day=ctx.setting.day(one.at), name=_by(ctx, one), text=one.text) for one in notes]
    due = "" if record.due_at is None else ctx.setting.day(record.due_at)
    return ctx.say(
        "visit.file",
        number=record.number,
        who=record.title,
        colour=record.data["colour"],
        place=node_of(ctx, record).name,
        due=due,
        lines="\n".join(lines[-SHOWN:][::-1]),
    ).rstrip()


def _by(ctx: Context, note: RecordEntry) -> str:
    if note.person_id is None:
        return ctx.say("name.somebody")
    return ctx.called(ctx.uow.people.get(note.person_id))


# -- out of a visit -------------------------------------------------------------------------------


def quoted(ctx: Context) -> Record | None:
    """The file of the quoted answer to a visit."""
    if ctx.quoted or len(ctx.quoted_records) != 1:
        return None
    record = ctx.uow.records.get(ctx.quoted_records[0])
    return record if record.kind is RecordKind.VISIT and reads_visits(ctx, record) else None


def register(ctx: Context, record: Record) -> list[Effect]:
    """登记 in a quote of the answer: the last note, or the words given, become a ticket for staff alone."""
    assert record.id is not None
    notes = [one for one in ctx.uow.records.entries(record.id, NOTE) if reads_visits(ctx, record, one)]
    note = notes[-1] if notes else None
    if note is not None and note.ticket_id is not None and not ctx.args.text:
        ticket = ctx.uow.unions.end_of(ctx.uow.tickets.get(note.ticket_id))
        raise ctx.refuse("refuse.registered_already", number=ticket.number, status=ctx.status(ticket))
    words = ctx.args.text or ("" if note is None else note.text)
    if not words or note is None:
        raise ctx.refuse("refuse.register_what")
    ticket, effects = open_from(ctx, record, words)
    if note.ticket_id is None:  # its own words became that one, and go when that one's go
        note.ticket_id = ticket.id
    me, handler = ctx.me().id, ctx.handler(ticket)
    mine = handler is not None and handler.id == me
    key = "visit.registered_mine" if mine else "visit.registered"
    if mine and ticket.kind is TicketKind.WISH:
        key = "visit.registered_my_wish"
    text = ctx.say(key, number=ticket.number, category=ctx.category(ticket.category), who=record.title)
    return [Tell(me, PostKind.REPLY, text, (ticket.id,), address=ctx.message.sender), *effects]
