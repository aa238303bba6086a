"""A leader removed while tickets are his, a place that nobody would lead, numbers that would lose their village."""

from pathlib import Path

import pytest
from books import Sheets, load_town, town, wrong
from sqlalchemy import Engine
from sqlmodel import select
from worlds import NOW, World, add_ticket

from models.codes import Role, TicketKind
from models.leaving import SUCCESSION
from models.states import Move
from models.tables import GridNode, Person, Schedule
from models.ticket_tables import Ticket
from models.uow import UnitOfWork


def settled(uow: UnitOfWork) -> World:
    """The imported town, as the helpers for tickets know it."""

    def node(code: str) -> GridNode:
        return uow.session.exec(select(GridNode).where(GridNode.code == code)).one()

    def person(code: str) -> Person:
        return uow.session.exec(select(Person).where(Person.code == code)).one()

    room = uow.places.room("bot", "r1")
    assert room is not None
    resident = uow.people.add("王阿姨")
    village = node("v1")
    return World(
        village, village, village, node("g1"), node("m1"), node("m2"), room, person("W1"), resident, person("W2")
    )


def opened(engine: Engine, *, handler: str | None = None, node: str = "m1", claimed: bool = False) -> None:
    """One more open ticket at the node, of that handler, or a wish that W2 has claimed."""
    with UnitOfWork(engine) as uow:
        world = settled(uow)
        kind = TicketKind.WISH if claimed else TicketKind.COMPLAINT
        place = uow.places.node_by_code(node)
        ticket = add_ticket(uow, world, kind, node=place)
        if claimed:
            uow.tickets.move(ticket, Move.CLAIM, at=NOW, actor_id=world.member.id)
            uow.tickets.claim(ticket, world.member, NOW)
        if handler is not None:
            ticket.handler_id = uow.session.exec(select(Person.id).where(Person.code == handler)).one()
        uow.commit()


@pytest.fixture
def sheets(engine: Engine, tmp_path: Path) -> Sheets:
    load_town(engine, tmp_path)
    return town()


def roles(engine: Engine, code: str) -> set[Role]:
    with UnitOfWork(engine) as uow:
        person = uow.session.exec(select(Person.id).where(Person.code == code)).one()
        return {grant.role for grant in uow.people.grants(person)}


