"""Importing the spreadsheet into both databases: what arrives, what a second time changes, what is only tried."""

from pathlib import Path

import openpyxl
import pytest
from books import load, load_town, save, town, wrong
from sqlalchemy import Engine
from sqlmodel import select
from worlds import ACCOUNT, NOW, build_world

from bot.roster.command import make_template
from bot.roster.problems import RosterError
from handlers.clockwork.schedules import DIGEST, HOUSEKEEPING
from handlers.wording import load_wording
from models.codes import LEADERS, NodeLevel, OrganisationKind, Role, RoomMode, RoomPurpose, Team
from models.people import veiled_code
from models.tables import Person, Schedule
from models.uow import UnitOfWork

SAME = "和数据库里的一样，没有要改的。"


def person(uow: UnitOfWork, code: str) -> Person:
    return uow.session.exec(select(Person).where(Person.code == code)).one()


def test_everything_arrives(engine: Engine, tmp_path: Path) -> None:
    lines = load_town(engine, tmp_path)
    assert lines[:7] == [
        "导入好了。",
        "「网格」新增 4，改动 0，收回 0",
        "「群」新增 2，改动 0，收回 0",
        "「人员」新增 4，改动 0，收回 0",
        "「身份」新增 5，改动 0，收回 0",
        "「单位」新增 2，改动 0，收回 0",
        "「负责」新增 2，改动 0，收回 0",
    ]
    with UnitOfWork(engine) as uow:
        micro, village = uow.places.node_by_code("m1"), uow.places.node_by_code("v1")
        assert micro is not None and village is not None
        assert [node.code for node in uow.places.line(micro)] == ["m1", "g1", "v1"]
        assert (micro.name, micro.level) == ("一微", NodeLevel.MICRO_GRID)
        room, staff = uow.places.room("bot", "r1"), uow.places.room("bot", "s1")
        assert room is not None and staff is not None
        assert (room.node_id, room.mode, room.purpose, room.muted) == (
            micro.id, RoomMode.SHADOW, RoomPurpose.RESIDENTS, False,
        )  # fmt: skip
        assert (staff.node_id, staff.purpose) == (village.id, RoomPurpose.STAFF)
        leader = person(uow, "W1")
        assert (leader.name, leader.phone, leader.team) == ("老李", "13800000001", Team.BLUE)
        assert uow.people.roles_at(leader.id, micro) == {Role.MICRO_LEADER}
        assert {grant.role for grant in uow.people.grants(person(uow, "W3").id)} == {
            Role.GRID_LEADER,
            Role.MICRO_LEADER,
        }
        company = uow.organisations.by_code("WY")
        assert company is not None and company.id is not None
        assert (company.name, company.kind, company.node_id) == ("好邻居物业", OrganisationKind.PROPERTY, village.id)
        assert [one.name for one in uow.organisations.members(company.id)] == ["小物", "老张"]
        lift = uow.organisations.responsible(uow.places.line(micro), "lift")
        rubbish = uow.organisations.responsible(uow.places.line(micro), "sanitation")
        assert lift is not None and (lift.person_id, lift.organisation_id) == (None, company.id)
        assert rubbish is not None and rubbish.person_id == person(uow, "W3").id


def test_who_is_not_bound_is_named_with_the_way(engine: Engine, tmp_path: Path) -> None:
    lines = load_town(engine, tmp_path)
    assert lines[-2:] == [
        "注意：新建了账号 bot，请核对和小哨登录的账号是不是一样。",
        "注意：4 个人还没有和微信对上，对上以前小哨不认得他们：老李、老张、老王、小物。"
        "请用 xiaoshao code 姓名 给他们发码，当面告诉本人，让他私下对小哨说「绑定我 码」。",
    ]
    with UnitOfWork(engine) as uow:
        for code in ("W1", "W2", "W3", "W4"):
            uow.people.bind(person(uow, code), "bot", code, code, reachable=True)
        uow.commit()
    assert load_town(engine, tmp_path) == [SAME]


