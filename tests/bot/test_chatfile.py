"""Any file at all: a chat, or one sentence."""

import datetime
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.replay.chatfile import ChatFile, ChatFileError
from bot.replay.parse import parse_chat

DAY = datetime.date(2026, 5, 1)
DOC = Path(__file__).parents[2] / "docs" / "chat-files.md"

FRAGMENTS = st.sampled_from(
    [
        *(
            "王阿姨",
            "老李(wxid_a1b2)",
            "小哨",
            "：",
            ":",
            " ",
            "  ",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "\t",
            ",",
            ";",
            '"',
            "」",
        ),
        *(
            "2026/5/1",
            "2026-05-01",
            "2026年5月1日",
            "5月1日",
            "05-01",
            "昨天",
            "星期五",
            "—————",
            "- - - - - -",
            "「",
            "> ",
        ),
        *(
            "10:21",
            "10:21:33",
            "25:61",
            "上午",
            "下午",
            "PM",
            "[图片]",
            "[位置]x",
            "@小哨",
            "@王阿姨 ",
            "引用:a:b",
            "聊天记录如下",
        ),
        *(
            "时间,发送人,内容\n",
            "at,sender,text\n",
            "StrTime,Type,SubType,StrContent,Sender\n",
            "sep=;\n",
            "49",
            "57",
            "10000",
        ),
        *(
            '{"type":"setup"',
            '{"id":"m1"',
            ',"room":null',
            ',"sender":"p1"',
            ',"at":"2026-05-01T10:21"',
            "}",
            "{",
            "[",
            "]",
        ),
        *(
            "<msg><appmsg><title>",
            "</title>",
            "<?xml",
            "\0",
            "\ufeff",
            "\u2028",
            "😀",
            "9" * 30,
            "\x0c",
            "2026-02-30 10:21 ",
        ),
    ]
)


def check(data: bytes, date: datetime.date | None = DAY) -> None:
    try:
        chat = parse_chat(data, name="a.txt", date=date)
    except ChatFileError as error:
        sentence = str(error)
        assert sentence.endswith("。") and sentence.isprintable()
        sentence.encode()
        return
    assert isinstance(chat, ChatFile)
    assert len({message.id for message in chat.messages}) == len(chat.messages)
    rooms = {room.id for room in chat.rooms}
    people = {(person.id, person.room) for person in chat.people}
    for message in chat.messages:
        assert message.sender and message.at.tzinfo is datetime.UTC
        assert message.room is None or (message.room in rooms and (message.sender, message.room) in people)
        f"{message.id}{message.sender}{message.sender_name}{message.text}{message.place}{message.quote}".encode()
        assert "\0" not in message.text


@given(st.binary(max_size=300))
@example(b"")
@example(bytes(range(256)))
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\xd8")
@example(b"\xef\xbb\xbf")
@example("王阿姨：灯".encode() + b"\xff")
@settings(deadline=None)
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.text(max_size=300), st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-8-sig"]))
@settings(deadline=None)
def test_any_text(text: str, encoding: str) -> None:
    check(text.encode(encoding, "replace"))


@given(st.lists(FRAGMENTS, max_size=40).map("".join), st.sampled_from([None, DAY, datetime.date(1970, 1, 1)]))
@settings(deadline=None)
def test_any_pieces_of_chats(text: str, date: datetime.date | None) -> None:
    check(text.encode(), date)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists).filter(bool))
@settings(deadline=None)
def test_any_json_value_in_any_field(value: object) -> None:
    good = {"id": "m1", "room": "g1", "sender": "p1", "text": "灯", "at": "2026-05-01T10:21"}
    for key in (*good, "type", "name", "role", "attachments", "place", "quote", "mentions"):
        check(json.dumps(good | {key: value}).encode())
    for key in ("tz", "policy", "mode", "rooms", "people"):
        check(json.dumps({"type": "setup", key: value}).encode())


