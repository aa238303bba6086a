"""What must hold of a village whatever anybody says in it, each rule by itself.

Three kinds: of one message (of_message), of a post in the moment in which it leaves (of_post), and of the database at
any moment (of_state). Each is a function that yields what is wrong as lines; its docstring says why it matters. The
rules are written anew here and do not ask the program's own code where they can do without it, so that both must agree.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from scanning import in_logs, in_posts, in_tables, not_erased
from sqlalchemy import text
from sqlmodel import col, select
from transcript import ACCOUNT, Stage

from bot.dispatcher import Outcome
from bot.transports.base import Post
from handlers.wording import load_wording
from models.alarm_tables import Alarm
from models.codes import (
    LEADERS,
    STAFF,
    OutgoingState,
    PostKind,
    Rating,
    Role,
    RoomMode,
    RoomPurpose,
    ScheduleState,
    SignalStatus,
    Status,
    TicketKind,
    Topic,
)
from models.message import BOT, Message
from models.outbox import UNSENT, signal_subject
from models.states import ALIVE, ENDED, FINISHED, Move, allowed
from models.tables import Counter as NumberCounter
from models.tables import Duty, Gap, Identity, Person, RoleGrant, Schedule
from models.ticket_tables import (
    Claim,
    EventText,
    OpenMatter,
    Outgoing,
    OutgoingSubject,
    Requester,
    Signal,
    Source,
    Ticket,
    TicketEvent,
)
from models.uow import UnitOfWork

TROUBLE = load_wording().say("refuse.trouble")
_LABELLED = re.compile(r"(?:^|[^\w-])#(\d+)【")
_UNFILLED = re.compile(r"\{\w+\}|None|<[A-Za-z]")
IN_HAND = (Status.CLAIMED, Status.ASSIGNED)
_HAPPENS = timedelta(minutes=2)
"""How late the clock may be; what a step plans at once may run at the next look."""


@dataclass(frozen=True, slots=True)
class Played:
    """A message and what became of it. again: the channel had delivered it before."""

    message: Message
    outcome: Outcome
    again: bool = False


@dataclass
class Watch:
    """What has been seen until now: numbers that were given, who asked, posts that left."""

    stage: Stage
    broken: list[str] = field(default_factory=list)
    numbers: dict[tuple[str, int, int], str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    readers: set[str] = field(default_factory=set)

    @property
    def now(self) -> datetime:
        return self.stage.driver.now

    def leaves(self, post: Post) -> None:
        """A post leaves now."""
        with self.stage.app.units.read() as uow:
            row = uow.session.get(Outgoing, post.row)
            assert row is not None
            leaving = Leaving(self.stage, uow, post, row)
            if row.person_id is not None and any(grant.role in STAFF for grant in uow.people.grants(row.person_id)):
                self.readers.add(post.to or "")  # whoever got another's one-time code is staff from then on
            self.broken += [f"{rule.__name__}: {wrong}" for rule in OF_POST for wrong in rule(leaving)]

    def after(self, played: Played | None, logged: Sequence[Mapping[str, Any]]) -> list[str]:
        """What is wrong right after a line."""
        broken = [f"log: {entry}" for entry in logged if entry["event"] in _ERRORS]
        broken += [f"in_logs: {wrong}" for wrong in in_logs(self.stage, logged)]
        if played is not None:
            with self.stage.app.units.read() as uow:
                case = Case(self.stage, uow, self, played)
                broken += [f"{rule.__name__}: {wrong}" for rule in OF_MESSAGE for wrong in rule(case)]
            self.outcomes[played.message.id] = played.outcome
        return broken


_ERRORS = frozenset({"handler_failed", "apology_failed", "schedule_failed", "look_failed", "conflict"})


# -- of one message -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A message that has just been handled."""

    stage: Stage
    uow: UnitOfWork
    watch: Watch
    played: Played

    @cached_property
    def rows(self) -> Sequence[Outgoing]:
        """What was promised because of it."""
        query = select(Outgoing).where(Outgoing.in_reply_to == self.played.message.id).order_by(col(Outgoing.id))
        return self.uow.session.exec(query).all()

    @cached_property
    def answers(self) -> list[Outgoing]:
        """What answers its speaker directly: replies, or where there is none what a group reads of what was registered."""
        room = self.played.message.room
        found = []
        for row in self.rows:
            if row.picture is not None or row.topic is Topic.ENTRY:
                continue
            here = row.room_id is not None and self.uow.places.room_by_id(row.room_id).external_id == room
            here = here and row.kind in (PostKind.REPLY, PostKind.ACK, PostKind.EMERGENCY)
            to_him = row.room_id is None and (row.address == self.played.message.sender or self._is_speaker(row))
            to_him = to_him and row.kind is PostKind.REPLY
            if here or to_him:
                found.append(row)
        return [row for row in found if row.kind is PostKind.REPLY] or found

    def _is_speaker(self, row: Outgoing) -> bool:
        identity = self.uow.people.identity(ACCOUNT, self.played.message.sender)
        return identity is not None and identity.person_id == row.person_id

    @property
    def addressed(self) -> bool:
        """Whether anybody would say that the bot was spoken to: privately in words, or by its name in a live room."""
        message = self.played.message
        if not message.text.strip():
            return False
        if message.room is None:
            return True
        room = self.uow.places.room(ACCOUNT, message.room)
        return BOT in message.mentions and room is not None and room.mode is not RoomMode.OFF


