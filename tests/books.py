"""Spreadsheets for the tests: rows by sheet in, a file out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import Engine
from worlds import NOW

from bot.roster.command import Importer, Options
from bot.roster.problems import RosterError
from handlers.policy import load_policy
from handlers.wording import load_wording

WORDS = load_wording()
HEADERS: Mapping[str, Sequence[str]] = {
    "网格": ("编码", "名称", "级别", "上级编码"),
    "群": ("账号", "群号", "群名", "网格编码", "用途", "模式"),
    "人员": ("工号", "姓名", "手机号", "队伍", "角色", "网格编码", "副职"),
    "单位": ("单位编码", "单位名称", "类型", "网格编码", "成员工号"),
    "负责": ("类别", "网格编码", "负责人工号", "单位编码"),
}
Sheets = dict[str, list[Sequence[Any]]]


def town() -> Sheets:
    """A small town: a village with a grid and two micro-grids, rooms, people, a company."""
    return {
        "网格": [
            ("v1", "东坑村", "村社区", ""),
            ("g1", "第一网格", "网格", "v1"),
            ("m1", "一微", "微网格", "g1"),
            ("m2", "二微", "微网格", "g1"),
        ],
        "群": [("bot", "r1", "一微群", "m1", "居民群", "影子"), ("bot", "s1", "工作群", "v1", "工作群", "开")],
        "人员": [
            ("W1", "老李", "13800000001", "蓝", "微网格长", "m1", ""),
            ("W2", "老张", "", "红", "党员", "v1", ""),
            ("W3", "老王", "13800000003", "", "网格长", "g1", ""),
            ("W3", "", "", "", "微网格长", "m2", ""),
            ("W4", "小物", "", "绿", "物业", "v1", ""),
        ],
        "单位": [
            ("WY", "好邻居物业", "物业公司", "v1", "W4"),
            ("WY", "", "", "", "W2"),
            ("CG", "城管办", "部门", "v1", ""),
        ],
        "负责": [("电梯", "v1", "", "WY"), ("环境卫生", "v1", "W3", "")],
    }


def save(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], headers: Mapping[str, Any] = HEADERS) -> Path:
    """Write the file, with the usual headers."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        table = book.create_sheet(name)
        table.append(list(headers.get(name, ())))
        for row in rows:
            table.append(list(row))
    book.save(path)
    return path


def load(engine: Engine, path: Path, **options: bool) -> list[str]:
    """Import the file; returns what is printed."""
    return Importer(engine, load_policy(), WORDS).run(Options(path, **options), NOW)


def load_town(engine: Engine, folder: Path, sheets: Sheets | None = None, **options: bool) -> list[str]:
    """Import a town from its rows."""
    return load(engine, save(folder / "town.xlsx", town() if sheets is None else sheets), **options)


def wrong(engine: Engine, folder: Path, sheets: Sheets, **options: bool) -> list[str]:
    """The lines about what is wrong with these rows; the first says how many."""
    try:
        load_town(engine, folder, sheets, **options)
    except RosterError as error:
        first, *lines = str(error).splitlines()
        assert first == f"没有导入，数据库没有变化。有 {len(lines)} 处要改："
        return lines
    raise AssertionError("it was imported")
