"""Codes, new ids and reachability: what transcripts do not reach."""

from datetime import timedelta
from pathlib import Path

import pytest
from processes import xiaoshao
from sqlalchemy import Engine
from sqlmodel import col, select
from worlds import ACCOUNT, NOW, World, add_ticket, build_world

from bot import operating, vouching
from bot.operating import NotReadyError
from bot.settings import Settings
from bot.watch import Watch
from handlers.people.rebinding import Suspect, resume, suspect
from handlers.policy import load_policy
from handlers.policy.people import IdentityRule
from handlers.setting import Setting
from handlers.wording import load_wording
from models import schema
from models.codes import RebindingState, Role
from models.engine import open_engine
from models.identity_tables import Rebinding, RoleCode
from models.onetime import ALPHABET, code_digest, plain_code, random_code
from models.tables import Person
from models.ticket_tables import Requester
from models.uow import UnitOfWork, Units
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander

RULE = IdentityRule(at_least=4)


@pytest.fixture
def world(engine: Engine) -> World:
    with UnitOfWork(engine) as uow:
        made = build_world(uow)
        uow.commit()
    return made


def test_a_code_is_random_and_read_however_it_is_typed() -> None:
    codes = {random_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(plain_code(code.lower().replace("-", " ")) == code for code in codes)
    assert not set("01ILO") & set(ALPHABET)
    assert plain_code("K7Q2-M3XP1") is None
    assert plain_code("QH03") is None
    assert plain_code("") is None


def test_only_a_hash_of_a_code_is_kept(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        code = uow.identities.issue(world.leader, by=None, at=NOW, expires_at=NOW + timedelta(hours=72))
        uow.commit()
        rows = uow.session.exec(select(RoleCode)).all()
        assert [row.digest for row in rows] == [code_digest(code)]
        assert code.replace("-", "") not in str([row.model_dump() for row in rows]).upper()
        found = uow.identities.code(code)
        assert found is not None
        assert found.person_id == world.leader.id


def test_two_persons_become_one_with_everything_that_is_theirs(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        stranger = uow.people.known(ACCOUNT, "new", "老李")
        own = add_ticket(uow, world)
        shared = add_ticket(uow, world, words="路灯坏了")
        for ticket in (own, shared):
            uow.tickets.join(ticket, stranger, NOW)
        uow.tickets.join(shared, world.leader, NOW)
        own.handler_id = stranger.id
        uow.people.grant(stranger, world.other_micro, Role.HUB)
        uow.identities.give(ACCOUNT, "new", "老李", world.leader, NOW)
        uow.commit()
    with UnitOfWork(engine) as uow:
        identity = uow.people.identity(ACCOUNT, "new")
        assert identity is not None
        assert identity.person_id == world.leader.id
        asked = uow.session.exec(select(Requester).where(Requester.person_id == world.leader.id)).all()
        assert {row.ticket_id for row in asked} == {own.id, shared.id}
        assert uow.tickets.get(own.id).handler_id == world.leader.id
        assert {grant.role for grant in uow.people.grants(world.leader.id)} == {Role.MICRO_LEADER, Role.HUB}
        former = uow.session.get(Person, stranger.id)
        assert former is not None
        assert (former.name, uow.people.grants(stranger.id)) == ("", [])
        assert list(uow.seals.damage()) == []


def test_who_stands_in_for_whom_follows_whoever_turns_out_to_be_the_same(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        stranger = uow.people.known(ACCOUNT, "new", "老李")
        until = NOW + timedelta(days=3)
        uow.deputies.name(stranger, world.member, since=NOW, until=until)
        uow.deputies.name(world.leader, stranger, since=NOW, until=until)
        uow.deputies.name(world.resident, stranger, since=NOW, until=until)
        uow.identities.give(ACCOUNT, "new", "老李", world.leader, NOW)
        uow.commit()
        # Nobody stands in for himself, and nobody has two deputies.
        assert uow.deputies.of(world.leader.id, NOW) is None
        assert uow.deputies.principals(world.leader.id, NOW) == [world.resident.id]
        assert uow.deputies.principals(world.member.id, NOW) == []


def test_a_new_id_keeps_what_was_true_of_the_old_one(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        uow.people.set_deaf(world.leader, True)
        uow.identities.renumber(ACCOUNT, "老李", "new", "老李", world.leader, NOW)
        uow.commit()
        (identity,) = uow.people.identities(world.leader.id)
        assert (identity.external_id, identity.reachable, identity.deaf) == ("new", True, True)
        assert uow.people.identity(ACCOUNT, "老李") is None


# -- the watch after a login --------------------------------------------------------------------


@pytest.fixture
def watch(engine: Engine, world: World) -> Watch:
    watching = Watch(ACCOUNT, Units(engine), RULE)
    watching.login(NOW)
    return watching


def test_strangers_who_bear_no_known_name_do_not_count(watch: Watch) -> None:
    assert not any(watch.heard(f"n{number}", f"某人{number}", 1, NOW)[0] for number in range(50))


def test_known_names_under_new_ids_count_when_there_are_enough(watch: Watch) -> None:
    for external_id, name in (("老张", "老张"), ("x1", "老李"), ("x1", "老李"), ("x2", "王阿姨")):
        assert watch.heard(external_id, name, 1, NOW) == ([], False)
    found, begins = watch.heard("x3", "王阿姨", 1, NOW)
    assert {one.external_id for one in found} == {"x1", "x2", "x3"}
    assert begins
    assert watch.heard("x3", "王阿姨", 1, NOW) == ([], False)
    later, begins = watch.heard("x4", "老李", 1, NOW)
    assert [one.old_ids for one in later] == [("老李",)]
    assert not begins


def test_whoever_speaks_under_his_old_id_has_no_new_one(watch: Watch) -> None:
    for name in ("老李", "王阿姨", "老张"):
        watch.heard(name, name, 1, NOW)
    assert not any(watch.heard(f"x{number}", "老李", 1, NOW)[0] for number in range(9))


def test_the_watch_ends_after_the_policys_time(watch: Watch) -> None:
    later = NOW + timedelta(minutes=61)
    assert not any(watch.heard(f"x{number}", "老李", 1, later)[0] for number in range(9))


def test_who_turns_up_when_everything_was_decided_stops_nobody(
    engine: Engine, world: World, understander: Understander
) -> None:
    assert world.room.id is not None
    late = Suspect("x9", "老李", world.room.id, ("老李",))
    setting = Setting(load_policy(), load_wording(), Taxonomy.load(), understander.understand)
    with UnitOfWork(engine) as uow:
        assert suspect(uow, setting, ACCOUNT, [late], NOW, begins=False) == []
        assert not uow.places.roles_paused(ACCOUNT)
        assert uow.identities.waiting(ACCOUNT) == []
        assert len(suspect(uow, setting, ACCOUNT, [late], NOW, begins=True)) == 1
        assert uow.places.roles_paused(ACCOUNT)
        assert len(uow.identities.waiting(ACCOUNT)) == 1


def test_a_code_answers_what_a_leader_was_to_be_asked(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        assert world.room.id is not None
        for person, new_id in ((world.leader, "x1"), (world.resident, "x2")):
            uow.identities.propose(
                ACCOUNT, room_id=world.room.id, person=person, old_id=person.name, new_id=new_id,
                display_name=person.name, evidence=["name"], at=NOW,
            )  # fmt: skip
        assert not uow.identities.proven(ACCOUNT, "x1", world.leader, NOW)
        assert uow.identities.proven(ACCOUNT, "x2", world.member, NOW)
        states = [row.state for row in uow.session.exec(select(Rebinding).order_by(col(Rebinding.number))).all()]
        assert states == [RebindingState.CONFIRMED, RebindingState.REJECTED]


# -- the operator -------------------------------------------------------------------------------


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/x.db"
    engine = open_engine(address)
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        made = build_world(uow)
        identity = uow.people.identity(ACCOUNT, "老李")
        uow.session.delete(identity)
        uow.people.grant(uow.people.add("老刘"), made.village, Role.VILLAGE)
        uow.people.grant(uow.people.add("老刘"), made.other_village, Role.VILLAGE)
        uow.commit()
    engine.dispose()
    return address


def settings(url: str) -> Settings:
    return Settings(database_url=url)  # type: ignore[arg-type]  # pydantic makes the secret


def test_an_operator_gives_out_a_code(url: str) -> None:
    said = vouching.issue_code(settings(url), "老李")
    code = said.partition("：")[2][:9]
    engine = open_engine(url)
    with UnitOfWork(engine) as uow:
        row = uow.identities.code(code)
        assert row is not None
        assert row.issued_by is None
        assert uow.people.get(row.person_id).name == "老李"
    engine.dispose()


def test_an_operator_hears_who_is_meant(url: str) -> None:
    with pytest.raises(NotReadyError, match="没有叫「老孙」"):
        vouching.issue_code(settings(url), "老孙")
    with pytest.raises(NotReadyError, match=r"有 2 位「老刘」.*v1.*--place"):
        vouching.issue_code(settings(url), "老刘")
    assert vouching.issue_code(settings(url), "老刘", "v2").startswith("老刘的绑定码：")
    with pytest.raises(NotReadyError, match="没有账号 x"):
        vouching.resume_roles(settings(url), "x")
    assert "没有在核对" in vouching.resume_roles(settings(url), ACCOUNT)


def test_an_operator_lets_roles_work_again_and_nobody_is_bound(url: str) -> None:
    engine = open_engine(url)
    with UnitOfWork(engine) as uow:
        uow.places.account(ACCOUNT).roles_paused = True
        person = uow.people.named(uow.places.node(1), "王阿姨")[0]
        room = uow.places.rooms(ACCOUNT)[0]
        assert room.id is not None
        uow.identities.propose(
            ACCOUNT, room_id=room.id, person=person, old_id="王阿姨", new_id="x", display_name="王阿姨",
            evidence=["name"], at=NOW,
        )  # fmt: skip
        uow.commit()
    said = "\n".join(finding.text for finding in operating.examine(settings(url)) if finding.bad)
    assert "还有 1 位等网格长核对" in said
    assert f"xiaoshao roles resume {ACCOUNT}" in said
    done = xiaoshao("roles", "resume", ACCOUNT, DATABASE_URL=url)
    assert done.returncode == 0
    assert "恢复了；1 位没核对的不算数" in done.stdout.decode()
    with UnitOfWork(engine) as uow:
        assert not uow.places.roles_paused(ACCOUNT)
        (row,) = uow.session.exec(select(Rebinding)).all()
        assert (row.state, row.decided_by, row.new_external_id) == (RebindingState.ENDED, None, "")
        assert uow.people.identity(ACCOUNT, "x") is None
        assert resume(uow, ACCOUNT, NOW) == 0
    engine.dispose()


def test_doctor_counts_who_is_not_bound_yet(url: str) -> None:
    said = "\n".join(finding.text for finding in operating.examine(settings(url)))
    assert "3 位有身份的人还没绑定号" in said
