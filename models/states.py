"""The life of a ticket: one table of allowed moves for each kind, and the rule that reads it.

In prose: a wish waits (in some towns first for the leader's consent) until a party member claims it (or
the leader assigns it), or several where it wants several, is done, and is closed when the wisher agrees.
A complaint is accepted, worked on, resolved, and closed the same way. A dispute is noticed, followed,
mediated and settled, always in private. 不满意 sends a finished matter back to whoever has it; within 30
days of closing it reopens. Any matter that has not ended may be merged into another, withdrawn by its
last requester, or rejected with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.codes import Status, TicketKind

S = Status


class Move(StrEnum):
    """What somebody does to a ticket. The values are the event kinds of its history."""

    OPEN = "opened"
    APPROVE = "approved"
    CLAIM = "claimed"
    ASSIGN = "assigned"
    HAND_BACK = "handed_back"
    EXPIRE = "claim_expired"
    DO = "done"
    ACCEPT = "accepted"
    PROCESS = "processed"
    RESOLVE = "resolved"
    CLOSE = "closed"
    CLOSE_SILENT = "closed_unrated"
    SEND_BACK = "sent_back"
    REOPEN = "reopened"
    HAND_OVER = "handed_over"
    MERGE = "merged"
    WITHDRAW = "withdrawn"
    REJECT = "rejected"


class IllegalMove(Exception):
    """The table has no such move. Nothing was changed."""

    def __init__(self, kind: TicketKind, status: Status, move: Move) -> None:
        super().__init__(f"{kind} in {status} cannot be {move}")
        self.kind, self.status, self.move = kind, status, move


@dataclass(frozen=True, slots=True)
class Terms:
    """How one kind of ticket calls the common stages."""

    first: Status
    taken: Status
    active: Status
    finished: Status


TERMS: Mapping[TicketKind, Terms] = {
    TicketKind.WISH: Terms(S.OPEN, S.CLAIMED, S.CLAIMED, S.DONE),
    TicketKind.COMPLAINT: Terms(S.OPEN, S.ACCEPTED, S.IN_PROGRESS, S.RESOLVED),
    TicketKind.DISPUTE: Terms(S.NOTICED, S.FOLLOWED, S.MEDIATING, S.SETTLED),
}

ENDED = frozenset({S.CLOSED, S.MERGED, S.WITHDRAWN, S.REJECTED})
"""Statuses in which nothing is owed any more."""

ALIVE = tuple(status for status in Status if status not in ENDED)
"""The others, for queries: IN uses an index, NOT IN does not."""

FINISHED = frozenset({S.DONE, S.RESOLVED, S.SETTLED})
"""The handler says it is done; the requester has not agreed yet."""

OWED = tuple(status for status in ALIVE if status not in FINISHED)
"""Statuses in which somebody still has to do something."""

UNPUBLISHED = "unpublished"
"""Flag of a wish that ended before anybody had agreed to it: no group reads its words any more."""

_Table = Mapping[tuple[Status, Move], Status]

_WISH: _Table = {
    (S.PROPOSED, Move.APPROVE): S.OPEN,
    (S.OPEN, Move.CLAIM): S.CLAIMED,
    (S.OPEN, Move.ASSIGN): S.ASSIGNED,
    (S.ASSIGNED, Move.ASSIGN): S.ASSIGNED,
    (S.CLAIMED, Move.ASSIGN): S.ASSIGNED,
    (S.CLAIMED, Move.CLAIM): S.CLAIMED,
    (S.ASSIGNED, Move.CLAIM): S.ASSIGNED,
    (S.CLAIMED, Move.HAND_BACK): S.OPEN,
    (S.CLAIMED, Move.EXPIRE): S.OPEN,
    (S.ASSIGNED, Move.HAND_BACK): S.OPEN,
    (S.ASSIGNED, Move.EXPIRE): S.OPEN,
    (S.CLAIMED, Move.DO): S.DONE,
    (S.ASSIGNED, Move.DO): S.DONE,
    (S.DONE, Move.CLOSE): S.CLOSED,
    (S.DONE, Move.CLOSE_SILENT): S.CLOSED,
    (S.DONE, Move.SEND_BACK): S.CLAIMED,
    (S.CLOSED, Move.REOPEN): S.OPEN,
}

_COMPLAINT: _Table = {
    (S.OPEN, Move.ACCEPT): S.ACCEPTED,
    (S.ACCEPTED, Move.PROCESS): S.IN_PROGRESS,
    (S.IN_PROGRESS, Move.PROCESS): S.IN_PROGRESS,
    (S.IN_PROGRESS, Move.RESOLVE): S.RESOLVED,
    (S.RESOLVED, Move.CLOSE): S.CLOSED,
    (S.RESOLVED, Move.CLOSE_SILENT): S.CLOSED,
    (S.RESOLVED, Move.SEND_BACK): S.IN_PROGRESS,
    (S.CLOSED, Move.REOPEN): S.IN_PROGRESS,
    # It has turned into a dispute, which goes on in private.
    (S.OPEN, Move.HAND_OVER): S.CLOSED,
    (S.ACCEPTED, Move.HAND_OVER): S.CLOSED,
    (S.IN_PROGRESS, Move.HAND_OVER): S.CLOSED,
    (S.RESOLVED, Move.HAND_OVER): S.CLOSED,
}

_DISPUTE: _Table = {
    (S.NOTICED, Move.ACCEPT): S.FOLLOWED,
    (S.FOLLOWED, Move.PROCESS): S.MEDIATING,
    (S.MEDIATING, Move.PROCESS): S.MEDIATING,
    (S.MEDIATING, Move.RESOLVE): S.SETTLED,
    (S.SETTLED, Move.CLOSE): S.CLOSED,
    (S.SETTLED, Move.CLOSE_SILENT): S.CLOSED,
    (S.SETTLED, Move.SEND_BACK): S.MEDIATING,
    (S.CLOSED, Move.REOPEN): S.MEDIATING,
}

_ENDINGS: Mapping[Move, Status] = {Move.MERGE: S.MERGED, Move.WITHDRAW: S.WITHDRAWN, Move.REJECT: S.REJECTED}

TABLE: Mapping[TicketKind, _Table] = {
    TicketKind.WISH: _WISH,
    TicketKind.COMPLAINT: _COMPLAINT,
    TicketKind.DISPUTE: _DISPUTE,
}


def statuses(kind: TicketKind) -> frozenset[Status]:
    """Every status that a ticket of this kind can have."""
    table = TABLE[kind]
    return frozenset({status for status, _ in table} | set(table.values()) | ENDED)


def allowed(kind: TicketKind, status: Status, move: Move) -> Status | None:
    """The status that the move leads to, or None when the table has no such move."""
    if move in _ENDINGS and status not in ENDED:
        return _ENDINGS[move]
    return TABLE[kind].get((status, move))


def after(kind: TicketKind, status: Status, move: Move) -> Status:
    """The status that the move leads to. Raises IllegalMove."""
    target = allowed(kind, status, move)
    if target is None:
        raise IllegalMove(kind, status, move)
    return target


def counterpart(kind: TicketKind, status: Status, other: TicketKind) -> Status:
    """The status of another kind that stands for the same stage.

    What becomes a wish waits for somebody to claim it, and who claimed a wish has accepted nothing else.
    """
    here, there = TERMS[kind], TERMS[other]
    if status is here.finished:
        return there.finished
    if status in (here.first, S.PROPOSED) or TicketKind.WISH in (kind, other):
        return there.first
    return there.active if status is here.active else there.taken


def steps_to(kind: TicketKind, status: Status, goal: Move) -> tuple[Move, ...]:
    """The moves from status through goal, filling in the stages that staff skip in practice.

    「办结 3」 on a complaint that nobody accepted yet is accepted, processed and resolved in one
    commit, so that its history is complete. Raises IllegalMove when goal cannot be reached so.
    """
    chain = (Move.ACCEPT, Move.PROCESS, Move.RESOLVE)
    if goal not in chain or kind is TicketKind.WISH:
        after(kind, status, goal)
        return (goal,)
    moves: list[Move] = []
    now = status
    for move in chain[: chain.index(goal) + 1]:
        step = goal if allowed(kind, now, goal) else move
        target = allowed(kind, now, step)
        if target is None:
            continue
        moves.append(step)
        now = target
        if step is goal:
            return tuple(moves)
    raise IllegalMove(kind, status, goal)
