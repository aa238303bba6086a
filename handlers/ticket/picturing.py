"""Pictures that a handler sends after his command: WeChat sends them as messages of their own."""

from datetime import timedelta

from handlers.answering import reply
from handlers.context import Context
from handlers.effects import Effect
from handlers.talk.opening import hold
from models.codes import SourceRole
from models.message import AttachmentKind, Message
from models.states import Move
from models.ticket_tables import Ticket

PICTURED = "pictured"
AFTERWARDS = timedelta(minutes=5)
"""So long after 受理, 处理, 办结 or 完成 a picture in the same private chat belongs to that ticket."""
STEPS = (Move.ACCEPT, Move.PROCESS, Move.RESOLVE, Move.DO, PICTURED)


def sent_before(ctx: Context, ticket: Ticket) -> tuple[str, list[Effect]]:
    """Pictures that the speaker sent just before 处理, 办结 or 完成 are that ticket's: what he is told, the effects."""
    messages = ctx.pictures()
    if not messages:
        return "", []
    kept = hold(ctx, ticket, messages, ctx.me(), SourceRole.UPDATE)
    return ctx.say("handle.pictured_before"), kept


def is_picture(message: Message) -> bool:
    """Whether it is nothing but pictures, or a place on the map, said to the bot alone."""
    only = not message.text.strip() and message.room is None
    pictures = any(attachment.kind is AttachmentKind.IMAGE for attachment in message.attachments)
    return only and (pictures or message.place is not None)


def add(ctx: Context) -> list[Effect]:
    """Keep it with the ticket of the speaker's last step; the first one is confirmed, of others nothing is said."""
    person = ctx.known_me()
    last = None if person is None else ctx.uow.tickets.last_step(person.id, STEPS, ctx.now - AFTERWARDS)
    if person is None or last is None:
        return [reply(ctx, ctx.say("snap.how"))] if ctx.policy.snapshots.on else []
    ticket = ctx.uow.unions.end_of(ctx.uow.tickets.get(last.ticket_id))
    if ctx.ended(ticket):
        return []
    if not any(attachment.kind is AttachmentKind.IMAGE for attachment in ctx.message.attachments):
        return []
    count = sum(attachment.kind is AttachmentKind.IMAGE for attachment in ctx.message.attachments)
    ctx.uow.tickets.record(ticket, PICTURED, at=ctx.now, actor_id=person.id, data={"pictures": count})
    kept = hold(ctx, ticket, (ctx.message,), person, SourceRole.UPDATE)
    if last.kind == PICTURED:
        return kept
    return [reply(ctx, ctx.say("handle.pictured", number=ticket.number), ticket), *kept]
