"""Pending rows in memory: order, lanes, what may go out together."""

from datetime import UTC, datetime, timedelta

from bot.queue import Queue
from handlers.policy import load_policy
from models.codes import PostKind
from models.outgoing_tables import Outgoing

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
POLICY = load_policy("default")


def row(
    number: int, kind: PostKind = PostKind.ACK, *, room: int | None = 1, later: int = 0, **fields: object
) -> Outgoing:
    """An outbox row; later: seconds until it may leave."""
    at = NOW + timedelta(seconds=later)
    values = {"id": number, "account": "a", "kind": kind, "text": "", "room_id": room, "created_at": NOW, **fields}
    return Outgoing(**{"not_before": at, **values})


def queue(*rows: Outgoing) -> Queue:
    made = Queue()
    made.add((one, POLICY) for one in rows)
    return made


def order(made: Queue) -> list[int]:
    """The rows in the order in which they would leave."""
    out = []
    while heads := list(made.heads()):
        out.append(heads[0].row)
        made.remove(heads[0])
    return out


def test_the_most_urgent_kind_first_then_the_oldest() -> None:
    kinds = [PostKind.DIGEST, PostKind.NOTICE, PostKind.ACK, PostKind.REPLY, PostKind.ACK, PostKind.EMERGENCY]
    made = queue(*(row(number, kind) for number, kind in enumerate(kinds, start=1)))
    assert len(made) == 6
    assert order(made) == [6, 4, 3, 5, 2, 1]
    assert len(made) == 0


def test_each_destination_has_its_lanes() -> None:
    made = queue(row(1, room=1), row(2, room=2), row(3, room=1), row(4, room=None, person_id="p", address="p"))
    assert [item.row for item in made.heads()] == [1, 2, 4]


def test_a_row_that_comes_back_stands_where_it_stood_and_no_row_stands_twice() -> None:
    made = queue(row(1), row(2), row(3))
    first = next(made.heads())
    made.remove(first)
    made.add([(row(1), POLICY), (row(2), POLICY)])
    assert order(made) == [1, 2, 3]


def test_acks_of_one_room_go_together_up_to_the_one_that_must_wait() -> None:
    made = queue(
        row(1, merge={"number": 1}),
        row(2, merge={"number": 2}),
        row(3, merge={"number": 3}, later=9),
        row(4, merge={"number": 4}),
        row(5, room=2, merge={"number": 5}),
    )
    head = next(made.heads())
    assert [item.row for item in made.companions(head, NOW, 30)] == [2]
    assert [item.row for item in made.companions(head, NOW + timedelta(seconds=9), 30)] == [2, 3, 4]
    assert [item.row for item in made.companions(head, NOW + timedelta(seconds=9), 1)] == [2]


def test_private_notices_go_together_replies_and_pictures_do_not() -> None:
    to = {"room": None, "person_id": "p", "address": "p"}
    made = queue(
        row(1, PostKind.NOTICE, **to),
        row(2, PostKind.NOTICE, **to),
        row(3, PostKind.NOTICE, picture="x", **to),
        row(4, PostKind.NOTICE, **to),
        row(5, PostKind.REPLY, **to),
        row(6, PostKind.REPLY, **to),
    )
    replies, notices = list(made.heads())
    assert [item.row for item in made.companions(notices, NOW, 30)] == [2]
    assert made.companions(replies, NOW, 30) == []
