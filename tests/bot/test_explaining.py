"""xiaoshao explain and xiaoshao feedback export, as an operator sees them."""

import json
from pathlib import Path

import pytest
from processes import xiaoshao
from worlds import NOW, add_ticket, build_world

from bot.explaining import explain
from models import schema
from models.codes import FeedbackSource
from models.engine import open_engine
from models.feedback_tables import Feedback
from models.uow import UnitOfWork


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "三楼漏水了，没人管",
            ["毛病 漏水（管道渗漏）", "没人管 +", "地点：3楼", "诉求【管道渗漏】登记，在群里说一句"],
        ),
        ("今天天气真好", ["才往下看：不够", "没有要办的事"]),
        ("我真的不想活了", ["不想活（轻生）", "要小心：轻生", "群里不说", "马上告诉值班的人"]),
        ("电梯又坏了，有人被困在里面", ["险情的说法：被困", "急不急：险情", "马上告诉值班的人"]),
        ("修好了，谢谢师傅", ["已经好了", "自己不登记"]),
        ("", ["（什么都没有）", "不登记"]),
    ],
)
def test_every_step_is_said_in_chinese(text: str, wanted: list[str]) -> None:
    said = explain(text)
    for piece in wanted:
        assert piece in said


def test_the_words_may_stand_apart() -> None:
    result = xiaoshao("explain", "三楼", "漏水了")
    assert result.returncode == 0
    assert "原话：三楼 漏水了" in result.stdout.decode()


def test_export_writes_rows_without_times_and_persons(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/own.db"
    engine = open_engine(url)
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        ticket = add_ticket(uow, world)
        assert world.village.id is not None
        for text in (None, "漏水了"):
            uow.feedback.add(
                Feedback(
                    at=NOW, scope_id=world.village.id, source=FeedbackSource.FALSE_ALARM, category="plumbing",
                    label="none", band="act", score=0.71239, model="0123456789ab", features=[3, 7], text=text,
                    ticket_id=None if text is None else ticket.id,
                )
            )  # fmt: skip
        uow.commit()
        ids = [ticket.id, world.resident.id, world.leader.id]
    engine.dispose()
    result = xiaoshao("feedback", "export", tmp_path / "out.jsonl", folder=tmp_path, DATABASE_URL=url)
    assert result.returncode == 0
    assert "已导出 2 条" in result.stdout.decode()
    written = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    piped = xiaoshao("feedback", "export", folder=tmp_path, DATABASE_URL=url)
    assert piped.stdout.decode() == written
    first, second = (json.loads(line) for line in written.splitlines())
    assert first == {
        "day": "2026-05-06", "place": "v1", "source": "false_alarm", "category": "plumbing", "label": "none",
        "band": "act", "score": 0.7124, "model": "0123456789ab", "features": [3, 7], "text": None,
    }  # fmt: skip
    assert second["text"] == "漏水了"
    assert not any(known in written for known in ids)


def test_an_old_database_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    result = xiaoshao("feedback", "export", out, folder=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/old.db")
    assert result.returncode == 2
    assert "xiaoshao migrate" in result.stderr.decode()
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"), [(("explain",), "少了要看的一句话"), (("feedback", "exprt"), "没有这个命令")]
)
def test_wrong_usage_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    result = xiaoshao(*arguments)
    assert result.returncode == 2
    assert result.stderr.decode().startswith(said)
