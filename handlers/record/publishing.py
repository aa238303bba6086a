"""公开: what a village owes an account of is posted to all of its groups, kept, and put right or taken back."""

from collections.abc import Sequence
from datetime import timedelta

from handlers.clockwork.outlook import gone_by, when
from handlers.context import Context
from handlers.discreet.seemly import require_seemly
from handlers.effects import Effect, Picture, Say
from handlers.people.stations import placed, require_role
from handlers.record.records import answer, find_record, node_of
from handlers.ticket.pictures import Kept, kept_of
from handlers.ticket.picturing import STEPS
from models.codes import OutgoingState, PostKind, RecordKind, RecordState, RoomMode
from models.masking import mask, short
from models.outbox import UNSENT
from models.outgoing_tables import Outgoing
from models.record_tables import Record
from models.tables import GridNode, Room

SHORTEST = 4
"""Characters that say anything at all."""
MOST_PICTURES = 3
"""Pictures of one publication: each goes to every group."""
AFTERWARDS = timedelta(minutes=5)
"""So long after it a picture in the same private chat belongs to a publication."""
_HEARD = (OutgoingState.SENT, OutgoingState.SENDING, OutgoingState.MAYBE)


def publish(ctx: Context) -> list[Effect]:
    """公开 ‹类别› ‹内容›: to every group at and below the speaker's place, after everything else that waits."""
    ctx, node, said = placed(ctx, lambda policy: policy.publications, ctx.args.text.strip())
    rule = ctx.policy.publications
    word, _, text = said.partition(" ")
    title = rule.kind_named(word)
    if title is None and (begun := rule.kind_begun(said)) is not None:
        title, text = begun
    if title is None:
        raise ctx.refuse("refuse.publish_kind", kinds="、".join(rule.names), kind=rule.names[0])
    text = _checked(ctx, text.strip(), title)
    rooms = open_rooms(ctx, node)
    if not rooms:
        raise ctx.refuse("refuse.publish_nowhere", place=node.name)
    kept = kept_of(ctx, MOST_PICTURES)
    if kept.pictures or kept.lost:
        _require_pictures(ctx, title, text)
    scope = ctx.uow.places.scope(node, ctx.policy.number_scope)
    record = ctx.uow.records.open(
        RecordKind.PUBLICATION,
        node,
        scope,
        title=title,
        text=text,
        at=ctx.now,
        person_id=ctx.me().id,
        room_id=None if ctx.room is None else ctx.room.id,
        data={"pictures": []},
    )
    if not kept.pictures:
        ctx.uow.records.end(record, ctx.now)
        return sent_out(ctx, record, rooms, (), _lost(ctx, kept))
    record.ended_at = ctx.now  # its words are kept no longer where it never goes out
    return [_held(ctx, record, kept), *kept.pictures]


def sent_out(
    ctx: Context, record: Record, rooms: Sequence[Room], pictures: Sequence[str], lost: str = ""
) -> list[Effect]:
    """A publication and its pictures to these groups, and what whoever did it is answered."""
    node = node_of(ctx, record)
    post = ctx.say(
        "publication.post",
        kind=record.title,
        text=record.text,
        place=node.name,
        number=record.number,
        bot=ctx.policy.bot_names[0],
    )
    gone = gone_by(ctx, rooms, 1 + len(pictures))
    said_back = ctx.say(
        "publication.done", number=record.number, kind=record.title, count=len(rooms), when=when(ctx, gone)
    )
    silent = len(ctx.uow.places.rooms_below(node.path)) - len(rooms)
    if silent > 0:
        said_back += ctx.say("publication.silent_rooms", count=silent)
    return [answer(ctx, said_back + lost, record, alone=True), *_to_rooms(rooms, post, record, pictures)]


def _held(ctx: Context, record: Record, kept: Kept) -> Effect:
    """The pictures wait for a yes: what is asked."""
    names = [keep.sha256 for keep in kept.pictures]
    record.data = {**record.data, "held": [*record.data.get("held", []), *names]}
    for name in names:
        ctx.uow.records.add_picture(record, name, ctx.now)
    key = "publication.held" if record.state is RecordState.OPEN else "publication.held_after"
    count = len(record.data["held"])
    said = ctx.say(key, number=record.number, kind=record.title, count=count) + _lost(ctx, kept)
    return answer(ctx, said, record, alone=True)


def _lost(ctx: Context, kept: Kept) -> str:
    return ctx.say("publication.lost_pictures", count=kept.lost) if kept.lost else ""


def open_rooms(ctx: Context, node: GridNode) -> list[Room]:
    """The groups at and below a place in which anything is posted."""
    return [room for room in ctx.uow.places.rooms_below(node.path) if speaks(ctx, room)]


def correct(ctx: Context) -> list[Effect]:
    """更正 N ‹内容›: the right words take the place of the wrong ones; groups that read these get one line."""
    record = _mine(ctx)
    text = ctx.args.text.strip()
    if not text:
        raise ctx.refuse("refuse.correct_how", number=record.number)
    text = _checked(ctx, text, record.title)
    if text == record.text:
        raise ctx.refuse("refuse.correct_same", number=record.number)
    if record.data.get("pictures") or record.data.get("held"):
        _require_pictures(ctx, record.title, text)
    assert record.id is not None
    times = len(ctx.uow.records.entries(record.id, "corrected")) + 1
    ctx.uow.records.put(record, "corrected", str(times), at=ctx.now, text=record.text, person_id=ctx.me().id)
    old, record.text = record.text, text
    rows = ctx.uow.outbox.about_record(record.id)
    for row in rows:
        if row.state in UNSENT and row.room_id is not None and row.text:
            row.text = row.text.replace(mask(old), mask(text))
    rooms = read_by(ctx, rows)
    line = ctx.say("publication.corrected", number=record.number, kind=record.title, text=text)
    said = _told(ctx, "publication.corrected_done", "publication.corrected_early", record, rooms)
    return [answer(ctx, said, record, alone=True), *_to_rooms(rooms, line, record)]


