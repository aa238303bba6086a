"""What must hold of people, posts, alarms and the clock at any moment, whatever anybody says (invariants.py)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text
from village_state import State

from handlers.people.told_to import told_to
from handlers.ticket import charge
from models.alarm_tables import Alarm
from models.codes import OutgoingState, PostKind, ScheduleState, SignalStatus, Status, TicketKind
from models.history_tables import EventText
from models.outbox import UNSENT, signal_subject
from models.outgoing_tables import OutgoingSubject
from models.states import ALIVE, ENDED, FINISHED
from models.tables import Counter as NumberCounter
from models.tables import Duty, Gap, Identity, RoleGrant, Schedule
from models.ticket_tables import OpenMatter, Signal, Source

_HAPPENS = timedelta(minutes=2)
"""How late the clock may be; what a step plans at once may run at the next look."""


def nothing_is_planned_of_what_was_erased(state: State) -> Iterator[str]:
    """What nobody may know any more is not spoken of either."""
    for row in state.outbox:
        if row.state not in UNSENT:
            continue
        for ticket_id in row.ticket_ids:
            ticket = state.tickets.get(ticket_id)
            if ticket is None or ticket.anonymised_at is not None:
                yield f"a {row.kind} post waits that speaks of an erased ticket"
        if row.person_id is not None and row.kind is not PostKind.REPLY:
            person = state.people.get(row.person_id)
            if person is None or person.erased_at is not None:
                yield f"a {row.kind} post waits for somebody forgotten: {row.text}"


def the_clock_is_not_behind(state: State) -> Iterator[str]:
    """A schedule that is due and does not run is a reminder, an escalation or a closing that is lost."""
    for rows in state.planned.values():
        for row in rows:
            if row.state is ScheduleState.WAITING and row.due_at < state.now - _HAPPENS and row.due_at.year > 2000:
                yield f"{row.kind} {row.subject} {row.period} was due at {row.due_at} and waits"


def numbers_are_given_once(state: State) -> Iterator[str]:
    """People remember a number: it never means another matter."""
    counters = {(row.node_id, row.name): row.value for row in state.all(NumberCounter)}
    rows = [("ticket", ticket.scope_id, ticket.number, ticket.id) for ticket in state.tickets.values()]
    rows += [("signal", signal.scope_id, signal.number, str(signal.id)) for signal in state.all(Signal)]
    for name, scope, number, subject in rows:
        known = state.watch.numbers.setdefault((name, scope, number), subject)
        if known != subject:
            yield f"{name} {number} meant {known} and means {subject}"
        if counters.get((scope, name), 0) < number:
            yield f"{name} {number} is above its counter"


def the_forgotten_are_forgotten(state: State) -> Iterator[str]:
    """忘记我: no name, identity, role, word or waiting line of theirs stays."""
    gone = {person.id for person in state.people.values() if person.erased_at is not None}
    for person_id in gone:
        if state.people[person_id].name or state.people[person_id].phone:
            yield f"{state.people[person_id].name} is forgotten and has a name"
    for table in (Identity, RoleGrant, Duty):
        yield from (f"{table.__name__} of somebody forgotten" for row in state.all(table) if row.person_id in gone)
    yield from (f"words of somebody forgotten: {row.text}" for row in state.all(EventText) if row.author_id in gone)
    for ticket in state.owed():
        if ticket.handler_id in gone:
            yield f"#{ticket.number} is handled by somebody forgotten"
    for signal in state.all(Signal):
        if signal.person_id in gone:
            yield f"S{signal.number} is of somebody forgotten"


def alarms_are_looked_after(state: State) -> Iterator[str]:
    """An emergency waits for one answer, and the clock goes on to the next until there is one."""
    waiting = [alarm for alarm in state.all(Alarm) if alarm.ended_at is None]
    for subject, times in Counter(alarm.subject for alarm in waiting).items():
        if times > 1:
            yield f"{subject} has {times} alarms that wait"
    signals = {signal_subject(signal.id or 0): signal for signal in state.all(Signal)}
    for alarm in waiting:
        matter = state.tickets.get(alarm.subject) or signals.get(alarm.subject)
        if matter is None:
            yield f"an alarm of {alarm.subject}, which is gone, waits"
        elif matter.status in ENDED or matter.status in (SignalStatus.CONFIRMED, SignalStatus.DROPPED):
            yield f"{alarm.subject} has ended ({matter.status}), and its alarm waits"
        elif ("alarm", alarm.subject) not in state.planned and not _was_looked_at(state, alarm):
            yield f"nobody looks after the alarm of {alarm.subject}"


def _was_looked_at(state: State, alarm: Alarm) -> bool:
    """Whether the end of the line was reached: everybody was told twice."""
    return any(row.kind == "alarm" and row.subject == alarm.subject for row in state.all(Schedule))


def open_matters_are_found(state: State) -> Iterator[str]:
    """The same matter said again joins what is open; what ended is not found any more."""
    filed = {row.subject for row in state.all(OpenMatter)}
    open_tickets = {t.id for t in state.tickets.values() if t.status in ALIVE and not t.private}
    signals = {signal_subject(s.id or 0) for s in state.all(Signal) if s.status is SignalStatus.WAITING}
    yield from (f"{subject} is filed, but over or private" for subject in filed - open_tickets - signals)
    # What a signal says of a dispute or an emergency is nobody else's: no piece of it is filed.
    # What is said to be done is asked about, and the same said then is another matter.
    finished = {t.id for t in state.tickets.values() if t.status in FINISHED}
    yield from (f"{subject} is open, but filed nowhere" for subject in open_tickets - finished - filed)


def posts_know_what_they_speak_of(state: State) -> Iterator[str]:
    """Who quotes a post means its ticket; what is erased is looked for through this."""
    linked: dict[int, set[str]] = defaultdict(set)
    for row in state.all(OutgoingSubject):
        linked[row.outgoing_id].add(row.subject)
    for row in state.outbox:
        if not set(row.ticket_ids) <= linked[row.id or 0]:
            yield f"post {row.id} speaks of tickets that are not linked: {row.text}"
        if row.state is OutgoingState.SENDING:
            yield f"post {row.id} is being sent for ever"
        if row.state is OutgoingState.PENDING and row.not_before < state.now - timedelta(days=3):
            yield f"post {row.id} ({row.kind}) has waited since {row.not_before}: {row.text}"


def nothing_was_unheard(state: State) -> Iterator[str]:
    """A gap is written for what nobody heard; while everything is heard there is none."""
    yield from (f"a gap from {gap.since} to {gap.until}: {gap.reason}" for gap in state.all(Gap))


def messages_are_held_by_what_exists(state: State) -> Iterator[str]:
    """A quote leads to the matter that holds the words, never to nothing."""
    signals = {signal.id for signal in state.all(Signal)}
    for row in state.all(Source):
        if row.ticket_id is not None and row.ticket_id not in state.tickets:
            yield f"message {row.message_id} is held by a ticket that is not there"
        if row.signal_id is not None and row.signal_id not in signals:
            yield f"message {row.message_id} is held by a signal that is not there"


def no_foreign_key_hangs(state: State) -> Iterator[str]:
    """Rows that point at nothing break the next look-up."""
    yield from map(str, state.uow.session.execute(text("PRAGMA foreign_key_check")).all())


def whoever_is_in_charge_finds_it(state: State) -> Iterator[str]:
    """A matter that its leader was told of and does not find under 我的 waits until a deadline has passed."""
    routing = state.stage.app.setting.policy.routing
    found: dict[str, set[str]] = {}
    for ticket in state.owed():
        if ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN and not ticket.private:
            continue  # it stands on the menu
        has = charge.in_charge(state.uow, ticket, routing=routing)
        if has is None or ticket.organisation_id is not None:
            continue
        if has.id not in found:
            own = state.uow.tickets.of_person(has.id)
            found[has.id] = {one.id for one in [*own, *told_to(state.uow, routing, {has.id})]}
        if ticket.id not in found[has.id]:
            yield f"#{ticket.number} ({ticket.kind}, {ticket.status}) is {has.name}'s, who does not find it under 我的"


def whoever_follows_the_forgotten_was_told(state: State) -> Iterator[str]:
    """Who was forgotten had matters in hand: nobody else knows that they are his now unless he is told."""
    for ticket in state.tickets.values():
        for event in state.events[ticket.id]:
            had = state.people.get(event.data.get("from", "")) if event.kind == "handed_up" else None
            if had is None or had.erased_at is None or event.to_status in ENDED | FINISHED:
                continue
            told = (row for row in state.outbox if ticket.id in row.ticket_ids and row.created_at >= event.at)
            if not any(told):
                yield f"#{ticket.number} is of somebody forgotten, and nobody was told who has it now"
