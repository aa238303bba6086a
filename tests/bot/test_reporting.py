"""xiaoshao report: the same text at every run, a table, and sentences for what cannot be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from worlds import add_ticket, build_world

from bot import reporting
from bot.cli.report import show
from bot.operating import NotReadyError
from bot.settings import Settings
from models import schema
from models.engine import open_engine
from models.uow import UnitOfWork


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A database with a ticket of the 6th of May; it is the 2nd of June."""
    address = f"sqlite:///{tmp_path}/x.db"
    engine = open_engine(address)
    schema.upgrade(engine)
    with UnitOfWork(engine) as uow:
        add_ticket(uow, build_world(uow), category="plumbing")
        uow.commit()
    engine.dispose()
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setattr(reporting, "now", lambda: datetime(2026, 6, 2, 2, 0, tzinfo=UTC))
    return Settings()


def test_a_second_run_says_the_same(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = reporting.report(settings, "month", None, None)
    assert first[0].startswith("【2026年5月月报】清河镇\n新增1件：诉求1\n")
    monkeypatch.setattr(reporting, "now", lambda: datetime(2027, 6, 2, 2, 0, tzinfo=UTC))
    assert reporting.report(settings, "month", "t", "2026-05") == first


def test_a_week_of_a_village(settings: Settings) -> None:
    text, table = reporting.report(settings, "week", "v1", "2026-W19")
    assert text.startswith("【周报 5月4日至5月10日】东坑村\n")
    assert table.splitlines()[1].startswith("合计,v1,东坑村,村社区,1,0,0%")


@pytest.mark.parametrize(
    ("node", "period", "sentence"),
    [("nowhere", None, "没有编码是 nowhere 的网格"), (None, "soon", "看哪个月的"), (None, "2026-06", "还没过完")],
)
def test_what_cannot_be_is_a_sentence(settings: Settings, node: str | None, period: str | None, sentence: str) -> None:
    with pytest.raises(NotReadyError, match=sentence):
        reporting.report(settings, "month", node, period)


def test_the_table_opens_in_a_spreadsheet(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "may.csv"
    show("month", "t", None, path)
    assert "【2026年5月月报】清河镇" in capsys.readouterr().out
    assert path.read_bytes().startswith("\ufeff行,编码,名称".encode())
