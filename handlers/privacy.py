"""What a person may ask about himself: 忘记我, 别听我, 可以听我."""

from handlers.answering import reply_in_private, tell_helper
from handlers.context import Context
from handlers.effects import Effect
from handlers.opening import TITLE_LENGTH
from models.codes import OutgoingState
from models.masking import short
from models.states import Move, allowed
from models.tables import Person
from models.ticket_tables import Ticket


def stop_listening(ctx: Context) -> list[Effect]:
    """别听我: the person's messages are dropped before anything reads them; commands still work."""
    ctx.me()
    _set_deaf(ctx, True)
    return [reply_in_private(ctx, ctx.say("privacy.deaf"), or_here=True)]


def listen_again(ctx: Context) -> list[Effect]:
    """可以听我."""
    ctx.me()
    _set_deaf(ctx, False)
    return [reply_in_private(ctx, ctx.say("privacy.hears"), or_here=True)]


def _set_deaf(ctx: Context, deaf: bool) -> None:
    for identity in ctx.uow.people.identities(ctx.me().id):
        identity.deaf = deaf


def forget(ctx: Context) -> list[Effect]:
    """忘记我: erases the person's words, name and signals; says what stays.

    Matters that only he asked for are withdrawn; those that others asked for too go on without
    him. The history keeps that something happened, never what he said.
    """
    person, uow = ctx.me(), ctx.uow
    reachable = ctx.reachable(person)
    left = 0
    withdrawn: list[Ticket] = []
    for ticket in uow.tickets.touched_by(person.id):
        row = uow.tickets.requester(ticket.id, person.id)
        asked = row is not None and row.withdrawn_at is None
        if row is not None and asked:
            row.withdrawn_at = ctx.now
            uow.flush()
        alone = asked and not uow.tickets.requesters(ticket.id)
        if alone and allowed(ticket.kind, ticket.status, Move.WITHDRAW) is not None:
            uow.tickets.move(ticket, Move.WITHDRAW, at=ctx.now, actor_id=None)
            uow.tickets.end_claim(ticket.id, ctx.now, "withdrawn")
            withdrawn.append(ticket)
        live = uow.tickets.live_claim(ticket.id)
        if live is not None and live.person_id == person.id:
            if allowed(ticket.kind, ticket.status, Move.HAND_BACK) is not None:
                uow.tickets.move(ticket, Move.HAND_BACK, at=ctx.now, actor_id=None)
            uow.tickets.end_claim(ticket.id, ctx.now, "handed_back")
        if ticket.handler_id == person.id:
            ticket.handler_id = None
        _erase(ctx, ticket, person, alone=row is not None and not uow.tickets.requesters(ticket.id))
        _blank_posts(ctx, ticket.id)
        left += 1
    uow.signals.remove_of(person.id)
    # Only now, so that neither the blanked posts nor the erased words come back in these lines.
    told = [effect for ticket in withdrawn for effect in tell_helper(ctx, ticket, "tell.withdrawn")]
    said = ctx.say("privacy.forgotten", count=left) if left else ctx.say("privacy.forgotten_nothing")
    answer = reply_in_private(ctx, said, or_here=not reachable)
    uow.people.forget(person, ctx.now)
    return [answer, *told]


def _erase(ctx: Context, ticket: Ticket, person: Person, *, alone: bool) -> None:
    """Delete the person's words from the history and the title; what others said of the matter takes its place."""
    tickets = ctx.uow.tickets
    own = {short(word.text, TITLE_LENGTH) for word in tickets.texts(ticket.id).values() if word.author_id == person.id}
    tickets.erase_words(ticket, at=ctx.now, author_id=person.id)
    if alone:
        ticket.place, ticket.evidence = None, []
    if alone or ticket.title in own:
        left = [word.text for _, word in sorted(tickets.texts(ticket.id).items()) if not alone]
        ticket.title = short(left[0], TITLE_LENGTH) if left else ctx.say("privacy.erased_title")


def _blank_posts(ctx: Context, ticket_id: str) -> None:
    """What was posted about the ticket may repeat the person's words: the copies go too."""
    for row in ctx.uow.outbox.touching(ticket_id, tuple(OutgoingState)):
        row.text = ctx.say("privacy.erased_title")
        if row.state is OutgoingState.PENDING:
            row.state, row.error = OutgoingState.DROPPED, "erased"