def no_message_fails(case: Case) -> Iterator[str]:
    """An error of ours is nothing that a resident should ever meet."""
    if case.played.outcome is Outcome.FAILED:
        yield f"{case.played.message.text} failed"
    if any(TROUBLE in row.text for row in case.rows):
        yield f"{case.played.message.text} was answered with an apology"


def who_speaks_to_the_bot_is_answered(case: Case) -> Iterator[str]:
    """Silence after a command leaves people guessing whether it was heard; two answers are noise."""
    played = case.played
    if played.again:
        return
    if case.addressed and played.outcome is not Outcome.COMMAND:
        yield f"said to the bot, but {played.outcome}: {played.message.text}"
    if played.outcome is not Outcome.COMMAND:
        return
    shown = [row.text.replace("\n", " ")[:60] for row in case.answers]
    # A group that is asked how it went in the same breath, and a room that is told what the bot hears, have heard.
    instead = [row for row in case.rows if row.topic is Topic.ENTRY or (row.kind is PostKind.EVALUATION and row.room_id)]
    if not shown and not instead and not _nobody(case) and not _untouchable(case):
        yield f"a command without an answer: {played.message.text}"
    if len(shown) > 1 and "绑定" not in played.message.text:
        yield f"{len(shown)} answers to {played.message.text}: {shown}"


def _nobody(case: Case) -> bool:
    """Whether the speaker cannot be written to and the room may not be spoken in."""
    room = None if case.played.message.room is None else case.uow.places.room(ACCOUNT, case.played.message.room)
    return room is not None and room.mode in (RoomMode.OFF, RoomMode.SHADOW)


def _untouchable(case: Case) -> bool:
    """Whether it is of family, violence, a child or suicide, where somebody else may hold the phone; or talk of a
    petition by somebody who cannot be written to."""
    identity = case.uow.people.identity(ACCOUNT, case.played.message.sender)
    if "上访" in case.played.message.text and identity is not None and not identity.reachable:
        return True
    held = case.uow.tickets.source(ACCOUNT, case.played.message.id)
    if held is None or held.ticket_id is None:
        return False
    ticket = case.uow.tickets.get(held.ticket_id)
    return ticket.private and (ticket.category == "family" or bool({"violence", "suicide", "minor"} & set(ticket.flags)))


def a_redelivered_message_does_nothing(case: Case) -> Iterator[str]:
    """Channels deliver twice; nobody may be answered, counted or charged twice for that."""
    before = case.watch.outcomes.get(case.played.message.id)
    acted = (Outcome.COMMAND, Outcome.EFFECT)
    if case.played.again and before in acted and case.played.outcome in acted:
        yield f"{case.played.message.text} had its effect twice"


