"""xiaoshao classify: JSON lines in, judgements out; one message each, without context."""

import json
import os
from collections.abc import Iterator
from math import isfinite
from typing import IO, Any, TextIO

from bot.logs import failure
from nlp.understander import Understander

CHUNK = 1 << 16
"""Bytes that are read at once when they are there; a pipe with little input yields what it has."""


class _BadLine(Exception):
    """A line that is no message. str() is a Chinese sentence."""


def classify_stream(lines: IO[bytes], out: TextIO) -> None:
    """Answer each line in order; a bad line gets an error row and the stream goes on. Blank lines are passed over."""
    understander = Understander.load()
    for batch in _batches(lines):
        rows = (json.dumps(_answer(understander, line), ensure_ascii=False) for line in batch)
        out.write("".join(f"{row}\n" for row in rows))
        out.flush()


def _answer(understander: Understander, line: bytes) -> dict[str, Any]:
    try:
        return judge(understander, line)
    except _BadLine as error:
        return {"id": None, "error": str(error)}
    except Exception as error:
        failure("classify", error)
        return {"id": None, "error": f"程序出错了（{type(error).__name__}），这一行没有判断"}


def judge(understander: Understander, line: bytes) -> dict[str, Any]:
    """The judgement of one line."""
    message = _message(line)
    meaning = understander.understand(message["text"])
    return {
        "id": message["id"],
        "kind": meaning.kind.value,
        "category": meaning.category,
        "band": meaning.band.value,
        "score": round(meaning.score, 4),
        "place": meaning.place,
        "urgency": meaning.urgency.value,
        "evidence": list(meaning.evidence),
    }


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _BadLine("这一行不是 UTF-8 文字") from None
    except (ValueError, RecursionError):
        # ValueError: besides syntax, a number of more digits than Python converts.
        raise _BadLine("这一行不是 JSON") from None
    if not isinstance(message, dict):
        raise _BadLine('这一行要写成 {"id": …, "text": …}')
    if not isinstance(message.get("text"), str):
        raise _BadLine("缺少 text，或 text 不是文字")
    name = message.get("id")
    if isinstance(name, bool) or not isinstance(name, str | int | float):
        raise _BadLine("缺少 id，或 id 不是文字或数字")
    if isinstance(name, float) and not isfinite(name):
        raise _BadLine("id 不是一个数")
    return {"id": _clean(name) if isinstance(name, str) else name, "text": _clean(message["text"])}


def _clean(text: str) -> str:
    """Without lone surrogates, which cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _batches(lines: IO[bytes]) -> Iterator[list[bytes]]:
    """Lines as they arrive: whatever is there is one batch, so that little input is answered at once."""
    descriptor = lines.fileno()
    begun: list[bytes] = []  # pieces of a line that has not ended: a huge one is joined once, not at every piece
    while chunk := os.read(descriptor, CHUNK):
        first, *others = chunk.split(b"\n")
        begun.append(first)
        if not others:
            continue
        batch = [b"".join(begun), *others[:-1]]
        begun = [others[-1]]
        if lines_said := [line for line in batch if line.strip()]:
            yield lines_said
    rest = b"".join(begun)
    if rest.strip():
        yield [rest]
