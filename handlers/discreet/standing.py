"""Who may read what of a ticket: what somebody is to it, and the one table that says what each may read.

Somebody may be several things to a matter: a leader who joined it, a member who works there. Then he reads what any of
them may; but whoever is accused is nothing else, whatever office he holds.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from handlers.alarm import second_asked
from handlers.discreet.accused import is_accused
from handlers.discreet.wordless import handlers_alone, wordless
from handlers.people import reach
from handlers.people.deputies import principals, roles_lent
from handlers.setting import LABEL_LENGTH, Setting
from handlers.ticket import charge, steps
from models.codes import LEADERS, STAFF, RecordKind, Role, TicketKind
from models.states import ENDED
from models.tables import GridNode
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

GIVEN, REFUSED, ASKED = "given", "refused", "asked"
"""What has become of the contact of a claim."""
KEEPERS = STAFF - {Role.ADMIN}
"""Who may be given what is private at his place: whoever only operates the bot may not."""
_ABOVE = frozenset({*LEADERS, Role.HEAD})
"""Who may look after what is private at his place or below it, without its words: ask how far it is, push it."""


class Standing(StrEnum):
    """What somebody is to a ticket, in order of precedence; the last two are rooms."""

    ACCUSED = "accused"
    """Its words speak of him, who did not say them: to him there is no such ticket."""
    ASKER = "asker"
    """He said it."""
    LEFT = "left"
    """He said it and has taken it back."""
    HOLDER = "holder"
    """It was given to him, or to somebody for whom he stands in; he hears of it first; he said 收到 to its alarm."""
    GIVEN = "given"
    """He helps with a wish, and was given the wisher's contact."""
    HELPER = "helper"
    """He helps with a wish, without the contact."""
    IN_CHARGE = "in_charge"
    """Staff, and the first who has to see to it where it has got to."""
    PRIVY = "privy"
    """Staff, of what is private: he passed it on, was called to it, meets about it, leads up to where it has got."""
    STAFF = "staff"
    """Staff at its place or above, of what is not private."""
    ABOVE = "above"
    """He leads there or above, further up than something private has got."""
    COLLEAGUE = "colleague"
    """Of the organisation that has it."""
    COMPANY = "company"
    """Of a property company there, of what no organisation has."""
    JOINER = "joiner"
    """He asks for it too, but others said it."""
    PANEL = "panel"
    """He was asked how it went, as one of a panel."""
    NEIGHBOUR = "neighbour"
    """He has any role there."""
    STAFF_ROOM = "staff_room"
    GROUP = "group"


class Kind(StrEnum):
    """Kinds of what can be read of a ticket."""

    EXISTS = "exists"  # that it is there: its number, category, state, and when what happened
    OUTLINE = "outline"  # title and place, without numbers and flats
    WORDS = "words"  # title, place and what was said, as it was said
    SENSITIVE = "sensitive"  # what a later step says of health, 低保, children
    NAMES = "names"  # who asked for it
    CONTACT = "contact"  # how to get at whoever asked
    NOTES = "notes"  # what staff wrote of it, delicate or not


class Privacy(StrEnum):
    """How private a ticket is. Of what is private and delicate only that may be read that both let through."""

    PUBLIC = "public"
    QUIET = "quiet"  # public, but groups see no words: nobody has agreed to it, or understood it; a step is delicate
    PRIVATE = "private"
    DELICATE = "delicate"  # health, 低保, children


_P, _Q, _V, _D = Privacy
_ALL = frozenset(Privacy)
_NONE = frozenset[Privacy]()
_OPEN, _SHARED, _LED = frozenset({_P}), frozenset({_P, _Q}), frozenset({_P, _Q, _V})
_SEEN = frozenset({_P, _Q, _D})
"""What is not private."""


def _row(
    exists: frozenset[Privacy],
    outline: frozenset[Privacy] = _NONE,
    words: frozenset[Privacy] = _NONE,
    sensitive: frozenset[Privacy] = _NONE,
    names: frozenset[Privacy] = _NONE,
    contact: frozenset[Privacy] = _NONE,
    notes: frozenset[Privacy] = _NONE,
) -> Mapping[Kind, frozenset[Privacy]]:
    return dict(zip(Kind, (exists, outline, words, sensitive, names, contact, notes), strict=True))


