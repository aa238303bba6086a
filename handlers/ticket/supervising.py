"""督办: somebody of a level above pushes a matter; it stands in the digests until it is solved."""

from collections.abc import Sequence

from handlers.alarm.alarms import is_alarming
from handlers.answering import masked, note, reply, tell
from handlers.context import Context
from handlers.discreet.discretion import for_person
from handlers.effects import Effect
from handlers.people import reach
from handlers.people.deputies import principals
from handlers.people.unreached import said_of
from handlers.ticket import charge
from handlers.ticket.handling import require_unfinished
from handlers.ticket.routing import in_hands_of, leads_above
from models.codes import PostKind, TicketKind
from models.masking import short
from models.tables import GridNode, Person

SUPERVISED = "supervised"


def supervise(ctx: Context) -> list[Effect]:
    """督办 N ‹要求›: marks it and tells whoever has it."""
    ticket = ctx.find()
    if not leads_above(ctx, ticket):
        raise ctx.refuse("refuse.supervise_from_above", number=ticket.number)
    require_unfinished(ctx, ticket)
    me, handler = ctx.me(), ctx.handler(ticket)
    if handler is not None and handler.id == me.id:
        raise ctx.refuse("refuse.supervise_yourself", number=ticket.number, finish=ctx.setting.finish(ticket))
    line = ctx.uow.places.line(ctx.node_of(ticket))
    if handler is not None and not _may_push(ctx, handler, line):
        raise ctx.refuse("refuse.supervise_upwards", number=ticket.number, name=ctx.called(handler))
    ticket.supervised_at = ctx.now
    ctx.uow.tickets.record(ticket, SUPERVISED, at=ctx.now, actor_id=me.id, words=ctx.args.text)
    unheard = said_of(ctx, ticket, handler)
    answer = ctx.say(
        "handle.supervised_unheard" if unheard else "handle.supervised",
        label=ctx.label(ticket, group=masked(ctx, ticket)),
        name=in_hands_of(ctx, ticket) or ctx.say("name.leader"),
        note=note(ctx, ticket),
    )
    demand = for_person(ctx, ticket, handler, ctx.args.text)
    key = "tell.supervised"
    if ticket.kind is TicketKind.WISH:
        key = "tell.supervised_unclaimed" if ticket.handler_id is None else "tell.supervised_wish"
    text = ctx.say(
        key,
        label=ctx.label_to(ticket, handler),
        number=ticket.number,
        name=ctx.my_name,
        note=ctx.say("name.note", note=short(demand, 60)) if demand else "",
        status=ctx.status(ticket),
        finish=ctx.setting.finish(ticket),
    )
    kind = PostKind.EMERGENCY if is_alarming(ticket) else PostKind.NOTICE
    told = tell(handler, kind, text, ticket)
    return [
        reply(ctx, answer + unheard, ticket),
        *reach.told_too(ctx.uow, ctx.setting, ticket, handler, told, by=me.id),
    ]


def _may_push(ctx: Context, handler: Person, line: Sequence[GridNode]) -> bool:
    """Whether the speaker, or somebody for whom he stands in, leads as far up as whoever has the matter."""
    people = [ctx.me(), *(ctx.uow.people.get(one) for one in principals(ctx.uow, ctx.me().id, ctx.now))]
    own = max(charge.height(ctx.uow, one, line) for one in people)
    return own >= charge.height(ctx.uow, handler, line)
