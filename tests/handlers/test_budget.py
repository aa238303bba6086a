"""How much the bot may post: counted without a clock."""

from datetime import UTC, datetime, timedelta

from handlers.clockwork.budget import DAY, HOUR, MINUTE, Budget
from handlers.policy.rooms import Budget as Limits
from models.codes import PostKind
from models.outbox import Spent

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
ROOM, OTHER = 1, 2


def budget(room: int = 3, minute: int = 5, day: int = 7) -> Budget:
    return Budget(Limits(room_per_hour=room, account_per_minute=minute, account_per_day=day, notice_expires_hours=48))


def test_a_room_has_its_own_hour() -> None:
    spent = budget()
    for minute in range(3):
        assert spent.free_at(NOW + minute * MINUTE, ROOM) == NOW + minute * MINUTE
        spent.spend(NOW + minute * MINUTE, ROOM)
    assert spent.free_at(NOW + 3 * MINUTE, ROOM) == NOW + HOUR
    assert spent.free_at(NOW + 3 * MINUTE, OTHER) == NOW + 3 * MINUTE
    assert spent.free_at(NOW + HOUR, ROOM) == NOW + HOUR


def test_an_account_has_a_minute_and_a_day_over_all_rooms_and_private_chats() -> None:
    spent = budget()
    for place in (ROOM, OTHER, None, ROOM, None):
        spent.spend(NOW, place)
    assert spent.free_at(NOW, None) == NOW + MINUTE
    for _ in range(2):
        spent.spend(NOW + MINUTE, None)
    assert spent.free_at(NOW + 2 * MINUTE, OTHER) == NOW + DAY


def test_asking_about_tomorrow_forgets_nothing_of_today() -> None:
    spent = budget()
    for _ in range(3):
        spent.spend(NOW, ROOM)
    assert spent.free_at(NOW + 2 * DAY, ROOM) == NOW + 2 * DAY
    assert spent.free_at(NOW + MINUTE, ROOM) == NOW + HOUR


def test_what_left_before_the_start_counts() -> None:
    spent = budget()
    spent.load(Spent(NOW - minutes * MINUTE, ROOM, None, PostKind.ACK) for minutes in (30, 20, 10))
    assert spent.free_at(NOW, ROOM) == NOW + timedelta(minutes=30)
