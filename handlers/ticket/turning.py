"""A complaint that turns into a dispute: a private ticket beside it, and a neutral end of the public one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from handlers.alarm.alarms import is_alarming
from handlers.answering import announce, tell, unsay
from handlers.context import Context
from handlers.discreet.erasing import erase_at_end
from handlers.effects import Effect, Say, Tell
from handlers.talk.keys import in_common
from handlers.talk.matching import own_open
from handlers.talk.opening import Matter
from handlers.ticket.evaluation import untouchable
from models.codes import PostKind, RoomMode, TicketKind
from models.states import Move
from models.ticket_tables import Ticket
from nlp.understanding import Band, Flag, Kind, Link, Understanding

ONCE_IN = timedelta(hours=12)
"""A room in which people quarrel hears the neutral sentence once in that time."""


NAMES_IT = 3
"""Pairs of characters that the words of a quarrel and of a complaint share where they speak of one thing."""


def turns(ctx: Context, meaning: Understanding, ticket: Ticket, link: Link) -> bool:
    """Whether what is said about an open public complaint is a dispute by now, beyond doubt."""
    if ticket.kind is not TicketKind.COMPLAINT or ticket.private or ctx.ended(ticket) or link is Link.RETRACT:
        return False
    if ctx.room is None or ctx.room.mode is not RoomMode.ON or Flag.PETITION in meaning.flags:
        return False
    return meaning.kind is Kind.DISPUTE and meaning.band is Band.ACT


def origin_of(ctx: Context, matter: Matter, meaning: Understanding) -> Ticket | None:
    """The speaker's own open complaint of which a dispute that he speaks of without pointing at anything has come."""
    if matter.kind is not TicketKind.DISPUTE:
        return None
    common = ctx.say("cue.common").split()
    tickets, _ = own_open(ctx, meaning.place, None)
    found = [
        ticket
        for ticket in tickets
        if turns(ctx, meaning, ticket, Link.NEW) and in_common(matter.text, ticket.title, common) >= NAMES_IT
    ]
    return found[-1] if found else None


def heard_out_of(ctx: Context, dispute: Ticket, origin: Ticket, effects: Sequence[Effect]) -> list[Effect]:
    """The dispute that was just heard came out of that complaint, which ends unless others ask for it or it is broken.

    The group hears nothing now: a line right after the words would be an answer to them.
    """
    ctx.uow.disputes.link(dispute, origin)
    others = [row for row in ctx.uow.tickets.requesters(origin.id) if row.person_id != ctx.me().id]
    common = ctx.say("cue.common").split()
    same = ctx.message.quote is not None or in_common(dispute.title, origin.title, common) >= NAMES_IT
    ends = same and not others and origin.category in ctx.policy.disputes.quarrels and not is_alarming(origin)
    key = "dispute.out_of" if ends else "dispute.beside"
    erased = hand_over(ctx, origin, dispute) if ends else []
    return [*remarked(effects, dispute, ctx.say(key, origin=origin.number)), *erased]


def hand_over(ctx: Context, origin: Ticket, dispute: Ticket) -> list[Effect]:
    """The public ticket ends, and nothing in it says why. What may not be kept goes: the dispute has its words.

    What was still to be said of it is dropped; whoever had it hears that it is not his any more, unless the dispute is.
    """
    before = None if origin.handler_id is None else ctx.uow.people.get(origin.handler_id)
    unsay(ctx, origin)
    ctx.uow.tickets.move(origin, Move.HAND_OVER, at=ctx.now, actor_id=ctx.me().id)
    effects: list[Effect] = []
    has = ctx.handler(dispute)
    known = {ctx.me().id, None if has is None else has.id}
    if before is not None and before.erased_at is None and before.id not in known:
        text = ctx.say("tell.kind_changed", label=ctx.label_to(origin, before))
        effects.append(tell(before, PostKind.NOTICE, text, origin))
    return effects + erase_at_end(ctx.uow, ctx.setting, origin, ctx.now)


def remarked(effects: Sequence[Effect], dispute: Ticket, remark: str) -> list[Effect]:
    """The effects, with the remark behind what those in charge are told of the dispute."""
    return [
        replace(effect, text=effect.text + remark)
        if isinstance(effect, Tell) and effect.kind is PostKind.NOTICE and dispute.id in effect.tickets
        else effect
        for effect in effects
    ]


def said_in_group(ctx: Context, dispute: Ticket) -> list[Effect]:
    """The neutral sentence of a dispute that was heard in this group, if the policy wants it."""
    if not ctx.policy.disputes.say_in_group or ctx.room is None or ctx.room.id is None or untouchable(dispute):
        return []
    if dispute.kind is not TicketKind.DISPUTE or dispute.room_id != ctx.room.id:
        return []
    lately = ctx.uow.disputes.opened_since(dispute.node_id, ctx.now - ONCE_IN)
    if any(other.room_id == dispute.room_id and other.id != dispute.id and not untouchable(other) for other in lately):
        return []
    return [Say(ctx.room.id, PostKind.NOTICE, ctx.say("dispute.in_group"), (dispute.id,))]


def said_of_origin(ctx: Context, origin: Ticket) -> list[Effect]:
    """The neutral end in the group of the public ticket."""
    return announce(ctx, origin, ctx.say("dispute.handed_over", label=ctx.label(origin, group=True)))
