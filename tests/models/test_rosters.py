"""Reading the roster as one value and writing what differs, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from worlds import NOW, add_ticket, build_world

from models.codes import LEADERS, NodeLevel, OrganisationKind, Role, Team, TicketKind
from models.people import veiled_code
from models.roster import Answerer, NodeState, OrganisationState, PersonState
from models.states import Move
from models.tables import Person, Schedule
from models.uow import UnitOfWork


def test_what_is_read_and_written_back_unchanged_differs_in_nothing(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        world.member.code, world.member.team = "W1", Team.RED
        company = uow.organisations.put(code="WY", name="物业", kind=OrganisationKind.PROPERTY, node=world.village)
        uow.organisations.put_members(company, [world.member, world.leader])
        uow.organisations.put_responsible(world.village, "lift", organisation=company)
        uow.flush()
        stored = uow.rosters.read()
        roster = stored.roster
        assert roster.nodes["m1"] == NodeState("一微", NodeLevel.MICRO_GRID, "g")
        assert roster.people == {"W1": PersonState(world.member.id, "老张", None, Team.RED)}
        assert (world.leader.id, "m1", Role.MICRO_LEADER) in roster.grants
        assert (world.resident.id, "m1", Role.RESIDENT) not in roster.grants
        assert roster.organisations["WY"].members == (world.member.id, world.leader.id)
        assert roster.responsible == {("v1", "lift"): Answerer(None, "WY")}
        assert stored.bound == {world.member.id}
        assert list(roster.line("m1")) == ["m1", "g", "v1", "t"]
        assert roster.scope("m1", NodeLevel.VILLAGE) == "v1"
        assert roster.scope("t", NodeLevel.VILLAGE) == "t"
        uow.rosters.write(stored, roster.copy())
        uow.commit()
    with UnitOfWork(engine, read_only=True) as uow:
        assert uow.rosters.read().roster == roster


def test_new_nodes_may_stand_above_old_ones(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        build_world(uow)
        stored = uow.rosters.read()
        after = stored.roster.copy()
        after.nodes["d"] = NodeState("某区", NodeLevel.DISTRICT, None)
        after.nodes["t"] = replace(after.nodes["t"], parent="d")
        after.nodes["v3"] = NodeState("新村", NodeLevel.VILLAGE, "t")
        after.organisations["CG"] = OrganisationState("城管", OrganisationKind.DEPARTMENT, "v3")
        ids = uow.rosters.write(stored, after)
        uow.commit()
    with UnitOfWork(engine, read_only=True) as uow:
        micro = uow.places.node_by_code("m1")
        assert micro is not None
        assert micro.path.split("/")[1:3] == [str(ids["d"]), str(ids["t"])]
        assert uow.rosters.read().roster == after


def test_a_code_belongs_to_one_person(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        world.member.code = world.leader.code = "W1"
        with pytest.raises(IntegrityError):
            uow.flush()
        uow.rollback()


def test_a_forgotten_code_is_veiled(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        world.member.code = "W1"
        uow.people.forget(world.member, NOW)
        uow.people.forget(world.resident, NOW)
        uow.commit()
        stored = uow.rosters.read()
        assert stored.forgotten == {veiled_code("W1")}
        assert not stored.roster.people
        assert "W1" not in uow.session.exec(select(Person.code)).all()


def test_open_tickets_of_people_and_of_places(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        kinds = (TicketKind.COMPLAINT, TicketKind.WISH, TicketKind.WISH)
        handled, wish, over = (add_ticket(uow, world, kind) for kind in kinds)
        handled.handler_id = over.handler_id = world.leader.id
        uow.tickets.move(wish, Move.CLAIM, at=NOW, actor_id=world.member.id)
        uow.tickets.claim(wish, world.member, NOW)
        uow.tickets.move(over, Move.REJECT, at=NOW, actor_id=None)
        uow.flush()
        uow.rosters.freeze()
        found = uow.rosters.in_hand([world.leader.id, world.member.id, world.resident.id])
        assert {(row.person_id, row.number) for row in found} == {
            (world.leader.id, handled.number),
            (world.member.id, wish.number),
        }
        micro = world.micro.id or 0
        assert uow.rosters.open_at([micro, world.village.id or 0]) == {micro: 2}
        assert uow.rosters.open_at([micro], unassigned=True) == {micro: 1}


def test_deputies_come_last_whenever_they_were_named(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.people.grants(world.leader.id)[0].deputy = True
        uow.people.grant(world.member, world.micro, Role.MICRO_LEADER)
        uow.flush()
        assert [one.name for one in uow.people.holders(world.micro, LEADERS)] == ["老张", "老李"]


def test_what_waits_already_is_not_planned_again(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        uow.rosters.plan("digest", "2026-05-07", NOW, ["1", "2"])
        uow.rosters.plan("digest", "2026-05-08", NOW + timedelta(days=1), ["2", "3"])
        rows = uow.session.exec(select(Schedule).order_by(Schedule.subject)).all()
        assert [(row.subject, row.period) for row in rows] == [
            ("1", "2026-05-07"), ("2", "2026-05-07"), ("3", "2026-05-08"),
        ]  # fmt: skip
