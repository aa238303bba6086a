"""The project's own chat format."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.replay.chatfile import ChatFile, ChatFileError, ChatPerson, ChatRole, ChatRoom
from bot.replay.parse import parse_chat
from models.message import AttachmentKind, Quote

SETUP = {"type": "setup", "tz": "Asia/Urumqi", "policy": "demo", "mode": "影子"}


def message(**changes: Any) -> dict[str, Any]:
    return {"id": "m1", "room": "g1", "sender": "p1", "text": "灯坏了", "at": "2026-05-01T10:21:33"} | changes


def read(*records: Any) -> ChatFile:
    text = "\n".join(record if isinstance(record, str) else json.dumps(record) for record in records)
    return parse_chat(text.encode("utf-8", "surrogatepass"), name="群.jsonl")


def error(*records: Any) -> str:
    with pytest.raises(ChatFileError) as caught:
        read(*records)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith("。")
    return sentence


def test_a_message_with_everything() -> None:
    first = message()
    second = message(
        id="m2",
        type="message",
        room=None,
        sender="p2",
        name="老李",
        role="leader",
        at="2026-05-01T02:30:00Z",
        attachments=[{"kind": "image"}, {"kind": "audio"}],
        place="幸福里3栋",
        quote={"id": "m1"},
        mentions=["p1", "bot"],
        unknown=[1, 2],
    )
    chat = read(first, "", second)
    assert [m.at for m in chat.messages] == [
        datetime(2026, 5, 1, 2, 21, 33, tzinfo=UTC),
        datetime(2026, 5, 1, 2, 30, tzinfo=UTC),
    ]
    got = chat.messages[1]
    assert (got.account, got.room, got.sender_name, got.place) == ("replay", None, "老李", "幸福里3栋")
    assert [a.kind for a in got.attachments] == [AttachmentKind.IMAGE, AttachmentKind.AUDIO]
    assert got.quote == Quote("m1", "灯坏了", "p1")
    assert got.mentions == ("p1", "bot")
    assert chat.rooms == (ChatRoom("g1", "g1"),)
    assert chat.people == (
        ChatPerson("p1", "p1", ChatRole.RESIDENT, "g1"),
        ChatPerson("p2", "老李", ChatRole.LEADER, None),
    )
    assert chat.format == "jsonl" and chat.duplicates == 0


def test_setup_names_zone_mode_rooms_and_people() -> None:
    setup = SETUP | {
        "rooms": [{"id": "g1", "name": "幸福里"}, {"id": "g0"}],
        "people": [{"id": "p9", "name": "老张", "role": "party_member", "room": "g1"}],
    }
    chat = read(setup, message())
    assert (str(chat.zone), chat.policy, chat.mode) == ("Asia/Urumqi", "demo", "shadow")
    assert chat.messages[0].at == datetime(2026, 5, 1, 4, 21, 33, tzinfo=UTC)
    assert chat.rooms == (ChatRoom("g1", "幸福里"), ChatRoom("g0", "g0"))
    assert chat.people[0] == ChatPerson("p9", "老张", ChatRole.PARTY_MEMBER, "g1")


def test_role_and_latest_name_count_for_the_whole_file() -> None:
    chat = read(
        message(name="旧名"),
        message(id="m2", role="property", name="新名"),
        message(id="m3"),
        message(id="m4", room="g2"),
        message(id="m5", room=None),
    )
    assert chat.people == (
        ChatPerson("p1", "新名", ChatRole.PROPERTY, "g1"),
        ChatPerson("p1", "新名", ChatRole.RESIDENT, "g2"),
    )


def test_two_roles_in_one_room_are_an_error_and_in_two_rooms_are_not() -> None:
    assert error(message(role="leader"), message(id="m2", role="resident")).startswith("第2行")
    read(message(role="leader"), message(id="m2", room="g2", role="resident"))
    people = {"people": [{"id": "p1", "room": "g1", "role": "property"}]}
    assert "property" in error(SETUP | people, message(role="leader"))


def test_a_second_line_with_the_same_id_is_dropped_whole() -> None:
    chat = read(message(), message(text="改了", role="leader", room="g2"))
    assert [m.text for m in chat.messages] == ["灯坏了"]
    assert chat.duplicates == 1 and len(chat.people) == 1 and len(chat.rooms) == 1


def test_a_quote_of_a_post_is_kept() -> None:
    assert read(message(quote={"id": "m0+1"})).messages[0].quote == Quote("m0+1", "", None)


def test_what_cannot_be_stored_is_cleaned() -> None:
    chat = read(r'{"id":"m1","room":"g1","sender":"p1","text":"a\u0000b\ud800c\ud83d\ude00","at":"2026-05-01T10:21"}')
    assert chat.messages[0].text == "ab\ufffdc😀"


def test_line_separators_in_texts_do_not_split_lines() -> None:
    record = json.dumps(message(text="一\u2028二\x85三"), ensure_ascii=False)
    assert read(record).messages[0].text == "一\u2028二\x85三"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"id": 5}, "id"),
        ({"id": None}, "id"),
        ({"id": " "}, "id"),
        ({"sender": None}, "sender"),
        ({"sender": "bot"}, "bot"),
        ({"at": None}, "at"),
        ({"at": 1777602093}, "at"),
        ({"at": "昨天"}, "昨天"),
        ({"at": "2026-05-01"}, "日期和时间"),
        ({"at": "2026-02-30T10:00"}, "at"),
        ({"at": "0001-01-01T00:00"}, "年份"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "年份"),
        ({"at": "2026-05-01T10:21:33\ud800"}, "at"),
        ({"room": 3}, "room"),
        ({"room": ""}, "room"),
        ({"text": ["a"]}, "text"),
        ({"name": True}, "name"),
        ({"role": "mayor"}, "mayor"),
        ({"attachments": {"kind": "image"}}, "attachments"),
        ({"attachments": ["image"]}, "attachments"),
        ({"attachments": [{"kind": "video"}]}, "video"),
        ({"attachments": [{}]}, "kind"),
        ({"place": 1}, "place"),
        ({"quote": "m1"}, "quote"),
        ({"quote": {}}, "quote"),
        ({"mentions": "bot"}, "mentions"),
        ({"mentions": [1]}, "mentions"),
        ({"type": "post"}, "post"),
        ({"type": 7}, "type"),
    ],
)
def test_a_bad_message_is_an_error_with_its_line(changes: dict[str, Any], word: str) -> None:
    sentence = error(message(id="m0"), "", message(**changes))
    assert sentence.startswith("第3行") and word in sentence
    sentence.encode()


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("[1]", "第2行"),
        ("7", "第2行"),
        ("null", "第2行"),
        ('{"id":', "第2行"),
        ("{" * 50, "第2行"),
        ('{"a":' * 100_000, "第2行"),
        ("[" * 1_000_000, "第2行"),
        ('{"a":' + "9" * 10_000 + "}", "第2行"),
        (json.dumps(SETUP), "第2行"),
    ],
)
def test_a_line_that_is_no_message(line: str, start: str) -> None:
    assert error(message(), line).startswith(start)


@pytest.mark.parametrize(
    "changes",
    [
        {"tz": "Mars/Phobos"},
        {"tz": ""},
        {"tz": "America"},
        {"tz": "../etc/passwd"},
        {"tz": "x" * 5000},
        {"tz": "\ud800"},
        {"tz": 8},
        {"mode": "loud"},
        {"policy": 1},
        {"rooms": "g1"},
        {"rooms": [{"name": "无"}]},
        {"people": [{"name": "无"}]},
        {"people": [{"id": "p1", "role": "king"}]},
        {"people": [3]},
    ],
)
def test_a_bad_setup(changes: dict[str, Any]) -> None:
    assert error("", SETUP | changes, message()).startswith("第2行")


@pytest.mark.parametrize(
    ("mode", "code"), [("关", "off"), ("影子", "shadow"), ("询问", "ask"), ("开", "on"), ("on", "on")]
)
def test_modes(mode: str, code: str) -> None:
    assert read({"type": "setup", "mode": mode}, message()).mode == code


def test_json_that_is_not_one_object_a_line() -> None:
    assert "独占一行" in error('{\n "id": "m1"\n}')
    assert error('[{"id": "m1"}]').startswith("第1行")


def test_a_first_line_that_is_no_object() -> None:
    assert error("null", message(), message(id="m2")).startswith("第1行不是一条消息")


def test_bom_and_line_ends() -> None:
    raw = json.dumps(message()) + "\r\n\r\n" + json.dumps(message(id="m2"))
    for data in (raw.encode("utf-8-sig"), raw.encode("utf-16"), raw.replace("\r\n", "\r").encode()):
        assert [m.id for m in parse_chat(data, name="a").messages] == ["m1", "m2"]


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
ids = names.filter(lambda name: bool(name.strip()) and name != "bot")
moments = st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))
records: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"id": ids, "room": st.none() | ids, "sender": ids, "text": names, "at": moments.map(datetime.isoformat)},
    optional={
        "name": st.none() | names,
        "place": st.none() | names,
        "attachments": st.lists(st.sampled_from([{"kind": "image"}, {"kind": "audio"}]), max_size=3),
        "mentions": st.lists(names, max_size=3),
        "quote": st.fixed_dictionaries({"id": ids}),
    },
)


@given(st.lists(records, min_size=1, max_size=6, unique_by=lambda record: record["id"]), st.booleans())
@settings(deadline=None)
def test_what_is_written_is_read(written: list[dict[str, Any]], ascii_only: bool) -> None:
    text = "\n".join(json.dumps(record, ensure_ascii=ascii_only) for record in written)
    chat = parse_chat(text.encode(), name="a.jsonl")
    for record, got in zip(written, chat.messages, strict=True):
        assert (got.id, got.room, got.sender, got.text) == tuple(record[k] for k in ("id", "room", "sender", "text"))
        assert got.at == datetime.fromisoformat(record["at"])
        assert got.place == (record.get("place") or None)
        assert [a.kind.value for a in got.attachments] == [a["kind"] for a in record.get("attachments", [])]
        assert list(got.mentions) == record.get("mentions", [])
        assert (got.quote.id if got.quote else None) == record.get("quote", {}).get("id")
