"""Which open ticket or waiting signal a matter belongs to, across minutes, hours and days."""

import re
from datetime import datetime, timedelta

from handlers.alarm.alarms import is_alarming, is_long_answered, is_loud, subject_of
from handlers.context import Context
from handlers.talk.keys import alike, among_emergencies, asked
from handlers.talk.merging import Nearness
from handlers.talk.opening import Matter
from handlers.talk.signals import PETITION, is_petition, speaks_of_petition
from models.codes import SourceRole, TicketKind
from models.matters import Spoken
from models.ticket_tables import Signal, Ticket
from models.tickets import LATER
from nlp.distance import Distance, unrelated, within
from nlp.matters import Known, one_line
from nlp.placing import apart
from nlp.thread import COLLECTIVE, MOST_READ, again
from nlp.understanding import Band, Flag, Kind, Relation, Understanding, Urgency, Utterance

PIECES = timedelta(minutes=2)
"""Within this of his own report, what the same person says next is most likely more of it, whatever it sounds like."""
PLAIN = 0.75
"""Score from which words are a matter of their own, whatever was said before."""
PLAIN_ELSE = 0.5
"""The same hours later, for words of another category."""
DOUBTFUL_PIECES = timedelta(minutes=5)
"""The same for what is too doubtful to be a ticket of its own."""
MOST_OWN = 10
"""Open matters of one person that his words may be about: the last ones."""

MOST_AGAIN = 5
"""Of these and of other people's complaints, how many are read to see whether they are spoken of again."""

_OTHER = "_other"
"""Ending of the categories of everything that fits none: matters of these have nothing in common."""
_HARMLESS = frozenset({Flag.MINOR.value, Flag.HEALTH.value, Flag.FORMER.value, LATER})
_GOES_ON = re.compile("又|还|仲|仍|再|继续|依旧")
_ANOTHER = re.compile(r"^\W*(?:还有|另外|顺便|对了|再说一个|再问|还想)|(?:是|还有)另一|另一件|别的事")


def find_same(ctx: Context, matter: Matter) -> Ticket | None:
    """The open ticket of the same matter: what the person has just reported himself, or same category, grid and place.

    How near the places must be, and for how long, is the policy's, for each category. Without any place only
    what concerns everybody around is the same matter for some hours, and what names the same thing in the same
    words. What the same person says again may take longer, but not less: he too has more than one thing that
    is broken.
    """
    if speaks_of_petition(matter):
        return None  # it becomes a part of nobody's matter
    pieces = _just_reported(ctx, matter)
    if pieces is not None:
        return pieces
    if matter.node.id is None:
        return None
    rule = ctx.at(matter.node).policy.merging.rule(matter.kind, matter.category)
    since = ctx.now - timedelta(days=rule.days)
    own = _own(ctx, matter, matter.category)
    others: list[Ticket] = []
    # A private matter is only ever the same as the person's own.
    if not matter.private and rule.distance is not Distance.OWN:
        keys = asked(matter, rule.distance, _common(ctx))
        if matter.urgency is Urgency.EMERGENCY:
            keys = among_emergencies(keys)
        others = ctx.uow.matters.tickets(matter.node.id, matter.category, keys, since)
    for ticket in [*own, *others]:
        if hides_alarm(ctx, matter, ticket) or (matter.private and not ticket.private) or ticket.opened_at <= since:
            continue
        if _one_matter(ctx, matter, ticket, rule, ticket in own):
            return ticket
    return None


