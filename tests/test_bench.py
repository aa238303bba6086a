"""The benchmark runs and prints its table."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WHAT = (
    "raw jieba.lcut",
    "understand",
    "dispatcher on a SQLite file (WAL, FULL)",
    "bare SQLite commits (WAL, FULL)",
)
CHATTER = ("看电影去了", "吃火锅吃撑了", "打游戏赢了", "睡过头了", "在追新剧", "想去海边", "听了首老歌", "又长胖了")


def bench(*arguments: str, module: str = "bench.run") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)


@pytest.fixture(scope="module")
def table() -> str:
    ran = bench("--smoke")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_it_measures_everything_side_by_side(table: str) -> None:
    rows = [line.split("|")[1:4] for line in table.splitlines() if line.startswith("| ")]
    rates = {row[0].strip(): row[1].strip() for row in rows}
    for what in (
        "raw jieba.lcut",
        "understand",
        "dispatcher on a SQLite file (WAL, FULL)",
        "bare SQLite commits (WAL, FULL)",
    ):
        assert int(rates[what].replace(",", "")) > 0


def test_nothing_fails_and_something_matters(table: str) -> None:
    assert "0 failed" in table
    assert " 0 had an effect" not in table


def test_it_says_where_and_when_without_naming_the_machine(table: str) -> None:
    first = table.splitlines()[0]
    assert "UTC" in first
    assert "cores" in first
    assert "SQLite" in first


def test_only_write_keeps_a_file(table: str) -> None:
    assert "wrote" not in table


def test_a_message_asks_no_more_beside_ten_times_as_many_open_tickets() -> None:
    ran = bench("--smoke", module="bench.merging")
    assert ran.returncode == 0, ran.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ran.stdout.splitlines() if line[:3] == "| 1"]
    assert [row[0] for row in rows] == ["10", "100"]
    few, many = ([int(cell) for cell in row[3:6]] for row in rows)
    assert few[0] > 10
    # What somebody has open himself is looked at one by one, up to a limit; of others' matters nothing is.
    assert all(after <= before + 10 for before, after in zip(few, many, strict=True))


def test_the_digests_of_a_district_are_measured() -> None:
    ran = bench("--smoke", module="bench.digests")
    assert ran.returncode == 0, ran.stderr
    rows = {row[0]: row[1] for line in ran.stdout.splitlines() if (row := [c.strip() for c in line.split("|")[1:-1]])}
    assert int(rows["daily digests prepared and committed"]) > 80
    assert rows["weekly reports of towns"] == "2"


def test_other_models_are_tried_side_by_side(tmp_path: Path) -> None:
    chat = [f"{day}{who}{what}" for day in ("今天", "昨晚", "周末") for who in "你我他" for what in CHATTER]
    rows = (json.dumps({"id": str(index), "text": text}) for index, text in enumerate(chat))
    (tmp_path / "lccc_weibo.jsonl").write_text("\n".join(rows), encoding="utf-8")
    ran = bench(str(tmp_path), "--smoke", module="bench.models")
    assert ran.returncode == 0, ran.stderr
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ran.stdout.splitlines() if line[:2] == "| "]
    _, *variants = cells
    assert [cell[0].split()[0] for cell in variants] == [*map(str, range(1, 11)), "11a", "11b"]
    assert all(0 <= float(share) <= 1 for cell in variants for share in cell[1:6])
    assert float(variants[6][4]) > float(variants[0][4])  # what ships hears better than a list of words


def test_the_ear_is_measured_beside_jieba_and_bears_rubbish() -> None:
    ran = bench("--smoke", module="bench.ear")
    assert ran.returncode == 0, ran.stderr
    assert "| own none lines" in ran.stdout
    assert "random messages: none failed" in ran.stdout


def test_a_town_is_imported_into_both_databases() -> None:
    ran = bench("--smoke", module="bench.roster")
    assert ran.returncode == 0, ran.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ran.stdout.splitlines() if "SQL" in line[:12]]
    assert [row[0] for row in rows] == ["SQLite"] * 3 + ["PostgreSQL"] * 3
    for _, what, *_, said in rows:
        assert ("没有要改的" in said) == (what == "the same again")


def test_a_city_of_four_levels_is_imported_and_its_month_reported() -> None:
    ran = bench("--smoke", module="bench.city")
    assert ran.returncode == 0, ran.stderr
    assert "| month report of the city |" in ran.stdout
    assert "各级办理：\n微网格 到手" in ran.stdout
    assert "小网格 到手" in ran.stdout


def test_commands_are_measured_beside_few_and_many_tickets_in_both_databases() -> None:
    ran = bench("--smoke", module="bench.commands")
    assert ran.returncode == 0, ran.stderr  # each command has done what it is for, or it says which has not
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ran.stdout.splitlines() if line[:2] == "| "]
    heads = [row for row in rows if row[0] == "what is said"]
    assert len(heads) == 2
    measured = [row[0] for row in rows if row[0] != "what is said" and row[0][0] != ":"]
    assert {"处理 N", "办结 N", "认领 N", "查 N", "日报, village", "talk that joins one"} <= set(measured)
    assert all(measured.count(name) == 2 for name in measured)


def test_a_publication_to_a_fleet_breaks_no_limit_killed_or_taken_back() -> None:
    ran = bench("--smoke", module="bench.fleet")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ran.stdout.splitlines() if line[:2] == "| "]
    runs = {row[0]: row[1:5] for row in rows[1:] if row[0][0] != ":"}
    assert runs["undisturbed"][0] == "220 of 220"
    assert runs["undisturbed"][3] == "0"
    assert runs["killed"][3] == "5"
    assert {run[2] for run in runs.values()} == {"0"}
