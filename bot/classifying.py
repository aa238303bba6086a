"""xiaoshao classify: JSON lines in, judgements out; one message each, without context."""

import json
import os
from collections.abc import Iterator
from typing import IO, Any, TextIO

from nlp.understander import Understander

CHUNK = 1 << 16
"""Bytes that are read at once when they are there; a pipe with little input yields what it has."""


class _BadLine(Exception):
    """A line that is no message. str() is a Chinese sentence."""


def classify_stream(lines: IO[bytes], out: TextIO) -> None:
    """Answer each line in order; a bad line gets an error row and the stream goes on."""
    understander = Understander.load()
    for batch in _batches(lines):
        for line in batch:
            try:
                row = judge(understander, line)
            except _BadLine as error:
                row = {"id": None, "error": str(error)}
            print(json.dumps(row, ensure_ascii=False), file=out)
        out.flush()


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
        "evidence": [_clean(piece) for piece in meaning.evidence],
    }


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _BadLine("这一行不是 UTF-8 文字") from None
    except (ValueError, RecursionError):
        raise _BadLine("这一行不是 JSON") from None
    if not isinstance(message, dict):
        raise _BadLine('这一行要写成 {"id": …, "text": …}')
    if not isinstance(message.get("text"), str):
        raise _BadLine("缺少 text，或 text 不是文字")
    if "id" not in message or isinstance(message["id"], dict | list | bool):
        raise _BadLine("缺少 id，或 id 不是文字或数字")
    if isinstance(message["id"], str):
        message["id"] = _clean(message["id"])
    return message


def _clean(text: str) -> str:
    """Without lone surrogates, which cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _batches(lines: IO[bytes]) -> Iterator[list[bytes]]:
    """Lines as they arrive: whatever is there is one batch, so that little input is answered at once."""
    descriptor = lines.fileno()
    rest = b""
    while chunk := os.read(descriptor, CHUNK):
        *complete, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else [rest + chunk]
        batch = [line for line in complete if line.strip()]
        if batch:
            yield batch
    if rest.strip():
        yield [rest]
