"""What must hold of a village whatever anybody says in it, each rule by itself.

Three kinds: of one message and of a post that leaves (passing_rules.py), and of the database at any moment (here:
tickets and claims; lasting_rules.py: people, posts, alarms). Each is a function that yields what is wrong
as lines; its docstring says why it matters. The rules are written anew and do not ask the program's own code where they
can do without it, so that both must agree.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from lasting_rules import (
    alarms_are_looked_after,
    messages_are_held_by_what_exists,
    no_foreign_key_hangs,
    nothing_is_planned_of_what_was_erased,
    nothing_was_unheard,
    numbers_are_given_once,
    open_matters_are_found,
    posts_know_what_they_speak_of,
    the_clock_is_not_behind,
    the_forgotten_are_forgotten,
    whoever_follows_the_forgotten_was_told,
    whoever_is_in_charge_finds_it,
)
from passing_rules import OF_MESSAGE, OF_POST, Played, Watch
from scanning import in_posts, in_tables, not_erased
from sqlmodel import SQLModel
from staging import ACCOUNT
from transcript import Stage
from village_state import State

from bot.outcome import Outcome
from models.codes import LEADERS, OutgoingState, PostKind, Rating, ScheduleState, Status, TicketKind
from models.states import ENDED, FINISHED, Move, allowed
from models.tables import Person, Schedule
from models.ticket_tables import Ticket

__all__ = ["OF_MESSAGE", "OF_POST", "OF_STATE", "Played", "Watch", "at_the_end", "lasting"]

IN_HAND = (Status.CLAIMED, Status.ASSIGNED)


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
                yield f"#{ticket.number} is {ticket.status} (asked {ticket.asks} times), nothing closes it: {periods}"


def a_claim_ends_some_day(state: State) -> Iterator[str]:
    """Who claims a wish, or was given one, and forgets it must not keep it from others for ever."""
    for ticket_id, claims in state.live.items():
        ticket = state.tickets[ticket_id]
        if ticket.status not in IN_HAND:
            continue
        periods = [row.period for row in state.planned.get(("claim_expire", ticket_id), ())]
        for claim in claims:
            if not any(period.split(".")[0] == str(claim.id) for period in periods):
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
    """Silence is never 满意, one who is content does not speak for another, and who sees to it himself for nobody."""
    for ticket in state.tickets.values():
        events = [event for event in state.uow.tickets.events(ticket.id) if event.kind == "rated"]
        own = {event.actor_id for event in events if event.data.get("own")}
        asking = [row for row in state.requesters.get(ticket.id, ()) if row.withdrawn_at is None]
        grades = {row.rating for row in asking if row.person_id not in own}
        worst = next((grade for grade in _WORST_FIRST if grade in grades), None)
        good = (Rating.SATISFIED, Rating.CONFIRMED, Rating.FAIR)
        everybody = {row.rating for row in state.requesters.get(ticket.id, ())}
        if ticket.rating in good and ticket.rating not in everybody:
            yield f"#{ticket.number} is {ticket.rating}, but nobody said so: {grades}"
        if (
            ticket.rating in good
            and worst is not None
            and _WORST_FIRST.index(worst) < _WORST_FIRST.index(ticket.rating)
        ):
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


def private_matters_stay_private(state: State) -> Iterator[str]:
    """A dispute is private throughout, and belongs to no company."""
    for ticket in state.tickets.values():
        if ticket.kind is TicketKind.DISPUTE and not ticket.private:
            yield f"#{ticket.number} is a dispute and public"
        if ticket.private and ticket.organisation_id is not None and ticket.status not in ENDED:
            yield f"#{ticket.number} is private and with an organisation"


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
    whoever_is_in_charge_finds_it,
    whoever_follows_the_forgotten_was_told,
)


def nothing_stands_where_it_may_not(stage: Stage) -> Iterator[str]:
    """Phone, ID, flat and the words of a dispute, in every table and every post (scanning.py)."""
    yield from in_tables(stage)
    yield from in_posts(stage)
    yield from not_erased(stage)


def ordinary_talk_leaves_no_trace(stage: Stage, watch: Watch) -> Iterator[str]:
    """Service, not surveillance: what the bot ignores is written nowhere."""
    kept = {message.text for message, outcome in watch.heard if outcome not in (Outcome.IGNORED, Outcome.UNHEARD)}
    with stage.app.units.read() as uow:
        for message, _ in watch.heard:  # a piece of what was said in several lines belongs to it
            kept |= {message.text} if uow.tickets.source(ACCOUNT, message.id) is not None else set()
    talk = {message.text for message, _ in watch.heard} - kept
    talk = {words for words in talk if not any(words in text for text in kept)}  # said behind a command, too
    with stage.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            written = " ".join(map(str, connection.execute(table.select()).all()))
            yield from (f"{table.name} holds: {words}" for words in talk if len(words) > 4 and words in written)


def lasting(stage: Stage, watch: Watch) -> list[str]:
    """Everything that does not hold of the database now, each as a line."""
    with stage.app.units.read() as uow:
        state = State(stage, uow, watch)
        return [f"{rule.__name__}: {wrong}" for rule in OF_STATE for wrong in rule(state)]


def at_the_end(stage: Stage, watch: Watch) -> list[str]:
    """What is looked for once, in everything that was written and sent."""
    others = [line for line in stage.head.people if line.split()[0] not in watch.readers]
    stage.head.people = [*others, *(f"{name} 治理员 一组" for name in sorted(watch.readers) if name)]
    broken = [f"{nothing_stands_where_it_may_not.__name__}: {one}" for one in nothing_stands_where_it_may_not(stage)]
    return broken + [
        f"{ordinary_talk_leaves_no_trace.__name__}: {one}" for one in ordinary_talk_leaves_no_trace(stage, watch)
    ]
