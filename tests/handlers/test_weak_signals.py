"""The ledger of weak signals, and what must be told at once: counts without words, and nothing out of nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from worlds import NOW, World, build_world

from handlers.policy import load_policy
from handlers.policy.telling import MustReport
from models.codes import TicketKind
from models.ticket_tables import Signal
from models.uow import UnitOfWork
from models.weak_signal_tables import WeakSignal

YEAR, LATER = NOW - timedelta(days=120), NOW + timedelta(days=30)


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(engine) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    return build_world(uow)


def _signal(uow: UnitOfWork, world: World, number: int, category: str = "labour") -> Signal:
    assert world.village.id is not None
    assert world.micro.id is not None
    return uow.signals.add(
        Signal(
            scope_id=world.village.id, number=number, kind=TicketKind.DISPUTE, category=category,
            node_id=world.micro.id, text="工资悬了", at=NOW,
        )
    )  # fmt: skip


def test_a_year_of_dongkeng_is_counted_by_field(uow: UnitOfWork, world: World) -> None:
    fields = {"劳动关系": 600, "金融": 250, "交通": 200, "房地产": 180, "教育": 142, "": 100}
    assert sum(fields.values()) == 1472
    assert world.micro.id is not None
    rows = [
        WeakSignal(node_id=world.micro.id, category="labour", fields=name, at=NOW, ended_at=NOW, outcome="confirmed")
        for name, count in fields.items()
        for _ in range(count)
    ]
    uow.session.add_all(rows)
    uow.flush()
    heard = uow.weak_signals.heard(world.town.path, YEAR, LATER)
    assert (heard.all, heard.fields["劳动关系"], heard.became_tickets) == (1472, 600, 1472)
    assert uow.weak_signals.heard(world.other_village.path, YEAR, LATER).all == 0
    assert uow.weak_signals.heard(world.town.path, LATER, LATER + timedelta(days=1)).all == 0


def test_each_end_stands_in_the_ledger_and_what_was_taken_back_does_not(uow: UnitOfWork, world: World) -> None:
    signals = [_signal(uow, world, number) for number in range(1, 5)]
    for signal in signals:
        uow.weak_signals.note(signal, ["劳动关系", "困难群众"])
    uow.signals.drop(signals[0], at=NOW, by=world.leader.id)
    uow.signals.remove(signals[1])
    uow.signals.remove_old(NOW + timedelta(minutes=1), NOW + timedelta(days=7))
    heard = uow.weak_signals.heard(world.town.path, YEAR, LATER)
    assert (heard.all, heard.outcomes["dropped"], heard.outcomes["expired"]) == (3, 1, 2)
    assert heard.fields == {"劳动关系": 3, "困难群众": 3}


def test_the_number_of_a_deleted_signal_may_come_back(uow: UnitOfWork, world: World) -> None:
    first = _signal(uow, world, 1)
    uow.weak_signals.note(first, ["金融"])
    uow.signals.drop(first, at=NOW, by=world.leader.id)
    uow.flush()
    again = _signal(uow, world, 1)
    uow.weak_signals.note(again, ["教育"])
    heard = uow.weak_signals.heard(world.town.path, YEAR, LATER)
    assert heard.fields == {"金融": 1, "教育": 1}
    assert heard.outcomes == {"dropped": 1, "": 1}


def test_the_ledger_holds_no_words_and_nobody() -> None:
    assert set(WeakSignal.model_fields) == {
        "id",
        "signal_id",
        "node_id",
        "category",
        "fields",
        "at",
        "ended_at",
        "outcome",
    }


def test_a_group_is_known_by_category_flag_or_word() -> None:
    group = MustReport(name="两安全", categories=("work_safety",), flags=("minor",), words=("燃气",))
    assert group.is_met("work_safety", frozenset(), "")
    assert group.is_met("noise", frozenset({"minor"}), "")
    assert group.is_met("noise", frozenset(), "有燃气味")
    assert not group.is_met("noise", frozenset({"health"}), "太吵")


def test_by_default_nothing_must_be_told_and_nothing_is_counted() -> None:
    policy = load_policy()
    assert policy.telling.groups("work_safety", frozenset({"minor"}), "爆炸") == []
    assert policy.weak_signals.of("labour", frozenset(), "工资") == []
    assert policy.routing.path("noise") == ()
