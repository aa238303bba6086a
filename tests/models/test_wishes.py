"""Claims of wishes that want several: seats, and two who claim at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from worlds import NOW, World, add_ticket, after, build_world

from models.codes import Status, TicketKind
from models.states import Move
from models.tables import Person
from models.uow import Conflict, UnitOfWork


@pytest.fixture
def world(engine: Engine) -> World:
    with UnitOfWork(engine) as uow:
        made = build_world(uow)
        uow.commit()
    return made


def _wish(engine: Engine, world: World, helpers: int, **fields: object) -> str:
    with UnitOfWork(engine) as uow:
        wish = add_ticket(uow, world, TicketKind.WISH, helpers_wanted=helpers, **fields)
        uow.commit()
    return wish.id


def _claim(engine: Engine, wish_id: str, person: Person) -> int:
    """Claim as a dispatcher does, deciding anew after a conflict; returns how many conflicts there were.

    Raises Conflict when no seat is free.
    """
    for conflicts in range(5):
        try:
            with UnitOfWork(engine) as uow:
                wish = uow.tickets.get(wish_id)
                if conflicts and not uow.wishes.free_seats(wish):
                    raise Conflict("full")
                uow.tickets.move(wish, Move.CLAIM, at=NOW, actor_id=person.id)
                uow.tickets.claim(wish, person, NOW)
                uow.commit()
            return conflicts
        except Conflict:
            if conflicts == 4:
                raise
    raise AssertionError


def test_as_many_may_claim_as_are_wanted_each_on_a_seat_of_his_own(engine: Engine, world: World) -> None:
    wish_id = _wish(engine, world, 2)
    assert _claim(engine, wish_id, world.member) == 0
    assert _claim(engine, wish_id, world.leader) == 0
    with pytest.raises(Conflict):
        _claim(engine, wish_id, world.resident)
    with UnitOfWork(engine) as uow:
        wish = uow.tickets.get(wish_id)
        assert [(live.person_id, live.seat) for live in uow.wishes.live(wish_id)] == [
            (world.member.id, 0), (world.leader.id, 1),
        ]  # fmt: skip
        assert uow.wishes.free_seats(wish) == 0
        assert uow.wishes.wanting(world.micro.path) == []
        uow.wishes.end(uow.wishes.live(wish_id)[0], NOW, "handed_back")
        assert uow.wishes.free_seats(wish) == 1
        assert list(uow.wishes.wanting(world.micro.path)) == [wish]
        assert uow.tickets.claim(wish, world.resident, NOW).seat == 0
        assert [live.person_id for live in uow.wishes.until(wish_id, NOW)] == [
            world.member.id, world.leader.id, world.resident.id,
        ]  # fmt: skip


def test_nobody_has_two_seats_of_one_wish(engine: Engine, world: World) -> None:
    wish_id = _wish(engine, world, 3)
    _claim(engine, wish_id, world.member)
    with pytest.raises(Conflict), UnitOfWork(engine) as uow:
        uow.tickets.claim(uow.tickets.get(wish_id), world.member, NOW)


def test_two_transactions_that_claim_at_once_never_share_a_seat(engine: Engine, world: World) -> None:
    """The second begins while the first has claimed and not committed: it waits, and decides anew."""
    wish_id = _wish(engine, world, 2)
    begun = threading.Event()

    def second() -> int:
        begun.set()
        return _claim(engine, wish_id, world.leader)

    with ThreadPoolExecutor(1) as pool:
        with UnitOfWork(engine) as uow:
            wish = uow.tickets.get(wish_id)
            uow.tickets.move(wish, Move.CLAIM, at=NOW, actor_id=world.member.id)
            uow.tickets.claim(wish, world.member, NOW)
            result = pool.submit(second)
            assert begun.wait(timeout=20)
            uow.commit()
        conflicts = result.result(timeout=60)
    with UnitOfWork(engine) as uow:
        assert [(live.person_id, live.seat) for live in uow.wishes.live(wish_id)] == [
            (world.member.id, 0), (world.leader.id, 1),
        ]  # fmt: skip
        assert [event.seq for event in uow.tickets.events(wish_id)] == [1, 2, 3]
    assert conflicts <= 1


def test_of_two_transactions_that_claim_the_last_seat_one_gets_it(engine: Engine, world: World) -> None:
    wish_id = _wish(engine, world, 1)
    gate = threading.Barrier(2)

    def one(person: Person) -> bool:
        gate.wait(timeout=20)
        try:
            _claim(engine, wish_id, person)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(one, (world.member, world.leader)))
    assert sorted(won) == [False, True]
    with UnitOfWork(engine) as uow:
        assert len(uow.wishes.live(wish_id)) == 1


def test_what_wants_somebody_is_open_or_has_a_free_seat(engine: Engine, world: World) -> None:
    ids = {status: _wish(engine, world, 2, status=status) for status in Status if status in _OF_WISHES}
    alone = _wish(engine, world, 1, status=Status.CLAIMED)
    with UnitOfWork(engine) as uow:
        found = {wish.id for wish in uow.wishes.wanting(world.micro.path)}
        assert found == {ids[status] for status in (Status.OPEN, Status.CLAIMED, Status.ASSIGNED)}
        assert alone not in found
        assert all((uow.wishes.free_seats(uow.tickets.get(one)) > 0) is (one in found) for one in ids.values())


_OF_WISHES = frozenset(
    {Status.PROPOSED, Status.OPEN, Status.CLAIMED, Status.ASSIGNED, Status.DONE, Status.CLOSED, Status.WITHDRAWN}
)


def test_who_hands_back_does_not_make_a_wish_offered_more_often(engine: Engine, world: World) -> None:
    wish_id = _wish(engine, world, 1)
    with UnitOfWork(engine) as uow:
        row = uow.wishes.put_on_list(wish_id, after(60), at_most=2, anew=False)
        assert (row.times, row.due_at) == (0, after(60))
        row.times, row.due_at = 3, None
        assert uow.wishes.put_on_list(wish_id, after(90), at_most=2, anew=False).times == 2
        assert uow.wishes.put_on_list(wish_id, after(90), at_most=2, anew=True).times == 0
        uow.commit()
    with UnitOfWork(engine) as uow:
        assert uow.wishes.offers([wish_id, "none"])[wish_id].due_at == NOW + timedelta(minutes=90)
        assert uow.wishes.offers([]) == {}
