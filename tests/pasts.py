"""What a village of a transcript has behind it: earlier matters, in numbers, so that a story can have its figures.

A line is 往事 ‹月-日› ‹群› ‹类别› ‹件数› and then, in any order: 办好N (the rest is still open), 晚N (of these after
their time), 级N (all of them at that level), 满意N 一般N 不满意N of those who answered, 成功N and 方式‹名› (of
disputes), 单位‹名›.
"""

import re
from datetime import datetime, timedelta

from sqlmodel import SQLModel

from models.codes import NodeLevel, Rating, Status, TicketKind
from models.dispute_tables import DisputeRecord
from models.history_tables import TicketEvent
from models.states import TERMS, Move
from models.tables import GridNode
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy

_OPTION = re.compile(r"(办好|晚|级|满意|一般|不满意|成功|方式|单位)(\S+)")
_RATINGS = {"满意": Rating.SATISFIED, "一般": Rating.FAIR, "不满意": Rating.DISSATISFIED}
PAST = "past"
"""The band of these tickets, by which they are known."""


def tell(uow: UnitOfWork, words: list[str], start: datetime, account: str) -> None:
    """Add the matters of one line."""
    day, room_name, category, count, *rest = words
    options = {match[1]: match[2] for match in map(_OPTION.fullmatch, rest) if match is not None}
    assert len(options) == len(rest), f"unknown: {rest}"
    month, date = map(int, day.split("-"))
    opened = start.replace(month=month, day=date, hour=10, minute=0)
    room = uow.places.room(account, room_name)
    assert room is not None, f"no room is called {room_name}"
    assert room.node_id is not None
    node = uow.places.node(room.node_id)
    firm = options.get("单位")
    organisation = uow.organisations.named(uow.places.line(node), firm)[0] if firm else None
    done, late = int(options.get("办好", count)), int(options.get("晚", 0))
    ratings = [rating for name, rating in _RATINGS.items() for _ in range(int(options.get(name, 0)))]
    parts: list[SQLModel] = []
    for place in range(int(count)):
        ticket = _ticket(uow, node, category, opened, int(options.get("级", 0)))
        ticket.room_id = room.id
        ticket.organisation_id = None if organisation is None else organisation.id
        if place < late:
            ticket.solve_by = opened + timedelta(minutes=1)
        solved = place < done
        if solved:
            rating = ratings[place] if place < len(ratings) else Rating.UNRATED
            ticket.status, ticket.rating = Status.CLOSED, rating
            ticket.finished_at = ticket.closed_at = opened + timedelta(hours=2)
        uow.session.add(ticket)
        parts += _steps(ticket)
        if solved and ticket.kind is TicketKind.DISPUTE:
            succeeded = place < int(options.get("成功", done))
            values = {"method": options.get("方式"), "succeeded": succeeded, "settled_at": ticket.closed_at}
            parts.append(DisputeRecord(ticket_id=ticket.id, **values))
    uow.flush()
    uow.session.add_all(parts)
    uow.flush()


def _ticket(uow: UnitOfWork, node: GridNode, category: str, at: datetime, level: int) -> Ticket:
    kind = TicketKind(Taxonomy.load()[category].kind.value)
    scope = next(one for one in uow.places.line(node) if one.level is NodeLevel.VILLAGE)
    assert scope.id is not None
    assert node.id is not None
    return Ticket(
        id=uow.tickets.new_id(), scope_id=scope.id, number=uow.places.next_number(scope.id, "ticket"), kind=kind,
        category=category, status=TERMS[kind].first, node_id=node.id, private=kind is TicketKind.DISPUTE, level=level,
        band=PAST, title="往事", opened_at=at, solve_by=at + timedelta(days=5),
    )  # fmt: skip


def _steps(ticket: Ticket) -> list[TicketEvent]:
    """Its history in short, without hashes that hold: nobody verifies what is told."""
    steps = [(Move.OPEN, ticket.opened_at)]
    if ticket.closed_at is not None:
        done = Move.DO if ticket.kind is TicketKind.WISH else Move.RESOLVE
        end = Move.CLOSE_SILENT if ticket.rating is Rating.UNRATED else Move.CLOSE
        steps += [(done, ticket.closed_at), (end, ticket.closed_at)]
    return [
        TicketEvent(
            ticket_id=ticket.id, seq=seq, at=at, kind=move.value, to_status=ticket.status, prev_hash="", hash=f"{seq}",
            data={"rating": ticket.rating.value} if ticket.rating is not None and move is Move.CLOSE else {},
        )
        for seq, (move, at) in enumerate(steps, start=1)
    ]  # fmt: skip
