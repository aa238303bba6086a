"""Registering on purpose: 登记 ‹话›, a sentence addressed to the bot, somebody's quoted message."""

from collections.abc import Callable

from handlers.alarm.alarms import is_alarming
from handlers.alarm.unheard import is_told, private_answer, still
from handlers.answering import reply, reply_in_private
from handlers.context import Context
from handlers.discreet.accused import names_anybody
from handlers.discreet.wordless import wordless
from handlers.effects import Effect
from handlers.numbers import is_bare_number
from handlers.policy.pack import Policy
from handlers.record import visiting
from handlers.talk.doubts import signalled_already
from handlers.talk.heard import LONGEST
from handlers.talk.matching import find_same
from handlers.talk.naming import pass_on
from handlers.talk.opening import Matter, acknowledge, hold, join, open_ticket, understood
from handlers.talk.signals import open_signal, speaks_of_petition
from handlers.ticket.evaluation import untouchable
from handlers.ticket.routing import bound_for
from handlers.wish.helpers import wanted
from models.codes import STAFF, Role, RoomMode, RoomPurpose, SourceRole, Status, TicketKind
from models.message import Message, Quote
from models.tables import GridNode, Person, Room
from models.ticket_tables import Signal, Ticket
from nlp.understanding import Band, Cue, Kind, Understanding

_MAY_REGISTER_OTHERS = STAFF | {Role.PARTY_MEMBER, Role.INFORMANT, Role.HUB, Role.PROPERTY}
SHORTEST = 2
"""Characters that a matter needs at least."""


def register(ctx: Context) -> list[Effect]:
    """登记 ‹话›, or 登记 in a quote of somebody's message: opens whatever the score."""
    if (record := visiting.quoted(ctx)) is not None:
        return visiting.register(ctx, record)
    quote = ctx.message.quote
    if not ctx.args.text and quote is not None and not ctx.quoted:
        return _quoted(ctx, quote)
    text = ctx.args.text
    if len(text) < SHORTEST or is_bare_number(text):
        raise ctx.refuse("refuse.register_what")
    return _open(ctx, text, ctx.message, ctx.me())


def addressed(ctx: Context) -> list[Effect]:
    """@小哨 and a sentence that is no command: thanks and greetings are answered, the rest is registered."""
    text = ctx.args.text
    meaning = ctx.setting.understand(text)
    if len(text) < SHORTEST or is_bare_number(text) or (meaning.kind is Kind.NONE and _small_talk(ctx, text, meaning)):
        return [reply(ctx, ctx.say("help.hint"))]
    return _open(ctx, text, ctx.message, ctx.me())


def private_talk(ctx: Context) -> list[Effect]:
    """A private sentence that is no command: registered when it is a matter, else a hint how to."""
    meaning = ctx.setting.understand(ctx.args.text)
    if meaning.kind is Kind.NONE:
        return said_who(ctx, ctx.args.text) or [reply(ctx, ctx.say("help.hint"))]
    return _open(ctx, ctx.args.text, ctx.message, ctx.me())


def said_who(ctx: Context, text: str) -> list[Effect]:
    """是老李打我, after something private: who it was is kept with it, and it is no longer his."""
    person = ctx.known_me()
    asked = [] if person is None else [one for one in ctx.uow.tickets.of_person(person.id) if ctx.is_requester(one)]
    ticket = next((one for one in reversed(asked) if one.private and one.kind is not TicketKind.WISH), None)
    if ticket is None or not names_anybody(ctx.uow, ticket, text, ctx.me().id):
        return []
    had = ctx.handler(ticket)
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=ctx.me().id, words=text[:LONGEST])
    held = hold(ctx, ticket, (ctx.message,), ctx.me(), SourceRole.UPDATE)
    effects = pass_on(ctx, ticket, had)
    answer = ctx.say("ack.known", number=ticket.number, status=ctx.status(ticket))
    return [reply(ctx, answer, ticket), *held, *effects]