READS: Mapping[Standing, Mapping[Kind, frozenset[Privacy]]] = {
    Standing.ACCUSED: _row(_NONE),
    Standing.ASKER: _row(_ALL, _ALL, _ALL, _ALL, contact=_ALL),
    Standing.LEFT: _row(_NONE, _ALL, _ALL, _ALL, contact=_ALL),
    Standing.HOLDER: _row(_ALL, _ALL, _ALL, _ALL, _ALL),
    Standing.GIVEN: _row(_ALL, _ALL, _ALL, _ALL, _ALL, _ALL),
    Standing.HELPER: _row(_ALL, _OPEN),
    Standing.IN_CHARGE: _row(_ALL, _ALL, _ALL, _ALL, _ALL, _ALL, _ALL),
    Standing.PRIVY: _row(_ALL, _LED, _LED, names=_LED, notes=_ALL),
    Standing.STAFF: _row(_SEEN, _SHARED, _SHARED, names=_SHARED, notes=_SEEN),
    Standing.ABOVE: _row(_ALL, _OPEN),
    Standing.COLLEAGUE: _row(_SEEN, _SHARED, _SHARED, names=_SHARED),
    Standing.COMPANY: _row(_SEEN, _OPEN, _OPEN, names=_OPEN),
    Standing.JOINER: _row(_ALL, _OPEN),
    Standing.PANEL: _row(_SEEN, _OPEN),
    Standing.NEIGHBOUR: _row(_SEEN, _OPEN),
    Standing.STAFF_ROOM: _row(_ALL, _OPEN),
    Standing.GROUP: _row(_SEEN, _OPEN),
}
"""Of what privacy somebody of that standing may read that kind."""


def privacy(ticket: Ticket) -> frozenset[Privacy]:
    """How private it is: private and delicate may both hold."""
    found = {kind for kind, is_so in ((_V, ticket.private), (_D, handlers_alone(ticket))) if is_so}
    return frozenset(found) or frozenset({_Q if wordless(ticket) else _P})


def allows(who: Standing, kind: Kind, ticket: Ticket) -> bool:
    """Whether the table lets somebody of that standing read that kind of the ticket."""
    return privacy(ticket) <= READS[who][kind]


def reads(
    uow: UnitOfWork,
    setting: Setting,
    ticket: Ticket,
    person_id: str | None,
    kind: Kind,
    now: datetime,
    *,
    paused: bool = False,
) -> bool:
    """Whether that person may read that kind of the ticket. None: whoever will lead there. paused: roles count for
    nothing, because nobody knows for certain who anybody is."""
    if person_id is None:
        return True
    found = standings(uow, setting, ticket, person_id, now, paused=paused)
    return any(allows(who, kind, ticket) for who in found)


def standing(uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str, now: datetime) -> Standing | None:
    """The first thing that the person is to the ticket, by precedence; None: nothing."""
    return next(standings(uow, setting, ticket, person_id, now), None)


def is_spoken_of(uow: UnitOfWork, ticket: Ticket, person_id: str) -> bool:
    """Whether its words speak of the person, who did not begin it; whoever joins it may be spoken of too."""
    if uow.tickets.opened_by(ticket.id) == person_id:
        return False
    return is_accused(uow, ticket, person_id)


def standings(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str, now: datetime, *, paused: bool = False
) -> Iterator[Standing]:
    """All that the person is to the ticket, by precedence. Whoever is accused is nothing else."""
    if is_spoken_of(uow, ticket, person_id):
        yield Standing.ACCUSED
        return
    asks, alarm = _asks(uow, ticket, person_id), uow.alarms.get(ticket.id)
    if uow.tickets.opened_by(ticket.id) == person_id:
        yield Standing.ASKER if asks else Standing.LEFT
    answered = alarm is not None and alarm.acknowledged_by == person_id
    if paused:
        if answered and person_id == ticket.handler_id:
            yield Standing.HOLDER
        if asks or answered:
            yield Standing.JOINER
        return
    if answered:
        yield Standing.HOLDER
    yield from _having(uow, setting, ticket, person_id, now)
    yield from _working(uow, setting, ticket, person_id, now)
    if asks:
        yield Standing.JOINER
    if _reviews(uow, ticket, person_id):
        yield Standing.PANEL
    if _roles(uow, ticket, person_id, now):
        yield Standing.NEIGHBOUR


def _having(uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str, now: datetime) -> Iterator[Standing]:
    """Of a wish those who claimed it, or have it in hand."""
    held = handles(uow, setting, ticket, person_id, now)
    if ticket.kind is not TicketKind.WISH:
        if held:
            yield Standing.HOLDER
        return
    if held and _roles(uow, ticket, person_id, now) & STAFF:
        yield Standing.HOLDER
    claims = [one for one in uow.wishes.until(ticket.id, now) if one.person_id == person_id]
    if any(one.contact == GIVEN for one in claims):
        yield Standing.GIVEN
    elif claims or held:
        yield Standing.HELPER


def _working(uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str, now: datetime) -> Iterator[Standing]:
    roles = _roles(uow, ticket, person_id, now)
    if roles & STAFF and _leads(uow, setting, ticket, person_id, now):
        yield Standing.IN_CHARGE
    if ticket.private:
        if roles & KEEPERS and is_privy(uow, setting, ticket, person_id, now):
            yield Standing.PRIVY
        if roles & _ABOVE:
            yield Standing.ABOVE
        return
    if roles & STAFF:
        yield Standing.STAFF
    if answers_for(uow, ticket, person_id, now):
        yield Standing.COLLEAGUE
    if Role.PROPERTY in roles and ticket.organisation_id is None:
        yield Standing.COMPANY


