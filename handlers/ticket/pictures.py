"""Pictures of a ticket: kept when they come with a command or are quoted by it, shown to the handler alone."""

import hashlib
from dataclasses import dataclass

from handlers.context import Context
from handlers.effects import Effect, Keep, Picture
from models.codes import SourceRole
from models.message import AttachmentKind, Message
from models.tables import Person
from models.ticket_tables import StoredAttachment, Ticket

SHOWN = 3
"""So many of a ticket's pictures, the newest, are sent to whoever looks it up."""


def keep_pictures(ctx: Context, ticket: Ticket, message: Message) -> list[Effect]:
    """The ticket keeps the message's pictures; their bytes go to the media folder with the commit."""
    effects: list[Effect] = []
    for attachment in message.attachments:
        if attachment.kind is not AttachmentKind.IMAGE:
            continue
        digest = None if attachment.data is None else hashlib.sha256(attachment.data).hexdigest()
        if attachment.data is not None and digest is not None:
            effects.append(Keep(digest, attachment.data))
        ctx.uow.pictures.add(
            StoredAttachment(
                ticket_id=ticket.id,
                account=message.account,
                message_id=message.id,
                kind=attachment.kind.value,
                media_type=attachment.media_type,
                sha256=digest,
                at=ctx.now,
            )
        )
    return effects


@dataclass(frozen=True, slots=True)
class Kept:
    """Pictures that came with a command; lost: those of which the channel gave nothing but that they are there."""

    pictures: tuple[Keep, ...]
    lost: int


def kept_of(ctx: Context, most: int) -> Kept:
    """The pictures of the command itself and of the message that it quotes, for what is no ticket."""
    quote = ctx.message.quote
    found = None if quote is None or quote.id is None else ctx.recall(quote.id)
    messages = [ctx.message] if found is None else [ctx.message, found.message]
    images = [one for said in messages for one in said.attachments if one.kind is AttachmentKind.IMAGE]
    keeps = [
        Keep(hashlib.sha256(one.data).hexdigest(), one.data) for one in images[: max(0, most)] if one.data is not None
    ]
    return Kept(tuple({keep.sha256: keep for keep in keeps}.values()), len(images) - len(keeps))


def with_command(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Pictures that came with the command, and those of the message that it quotes, are kept with the ticket.

    Whose a quoted picture is stays known, so that he can have it erased.
    """
    effects: list[Effect] = []
    for message, person in ((ctx.message, ctx.me()), *_quoted(ctx, ticket)):
        if not any(attachment.kind is AttachmentKind.IMAGE for attachment in message.attachments):
            continue
        if ctx.uow.tickets.source(message.account, message.id) is None:
            ctx.uow.tickets.hold(
                message.account,
                message.id,
                at=message.at,
                role=SourceRole.UPDATE,
                person_id=person.id,
                ticket_id=ticket.id,
            )
        effects += keep_pictures(ctx, ticket, message)
    return effects


def _quoted(ctx: Context, ticket: Ticket) -> list[tuple[Message, Person]]:
    quote = ctx.message.quote
    found = None if quote is None or quote.id is None else ctx.recall(quote.id)
    if found is None:
        return []
    said = found.message
    person = ctx.uow.people.known(said.account, said.sender, said.sender_name)
    known = {row.message_id for row in ctx.uow.pictures.of(ticket.id)}
    return [] if said.id in known else [(said, person)]


def shown(ctx: Context, ticket: Ticket) -> tuple[str, list[Effect]]:
    """For whoever sees to the ticket, in private: how many pictures it has, and the newest of them."""
    if not (ctx.has_in_hand(ticket) or ctx.works_on(ticket)):
        return "", []
    rows = list(ctx.uow.pictures.of(ticket.id))
    if not rows:
        return "", []
    names = list(dict.fromkeys(row.sha256 for row in rows if row.sha256 is not None))[-SHOWN:]
    effects: list[Effect] = [Picture(None, ctx.me().id, name, (ticket.id,)) for name in names]
    return ctx.say("show.pictures", count=len(rows)), effects
