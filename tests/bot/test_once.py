"""Things that may happen once, at the same moment from two sides, through the real dispatchers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from plain import plain_app
from sqlalchemy import Engine
from sqlmodel import select
from worlds import NOW, TOLD, World, add_ticket, build_world

from bot.app import App
from bot.outcome import Outcome
from handlers.report.readers import DIGEST
from models.codes import OutgoingState, PostKind, Role, RoomMode, Status, TicketKind
from models.message import Message
from models.outgoing_tables import Outgoing
from models.places import FAILED
from models.states import Move
from models.ticket_tables import Claim, Requester, Source, Ticket
from models.uow import UnitOfWork

ROUNDS = 20
SIDES = ("left", "right")


@pytest.fixture
def world(engine: Engine) -> World:
    """Two accounts, each with a room of the same micro-grid and a party member in it."""
    with UnitOfWork(engine) as uow:
        made = build_world(uow)
        for side in SIDES:
            uow.places.account(side, "memory")
            room = uow.places.add_room(account=side, external_id="room", name=side, node=made.micro, mode=RoomMode.ON)
            room.notice_version = TOLD
            person = uow.people.add(f"党员{side}")
            uow.people.bind(person, side, "member", f"党员{side}", reachable=True)
            uow.people.grant(person, made.village, Role.PARTY_MEMBER)
        uow.commit()
    return made


@pytest.fixture
def app(engine: Engine, world: World) -> App:
    return plain_app(engine, SIDES)


def _message(side: str, text: str, at: datetime, number: int) -> Message:
    return Message(f"m{number}", side, "room", "member", text, at, sender_name=f"党员{side}")


def _both(work: Callable[[str], Outcome]) -> list[Outcome]:
    """Work for both sides, in two threads that start together."""
    gate = threading.Barrier(2)

    def one(side: str) -> Outcome:
        gate.wait(timeout=20)
        return work(side)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, SIDES))


def test_of_two_who_claim_one_wish_at_once_exactly_one_wins(engine: Engine, world: World, app: App) -> None:
    for number in range(1, ROUNDS + 1):
        at = NOW + timedelta(hours=number)
        with UnitOfWork(engine) as uow:
            wish = add_ticket(uow, world, TicketKind.WISH, category="wish_other", at=at, words="想要一张轮椅")
            text = f"小哨 认领 {wish.number}"
            uow.commit()

        def claim(side: str, text: str = text, at: datetime = at, number: int = number) -> Outcome:
            return app.shards[side].handle(_message(side, text, at, number), at)

        assert _both(claim) == [Outcome.COMMAND, Outcome.COMMAND]
        with UnitOfWork(engine) as uow:
            claims = uow.session.exec(select(Claim).where(Claim.ticket_id == wish.id)).all()
            replies = uow.session.exec(select(Outgoing).where(Outgoing.in_reply_to == f"m{number}")).all()
            said = [row.text for row in replies if row.kind is PostKind.REPLY]
            assert len(claims) == 1
            assert uow.tickets.get(wish.id).status is Status.CLAIMED
            assert len(uow.tickets.events(wish.id)) == 2
        assert len(said) == 2
        assert sum("认领了" in text for text in said) == 1
        assert sum(f"#{wish.number} 已由党员" in text for text in said) == 1


def test_of_two_who_say_that_they_have_an_emergency_exactly_one_has_it(engine: Engine, world: World, app: App) -> None:
    with UnitOfWork(engine) as uow:
        people = [uow.people.known(side, "member", f"党员{side}") for side in SIDES]
        for person in people:
            uow.people.grant(person, world.village, Role.GOVERNOR)
        uow.commit()
    for number in range(1, ROUNDS + 1):
        at = NOW + timedelta(hours=number)
        with UnitOfWork(engine) as uow:
            fire = add_ticket(uow, world, category="fire_safety", urgency="emergency", at=at, words="3栋着火了")
            uow.alarms.begin(fire.id, at).told = [person.id for person in people]
            text = f"收到 {fire.number}"
            uow.commit()

        def answer(side: str, text: str = text, at: datetime = at, number: int = number) -> Outcome:
            return app.shards[side].handle(Message(f"m{number}", side, None, "member", text, at), at)

        assert _both(answer) == [Outcome.COMMAND, Outcome.COMMAND]
        with UnitOfWork(engine) as uow:
            alarm = uow.alarms.get(fire.id)
            assert alarm is not None
            (has,) = [person for person in people if person.id == alarm.acknowledged_by]
            (other,) = [person for person in people if person is not has]
            rows = uow.session.exec(select(Outgoing).where(Outgoing.in_reply_to == f"m{number}")).all()
            said = sorted((row.person_id == has.id, row.kind, row.text) for row in rows)
            assert [(mine, kind) for mine, kind, _ in said] == [
                (False, PostKind.EMERGENCY), (False, PostKind.REPLY), (True, PostKind.REPLY),
            ]  # fmt: skip
            assert f"已由{has.name}接手" in said[1][2]
            assert "交给您了" in said[2][2]
            assert [event.kind for event in uow.tickets.events(fire.id)].count("acknowledged") == 1
            assert all(row.person_id == other.id for row in rows if row.kind is PostKind.EMERGENCY)


def test_two_messages_of_one_matter_at_once_become_one_ticket(engine: Engine, world: World, app: App) -> None:
    for number in range(1, ROUNDS + 1):
        at = NOW + timedelta(hours=number)

        def say(side: str, at: datetime = at, number: int = number) -> Outcome:
            return app.shards[side].handle(_message(side, "楼道漏水了", at, number), at)

        assert _both(say) == [Outcome.EFFECT, Outcome.EFFECT]
        with UnitOfWork(engine) as uow:
            (ticket,) = uow.session.exec(select(Ticket).where(Ticket.status == Status.OPEN)).all()
            asking = uow.session.exec(select(Requester).where(Requester.ticket_id == ticket.id)).all()
            held = uow.session.exec(select(Source).where(Source.ticket_id == ticket.id)).all()
            assert (len(asking), len(held)) == (2, 2)
            assert [event.seq for event in uow.tickets.events(ticket.id)] == [1, 2]
            uow.tickets.move(ticket, Move.WITHDRAW, at=at, actor_id=None)
            uow.commit()
    with UnitOfWork(engine, read_only=True) as uow:
        assert list(uow.seals.damage()) == []


@pytest.mark.parametrize("text", ["楼道漏水了", "小哨 帮助"])
def test_one_message_delivered_three_times_has_one_effect(engine: Engine, world: World, text: str) -> None:
    message = _message("left", text, NOW, 1)
    first = plain_app(engine, SIDES).shards["left"]
    outcomes = [first.handle(message, NOW), first.handle(message, NOW + timedelta(seconds=1))]
    # After a restart nothing is in memory: only the database knows.
    again = plain_app(engine, SIDES).shards["left"]
    outcomes.append(again.handle(message, NOW + timedelta(minutes=2)))
    assert outcomes[1:] == [Outcome.DUPLICATE] * 2
    with UnitOfWork(engine) as uow:
        rows = uow.outbox.in_state(OutgoingState.PENDING)
        tickets = uow.tickets.all()
    assert len([row for row in rows if row.kind in (PostKind.ACK, PostKind.REPLY)]) == 1
    assert len(tickets) == (1 if "漏水" in text else 0)


def test_a_message_whose_commit_failed_is_new_when_it_comes_again(
    engine: Engine, world: World, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard, message = app.shards["left"], _message("left", "楼道漏水了", NOW, 1)
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", _broken)
        assert shard.handle(message, NOW) is Outcome.FAILED
    assert shard.handle(message, NOW + timedelta(seconds=5)) is Outcome.EFFECT
    with UnitOfWork(engine) as uow:
        assert len(uow.tickets.all()) == 1


def test_a_message_that_failed_is_in_the_ledger_of_gaps_once_and_without_words(
    engine: Engine, world: World, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard, later = app.shards["left"], NOW + timedelta(seconds=5)
    with monkeypatch.context() as patch:
        patch.setattr("bot.dispatcher.hear", _broken)
        for _ in range(2):  # the channel delivers it again
            assert shard.handle(_message("left", "楼道漏水了", NOW, 1), later) is Outcome.FAILED
    with UnitOfWork(engine) as uow:
        room = uow.places.room("left", "room")
        assert room is not None
        (gap,) = uow.places.all_gaps("left")
        assert (gap.since, gap.until, gap.room_id, gap.reason) == (NOW, later, room.id, FAILED)


def test_what_failed_while_the_database_was_away_is_in_the_ledger_afterwards(
    engine: Engine, world: World, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = app.shards["left"]
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", _broken)
        assert shard.handle(_message("left", "楼道漏水了", NOW, 1), NOW) is Outcome.FAILED
    with UnitOfWork(engine) as uow:
        assert uow.places.all_gaps("left") == []
    shard.handle(_message("left", "三楼也漏水了", NOW, 2), NOW)
    with UnitOfWork(engine) as uow:
        assert [gap.reason for gap in uow.places.all_gaps("left")] == [FAILED]


def test_the_digest_says_in_which_group_something_failed(engine: Engine, world: World, app: App) -> None:
    with UnitOfWork(engine) as uow:
        for room in (world.room.id, None):
            uow.places.add_gap("test", NOW, NOW, FAILED, room)
        uow.once.plan(DIGEST, str(world.village.id), "2026-05-06", NOW + timedelta(hours=8))
        uow.commit()
    app.ticker.run_due(NOW + timedelta(hours=8))
    with UnitOfWork(engine) as uow:
        texts = [row.text for row in uow.outbox.in_state(OutgoingState.PENDING) if row.kind is PostKind.DIGEST]
    assert [text.count("一微群有1条消息没处理成，请去群里看看") for text in texts] == [1]


def _broken(*_: object) -> None:
    raise OSError("the disk is full")


def test_talk_without_effect_writes_nothing(engine: Engine, world: World, app: App) -> None:
    message = Message("m1", "left", "room", "stranger", "今晚吃什么", NOW, sender_name="路人")
    assert app.shards["left"].handle(message, NOW) is Outcome.IGNORED
    with UnitOfWork(engine) as uow:
        assert uow.people.identity("left", "stranger") is None
        assert not uow.once.seen("left", "m1")


def test_who_asks_in_private_to_be_forgotten_is_not_known_again(engine: Engine, world: World, app: App) -> None:
    message = Message("m1", "left", None, "member", "忘记我", NOW, sender_name="党员left")
    assert app.shards["left"].handle(message, NOW) is Outcome.COMMAND
    with UnitOfWork(engine) as uow:
        assert uow.people.identity("left", "member") is None
        (answer,) = uow.outbox.pending("left")
        assert answer.address == "member"


@pytest.mark.parametrize("text", ["楼道漏\x00水漏水", "漏水\ud83d", "\x00漏水\x07\x1b[31m\u202e"])
def test_what_no_database_keeps_is_left_out(engine: Engine, world: World, app: App, text: str) -> None:
    assert app.shards["left"].handle(_message("left", text, NOW, 1), NOW) is Outcome.EFFECT
    with UnitOfWork(engine) as uow:
        (ticket,) = uow.tickets.all()
        assert "\x00" not in ticket.title
    with UnitOfWork(engine, read_only=True) as uow:
        assert list(uow.seals.damage()) == []
