"""Nothing that people say, and no secret, is logged at INFO and above; nobody is shown a traceback."""

import io
import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from replaying import LEADER, TALK, Row, message, run, setup
from simulating import Served
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import bot.dispatcher
from bot.committing import Committer
from bot.logs import failure, set_up
from bot.readying import Readying
from handlers.context import Context
from models.engine import open_engine
from models.tickets import Tickets

SECRET = "13812345678"
SAID = [
    setup(people=[LEADER]),
    *TALK,
    message(6, "p6", f"6栋漏水了 打我电话{SECRET}"),
    message(7, "p9", "受理 1"),
    message(8, "p6", f"撤回 1 {SECRET}"),
    message(9, "p6", f"我的 {SECRET}", room=None),
    message(10, "p6", f"@小哨 登记 楼道太黑 {SECRET}", mentions=["bot"]),
]


def words() -> list[str]:
    return [row["text"] for row in SAID if "text" in row]


def fails(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"cannot store {SECRET} 漏水了")


def sometimes(real: Callable[..., Any]) -> Callable[..., Any]:
    """Every second call fails, with words in its error."""
    calls = iter(range(10_000))

    def fragile(*arguments: Any, **named: Any) -> Any:
        return fails() if next(calls) % 2 else real(*arguments, **named)

    return fragile


@pytest.mark.parametrize(
    ("owner", "name"),
    [(Tickets, "open"), (Tickets, "hold"), (bot.dispatcher, "hear"), (Context, "find"), (Committer, "_write")],
)
def test_a_replay_with_errors_logs_no_words(
    owner: object, name: str, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setattr(owner, name, sometimes(getattr(owner, name)))
    done = run(*SAID, clock=True, until="2026-05-20T10:00")
    told = logged.getvalue()
    assert "RuntimeError" in told
    assert SECRET not in told
    assert "漏水" not in told
    assert "Traceback" not in told + done.out
    assert not any(said in told for said in words())
    assert "RuntimeError" not in done.out


def test_schedules_that_fail_log_no_words(monkeypatch: pytest.MonkeyPatch, logged: io.StringIO) -> None:
    monkeypatch.setattr("handlers.report.readers.digest", fails)
    run(*SAID, clock=True, until="2026-05-08T19:00")
    assert "schedule_failed" in logged.getvalue()
    assert SECRET not in logged.getvalue()


def test_posts_that_are_stuck_log_no_words(monkeypatch: pytest.MonkeyPatch, logged: io.StringIO) -> None:
    monkeypatch.setattr(Readying, "resolve_leader", lambda *_: False)
    run(*SAID)
    assert SECRET not in logged.getvalue()
    assert "漏水" not in logged.getvalue()


def test_a_command_that_fails_is_answered_with_a_sentence(monkeypatch: pytest.MonkeyPatch, logged: io.StringIO) -> None:
    monkeypatch.setattr(Tickets, "of_person", fails)
    rows: list[Row] = run(*SAID[:1], SAID[1], message(9, "p1", "我的", room=None)).posts
    assert rows[-1]["to"] == "p1"
    assert rows[-1]["in_reply_to"] == "m9"
    assert "稍后" in rows[-1]["text"] or "再" in rows[-1]["text"]
    assert "Error" not in json.dumps(rows)


def test_libraries_log_the_type_of_an_error_only(logged: io.StringIO) -> None:
    engine = open_engine("sqlite://")
    try:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": SECRET})
    except OperationalError:
        logging.getLogger("aiohttp.server").exception("a request failed", stack_info=True)
    assert logged.getvalue() == "ERROR aiohttp.server a request failed (OperationalError)\n"


def test_a_page_that_fails_says_a_sentence_and_logs_no_words(
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO, served: Served
) -> None:
    monkeypatch.setattr(served.stage, "say", fails)
    said = {"chat": "room:r1", "sender": "zhang", "text": SECRET, "quote": None}
    assert served.post("/api/say", said) == (500, {"error": "模拟器出错了，详情在运行它的终端里。"})
    assert "(RuntimeError)" in logged.getvalue()
    assert SECRET not in logged.getvalue()


def test_details_are_there_for_whoever_asks(monkeypatch: pytest.MonkeyPatch, logged: io.StringIO) -> None:
    monkeypatch.setattr(sys, "stderr", logged)
    set_up("DEBUG")
    try:
        fails()
    except RuntimeError as error:
        failure("broken", error, account="a")
    assert "broken_trace" in logged.getvalue()
    assert "Traceback" in logged.getvalue()
