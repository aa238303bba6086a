"""Matters of which nobody can be told: all who may see to one are out of reach, or spoken of themselves."""

from handlers.alarm.alarms import is_alarming, parties
from handlers.context import Context
from handlers.discreet.accused import accused
from handlers.effects import Effect, Tell
from handlers.people import reach
from models.codes import PostKind, Role
from models.ticket_tables import Ticket
from nlp.understanding import Flag


def is_told(ctx: Context, ticket: Ticket) -> bool:
    """Whether anybody in charge hears of an ordinary matter, so that it may be said that he does.

    Where nobody leads yet, whoever will hears of it then; that is no promise either.
    """
    has, node = ctx.handler(ticket), ctx.node_of(ticket)
    if has is not None and reach.can_be_told(ctx.uow, has, node, reach.account_of(ctx.uow, ticket.room_id)):
        return True
    return reach.a_leader(ctx.uow, ticket, accused(ctx.uow, ticket))


def private_answer(ctx: Context, ticket: Ticket) -> str:
    """What whoever said something private is told: that somebody will come only where anybody can be told."""
    if reach.anybody(ctx.uow, ticket, parties(ctx.uow, ticket)):
        return ctx.say("ack.private", number=ticket.number)
    call = hotline(ctx, ticket) if is_alarming(ticket) else ctx.say("hotline.calm")
    return ctx.say("ack.private_unheard", number=ticket.number, call=call)


def still(ctx: Context, ticket: Ticket) -> str:
    """Whom to call as long as nobody can be told of something private; empty where somebody can."""
    if reach.anybody(ctx.uow, ticket, parties(ctx.uow, ticket)):
        return ""
    return ctx.say("ack.still_unheard", call=hotline(ctx, ticket) if is_alarming(ticket) else ctx.say("hotline.calm"))


def tell_operator(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Of something private that nobody can be told of, whoever operates the bot hears that something waits: no words
    of it, no number."""
    about = parties(ctx.uow, ticket)
    if not ticket.private or Flag.PETITION.value in ticket.flags or reach.anybody(ctx.uow, ticket, about):
        return []
    node = ctx.node_of(ticket)
    found = (ctx.uow.people.holders(one, (Role.ADMIN,)) for one in ctx.uow.places.line(node))
    told = next((people for people in found if people), [])
    text = ctx.say("tell.waits_for_nobody", place=node.name)
    return [Tell(one.id, PostKind.NOTICE, text, room_id=ticket.room_id) for one in told if one.id not in about]


def hotline(ctx: Context, ticket: Ticket) -> str:
    """Whom to call in an emergency of that category."""
    return ctx.setting.words.get(f"hotline.{ticket.category}") or ctx.say("hotline.any")