def find_signals(ctx: Context, matter: Matter) -> list[Signal]:
    """The waiting signals of the same matter, the oldest first."""
    if speaks_of_petition(matter) or matter.node.id is None:
        return []  # of talk of a petition nobody's other words may become a part
    person = matter.requester
    rule = ctx.at(matter.node).policy.merging.rule(matter.kind, matter.category)
    day = ctx.now - timedelta(hours=rule.hours)
    own = [] if person is None else ctx.uow.signals.own(person.id, MOST_OWN)
    others: list[Signal] = []
    if matter.kind is TicketKind.COMPLAINT and rule.distance is not Distance.OWN:
        keys = asked(matter, rule.distance, _common(ctx))
        others = ctx.uow.matters.signals(matter.node.id, matter.category, keys, day)
    found = []
    for signal in sorted([*own, *(one for one in others if one not in own)], key=lambda one: one.number):
        if signal.node_id != matter.node.id:
            continue
        if is_petition(signal) or (set(signal.flags) - _HARMLESS and not matter.private):
            continue
        mine = person is not None and signal.person_id == person.id
        akin = signal.category == matter.category and signal.at > day
        if mine and not apart(signal.place, matter.place):
            near = not is_of_another_kind(matter.kind, signal) and _is_piece(ctx, matter, _last_said(ctx, signal))
            if akin or near:
                found.append(signal)
        elif akin and not mine and _one_matter(ctx, matter, signal, rule):
            found.append(signal)
    return found


def may_become(matter: Matter, signal: Signal) -> bool:
    """Whether a ticket of the matter may take the place of the signal: nothing hidden becomes public, no alarm ends."""
    if is_petition(signal) or is_alarming(signal):
        return False
    return matter.private or not set(signal.flags) - _HARMLESS


def talk_of_petition(ctx: Context, matter: Matter) -> list[Signal]:
    """The waiting signals of talk of a petition that was heard here within a day, in the matter's category."""
    if matter.node.id is None:
        return []
    return ctx.uow.matters.signals(matter.node.id, matter.category, [PETITION], ctx.now - timedelta(days=1))


def own_open(ctx: Context, place: str | None, category: str | None) -> tuple[list[Ticket], list[Signal]]:
    """The speaker's open tickets and waiting signals of this room that news may be about; category None: any."""
    person = ctx.known_me()
    if person is None or ctx.room is None or ctx.node is None:
        return [], []
    tickets = [
        ticket
        for ticket in ctx.uow.tickets.asked_by(person.id, ctx.room.id or 0, limit=MOST_OWN)
        if not apart(ticket.place, place)
    ]
    signals = [
        signal
        for signal in ctx.uow.signals.own(person.id, MOST_OWN)
        if signal.room_id == ctx.room.id and not apart(signal.place, place)
    ]
    if len(tickets) + len(signals) > 1 and category is not None:
        tickets = [ticket for ticket in tickets if ticket.category == category]
        signals = [signal for signal in signals if signal.category == category]
    return tickets, signals


def is_collective(ticket: Ticket) -> bool:
    """Whether several people may have one private matter: the same employer, shop or company owes each of them."""
    return ticket.category in COLLECTIVE and not set(ticket.flags) - _HARMLESS


def said_again(ctx: Context, relation: Relation, matter: Matter) -> Ticket | Signal | None:
    """The open matter of this room that is spoken of again, hours or days later: the speaker's own, or a complaint.

    Only the last few that it may be about are read.
    """
    meaning = relation.understood
    if meaning.flags or meaning.urgency is Urgency.EMERGENCY or _ANOTHER.search(ctx.message.text):
        return None
    tickets, signals = own_open(ctx, meaning.place, None)
    mine: list[Ticket | Signal] = [*tickets, *signals]
    both = [one for one in mine if _may_be_again(ctx, matter, one)][-MOST_AGAIN:]
    if not matter.private and matter.node.id is not None:
        own = {ticket.id for ticket in tickets}
        found = ctx.uow.tickets.complaints_at(matter.node.id, limit=MOST_OWN)
        others = [one for one in found if one.id not in own and not apart(one.place, meaning.place)]
        both += [one for one in others if _may_be_anothers(ctx, matter, one)][-MOST_AGAIN:]
    if not both:
        return None
    new = Utterance(ctx.message.id, ctx.message.sender, ctx.message.at, ctx.message.text, meaning)
    index = again(new, _knowns(ctx, both))
    return None if index is None else both[index]


def is_of_another_kind(kind: TicketKind, signal: Signal) -> bool:
    """Whether one is a dispute and the other is not: neither's words become a part of the other's."""
    return (kind is TicketKind.DISPUTE) is not (signal.kind is TicketKind.DISPUTE)


