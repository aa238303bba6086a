"""一事一册: the whole course of a matter, from who asked for it to who rated it, and whether anybody has changed it."""

from collections.abc import Mapping, Sequence

from handlers.answering import reply
from handlers.context import Context
from handlers.discreet.standing import Kind
from handlers.discreet.wordless import wordless
from handlers.effects import Effect
from handlers.ticket.evaluation import FED_BACK
from handlers.ticket.happened import what_of
from models.codes import STAFF, Rating, Status
from models.history import ERASED, verify
from models.history_tables import EventText, TicketEvent
from models.masking import short
from models.ticket_tables import Ticket

STEPS, WORDS = 40, 40
"""Steps that one answer names, and characters of what was said with one."""


def show(ctx: Context) -> list[Effect]:
    """一事一册 N: each step with its time, person and words; who asked, was told, rated; the check of the chain."""
    ticket = ctx.find(follow=False)
    if not ctx.roles(ctx.node_of(ticket)) & STAFF:  # who has it in hand without being staff reads 查 N
        raise ctx.refuse("refuse.staff_only")
    if not (ctx.may_read(ticket) and ctx.reads(ticket, Kind.NOTES)):
        raise ctx.refuse("refuse.private_handler", number=ticket.number)
    events = ctx.uow.tickets.events(ticket.id)
    words = ctx.uow.tickets.texts(ticket.id)
    lines = [line for event in events if (line := _step(ctx, ticket, event, words.get(event.seq)))]
    more = ctx.say("dossier.earlier", count=len(lines) - STEPS) if len(lines) > STEPS else ""
    text = ctx.say(
        "dossier.head",
        label=ctx.label(ticket, group=False),
        status=ctx.status(ticket),
        lines=more + "\n".join(lines[-STEPS:]),
        asking=_names(ctx, [row.person_id for row in ctx.uow.tickets.requesters(ticket.id)]),
        told=_told(ctx, events),
        rated=_rated(ctx, ticket, events),
        outcome=_outcome(ctx, ticket),
        check=_check(ctx, ticket, events, words),
    )
    return [reply(ctx, text, ticket)]


def _step(ctx: Context, ticket: Ticket, event: TicketEvent, spoken: EventText | None) -> str | None:
    what = what_of(ctx, event)
    if event.kind == FED_BACK:
        what = ctx.say("dossier.fed_back", names=_names(ctx, event.data.get("to", ())))
    if what is None:
        return None
    hidden = spoken is None or (wordless(ticket) and not ctx.handles(ticket))
    said = "" if spoken is None or hidden or not ctx.may_read_step(ticket, spoken.text) else short(spoken.text, WORDS)
    return ctx.say(
        "dossier.step",
        seq=event.seq,
        at=ctx.setting.moment(event.at),
        what=what,
        name=ctx.say("dossier.bot") if event.actor_id is None else _names(ctx, [event.actor_id]),
        note=ctx.say("name.note", note=said) if said else "",
    )


def _names(ctx: Context, people: Sequence[str]) -> str:
    """What those are called, but somebody of whom no name is kept any more."""
    found = [ctx.uow.people.get(person_id) for person_id in people]
    names = [ctx.called(one) if one.erased_at is None else ctx.say("dossier.erased") for one in found]
    return "、".join(dict.fromkeys(names)) or ctx.say("dossier.nobody")


def _told(ctx: Context, events: Sequence[TicketEvent]) -> str:
    told = [one for event in events if event.kind == FED_BACK for one in event.data.get("to", ())]
    return _names(ctx, list(dict.fromkeys(told)))


def _rated(ctx: Context, ticket: Ticket, events: Sequence[TicketEvent]) -> str:
    """Who gave which grade, and that each of them had asked for it himself."""
    grades = {event.actor_id: Rating(event.data["rating"]) for event in events if event.kind == "rated"}
    if not grades:
        return ctx.say("dossier.nobody")
    shown = "、".join(f"{_names(ctx, [who])}{ctx.say(f'rating.{grade.value}')}" for who, grade in grades.items() if who)
    own = all(who is not None and ctx.uow.tickets.requester(ticket.id, who) is not None for who in grades)
    own = own or ticket.anonymised_at is not None  # nobody knows any more who asked
    return shown + ctx.say("dossier.own" if own else "dossier.not_own")


def _outcome(ctx: Context, ticket: Ticket) -> str:
    if ticket.status is not Status.CLOSED:
        return ctx.say("dossier.over" if ctx.ended(ticket) else "dossier.open", status=ctx.status(ticket))
    if ticket.rating in (Rating.SATISFIED, Rating.FAIR, Rating.CONFIRMED):
        return ctx.say("dossier.settled")
    return ctx.say("dossier.unrated" if ticket.rating is Rating.UNRATED else "dossier.over", status=ctx.status(ticket))


def _check(ctx: Context, ticket: Ticket, events: Sequence[TicketEvent], words: Mapping[int, EventText]) -> str:
    damage = verify(ticket.id, ticket.status, events, words.values())
    if damage:
        where = next((one.seq for one in damage if one.seq is not None), None)
        return ctx.say("dossier.damaged" if where is None else "dossier.damaged_at", seq=where)
    erased = {seq for event in events if event.kind == ERASED for seq in event.data.get("seqs", ())}
    return ctx.say("dossier.intact", count=len(events)) + (
        ctx.say("dossier.words_erased", count=len(erased)) if erased else ""
    )