def may_register_others(ctx: Context) -> bool:
    """Whether the speaker may register what somebody else said in this room."""
    return ctx.node is not None and bool(ctx.roles(ctx.node) & _MAY_REGISTER_OTHERS)


def _small_talk(ctx: Context, text: str, meaning: Understanding) -> bool:
    if Cue.THANKS in meaning.cues or meaning.category in ("thanks", "command"):
        return True
    greetings = ctx.say("cue.greetings").split()
    return len(text) <= 8 and any(word in text.lower() for word in greetings)


def _quoted(ctx: Context, quote: Quote) -> list[Effect]:
    if not may_register_others(ctx):
        raise ctx.refuse("refuse.register_others")
    remembered = None if quote.id is None else ctx.recall(quote.id)
    said = _as_quoted(ctx, quote) if remembered is None else remembered.message
    source = ctx.uow.tickets.source(said.account, said.id)
    if source is not None and source.ticket_id is not None:
        return _registered_already(ctx, ctx.uow.unions.end_of(ctx.uow.tickets.get(source.ticket_id)))
    words = said.text or quote.text
    if not words:
        raise ctx.refuse("refuse.quote_unknown")
    identity = ctx.uow.people.identity(said.account, said.sender)
    if said.sender != ctx.message.sender and ctx.uow.people.is_deaf(said.account, said.sender):
        raise ctx.refuse("refuse.deaf")
    if remembered is not None:
        return _open(ctx, words, said, ctx.uow.people.known(said.account, said.sender, said.sender_name))
    return _open(ctx, words, said, ctx.me() if identity is None else ctx.uow.people.get(identity.person_id))


def _as_quoted(ctx: Context, quote: Quote) -> Message:
    """The quoted message as far as the quote tells; under its own id, so that it is held once, whoever quotes it."""
    said = ctx.message
    return Message(
        id=quote.id or said.id,
        account=said.account,
        room=said.room,
        sender=quote.sender or said.sender,
        text=quote.text,
        at=said.at,
    )


def _registered_already(ctx: Context, ticket: Ticket) -> list[Effect]:
    if ctx.visible(ticket):
        raise ctx.refuse("refuse.registered_already", number=ticket.number, status=ctx.status(ticket))
    return [reply_in_private(ctx, private_answer(ctx, ticket), ticket)]


def register_words(ctx: Context, words: str) -> list[Effect]:
    """The speaker's words, whatever they stood behind, as a matter of their own."""
    return _open(ctx, words, ctx.message, ctx.me())


def _open(ctx: Context, text: str, message: Message, person: Person) -> list[Effect]:
    """Open or join what the words say, and answer where they were said."""
    room, node = where(ctx, person)
    ctx, text = ctx.at(node), text[:LONGEST]
    meaning = ctx.setting.understand(text)
    kind, category = _classified(ctx, text, meaning)
    matter = understood(
        Matter(
            kind=kind,
            category=category,
            text=text,
            node=node,
            room=room,
            requester=person,
            band="command",
            messages=(message,),
            place=message.place,
            unread=meaning.band is Band.IGNORE,
        ),
        meaning,
    )
    ctx.uow.lock("matter", node.id, category)
    if speaks_of_petition(matter):
        return ask_leader(ctx, matter)
    source = ctx.uow.tickets.source(message.account, message.id)
    signal = None if source is None or source.signal_id is None else ctx.uow.signals.get(source.signal_id)
    ticket, effects = enter(ctx, matter, person, signal)
    # What was asked of the leader is answered, unless it was more than what became of it.
    if signal is not None and (is_alarming(ticket) or not is_alarming(signal)):
        ctx.uow.signals.replace(signal, ticket, at=ctx.now)
    return effects


def ask_leader(ctx: Context, matter: Matter) -> list[Effect]:
    """Talk of a petition is never more than a question to the leader, however it was brought up."""
    effects = signalled_already(ctx, matter)
    if effects is None:
        effects = open_signal(ctx, matter, tell=matter.room is None or matter.room.mode is not RoomMode.SHADOW)
    if ctx.room is None or ctx.reachable(ctx.me()):
        effects = [reply_in_private(ctx, ctx.say("ack.heard")), *effects]
    return effects