def answers_are_whole_sentences(case: Case) -> Iterator[str]:
    """A placeholder, an English word of the machine or an empty line is a bug that people see."""
    for row in case.rows:
        if not row.text.strip() and row.picture is None and row.state in UNSENT:
            yield f"an empty post after {case.played.message.text}"
        if found := _UNFILLED.search(row.text):
            yield f"{found[0]} in: {row.text}"


# -- of a post that leaves ----------------------------------------------------------------------


@dataclass(frozen=True)
class Leaving:
    """A post in the moment in which it leaves."""

    stage: Stage
    uow: UnitOfWork
    post: Post
    row: Outgoing

    @cached_property
    def tickets(self) -> list[Ticket]:
        return [self.uow.tickets.get(ticket_id) for ticket_id in self.row.ticket_ids]

    @cached_property
    def named(self) -> list[Ticket]:
        """The tickets that its text names by their number."""
        numbers = {int(number) for number in _LABELLED.findall(self.post.text)}
        return [ticket for ticket in self.tickets if ticket.number in numbers]


def nobody_is_reminded_of_what_is_over(leaving: Leaving) -> Iterator[str]:
    """Who has done it is angry to be reminded; who hears that something is late that was withdrawn goes there in vain."""
    if leaving.row.kind is PostKind.REMINDER:
        for ticket in leaving.named or leaving.tickets:
            if ticket.status in ENDED | FINISHED:
                yield f"#{ticket.number} is {ticket.status}, but: {leaving.post.text}"


def only_what_is_finished_is_asked_about(leaving: Leaving) -> Iterator[str]:
    """Whoever rated it already, or took it back, is not asked how it went."""
    if leaving.row.kind is PostKind.EVALUATION:
        for ticket in leaving.tickets:
            if ticket.status not in FINISHED:
                yield f"#{ticket.number} is {ticket.status}, but: {leaving.post.text}"


def a_group_reads_nothing_of_what_is_private(leaving: Leaving) -> Iterator[str]:
    """A dispute that neighbours read of cannot be settled any more."""
    row = leaving.row
    if row.room_id is None or leaving.uow.places.room_by_id(row.room_id).purpose is RoomPurpose.STAFF:
        return
    for ticket in leaving.tickets:
        words = ticket.title.strip()
        if ticket.private and (ticket in leaving.named or (len(words) >= 6 and words in leaving.post.text)):
            yield f"#{ticket.number} is private, but the group reads: {leaving.post.text}"


def only_who_may_reads_what_is_private(leaving: Leaving) -> Iterator[str]:
    """Whose role has ended, or who was never in charge, reads no dispute and no name of anybody in it."""
    row, uow = leaving.row, leaving.uow
    if row.person_id is None or row.room_id is not None:
        return
    for ticket in leaving.tickets:
        words = ticket.title.strip()
        if not ticket.private or len(words) < 6 or words[:24] not in leaving.post.text:
            continue
        staff = uow.people.roles_at(row.person_id, uow.places.node(ticket.node_id)) & STAFF
        asked = uow.tickets.requester(ticket.id, row.person_id)
        stands_in = bool(uow.deputies.involving(row.person_id))
        if not staff and asked is None and ticket.handler_id != row.person_id and not stands_in:
            yield f"{leaving.post.to} has nothing to do with #{ticket.number}, but reads: {leaving.post.text}"


def nothing_empty_leaves(leaving: Leaving) -> Iterator[str]:
    """What was erased is gone, and no empty line stands for it."""
    if not leaving.post.text.strip() and leaving.row.picture is None:
        yield f"an empty {leaving.row.kind} post"
    if found := _UNFILLED.search(leaving.post.text):
        yield f"{found[0]} in: {leaving.post.text}"


def the_forgotten_hear_nothing_more(leaving: Leaving) -> Iterator[str]:
    """忘记我 ends with its answer."""
    row = leaving.row
    if row.person_id is None or row.kind is PostKind.REPLY:
        return
    if leaving.uow.people.get(row.person_id).erased_at is not None:
        yield f"somebody forgotten reads: {leaving.post.text}"


