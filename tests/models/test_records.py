"""Records beside tickets: numbers, series, entries, erasing; on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from worlds import NOW, World, add_ticket, after, build_world

from models.codes import RecordKind, RecordState
from models.records import absorb, vote_key
from models.uow import UnitOfWork


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(engine) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    return build_world(uow)


def test_a_number_means_one_thing(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world)
    record = uow.records.open(RecordKind.VISIT, world.micro, world.village, title="走访", at=NOW)
    assert record.number == ticket.number + 1
    assert uow.records.by_number(record.scope_id, record.number) == record
    assert uow.records.by_number(record.scope_id, ticket.number) is None


def test_one_of_a_series_exists_once(uow: UnitOfWork, world: World) -> None:
    made = {"title": "例会", "at": NOW, "subject": "", "period": "2026-05-05"}
    uow.records.open(RecordKind.MEETING, world.village, world.village, **made)
    found = uow.records.of_series(RecordKind.MEETING, world.village.id or 0, "", "2026-05-05")
    assert found is not None
    assert uow.records.of_series(RecordKind.MEETING, world.village.id or 0, "", "2026-05-15") is None
    with pytest.raises(IntegrityError):
        uow.records.open(
            RecordKind.MEETING, world.village, world.village, title="例会", at=NOW, subject="", period="2026-05-05"
        )


def test_below_lists_the_newest_of_a_place_first(uow: UnitOfWork, world: World) -> None:
    old = uow.records.open(RecordKind.PATROL, world.micro, world.village, title="一", at=NOW)
    new = uow.records.open(RecordKind.PATROL, world.other_micro, world.village, title="二", at=after(60))
    uow.records.open(RecordKind.VISIT, world.micro, world.village, title="三", at=NOW)
    uow.records.end(old, after(120))
    assert list(uow.records.below(world.village.path, RecordKind.PATROL)) == [new, old]
    assert list(uow.records.below(world.village.path, RecordKind.PATROL, states=[RecordState.OPEN])) == [new]
    assert list(uow.records.below(world.micro.path, RecordKind.PATROL)) == [old]
    assert list(uow.records.at_any([world.other_micro.id or 0], RecordKind.PATROL)) == [new]


def test_an_entry_is_written_anew_under_its_key(uow: UnitOfWork, world: World) -> None:
    record = uow.records.open(RecordKind.VOTE, world.micro, world.village, title="装不装充电桩", at=NOW)
    _, first = uow.records.put(record, "vote", "3-2-301", at=NOW, value="agree", person_id=world.resident.id)
    entry, again = uow.records.put(
        record, "vote", "3-2-301", at=after(60), value="against", person_id=world.resident.id
    )
    assert (first, again) == (True, False)
    assert [one.value for one in uow.records.entries(record.id or 0, "vote")] == ["against"]
    uow.records.drop(entry)
    assert list(uow.records.entries(record.id or 0)) == []


def test_words_go_figures_stay(uow: UnitOfWork, world: World) -> None:
    record = uow.records.open(RecordKind.CARE, world.micro, world.village, title="走访陈奶奶", text="腿脚不便", at=NOW)
    uow.records.put(record, "item", "heating", at=NOW, value="ok", text="炉子正常", person_id=world.leader.id)
    uow.records.end(record, NOW)
    assert list(uow.records.kept_since(after(60), 10)) == [record]
    uow.records.erase(record, "（已按保存期删除）", after(60))
    assert list(uow.records.kept_since(after(120), 10)) == []
    assert (record.title, record.text) == ("（已按保存期删除）", "")
    uow.session.expire_all()
    assert [(one.value, one.text) for one in uow.records.entries(record.id or 0)] == [("ok", "")]


def test_what_somebody_said_goes_with_him(uow: UnitOfWork, world: World) -> None:
    record = uow.records.open(RecordKind.REVIEW, world.micro, world.village, title="评议", at=NOW)
    uow.records.put(record, "word", "1", at=NOW, text="我看可以", person_id=world.resident.id)
    uow.records.put(record, "word", "2", at=NOW, text="再等等", person_id=world.leader.id)
    uow.records.forget(world.resident.id)
    uow.session.expire_all()
    assert [one.text for one in uow.records.entries(record.id or 0)] == ["", "再等等"]


def test_two_persons_that_are_one_have_one_vote(uow: UnitOfWork, world: World) -> None:
    one, other = world.resident.id, world.leader.id
    vote = uow.records.open(RecordKind.VOTE, world.micro, world.village, title="装不装充电桩", at=NOW, person_id=one)
    review = uow.records.open(RecordKind.REVIEW, world.micro, world.village, title="评议", at=NOW)
    review.data = {"leader": one}
    for who, value in ((one, "赞成"), (other, "反对")):
        uow.records.put(vote, "vote", vote_key(vote.id, who), at=NOW, value=value, person_id=who)
    uow.records.put(review, "asked", one, at=NOW, value="agreed", person_id=one)
    absorb(uow.session, one, other)
    assert uow.records.tally(vote.id or 0, "vote") == {"反对": 1}
    assert [(entry.key, entry.person_id) for entry in uow.records.entries(review.id or 0)] == [(other, other)]
    uow.session.expire_all()
    assert vote.person_id == other
    assert review.data["leader"] == other


def test_counts_of_what_is_open(uow: UnitOfWork, world: World) -> None:
    mine = {"kind": RecordKind.CARE, "node": world.micro, "scope": world.village, "title": "陈奶奶", "at": NOW}
    uow.records.open(**mine, period="file", subject="a", due_at=after(60), person_id=world.leader.id)
    uow.records.open(**mine, period="file", subject="b", due_at=after(6000))
    assert uow.records.open_counts(world.village.path, RecordKind.CARE, after(120)) == (2, 1, 1)
    assert uow.records.open_counts(world.other_micro.path, RecordKind.CARE, after(120)) == (0, 0, 0)
    uow.records.forget(world.leader.id)
    assert len(uow.records.of_person(RecordKind.CARE, world.leader.id)) == 1
