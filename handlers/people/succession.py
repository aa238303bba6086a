"""What somebody leaves whose role was taken away goes to whoever leads there now: nothing is left without anybody.

Taking a role away, by whatever way, plans this in the same commit (models/uow.py). Until it has run, reminders and
answers go to the right one already, because handlers/ticket/charge.py looks at the roles of the moment.
"""

from collections.abc import Iterable
from datetime import datetime

from handlers.alarm import recalling
from handlers.clockwork import clocks
from handlers.effects import Effect, Say, Tell
from handlers.people import deputies, unheld
from handlers.setting import Setting
from handlers.ticket import charge
from handlers.ticket.routing import take_from_all
from handlers.ticket.supervising import SUPERVISED
from handlers.wish import helpers, offering
from models.codes import LEADERS, STAFF, OutgoingState, PostKind
from models.leaving import SUCCESSION, organisation_in
from models.masking import short
from models.states import ENDED, FINISHED, Move
from models.tables import GridNode, Person, Schedule
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

_ABOUT_HIMSELF = frozenset({PostKind.REPLY, PostKind.EVALUATION})
"""Kinds of lines that answer him, or ask him about what he asked for."""

_LEADING = frozenset(role.value for role in LEADERS)
LIST_LENGTH = 20
"""Matters that one message names."""


