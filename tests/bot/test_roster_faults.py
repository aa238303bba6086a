"""Spreadsheets that are wrong: every fault at once, each with its sheet, row, column and remedy."""

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import HEADERS, WORDS, load, load_town, save, town, wrong
from sqlalchemy import Engine
from sqlmodel import select

from bot.roster.cells import BadCell, phone_of, text_of
from bot.roster.problems import RosterError
from models.tables import Person
from models.uow import UnitOfWork


@pytest.mark.parametrize(
    ("sheet", "rows", "expected"),
    [
        ("网格", [("m1", "又一微", "微网格", "g1")], "第 6 行 A 列（编码）：编码 m1 和第 4 行重了"),
        ("网格", [("x", "甲", "微网格", "nix")], "第 6 行 D 列（上级编码）：没有编码是 nix 的上级。"),
        ("网格", [("x", "甲", "小组", "v1")], "第 6 行 C 列（级别）：没有「小组」这个级别，请从这些里选：区、镇街、"),
        ("网格", [("x", "", "网格", "v1")], "第 6 行 B 列（名称）：不能空，请补上。"),
        ("网格", [("x", "甲", "镇街", "v1")], "第 6 行 C 列（级别）：甲是镇街，上级东坑村却是村社区，大小反了。"),
        ("网格", [("x 1", "甲", "网格", "v1")], "第 6 行 A 列（编码）：中间不能有空格"),
        ("网格", [("x", "甲" * 61, "网格", "v1")], "第 6 行 B 列（名称）：太长了"),
        (
            "网格",
            [("a", "甲", "网格", "b"), ("b", "乙", "网格", "a")],
            "第 6 行 D 列（上级编码）：上下级绕成了圈：a → b → a。",
        ),
        ("网格", [("a", "甲", "网格", "a")], "第 6 行 D 列（上级编码）：上下级绕成了圈：a → a。"),
        ("网格", [(datetime(2026, 1, 2), "甲", "网格", "v1")], "第 6 行 A 列（编码）：变成了日期。"),
        ("网格", [(44190010100100001, "甲", "网格", "v1")], "第 6 行 A 列（编码）：数字太长，后几位已经不准了。"),
        ("网格", [("=A2", "甲", "网格", "v1")], "第 6 行 A 列（编码）：是公式。"),
        ("网格", [("#REF!", "甲", "网格", "v1")], "第 6 行 A 列（编码）：公式出错了。"),
        ("网格", [(True, "甲", "网格", "v1")], "第 6 行 A 列（编码）：变成了真假值。"),
        ("群", [("bot", "r1", "一微群", "m1")], "第 4 行 B 列（群号）：和第 2 行是同一个群"),
        ("群", [("bot", "r9", "群", "nix")], "第 4 行 D 列（网格编码）：没有编码是 nix 的网格。"),
        ("群", [("", "r9", "群", "m1")], "第 4 行 A 列（账号）：不能空"),
        (
            "群",
            [("bot", "r9", "群", "m1", "聊天")],
            "第 4 行 E 列（用途）：没有「聊天」这种用途，请从这些里选：居民群、工作群。",
        ),
        ("群", [("bot", "r9", "群", "m1", "", "半开")], "第 4 行 F 列（模式）：没有「半开」这种模式"),
        ("人员", [("W9", "小九", "1380000", "", "", "", "")], "第 7 行 C 列（手机号）：不像电话号码。"),
        ("人员", [("W9", "小九", "", "", "村长", "v1", "")], "第 7 行 E 列（角色）：没有「村长」这个角色"),
        ("人员", [("W9", "小九", "", "黄", "", "", "")], "第 7 行 D 列（队伍）：没有「黄」这支队伍"),
        ("人员", [("W9", "小九", "", "", "党员", "nix", "")], "第 7 行 F 列（网格编码）：没有编码是 nix 的网格。"),
        ("人员", [("W9", "小九", "", "", "党员", "", "")], "第 7 行 F 列（网格编码）：不能空"),
        ("人员", [("W9", "小九", "", "", "", "v1", "")], "第 7 行 E 列（角色）：不能空"),
        (
            "人员",
            [("W9", "小九", "", "", "党员", "v1", "正")],
            "第 7 行 G 列（副职）：这里只能写「副」或留空，不能写「正」。",
        ),
        ("人员", [("", "小九", "", "", "党员", "v1", "")], "第 7 行 A 列（工号）：不能空"),
        (
            "人员",
            [("W1", "老赵", "", "", "党员", "v1", "")],
            "第 7 行 B 列（姓名）：W1 在第 2 行写的是「老李」，这里不一样。",
        ),
        ("人员", [("W1", "", "", "", "微网格长", "m1", "")], "第 7 行 E 列（角色）：和第 2 行是同一个角色"),
        (
            "人员",
            [("W9", "小九", "", "", "微网格长", "m1", "")],
            "第 7 行 G 列（副职）：一微的微网格长第 2 行已经写了老李。一处只能有一位正职，其余的请在副职一栏写「副」。",
        ),
        ("单位", [("XX", "", "部门", "v1")], "第 5 行 B 列（单位名称）：不能空"),
        ("单位", [("XX", "甲", "公司", "v1")], "第 5 行 C 列（类型）：没有「公司」这种单位"),
        (
            "单位",
            [("XX", "甲", "部门", "v1", "W99")],
            "第 5 行 E 列（成员工号）：没有工号是 W99 的人。请在「人员」里写上他",
        ),
        ("单位", [("WY", "", "", "", "W4")], "第 5 行 E 列（成员工号）：这个人已经是成员了"),
        ("负责", [("漏水漏电", "v1", "W1", "")], "第 4 行 A 列（类别）：没有「漏水漏电」这个类别"),
        ("负责", [("闲聊", "v1", "W1", "")], "第 4 行 A 列（类别）：没有「闲聊」这个类别"),
        (
            "负责",
            [("噪音扰民", "v1", "W1", "WY")],
            "第 4 行 C 列（负责人工号）：负责人工号和单位编码要写一个，也只能写一个。",
        ),
        ("负责", [("噪音扰民", "v1", "", "")], "第 4 行 C 列（负责人工号）：负责人工号和单位编码要写一个"),
        ("负责", [("噪音扰民", "v1", "", "YY")], "第 4 行 D 列（单位编码）：没有编码是 YY 的单位。"),
        ("负责", [("电梯", "v1", "W1", "")], "第 4 行 A 列（类别）：这个类别在这里第 2 行已经写了"),
    ],
)
def test_a_fault_is_named_with_its_place_and_remedy(
    sheet: str, rows: list[Any], expected: str, sqlite_engine: Engine, tmp_path: Path
) -> None:
    sheets = town()
    sheets[sheet] += rows
    (line,) = wrong(sqlite_engine, tmp_path, sheets)
    assert line.startswith(f"「{sheet}」{expected}")
    assert line.endswith("。")


