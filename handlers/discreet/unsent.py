"""Posts about matters from which somebody's words were erased: the copies go, what others wait for is said anew."""

from collections.abc import Iterable, Sequence

from handlers.alarm.alarms import is_perilous, shown, text_for
from handlers.context import Context
from handlers.discreet.standing import Kind
from handlers.discreet.wordless import wordless
from handlers.report import digest
from handlers.talk.opening import acknowledge
from handlers.ticket.evaluation import question, question_in_group
from handlers.ticket.passing import asking_names, escalated_anew, transferred_anew
from handlers.wish import approving
from models.codes import OutgoingState, PostKind, Status, Topic
from models.masking import mask
from models.outbox import UNSENT
from models.outgoing_tables import Outgoing
from models.states import ENDED
from models.tables import Person
from models.ticket_tables import Ticket


def unsent_digests(ctx: Context, subjects: Iterable[str]) -> dict[int, tuple[Outgoing, OutgoingState]]:
    """Digests that name one of the subjects and have not left, with their state."""
    rows = [row for subject in subjects for row in ctx.uow.outbox.touching(subject, UNSENT)]
    return {row.id or 0: (row, row.state) for row in rows if row.kind is PostKind.DIGEST}


def renew_digests(ctx: Context, digests: dict[int, tuple[Outgoing, OutgoingState]]) -> None:
    """Write them anew when their subjects are clean or gone."""
    for row, state in digests.values():
        digest.renew(ctx.uow, ctx.setting, row, ctx.now)
        row.state, row.error = state, None if state is OutgoingState.PENDING else row.error


def clean_posts(ctx: Context, tickets: Sequence[Ticket], person: Person) -> dict[str, list[Outgoing]]:
    """Clean every post about these tickets of what the person, who has left them, may have said.

    To be called when the tickets are clean. What was not sent is said anew, from those of its
    tickets that go on; returns what is dropped, by ticket.
    """
    dropped: dict[str, list[Outgoing]] = {}
    for ticket in tickets:
        for row in ctx.uow.outbox.touching(ticket.id, tuple(OutgoingState)):
            if row.state not in UNSENT:
                row.text, row.echo = ctx.say("privacy.erased_title") if row.text else "", None
            elif row.kind is not PostKind.DIGEST and not _renew(ctx, row, person):
                row.text, row.state, row.error = "", OutgoingState.DROPPED, "erased"
                dropped.setdefault(ticket.id, []).append(row)
    return dropped


def _renew(ctx: Context, row: Outgoing, person: Person) -> bool:
    """Write a post anew; False when nothing of it holds any more."""
    if row.topic is Topic.CALLED_OFF and row.person_id != person.id:
        row.text = "\n".join(_called_off(ctx, ctx.uow.tickets.get(ticket_id)) for ticket_id in row.ticket_ids)
        return True
    alive = [ticket for ticket_id in row.ticket_ids if (ticket := ctx.uow.tickets.get(ticket_id)).status not in ENDED]
    if not alive or row.person_id == person.id:
        return False
    row.text = "\n\n".join(_text(ctx, row, ticket) for ticket in alive)
    return True


def _called_off(ctx: Context, ticket: Ticket) -> str:
    key = "alarm.called_off_softly" if is_perilous(ticket) else "alarm.called_off"
    return ctx.say(key, shown=shown(ticket), status=ctx.status(ticket))


def _text(ctx: Context, row: Outgoing, ticket: Ticket) -> str:
    """What a post of this kind says of a ticket, from what the ticket holds now."""
    if row.topic is not None:
        return _of_emergency(ctx, row, row.topic, ticket)
    if row.room_id is None:
        if row.kind is PostKind.EVALUATION and row.person_id is not None:
            return question(ctx, ticket, ctx.uow.people.get(row.person_id), "")
        if ticket.status is Status.PROPOSED:
            return approving.question(ctx.uow, ctx.setting, ticket)
        if row.person_id is not None and not _has_it(ctx, ticket, row.person_id):
            label = ctx.label(ticket, group=True)  # as he was told before: that there is something, masked
            return ctx.say("privacy.renewed_known", label=label, status=ctx.status(ticket), number=ticket.number)
        reader = None if row.person_id is None else ctx.uow.people.get(row.person_id)
        whole = ctx.may_be_read(ticket, reader, Kind.WORDS)
        return ctx.say(
            "privacy.renewed",
            label=ctx.label(ticket, group=not whole),
            status=ctx.status(ticket),
            place=(ticket.place if whole else None) or ctx.say("name.no_place"),
            people=asking_names(ctx, ticket, row.person_id),
            number=ticket.number,
            finish=ctx.setting.finish(ticket),
        )
    asking = [ctx.uow.people.get(other.person_id) for other in ctx.uow.tickets.requesters(ticket.id)]
    if row.kind is PostKind.EVALUATION:
        return question_in_group(ctx, ticket, [other for other in asking if not ctx.reachable(other)], "")
    if row.kind in (PostKind.ACK, PostKind.EMERGENCY) and asking:
        return acknowledge(ctx, ticket, asking[0], ctx.uow.places.room_by_id(row.room_id)).text
    return ctx.say("show.line", label=ctx.label(ticket, group=True), status=ctx.status(ticket), handler="", due="")


def _has_it(ctx: Context, ticket: Ticket, person_id: str) -> bool:
    """Whether somebody has the ticket, or leads where it is: he reads all of it. Others only know of it (知会)."""
    having = {ticket.handler_id, *(live.person_id for live in ctx.uow.wishes.live(ticket.id))}
    return person_id in having | {leader.id for leader in ctx.leaders(ticket)[:1]}


def _of_emergency(ctx: Context, row: Outgoing, topic: Topic, ticket: Ticket) -> str:
    """An alarm is said anew as an alarm, 上报 and 转办 as what they are."""
    if row.room_id is not None and wordless(ticket):
        return row.text  # in a room of the staff: only that there is something
    match topic:
        case Topic.ESCALATED:
            text = escalated_anew(ctx, ticket)
        case Topic.TRANSFERRED:
            text = transferred_anew(ctx, ticket)
        case _:
            text = text_for(ctx.uow, ctx.setting, ticket, row.person_id, again=topic is Topic.REMINDED)
    return text if row.room_id is None else mask(text)