def nights_and_muted_rooms_are_quiet(leaving: Leaving) -> Iterator[str]:
    """A wrong post in a group of 200 neighbours costs more than a missed ticket."""
    post, row = leaving.post, leaving.row
    if row.room_id is not None:
        room = leaving.uow.places.room_by_id(row.room_id)
        if room.muted or leaving.uow.places.account(ACCOUNT).paused:
            yield f"{room.name} is muted, but: {post.text}"
        if room.mode in (RoomMode.OFF, RoomMode.SHADOW) and row.topic is not Topic.BINDING:
            yield f"{room.name} is {room.mode}, but: {post.text}"
    awake = row.kind is PostKind.EMERGENCY or (row.kind is PostKind.REPLY and row.room_id is None)
    if not awake and leaving.stage.app.setting.policy.is_quiet(post.at):
        yield f"at {post.at} leaves: {post.text}"


# -- of the database ----------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """The database between two lines, read once."""

    stage: Stage
    uow: UnitOfWork
    watch: Watch

    @property
    def now(self) -> datetime:
        return self.watch.now

    def all(self, table: type[Any]) -> Sequence[Any]:
        return self.uow.session.exec(select(table)).all()

    @cached_property
    def tickets(self) -> dict[str, Ticket]:
        return {ticket.id: ticket for ticket in self.uow.tickets.all()}

    @cached_property
    def people(self) -> dict[str, Person]:
        return {person.id: person for person in self.all(Person)}

    @cached_property
    def events(self) -> Mapping[str, list[TicketEvent]]:
        found: dict[str, list[TicketEvent]] = defaultdict(list)
        for event in self.uow.session.exec(select(TicketEvent).order_by(col(TicketEvent.seq))).all():
            found[event.ticket_id].append(event)
        return found

    @cached_property
    def live(self) -> Mapping[str, list[Claim]]:
        found: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.all(Claim):
            if claim.ended_at is None:
                found[claim.ticket_id].append(claim)
        return found

    @cached_property
    def requesters(self) -> Mapping[str, list[Requester]]:
        found: dict[str, list[Requester]] = defaultdict(list)
        for row in self.all(Requester):
            found[row.ticket_id].append(row)
        return found

    @cached_property
    def planned(self) -> Mapping[tuple[str, str], list[Schedule]]:
        """What is still to happen, by kind and subject; what is parked too."""
        found: dict[tuple[str, str], list[Schedule]] = defaultdict(list)
        for row in self.all(Schedule):
            if row.state is not ScheduleState.DONE:
                found[row.kind, row.subject].append(row)
        return found

    @cached_property
    def outbox(self) -> Sequence[Outgoing]:
        return self.all(Outgoing)

    def owed(self) -> Iterator[Ticket]:
        """What somebody still has to see to."""
        return (ticket for ticket in self.tickets.values() if ticket.status not in ENDED | FINISHED)

    def works_at(self, person_id: str, ticket: Ticket) -> bool:
        """Whether the person still has anything to do there: a role besides that of a resident, or an organisation."""
        person = self.people.get(person_id)
        if person is None or person.erased_at is not None:
            return False
        roles = self.uow.people.roles_at(person_id, self.uow.places.node(ticket.node_id)) - {Role.RESIDENT}
        return bool(roles) or bool(self.uow.organisations.of_person(person_id))


def a_wish_has_as_many_helpers_as_it_wants(state: State) -> Iterator[str]:
    """Two who believe that the wish is theirs both go there; and a wish that is claimed by nobody is never done."""
    for ticket_id, claims in state.live.items():
        ticket, people = state.tickets[ticket_id], {claim.person_id for claim in claims}
        if len(claims) > max(ticket.helpers_wanted, 1) or len(people) != len(claims):
            yield f"#{ticket.number} wants {ticket.helpers_wanted} and has {len(claims)} live claims"
        if ticket.kind is not TicketKind.WISH or ticket.status not in (*IN_HAND, Status.DONE):
            yield f"#{ticket.number} is a {ticket.kind} that is {ticket.status} and has a live claim"
        for claim in claims:
            if state.people[claim.person_id].erased_at is not None:
                yield f"#{ticket.number} is claimed by somebody forgotten"
    for ticket in state.tickets.values():
        if ticket.kind is TicketKind.WISH and ticket.status in IN_HAND and ticket.id not in state.live:
            yield f"#{ticket.number} is {ticket.status}, but nobody has claimed it"


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


