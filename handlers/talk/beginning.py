"""A matter that was just heard: a ticket, a question to the leader, or more of what is known already."""

from handlers.context import Context
from handlers.effects import Effect
from handlers.talk.doubts import absorb, of_somebody_else, open_for_first, signalled_already, to_signal, with_pieces
from handlers.talk.following import by_itself, is_another, joined, share, update
from handlers.talk.heard import heard_matter
from handlers.talk.matching import find_same, find_signals, may_become, said_again
from handlers.talk.opening import Matter, acknowledge, open_ticket
from handlers.talk.signals import open_signal
from handlers.ticket.turning import heard_out_of, origin_of, said_in_group, turns
from models.codes import RoomMode
from models.ticket_tables import Signal, Ticket
from nlp.understanding import Band, Flag, Kind, Link, Relation


def begin(ctx: Context, relation: Relation, signal: Signal | None = None, out_of: Ticket | None = None) -> list[Effect]:
    """A matter that was just heard; signal: what waits of it already; out_of: the complaint that turned into it.

    What it may be more of is asked of the index before anything is read of single tickets.
    """
    if relation.understood.kind is Kind.NONE:
        return []
    assert ctx.room is not None
    assert ctx.node is not None
    matter = heard_matter(ctx, relation)
    ctx.uow.lock("matter", ctx.node.id, matter.category)
    known = find_same(ctx, matter)
    if known is None and signal is None and out_of is None:
        again = said_again(ctx, relation, matter)
        if isinstance(again, Ticket) and turns(ctx, relation.understood, again, relation.link):
            out_of = again
        elif isinstance(again, Ticket):
            known = again
        else:
            signal = again  # the ticket takes its place
    act = relation.understood.band is Band.ACT and ctx.room.mode is RoomMode.ON and Flag.PETITION not in matter.flags
    if known is not None:
        return _more_of(ctx, relation, known, matter, aloud=act)
    if not act:
        return _ask(ctx, relation, matter, signal)
    return _open(ctx, relation, matter, signal, out_of)


def _more_of(ctx: Context, relation: Relation, ticket: Ticket, matter: Matter, *, aloud: bool) -> list[Effect]:
    """It is known. aloud: whoever said it so plainly that it would be a ticket alone hears so, others join silently."""
    if not aloud and is_another(ctx, relation, ticket):
        return apart(ctx)
    if ctx.is_requester(ticket):
        return update(ctx, relation, ticket)
    return joined(ctx, ticket, matter) if aloud else share(ctx, relation, ticket)


def apart(ctx: Context) -> list[Effect]:
    """Words that are no part of what was spoken of before, and too doubtful for a ticket: its leader is asked."""
    relation = Relation(Link.NEW, None, by_itself(ctx))
    return _ask(ctx, relation, heard_matter(ctx, relation), None)


def _ask(ctx: Context, relation: Relation, matter: Matter, signal: Signal | None) -> list[Effect]:
    """The leader is asked, once for each matter."""
    assert ctx.room is not None
    if signal is not None and Flag.PETITION not in matter.flags:
        return to_signal(ctx, relation, signal)
    known = signalled_already(ctx, matter)
    return known if known is not None else open_signal(ctx, matter, tell=ctx.room.mode is not RoomMode.SHADOW)


def _open(
    ctx: Context, relation: Relation, matter: Matter, signal: Signal | None, out_of: Ticket | None
) -> list[Effect]:
    """A ticket, in the place of what waited of it."""
    assert ctx.room is not None
    doubts = find_signals(ctx, matter)
    if signal is not None and signal not in doubts:
        doubts = [signal, *doubts]
    doubts = [one for one in doubts if may_become(matter, one)]
    out_of = out_of or origin_of(ctx, matter, relation.understood)
    if signal is not None and signal in doubts and of_somebody_else(ctx, signal):
        ticket, effects = open_for_first(ctx, relation, matter, signal, doubts)
    else:
        ticket, effects = open_ticket(ctx, with_pieces(ctx, matter, doubts))
        absorb(ctx, ticket, doubts)
    asked = ctx.uow.tickets.requesters(ticket.id)
    if not ticket.private and asked:
        effects.insert(0, acknowledge(ctx, ticket, ctx.uow.people.get(asked[0].person_id), ctx.room))
    if out_of is not None:
        effects = heard_out_of(ctx, ticket, out_of, effects)
    return effects + said_in_group(ctx, ticket)
