"""What notes of a household (走访, 帮扶) tell of harm goes the way such words go in a private message."""

from dataclasses import replace

from handlers.alarm.alarms import is_alarming, is_loud, parties
from handlers.alarm.unheard import hotline
from handlers.context import Context
from handlers.discreet.accused import tells_of_blows_by_staff
from handlers.effects import Effect, Tell
from handlers.people import reach
from handlers.record.records import node_of
from handlers.talk.opening import Matter, open_ticket, understood
from models.codes import PostKind, RecordKind, TicketKind
from models.record_tables import Record
from models.tables import GridNode
from models.ticket_tables import Ticket
from nlp.understanding import Band, Flag, Kind, Understanding


def is_matter(ctx: Context, text: str) -> bool:
    """Whether the words may be something to see to, so that whoever noted them is told how to register it."""
    meaning = ctx.setting.understand(text)
    return meaning.kind is not Kind.NONE and meaning.band is not Band.IGNORE


def tells_of_harm(meaning: Understanding) -> bool:
    """Whether the words of a note speak of blows, despair, an emergency, or of a child in a quarrel."""
    if meaning.kind is Kind.NONE or Flag.PETITION in meaning.flags:
        return False
    return is_loud(meaning) or (meaning.kind is Kind.DISPUTE and Flag.MINOR in meaning.flags)


def harm_in(ctx: Context, *texts: str) -> str:
    """The first of the texts that speaks of harm; empty when none does."""
    return next((text for text in texts if text and tells_of_harm(ctx.setting.understand(text))), "")


def pass_on(ctx: Context, record: Record, words: str) -> tuple[Ticket | None, str, list[Effect]]:
    """What a note with harm in it becomes: a matter for staff alone, of which whoever leads there and whoever is on
    duty are told at once. Returns it with what the note's writer is told; None: there is no harm in the words, nor
    where the household is named."""
    blows = tells_of_blows_by_staff(ctx.uow, node_of(ctx, record), words, ctx.me().id)
    words = words if blows else harm_in(ctx, words, ctx.args.text)
    if not words:
        return None, "", []
    ticket, effects = open_from(ctx, record, words)
    return ticket, said_of(ctx, ticket), effects


def said_of(ctx: Context, ticket: Ticket) -> str:
    """What whoever told of harm is told: whom to call, the number, and whether anybody could be told."""
    heard = reach.anybody(ctx.uow, ticket, parties(ctx.uow, ticket))
    key = "visit.harm" if heard else "visit.harm_unheard"
    return ctx.say(key, number=ticket.number, call=hotline(ctx, ticket) if is_alarming(ticket) else "")


def seen_to(ctx: Context, words: str, node: GridNode, place: str | None) -> tuple[Ticket, list[Effect]]:
    """The words as a ticket for staff alone. place: the household of which they speak."""
    meaning = ctx.setting.understand(words)
    known = meaning.kind is not Kind.NONE
    blows = tells_of_blows_by_staff(ctx.uow, node, words, ctx.me().id)
    matter = understood(
        Matter(
            kind=TicketKind(meaning.kind.value) if known else TicketKind.DISPUTE if blows else TicketKind.COMPLAINT,
            category=meaning.category if known else "dispute_other" if blows else "complaint_other",
            text=words,
            node=node,
            room=None,
            requester=ctx.me(),
            band="command",
            messages=(ctx.message,),
            place=place,
            hidden=True,
        ),
        meaning,
    )
    return open_ticket(ctx, matter)


def open_from(ctx: Context, record: Record, words: str) -> tuple[Ticket, list[Effect]]:
    """The words as a ticket for staff alone, at the household of the record; its leader reads where it comes from."""
    ticket, effects = seen_to(ctx, words, node_of(ctx, record), record.title)
    ticket.place = record.title
    told = ctx.say(
        "care.told" if record.kind is RecordKind.CARE else "visit.told",
        label=ctx.label(ticket, group=False),
        number=ticket.number,
        place=record.title,
        name=ctx.my_name,
        what=ctx.say("visit.wish" if ticket.kind is TicketKind.WISH else "visit.matter_of", number=ticket.number),
    )
    plain = [one for one in effects if isinstance(one, Tell) and one.kind is PostKind.NOTICE]
    effects = [one for one in effects if one not in plain]
    effects += [replace(one, text=told, room_id=None) for one in plain if one.person_id != ctx.me().id]
    return ticket, effects
