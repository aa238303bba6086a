"""Files of every kind through the real command line: what it prints, what it keeps, what it refuses."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from processes import COMMAND, DEADLINE, environment, xiaoshao
from replaying import LEADER, TALK, Row, message, run, run_bytes, setup

from bot.replay.chatfile import ChatFileError
from models import schema
from models.engine import open_engine
from models.uow import UnitOfWork

CHAT = "王阿姨 2026/5/6 10:00:01\n3栋2单元漏水了，没人管\n\n老李 2026/5/6 10:05:00\n今天天气真好\n"


def lines(*rows: Row) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "聊天.jsonl"
    path.write_bytes(lines(setup(people=[LEADER]), *TALK))
    return path


# -- the same file, the same bytes ------------------------------------------------------------------


def test_the_same_file_gives_the_same_bytes(file: Path) -> None:
    def bare(output: bytes) -> bytes:
        *rows, last = output.splitlines()
        return b"\n".join([*rows, json.dumps({**json.loads(last), "seconds": 0}).encode()])

    first, second = (xiaoshao("replay", file, "--json", PYTHONHASHSEED=seed) for seed in ("1", "77"))
    assert first.returncode == second.returncode == 0
    assert first.stderr == b""
    assert bare(first.stdout) == bare(second.stdout)
    assert json.loads(first.stdout.splitlines()[-1])["messages"] == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_pasted_text_in_every_encoding(encoding: str) -> None:
    done = run_bytes(CHAT.encode(encoding), name="幸福里.txt")
    assert done.summary["messages"] == 2
    assert (done.tickets[0]["room"], done.tickets[0]["requesters"]) == ("幸福里", ["王阿姨"])


def test_a_table() -> None:
    table = "时间,发送人,群名,内容\n2026-05-06 10:00:01,王阿姨,幸福里,3栋2单元漏水了\n"
    done = run_bytes(table.encode("gb18030"), name="x.csv")
    assert (done.tickets[0]["room"], done.tickets[0]["messages"]) == ("幸福里", ["L2"])


# -- for people -------------------------------------------------------------------------------------


def test_people_read_the_talk_with_the_answers_below() -> None:
    out = run(setup(people=[LEADER], rooms=[{"id": "g1", "name": "幸福里"}]), *TALK, as_json=False).out
    told = out.splitlines()
    assert told[:2] == ["—— 幸福里 ——", "05-06 10:00 王阿姨：3栋2单元漏水了"]
    assert told[2].startswith("  → @王阿姨 已登记 #1")
    assert "  → (私) 老李：" in out
    result = told[told.index("—— 结果 ——") + 1 :]
    assert result[0].startswith("#1 ")
    assert result[0].endswith(" 3栋2单元 王阿姨、李叔 ← m1 m2")
    assert not any(code in out for code in ("complaint", "utilities", "open"))
    assert result[-1].startswith("消息 5 条，忽略 1 条，登记 2 件，待确认 1 条")


def test_what_a_file_says_cannot_play_with_the_terminal() -> None:
    out = run(message(1, "p1", "早\x1b[2J\x07\u202e好", name="王\x1b]0;x\x07"), as_json=False).out
    assert not set(out) & set("\x1b\x07\u202e")


# -- shadow and report ------------------------------------------------------------------------------


def test_a_shadow_says_nothing_and_leaves_a_report_that_quotes_nobody_who_was_ignored(tmp_path: Path) -> None:
    secret = message(6, "p6", "我的银行卡在桌上", name="赵<b>姐")
    fresh = message(7, "p5", "7栋<script>alert(1)</script>漏水了，电话13812345678")
    done = run(setup(people=[LEADER]), *TALK[:4], secret, fresh, shadow=True, report=tmp_path / "r.html")
    assert not done.posts
    assert done.summary["posts"] == 0
    assert (done.summary["tickets"], done.summary["ignored"]) == (2, 2)
    html = (tmp_path / "r.html").read_text("utf-8")
    for ignored in ("今天天气真好", "银行卡", "13812345678", "<script>", "赵<b>"):
        assert ignored not in html
    assert "&lt;script&gt;" in html
    assert "漏水" in html


def test_a_report_lies_beside_the_file_and_never_over_it(file: Path, tmp_path: Path) -> None:
    done = xiaoshao("replay", file, "--shadow")
    assert done.returncode == 0
    assert done.stderr.decode() == f"报告已写到 {file.with_suffix('.html')}\n"
    assert done.stdout.decode().startswith("—— 结果 ——")
    page = tmp_path / "saved.html"
    page.write_text(CHAT, "utf-8")
    assert run_bytes(CHAT.encode(), name="saved.html", shadow=True).warned.rstrip().endswith("saved.html.html")


def test_a_report_that_cannot_be_written_is_said_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(ChatFileError, match="没有这个文件或文件夹"):
        run(*TALK, report=tmp_path / "nowhere" / "r.html")


# -- databases --------------------------------------------------------------------------------------


def test_a_database_keeps_one_result_and_no_real_one_is_touched(tmp_path: Path) -> None:
    kept = f"sqlite:///{tmp_path}/kept.db"
    run(*TALK, database=kept)
    engine = open_engine(kept)
    with UnitOfWork(engine, read_only=True) as uow:
        assert len(uow.tickets.all()) == 2
    engine.dispose()
    with pytest.raises(ChatFileError, match="已有一次回放的结果"):
        run(*TALK, database=kept)
    real = f"sqlite:///{tmp_path}/real.db"
    engine = open_engine(real)
    schema.create(engine)
    with UnitOfWork(engine) as uow:
        uow.places.account("wx", "wechaty")
        uow.commit()
    engine.dispose()
    before = (tmp_path / "real.db").read_bytes()
    with pytest.raises(ChatFileError, match="正式在用的数据库"):
        run(*TALK, database=real)
    assert (tmp_path / "real.db").read_bytes() == before
    with pytest.raises(ChatFileError, match="打不开"):
        run(*TALK, database=f"sqlite:///{tmp_path}/nowhere/x.db")


# -- what is no chat --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的"),
        (b"\n \n", "文件是空的"),
        (bytes(range(256)) * 50, "第2行的文字编码坏了"),
        (lines(*TALK[:2]) + b'\n{"id":', "第3行不是完整的一行 JSON"),
        (lines(*TALK[:2], {"id": "m9"}), "第3行缺 sender"),
        (lines(*TALK[:1], message(2, "p2", "早", at="昨天")), "第2行的 at“昨天”"),
        (lines(message(1, "p1", "早", role="leader"), message(2, "p1", "早", role="property")), "第2行说“p1”"),
        ("第一章\n话说天下大势，分久必合，合久必分。\n".encode() * 20, "聊天记录"),
    ],
)
def test_a_bad_file_is_one_sentence_on_stderr(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    done = xiaoshao("replay", path, "--json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert sentence in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1


def test_a_folder_no_file_and_an_unknown_policy(tmp_path: Path, file: Path) -> None:
    for arguments, sentence in [
        ((tmp_path,), "这是一个文件夹"),
        ((tmp_path / "nowhere",), "没有这个文件"),
        ((file, "--policy", "火星"), "没有名为「火星」的规则包，可用的有：bayannur、default"),
    ]:
        done = xiaoshao("replay", *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert sentence in done.stderr.decode()


def test_a_reader_that_has_enough(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines(*(message(n, f"p{n}", "早" * 200) for n in range(1, 2000))))
    command = [*COMMAND, "replay", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(DEADLINE) == 0
        assert process.stderr.read() == b""


# -- size -------------------------------------------------------------------------------------------


def test_a_message_of_a_million_characters_and_controls(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        lines(
            message(1, "p1", "啊" * 1_000_000),
            message(2, "p1", "3栋2单元三楼漏水了，没人管" * 80_000),
            message(3, "p2", "\x01\x02\x1b[31m" + "\u200b" * 100),
            message(4, "p2", "\n" * 1000 + "@小哨" * 1000, mentions=["bot"]),
        )
    )
    started = time.monotonic()
    done = xiaoshao("replay", path, "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.splitlines()[-1])["messages"] == 4
    assert max(map(len, done.stdout.decode().splitlines())) < 5000
    assert time.monotonic() - started < 30


def test_ten_thousand_messages_in_one_second(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    chat = ["早上好", "收到", "谢谢", "哈哈哈", "今天天气真好", "有人一起打牌吗", "@p1 下午见"]
    flood = [
        message(n, f"p{n % 300}", chat[n % 7] if n % 40 else f"{n}栋三楼漏水了，没人管", at="2026-05-06T10:00:00")
        for n in range(10_000)
    ]
    path.write_bytes(lines(*flood))
    started = time.monotonic()
    done = xiaoshao("replay", path, "--json")
    assert done.returncode == 0
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["messages"] == 10_000
    held = [row["messages"] for row in map(json.loads, done.stdout.splitlines()) if row["type"] == "ticket"]
    assert sum(map(len, held)) >= 100
    assert time.monotonic() - started < 50