def test_all_faults_are_told_at_once_in_the_order_of_the_sheets(engine: Engine, tmp_path: Path) -> None:
    sheets = town()
    sheets["负责"].append(("电梯门", "nix", "W1", ""))
    sheets["人员"].append(("W9", "小九", "12", "黄", "村长", "nix", ""))
    sheets["网格"].append(("m1", "", "小组", "nix"))
    lines = wrong(engine, tmp_path, sheets)
    assert [line.partition("：")[0] for line in lines] == [
        "「网格」第 6 行 A 列（编码）",
        "「网格」第 6 行 B 列（名称）",
        "「网格」第 6 行 C 列（级别）",
        "「人员」第 7 行 C 列（手机号）",
        "「人员」第 7 行 D 列（队伍）",
        "「人员」第 7 行 E 列（角色）",
        "「人员」第 7 行 F 列（网格编码）",
        "「负责」第 4 行 A 列（类别）",
        "「负责」第 4 行 B 列（网格编码）",
    ]
    with UnitOfWork(engine) as uow:
        assert uow.places.node_by_code("v1") is None


def test_what_excel_and_fingers_do_to_a_cell_is_put_right(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    sheets = town()
    sheets["网格"][2] = (" ｍ１ ", " 一微\u200b", "微网格 ", "g１")
    sheets["人员"][0] = ("Ｗ１", "老李\u3000", 13800000001.0, "蓝 ", " 微网格长", "m1", None)
    sheets["人员"][2] = ("W3", "老王", "+86 138-0000-0003", "", "网格长", "g1", "")
    sheets["人员"].append((None, " ", "", None, "", "", ""))
    assert load_town(engine, tmp_path, sheets)[0] == "和数据库里的一样，没有要改的。"


def test_codes_that_are_numbers_in_the_sheet_are_found_again(engine: Engine, tmp_path: Path) -> None:
    sheets = {name: [] for name in HEADERS} | {
        "网格": [(1, "东坑村", "村社区", ""), (2.0, "一微", "微网格", 1.0)],
        "人员": [(7, "老李", 13800000001, "", "微网格长", "2", "")],
    }
    load_town(engine, tmp_path, sheets)
    with UnitOfWork(engine) as uow:
        assert uow.session.exec(select(Person.code)).all() == ["7"]


def test_a_leader_who_is_not_in_the_sheet_is_not_replaced_in_silence(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    sheets = town()
    sheets["人员"][0] = ("W9", "小九", "", "", "微网格长", "m1", "")
    assert wrong(engine, tmp_path, sheets) == [
        "「人员」第 2 行 G 列（副职）：一微的微网格长现在是老李，表里没写他。"
        "他不担任了，就加 --remove-missing；还担任，请把其中一位写成「副」。"
    ]
    lines = load_town(engine, tmp_path, sheets, remove_missing=True)
    assert "「人员」新增 1，改动 0，收回 0" in lines
    assert "「身份」新增 1，改动 0，收回 1" in lines


def test_a_circle_through_nodes_that_are_not_in_the_sheet(engine: Engine, tmp_path: Path) -> None:
    load_town(engine, tmp_path)
    sheets = {name: [] for name in HEADERS} | {"网格": [("v1", "东坑村", "村社区", "m1")]}
    lines = wrong(engine, tmp_path, sheets)
    assert lines == ["「网格」第 2 行 D 列（上级编码）：上下级绕成了圈：v1 → m1 → g1 → v1。请改掉其中一个上级编码。"]


def test_two_rooms_of_the_same_name_need_their_ids(engine: Engine, tmp_path: Path) -> None:
    sheets = town()
    sheets["群"][1] = ("bot", "r2", "一微群", "m1", "", "")
    load_town(engine, tmp_path, sheets)
    sheets["群"] = [("bot", "", "一微群", "m1", "", "")]
    (line,) = wrong(engine, tmp_path, sheets)
    assert line == "「群」第 2 行 C 列（群名）：这个账号有 2 个叫「一微群」的群，请写上群号。"


# -- the file itself ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "是空文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "是旧的 .xls，或者设了打开密码"),
        ("编码,名称\n1,2\n".encode(), "不是 .xlsx 表格（CSV 也不行）"),
        (b"PK\x03\x04 and nothing more", "打不开，可能没存完整"),
    ],
)
def test_a_file_that_is_no_spreadsheet(content: bytes, sentence: str, sqlite_engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    path.write_bytes(content)
    with pytest.raises(RosterError) as error:
        load(sqlite_engine, path)
    assert sentence in str(error.value)
    assert str(error.value).startswith("名册.xlsx")


def test_a_file_that_is_not_there(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="没有这个文件或文件夹"):
        load(sqlite_engine, tmp_path / "名册.xlsx")


def test_another_archive_and_a_damaged_one(sqlite_engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.txt", "x")
    with pytest.raises(RosterError, match="打不开"):
        load(sqlite_engine, path)
    whole = save(path, town())
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data[: len(data) // 2] if name.endswith("sheet3.xml") else data)
    with pytest.raises(RosterError, match="打不开"):
        load(sqlite_engine, path)


def test_sheets_and_headers_that_are_missing(sqlite_engine: Engine, tmp_path: Path) -> None:
    sheets = town()
    del sheets["群"]
    sheets["人员 (2)"] = []
    headers = {**HEADERS, "网格": ("某村名册",), "单位": ("单位编码", "单位编码", "单位名称", "类型", "网格编码")}
    path = save(tmp_path / "x.xlsx", sheets, headers)
    with pytest.raises(RosterError) as error:
        load(sqlite_engine, path)
    lines = str(error.value).splitlines()[1:]
    assert (
        "「网格」第 1 行：第 1 行要是表头，缺了：编码、名称、级别、上级编码。上面有标题行的请删掉，缺的列请补上。"
        in lines
    )
    assert any(line.startswith("「群」：没有这张表。请从 xiaoshao template 写的表里复制过来") for line in lines)
    assert "「单位」第 1 行：表头「单位编码」有两列，请只留一列。" in lines


def test_empty_sheets_are_nothing_to_import(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="没有要导入的内容"):
        load_town(sqlite_engine, tmp_path, {name: [] for name in HEADERS})


def test_merged_cells_are_named(sqlite_engine: Engine, tmp_path: Path) -> None:
    path = save(tmp_path / "x.xlsx", town())
    book = openpyxl.load_workbook(path)
    book["网格"].merge_cells("C4:C5")
    book["人员"].merge_cells("B2:C3")
    book.save(path)
    with pytest.raises(RosterError) as error:
        load(sqlite_engine, path)
    assert "「网格」第 4 行 C 列（级别）：C4:C5 是合并的单元格，不知道算哪一行。" in str(error.value)
    assert "「人员」第 2 行 B 列（姓名）：B2:C3 是合并的单元格" in str(error.value)


# -- single cells -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (" 甲\u3000乙 ", "甲 乙"),
        ("ＡＢ１", "AB1"),
        (13800138000.0, "13800138000"),
        (7, "7"),
        (1.5, "1.5"),
        ("\ufeffx\u200b\x07", "x"),
    ],
)
def test_the_text_of_a_cell(value: object, text: str) -> None:
    assert text_of(value, free=" " in text) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e15, object()])
def test_values_that_are_no_text(value: object) -> None:
    with pytest.raises(BadCell):
        text_of(value, free=False)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("0769-83380000", "076983380000"),
        ("(010)62345678", "01062345678"),
        ("83380000", "83380000"),
        ("400-800-1234", "4008001234"),
        ("1380013800", None),
        ("12800138000", None),
        ("没有", None),
        ("138001380001", None),
    ],
)
def test_phones(written: str, number: str | None) -> None:
    assert phone_of(written) == number


def test_every_sentence_of_the_import_is_used() -> None:
    root = Path(__file__).parents[2] / "bot"
    code = "".join(path.read_text(encoding="utf-8") for path in [*root.glob("roster/*.py"), *root.glob("cli/*.py")])
    keys = {key.removeprefix("import.") for key in WORDS.keys if key.startswith("import.")}
    assert [key for key in sorted(keys) if f'{key}"' not in code and not key.startswith("no_")] == []
