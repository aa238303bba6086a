"""The index of open matters follows every change by itself."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from worlds import NOW, World, add_ticket, after, build_world

from models.codes import SignalStatus, TicketKind
from models.states import Move
from models.ticket_tables import OpenMatter, Signal, Ticket
from models.uow import UnitOfWork


def keys_of(row: Ticket | Signal) -> list[str]:
    said = row.text if isinstance(row, Signal) else row.title
    return [row.place or "-", said]


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(engine, keys_of=keys_of) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    return build_world(uow)


def add_signal(uow: UnitOfWork, world: World, number: int = 1, **fields: object) -> Signal:
    values = {
        "scope_id": world.village.id, "number": number, "kind": TicketKind.COMPLAINT, "category": "leak",
        "node_id": world.micro.id, "room_id": world.room.id, "person_id": world.resident.id, "text": "漏水", "at": NOW,
    }  # fmt: skip
    return uow.signals.add(Signal(**{**values, **fields}))


def keys(uow: UnitOfWork) -> set[tuple[str, str]]:
    uow.flush()
    return {(row.category, row.key) for row in uow.session.exec(select(OpenMatter)).all()}


def found(uow: UnitOfWork, world: World, *asked: str, category: str = "leak") -> list[Ticket]:
    return uow.matters.tickets(world.micro.id or 0, category, asked, after(-10))


def test_it_finds_what_is_public_alive_and_recent_by_any_key_the_latest_first(uow: UnitOfWork, world: World) -> None:
    add_ticket(uow, world, at=after(-999))
    tickets = [add_ticket(uow, world, at=after(minute), place="3栋") for minute in (1, 2)]
    add_ticket(uow, world, at=after(3), private=True)
    add_ticket(uow, world, at=after(3), category="noise")
    add_ticket(uow, world, at=after(3), node=world.other_micro)
    add_signal(uow, world, text="三楼漏水了")
    uow.tickets.move(add_ticket(uow, world, at=after(3)), Move.REJECT, at=after(4), actor_id=None)
    assert found(uow, world, "三楼漏水了", "3栋") == tickets[::-1]
    assert found(uow, world, "-") == [] == found(uow, world)


def test_a_place_that_becomes_known_and_another_category_change_the_keys(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world)
    assert keys(uow) == {("leak", "-"), ("leak", "三楼漏水了")}
    ticket.place = "3栋"
    assert keys(uow) == {("leak", "3栋"), ("leak", "三楼漏水了")}
    ticket.category = "noise"
    assert keys(uow) == {("noise", "3栋"), ("noise", "三楼漏水了")}
    ticket.private = True
    assert keys(uow) == set()


@pytest.mark.parametrize("end", [Move.MERGE, Move.WITHDRAW, Move.REJECT])
def test_what_has_ended_has_no_keys(uow: UnitOfWork, world: World, end: Move) -> None:
    ticket = add_ticket(uow, world)
    uow.tickets.move(ticket, Move.ACCEPT, at=NOW, actor_id=None)
    assert len(keys(uow)) == 2
    uow.tickets.move(ticket, end, at=NOW, actor_id=None)
    assert keys(uow) == set()


def test_what_is_reopened_is_found_again(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world)
    for move in (Move.ACCEPT, Move.PROCESS, Move.RESOLVE):
        assert found(uow, world, "-") == [ticket]
        uow.tickets.move(ticket, move, at=NOW, actor_id=None)
    assert keys(uow) == set()  # what is reported as done is only theirs who asked for it
    uow.tickets.move(ticket, Move.CLOSE, at=NOW, actor_id=None)
    uow.tickets.move(ticket, Move.REOPEN, at=NOW, actor_id=None)
    assert found(uow, world, "-") == [ticket]


def test_signals_are_found_apart_from_tickets_while_they_wait(uow: UnitOfWork, world: World) -> None:
    add_ticket(uow, world, words="漏水")
    first, second = add_signal(uow, world, 1), add_signal(uow, world, 2, at=after(1), place="3栋")
    node = world.micro.id or 0
    assert uow.matters.signals(node, "leak", ["漏水"], after(-10)) == [second, first]
    assert uow.matters.signals(node, "leak", ["-"], after(-10)) == [first]
    assert uow.matters.signals(node, "leak", ["漏水"], after(0)) == [second]
    second.status = SignalStatus.CONFIRMED
    assert uow.matters.signals(node, "leak", ["漏水"], after(-10)) == [first]
    uow.signals.remove(first)
    assert uow.matters.signals(node, "leak", ["漏水"], after(-10)) == []
    assert keys(uow) == {("leak", "-"), ("leak", "漏水")}


def test_own_signals_are_the_last_ones_the_oldest_first(uow: UnitOfWork, world: World) -> None:
    signals = [add_signal(uow, world, number) for number in (1, 2, 3)]
    add_signal(uow, world, 4, person_id=world.leader.id)
    add_signal(uow, world, 5, status=SignalStatus.CONFIRMED)
    assert uow.signals.own(world.resident.id, 10) == signals
    assert uow.signals.own(world.resident.id, 2) == signals[1:]


def test_own_tickets_are_those_of_the_room_that_are_open_and_still_asked_for(uow: UnitOfWork, world: World) -> None:
    person, room = world.resident, world.room.id or 0
    tickets = [add_ticket(uow, world, at=after(minute), category=f"c{minute}") for minute in (1, 2, 3)]
    left, ended, elsewhere = add_ticket(uow, world), add_ticket(uow, world), add_ticket(uow, world, room_id=None)
    for minute, ticket in enumerate([*tickets, left, ended, elsewhere]):
        uow.tickets.join(ticket, person, after(minute))
    row = uow.tickets.requester(left.id, person.id)
    assert row is not None
    row.withdrawn_at = NOW
    uow.tickets.move(ended, Move.REJECT, at=NOW, actor_id=None)
    assert uow.tickets.asked_by(person.id, room, limit=10) == tickets
    assert uow.tickets.asked_by(person.id, room, limit=2) == tickets[1:]
    assert uow.tickets.asked_by(person.id, room, limit=10, category="c2") == tickets[1:2]
    assert uow.tickets.asked_by(world.leader.id, room, limit=10) == []
    assert [uow.tickets.asking(ticket.id) for ticket in (tickets[0], left)] == [1, 0]


def test_what_was_open_before_the_index_gets_its_keys_once(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        ticket = add_ticket(uow, world, at=NOW - timedelta(days=3))
        uow.tickets.move(add_ticket(uow, world), Move.REJECT, at=NOW, actor_id=None)
        add_ticket(uow, world, private=True)
        add_signal(uow, world)
        assert keys(uow) == set()
        uow.commit()
    with UnitOfWork(engine, keys_of=keys_of) as uow:
        assert uow.matters.refile() == 2
        assert uow.matters.refile() == 0
        assert keys(uow) == {("leak", "-"), ("leak", "三楼漏水了"), ("leak", "漏水")}
        assert uow.matters.tickets(world.micro.id or 0, "leak", ["-"], NOW - timedelta(days=7)) == [ticket]
