"""The hash chain: intact ones verify, and whatever is changed is found."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from worlds import NOW, World, add_ticket, after, build_world

from models.history import Damage
from models.history_tables import EventText, TicketEvent
from models.states import Move, allowed
from models.ticket_tables import Ticket
from models.uow import UnitOfWork


def _life(uow: UnitOfWork, world: World) -> Ticket:
    """A ticket with six events, five of them with words."""
    ticket = add_ticket(uow, world, words="三楼漏水了")
    uow.tickets.record(
        ticket, "joined", at=after(1), actor_id=world.member.id, words="我家也是", data={"requesters": 2}
    )
    uow.tickets.move(ticket, Move.ACCEPT, at=after(2), actor_id=world.leader.id)
    uow.tickets.move(ticket, Move.PROCESS, at=after(3), actor_id=world.leader.id, words="师傅下午来")
    uow.tickets.move(ticket, Move.RESOLVE, at=after(4), actor_id=world.leader.id, words="修好了")
    uow.tickets.record(ticket, "rated", at=after(5), actor_id=world.resident.id, words="谢谢", data={"rating": "fair"})
    return ticket


def _damage(engine: Engine) -> list[Damage]:
    with UnitOfWork(engine, read_only=True) as uow:
        return list(uow.seals.damage())


@pytest.fixture
def ticket(engine: Engine) -> Ticket:
    with UnitOfWork(engine) as uow:
        made = _life(uow, build_world(uow))
        uow.commit()
    assert _damage(engine) == []
    return made


def _tamper(engine: Engine, *statements: str) -> list[str]:
    with engine.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0
    return [found.what for found in _damage(engine)]


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-05-06 02:03:01.000000'", "kind = 'rejected'", "actor_id = NULL", "actor_id = 'somebody'",
        "from_status = 'open'", "from_status = NULL", "to_status = 'closed'", "data = '{\"x\": 1}'",
        "text_hash = NULL", "text_hash = 'x'", "prev_hash = 'x'", "hash = 'x'", "seq = 9",
    ],
)  # fmt: skip
def test_a_changed_field_of_an_event_is_found(engine: Engine, ticket: Ticket, change: str) -> None:
    assert _tamper(engine, f"UPDATE ticket_event SET {change} WHERE seq = 4")


@pytest.mark.parametrize(
    ("change", "what"),
    [("text = '换了'", "text_changed"), ("salt = 'x'", "text_changed"), ("author_id = NULL", "text_changed"),
     ("seq = 3", "text_added"), ("seq = 77", "text_added")],
)  # fmt: skip
def test_a_changed_text_is_found(engine: Engine, ticket: Ticket, change: str, what: str) -> None:
    assert what in _tamper(engine, f"UPDATE event_text SET {change} WHERE seq = 4")


def test_a_text_deleted_without_its_event_is_found(engine: Engine, ticket: Ticket) -> None:
    assert _tamper(engine, "DELETE FROM event_text WHERE seq = 2") == ["text_missing"]


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_deleted_event_is_found(engine: Engine, ticket: Ticket, seq: int) -> None:
    assert "missing" in _tamper(engine, f"DELETE FROM ticket_event WHERE seq = {seq}")


def test_swapped_events_are_found(engine: Engine, ticket: Ticket) -> None:
    swap = ("UPDATE ticket_event SET seq = -1 WHERE seq = 3", "UPDATE ticket_event SET seq = 3 WHERE seq = 4")
    assert _tamper(engine, *swap, "UPDATE ticket_event SET seq = 4 WHERE seq = -1")


def test_swapped_texts_are_found(engine: Engine, ticket: Ticket) -> None:
    swap = ("UPDATE event_text SET seq = -1 WHERE seq = 4", "UPDATE event_text SET seq = 4 WHERE seq = 5")
    assert _tamper(engine, *swap, "UPDATE event_text SET seq = 5 WHERE seq = -1") == ["text_changed"] * 2


def test_a_status_changed_past_the_history_is_found(engine: Engine, ticket: Ticket) -> None:
    assert _tamper(engine, "UPDATE ticket SET status = 'closed'") == ["status"]


def test_a_ticket_without_any_history_is_found(engine: Engine, ticket: Ticket) -> None:
    assert "empty" in _tamper(engine, "DELETE FROM event_text", "DELETE FROM ticket_event")


def test_erased_texts_are_accepted(engine: Engine, ticket: Ticket) -> None:
    with UnitOfWork(engine) as uow:
        mine = uow.tickets.get(ticket.id)
        resident = uow.tickets.texts(ticket.id)[1].author_id
        assert uow.erasing.erase_words(mine, at=after(6), author_id=resident) == 2
        assert uow.erasing.erase_words(mine, at=after(6), author_id=resident) == 0
        uow.commit()
        assert set(uow.tickets.texts(ticket.id)) == {2, 4, 5}
        assert uow.tickets.events(ticket.id)[-1].data == {"seqs": [1, 6]}
    assert _damage(engine) == []
    # Only what the event names: another text that goes is found, and so is one that comes back.
    assert _tamper(engine, "DELETE FROM event_text WHERE seq = 4") == ["text_missing"]


def test_all_words_can_be_erased(engine: Engine, ticket: Ticket) -> None:
    with UnitOfWork(engine) as uow:
        assert uow.erasing.erase_words(uow.tickets.get(ticket.id), at=after(6)) == 5
        uow.commit()
    assert _damage(engine) == []


def test_an_erased_text_that_is_still_there_is_found(engine: Engine, ticket: Ticket) -> None:
    with UnitOfWork(engine) as uow:
        word = uow.tickets.texts(ticket.id)[2]
        copy = word.model_dump()
        uow.erasing.erase_words(uow.tickets.get(ticket.id), at=after(6))
        uow.session.add(EventText(**copy))
        uow.commit()
    assert [found.what for found in _damage(engine)] == ["text_kept"]


def test_an_erased_event_does_not_survive_being_forged(engine: Engine, ticket: Ticket) -> None:
    forged = "UPDATE ticket_event SET kind = 'erased', data = '{\"seqs\": [2]}' WHERE seq = 6"
    assert "changed" in _tamper(engine, forged, "DELETE FROM event_text WHERE seq = 2")


# -- seals --------------------------------------------------------------------------------------


def _seal(engine: Engine, day: str, minutes: float) -> int:
    with UnitOfWork(engine) as uow:
        seal = uow.seals.seal(day, after(minutes))
        uow.commit()
        return seal.events


def test_a_removed_tail_is_found_by_the_seal(engine: Engine, ticket: Ticket) -> None:
    assert _seal(engine, "2026-05-06", 10) == 6
    assert _damage(engine) == []
    cut = ("DELETE FROM ticket_event WHERE seq > 4", "DELETE FROM event_text WHERE seq > 4")
    assert _tamper(engine, *cut, "UPDATE ticket SET status = 'in_progress'") == ["seal"]


def test_a_removed_ticket_is_found_by_the_seal(engine: Engine, ticket: Ticket) -> None:
    _seal(engine, "2026-05-06", 10)
    assert _tamper(engine, "DELETE FROM event_text", "DELETE FROM ticket_event", "DELETE FROM ticket") == ["seal"]


def test_a_removed_or_changed_seal_is_found(engine: Engine, ticket: Ticket) -> None:
    for day in ("2026-05-06", "2026-05-07", "2026-05-08"):
        _late(engine, ticket, 10)
        _seal(engine, day, 20)
    assert _damage(engine) == []
    assert "seal" in _tamper(engine, "DELETE FROM seal WHERE day = '2026-05-07'")


def test_a_removed_last_seal_is_found(engine: Engine, ticket: Ticket) -> None:
    _seal(engine, "2026-05-06", 10)
    assert _tamper(engine, "DELETE FROM seal") == ["seal"]


@pytest.mark.parametrize("change", ["sealed_on = NULL", "sealed_on = '2026-05-07'"])
def test_an_event_moved_out_of_its_seal_is_found(engine: Engine, ticket: Ticket, change: str) -> None:
    _seal(engine, "2026-05-06", 10)
    assert "seal" in _tamper(engine, f"UPDATE ticket_event SET {change} WHERE seq = 6")


def _late(engine: Engine, ticket: Ticket, minutes: float) -> None:
    with UnitOfWork(engine) as uow:
        mine = uow.tickets.get(ticket.id)
        uow.tickets.record(mine, "updated", at=after(minutes), actor_id=None, words="还没好")
        uow.commit()


def test_seals_hold_each_event_once(engine: Engine, ticket: Ticket) -> None:
    assert [_seal(engine, day, 10) for day in ("a", "b")] == [6, 0]
    _late(engine, ticket, 20)
    assert _seal(engine, "c", 30) == 1
    assert _seal(engine, "a", 500) == 6  # a day is sealed once
    assert _damage(engine) == []


@pytest.mark.parametrize("minutes", [-5000, 0, 3, 10])
def test_events_with_earlier_times_break_no_seal(engine: Engine, ticket: Ticket, minutes: float) -> None:
    _seal(engine, "2026-05-06", 10)
    _late(engine, ticket, minutes)
    with UnitOfWork(engine) as uow:
        add_ticket(uow, _world(uow), at=after(minutes))
        uow.commit()
    assert _damage(engine) == []
    assert _seal(engine, "2026-05-07", minutes) == 2
    assert _damage(engine) == []
    assert _tamper(engine, "DELETE FROM event_text WHERE seq = 7", "DELETE FROM ticket_event WHERE seq = 7") == ["seal"]


def test_an_event_committed_after_a_later_one_was_sealed_waits_for_the_next_seal(postgres_engine: Engine) -> None:
    with UnitOfWork(postgres_engine) as uow:
        first, second = add_ticket(uow, world := build_world(uow)), add_ticket(uow, world)
        uow.commit()
    with UnitOfWork(postgres_engine) as slow:
        slow.tickets.record(slow.tickets.get(first.id), "updated", at=after(1), actor_id=None)
        _late(postgres_engine, second, 2)
        assert _seal(postgres_engine, "2026-05-06", 5000) == 3
        slow.commit()
    assert _damage(postgres_engine) == []
    assert _seal(postgres_engine, "2026-05-07", 1) == 1
    assert _damage(postgres_engine) == []


def test_erased_words_break_no_seal(engine: Engine, ticket: Ticket) -> None:
    _seal(engine, "2026-05-06", 10)
    with UnitOfWork(engine) as uow:
        assert uow.erasing.erase_words(uow.tickets.get(ticket.id), at=after(-9)) == 5
        uow.commit()
    assert _damage(engine) == []


# -- any history at all -------------------------------------------------------------------------

_plain = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _plain,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(_plain, inner, max_size=3),
    max_leaves=8,
)
_steps = st.lists(
    st.tuples(st.sampled_from(Move), st.dictionaries(_plain | st.integers(0, 200), _json, max_size=3), _plain),
    max_size=8,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps, erase=st.booleans())
def test_any_history_verifies_after_a_round_trip(
    engine: Engine, steps: Sequence[tuple[Move, dict[Any, Any], str]], erase: bool
) -> None:
    with UnitOfWork(engine) as uow:
        node = uow.places.node_by_code("v1")
        if node is None:
            build_world(uow)
            uow.commit()
        world = _world(uow)
        ticket = add_ticket(uow, world)
        for minute, (move, data, words) in enumerate(steps):
            if allowed(ticket.kind, ticket.status, move) is not None:
                uow.tickets.move(ticket, move, at=after(minute), actor_id=None, words=words, data=data)
            else:
                uow.tickets.record(
                    ticket, "updated", at=after(minute), actor_id=world.leader.id, words=words, data=data
                )
        if erase:
            uow.erasing.erase_words(ticket, at=after(99))
        uow.commit()
    assert _damage(engine) == []


def _world(uow: UnitOfWork) -> World:
    places = uow.places
    named = {code: places.node_by_code(code) for code in ("t", "v1", "v2", "g", "m1", "m2")}
    nodes = [node for node in named.values() if node is not None]
    people = []
    for name in ("老李", "王阿姨", "老张"):
        identity = uow.people.identity("test", name)
        assert identity is not None
        people.append(uow.people.get(identity.person_id))
    room = places.room("test", "r1")
    assert room is not None
    return World(*nodes, room, *people)


@pytest.mark.parametrize("data", [{"x": float("nan")}, {"x": float("inf")}, {"x": object()}])
def test_data_that_no_database_holds_is_refused_at_once(engine: Engine, data: dict[str, Any]) -> None:
    with UnitOfWork(engine) as uow:
        ticket = add_ticket(uow, build_world(uow))
        with pytest.raises((ValueError, TypeError)):
            uow.tickets.record(ticket, "updated", at=NOW, actor_id=None, data=data)


def test_the_hash_covers_every_column_of_an_event() -> None:
    apart = {"id", "hash", "sealed_on"}  # a seal covers what it holds by its own hash
    covered = {
        "ticket_id",
        "seq",
        "at",
        "kind",
        "actor_id",
        "from_status",
        "to_status",
        "data",
        "text_hash",
        "prev_hash",
    }
    assert set(TicketEvent.model_fields) == covered | apart
