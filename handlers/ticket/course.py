"""全程: from where a matter was found to what came of it, each step with its time and person (源头发现—结果反馈)."""

from collections.abc import Sequence

from handlers.answering import reply
from handlers.context import Context
from handlers.discreet.standing import Kind
from handlers.effects import Effect
from handlers.ticket.changing import KIND_CHANGED
from handlers.ticket.happened import what_of
from models.codes import STAFF, TicketKind
from models.history_tables import TicketEvent
from models.masking import short
from models.states import Move
from models.ticket_tables import Ticket
from models.unions import SPLIT_OFF

FOUND, GATHERED, ASSIGNED, WORKED, ANSWERED = "found", "gathered", "assigned", "worked", "answered"

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
LENGTH = 20
"""Steps of a part that are shown, the last ones."""
WORDS = 300
"""Characters of each step's words: staff who look for the course want what was said."""


def show(ctx: Context) -> list[Effect]:
    """全程 N, 查 N 全程: in private, for staff of its place."""
    ticket = ctx.find(follow=False)
    if not ctx.roles(ctx.node_of(ticket)) & STAFF:
        raise ctx.refuse("refuse.staff_only")
    events = ctx.uow.tickets.events(ticket.id)
    lines = []
    for part in (FOUND, GATHERED, ASSIGNED, WORKED, ANSWERED):
        steps = _steps(ctx, ticket, events, part)
        name = ctx.setting.words.name("course_part", part)
        if steps:
            more = [ctx.say("course.more", count=len(steps) - LENGTH)] if len(steps) > LENGTH else []
            lines += [ctx.say("course.part", name=name), *more, *steps[-LENGTH:]]
        elif part in (ASSIGNED, ANSWERED):
            due = (
                ""
                if ticket.solve_by is None or ctx.ended(ticket)
                else ctx.say("course.due", at=ctx.setting.moment(ticket.solve_by))
            )
            lines.append(ctx.say("course.none", name=name, due=due if part == ANSWERED else ""))
    label = ctx.label(ticket, group=not ctx.may_read(ticket))
    return [reply(ctx, ctx.say("course.whole", label=label, status=ctx.status(ticket), lines="\n".join(lines)), ticket)]


def _steps(ctx: Context, ticket: Ticket, events: Sequence[TicketEvent], part: str) -> list[str]:
    first, texts = events[0], ctx.uow.tickets.texts(ticket.id) if ctx.may_read(ticket) else {}
    # Who asked for it himself and works there, too, reads no more here than anybody who asked.
    notes, own = ctx.reads(ticket, Kind.NOTES), ctx.me().id
    texts = {seq: row for seq, row in texts.items() if notes or row.author_id == own}
    texts = {seq: row for seq, row in texts.items() if ctx.may_read_step(ticket, row.text)}
    if part == FOUND:
        item = first.data.get("item")
        how = ctx.say("course.ordered", item=item) if item is not None else _how(ctx, ticket)
        said = texts.get(first.seq)
        words = ctx.say("name.note", note=short(said.text, WORDS)) if said is not None else ""
        return [_line(ctx, ticket, first, how, "", words)]
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
        text = texts.get(event.seq)
        note = ctx.say("name.note", note=short(text.text, WORDS)) if text is not None and text.text.strip() else ""
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
    if bot or event.actor_id is None:
        who = ctx.say("course.bot")
    elif not ctx.reads(ticket, Kind.NAMES) and ctx.uow.tickets.requester(ticket.id, event.actor_id) is not None:
        who = ctx.say("course.asker")  # who may not read what was said is not told by whom either
    else:
        who = _name(ctx, event.actor_id)
    return ctx.say("course.step", at=ctx.setting.moment(event.at), who=who, what=what, to=to, note=note)


def _name(ctx: Context, person_id: str) -> str:
    return ctx.called(ctx.uow.people.get(person_id))


def _to(ctx: Context, ticket: Ticket, event: TicketEvent) -> str:
    """To whom the step gave the matter: an organisation, a person, or those who lead at a level."""
    organisation, to, by = (event.data.get(key) for key in ("organisation", "to", "by"))
    if isinstance(organisation, int) and event.kind != "returned":
        name = ctx.uow.organisations.get(organisation).name
        return ctx.say("name.of_organisation", organisation=name, name=_name(ctx, to)) if isinstance(to, str) else name
    if event.kind in (Move.CLAIM, Move.ASSIGN):
        return _name(ctx, by) if isinstance(by, str) and by != event.actor_id else ""
    if event.kind in (KIND_CHANGED, SPLIT_OFF):
        return ""  # into which kind, or another ticket: nobody has it by that
    if isinstance(to, str):
        return _name(ctx, to)
    if isinstance(to, int) and event.kind == "escalated":
        line = ctx.uow.places.line(ctx.node_of(ticket))
        return line[min(to, len(line) - 1)].name
    return ""
