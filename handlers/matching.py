"""Which open ticket or waiting signal a matter belongs to, across minutes, hours and days."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from handlers.context import Context
from handlers.opening import Matter
from handlers.signals import PETITION, is_petition, speaks_of_petition
from models.codes import SourceRole, TicketKind
from models.ticket_tables import Signal, Ticket
from nlp.placing import apart, same
from nlp.understanding import Band, Flag, Urgency

PIECES = timedelta(minutes=2)
"""Within this of his own report, what the same person says next is most likely more of it, whatever it sounds like."""
PLAIN = 0.75
"""Score from which words are a matter of their own, whatever was said before."""
DOUBTFUL_PIECES = timedelta(minutes=5)
"""The same for what is too doubtful to be a ticket of its own."""

_OTHER = "_other"
"""Ending of the categories of everything that fits none: matters of these have nothing in common."""
_HARMLESS = frozenset({Flag.MINOR.value, Flag.HEALTH.value})
_ANOTHER = re.compile(r"^\W*(?:还有|另外|顺便|对了|再说一个|再问|还想)|(?:是|还有)另一|另一件|别的事")


def find_same(ctx: Context, matter: Matter) -> Ticket | None:
    """The open ticket of the same matter: what the person has just reported himself, or same category, grid and place.

    Without any place only what concerns everybody around is the same matter for a day, and what
    names the same thing in the same words. What the same person says again may take longer, but
    not less: he too has more than one thing that is broken.
    """
    if speaks_of_petition(matter):
        return None  # it becomes a part of nobody's matter
    pieces = _just_reported(ctx, matter)
    if pieces is not None:
        return pieces
    if matter.node.id is None:
        return None
    rule = ctx.policy.hearing
    own = _own(ctx, matter)
    # A private matter is only ever the same as the person's own.
    others = (
        []
        if matter.private
        else ctx.uow.tickets.same_matter(matter.node.id, matter.category, ctx.now - timedelta(days=rule.join_days))
    )
    for ticket in [*(ticket for ticket in own if ticket.category == matter.category), *others]:
        if _alarms(matter, ticket) or (matter.private and not ticket.private):
            continue
        mine = ticket in own
        if ticket.opened_at <= ctx.now - timedelta(days=rule.join_days):
            continue
        recent = ticket.opened_at > ctx.now - timedelta(hours=rule.area_join_hours)
        if matter.kind is TicketKind.WISH and not (mine and recent):
            continue
        if apart(matter.place, ticket.place):
            continue
        words = _alike(ctx, matter, ticket.evidence, ticket.title)
        if matter.category.endswith(_OTHER) and not words:
            continue
        if same(matter.place, ticket.place) or (words and (mine or recent)):
            return ticket
        if recent and _around(ctx, matter, ticket.place):
            return ticket
    return None


def find_signals(ctx: Context, matter: Matter) -> list[Signal]:
    """The waiting signals of the same matter, the oldest first."""
    if speaks_of_petition(matter):
        return []  # of talk of a petition nobody's other words may become a part
    person = matter.requester
    day = ctx.now - timedelta(hours=ctx.policy.hearing.area_join_hours)
    found = []
    for signal in ctx.uow.signals.waiting([matter.node.path]):
        if signal.node_id != matter.node.id or apart(signal.place, matter.place):
            continue
        if is_petition(signal) or (set(signal.flags) - _HARMLESS and not matter.private):
            continue
        mine = person is not None and signal.person_id == person.id
        alike = signal.category == matter.category
        if mine and ((alike and signal.at > day) or _is_piece(ctx, matter, _last_said(ctx, signal))):
            found.append(signal)
        elif alike and not mine and signal.at > day and matter.kind is TicketKind.COMPLAINT:
            words = _alike(ctx, matter, signal.evidence, signal.text)
            around = not matter.category.endswith(_OTHER)
            near = around and (same(signal.place, matter.place) or _around(ctx, matter, signal.place))
            if words or near:
                found.append(signal)
    return found


def own_open(ctx: Context, place: str | None, category: str | None) -> tuple[list[Ticket], list[Signal]]:
    """The speaker's open tickets and waiting signals of this room that news may be about; category None: any."""
    person = ctx.known_me()
    if person is None or ctx.room is None or ctx.node is None:
        return [], []
    tickets = [
        ticket
        for ticket in ctx.uow.tickets.of_person(person.id)
        if ticket.room_id == ctx.room.id
        and ctx.uow.tickets.requester(ticket.id, person.id) is not None
        and not apart(ticket.place, place)
    ]
    signals = [
        signal
        for signal in ctx.uow.signals.waiting([ctx.node.path])
        if signal.person_id == person.id and signal.room_id == ctx.room.id and not apart(signal.place, place)
    ]
    if len(tickets) + len(signals) > 1 and category is not None:
        tickets = [ticket for ticket in tickets if ticket.category == category]
        signals = [signal for signal in signals if signal.category == category]
    return tickets, signals


