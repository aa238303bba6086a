"""Where an answer goes: back to the group or to the private chat from which it was asked."""

from collections.abc import Sequence

from handlers.alarm.aftermath import haste
from handlers.alarm.alarms import is_perilous
from handlers.context import Context
from handlers.discreet.wordless import wordless
from handlers.effects import Effect, Say, Tell
from handlers.people import reach
from handlers.wish.nameless import unnamed
from models.codes import OutgoingState, PostKind, Status, TicketKind, Topic
from models.masking import mask, short
from models.outgoing_tables import Outgoing
from models.tables import Person
from models.ticket_tables import Ticket


def reply(ctx: Context, text: str, *tickets: Ticket, person: Person | None = None) -> Effect:
    """One line to the speaker, where he spoke."""
    me = ctx.me() if person is None else person
    ids = tuple(ticket.id for ticket in tickets)
    if ctx.room is not None and ctx.room.id is not None:
        return Say(ctx.room.id, PostKind.REPLY, text, ids, me.id)
    # Of somebody with several ids the one that spoke is answered.
    return Tell(me.id, PostKind.REPLY, text, ids, address=ctx.message.sender if person is None else None)


def reply_in_private(ctx: Context, text: str, *tickets: Ticket, or_here: bool = False) -> Effect:
    """One line to the speaker alone, wherever he spoke.

    or_here: the line is so neutral that it may stand in the group when he cannot be written to.
    """
    return Tell(
        ctx.me().id,
        PostKind.REPLY,
        text,
        tuple(ticket.id for ticket in tickets),
        address=ctx.message.sender,
        in_group=ctx.room.id if or_here and ctx.room is not None else None,
    )


def announce(ctx: Context, ticket: Ticket, text: str) -> list[Effect]:
    """A line in the room of a public ticket; none for private ones."""
    if ticket.private or ticket.room_id is None:
        return []
    return [Say(ticket.room_id, PostKind.NOTICE, text, (ticket.id,))]


def tell(
    person: Person | None,
    kind: PostKind,
    text: str,
    ticket: Ticket,
    valid_in: Sequence[Status] | None = None,
    topic: Topic | None = None,
) -> Tell:
    """A private line about a ticket; person None: to whoever leads its room."""
    return Tell(
        None if person is None else person.id,
        kind,
        text,
        (ticket.id,),
        room_id=ticket.room_id,
        valid_in=None if valid_in is None else tuple(valid_in),
        topic=topic,
    )


def unsay(ctx: Context, ticket: Ticket) -> list[Outgoing]:
    """Drop what was promised about a ticket and has not left yet, and return it: it is no longer true.

    A digest stays: it speaks of other matters too.
    """
    touching = ctx.uow.outbox.touching(ticket.id, (OutgoingState.PENDING,))
    rows = [row for row in touching if row.kind is not PostKind.DIGEST]
    for row in rows:
        row.state, row.error = OutgoingState.DROPPED, "taken back"
    return rows


def tell_helper(ctx: Context, ticket: Ticket, key: str, unsaid: Sequence[Outgoing] = ()) -> list[Effect]:
    """A line to whoever sees to a matter that has ended without him: he need not go there any more.

    Nobody knows yet of an unclaimed wish; and who was never told of the matter (unsaid) need not
    hear of its end.
    """
    if ticket.kind is TicketKind.WISH and ticket.handler_id is None:
        return []
    helpers = [ctx.handler(ticket)]
    if ticket.kind is TicketKind.WISH:
        claims = ctx.uow.wishes.until(ticket.id, ctx.now)
        helpers = [ctx.uow.people.get(claim.person_id) for claim in claims] or helpers
    else:  # who was told of it in his place hears of its end too; of an emergency's all who were told do
        other = reach.in_place_of(ctx.uow, ticket, helpers[0])
        if other is not None and other.id not in ctx.uow.alarms.told(ticket.id):
            helpers.append(other)
    known = {ctx.me().id, *(row.person_id for row in unsaid)}
    kind = haste(ctx.uow, ticket, ctx.now)
    topic = Topic.CALLED_OFF if kind is PostKind.EMERGENCY else None
    return [
        tell(helper, kind, ctx.say(key, label=ctx.label_to(ticket, helper)), ticket, topic=topic)
        for helper in helpers
        if helper is not None and helper.id not in known
    ]


def tell_withdrawn(ctx: Context, ticket: Ticket, unsaid: Sequence[Outgoing] = ()) -> list[Effect]:
    """The same when nobody asks for the matter any more; of blows or suicide nobody is told to stay at home."""
    return tell_helper(ctx, ticket, "tell.withdrawn_softly" if is_perilous(ticket) else "tell.withdrawn", unsaid)


def in_group(ctx: Context) -> bool:
    """Whether the speaker speaks in a group, so that texts must be masked."""
    return ctx.room is not None


def masked(ctx: Context, ticket: Ticket) -> bool:
    """Whether the speaker is answered about the ticket as a group would be: in one, or where he may not read it."""
    return in_group(ctx) or not ctx.may_read(ticket)


def at_home(ctx: Context, ticket: Ticket) -> bool:
    """Whether he speaks in the ticket's own group: what he is answered there, all who know of it have read."""
    return ctx.room is not None and ctx.room.id == ticket.room_id


def note(ctx: Context, ticket: Ticket) -> str:
    """The speaker's own words behind a command, as the place where he spoke allows them to be repeated."""
    words = ctx.args.text
    if in_group(ctx):
        words = "" if wordless(ticket) else mask(unnamed(ctx, ticket, words))
    return ctx.say("name.note", note=short(words, 60)) if words else ""
