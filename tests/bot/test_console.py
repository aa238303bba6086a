"""xiaoshao chat: the terminal twin of a group, through a pipe."""

import io

import pytest
from processes import xiaoshao
from worlds import NOW

from bot.transports.console import USAGE, ConsoleTransport


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("王阿姨：三楼漏水了", ("group", "王阿姨", "三楼漏水了", 0)),
        ("王阿姨: 在吗: 在", ("group", "王阿姨", "在吗: 在", 0)),
        ("老张>我的", (None, "老张", "我的", 0)),
        ("老张＞ 我的", (None, "老张", "我的", 0)),
        ("王阿姨：[图片] 你看[图]", ("group", "王阿姨", "你看", 2)),
        ("没有说话人", None),
        ("", None),
    ],
)
def test_a_line_is_a_message(line: str, read: tuple[str | None, str, str, int] | None) -> None:
    transport = ConsoleTransport("a", "group", io.StringIO(), io.StringIO(), lambda: NOW)
    message = transport.read(line)
    assert read == (message and (message.room, message.sender, message.text, len(message.attachments)))


def test_a_conversation_through_a_pipe_answers_below_what_was_said() -> None:
    said = (
        "王阿姨：三楼漏水了，没人管\n\n不成话\n老李：受理 1\n王阿姨>查 1\n".encode()
        + b"\xff\xfe\xef\xbc\x9a\xe5\x96\x82"
    )
    done = xiaoshao("chat", given=said)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith(USAGE)
    assert lines.count(USAGE) == 1
    answers = [line for line in lines[2:] if line.startswith("→")]
    begins = ["→ @王阿姨 已登记", "→ (私) 老李：", "→ 老李 已受理", "→ (私) 王阿姨："]
    assert len(answers) == len(begins)
    assert all(answer.startswith(begin) for answer, begin in zip(answers, begins, strict=True))
    assert "Traceback" not in done.stdout.decode()


def test_no_input_is_no_conversation() -> None:
    done = xiaoshao("chat")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)


def test_an_unknown_policy_is_a_sentence() -> None:
    done = xiaoshao("chat", "--policy", "火星")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith("没有名为「火星」的规则包")
