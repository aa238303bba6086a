"""The steps of a ticket as 查 N shows them, with their words for whoever may read those; course.py has all."""

from collections.abc import Mapping

from handlers.context import Context
from handlers.discreet.discretion import for_person
from handlers.discreet.standing import Kind
from handlers.discreet.wordless import wordless
from handlers.ticket.happened import what_of
from models.alarms import TRANSFERRED
from models.codes import Role, TicketKind
from models.history_tables import TicketEvent
from models.masking import short
from models.ticket_tables import Ticket

SHORT_LENGTH = 6
"""Steps that 查 N shows, the newest; 查 N 全程 shows all."""
WORDS_LENGTH = 40
"""Characters of each step's words there."""
WHOLE_LENGTH = 300
MOST_STEPS = 60

_SAID = frozenset({"opened", "joined", "updated", "amended", "pictured"})
"""Steps in the words of those who asked."""


def steps(ctx: Context, ticket: Ticket, *, every: bool = False) -> str:
    """The newest steps of a ticket, or every one, with their words for whoever may read those."""
    texts, length = _texts(ctx, ticket), WHOLE_LENGTH if every else WORDS_LENGTH
    lines = [
        line + _said(ctx, texts, ticket, event, length)
        for event in ctx.uow.tickets.events(ticket.id)
        if (line := line_of(ctx, event))
    ]
    if every:
        return "\n".join(lines[-MOST_STEPS:])
    more = ctx.say("show.whole", number=ticket.number) if len(lines) > SHORT_LENGTH or _cut(texts) else ""
    return "\n".join(lines[-SHORT_LENGTH:]) + more


def line_of(ctx: Context, event: TicketEvent) -> str | None:
    """One step of a history in Chinese, without names and words; None for steps that tell nobody anything."""
    what = what_of(ctx, event)
    if what is None:
        return None
    pictures = ctx.say("show.step_pictures") if event.data.get("pictures") else ""
    return ctx.say("show.step", at=ctx.setting.moment(event.at), what=what + pictures)


def _texts(ctx: Context, ticket: Ticket) -> dict[int, str]:
    """The words of those steps that the speaker may read, by seq.

    Staff read all. Whoever it was given to does too, but of what was written behind a command only as much as he was
    told (handlers/discreet/discretion.py). A company reads what those who asked said, what came with the matter,
    and its own people's words. Everybody else reads what he said himself.
    """
    me = ctx.known_me()
    own = None if me is None else me.id
    kept = {seq: row.text.strip() for seq, row in ctx.uow.tickets.texts(ticket.id).items()}
    events = ctx.uow.tickets.events(ticket.id)
    given = ctx.handles(ticket) and ticket.kind is not TicketKind.WISH
    staff = ctx.may_read(ticket) and ctx.reads(ticket, Kind.NOTES)
    if staff:
        mine = {event.seq for event in events if event.actor_id == own}
        return {seq: text for seq, text in kept.items() if text and (seq in mine or ctx.may_read_step(ticket, text))}
    colleagues = _colleagues(ctx, ticket)
    if given and ticket.organisation_id is None:
        readable = {event.seq for event in events}
    else:
        readable = {event.seq for event in events if event.actor_id == own}
        works = colleagues or (Role.PROPERTY in ctx.roles(ctx.node_of(ticket)) and ctx.may_read(ticket))
        if works and (not wordless(ticket) or ctx.handles(ticket)):
            readable |= {
                event.seq
                for event in events
                if event.kind in _SAID
                or event.actor_id in colleagues
                or (event.kind == TRANSFERRED and event.data.get("organisation") == ticket.organisation_id)
            }
    written = {one.seq for one in events if one.kind not in _SAID and one.actor_id not in {own, *colleagues}}
    read = {
        seq: for_person(ctx, ticket, me, text) if seq in written and me is not None else text
        for seq, text in kept.items()
        if seq in readable
    }
    return {seq: text for seq, text in read.items() if text}


def _colleagues(ctx: Context, ticket: Ticket) -> frozenset[str]:
    """Those of the organisation that has the ticket, for its own people; for others nobody."""
    if ticket.organisation_id is None or not (ctx.answers_for(ticket) or ctx.handles(ticket)):
        return frozenset()
    return frozenset(one.id for one in ctx.uow.organisations.members(ticket.organisation_id))


def _said(ctx: Context, texts: Mapping[int, str], ticket: Ticket, event: TicketEvent, length: int) -> str:
    """The words of a step, up to that length; not those that the line above the steps has said in full."""
    words = texts.get(event.seq, "")
    if not words or ctx.label(ticket, group=False).endswith(f"】{short(words, length)}"):
        return ""
    return ctx.say("show.words", words=short(words, length))


def _cut(texts: Mapping[int, str]) -> bool:
    return any(short(text, WORDS_LENGTH) != short(text, WHOLE_LENGTH) for text in texts.values())
