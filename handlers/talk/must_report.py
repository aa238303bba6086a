"""必报: what the policy wants told at once. A question to the leader becomes louder, and those above hear of it.

It opens nothing, says nothing in a group, and hears of nothing that was not a question or a matter anyway. Talk of a
petition or strike is for one leader alone and never passes here.
"""

from collections.abc import Collection, Iterable, Sequence

from handlers.alarm.alarms import Perilous, is_hidden, name_of, parties
from handlers.context import Context
from handlers.effects import Effect, Tell
from handlers.policy.telling import MustReport
from handlers.report.figures import may_name
from models.codes import PostKind, TicketKind
from models.masking import short
from models.states import ALIVE
from models.tables import Person
from models.ticket_tables import Signal, Ticket


def groups_of(ctx: Context, matter: Perilous, text: str) -> list[MustReport]:
    """The groups to which a signal or ticket in these words belongs."""
    if not may_name(matter.category, matter.flags) or matter.kind is TicketKind.WISH:
        return []
    policy = ctx.at(ctx.uow.places.node(matter.node_id)).policy
    return policy.telling.groups(matter.category, frozenset(matter.flags), text)


def kind_of(groups: Iterable[MustReport]) -> PostKind:
    """As what the line goes: at night too, or with the morning."""
    return PostKind.EMERGENCY if any(group.at_night for group in groups) else PostKind.NOTICE


def called(groups: Iterable[MustReport]) -> str:
    return "、".join(group.name for group in groups)


def tell_above(
    ctx: Context, matter: Perilous, groups: Sequence[MustReport], leader: Person | None, told: Collection[str] = ()
) -> list[Effect]:
    """One line to whoever the groups name besides; of what is private or delicate only that there is something.

    told: those who have heard of it already.
    """
    line = ctx.uow.places.line(ctx.uow.places.node(matter.node_id))
    found: dict[str, list[MustReport]] = {}
    for group in groups:
        for role in group.told:
            holders = next((people for node in line if (people := ctx.uow.people.holders(node, (role,)))), [])
            for person in holders:
                found.setdefault(person.id, []).append(group)
    left_out = {*parties(ctx.uow, matter), *told, None if leader is None else leader.id}
    return [_line(ctx, matter, theirs, leader, one) for one, theirs in found.items() if one not in left_out]


def _line(ctx: Context, matter: Perilous, groups: Sequence[MustReport], leader: Person | None, person_id: str) -> Tell:
    hidden = is_hidden(matter) or bool(matter.flags)
    if isinstance(matter, Ticket):
        key = "must.ticket_hidden" if hidden else "must.ticket"
    else:
        key = "must.signal_hidden" if hidden else "must.signal"
    text = ctx.say(
        key,
        groups=called(dict.fromkeys(groups)),
        place=ctx.uow.places.node(matter.node_id).name,
        number=matter.number,
        label=ctx.label(matter, group=True) if isinstance(matter, Ticket) else "",
        category=ctx.category(matter.category),
        text=short(matter.text, 60) if isinstance(matter, Signal) else "",
        name=ctx.say("name.nobody") if leader is None else name_of(ctx.uow, ctx.setting, matter, leader.id),
    )
    if isinstance(matter, Ticket):
        return Tell(person_id, kind_of(groups), text, (matter.id,), room_id=matter.room_id, valid_in=ALIVE)
    signals = (matter.id,) if matter.id is not None else ()
    return Tell(person_id, kind_of(groups), text, signals=signals, room_id=matter.room_id)
