"""What a person may ask about himself: 忘记我, 别听我, 可以听我."""

from handlers.alarm.recalling import held_by, left
from handlers.answering import reply_in_private, tell_withdrawn
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.erasing import discard, erase_at_end
from handlers.discreet.unsent import clean_posts, renew_digests, unsent_digests
from handlers.effects import Effect
from handlers.people import deputising
from handlers.record import visits_due
from handlers.talk.opening import TITLE_LENGTH
from handlers.wish.helpers import release
from handlers.wish.offering import put_on_list
from models.codes import Role, TicketKind
from models.leaving import AT_ONCE, SUCCESSION, period
from models.masking import short
from models.outbox import signal_subject
from models.states import ENDED, Move, allowed
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
    """忘记我: erases the person's words, pictures, name and signals; says what stays.

    Matters that only he asked for are withdrawn; those that others asked for too go on without
    him. The history keeps that something happened, never what he said.
    """
    person, uow = ctx.me(), ctx.uow
    reachable, emergencies = ctx.reachable(person), held_by(uow, person.id)
    touched = uow.tickets.touched_by(person.id)
    heard = [signal_subject(signal.id) for signal in uow.signals.of_person(person.id) if signal.id is not None]
    digests = unsent_digests(ctx, [*(ticket.id for ticket in touched), *heard])
    withdrawn = [ticket for ticket in touched if _leave(ctx, ticket, person)]
    names = _names(ctx, person)
    notes = sum(_notes_naming(ctx, ticket, person, names) for ticket in touched)
    pictures = [name for ticket in touched for name in _erase(ctx, ticket, person, names)]
    dropped = clean_posts(ctx, touched, person)
    uow.signals.remove_of(person.id, ctx.now)
    uow.feedback.blank_of(ticket.id for ticket in touched)
    renew_digests(ctx, digests)
    listed = [effect for ticket in touched for effect in _wanting_again(ctx, ticket)]
    files = discard([*pictures, *uow.pictures.drop(person_id=person.id)], ctx.now)
    # Only now, so that neither the blanked posts nor the erased words come back in these lines.
    told = [effect for ticket in withdrawn for effect in tell_withdrawn(ctx, ticket, dropped.get(ticket.id, []))]
    said = ctx.say("privacy.forgotten_nothing")
    if touched:
        said = ctx.say("privacy.forgotten", count=len(touched), months=ctx.policy.privacy.keep_closed_months)
    said += ctx.say("privacy.forgotten_notes", count=notes) if notes else ""
    answer = reply_in_private(ctx, said, or_here=not reachable)
    for ticket in withdrawn:
        files += erase_at_end(uow, ctx.setting, ticket, ctx.now)
    visits = visits_due.left(uow, ctx.setting, person, ctx.now)
    uow.records.forget(person.id)
    uow.points.forget(person.id)
    uow.identities.forget(person)
    served = deputising.left(uow, ctx.setting, person, ctx.now)
    uow.people.forget(person, ctx.now)
    called = [effect for one in emergencies for effect in left(uow, ctx.setting, one, person.id, ctx.now)]
    return [answer, *told, *files, *listed, *visits, *served, *called]


def _wanting_again(ctx: Context, ticket: Ticket) -> list[Effect]:
    """A wish that he had claimed may wait for somebody again."""
    if not ctx.uow.wishes.free_seats(ticket):
        return []
    return put_on_list(ctx.uow, ctx.setting, ticket, ctx.now, keep=True)


def _leave(ctx: Context, ticket: Ticket, person: Person) -> bool:
    """Take the person off the ticket in every part he has in it; True when that withdraws the ticket."""
    tickets = ctx.uow.tickets
    row = tickets.requester(ticket.id, person.id)
    asked = row is not None and row.withdrawn_at is None
    if row is not None and asked:
        row.withdrawn_at = ctx.now
        ctx.uow.flush()
    ends = asked and not tickets.requesters(ticket.id)
    ends = ends and allowed(ticket.kind, ticket.status, Move.WITHDRAW) is not None
    if ends:
        tickets.move(ticket, Move.WITHDRAW, at=ctx.now, actor_id=None)
        tickets.end_claim(ticket.id, ctx.now, "withdrawn")
    live = ctx.uow.wishes.of(ticket.id, person.id)
    if live is not None:
        if len(ctx.uow.wishes.live(ticket.id)) == 1:
            clocks.go_on(ctx.uow, ctx.of(ticket).policy, ticket, ctx.now)
        release(ctx.uow, ticket, live, Move.HAND_BACK, "handed_back", at=ctx.now, actor_id=None)
    if ticket.handler_id == person.id and (ticket.status in ENDED or ticket.kind is TicketKind.WISH):
        ticket.handler_id = None  # what is open goes to whoever is next, who is told (handlers/people/succession.py)
    elif ticket.handler_id == person.id:
        ctx.uow.once.plan(SUCCESSION, person.id, period(ticket.node_id, Role.RESIDENT), AT_ONCE)
    return ends


def _names(ctx: Context, person: Person) -> tuple[str, ...]:
    """What the person is called; a single character is found in other words too."""
    names = (person.name, *(one.display_name for one in ctx.uow.people.identities(person.id)))
    return tuple(dict.fromkeys(name for name in names if name and len(name) > 1))


def _notes_naming(ctx: Context, ticket: Ticket, person: Person, names: tuple[str, ...]) -> int:
    """How many notes of others on a matter that goes on without him name him."""
    if _is_last(ctx, ticket, person):
        return 0  # there everything goes
    return ctx.uow.erasing.naming(ticket, names, _asking(ctx, ticket) | {person.id})


def _asking(ctx: Context, ticket: Ticket) -> set[str]:
    return {row.person_id for row in ctx.uow.tickets.requesters(ticket.id)}


def _erase(ctx: Context, ticket: Ticket, person: Person, names: tuple[str, ...]) -> list[str]:
    """Delete the person's words from the history, and what staff wrote with his name in it; title, place and evidence
    keep what the others said.

    When nobody is left who asked, nothing stays that anybody wrote or photographed: it was about him. Returns the
    hashes of the pictures that went with it.
    """
    tickets = ctx.uow.tickets
    own = {short(word.text, TITLE_LENGTH) for word in tickets.texts(ticket.id).values() if word.author_id == person.id}
    alone = _is_last(ctx, ticket, person)
    author = None if alone else person.id
    asking = _asking(ctx, ticket)
    spoke = ctx.uow.erasing.erase_words(ticket, at=ctx.now, author_id=author, names=names, without=asking)
    if spoke and ticket.waiting_for is not None:
        ticket.waiting_for = ctx.say("privacy.erased_title")
    left = [word for _, word in sorted(tickets.texts(ticket.id).items())]
    if alone or ticket.title in own:
        said = next((word.text for word in left if word.author_id in asking), None)
        ticket.title = short(said, TITLE_LENGTH) if said else ctx.say("privacy.erased_title")
    if alone or spoke:
        places = [place for word in left if (place := ctx.setting.understand(word.text).place)]
        if ticket.place not in places and not any(ticket.place == word.text for word in left):
            ticket.place = next(iter(places), None)
        ticket.evidence = [hint for hint in ticket.evidence if any(hint in word.text for word in left)]
    return ctx.uow.pictures.drop(ticket_id=ticket.id) if alone else []


def _is_last(ctx: Context, ticket: Ticket, person: Person) -> bool:
    """Whether the person asked for it and nobody else does."""
    tickets = ctx.uow.tickets
    return not tickets.requesters(ticket.id) and tickets.requester(ticket.id, person.id) is not None