def each_open_ticket_has_somebody(state: State) -> Iterator[str]:
    """A matter that is nobody's is lost: whoever it was given to must still work there, else its leaders have it."""
    for ticket in state.owed():
        label = f"#{ticket.number} ({ticket.kind}, {ticket.status})"
        line = state.uow.places.line(state.uow.places.node(ticket.node_id))
        leaders = [person for node in line for person in state.uow.people.holders(node, LEADERS)]
        helpers = {claim.person_id for claim in state.live.get(ticket.id, ())}
        has = ticket.handler_id
        if has is not None and has not in helpers and not state.works_at(has, ticket):
            if ("succession", has) not in state.planned:
                name = state.people[has].name if has in state.people else has
                yield f"{label} is {name}'s, who has nothing to do there any more"
            has = None
        has = has or next(iter(helpers), None)
        people = ([state.people[has]] if has is not None else []) + leaders
        if not any(_can_be_told(state, person) for person in people):
            yield f"{label} is nobody's, or of somebody who cannot be told"


def _can_be_told(state: State, person: Person) -> bool:
    """Privately, or in a staff room on the way up."""
    if person.erased_at is not None:
        return False
    return any(identity.reachable for identity in state.uow.people.identities(person.id))


def what_is_owed_is_looked_at_again(state: State) -> Iterator[str]:
    """A deadline that no schedule looks at passes unnoticed."""
    for ticket in state.owed():
        label = f"#{ticket.number} ({ticket.kind}, {ticket.status})"
        if ticket.status is Status.PROPOSED:
            if ("approve", ticket.id) not in state.planned:
                done = [row for row in state.all(Schedule) if row.kind == "approve" and row.subject == ticket.id]
                if not done:
                    yield f"{label} waits for consent, and nobody looks"
            continue
        if ticket.solve_by is None:
            yield f"{label} has no deadline"
        elif ticket.waiting_since is None and ticket.solve_by > state.now:
            due = [row for row in state.planned.get(("due", ticket.id), ()) if row.state is ScheduleState.WAITING]
            named = [row.period.rstrip("x") for row in due]
            if f"{ticket.reopened}.{ticket.level}" not in named:
                yield f"{label} is due at {ticket.solve_by}, and nobody looks then; planned: {named}"
        elif ticket.waiting_since is not None and ("wait_limit", ticket.id) not in state.planned:
            done = [row for row in state.all(Schedule) if row.kind == "wait_limit" and row.subject == ticket.id]
            if not done:
                yield f"{label} waits, and nobody looks whether it waits for too long"


def what_is_finished_closes_at_last(state: State) -> Iterator[str]:
    """Silence closes after a week as 未评价; without that look the matter stands open for ever."""
    for ticket in state.tickets.values():
        if ticket.status in FINISHED:
            periods = [row.period for row in state.planned.get(("silence", ticket.id), ())]
            if str(ticket.asks) not in periods:
                yield f"#{ticket.number} is {ticket.status} (asked {ticket.asks} times), and nothing closes it: {periods}"


def a_claim_ends_some_day(state: State) -> Iterator[str]:
    """Who claims a wish and forgets it must not keep it from others for ever."""
    for ticket_id, claims in state.live.items():
        ticket = state.tickets[ticket_id]
        if ticket.status not in IN_HAND:
            continue
        periods = [row.period for row in state.planned.get(("claim_expire", ticket_id), ())]
        for claim in claims:
            if not claim.assigned and not any(period.split(".")[0] == str(claim.id) for period in periods):
                yield f"nothing ends the claim {claim.id} of #{ticket.number}: {periods}"


def histories_verify(state: State) -> Iterator[str]:
    """一事一册: each history is whole, each text is what was said, each seal holds what it held."""
    yield from (f"{damage}" for damage in state.uow.seals.damage())


