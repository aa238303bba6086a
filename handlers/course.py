"""What has been said and done about a ticket (一事一册): its steps, with their words for whoever may read those."""

from collections.abc import Mapping, Sequence

from handlers import steps
from handlers.context import Context
from handlers.wordless import wordless
from models.alarms import TRANSFERRED
from models.codes import STAFF, Rating, Role, TicketKind
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
_FOUND, _ROUTED, _DONE, _ANSWERED = "found", "routed", "done", "answered"
_PHASES: Mapping[str, str] = {
    **dict.fromkeys((*_SAID, "left", "reread", "absorbed", "split_from"), _FOUND),
    **dict.fromkeys(
        ("escalated", TRANSFERRED, "returned", "passed_on", "given_over", "handed_up", "assigned", "offered",
         "put_to_branch", "alerted", "unanswered", "approved", "claimed", "claim_expired", "handed_back"),
        _ROUTED,
    ),
    **dict.fromkeys(
        ("done", "resolved", "closed", "closed_unrated", "rated", "sent_back", "reopened", "rejected", "withdrawn"),
        _ANSWERED,
    ),
}  # fmt: skip
"""发现, 分流, 反馈 of a step; everything else is 办理."""


def brief(ctx: Context, ticket: Ticket) -> str:
    """The newest steps of a ticket, for a private 查 N."""
    texts = _texts(ctx, ticket)
    lines = [
        line + said
        for event in ctx.uow.tickets.events(ticket.id)
        if (line := line_of(ctx, event))
        for said in (_said(ctx, texts, ticket, event),)
    ]
    more = ctx.say("show.whole", number=ticket.number) if len(lines) > SHORT_LENGTH or _cut(texts) else ""
    return "\n".join(lines[-SHORT_LENGTH:]) + more


def whole(ctx: Context, ticket: Ticket) -> str:
    """All steps of a ticket by phase, each with its time, who did it, to whom it went, and its words."""
    texts = _texts(ctx, ticket)
    events = ctx.uow.tickets.events(ticket.id)
    lines: list[str] = []
    phase = ""
    for event in events[-MOST_STEPS:]:
        line = line_of(ctx, event)
        if not line:
            continue
        if _phase(event) != phase:
            phase = _phase(event)
            lines.append(ctx.say(f"course.{phase}"))
        words = texts.get(event.seq, "")
        name, to = _who(ctx, ticket, event.actor_id), _to_whom(ctx, ticket, event)
        lines.append(
            line
            + (ctx.say("course.by", name=name) if name else "")
            + (ctx.say("course.to", name=to) if to else "")
            + (ctx.say("show.words", words=short(words, WHOLE_LENGTH)) if words else "")
        )
    return "\n".join(lines)


def line_of(ctx: Context, event: TicketEvent) -> str | None:
    """One step of a history in Chinese, without names and words; None for steps that tell nobody anything."""
    key = "event.declined" if event.data.get("declined") else f"event.{event.kind}"
    to = steps.called(ctx.setting.words, ctx.policy.routing, event.data.get("step"))
    words = ctx.setting.words.get(f"{key}_to_step" if to else key) or ctx.setting.words.get(key)
    if not words:
        return None
    rating = event.data.get("rating")
    return ctx.say(
        "show.step",
        at=ctx.setting.moment(event.at),
        what=words.format(
            rating=ctx.say(f"rating.{Rating(rating).value}") if rating else "",
            count=event.data.get("requesters", ""),
            number=event.data.get("number", ""),
        )
        + (ctx.say("name.step", step=to) if to else "")
        + (ctx.say("show.step_pictures") if event.data.get("pictures") else ""),
    )


def _texts(ctx: Context, ticket: Ticket) -> dict[int, str]:
    """The words of those steps that the speaker may read, by seq.

    Staff, and whoever it was given to, read all. A company reads what those who asked said, what came with the matter,
    and its own people's words. Everybody else reads what he said himself.
    """
    me = ctx.known_me()
    own = None if me is None else me.id
    kept = {seq: row.text.strip() for seq, row in ctx.uow.tickets.texts(ticket.id).items()}
    events = ctx.uow.tickets.events(ticket.id)
    given = ctx.handles(ticket) and ticket.kind is not TicketKind.WISH
    if ctx.roles(ctx.node_of(ticket)) & STAFF or (given and ticket.organisation_id is None):
        readable = {event.seq for event in events}
    else:
        colleagues = _colleagues(ctx, ticket)
        readable = {event.seq for event in events if event.actor_id == own}
        works = colleagues or Role.PROPERTY in ctx.roles(ctx.node_of(ticket))
        if works and not wordless(ticket):
            readable |= {
                event.seq
                for event in events
                if event.kind in _SAID
                or event.actor_id in colleagues
                or (event.kind == TRANSFERRED and event.data.get("organisation") == ticket.organisation_id)
            }
    return {seq: text for seq, text in kept.items() if seq in readable and text}


def _colleagues(ctx: Context, ticket: Ticket) -> frozenset[str]:
    """Those of the organisation that has the ticket, for its own people; for others nobody."""
    if ticket.organisation_id is None or not (ctx.answers_for(ticket) or ctx.handles(ticket)):
        return frozenset()
    return frozenset(one.id for one in ctx.uow.organisations.members(ticket.organisation_id))


def _said(ctx: Context, texts: Mapping[int, str], ticket: Ticket, event: TicketEvent) -> str:
    """The words of a step, short; not those that the line above the steps has said in full."""
    words = texts.get(event.seq, "")
    if not words or ctx.label(ticket, group=False).endswith(f"】{short(words, WORDS_LENGTH)}"):
        return ""
    return ctx.say("show.words", words=short(words, WORDS_LENGTH))


def _cut(texts: Mapping[int, str]) -> bool:
    return any(short(text, WORDS_LENGTH) != short(text, WHOLE_LENGTH) for text in texts.values())


def _phase(event: TicketEvent) -> str:
    return _PHASES.get(event.kind, _DONE)


def _who(ctx: Context, ticket: Ticket, person_id: str | None) -> str:
    """Who it was, for whoever may know: staff, and whoever has it."""
    if person_id is None or not _knows_names(ctx, ticket):
        return ""
    return ctx.called(ctx.uow.people.get(person_id))


def _to_whom(ctx: Context, ticket: Ticket, event: TicketEvent) -> str:
    """To whom a step gave or told it; levels and wishes' numbers are told by the step itself."""
    if not _knows_names(ctx, ticket):
        return ""
    if (firm := event.data.get("organisation")) is not None and event.kind in ("opened", TRANSFERRED):
        return ctx.uow.organisations.get(firm).name
    ids = next((event.data[key] for key in ("told", "heir", "new", "to") if event.data.get(key)), None)
    if isinstance(ids, str):
        ids = [ids]
    if not isinstance(ids, Sequence):
        return ""
    return "、".join(_who(ctx, ticket, one) for one in ids)


def _knows_names(ctx: Context, ticket: Ticket) -> bool:
    return ctx.handles(ticket) or ctx.answers_for(ticket) or bool(ctx.roles(ctx.node_of(ticket)) & STAFF)