def _may_be_again(ctx: Context, matter: Matter, one: Ticket | Signal) -> bool:
    """Plain words are a matter of their own unless they name the same thing, or say that it goes on."""
    opened = one.opened_at if isinstance(one, Ticket) else one.at
    if opened <= ctx.now - timedelta(days=ctx.policy.merging.days):
        return False
    if isinstance(one, Signal) and (is_petition(one) or is_of_another_kind(matter.kind, one)):
        return False
    plain = PLAIN if one.category == matter.category else PLAIN_ELSE
    if isinstance(one, Signal) or (matter.score or 0) < plain or _GOES_ON.search(matter.text):
        return True
    return alike(matter, one.evidence, one.title, _common(ctx))


def _may_be_anothers(ctx: Context, matter: Matter, one: Ticket) -> bool:
    """The same of somebody else's complaint: only what is a complaint too, and of its category or in its words."""
    if matter.kind is not one.kind or not _may_be_again(ctx, matter, one):
        return False
    return one.category == matter.category or alike(matter, one.evidence, one.title, _common(ctx))


def _knowns(ctx: Context, both: list[Ticket | Signal]) -> list[Known]:
    """What the database knows of each matter, for comparison with what is said now."""
    person = ctx.known_me()
    me = None if person is None else person.id
    spoken = ctx.uow.matters.spoken([one.id for one in both if isinstance(one, Ticket)], me, MOST_READ)
    knowns = []
    for one in both:
        meaning = Understanding(
            Kind(one.kind.value), one.category, Band.ACT, one.score or 0.0, leanings=(one.category,)
        )
        if isinstance(one, Signal):  # the speaker's own
            sender = ctx.message.sender
            known = Known("", sender, meaning, _last_said(ctx, one), one.place, {sender}, text=one_line(one.text))
        else:
            said = spoken.get(one.id, Spoken(one.opened_at, took_part=False, began=False, words=()))
            opener = ctx.message.sender if said.began else ""
            senders = {ctx.message.sender} if said.took_part else set()
            text = "\n".join(map(one_line, said.words)) or one.title
            known = Known("", opener, meaning, said.last, one.place, senders, text=text)
        knowns.append(known)
    return knowns


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
        if hides_alarm(ctx, matter, ticket) or (matter.private and not ticket.private and not doubtful):
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


def _own(ctx: Context, matter: Matter, category: str | None = None) -> list[Ticket]:
    """The last open tickets of this room that the person asked for, by opening time; category None: any."""
    person, room = matter.requester, matter.room
    if person is None or room is None or room.id is None:
        return []
    return ctx.uow.tickets.asked_by(person.id, room.id, limit=MOST_OWN, category=category)


def hides_alarm(ctx: Context, matter: Matter | Understanding, ticket: Ticket) -> bool:
    """Whether somebody has to be told at once of what would be lost in the ticket.

    An emergency, blows and words of suicide are no remark on a matter that is none, nor on one for which somebody
    has answered already: it may have happened again.
    """
    if not is_loud(matter):
        return False
    if not is_alarming(ticket):
        return True
    alarm = ctx.uow.alarms.get(subject_of(ticket))
    return alarm is None or is_long_answered(alarm, ctx.now)


def _one_matter(ctx: Context, matter: Matter, other: Ticket | Signal, rule: Nearness, mine: bool = False) -> bool:
    """Whether the matter is the other's too, which is of its category and open for no more than the rule's days."""
    text, at = (other.text, other.at) if isinstance(other, Signal) else (other.title, other.opened_at)
    words = alike(matter, other.evidence, text, _common(ctx))
    if matter.category.endswith(_OTHER) and not words:
        return False
    recent = at > ctx.now - timedelta(hours=rule.hours)
    here, there = matter.place, other.place
    if here and there and not unrelated(here, there):
        if not apart(here, there):
            return True
        # Two floors of a building, two buildings without water: the words must say that it is one thing.
        near = within(here, there, rule.distance) and (recent or rule.distance is not Distance.GRID)
        return words and near and rule.spreads(matter.text, text)
    if words and (mine or recent):
        return True
    return recent and rule.shared and not (here or there)


def _common(ctx: Context) -> list[str]:
    """Words that say nothing of what is broken."""
    return ctx.say("cue.common").split()
