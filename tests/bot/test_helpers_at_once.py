"""Three who claim a wish for two at the same moment, and one who hands back meanwhile, through the real dispatchers."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from plain import plain_app
from sqlalchemy import Engine
from sqlmodel import select
from worlds import NOW, TOLD, World, add_ticket, build_world

from bot.app import App
from bot.outcome import Outcome
from models.codes import PostKind, Role, RoomMode, Status, TicketKind
from models.message import Attachment, AttachmentKind, Message
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork

ROUNDS = 10
SIDES = ("left", "middle", "right")


@pytest.fixture
def world(engine: Engine) -> World:
    """Three accounts, each with a room of the same micro-grid and a party member in it."""
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


def _say(app: App, side: str, text: str, at: datetime, name: str) -> Outcome:
    return app.shards[side].handle(Message(name, side, "room", "member", text, at, sender_name=f"党员{side}"), at)


def _all(app: App, words: dict[str, str], at: datetime, name: str) -> list[Outcome]:
    gate = threading.Barrier(len(words))

    def one(side: str) -> Outcome:
        gate.wait(timeout=20)
        return _say(app, side, words[side], at, name)

    with ThreadPoolExecutor(len(words)) as pool:
        return list(pool.map(one, words))


def test_of_three_who_claim_a_wish_for_two_at_once_two_have_it(engine: Engine, world: World, app: App) -> None:
    for number in range(1, ROUNDS + 1):
        at = NOW + timedelta(hours=number)
        with UnitOfWork(engine) as uow:
            wish = add_ticket(uow, world, TicketKind.WISH, category="errand", at=at, words="搬柜子", helpers_wanted=2)
            uow.commit()
        claim = f"小哨 认领 {wish.number}"
        assert _all(app, dict.fromkeys(SIDES, claim), at, f"m{number}") == [Outcome.COMMAND] * 3
        with UnitOfWork(engine) as uow:
            live = uow.wishes.live(wish.id)
            assert sorted(one.seat for one in live) == [0, 1]
            assert uow.tickets.get(wish.id).status is Status.CLAIMED
            assert [event.seq for event in uow.tickets.events(wish.id)] == [1, 2, 3]
            rows = uow.session.exec(select(Outgoing).where(Outgoing.in_reply_to == f"m{number}")).all()
            said = [row.text for row in rows if row.kind is PostKind.REPLY]
            had = {uow.people.get(one.person_id).name.removeprefix("党员") for one in live}
        assert len(said) == 3
        assert sum("认领了" in text for text in said) == 2
        assert sum("人够了" in text for text in said) == 1
        assert sum("人齐了" in text for text in said) == 1
        # One who has it hands it back while the third tries again: whoever comes first, nobody is lost or too many.
        words = {
            side: f"小哨 放弃 {wish.number}" if side == min(had) else claim for side in (min(had), *{*SIDES} - had)
        }
        assert _all(app, words, at + timedelta(minutes=1), f"n{number}") == [Outcome.COMMAND] * 2
        with UnitOfWork(engine) as uow:
            assert len(uow.wishes.live(wish.id)) in (1, 2)
            assert len({one.person_id for one in uow.wishes.live(wish.id)}) == len(uow.wishes.live(wish.id))
    with UnitOfWork(engine, read_only=True) as uow:
        assert list(uow.seals.damage()) == []


def test_a_picture_of_what_was_done_goes_to_who_looks_it_up_and_to_no_group(
    engine: Engine, world: World, app: App
) -> None:
    with UnitOfWork(engine) as uow:
        wish = add_ticket(uow, world, TicketKind.WISH, category="errand", words="搬柜子")
        leader = uow.people.known("left", "leader", "老李")
        uow.people.identity("left", "leader").reachable = True  # type: ignore[union-attr]  # just made
        uow.people.grant(leader, world.micro, Role.MICRO_LEADER)
        uow.commit()
    _say(app, "left", f"小哨 认领 {wish.number}", NOW, "m1")
    shown = Attachment(AttachmentKind.IMAGE, b"picture", "image/png")
    done = Message(
        "m2", "left", "room", "member", f"小哨 完成 {wish.number} 搬好了", NOW, "党员left", attachments=(shown,)
    )
    assert app.shards["left"].handle(done, NOW) is Outcome.COMMAND
    look = Message("m3", "left", None, "leader", f"查 {wish.number}", NOW, "老李")
    assert app.shards["left"].handle(look, NOW) is Outcome.COMMAND
    with UnitOfWork(engine) as uow:
        (kept,) = uow.pictures.of(wish.id)
        assert (kept.message_id, kept.kind) == ("m2", "image")
        (sent,) = [row for row in uow.session.exec(select(Outgoing)).all() if row.picture is not None]
        assert (sent.picture, sent.room_id, sent.address) == (kept.sha256, None, "leader")