def enter(ctx: Context, matter: Matter, person: Person, signal: Signal | None) -> tuple[Ticket, list[Effect]]:
    """Join the ticket of the same matter or open one; the answer to the speaker stands first."""
    same = find_same(ctx, matter)
    if same is not None:
        had = ctx.handler(same)
        new, effects = join(ctx, same, matter)
        effects += pass_on(ctx, same, had)
        if not new:
            answer = ctx.say("ack.known", number=same.number, status=ctx.status(same))
            if same.private and same.handler_id is None:
                answer += still(ctx, same)
            return same, [reply(ctx, answer, same), *effects]
        count = ctx.uow.tickets.asking(same.id)
        label = ctx.label(same, group=True)  # somebody else's words
        key = "ack.joined" if ctx.room is not None and not same.nameless else "ack.joined_private"
        text = ctx.say(key, name=ctx.called(person), label=label, count=count)
        return same, [reply(ctx, text, same), *effects]
    ticket, effects = open_ticket(ctx, matter, signal)
    if ticket.private and ctx.room is not None and untouchable(ticket):
        return ticket, effects  # somebody else may hold the phone: not even that it was heard is sent there
    if ticket.private:
        return ticket, [reply_in_private(ctx, private_answer(ctx, ticket), ticket), *effects]
    if ctx.room is not None and matter.room is not None:
        return ticket, [acknowledge(ctx, ticket, person, matter.room), *effects]
    to = bound_for(ctx, ticket)
    heard = "ack.complaint_private_to" if to else "ack.complaint_private"
    key = heard if is_told(ctx, ticket) else "ack.complaint_private_unheard"
    if ticket.kind is TicketKind.WISH:
        key = "ack.wish_proposed_private" if ticket.status is Status.PROPOSED else "ack.wish_private"
    text = ctx.say(
        key,
        label=ctx.label(ticket, group=ctx.room is not None and wordless(ticket)),
        wanted=wanted(ctx.uow, ctx.setting, ticket),
        number=ticket.number,
        to=to,
    )
    return ticket, [reply(ctx, text, ticket), *effects]


def where(
    ctx: Context, person: Person, has: Callable[[Policy, GridNode], bool] = lambda *_: True
) -> tuple[Room | None, GridNode]:
    """The room and node to which a matter belongs: here, or in private the person's own grid whose pack has that."""
    if ctx.room is not None and ctx.node is not None:
        return (ctx.room, ctx.node) if ctx.room.purpose is RoomPurpose.RESIDENTS else (None, ctx.node)
    for grant in ctx.uow.people.grants(person.id):
        node = ctx.uow.places.node(grant.node_id)
        rooms = ctx.uow.places.rooms_at(grant.node_id)
        if rooms and has(ctx.at(node).policy, node):
            return rooms[0], node
    mine = ctx.uow.tickets.touched_by(person.id)
    touched = [one for one in mine if has(ctx.of(one).policy, ctx.node_of(one))]
    if touched:
        last = touched[-1]
        room = None if last.room_id is None else ctx.uow.places.room_by_id(last.room_id)
        return room, ctx.uow.places.node(last.node_id)
    nodes = [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id)]
    found = next((node for node in nodes if has(ctx.at(node).policy, node)), None)
    if found is not None:
        return None, found
    raise ctx.refuse("refuse.which_room")


def _classified(ctx: Context, text: str, meaning: Understanding) -> tuple[TicketKind, str]:
    """Kind and category of words that are registered whatever their score."""
    if meaning.kind is not Kind.NONE:
        return TicketKind(meaning.kind.value), meaning.category
    wish = any(word in text for word in ctx.say("cue.wish").split())
    return (TicketKind.WISH, "wish_other") if wish else (TicketKind.COMPLAINT, "complaint_other")
