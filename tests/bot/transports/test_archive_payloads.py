"""Payloads of the archive as what happened."""

import json
from datetime import timedelta
from typing import Any

import pytest
from archive_folder import LI, START, WANG, message
from hypothesis import given
from hypothesis import strategies as st

from bot.transports.wecom_archive.payloads import File, Said, TookBack, is_external, is_robot, read
from models.message import Quote

NOW = START + timedelta(hours=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def said(kind: str, body: dict[str, Any], **more: Any) -> Said:
    found = read(message(kind, body, **more), NOW)
    assert isinstance(found, Said)
    return found


def test_words_a_place_a_voice() -> None:
    words = said("text", {"content": "三楼漏水"})
    assert (words.text, words.room, words.sender, words.at) == (
        "三楼漏水",
        "wr1",
        WANG,
        START + timedelta(milliseconds=1),
    )
    assert said("text", {"content": "在吗"}, roomid="").room is None
    place = {"longitude": 105.5, "latitude": 31.0, "address": "东坑村一组", "title": "老祠堂", "zoom": 15}
    assert said("location", place).place == "老祠堂"
    assert said("location", {**place, "title": ""}).place == "东坑村一组"
    assert said("voice", {"sdkfileid": "v", "play_length": 10}).voices == 1
    assert said("image", {"sdkfileid": "f", "md5sum": "ab"}).pictures == (File("f", "ab"),)


@pytest.mark.parametrize("inner", [json.dumps, lambda value: value])
def test_mixed_messages_keep_their_parts_in_order(inner: Any) -> None:
    items = [
        {"type": "text", "content": inner({"content": "看图"})},
        {"type": "image", "content": inner({"sdkfileid": "one", "md5sum": "a"})},
        {"type": "video", "content": inner({"sdkfileid": "film"})},
        {"type": "text", "content": inner({"content": "还有"})},
        {"type": "image", "content": inner({"sdkfileid": "two", "md5sum": "b"})},
        {"type": "text", "content": "no JSON"},
        "nothing",
    ]
    mixed = said("mixed", {"item": items})
    assert (mixed.text, mixed.pictures) == ("看图\n还有", (File("one", "a"), File("two", "b")))


@pytest.mark.parametrize(
    ("text", "quoted", "words"),
    [
        ("这是一条引用/回复消息：\n“王阿姨：\n三楼漏水\n快来”\n------\n我家也是", "三楼漏水\n快来", "我家也是"),
        ('This is a quote/reply:\n"Wang:\nleak"\n------\nme too', "leak", "me too"),
        ("「王阿姨：三楼漏水」\n- - - - - - - - - - - - - - -\n+1", "三楼漏水", "+1"),
        ("「小哨：#12 已受理：三楼漏水」\n- - - - - - - - - - - - - - -\n满意", "#12 已受理：三楼漏水", "满意"),
    ],
)
def test_a_quote_is_read_out_of_the_text(text: str, quoted: str, words: str) -> None:
    found = said("text", {"content": text})
    assert (found.quote, found.text) == (Quote(text=quoted), words)


@pytest.mark.parametrize(
    "text", ["「停水通知」请看", "------\n三楼", "这是一条引用/回复消息：", "“王：好”\n------\n是"]
)
def test_what_only_looks_like_a_quote_is_none(text: str) -> None:
    found = said("text", {"content": text})
    assert (found.quote, found.text) == (None, text)


def test_recalls_and_who_is_who() -> None:
    assert read(message("revoke", {"pre_msgid": "m7"}), NOW) == TookBack(
        "wr1", WANG, "m7", START + timedelta(milliseconds=1)
    )
    assert read(message("revoke", {}), NOW) is None
    assert is_external(WANG) and is_external(LI) and not is_external("womei") and not is_external("wangwu")
    assert is_robot("wb" + "x" * 30) and not is_robot(WANG)


@pytest.mark.parametrize("kind", ["card", "link", "weapp", "emotion", "file", "video", "meeting", "unheard_of"])
def test_what_is_nothing_to_a_bot(kind: str) -> None:
    assert read(message(kind, {"title": "x"}), NOW) is None


@given(
    st.sampled_from(["text", "mixed", "agree", "revoke", "location", "image"]),
    st.dictionaries(
        st.sampled_from(["content", "item", "userid", "agree_time", "pre_msgid", "title", "sdkfileid"]), JSON
    ),
    st.dictionaries(st.sampled_from(["msgid", "action", "from", "tolist", "roomid", "msgtime", "msgtype"]), JSON),
)
def test_no_payload_is_an_error(kind: str, body: dict[str, Any], more: dict[str, Any]) -> None:
    read(message(kind, body) | more, NOW)
    read(
        message("mixed", {"item": [{"type": kind, "content": body}, {"type": kind, "content": json.dumps(body)}]}), NOW
    )