@pytest.mark.parametrize("data", [b"", b" \r\n\t\n", b"\xef\xbb\xbf\n", "\u3000\n".encode(), "\n".encode("utf-16")])
def test_empty_files(data: bytes) -> None:
    with pytest.raises(ChatFileError, match="空"):
        parse_chat(data, name="a.txt")


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"PK\x03\x04rest",
        b"%PDF-1.7",
        b"\x89PNG\r\n",
        "王阿姨：灯坏了\n老李：a\0b\n".encode(),
        "王阿姨：灯".encode("utf-16-le"),
        b"\x01\x02\x03\x04",
    ],
)
def test_binary_files(data: bytes) -> None:
    with pytest.raises(ChatFileError, match=r"聊天记录|编码"):
        parse_chat(data, name="a.txt", date=DAY)


def test_damaged_utf8_is_not_taken_for_gb18030() -> None:
    with pytest.raises(ChatFileError, match="第2行的文字编码坏了"):
        parse_chat("王阿姨：灯坏了\n老李：".encode() + b"\xe5\xe5" + "收到收到收到".encode(), name="a", date=DAY)


def test_gb18030() -> None:
    chat = parse_chat("王阿姨：三楼灯坏了".encode("gb18030"), name="a.txt", date=DAY)
    assert chat.messages[0].text == "三楼灯坏了"


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("x/y/群.v2.txt", "群.v2"),
        ("C:\\群.txt", "群"),
        ("-", "群聊"),
        ("", "群聊"),
        (".txt", ".txt"),
        ("a\udc80b\n.csv", "a\ufffdb"),
    ],
)
def test_room_names_from_file_names(name: str, room: str) -> None:
    assert parse_chat("王阿姨：灯".encode(), name=name, date=DAY).rooms[0].name == room


INPUT = DOC.read_text(encoding="utf-8").partition("\n## 结果\n")[0]
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```", INPUT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_the_examples_of_the_documentation(kind: str, text: str) -> None:
    chat = parse_chat(text.encode(), name="幸福里.txt", date=DAY)
    assert chat.format == {"json": "jsonl", "csv": "csv", "text": "pasted"}[kind]
    assert len(chat.messages) == (3 if kind == "json" else 2)
    assert {message.sender_name for message in chat.messages} <= {"王阿姨", "老李", "小陈"}


LONG = "长" * 1_000_000
HEAD = "王阿姨 2026/5/1 10:21:33\n"
LINE = '{"id":"m%d","room":"g","sender":"p%d","at":"2026-05-01T10:21:33","text":"灯坏了 @王阿姨"}'
BIG = {
    "jsonl": "\n".join(LINE % (i, i % 50) for i in range(10_000)),
    "csv": "时间,发送人,内容\n" + "2026-05-01 10:21:33,王阿姨,灯坏了 @王阿姨\n" * 10_000,
    "headers": (HEAD + "灯坏了 @王阿姨\n") * 10_000,
    "clocks": "王阿姨 10:21\n灯坏了\n老李 10:21\n好\n" * 5_000,
    "speakers": "王阿姨：灯坏了 @王阿姨\n" * 10_000,
    "long jsonl": '{"id":"m","room":null,"sender":"p","at":"2026-05-01T10:21","text":"' + LONG + '"}',
    "long csv": f"时间,发送人,内容\n2026-05-01 10:21,王阿姨,{LONG}\n",
    "long header": HEAD + LONG,
    "long speaker": f"王阿姨：{LONG}",
    "many lines": HEAD + "灯坏了\n" * 250_000,
    "spaces": ("1" + " " * 110 + "10:21\n") * 9_000,
    "words": ("a " * 55 + "10:21 上午 2026\n") * 8_000,
    "quotes": HEAD + "「x」\n" * 200_000,
    "dashes": HEAD + "「x」\n" + "- " * 500_000,
    "system": HEAD + ("我" * 40 + "邀请" + "a" * 60 + "群聊\n") * 9_000,
    "nesting": '{"a":' * 200_000,
} | {f"run of {char!r}": HEAD + char * 1_000_000 for char in '@「」[](:：1- >"<'}


@pytest.mark.parametrize("kind", BIG)
def test_large_and_nasty_files_are_quick(kind: str) -> None:
    data = BIG[kind].encode()
    start = time.perf_counter()
    check(data)
    # About a second is the aim; the bound leaves room for a busy machine and still catches what is quadratic.
    assert time.perf_counter() - start < 5
