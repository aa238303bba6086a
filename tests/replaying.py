"""Replays in process over a plain understanding."""

import io
import json
import tempfile
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from plain import PlainUnderstander

from bot.replay.command import Options, replay
from nlp.understander import Understander
from nlp.understanding import Band, Cue, Kind, Understanding

Row = dict[str, Any]
ROOM = {"id": "g1", "name": "幸福里"}
LEADER = {"id": "p9", "name": "老李", "role": "leader", "room": "g1"}


class Ear(PlainUnderstander):
    """Besides plain: a place, a doubt, somebody who has the same."""

    def understand(self, text: str) -> Understanding:
        if "有点吵" in text:
            return Understanding(Kind.COMPLAINT, "noise", Band.ASK, 0.6, evidence=("好像有点吵",))
        if "我家也是" in text:
            return Understanding(Kind.NONE, "chat", Band.IGNORE, 0.1, cues=frozenset({Cue.JOIN}))
        if "栋" in text and "漏水" in text:
            place = text.split("漏水")[0]
            return Understanding(Kind.COMPLAINT, "utilities", Band.ACT, 0.99, place, evidence=("漏水",))
        return super().understand(text)


def setup(**fields: Any) -> Row:
    return {"type": "setup", **fields}


def message(number: int, sender: str, text: str, **fields: Any) -> Row:
    """The message m<number>, so many seconds after ten o'clock, in g1."""
    at = f"2026-05-06T10:{number // 60:02}:{number % 60:02}"
    return {"id": f"m{number}", "room": "g1", "sender": sender, "text": text, "at": at, **fields}


TALK = (
    message(1, "p1", "3栋2单元漏水了", name="王阿姨"),
    message(2, "p2", "我家也是", name="李叔"),
    message(3, "p3", "今天天气真好"),
    message(4, "p2", "好像有点吵", at="2026-05-06T10:50:00"),
    message(5, "p4", "5栋漏水了", at="2026-05-06T10:51:00"),
)


@dataclass(frozen=True)
class Run:
    """What a replay printed."""

    out: str
    warned: str

    @property
    def rows(self) -> list[Row]:
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows if row["type"] == kind]

    @property
    def posts(self) -> list[Row]:
        return self.of("post")

    @property
    def tickets(self) -> list[Row]:
        return self.of("ticket")

    @property
    def signals(self) -> list[Row]:
        return self.of("signal")

    @property
    def summary(self) -> Row:
        return self.rows[-1]

    @property
    def stable(self) -> list[Row]:
        """All rows without the seconds that the run took."""
        return [{name: value for name, value in row.items() if name != "seconds"} for row in self.rows]


def run(*lines: Row, as_json: bool = True, **options: Any) -> Run:
    """Replay these lines as a JSONL file."""
    data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    return run_bytes(data, as_json=as_json, **options)


def run_bytes(data: bytes, *, name: str = "chat.jsonl", as_json: bool = True, **options: Any) -> Run:
    """Replay a file with that content."""
    out, warned = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(warned):
        path = Path(folder) / name
        path.write_bytes(data)
        replay(Options(path, as_json, **options), out, lambda: cast(Understander, Ear()))
    return Run(out.getvalue(), warned.getvalue())
