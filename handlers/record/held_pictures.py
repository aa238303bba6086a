"""Pictures of a publication wait until whoever sent them says that they name nobody: nobody else can look at them."""

from collections.abc import Sequence
from datetime import timedelta

from handlers.context import Context
from handlers.effects import Effect, Picture
from handlers.people.stations import require_role
from handlers.record import published, publishing
from handlers.record.records import answer, node_of
from handlers.ticket import evaluation
from models.codes import PostKind, RecordState
from models.record_tables import Record
from models.tables import Room

WAITS = timedelta(days=1)
"""So long they can be let out; later what they show may be out of date."""


def confirm(ctx: Context) -> list[Effect]:
    """确认 N: of a publication with pictures, that these may go out; else, of a matter, that it is done."""
    if found := published.mentioned(ctx):
        return _let_out(ctx, found[0])
    return evaluation.confirm(ctx)


def _let_out(ctx: Context, record: Record) -> list[Effect]:
    """Its pictures go to all groups, after the words if these have not gone yet. Raises Refusal."""
    assert record.id is not None
    node = node_of(ctx, record)
    ctx = ctx.at(node)
    require_role(ctx, ctx.policy.publications.roles, node)
    if record.state is RecordState.CANCELLED or record.erased_at is not None:
        raise ctx.refuse("refuse.publication_over", number=record.number)
    held: list[str] = record.data.get("held", [])
    if not held:
        raise ctx.refuse("refuse.publish_no_pictures", number=record.number)
    if ctx.now - record.at > WAITS:
        raise ctx.refuse("refuse.publish_late", number=record.number, kind=record.title)
    first = record.state is RecordState.OPEN
    rooms = publishing.open_rooms(ctx, node) if first else _its_rooms(ctx, record)
    if not rooms:
        raise ctx.refuse("refuse.publish_nowhere", place=node.name)
    record.data = {**record.data, "pictures": [*record.data["pictures"], *held], "held": []}
    if first:
        ctx.uow.records.end(record, ctx.now)
        return publishing.sent_out(ctx, record, rooms, held)
    said = ctx.say("publication.pictures", number=record.number, count=len(held))
    sent = [
        Picture(room.id, None, name, kind=PostKind.PUBLICITY, records=(record.id,)) for room in rooms for name in held
    ]
    return [answer(ctx, said, record, alone=True), *sent]


def _its_rooms(ctx: Context, record: Record) -> Sequence[Room]:
    """The groups that got its words."""
    rows = ctx.uow.outbox.about_record(record.id or 0)
    ids = {row.room_id for row in rows if row.kind is PostKind.PUBLICITY and row.room_id is not None}
    return [room for room in ctx.uow.places.rooms_of(sorted(ids)) if publishing.speaks(ctx, room)]