def test_at_what_somebody_leaves_by_the_sheet_the_clock_looks(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    def looks() -> list[str]:
        with UnitOfWork(engine) as uow:
            rows = uow.session.exec(select(Schedule).where(Schedule.kind == SUCCESSION)).all()
            names = {person.id: person.code or "" for person in uow.session.exec(select(Person)).all()}
            return sorted(f"{names[row.subject]} {row.period.split('.')[1].split('-')[0]}" for row in rows)

    assert looks() == []
    sheets["人员"][0] = ("W9", "小九", "", "", "微网格长", "m1", "")
    sheets["单位"][0] = ("WY", "好邻居物业", "物业公司", "v1", "W9")
    load_town(engine, tmp_path, sheets, remove_missing=True)
    assert looks() == ["W1 micro_leader", "W4 organisation"]


def test_who_has_an_open_ticket_keeps_his_role(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine, handler="W1")
    opened(engine, handler="W1")
    sheets["人员"][0] = ("W9", "小九", "", "", "微网格长", "m1", "")
    lines = wrong(engine, tmp_path, sheets, remove_missing=True)
    assert lines == [
        "「人员」：老李不在表里，手上还有 2 件没办完：东坑村-1、东坑村-2。请先转办给接手的人，再收回他的角色。"
    ]
    assert roles(engine, "W1") == {Role.MICRO_LEADER}
    with UnitOfWork(engine) as uow:
        successor = uow.people.add("老赵")
        for ticket in uow.session.exec(select(Ticket)).all():
            ticket.handler_id = successor.id
        uow.commit()
    assert load_town(engine, tmp_path, sheets, remove_missing=True)[0] == "导入好了。"
    assert roles(engine, "W1") == set()


def test_only_trying_it_says_so_too(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine, handler="W1")
    del sheets["人员"][0]
    assert len(wrong(engine, tmp_path, sheets, remove_missing=True, dry_run=True)) == 1


def test_without_being_asked_nobody_who_is_missing_loses_anything(
    engine: Engine, tmp_path: Path, sheets: Sheets
) -> None:
    opened(engine, handler="W1")
    del sheets["人员"][0]
    assert load_town(engine, tmp_path, sheets)[0] == "和数据库里的一样，没有要改的。"
    assert roles(engine, "W1") == {Role.MICRO_LEADER}


def test_a_claim_holds_its_role_too(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine, claimed=True)
    sheets["人员"][1] = ("W2", "老张", "", "红", "", "", "")
    (line,) = wrong(engine, tmp_path, sheets)
    assert line == (
        "「人员」第 3 行 E 列（角色）：老张少了角色或单位，手上还有 1 件没办完：东坑村-1。"
        "请先转办给接手的人，或先留着。"
    )
    assert roles(engine, "W2") == {Role.PARTY_MEMBER}


def test_who_moves_up_keeps_what_he_has_in_hand(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine, handler="W1")
    sheets["人员"][0] = ("W1", "老李", "", "", "支部书记", "v1", "")
    assert load_town(engine, tmp_path, sheets)[0] == "导入好了。"
    assert roles(engine, "W1") == {Role.SECRETARY}


def test_who_moves_elsewhere_does_not(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine, handler="W1")
    sheets["人员"][0] = ("W1", "老李", "", "", "微网格长", "m2", "副")
    (line,) = wrong(engine, tmp_path, sheets)
    assert line.startswith("「人员」第 2 行 E 列（角色）：老李少了角色或单位，手上还有 1 件没办完：东坑村-1。")


def test_finished_matters_hold_nobody(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine, handler="W1")
    with UnitOfWork(engine) as uow:
        ticket = uow.session.exec(select(Ticket)).one()
        uow.tickets.move(ticket, Move.REJECT, at=NOW, actor_id=None)
        uow.commit()
    del sheets["人员"][0]
    assert load_town(engine, tmp_path, sheets, remove_missing=True)[0] == "导入好了。"


def test_a_place_with_open_matters_is_not_left_without_anybody(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine, node="m1")
    opened(engine, node="v1", handler="W4")
    without = [row for row in sheets["人员"] if row[4] not in ("微网格长", "网格长")]
    lines = wrong(engine, tmp_path, sheets | {"人员": without, "负责": []}, remove_missing=True)
    assert lines == ["「人员」：这样改，一微（m1）就没有人负责了，那里还有 1 件没办完。请写上接手的人。"]
    replaced = [*without, ("W9", "小九", "", "", "支部书记", "v1", "")]
    assert load_town(engine, tmp_path, sheets | {"人员": replaced, "负责": []}, remove_missing=True)[0] == "导入好了。"


def test_a_place_without_open_matters_is_only_named(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    without = [row for row in sheets["人员"] if row[4] not in ("微网格长", "网格长")]
    lines = load_town(engine, tmp_path, sheets | {"人员": without, "负责": []}, remove_missing=True)
    assert "注意：3 个网格没有人负责了：第一网格、一微、二微。" in lines


def test_who_leaves_a_company_while_its_matters_are_his_stays(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    sheets["人员"][4] = ("W4", "小物", "", "", "", "", "")
    load_town(engine, tmp_path, sheets)
    opened(engine, handler="W4")
    with UnitOfWork(engine) as uow:
        company = uow.organisations.by_code("WY")
        assert company is not None
        uow.session.exec(select(Ticket)).one().organisation_id = company.id
        uow.commit()
    sheets["单位"][0] = ("WY", "好邻居物业", "物业公司", "v1", "")
    (line,) = wrong(engine, tmp_path, sheets)
    assert "小物少了角色或单位，手上还有 1 件没办完" in line


def test_a_node_with_open_matters_does_not_change_its_village(engine: Engine, tmp_path: Path, sheets: Sheets) -> None:
    opened(engine)
    sheets["网格"].append(("v2", "西坑社区", "村社区", ""))
    sheets["网格"][2] = ("m1", "一微", "微网格", "v2")
    sheets["人员"].append(("W9", "小九", "", "", "支部书记", "v2", ""))
    lines = wrong(engine, tmp_path, sheets)
    assert lines == [
        "「网格」第 4 行 D 列（上级编码）：一微换了地方，还有 1 件没办完的编号是按东坑村排的。请办完再换，或先不动它。"
    ]
    sheets["网格"][2] = ("m1", "一微", "微网格", "v1")
    assert load_town(engine, tmp_path, sheets)[0] == "导入好了。"