def _just_reported(ctx: Context, matter: Matter) -> Ticket | None:
    """The ticket that the same person opened a moment ago: people tell one matter in pieces."""
    if (matter.score or 0) >= PLAIN:
        return None
    for ticket in reversed(_own(ctx, matter)):
        spoken = [
            s for s in ctx.uow.tickets.sources(ticket.id) if matter.requester and s.person_id == matter.requester.id
        ]
        if not spoken or spoken[0].role is not SourceRole.REPORT or apart(ticket.place, matter.place):
            continue
        # What must not be said aloud, and what cannot wait, is never hidden in another ticket.
        doubtful = matter.band == Band.ASK.value and not matter.flags and matter.category != PETITION
        if _alarms(matter, ticket) or (matter.private and not ticket.private and not doubtful):
            continue
        if _is_piece(ctx, matter, max(source.at for source in spoken)):
            return ticket
    return None


def _is_piece(ctx: Context, matter: Matter, last: datetime) -> bool:
    """Whether the matter was said so shortly after last, by the same person, that it is more of the same."""
    if not matter.messages or matter.band not in (Band.ACT.value, Band.ASK.value) or _ANOTHER.search(matter.text):
        return False
    return ctx.now - last <= (PIECES if matter.band == Band.ACT.value else DOUBTFUL_PIECES)


def _last_said(ctx: Context, signal: Signal) -> datetime:
    sources = ctx.uow.tickets.signal_sources(signal.id or 0)
    return max((source.at for source in sources if source.person_id == signal.person_id), default=signal.at)


def _own(ctx: Context, matter: Matter) -> list[Ticket]:
    """The open tickets of this room that the person asked for, by opening time."""
    person, room = matter.requester, matter.room
    if person is None or room is None:
        return []
    asked = (ticket for ticket in ctx.uow.tickets.of_person(person.id) if ticket.room_id == room.id)
    return [ticket for ticket in asked if ctx.uow.tickets.requester(ticket.id, person.id) is not None]


def _alarms(matter: Matter, ticket: Ticket) -> bool:
    """An emergency is not a remark on a matter that is none."""
    return matter.urgency is Urgency.EMERGENCY and ticket.urgency != Urgency.EMERGENCY.value


def _around(ctx: Context, matter: Matter, place: str | None) -> bool:
    """Whether both concern everybody around: 停电了 by two people who name no place."""
    return matter.category in ctx.policy.hearing.area_categories and not (matter.place or place)


def _alike(ctx: Context, matter: Matter, evidence: Iterable[str], text: str) -> bool:
    """Whether both name the same thing: in what decided, or in most of what was said.

    没人修 is said of whatever is broken, so such words are left out.
    """
    common = ctx.say("cue.common").split()
    if _pairs(matter.evidence, common) & _pairs(evidence, common):
        return True
    one, other = _pairs((matter.text,), common), _pairs((text,), common)
    return len(one & other) * 2 >= min(len(one), len(other)) > 0


def _pairs(pieces: Iterable[str], common: Iterable[str]) -> set[str]:
    """Every two characters in a row, except across a word that says nothing or across a pause."""
    told = "\n".join(pieces)
    for word in common:
        told = told.replace(word, "\n")
    return {run[i : i + 2] for run in re.split(r"\W+", told) for i in range(len(run) - 1)}
