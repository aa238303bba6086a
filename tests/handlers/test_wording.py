"""The sentences: every key that the code names exists, wants no more than it is given, and is used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.wording import Wording, WordingError, load_wording
from models.codes import Rating, RecordField, Role, RoomMode, Status, TicketKind
from models.states import Move

ROOT = Path(__file__).parents[2]
WORDS = load_wording()
SAYING = {"say", "refuse"}
NAMING = {"name"}
RECORDED = {"joined", "updated", "amended", "escalated", "transferred", "contact_given", "contact_refused"}
RECORDED |= {"left", "rated", "erased", "alerted", "acknowledged", "unanswered", "offered", "put_to_branch", "declined"}
RECORDED |= {"returned", "supervised", "absorbed", "unmerged", "split_from", "split_off", "kind_changed", "pictured"}
RECORDED |= {"recalled"}


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for folder in ("handlers", "bot"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def calls(names: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """(place, call) of every method call of one of these names."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in names
                and node.args
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def constants(node: ast.AST) -> list[str]:
    """The keys that an expression may be: a constant, or either side of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return constants(node.body) + constants(node.orelse)
    return []


def strings() -> set[str]:
    return {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def groups() -> set[str]:
    """Groups of keys that the code puts together: f"status.{…}" or words.name("status", …)."""
    found = {key for _, call in calls(NAMING) for key in constants(call.args[0])}
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                head = str(node.values[0].value)
                if head.endswith("."):
                    found.add(head[:-1])
    return found


SAID = [(place, key, call) for place, call in calls(SAYING) for key in constants(call.args[0])]


@pytest.mark.parametrize(("place", "key", "call"), SAID, ids=[f"{place}-{key}" for place, key, _ in SAID])
def test_what_is_said_exists_and_is_given_its_variables(place: str, key: str, call: ast.Call) -> None:
    assert key in WORDS.keys
    given = {keyword.arg for keyword in call.keywords}
    if None not in given:  # **values are not read here
        assert WORDS.variables(key) <= given


def test_no_key_is_unused() -> None:
    named, grouped = strings(), groups()
    grouped.add("mode")  # the names of a room's modes, as an operator reads and writes them
    unused = {key for key in WORDS.keys if key not in named and key.partition(".")[0] not in grouped}
    assert not unused


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("status", [*Status, "waiting"]),
        ("role", Role),
        ("kind", TicketKind),
        ("finish", TicketKind),
        ("rating", Rating),
        ("mode", RoomMode),
        ("record_field", RecordField),
        ("event", [*(move.value for move in Move), *RECORDED]),
        ("role_group", ["staff", "leading", "operators"]),
    ],
)
def test_every_code_has_a_name(group: str, codes: list[str]) -> None:
    for code in codes:
        assert WORDS.get(f"{group}.{code}"), f"{group}.{code}"


def test_every_recorded_event_has_a_name() -> None:
    """What handlers write into the history can be shown to people."""
    recorded = {key for _, call in calls({"record"}) if len(call.args) > 1 for key in constants(call.args[1])}
    assert recorded
    assert recorded <= {key.removeprefix("event.") for key in WORDS.keys if key.startswith("event.")}


def test_sentences_are_short_and_carry_no_jargon() -> None:
    for key in WORDS.keys - {"cue.wish", "cue.greetings", "cue.common"}:
        sentence = WORDS.get(key)
        assert sentence is not None
        assert len(sentence) <= 140, key
        sentence = re.sub(r"\{\w+\}", "", sentence)
        assert not any(word in sentence for word in ("ticket", "signal", "null", "None", "错误码")), key


def test_refusals_are_one_short_sentence() -> None:
    for key in WORDS.keys:
        if key.startswith("refuse."):
            sentence = WORDS.get(key)
            assert sentence is not None
            assert "\n" not in sentence
            assert sentence.endswith(("。", "？"))
            assert len(sentence) <= 60, key


def test_an_operator_may_change_a_sentence(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[quiet]\nroom_on = "我又来了。"\n', encoding="utf-8")
    assert load_wording(own).say("quiet.room_on") == "我又来了。"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[quiet]\nroom_onn = "我又来了。"\n', "room_onn"),
        ('[quiet]\nroom_on = "{who} 又来了。"\n', "who"),
        ("[quiet\n", "own.toml"),
    ],
)
def test_a_wrong_wording_file_is_named(tmp_path: Path, text: str, wrong: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(WordingError, match=wrong):
        load_wording(own)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(WordingError, match="name"):
        Wording({"hello": "你好，{name}"}).say("hello")