def each_state_follows_from_its_history(state: State) -> Iterator[str]:
    """Whoever reads only the history must come to the same end, by moves that the table allows."""
    for ticket in state.tickets.values():
        before: Status | None = None
        for event in state.events[ticket.id]:
            if event.from_status is not before:
                yield f"#{ticket.number} {event.seq} {event.kind}: from {event.from_status}, but was {before}"
            moves = {move.value: move for move in Move}
            changed = event.from_status is not event.to_status
            if changed and before is not None and event.kind in moves and not _has_changed_kind(state, ticket):
                to = allowed(ticket.kind, before, moves[event.kind])
                if to is not event.to_status:
                    yield f"#{ticket.number} {event.kind}: {before} → {event.to_status} is not in the table"
            if changed and before is not None and event.kind not in moves and event.kind not in _RETURNS:
                yield f"#{ticket.number} {event.kind} is no move, but {before} → {event.to_status}"
            before = event.to_status
        if before is not ticket.status:
            yield f"#{ticket.number} is {ticket.status}, its history says {before}"
        if (ticket.closed_at is not None) != (ticket.status in ENDED):
            yield f"#{ticket.number} is {ticket.status} and closed at {ticket.closed_at}"


KIND_CHANGED = "kind_changed"
_RETURNS = frozenset({KIND_CHANGED, "unmerged"})
"""Steps that are no moves and yet change the status: another kind's word for the stage, and coming back."""


def _has_changed_kind(state: State, ticket: Ticket) -> bool:
    return any(event.kind == KIND_CHANGED for event in state.events[ticket.id])


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


def those_who_asked_are_not_lost(state: State) -> Iterator[str]:
    """谁提诉求、向谁反馈: who asked is told of the end; a ticket that goes on is somebody's."""
    for ticket in state.tickets.values():
        rows = state.requesters.get(ticket.id, [])
        if len(rows) < state.watch.asked.get(ticket.id, 0):
            yield f"#{ticket.number} had {state.watch.asked[ticket.id]} who asked and has {len(rows)}"
        state.watch.asked[ticket.id] = len(rows)
        asking = [row for row in rows if row.withdrawn_at is None]
        if ticket.status not in ENDED and not asking and rows:
            yield f"#{ticket.number} is {ticket.status}, but nobody asks for it any more"
        for row in asking:
            gone = state.people[row.person_id].erased_at is not None
            if gone and ticket.status not in ENDED:
                yield f"#{ticket.number} is asked for by somebody forgotten"


def everybody_is_asked_once_for_each_finish(state: State) -> Iterator[str]:
    """Asked twice how it went, people stop answering."""
    finished = {Status.DONE, Status.RESOLVED, Status.SETTLED}
    asked: Counter[tuple[str, str]] = Counter()
    for row in state.outbox:
        if row.kind is PostKind.EVALUATION and row.state is not OutgoingState.DROPPED:
            for ticket_id in row.ticket_ids:
                asked[ticket_id, row.person_id or f"room {row.room_id}"] += 1
    for (ticket_id, who), times in asked.items():
        ends = [event for event in state.events[ticket_id] if event.to_status in finished]
        turns = sum(event.from_status not in finished for event in ends)
        if times > turns:
            ticket = state.tickets[ticket_id]
            yield f"#{ticket.number} was finished {turns} times, and {who} asked {times} times"
    for ticket in state.tickets.values():
        turns = sum(e.to_status in finished and e.from_status not in finished for e in state.events[ticket.id])
        if ticket.asks > turns:
            yield f"#{ticket.number} was finished {turns} times and asked about {ticket.asks} times"


_WORST_FIRST = (Rating.DISSATISFIED, Rating.FAIR, Rating.SATISFIED, Rating.CONFIRMED)


def the_worst_rating_counts(state: State) -> Iterator[str]:
    """Silence is never 满意, and one who is content does not speak for one who is not."""
    for ticket in state.tickets.values():
        grades = {row.rating for row in state.requesters.get(ticket.id, ()) if row.withdrawn_at is None}
        worst = next((grade for grade in _WORST_FIRST if grade in grades), None)
        good = (Rating.SATISFIED, Rating.CONFIRMED, Rating.FAIR)
        everybody = {row.rating for row in state.requesters.get(ticket.id, ())}
        if ticket.rating in good and ticket.rating not in everybody:
            yield f"#{ticket.number} is {ticket.rating}, but nobody said so: {grades}"
        if ticket.rating in good and worst is not None and _WORST_FIRST.index(worst) < _WORST_FIRST.index(ticket.rating):
            yield f"#{ticket.number} is {ticket.rating}, but one said {worst}"


