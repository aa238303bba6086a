"""From what was heard to the matter that it is: the messages that belong together, and what they say."""

import re
from dataclasses import replace

from handlers.context import Context
from handlers.effects import Effect
from handlers.talk.opening import Matter, understood
from handlers.ticket.changing import put_under
from models.codes import STAFF, TicketKind
from models.message import Message
from models.states import TERMS
from models.ticket_tables import Signal, Ticket
from nlp.understanding import Band, Cue, Kind, Link, Relation

LONGEST = 2000
"""Characters of somebody's words that are kept of one matter."""

_MYSELF = re.compile("[我俺咱]|阿拉")
_ONLOOKER = re.compile(
    "[我俺咱](?!也)们?(?:昨天|前天|刚才|刚刚|早上|下午|晚上)?(?:路过|看|听|帮|觉得|估计|猜|想|问|打过|知道|来|马上|可以)"
)
"""Whoever saw, heard, guessed or helps speaks of himself too, but not of a trouble of his."""


def messages_of(ctx: Context, relation: Relation) -> tuple[Message, ...]:
    """The messages that make up the matter, oldest first: earlier parts of a burst, then this one."""
    parts = (ctx.recall(part) for part in relation.parts)
    return (*(part.message for part in parts if part is not None), ctx.message)


def words_of(messages: tuple[Message, ...]) -> str:
    """What the messages say together."""
    return "，".join(message.text.strip() for message in messages if message.text.strip())[:LONGEST]


def heard_matter(ctx: Context, relation: Relation) -> Matter:
    """What was heard as a matter of its own. 我家也是 says what the other's matter is, but not a word of it."""
    assert ctx.room is not None
    assert ctx.node is not None
    meaning = relation.understood
    messages = messages_of(ctx, relation)
    pins = [message.place for message in messages if message.place]
    matter = Matter(
        kind=TicketKind(meaning.kind.value),
        category=meaning.category,
        text=words_of(messages),
        node=ctx.node,
        room=ctx.room,
        requester=ctx.me(),
        band=meaning.band.value,
        messages=messages,
        place=pins[0] if pins else None,
    )
    matter = understood(matter, meaning)
    if relation.link is not Link.JOIN:
        return matter
    alone = ctx.setting.understand(matter.text)
    if alone.kind is not Kind.NONE:
        return matter
    title = ctx.category(meaning.category)
    return replace(matter, title=title, place=alone.place or (pins[0] if pins else None), evidence=())


def has_it_too(ctx: Context, relation: Relation, category: str) -> bool:
    """Whether the speaker's own words say that somebody else's matter is his trouble as well."""
    said = words_of(messages_of(ctx, relation))
    if Cue.JOIN in relation.understood.cues:
        return True
    if _MYSELF.search(said) and not _ONLOOKER.search(said) and not ctx.roles(ctx.node) & STAFF:
        return True  # who works there says what he does about it
    alone = ctx.setting.understand(said)
    return alone.band is Band.ACT and category in (alone.category, *alone.leanings)


def follow_up(ctx: Context, relation: Relation, ticket: Ticket) -> Matter:
    assert ctx.node is not None
    messages = messages_of(ctx, relation)
    pins = [message.place for message in messages if message.place]
    return Matter(
        kind=ticket.kind,
        category=ticket.category,
        text=words_of(messages),
        node=ctx.node,
        room=ctx.room,
        requester=ctx.me(),
        band=ticket.band,
        messages=messages,
        place=relation.understood.place or (pins[0] if pins else None),
    )


def reread(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """What was said since may show what a ticket is about, as long as nobody has taken it in hand or put it right.

    Only another category of its kind: what has been said aloud of it stays true. Not what is private: one person's
    words would show in what another one reads of it.
    """
    whole = relation.whole
    if whole is None or ticket.private or whole.kind.value != ticket.kind.value or whole.category == ticket.category:
        return []
    if ticket.handler_id is not None or ticket.status is not TERMS[ticket.kind].first:
        return []
    if any(event.kind in ("amended", "asked") for event in ctx.uow.tickets.events(ticket.id)):
        return []
    ctx.uow.lock("matter", ticket.node_id, whole.category)
    changed = {"from": ticket.category, "category": whole.category}
    ctx.uow.tickets.record(ticket, "reread", at=ctx.now, actor_id=None, data=changed)
    return put_under(ctx, ticket, whole.category)


def more_of(ctx: Context, relation: Relation, signal: Signal) -> Matter:
    """The message as a part of a signal's matter; its own kind and category where it has any."""
    meaning = relation.understood
    messages = messages_of(ctx, relation)
    matter = Matter(
        kind=signal.kind,
        category=signal.category,
        text=words_of(messages),
        node=ctx.uow.places.node(signal.node_id),
        room=ctx.room,
        requester=ctx.me(),
        band=meaning.band.value,
        messages=messages,
        place=next((message.place for message in messages if message.place), None),
    )
    if meaning.kind is Kind.NONE:
        return replace(matter, place=meaning.place or matter.place)
    read = relation.whole or meaning
    matter = replace(matter, kind=TicketKind(read.kind.value), category=read.category)
    score = max(read.score, meaning.score)
    # What all say together counts even where one of them alone was surer.
    return replace(
        understood(matter, meaning), score=score if relation.whole is None else max(score, signal.score or 0)
    )