# -- what each of them is ----------------------------------------------------------------------------


def handles(uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str, now: datetime) -> bool:
    """Whether the ticket was given to the person, or to somebody for whom he stands in; or to all who hear first, of
    whom he is one."""
    if ticket.handler_id is None:
        return False
    if ticket.handler_id == person_id or ticket.handler_id in principals(uow, person_id, now):
        return True
    return person_id in {one.id for one in steps.first_hearers(uow, setting.policy.routing, ticket)}


def answers_for(uow: UnitOfWork, ticket: Ticket, person_id: str, now: datetime) -> bool:
    """Whether the person, or somebody for whom he stands in, belongs to the organisation that has the ticket."""
    if ticket.organisation_id is None or ticket.private:
        return False
    people = (person_id, *principals(uow, person_id, now))
    return any(ticket.organisation_id == one.id for who in people for one in uow.organisations.of_person(who))


def is_privy(uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str, now: datetime) -> bool:
    """Whether a private ticket is the business of that keeper, himself or for somebody.

    He passed it on, was called to its emergency, is asked whether it was nothing as somebody below him says, sits in a
    meeting that has it before it, leads where it is or up to where it was reported (anywhere above as long as nobody
    has said 收到), or is told in place of who cannot be.
    """
    node = uow.places.node(ticket.node_id)
    mine = {person_id, *principals(uow, person_id, now)}
    if ticket.given_by in mine or mine & set(uow.alarms.told(ticket.id)):
        return True
    asked = None if ticket.status in ENDED else second_asked.asked(uow, ticket, now)
    if asked is not None and asked.id in mine:
        return True
    rule = setting.policy.meetings
    meeting = frozenset(rule.roles) & KEEPERS if rule.on else frozenset[Role]()
    if any(roles_of(uow, at, person_id, now) & meeting for at in _met_at(uow, ticket)):
        return True
    line, alarm = uow.places.line(node), uow.alarms.get(ticket.id)
    reached = line if alarm is not None and alarm.ended_at is None else line[: ticket.level + 1]
    leading = [one for at in reached for one in uow.people.holders(at, (*LEADERS, Role.HEAD))]
    routing = setting.of(uow, ticket).policy.routing
    if any(one.id in mine for one in (*leading, *charge.leaders(uow, ticket, routing=routing))):
        return True
    other = reach.in_place_of(uow, ticket, charge.in_charge(uow, ticket, routing=routing))
    return other is not None and other.id in mine


def roles_of(uow: UnitOfWork, node: GridNode, person_id: str, now: datetime) -> frozenset[Role]:
    """The person's roles there, his own and those that he has for somebody."""
    return uow.people.roles_at(person_id, node) | roles_lent(uow, person_id, node, now)


def _roles(uow: UnitOfWork, ticket: Ticket, person_id: str, now: datetime) -> frozenset[Role]:
    return roles_of(uow, uow.places.node(ticket.node_id), person_id, now)


def _asks(uow: UnitOfWork, ticket: Ticket, person_id: str) -> bool:
    row = uow.tickets.requester(ticket.id, person_id)
    return row is not None and row.withdrawn_at is None


def _leads(uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str, now: datetime) -> bool:
    """Whether the person, or somebody for whom he stands in, has to see to it, or is told in place of whoever has; of a
    wish, whether he leads there, because he is asked what may be passed on."""
    routing = setting.of(uow, ticket).policy.routing
    has = [charge.in_charge(uow, ticket, routing=routing)]
    if ticket.kind is TicketKind.WISH:
        has += charge.leaders(uow, ticket, routing=routing)[:1]
    has.append(reach.in_place_of(uow, ticket, has[0]))
    mine = {person_id, *principals(uow, person_id, now)}
    return any(one is not None and one.id in mine for one in has)


def _met_at(uow: UnitOfWork, ticket: Ticket) -> Iterator[GridNode]:
    return (uow.places.node(at) for at in uow.records.met_about(ticket.id))


def _reviews(uow: UnitOfWork, ticket: Ticket, person_id: str) -> bool:
    """Whether that person was asked about it as one of a panel, whatever the pack says by now."""
    found = uow.records.about(ticket.id, RecordKind.REVIEW)[:1]
    return any(uow.records.entry(one.id or 0, "asked", person_id) is not None for one in found)


# -- how it is called --------------------------------------------------------------------------------


def label_to(
    uow: UnitOfWork, setting: Setting, ticket: Ticket, person_id: str | None, now: datetime, limit: int = LABEL_LENGTH
) -> str:
    """How a ticket is called to a person: with its words where he may read them, else as to a group."""
    return setting.label(ticket, group=not reads(uow, setting, ticket, person_id, Kind.WORDS, now), limit=limit)
