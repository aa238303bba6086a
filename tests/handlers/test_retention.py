"""What ended long ago: nobody can read any more who asked for what, and the figures stay."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import MetaData
from sqlmodel import select
from staging import ACCOUNT
from transcript import Stage
from transcript_head import read_head

from handlers.discreet import retention
from handlers.moments import months_before
from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from models.masking import to_building
from models.message import Attachment, AttachmentKind, Message
from models.tables import Gap, Seen
from nlp.understander import Understander

ZONE = ZoneInfo("Asia/Shanghai")
ONE_MONTH = ["保存月数 2", "略日报"]


@pytest.fixture
def stage(understander: Understander, tmp_path: Path) -> Stage:
    return Stage(read_head(ONE_MONTH), understander, tmp_path)


def _play(stage: Stage, *lines: str) -> None:
    for line in lines:
        stage.play(line)


def _everything(stage: Stage) -> str:
    tables = MetaData()
    tables.reflect(stage.engine)
    with stage.engine.connect() as connection:
        return "\n".join(
            f"{table.name} {row}"
            for table in tables.sorted_tables
            if table.name not in ("person", "identity")  # whom everybody knows who writes in the group
            for row in connection.execute(table.select())
        )


def test_words_people_places_and_pictures_go_and_the_history_verifies(stage: Stage, tmp_path: Path) -> None:
    _play(stage, "小陈：4栋1单元302漏水了，没人管，打13812345678", "王阿姨：我家也是")
    picture = Attachment(AttachmentKind.IMAGE, b"pipe", "image/png")
    at = stage.driver.now
    stage.driver.say(Message("p1", ACCOUNT, "本群", "小陈", "", at, sender_name="小陈", attachments=(picture,)))
    stored = tmp_path / hashlib.sha256(b"pipe").hexdigest()
    assert stored.exists()
    _play(stage, "老李：办结 1 换了小陈家的水管", "小陈>满意 1", "王阿姨>一般 1")
    with stage.app.units() as uow:
        (ticket,) = uow.tickets.all()
        before = {row.position: (row.rating, row.rated_at) for row in uow.tickets.requesters(ticket.id)}
        events = len(uow.tickets.events(ticket.id))
    _play(stage, "@+63d")
    kept = _everything(stage)
    for word in ("漏水", "单元302", "1单元", "13812345678", "小陈", "王阿姨", "水管"):
        assert word not in kept, word
    assert not stored.exists()
    with stage.app.units() as uow:
        (ticket,) = uow.tickets.all()
        assert (ticket.number, ticket.category, ticket.place, ticket.rating) == (1, "plumbing", "4栋", "fair")
        after = {row.position: (row.rating, row.rated_at) for row in uow.tickets.requesters(ticket.id)}
        assert after == before
        assert {uow.people.get(row.person_id).name for row in uow.tickets.requesters(ticket.id)} == {""}
        assert len(uow.tickets.events(ticket.id)) == events + 1
        assert list(uow.seals.damage()) == []


def test_open_matters_and_what_closed_lately_stay(stage: Stage) -> None:
    _play(stage, "李叔：路灯坏了一个星期了，晚上黑灯瞎火的", "@+63d")
    assert "路灯坏了" in _everything(stage)
    _play(stage, "老李：办结 1 换了灯泡", "李叔>满意 1", "@+30d")
    assert "路灯坏了" in _everything(stage)


def test_many_go_in_small_batches_a_minute_apart(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    things = (
        "路灯坏了，黑灯瞎火的",
        "垃圾桶满了没人倒",
        "电梯停了两天没人修",
        "井盖松了，踩上去响",
        "楼道灯不亮了，没人管",
    )
    for thing in things:
        _play(stage, f"李叔：@小哨 登记 {thing}", "@+1m")
    with stage.app.units() as uow:
        count = len(uow.tickets.all())
    _play(stage, *(f"李叔>撤回 {number}" for number in range(1, count + 1)))
    assert count > 4
    gone = []
    _play(stage, "@07-07 03:29")
    for _ in range(4):
        _play(stage, "@+1m")
        with stage.app.units() as uow:
            gone.append(sum(ticket.anonymised_at is not None for ticket in uow.tickets.all()))
    assert gone == [2, 4, 5, 5]


def test_gaps_and_seen_messages_do_not_pile_up(stage: Stage) -> None:
    start = stage.driver.now
    with stage.app.units() as uow:
        uow.places.add_gap(ACCOUNT, start, start + timedelta(hours=1), "restart")
        uow.commit()
    _play(stage, "李叔：路灯坏了一个星期了，晚上黑灯瞎火的", "@+4d")
    with stage.app.units() as uow:
        assert len(uow.session.exec(select(Seen)).all()) == 0
        assert len(uow.session.exec(select(Gap)).all()) == 1
    _play(stage, "@+60d")
    with stage.app.units() as uow:
        assert len(uow.session.exec(select(Gap)).all()) == 0


def test_whoever_is_forgotten_leaves_no_address_behind(stage: Stage) -> None:
    _play(stage, "小陈：4栋1单元302漏水了，没人管", "老李：办结 1 好了", "小陈>忘记我", "@08:00")
    assert "小陈" not in _everything(stage)


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [("2026-05-31", 3, "2026-02-28"), ("2026-01-15", 12, "2025-01-15"), ("2026-03-01", 1, "2026-02-01")],
)
def test_months_are_those_of_the_calendar(moment: str, months: int, expected: str) -> None:
    at = datetime.fromisoformat(f"{moment}T03:30").replace(tzinfo=ZONE).astimezone(UTC)
    assert months_before(at, months, ZONE).astimezone(ZONE).date().isoformat() == expected


def test_a_policy_that_forgets_before_a_matter_may_be_reopened_is_refused(tmp_path: Path) -> None:
    pack = (Path(retention.__file__).parents[1] / "policies" / "default.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(pack.replace("keep_closed_months = 12", "keep_closed_months = 1"), encoding="utf-8")
    with pytest.raises(PolicyError, match="keep_closed_months"):
        load_policy(str(own))


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("3栋2单元501", "3栋"),
        ("清河花园3栋2单元5楼", "清河花园3栋"),
        ("三栋二单元", "三栋"),
        ("12楼3单元", "12楼"),
        ("A座1203", "A座"),
        ("东街2巷15号", "东街2巷"),
        ("沿河街37号", "沿河街"),
        ("王阿姨家门口", None),
        ("5楼", None),
        ("102室门口", None),
        ("菜市场", "菜市场"),
        ("幸福家园3栋", "幸福家园3栋"),
    ],
)
def test_a_place_is_kept_down_to_its_building(place: str, left: str | None) -> None:
    assert to_building(place) == left
