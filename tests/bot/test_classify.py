"""xiaoshao classify: exact rows, in order, as soon as there is something to answer."""

import io
import json
import selectors
import subprocess
from pathlib import Path
from typing import Any

import pytest
from processes import COMMAND, DEADLINE, environment, xiaoshao

from bot import classifying
from nlp.understander import Understander

KEYS = ["id", "kind", "category", "band", "score", "place", "urgency", "evidence"]
LEAK = "3栋2单元三楼漏水了，没人管"


@pytest.fixture(autouse=True)
def loaded(understander: Understander, monkeypatch: pytest.MonkeyPatch) -> None:
    """In process, the model is loaded once for all tests."""
    monkeypatch.setattr(Understander, "load", lambda: understander)


def classify(tmp_path: Path, *lines: bytes | object) -> list[dict[str, Any]]:
    """The rows for lines; whatever is not bytes is written as JSON."""
    data = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return classify_bytes(tmp_path, data)


def classify_bytes(tmp_path: Path, data: bytes) -> list[dict[str, Any]]:
    path, out = tmp_path / "in.jsonl", io.StringIO()
    path.write_bytes(data)
    with path.open("rb") as lines:
        classifying.classify_stream(lines, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_rows_have_exactly_these_keys_and_values_of_these_sets(tmp_path: Path) -> None:
    texts = [LEAK, "早上好", "想借一台轮椅，哪位邻居家有", "楼上天天半夜吵架打人", "着火了快来人", "", "[图片]", "😀"]
    rows = classify(tmp_path, *({"id": str(n), "text": text} for n, text in enumerate(texts)))
    assert [row["id"] for row in rows] == [str(n) for n in range(len(texts))]
    for row, text in zip(rows, texts, strict=True):
        assert list(row) == KEYS
        assert row["kind"] in {"wish", "complaint", "dispute", "none"}
        assert row["band"] in {"act", "ask", "ignore"}
        assert row["kind"] != "none" or row["band"] == "ignore"
        assert row["urgency"] in {"emergency", "high", "normal"}
        assert 0 <= row["score"] <= 1
        assert isinstance(row["category"], str)
        assert row["place"] is None or isinstance(row["place"], str)
        assert all(piece in text for piece in row["evidence"])
    assert rows[0]["kind"] == "complaint"
    assert rows[0]["evidence"]
    assert rows[0]["place"].startswith("3栋2单元")
    assert rows[1]["kind"] == "none"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "这一行不是 JSON"),
        (b"\xff\xfe", "这一行不是 UTF-8 文字"),
        (b"[" * 100_000, "这一行不是 JSON"),
        (b'{"id":' + b"9" * 5000 + b',"text":"x"}', "这一行不是 JSON"),
        (b"[]", '这一行要写成 {"id": …, "text": …}'),
        (b'"text"', '这一行要写成 {"id": …, "text": …}'),
        ({"id": "a"}, "缺少 text，或 text 不是文字"),
        ({"id": "a", "text": 7}, "缺少 text，或 text 不是文字"),
        ({"id": "a", "text": None}, "缺少 text，或 text 不是文字"),
        ({"text": "x"}, "缺少 id，或 id 不是文字或数字"),
        ({"id": None, "text": "x"}, "缺少 id，或 id 不是文字或数字"),
        ({"id": True, "text": "x"}, "缺少 id，或 id 不是文字或数字"),
        ({"id": ["a"], "text": "x"}, "缺少 id，或 id 不是文字或数字"),
        (b'{"id":NaN,"text":"x"}', "id 不是一个数"),
        (b'{"id":1e999,"text":"x"}', "id 不是一个数"),
    ],
)
def test_a_bad_line_is_an_error_and_the_stream_goes_on(tmp_path: Path, line: bytes | object, error: str) -> None:
    good = {"id": "b", "text": "早"}
    rows = classify(tmp_path, good, line, good)
    assert [row["id"] for row in rows] == ["b", None, "b"]
    assert rows[1] == {"id": None, "error": error}


def test_an_error_of_our_own_is_one_row_without_its_words(
    tmp_path: Path, understander: Understander, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    real = understander.understand

    def fragile(text: str) -> object:
        if text == "坏":
            raise RuntimeError("坏")
        return real(text)

    monkeypatch.setattr(understander, "understand", fragile)
    rows = classify(tmp_path, {"id": "a", "text": "坏"}, {"id": "b", "text": "早"})
    assert rows[0] == {"id": None, "error": "程序出错了（RuntimeError），这一行没有判断"}
    assert rows[1]["id"] == "b"
    assert "坏" not in logged.getvalue()


def test_ids_come_back_as_they_are(tmp_path: Path) -> None:
    ids = [7, -1, 0, 1.5, 10**30, "", "7", "名"]
    assert [row["id"] for row in classify(tmp_path, *({"id": one, "text": "早"} for one in ids))] == ids


def test_lone_surrogates_bom_blank_lines_and_other_keys(tmp_path: Path) -> None:
    lone = b'\xef\xbb\xbf{"id":"\\ud800a","text":"\\udfff' + "三楼漏水了，没人管".encode() + b'","more":[1]}'
    rows = classify(tmp_path, lone, b"", b"  \t", b'\r{"id":"b","text":"x"}\r')
    assert [row["id"] for row in rows] == ["?a", "b"]
    assert rows[0]["kind"] == "complaint"


def test_the_last_line_needs_no_end_and_an_empty_file_no_answer(tmp_path: Path) -> None:
    line = json.dumps({"id": "a", "text": "早"}).encode()
    assert len(classify_bytes(tmp_path, line)) == len(classify_bytes(tmp_path, line + b"\n")) == 1
    assert classify_bytes(tmp_path, b"") == classify_bytes(tmp_path, b"\n\n") == []


def test_a_huge_line_and_a_huge_text_are_answered(tmp_path: Path) -> None:
    rows = classify(tmp_path, {"id": "a", "text": "漏水" * 500_000}, b"x" * 30_000_000, {"id": "c", "text": "早"})
    assert [row["id"] for row in rows] == ["a", None, "c"]


def test_answers_come_line_by_line_when_little_is_said() -> None:
    with subprocess.Popen(
        [*COMMAND, "classify"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        waiting = selectors.DefaultSelector()
        waiting.register(process.stdout, selectors.EVENT_READ)
        for number in range(4):
            line = json.dumps({"id": number, "text": LEAK}).encode()
            # The second half of a line may come later.
            process.stdin.write(line[:9])
            process.stdin.flush()
            process.stdin.write(line[9:] + b"\n")
            process.stdin.flush()
            assert waiting.select(DEADLINE), "no answer"
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(DEADLINE) == 0


def test_a_flood_is_answered_in_order_from_a_pipe_and_from_a_file(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"id": n, "text": f"早{n}"}).encode() + b"\n" for n in range(5000))
    done = xiaoshao("classify", given=lines)
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == list(range(5000))
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines)
    assert xiaoshao("classify", path).stdout == done.stdout


def test_a_reader_that_has_enough_and_a_file_that_is_none() -> None:
    lines = b"".join(json.dumps({"id": n, "text": LEAK}).encode() + b"\n" for n in range(3000))
    with subprocess.Popen(
        [*COMMAND, "classify"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(lines[:50_000])
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        try:
            process.stdin.write(lines[50_000:])
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert process.wait(DEADLINE) == 0
        assert process.stderr.read() == b""
    done = xiaoshao("classify", "nowhere.jsonl")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == "用不了文件 nowhere.jsonl：没有这个文件或文件夹，请检查路径和权限。\n"