def taken_back(ctx: Context, record: Record) -> list[Effect]:
    """撤回 N: what has not left stays at home; the groups that read it get one line."""
    require_role(ctx, ctx.policy.publications.roles, node_of(ctx, record))
    if record.state is RecordState.CANCELLED:
        raise ctx.refuse("refuse.publication_over", number=record.number)
    assert record.id is not None
    ctx.uow.records.end(record, ctx.now, RecordState.CANCELLED)
    rows = ctx.uow.outbox.about_record(record.id)
    for row in rows:
        if row.state in UNSENT and row.room_id is not None:
            row.state, row.error = OutgoingState.DROPPED, "taken back"
    rooms = read_by(ctx, rows)
    reason = short(_checked(ctx, ctx.args.text, record.title, least=0), 60)
    note = ctx.say("name.note", note=reason) if reason else ""
    line = ctx.say("publication.taken_back", number=record.number, kind=record.title, note=note)
    said = _told(ctx, "publication.taken_back_done", "publication.taken_back_early", record, rooms)
    return [answer(ctx, said, record, alone=True), *_to_rooms(rooms, line, record)]


def _told(ctx: Context, done: str, early: str, record: Record, rooms: Sequence[Room]) -> str:
    """What whoever did it is answered: how many groups have to hear of it, or that none had read it yet."""
    if not rooms:
        return ctx.say(early, number=record.number)
    return ctx.say(done, number=record.number, count=len(rooms), when=when(ctx, gone_by(ctx, rooms, 1)))


def _mine(ctx: Context) -> Record:
    """The publication that is meant, if the speaker may change it and it still stands. Raises Refusal."""
    record = find_record(ctx, (RecordKind.PUBLICATION,))
    require_role(ctx, ctx.policy.publications.roles, node_of(ctx, record))
    if record.state is RecordState.CANCELLED or record.erased_at is not None:
        raise ctx.refuse("refuse.publication_over", number=record.number)
    return record


def _checked(ctx: Context, text: str, kind: str, least: int = SHORTEST) -> str:
    """The words, if a whole village may read them. Raises Refusal with what to leave out."""
    rule = ctx.policy.publications
    if len(text) < least:
        raise ctx.refuse("refuse.publish_what", kind=kind)
    if len(text) > rule.longest:
        raise ctx.refuse("refuse.publish_long", limit=rule.longest, length=len(text))
    require_seemly(ctx, text, kind)
    return text


def _require_pictures(ctx: Context, kind: str, text: str) -> None:
    """Raises Refusal when what is published goes without pictures: nobody can tell what a picture of a list shows."""
    word = ctx.policy.publications.shows_no_pictures(kind, text)
    if word is not None:
        raise ctx.refuse("refuse.publish_pictures", word=word)


def speaks(ctx: Context, room: Room) -> bool:
    """Whether anything is posted in the room at all."""
    paused = ctx.uow.places.account(room.account).paused
    return room.mode in (RoomMode.ON, RoomMode.ASK) and not room.muted and not paused


def read_by(ctx: Context, rows: Sequence[Outgoing]) -> list[Room]:
    """The groups in which it stands already."""
    ids = {row.room_id for row in rows if row.state in _HEARD and row.kind is PostKind.PUBLICITY}
    rooms = ctx.uow.places.rooms_of([room_id for room_id in ids if room_id is not None])
    return [room for room in sorted(rooms, key=lambda one: one.id or 0) if speaks(ctx, room)]


def _to_rooms(rooms: Sequence[Room], text: str, record: Record, pictures: Sequence[str] = ()) -> list[Effect]:
    assert record.id is not None
    effects: list[Effect] = []
    for room in rooms:
        assert room.id is not None
        effects.append(Say(room.id, PostKind.PUBLICITY, text, records=(record.id,)))
        effects += [Picture(room.id, None, name, kind=PostKind.PUBLICITY, records=(record.id,)) for name in pictures]
    return effects


def more_pictures(ctx: Context) -> list[Effect] | None:
    """Pictures that follow a publication in the same private chat belong to it, once agreed to; None: there is none."""
    person = ctx.known_me()
    if person is None or not any(one.policy.publications.on for one in (ctx.setting, *ctx.packs)):
        return None
    record = ctx.uow.records.last_of(RecordKind.PUBLICATION, person.id, ctx.now - AFTERWARDS)
    if record is None or record.state is RecordState.CANCELLED:
        return None
    if ctx.uow.tickets.last_step(person.id, STEPS, record.at) is not None:
        return None  # he has reported something since: it is a picture of that
    kept = kept_of(ctx, MOST_PICTURES - len(record.data["pictures"]) - len(record.data.get("held", ())))
    if not (kept.pictures or kept.lost):
        return None
    _require_pictures(ctx, record.title, record.text)
    if not kept.pictures:
        return [answer(ctx, _lost(ctx, kept), record)]
    return [_held(ctx, record, kept), *kept.pictures]
