"""The command line: help, exit codes, sentences, and what an operator does by hand."""

import sqlite3
import sys
from pathlib import Path

import pytest
from books import save, town
from processes import xiaoshao
from worlds import ACCOUNT, NOW, add_ticket, build_world

from bot import operating
from bot.cli import main
from bot.settings import Settings
from models import schema
from models.codes import OutgoingState, PostKind
from models.engine import open_engine
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork

COMMANDS = ["replay", "classify", "explain", "feedback", "wording", "report", "chat", "demo", "run", "template"]
COMMANDS += ["import", "migrate", "doctor", "pause", "resume", "code", "roles"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A migrated database with a ticket in it."""
    address = f"sqlite:///{tmp_path}/x.db"
    engine = open_engine(address)
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        add_ticket(uow, world, words="三楼漏水了")
        add_ticket(uow, world, words="路灯坏了")
        uow.commit()
    engine.dispose()
    return address


def settings(url: str) -> Settings:
    return Settings(database_url=url)  # type: ignore[arg-type]  # pydantic makes the secret


def texts(findings: list[operating.Finding], bad: bool) -> str:
    return "\n".join(finding.text for finding in findings if finding.bad is bad)


def test_help_is_chinese_and_names_every_command() -> None:
    done = xiaoshao("--help")
    said = done.stdout.decode()
    assert done.returncode == 0
    assert all(f" {name} " in said for name in COMMANDS)
    assert "微网格" in said
    replay = xiaoshao("replay", "--help", COLUMNS="200").stdout.decode()
    options = ["--json", "--shadow", "--report", "--clock", "--until", "--db", "--policy", "--no-limits", "--date"]
    assert all(option in replay for option in options)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["replay"], "少了文件，请看 xiaoshao replay --help。"),
        (["fly"], "没有这个命令，请看 xiaoshao --help。"),
        (["replay", "--fly", "x"], "没有 --fly 这个选项，请看 xiaoshao replay --help。"),
        (["replay", "x", "--date", "今天"], "--date 的值不对，请看 xiaoshao replay --help。"),
        (["doctor", "x"], "用法不对，请看 xiaoshao doctor --help。"),
    ],
)
def test_wrong_usage_is_one_sentence(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["xiaoshao", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert tuple(capsys.readouterr()) == ("", f"{sentence}\n")


def test_settings_and_databases_that_cannot_be_used_are_one_sentence(tmp_path: Path) -> None:
    wrong = xiaoshao("doctor", WEB_PORT="geheim")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert wrong.stderr.decode() == "设置 WEB_PORT 的值不对，请对照 .env.example 检查环境变量和 .env。\n"
    folder = xiaoshao("doctor", DATABASE_URL=f"sqlite:///{tmp_path}")
    assert (folder.returncode, folder.stdout) == (2, b"")
    assert folder.stderr.decode().startswith("连不上数据库")
    strange = xiaoshao("doctor", DATABASE_URL="mysql://u:geheim@h/d")
    assert (strange.returncode, strange.stdout) == (2, b"")
    assert "geheim" not in strange.stderr.decode()


def test_an_error_of_ours_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"no database at all" * 100)
    done = xiaoshao("doctor", DATABASE_URL=f"sqlite:///{path}")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1


def test_from_an_empty_folder_to_a_sound_database(tmp_path: Path) -> None:
    before = xiaoshao("doctor", folder=tmp_path)
    assert (before.returncode, before.stdout.decode()) == (1, "✗ 表结构不是最新的，请运行 xiaoshao migrate。\n")
    assert xiaoshao("migrate", folder=tmp_path).stdout.decode() == "数据库已升级到最新。\n"
    assert (tmp_path / "data/xiaoshao.db").exists()
    again = xiaoshao("migrate", folder=tmp_path)
    assert (again.stdout.decode(), again.stderr) == ("数据库已是最新。\n", b"")
    after = xiaoshao("doctor", folder=tmp_path)
    assert after.returncode == 0
    assert "✗" not in after.stdout.decode()


def test_the_doctor_finds_a_history_that_was_changed(url: str) -> None:
    assert not texts(operating.examine(settings(url)), True)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        database.execute(
            "UPDATE ticket_event SET kind = 'closed' WHERE ticket_id = (SELECT id FROM ticket WHERE number = 2)"
        )
    done = xiaoshao("doctor", DATABASE_URL=url)
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.decode().splitlines() if line.startswith("✗")]
    assert line == "✗ 东坑村-2 的办理记录第 1 步被改动过。"


def test_the_doctor_names_what_is_stuck_what_may_have_arrived_and_what_was_not_heard(url: str) -> None:
    rows = [
        (OutgoingState.STUCK, "nobody is in charge"),
        (OutgoingState.STUCK, "nobody is in charge"),
        (OutgoingState.STUCK, "帐号被限制"),
        (OutgoingState.MAYBE, "timeout"),
    ]
    with UnitOfWork(operating.database(settings(url))) as uow:
        for state, error in rows:
            uow.outbox.add(
                Outgoing(
                    account=ACCOUNT,
                    kind=PostKind.NOTICE,
                    text="x",
                    created_at=NOW,
                    not_before=NOW,
                    state=state,
                    error=error,
                )
            )
        uow.places.add_gap(ACCOUNT, NOW, NOW.replace(hour=5), "restart")
        uow.commit()
    findings = operating.examine(settings(url))
    bad = texts(findings, True)
    assert "2 条发不出去：那个群还没有负责人。" in bad
    assert "1 条发不出去：帐号被限制。" in bad
    assert "1 条不知道有没有发到" in bad
    assert "有 1 段没听到，最近一段 5月6日 10:00 至 5月6日 13:00" in texts(findings, False)


def test_pause_and_resume_are_for_all_accounts(url: str) -> None:
    assert operating.set_paused(settings(url), True) == "已全体静音（1 个账号）。"
    assert "，已静音" in texts(operating.examine(settings(url)), False)
    assert operating.set_paused(settings(url), False) == "已全体恢复（1 个账号）。"
    assert "，已静音" not in texts(operating.examine(settings(url)), False)
    done = xiaoshao("pause", DATABASE_URL=url)
    assert (done.returncode, done.stdout.decode()) == (0, "已全体静音（1 个账号）。\n")


def test_pausing_a_database_without_tables_is_a_sentence(tmp_path: Path) -> None:
    done = xiaoshao("pause", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == "数据库的表结构不是最新的，请先运行 xiaoshao migrate。\n"


def test_a_roster_from_the_empty_sheet_to_the_database(tmp_path: Path) -> None:
    early = xiaoshao("import", "名册.xlsx", folder=tmp_path)
    assert (early.returncode, early.stderr.decode()) == (2, "数据库的表结构不是最新的，请先运行 xiaoshao migrate。\n")
    xiaoshao("migrate", folder=tmp_path)
    made = xiaoshao("template", "名册.xlsx", folder=tmp_path)
    assert made.returncode == 0
    assert made.stdout.decode() == "已写好 名册.xlsx。照「说明」填好，再运行 xiaoshao import 名册.xlsx --dry-run。\n"
    empty = xiaoshao("import", "名册.xlsx", folder=tmp_path)
    assert (empty.returncode, empty.stdout) == (2, b"")
    assert "没有要导入的内容" in empty.stderr.decode()
    save(tmp_path / "满.xlsx", town())
    tried = xiaoshao("import", "满.xlsx", "--dry-run", folder=tmp_path)
    assert tried.returncode == 0
    assert tried.stdout.decode().startswith("试运行，数据库没有变化。照这张表会改这些：\n＋「网格」东坑村（v1）\n")
    done = xiaoshao("import", "满.xlsx", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("导入好了。\n")
    again = xiaoshao("import", "满.xlsx", folder=tmp_path)
    assert again.stdout.decode().startswith("和数据库里的一样，没有要改的。\n")
    assert "✗" not in xiaoshao("doctor", folder=tmp_path).stdout.decode()


def test_a_wording_file_is_checked_and_used_by_either_name(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[quiet]\nroom_onn = "来了。"\n', encoding="utf-8")
    wrong = xiaoshao("wording", "check", own)
    assert (wrong.returncode, wrong.stderr) == (1, b"")
    assert "第 2 行：「quiet.room_onn」不是已有的键，是不是想写「quiet.room_on」？" in wrong.stdout.decode()
    refused = xiaoshao("wording", "list", WORDING_FILE=str(own))
    assert refused.returncode == 2
    assert refused.stderr.decode().startswith("措辞文件 own.toml 第 2 行：「quiet.room_onn」不是已有的键")
    own.write_text('[quiet]\nroom_on = "我又来了。"\n', encoding="utf-8")
    right = xiaoshao("wording", "check", own)
    assert (right.returncode, right.stdout.decode()) == (0, "own.toml 可以用，改了 1 句。\n")
    for name in ("WORDING_FILE", "XIAOSHAO_WORDING"):
        shown = xiaoshao("wording", "list", "--key", "quiet.room_on", **{name: str(own)})
        assert shown.stdout.decode() == '[quiet]\nroom_on = "我又来了。"\n'
