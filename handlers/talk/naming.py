"""More words of a private matter speak of whoever has it: it is his no more, and whoever is next hears of it."""

from handlers.alarm import recalling
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.accused import is_accused
from handlers.effects import Effect
from handlers.talk.opening import tell_leader
from handlers.ticket.routing import take_from_all
from models.codes import TicketKind
from models.states import FINISHED
from models.tables import Person
from models.ticket_tables import Ticket


def give_up(ctx: Context, ticket: Ticket, had: Person | None, words: str = "") -> str | None:
    """The new words speak of whoever had it, or had answered its emergency: it is his no more. His id, else None.

    had: who had it before them. words: what is not in its history yet.
    """
    if not ticket.private or ticket.kind is TicketKind.WISH:
        return None
    alarm = ctx.uow.alarms.get(ticket.id)
    holding = (None if had is None else had.id, ticket.handler_id, None if alarm is None else alarm.acknowledged_by)
    opener = ctx.uow.tickets.opened_by(ticket.id)
    people = dict.fromkeys(one for one in holding if one is not None and one != opener)
    gone = next((one for one in people if is_accused(ctx.uow, ticket, one, words)), None)
    if gone is None or ctx.ended(ticket) or ticket.status in FINISHED:
        return None
    take_from_all(ticket)
    clocks.stepped(ctx, ticket)
    return gone


def pass_on(ctx: Context, ticket: Ticket, had: Person | None) -> list[Effect]:
    """What follows from words that are in its history now: its emergency has to be answered anew, or whoever leads
    there hears of it. Nothing unless they speak of whoever had it."""
    gone = give_up(ctx, ticket, had)
    if gone is None:
        return []
    again = recalling.anew(ctx.uow, ctx.setting, ticket, ctx.now, without=gone)
    return again or tell_leader(ctx, ticket, ctx.leaders(ticket))