def hand_up(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """Everything open of that person where he works no longer; each who has it now is told once, with a list.

    The period of the schedule begins with the node at which he held the role, and the role (models/leaving.py); all
    that waits for him is one run.
    """
    person = uow.people.get(schedule.subject)
    rows = [schedule, *uow.once.take(SUCCESSION, schedule.subject, now)]
    lost: dict[int, set[str]] = {}
    for row in rows:
        place, what, *_ = row.period.split(".")
        lost.setdefault(int(place), set()).add(what)
    nodes = [uow.places.node(node_id) for node_id in lost]
    effects: list[Effect] = []
    left: dict[str, Ticket] = {}
    for node in nodes:
        if not charge.works_at(uow, person, node):
            uow.organisations.release(person.id, node)
    for ticket in uow.tickets.in_hands_of(person.id):
        if not charge.keeps(uow, ticket, person):
            effects += release(uow, setting.of(uow, ticket), ticket, person, now)
            left[ticket.id] = ticket
    for node in nodes:
        if lost[node.id or 0] & _LEADING:
            left.update({ticket.id: ticket for ticket in _led_from(uow, setting, node, person)})
    effects += _end_standing_in(uow, setting, person, now)
    _unsay(uow, person)
    firms = [firm for whats in lost.values() for what in whats if (firm := organisation_in(what)) is not None]
    places = [node.name for node in nodes if any(organisation_in(what) is None for what in lost[node.id or 0])]
    places += [uow.organisations.get(firm).name for firm in firms]
    return [*effects, *_tell_heirs(uow, setting, left.values(), person, places, now)]


def _end_standing_in(uow: UnitOfWork, setting: Setting, person: Person, now: datetime) -> list[Effect]:
    """Nobody stands in for whoever works nowhere, nor he for anybody; nor for staff who is none any more. For whom he
    stood in hears that his matters are told to himself again."""
    effects: list[Effect] = []
    gone = not _works_anywhere(uow, person)
    for row in uow.deputies.involving(person.id):
        if not gone and deputies.fits(uow, row.person_id, row.deputy_id):
            continue
        uow.deputies.end(row, now)
        if row.deputy_id == person.id and row.until > now:
            text = setting.words.say("deputy.ended_unfit", name=person.name or setting.words.say("name.somebody"))
            effects.append(Tell(row.person_id, PostKind.NOTICE, text, room_id=_a_room(uow, row.person_id)))
    return effects


def _a_room(uow: UnitOfWork, person_id: str) -> int | None:
    """A room of the person: its account carries the line."""
    nodes = (uow.places.node(grant.node_id) for grant in uow.people.grants(person_id))
    return next((rooms[0].id for node in nodes if (rooms := uow.places.rooms_below(node.path))), None)


def _unsay(uow: UnitOfWork, person: Person) -> None:
    """Drop what waits to be told to him of matters that are none of his any more: whoever has them hears of them."""
    for row in uow.outbox.unsent_to(person.id):
        if row.kind in _ABOUT_HIMSELF:
            continue
        tickets = [uow.tickets.get(ticket_id) for ticket_id in row.ticket_ids]
        signals = [signal for signal_id in row.signal_ids if (signal := uow.signals.get(signal_id)) is not None]
        his = all(_may_hear(uow, person, ticket) for ticket in tickets) and all(
            uow.people.roles_at(person.id, uow.places.node(signal.node_id)) & STAFF for signal in signals
        )
        if not his:
            row.state, row.error = OutgoingState.DROPPED, "role ended"


def _may_hear(uow: UnitOfWork, person: Person, ticket: Ticket) -> bool:
    """Whether he works there, or asks for it himself. That a public matter has ended anybody may hear who had it."""
    asked = uow.tickets.requester(ticket.id, person.id)
    if asked is not None and asked.withdrawn_at is None:
        return True
    node = uow.places.node(ticket.node_id)
    if ticket.private:
        return bool(uow.people.roles_at(person.id, node) & STAFF)
    if ticket.organisation_id is not None and ticket.status not in ENDED:
        return charge.keeps(uow, ticket, person)
    return ticket.status in ENDED or charge.works_at(uow, person, node)


def release(uow: UnitOfWork, setting: Setting, ticket: Ticket, person: Person, now: datetime) -> list[Effect]:
    """Take the ticket out of the person's hands: a wish is offered again; everything else is his organisation's, where
    that has it and somebody there can be told, else its leader's."""
    effects: list[Effect] = []
    live = uow.wishes.of(ticket.id, person.id)
    if live is not None:
        if len(uow.wishes.live(ticket.id)) == 1:
            clocks.go_on(uow, setting.policy, ticket, now)  # whoever takes it next does not wait
        helpers.release(uow, ticket, live, Move.HAND_BACK, "role_ended", at=now, actor_id=None)
        if uow.wishes.free_seats(ticket):
            if ticket.room_id is not None and not ticket.private:
                again = offering.open_again(uow, setting, ticket)
                effects.append(Say(ticket.room_id, PostKind.NOTICE, again, (ticket.id,)))
            effects += offering.put_on_list(uow, setting, ticket, now)
    if ticket.handler_id == person.id:
        member = charge.next_member(uow, ticket)
        if member is None:
            take_from_all(ticket)
        else:
            ticket.handler_id = member.id
    heir = charge.in_charge(uow, ticket, routing=setting.policy.routing)
    to = None if heir is None else heir.id
    uow.tickets.record(ticket, "handed_up", at=now, actor_id=None, data={"from": person.id, "heir": to})
    clocks.hush_for(uow, ticket, person.id)
    return effects + recalling.left(uow, setting, ticket, person.id, now)


def lines_of(
    uow: UnitOfWork, setting: Setting, tickets: list[Ticket], now: datetime, unseen: frozenset[str] = frozenset()
) -> str:
    """The list for whoever has them now: how each stands, whether it is late, how somebody above pushes it.

    unseen: ids of those that he may read only as a group does.
    """
    shown = [
        setting.words.say(
            "handover.line",
            label=setting.label(one, group=one.id in unseen),
            status=_state(uow, setting, one, now),
        )
        for one in tickets[:LIST_LENGTH]
    ]
    more = len(tickets) - LIST_LENGTH
    return "\n".join(shown) + (setting.words.say("digest.more", count=more) if more > 0 else "")


def _state(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> str:
    say, found = setting.words.say, [setting.status(ticket)]
    if ticket.status in ENDED | FINISHED:
        return found[0]
    if ticket.waiting_since is not None:
        found.append(say("handover.waits"))
    elif ticket.solve_by is not None and ticket.solve_by <= now:
        found.append(say("handover.late"))
    if ticket.supervised_at is not None:
        last = [event.seq for event in uow.tickets.events(ticket.id) if event.kind == SUPERVISED][-1:]
        texts = uow.tickets.texts(ticket.id)
        words = short(texts[last[0]].text, 40) if last and last[0] in texts else ""
        found.append(say("handover.pushed", note=say("name.note", note=words) if words else ""))
    return "，".join(found)


def _led_from(uow: UnitOfWork, setting: Setting, node: GridNode, person: Person) -> list[Ticket]:
    """What nobody has in hand and was the person's because he led that node; unclaimed wishes stand in the digest."""
    if node.id is None or person.id in {one.id for one in uow.people.leaders([node])}:
        return []
    found = []
    for ticket in unheld.below(uow, setting, node):
        line = uow.places.line(uow.places.node(ticket.node_id))[ticket.level :]
        below = line[: next((place for place, one in enumerate(line) if one.id == node.id), len(line))]
        if any(one.id == node.id for one in line) and not uow.people.leaders(below):
            found.append(ticket)
    return found


def _works_anywhere(uow: UnitOfWork, person: Person) -> bool:
    if uow.organisations.of_person(person.id):
        return True
    return person.erased_at is None and any(
        charge.works_at(uow, person, uow.places.node(grant.node_id)) for grant in uow.people.grants(person.id)
    )


def _tell_heirs(
    uow: UnitOfWork, setting: Setting, tickets: Iterable[Ticket], person: Person, places: list[str], now: datetime
) -> list[Effect]:
    """One message to each, however many there are; without anybody at all it waits for whoever will lead the room."""
    heirs: dict[str | None, list[Ticket]] = {}
    for ticket in tickets:
        if ticket.status in ENDED | FINISHED:
            continue
        heir = charge.in_charge(uow, ticket, routing=setting.of(uow, ticket).policy.routing)
        heirs.setdefault(None if heir is None else heir.id, []).append(ticket)
    return [
        Tell(
            heir_id,
            PostKind.NOTICE,
            setting.words.say(
                "handover.left",
                name=person.name or setting.words.say("name.predecessor"),
                place="、".join(places[:3]),
                count=len(theirs),
                lines=lines_of(uow, setting, theirs, now),
            ),
            tuple(ticket.id for ticket in theirs),
            room_id=theirs[0].room_id,
        )
        for heir_id, theirs in heirs.items()
    ]
