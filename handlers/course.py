"""What has been said and done about a ticket (一事一册): its steps, with their words for whoever may read those.

查 N shows the newest; 全程 N all, from where it was found to what came of it (源头发现—结果反馈), by whom and when.
"""

from collections.abc import Mapping, Sequence

from handlers.answering import reply
from handlers.context import Context
from handlers.effects import Effect
from handlers.happened import what_of
from handlers.wordless import wordless
from models.alarms import TRANSFERRED
from models.codes import STAFF, Role, TicketKind
from models.history_tables import TicketEvent
from models.masking import short
from models.states import Move
from models.ticket_tables import Ticket

SHORT_LENGTH = 6
"""Steps that 查 N shows, the newest, and 全程 N of each part."""
WORDS_LENGTH = 40
"""Characters of each step's words there."""
WHOLE_LENGTH = 300

FOUND, GATHERED, ASSIGNED, WORKED, ANSWERED = "found", "gathered", "assigned", "worked", "answered"
_SAID = frozenset({"opened", "joined", "updated", "amended", "pictured"})
"""Steps in the words of those who asked."""
_PARTS = {
    GATHERED: (
        "joined", "updated", "pictured", "amended", "reread", "kind_changed", "absorbed", "unmerged", "split_off",
    ),
    ASSIGNED: (
        "escalated", "transferred", "assigned", "claimed", "passed_on", "given_over", "handed_up", "returned",
        "approved", "offered", "put_to_members", "put_to_branch", "handed_back", "claim_expired", "alerted",
    ),
    ANSWERED: (
        "done", "resolved", "rated", "closed", "closed_unrated", "sent_back", "reopened", "withdrawn", "rejected",
        "merged", "handed_over", "left",
    ),
}  # fmt: skip
_PART_OF = {kind: part for part, kinds in _PARTS.items() for kind in kinds}


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


def line_of(ctx: Context, event: TicketEvent) -> str | None:
    """One step of a history in Chinese, without names and words; None for steps that tell nobody anything."""
    what = what_of(ctx, event)
    if what is None:
        return None
    pictures = ctx.say("show.step_pictures") if event.data.get("pictures") else ""
    return ctx.say("show.step", at=ctx.setting.moment(event.at), what=what + pictures)


def show(ctx: Context) -> list[Effect]:
    """全程 N: in private, for staff of its place."""
    ticket = ctx.find(follow=False)
    if not ctx.roles(ctx.node_of(ticket)) & STAFF:
        raise ctx.refuse("refuse.staff_only")
    return [reply(ctx, whole(ctx, ticket), ticket)]


def whole(ctx: Context, ticket: Ticket) -> str:
    """All steps of a ticket part by part, each with its time, who did it, to whom it went, and its words; what has
    not happened yet is said."""
    texts, events = _texts(ctx, ticket), ctx.uow.tickets.events(ticket.id)
    lines: list[str] = []
    for part in (FOUND, GATHERED, ASSIGNED, WORKED, ANSWERED):
        steps = _steps(ctx, ticket, events, texts, part)
        name = ctx.setting.words.name("course_part", part)
        if steps:
            more = [ctx.say("course.more", count=len(steps) - SHORT_LENGTH)] if len(steps) > SHORT_LENGTH else []
            lines += [ctx.say("course.part", name=name), *more, *steps[-SHORT_LENGTH:]]
        elif part in (ASSIGNED, ANSWERED):
            due = (
                ""
                if ticket.solve_by is None or ctx.ended(ticket)
                else ctx.say("course.due", at=ctx.setting.moment(ticket.solve_by))
            )
            lines.append(ctx.say("course.none", name=name, due=due if part == ANSWERED else ""))
    label = ctx.label(ticket, group=not ctx.may_read(ticket))
    return ctx.say("course.whole", label=label, status=ctx.status(ticket), lines="\n".join(lines))


def _steps(
    ctx: Context, ticket: Ticket, events: Sequence[TicketEvent], texts: Mapping[int, str], part: str
) -> list[str]:
    """What happened in one part, a line a step; what brought it to the bot is the whole of the first one."""
    first = events[0]
    if part == FOUND:
        item = first.data.get("item")
        how = ctx.say("course.ordered", item=item) if item is not None else _how(ctx, ticket)
        return [_line(ctx, ticket, first, how)]
    found = []
    if part == ASSIGNED and ticket.kind is TicketKind.WISH and not ticket.private:
        found.append(_line(ctx, ticket, first, ctx.say("course.listed"), bot=True))
    elif part == ASSIGNED and (name := _to(ctx, ticket, first)):
        found.append(_line(ctx, ticket, first, ctx.say("course.routed", name=name), bot=True))
    for event in events[1:]:
        what = what_of(ctx, event)
        if event.kind == "joined":
            what = ctx.say("course.joined", count=event.data.get("requesters", ""))
        if what is None or _PART_OF.get(event.kind, WORKED) != part:
            continue
        words = texts.get(event.seq, "")
        note = ctx.say("name.note", note=short(words, WHOLE_LENGTH)) if words else ""
        name = _to(ctx, ticket, event)
        found.append(_line(ctx, ticket, event, what, ctx.say("course.to", name=name) if name else "", note))
    return found


def _how(ctx: Context, ticket: Ticket) -> str:
    """How it was found: heard, confirmed, or said on purpose."""
    key = {"act": "course.act", "ask": "course.ask"}.get(ticket.band, "course.command")
    return ctx.say(key)


def _line(
    ctx: Context, ticket: Ticket, event: TicketEvent, what: str, to: str = "", note: str = "", *, bot: bool = False
) -> str:
    who = ctx.say("course.bot") if bot or event.actor_id is None else _who(ctx, ticket, event)
    return ctx.say("course.step", at=ctx.setting.moment(event.at), who=who, what=what, to=to, note=note)


def _who(ctx: Context, ticket: Ticket, event: TicketEvent) -> str:
    """Who it was, for whoever may know: staff, and whoever has it; for others what he is to the matter."""
    assert event.actor_id is not None
    if _knows_names(ctx, ticket) or ctx.me().id == event.actor_id:
        return _name(ctx, event.actor_id)
    return ctx.say("name.resident" if event.kind in _SAID else "course.staff")


def _name(ctx: Context, person_id: str) -> str:
    return ctx.called(ctx.uow.people.get(person_id))


def _to(ctx: Context, ticket: Ticket, event: TicketEvent) -> str:
    """To whom the step gave the matter: an organisation, a person, or those who lead at a level."""
    if not _knows_names(ctx, ticket):
        return ""
    organisation, to, by = (event.data.get(key) for key in ("organisation", "to", "by"))
    if isinstance(organisation, int) and event.kind != "returned":
        name = ctx.uow.organisations.get(organisation).name
        return ctx.say("name.of_organisation", organisation=name, name=_name(ctx, to)) if isinstance(to, str) else name
    if event.kind in (Move.CLAIM, Move.ASSIGN):
        return _name(ctx, by) if isinstance(by, str) and by != event.actor_id else ""
    if isinstance(to, str):
        return _name(ctx, to)
    if isinstance(to, int) and event.kind == "escalated":
        line = ctx.uow.places.line(ctx.node_of(ticket))
        return line[min(to, len(line) - 1)].name
    return ""


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


def _knows_names(ctx: Context, ticket: Ticket) -> bool:
    return ctx.handles(ticket) or ctx.answers_for(ticket) or bool(ctx.roles(ctx.node_of(ticket)) & STAFF)
