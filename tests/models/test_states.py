"""The state table against the lines of the design, and any sequence of moves."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from worlds import NOW, add_ticket, after, build_world

from models.codes import Status, TicketKind
from models.history import verify
from models.states import (
    ALIVE,
    ENDED,
    FINISHED,
    TABLE,
    TERMS,
    IllegalMove,
    Move,
    allowed,
    statuses,
    steps_to,
)
from models.states import (
    after as status_after,
)
from models.uow import UnitOfWork

S, K, M = Status, TicketKind, Move
kinds = st.sampled_from(TicketKind)
moves = st.lists(st.sampled_from(Move), max_size=40)

# The lines of the design: what follows what, and by which move.
LINES: tuple[tuple[TicketKind, Status, Move, Status], ...] = (
    (K.WISH, S.PROPOSED, M.APPROVE, S.OPEN),
    (K.WISH, S.OPEN, M.CLAIM, S.CLAIMED),
    (K.WISH, S.OPEN, M.ASSIGN, S.ASSIGNED),
    (K.WISH, S.CLAIMED, M.DO, S.DONE),
    (K.WISH, S.ASSIGNED, M.DO, S.DONE),
    (K.WISH, S.DONE, M.CLOSE, S.CLOSED),
    (K.WISH, S.CLAIMED, M.HAND_BACK, S.OPEN),
    (K.WISH, S.CLAIMED, M.EXPIRE, S.OPEN),
    (K.COMPLAINT, S.OPEN, M.ACCEPT, S.ACCEPTED),
    (K.COMPLAINT, S.ACCEPTED, M.PROCESS, S.IN_PROGRESS),
    (K.COMPLAINT, S.IN_PROGRESS, M.RESOLVE, S.RESOLVED),
    (K.COMPLAINT, S.RESOLVED, M.CLOSE, S.CLOSED),
    (K.COMPLAINT, S.RESOLVED, M.SEND_BACK, S.IN_PROGRESS),
    (K.DISPUTE, S.NOTICED, M.ACCEPT, S.FOLLOWED),
    (K.DISPUTE, S.FOLLOWED, M.PROCESS, S.MEDIATING),
    (K.DISPUTE, S.MEDIATING, M.RESOLVE, S.SETTLED),
    (K.DISPUTE, S.SETTLED, M.CLOSE, S.CLOSED),
)


@pytest.mark.parametrize(("kind", "status", "move", "target"), LINES)
def test_the_lines_of_the_design(kind: TicketKind, status: Status, move: Move, target: Status) -> None:
    assert allowed(kind, status, move) is target


@pytest.mark.parametrize("kind", TicketKind)
def test_silence_closes_what_is_finished_and_dissatisfaction_sends_it_back(kind: TicketKind) -> None:
    (finished,) = statuses(kind) & FINISHED
    assert allowed(kind, finished, M.CLOSE_SILENT) is S.CLOSED
    assert allowed(kind, finished, M.SEND_BACK) in statuses(kind) - ENDED - FINISHED
    assert allowed(kind, S.CLOSED, M.REOPEN) in statuses(kind) - ENDED - FINISHED


@pytest.mark.parametrize("kind", TicketKind)
def test_anything_that_has_not_ended_may_be_merged_withdrawn_or_rejected(kind: TicketKind) -> None:
    for status in statuses(kind):
        for move, target in ((M.MERGE, S.MERGED), (M.WITHDRAW, S.WITHDRAWN), (M.REJECT, S.REJECTED)):
            assert allowed(kind, status, move) is (None if status in ENDED else target)


@pytest.mark.parametrize("kind", TicketKind)
def test_ended_is_final_but_for_reopening(kind: TicketKind) -> None:
    for status in ENDED:
        possible = {move for move in Move if allowed(kind, status, move) is not None}
        assert possible == ({M.REOPEN} if status is S.CLOSED else set())


@pytest.mark.parametrize("kind", TicketKind)
def test_every_status_can_be_reached_and_left_for_the_end(kind: TicketKind) -> None:
    def reach(start: Status) -> set[Status]:
        seen, todo = {start}, [start]
        while todo:
            status = todo.pop()
            new = {target for move in Move if (target := allowed(kind, status, move))} - seen
            seen |= new
            todo += new
        return seen

    starts = {TERMS[kind].first} | ({S.PROPOSED} if kind is K.WISH else set())
    assert set().union(*map(reach, starts)) == statuses(kind)
    for status in statuses(kind):
        assert reach(status) & ENDED


def test_the_terms_stand_in_the_table() -> None:
    for kind, terms in TERMS.items():
        assert {terms.first, terms.taken, terms.active, terms.finished} <= statuses(kind)
        assert terms.finished in FINISHED
    assert set(TABLE) == set(TERMS) == set(TicketKind)
    assert set(ALIVE) == set(Status) - ENDED


@given(kinds, moves)
def test_any_sequence_of_moves_stays_in_the_table(kind: TicketKind, sequence: list[Move]) -> None:
    status = TERMS[kind].first
    for move in sequence:
        target = allowed(kind, status, move)
        if target is None:
            with pytest.raises(IllegalMove) as caught:
                status_after(kind, status, move)
            assert (caught.value.kind, caught.value.status, caught.value.move) == (kind, status, move)
            continue
        assert target in statuses(kind)
        assert status not in ENDED or move is M.REOPEN
        status = status_after(kind, status, move)


@given(kinds, st.sampled_from(Status), st.sampled_from(Move))
def test_steps_to_a_goal_are_moves_one_by_one(kind: TicketKind, status: Status, goal: Move) -> None:
    try:
        steps = steps_to(kind, status, goal)
    except IllegalMove:
        # Then neither the goal itself nor a later stage of the same work is possible.
        assert allowed(kind, status, goal) is None
        return
    assert steps[-1] is goal
    now = status
    for step in steps:
        now = status_after(kind, now, step)
    assert now in statuses(kind)
    order = [M.ACCEPT, M.PROCESS, M.RESOLVE]
    assert all(order.index(a) < order.index(b) for a, b in pairwise(steps))


@pytest.mark.parametrize(
    ("kind", "status", "goal", "steps"),
    [
        (K.COMPLAINT, S.OPEN, M.RESOLVE, (M.ACCEPT, M.PROCESS, M.RESOLVE)),
        (K.COMPLAINT, S.ACCEPTED, M.RESOLVE, (M.PROCESS, M.RESOLVE)),
        (K.COMPLAINT, S.IN_PROGRESS, M.PROCESS, (M.PROCESS,)),
        (K.COMPLAINT, S.OPEN, M.PROCESS, (M.ACCEPT, M.PROCESS)),
        (K.DISPUTE, S.NOTICED, M.RESOLVE, (M.ACCEPT, M.PROCESS, M.RESOLVE)),
        (K.WISH, S.CLAIMED, M.DO, (M.DO,)),
    ],
)
def test_stages_that_staff_skip_are_filled_in(
    kind: TicketKind, status: Status, goal: Move, steps: tuple[Move, ...]
) -> None:
    assert steps_to(kind, status, goal) == steps


@pytest.mark.parametrize(
    ("kind", "status", "goal"),
    [(K.COMPLAINT, S.RESOLVED, M.RESOLVE), (K.COMPLAINT, S.CLOSED, M.RESOLVE), (K.WISH, S.OPEN, M.DO),
     (K.COMPLAINT, S.RESOLVED, M.ACCEPT), (K.COMPLAINT, S.IN_PROGRESS, M.ACCEPT)],
)  # fmt: skip
def test_no_steps_lead_backwards(kind: TicketKind, status: Status, goal: Move) -> None:
    with pytest.raises(IllegalMove):
        steps_to(kind, status, goal)


def test_an_illegal_move_of_a_stored_ticket_changes_nothing(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow))
        uow.commit()
        with pytest.raises(IllegalMove):
            uow.tickets.move(ticket, Move.CLOSE, at=NOW, actor_id=None)
        assert not uow.changed
        uow.commit()
        assert (ticket.status, ticket.version, len(uow.tickets.events(ticket.id))) == (S.OPEN, 1, 1)


def test_moves_of_a_stored_ticket_keep_its_history_and_its_closing_time(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow))
        for minute, move in enumerate((M.ACCEPT, M.PROCESS, M.RESOLVE, M.CLOSE), start=1):
            uow.tickets.move(ticket, move, at=after(minute), actor_id=None)
        assert ticket.closed_at == after(4)
        uow.tickets.move(ticket, M.REOPEN, at=after(9), actor_id=None)
        assert ticket.closed_at is None
        events = uow.tickets.events(ticket.id)
        uow.commit()
        assert [event.to_status for event in events] == [
            S.OPEN, S.ACCEPTED, S.IN_PROGRESS, S.RESOLVED, S.CLOSED, S.IN_PROGRESS,
        ]  # fmt: skip
        assert [event.from_status for event in events][1:] == [event.to_status for event in events][:-1]
        assert verify(ticket.id, ticket.status, events, uow.tickets.texts(ticket.id).values()) == []