def merged_is_merged(state: State) -> Iterator[str]:
    """What went into another ends there, and the other is one that exists."""
    for ticket in state.tickets.values():
        if (ticket.merged_into is not None) != (ticket.status is Status.MERGED):
            yield f"#{ticket.number} is {ticket.status} and merged into {ticket.merged_into}"
        seen, end = {ticket.id}, ticket
        while end.merged_into is not None:
            end = state.tickets[end.merged_into]
            if end.id in seen:
                yield f"#{ticket.number} is merged into itself"
                break
            seen.add(end.id)
        if ticket.private and not end.private:
            yield f"#{ticket.number} is private and went into #{end.number}, which is not"


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
    yield from (f"{subject} is open, but filed nowhere" for subject in open_tickets - filed)


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


def private_matters_stay_private(state: State) -> Iterator[str]:
    """A dispute is private throughout, and belongs to no company."""
    for ticket in state.tickets.values():
        if ticket.kind is TicketKind.DISPUTE and not ticket.private:
            yield f"#{ticket.number} is a dispute and public"
        if ticket.private and ticket.organisation_id is not None and ticket.status not in ENDED:
            yield f"#{ticket.number} is private and with an organisation"


def no_foreign_key_hangs(state: State) -> Iterator[str]:
    """Rows that point at nothing break the next look-up."""
    yield from map(str, state.uow.session.execute(text("PRAGMA foreign_key_check")).all())


OF_MESSAGE: Sequence[Callable[[Case], Iterator[str]]] = (
    no_message_fails,
    who_speaks_to_the_bot_is_answered,
    a_redelivered_message_does_nothing,
    answers_are_whole_sentences,
)
OF_POST: Sequence[Callable[[Leaving], Iterator[str]]] = (
    nobody_is_reminded_of_what_is_over,
    only_what_is_finished_is_asked_about,
    a_group_reads_nothing_of_what_is_private,
    only_who_may_reads_what_is_private,
    nothing_empty_leaves,
    the_forgotten_hear_nothing_more,
    nights_and_muted_rooms_are_quiet,
)
OF_STATE: Sequence[Callable[[State], Iterator[str]]] = (
    a_wish_has_as_many_helpers_as_it_wants,
    nothing_is_planned_of_what_was_erased,
    the_clock_is_not_behind,
    each_open_ticket_has_somebody,
    what_is_owed_is_looked_at_again,
    what_is_finished_closes_at_last,
    a_claim_ends_some_day,
    histories_verify,
    each_state_follows_from_its_history,
    numbers_are_given_once,
    those_who_asked_are_not_lost,
    everybody_is_asked_once_for_each_finish,
    the_worst_rating_counts,
    merged_is_merged,
    the_forgotten_are_forgotten,
    alarms_are_looked_after,
    open_matters_are_found,
    posts_know_what_they_speak_of,
    nothing_was_unheard,
    messages_are_held_by_what_exists,
    private_matters_stay_private,
    no_foreign_key_hangs,
)


def nothing_stands_where_it_may_not(stage: Stage) -> Iterator[str]:
    """Phone, ID, flat and the words of a dispute, in every table and every post (scanning.py)."""
    yield from in_tables(stage)
    yield from in_posts(stage)
    yield from not_erased(stage)


def lasting(stage: Stage, watch: Watch) -> list[str]:
    """Everything that does not hold of the database now, each as a line."""
    with stage.app.units.read() as uow:
        state = State(stage, uow, watch)
        return [f"{rule.__name__}: {wrong}" for rule in OF_STATE for wrong in rule(state)]


def at_the_end(stage: Stage, watch: Watch) -> list[str]:
    """What is looked for once, in everything that was written and sent."""
    others = [line for line in stage.head.people if line.split()[0] not in watch.readers]
    stage.head.people = [*others, *(f"{name} 治理员 一组" for name in sorted(watch.readers) if name)]
    return [f"{nothing_stands_where_it_may_not.__name__}: {wrong}" for wrong in nothing_stands_where_it_may_not(stage)]
