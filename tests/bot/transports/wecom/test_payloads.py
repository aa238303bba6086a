"""Whatever a callback holds is read or left, and nothing of it raises."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from wecom_caller import said
from wecom_families import cbc, padded
from wecom_vector import CORP, KEY, TOKEN

from bot.transports.wecom.codec import CallbackRefused, Codec
from bot.transports.wecom.messages import message_of
from bot.transports.wecom.payloads import Said, read_json, read_xml, unwrap_json, unwrap_xml, without_call

AT = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = ["msgid", "msgtype", "chattype", "chatid", "from", "userid", "text", "content", "mixed", "msg_item", "quote"]
WORDS = st.sampled_from(["text", "mixed", "image", "voice", "event", "group", "single", "m1", "\ud800", "\0", "话"])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=20,
)


def read(payload: object) -> object:
    found = read_json(json.dumps(payload), AT, "小哨")
    if isinstance(found, Said):
        message_of("wecom", found, [None] * len(found.pictures))
    return found


@given(TREES)
def test_any_json(payload: object) -> None:
    read(payload)
    if isinstance(payload, dict):
        read({**said(), **payload})


@given(st.text(max_size=200), st.binary(max_size=200))
def test_any_text_and_any_bytes(text: str, data: bytes) -> None:
    read_json(text, AT, "小哨")
    read_xml(text, AT)
    for unwrap in (unwrap_json, unwrap_xml):
        for body in (data, text.encode("utf-8", "surrogatepass")):
            with pytest.raises(CallbackRefused):
                unwrap(body)


@given(st.text(max_size=100) | st.binary(max_size=200).map(lambda data: cbc(padded(data)).hex()))
def test_any_ciphertext(text: str) -> None:
    codec = Codec(SecretStr(TOKEN), SecretStr(KEY), CORP)
    with pytest.raises(CallbackRefused):
        codec.decrypt(text)
    with pytest.raises(CallbackRefused):
        codec.verify("0" * 40, "1700000000", "n", text)


def test_too_deep_is_nothing() -> None:
    assert read_json("[" * 100_000, AT, "小哨") is None
    assert read_json('{"a":' * 100_000 + "1" + "}" * 100_000, AT, "小哨") is None
    assert read_xml("<xml>" * 10_000 + "</xml>" * 10_000, AT) is None


def test_what_no_database_keeps_is_in_no_id() -> None:
    found = read(said("话", "m\0\ud800", chatid="c\0", **{"from": {"userid": "u\0", "corpid": "w"}}))
    assert isinstance(found, Said)
    assert (found.id, found.room, found.sender) == ("m?", "c", "w/u")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("@小哨 办结 1", "办结 1"),
        ("@小哨\u2005办结 1", "办结 1"),
        ("办结 1 @小哨", "办结 1"),
        ("@小哨兵 办结 1", "@小哨兵 办结 1"),
        ("@张三 @小哨 办结 1", "@张三 办结 1"),
        ("@小哨", ""),
    ],
)
def test_the_call_is_taken_out_and_no_other(text: str, rest: str) -> None:
    assert without_call(text, "小哨") == rest