def test_each_village_has_its_digest_and_the_night_its_housekeeping_once(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    load_town(engine, tmp_path)
    with UnitOfWork(engine) as uow:
        village = uow.places.node_by_code("v1")
        assert village is not None
        planned = uow.session.exec(select(Schedule).order_by(Schedule.kind)).all()
        assert [(row.kind, row.subject) for row in planned] == [(DIGEST, str(village.id)), (HOUSEKEEPING, "all")]
        assert all(row.due_at > NOW for row in planned)


def test_cells_that_changed_are_updated_and_named_when_it_is_only_tried(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    sheets = town()
    sheets["网格"][2] = ("m1", "一号微网格", "微网格", "v1")
    sheets["群"][0] = ("bot", "r1", "一微群", "m1", "", "开")
    sheets["人员"][0] = ("W1", "李四", "13900000009", "红", "微网格长", "m1", "")
    sheets["人员"][3] = ("W3", "", "", "", "党员", "m2", "")
    sheets["单位"][1] = ("WY", "", "", "", "W3")
    sheets["负责"][1] = ("环境卫生", "v1", "", "CG")
    tried = load_town(engine, tmp_path, sheets, dry_run=True)
    assert tried[:16] == [
        "试运行，数据库没有变化。照这张表会改这些：",
        "～「网格」一号微网格（m1）：名称 一微 → 一号微网格；上级编码 g1 → v1",
        "～「群」一微群：模式 影子 → 开",
        "＋「人员」老王 在二微（m2）的党员",
        "～「人员」李四：姓名 老李 → 李四；手机号 138****0001 → 139****0009；队伍 蓝 → 红",
        "－「人员」老王 在二微（m2）的微网格长",
        "～「单位」好邻居物业：成员工号 小物、老张 → 小物、老王",
        "～「负责」环境卫生：东坑村（v1）：负责人工号 老王 → 无；单位编码 无 → CG",
        "「网格」新增 0，改动 1，收回 0",
        "「群」新增 0，改动 1，收回 0",
        "「人员」新增 0，改动 1，收回 0",
        "「身份」新增 1，改动 0，收回 1",
        "「单位」新增 0，改动 1，收回 0",
        "「负责」新增 0，改动 1，收回 0",
        "注意：4 个人还没有和微信对上，对上以前小哨不认得他们：李四、老张、老王、小物。"
        "请用 xiaoshao code 姓名 给他们发码，当面告诉本人，让他私下对小哨说「绑定我 码」。",
    ]
    with UnitOfWork(engine) as uow:
        assert person(uow, "W1").name == "老李"
    assert load_town(engine, tmp_path, sheets)[0] == "导入好了。"
    assert load_town(engine, tmp_path, sheets)[0] == SAME
    with UnitOfWork(engine) as uow:
        micro, company = uow.places.node_by_code("m1"), uow.organisations.by_code("WY")
        assert micro is not None and company is not None and company.id is not None
        assert [node.code for node in uow.places.line(micro)] == ["m1", "v1"]
        assert (person(uow, "W1").name, person(uow, "W1").phone) == ("李四", "13900000009")
        assert [one.name for one in uow.organisations.members(company.id)] == ["小物", "老王"]
        assert {grant.role for grant in uow.people.grants(person(uow, "W3").id)} == {
            Role.GRID_LEADER,
            Role.PARTY_MEMBER,
        }


def test_the_subtree_goes_along_with_its_node(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    sheets = town()
    sheets["网格"].insert(0, ("t", "清河镇", "镇街", ""))
    sheets["网格"][1] = ("v1", "东坑村", "村社区", "t")
    load_town(engine, tmp_path, sheets)
    with UnitOfWork(engine) as uow:
        micro, top = uow.places.node_by_code("m1"), uow.places.node_by_code("t")
        assert micro is not None and top is not None
        assert [node.code for node in uow.places.line(micro)] == ["m1", "g1", "v1", "t"]
        assert len(uow.places.rooms_below(top.path)) == 1


def test_empty_cells_leave_things_as_they_are_and_none_clears_them(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    sheets = town()
    sheets["群"][0] = ("bot", "r1", "一微群", "m1", "", "")
    sheets["人员"][0] = ("W1", "老李", "", "", "微网格长", "m1", "")
    assert load_town(engine, tmp_path, sheets)[0] == SAME
    sheets["人员"][0] = ("W1", "老李", "无", "无", "微网格长", "m1", "")
    load_town(engine, tmp_path, sheets)
    with UnitOfWork(engine) as uow:
        assert (person(uow, "W1").phone, person(uow, "W1").team) == (None, None)


def test_who_is_missing_is_reported_and_loses_his_roles_only_when_that_is_asked_for(
    engine: Engine, tmp_path: Path
) -> None:
    load_town(engine, tmp_path)
    sheets = town()
    del sheets["人员"][4], sheets["人员"][1]
    del sheets["单位"][1], sheets["负责"][1], sheets["群"][1], sheets["网格"][3]
    sheets["人员"].remove(("W3", "", "", "", "微网格长", "m2", ""))
    sheets["人员"].append(("W3", "", "", "", "微网格长", "m2", ""))
    lines = load_town(engine, tmp_path, sheets)
    assert "注意：表里没有这 2 个人，角色没有动：老张、小物。要收回请加 --remove-missing。" in lines
    assert "注意：表里没有这 1 个网格，留着没动：二微。" in lines
    assert "注意：表里没有这 1 个群，留着没动：工作群。" in lines
    assert "注意：表里没有这 1 项负责，留着没动：环境卫生（东坑村）。" in lines
    with UnitOfWork(engine) as uow:
        assert uow.people.grants(person(uow, "W2").id)
    del sheets["单位"][0]
    lines = load_town(engine, tmp_path, sheets, remove_missing=True)
    assert "「身份」新增 0，改动 0，收回 2" in lines
    with UnitOfWork(engine) as uow:
        assert person(uow, "W2").name == "老张"
        assert not uow.people.grants(person(uow, "W2").id)
        assert not uow.organisations.of_person(person(uow, "W4").id)
    assert load_town(engine, tmp_path, sheets, remove_missing=True)[0] == SAME


def test_residents_stay_residents(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    with UnitOfWork(engine) as uow:
        micro = uow.places.node_by_code("m1")
        assert micro is not None
        uow.people.grant(person(uow, "W1"), micro, Role.RESIDENT)
        uow.commit()
    assert load_town(engine, tmp_path)[0] == SAME


def test_deputies_are_asked_after_whoever_leads_in_full(engine: Engine, tmp_path: Path) -> None:
    sheets = town()
    sheets["人员"].insert(0, ("W9", "老副", "", "", "微网格长", "m1", "副"))
    load_town(engine, tmp_path, sheets)
    with UnitOfWork(engine) as uow:
        micro = uow.places.node_by_code("m1")
        assert micro is not None
        assert [one.name for one in uow.people.holders(micro, LEADERS)] == ["老李", "老副"]
    sheets["人员"][0] = ("W9", "老副", "", "", "微网格长", "m1", "")
    sheets["人员"][1] = ("W1", "老李", "", "", "微网格长", "m1", "副")
    load_town(engine, tmp_path, sheets)
    with UnitOfWork(engine) as uow:
        micro = uow.places.node_by_code("m1")
        assert micro is not None
        assert [one.name for one in uow.people.holders(micro, LEADERS)] == ["老副", "老李"]


def test_a_room_without_its_id_is_found_by_its_name_once_it_is_known(engine: Engine, tmp_path: Path) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.commit()
    sheets = town() | {"群": [(ACCOUNT, "", "一微群", "v1", "", ""), (ACCOUNT, "", "新群", "m1", "", "")]}
    lines = load_town(engine, tmp_path, sheets | {"人员": [], "单位": [], "负责": []})
    assert any("1 个群没写群号，小哨也还没见过，先没有绑定：新群" in line for line in lines)
    with UnitOfWork(engine) as uow:
        room = uow.places.room(ACCOUNT, "r1")
        assert room is not None
        assert (room.node_id, room.mode) == (world.village.id, RoomMode.ON)
        assert len(uow.places.rooms()) == 1


def test_who_said_forget_me_does_not_come_back_by_a_sheet(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    with UnitOfWork(engine) as uow:
        uow.people.forget(person(uow, "W2"), NOW)
        uow.commit()
    with UnitOfWork(engine) as uow:
        assert person(uow, veiled_code("W2")).name == ""
    assert wrong(engine, tmp_path, town()) == [
        "「人员」第 3 行 A 列（工号）：工号 W2 的人说过「忘记我」，请删掉他的行。他自己愿意回来的话，换一个工号。"
    ]


def test_nothing_at_all_is_written_when_one_cell_is_wrong(engine: Engine, tmp_path: Path) -> None:
    sheets = town()
    sheets["负责"].append(("电梯门", "v1", "W1", ""))
    assert len(wrong(engine, tmp_path, sheets)) == 1
    with UnitOfWork(engine) as uow:
        assert uow.places.node_by_code("v1") is None
        assert not uow.places.accounts()
        assert not uow.session.exec(select(Person)).all()


def test_the_template_can_be_filled_and_imported(engine: Engine, tmp_path: Path) -> None:
    words, path = load_wording(), tmp_path / "名册.xlsx"
    assert "名册.xlsx" in make_template(path, words)
    with pytest.raises(RosterError, match="没有要导入的内容"):
        load(engine, path)
    with pytest.raises(RosterError, match="换一个文件名"):
        make_template(path, words)
    with pytest.raises(RosterError, match="结尾"):
        make_template(tmp_path / "名册.xls", words)
    with pytest.raises(RosterError, match="没有这个文件或文件夹"):
        make_template(tmp_path / "没有" / "名册.xlsx", words)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["说明", "网格", "群", "人员", "单位", "负责", "选项"]
    assert book["选项"].sheet_state == "hidden"
    people = book["人员"]
    assert "工号" in people["A1"].comment.text
    assert {str(rule.sqref) for rule in people.data_validations.dataValidation} == {
        "D2:D100000", "E2:E100000", "G2:G100000",
    }  # fmt: skip
    offered = [cell.value for cell in book["选项"]["E"] if cell.value]
    assert "微网格长" in offered
    for name, rows in town().items():
        for row in rows:
            book[name].append(list(row))
    book.save(path)
    lines = load(engine, path)
    assert lines[0] == "导入好了。"
    assert "注意：「人员」里 2 行示例没有导入。" in lines
    with UnitOfWork(engine) as uow:
        assert uow.places.node_by_code("LZ01") is None
        assert person(uow, "W1").name == "老李"


def test_examples_that_were_written_over_are_asked_about(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    make_template(path, load_wording())
    book = openpyxl.load_workbook(path)
    book["网格"]["A2"], book["网格"]["B2"] = "v1", "东坑村"
    book.save(path)
    with pytest.raises(RosterError) as error:
        load(engine, path)
    assert "「网格」第 2 行 F 列（备注）：备注还是示例，内容却改过。" in str(error.value)


def test_saving_again_is_the_same_file(engine: Engine, tmp_path: Path) -> None:
    """Columns in another order, sheets in another order, columns of one's own."""
    load_town(engine, tmp_path)
    sheets = dict(reversed(list(town().items())))
    headers = {"网格": ("上级编码", "我的列", "级别", "名称", "编码")}
    sheets["网格"] = [(row[3], "x", row[2], row[1], row[0]) for row in sheets["网格"]]
    from books import HEADERS

    lines = load(engine, save(tmp_path / "other.xlsx", sheets, {**HEADERS, **headers}))
    assert lines[0] == SAME
    assert lines[1] == "注意：「网格」里没有读这些列：我的列。"
