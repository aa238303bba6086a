"""What nobody ends alone: that blows, suicide or harm to a child were none is told to the level above at once."""

from handlers.aftermath import ON_THE_WAY
from handlers.alarms import is_perilous, parties
from handlers.context import Context
from handlers.effects import Effect, Tell
from models.codes import LEADERS, PostKind, TicketKind
from models.masking import short
from models.tables import Person
from models.ticket_tables import Signal, Ticket
from nlp.understanding import Flag


def told_above(ctx: Context, matter: Ticket | Signal, reason: str = "") -> list[Effect]:
    """One line to whoever leads above the speaker, if there is anybody; to be called before the words are erased."""
    harm = is_perilous(matter) or (Flag.MINOR.value in matter.flags and matter.kind is not TicketKind.WISH)
    above = _above(ctx, matter) if harm else None
    if above is None:
        return []
    said = ctx.say("name.note", note=short(reason, 60)) if reason else ""
    if isinstance(matter, Ticket):
        label = ctx.label(matter, group=False)
        text = ctx.say("tell.rejected_above", label=label, number=matter.number, name=ctx.my_name, note=said)
        alarm = ctx.uow.alarms.get(matter.id)
        soon = alarm is not None and ctx.now - alarm.at <= ON_THE_WAY
        kind = PostKind.EMERGENCY if soon else PostKind.NOTICE
        return [Tell(above.id, kind, text, (matter.id,), room_id=matter.room_id)]
    text = ctx.say(
        "signal.dropped_above",
        number=matter.number,
        name=ctx.my_name,
        category=ctx.category(matter.category),
        room="" if matter.room_id is None else ctx.uow.places.room_by_id(matter.room_id).name,
        text=short(matter.text, 60),
    )
    return [Tell(above.id, PostKind.NOTICE, text, room_id=matter.room_id)]


def _above(ctx: Context, matter: Ticket | Signal) -> Person | None:
    uow, me = ctx.uow, ctx.me()
    line = uow.places.line(uow.places.node(matter.node_id))
    led = [place for place, node in enumerate(line) if me.id in {one.id for one in uow.people.holders(node, LEADERS)}]
    left_out = {me.id, *parties(uow, matter)}
    return next(iter(uow.people.leaders(line[max(led, default=-1) + 1 :], left_out)), None)
