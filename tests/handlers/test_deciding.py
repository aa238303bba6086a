"""Votes, panels and care where a transcript does not reach: what stays in the tables, spellings, sums, packs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from transcript import Stage
from transcript_head import read_head

from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.panels import Reviewed, largest_amount
from models.codes import NodeLevel, RecordKind, RecordState, TicketKind
from models.outgoing_tables import Outgoing
from models.record_tables import Record, RecordEntry
from models.tables import Person
from nlp.understander import Understander

HEAD = [
    "规则 bayannur",
    '规定 votes.unnamed = "ask"',
    "略日报",
    "人 王阿姨 居民 本群",
    "人 李叔 居民 本群",
    "人 老李 微网格长 本群",
]


@pytest.fixture
def stage(understander: Understander) -> Iterator[Stage]:
    made = Stage(read_head(HEAD), understander)
    yield made
    made.engine.dispose()


def entries(stage: Stage) -> list[RecordEntry]:
    with stage.app.units.read() as uow:
        return list(uow.session.exec(select(RecordEntry)).all())


# -- votes ----------------------------------------------------------------------------------------


def test_no_table_says_who_voted_how_once_it_is_counted(stage: Stage) -> None:
    for line in ("王阿姨>户号 12号", "老李>议事 村口装不装路灯", "王阿姨>赞成 1", "李叔>反对 1"):
        stage.play(line)
    assert {(one.kind, one.value) for one in entries(stage)} == {("vote", "赞成"), ("uncounted", "反对")}
    assert all(re.fullmatch(r"[0-9a-f]{32}", one.key) for one in entries(stage))
    stage.play("老李>结束议事 1")
    assert entries(stage) == []
    with stage.app.units.read() as uow:
        (record,) = uow.session.exec(select(Record)).all()
    assert record.data["votes"] == {"赞成": 1}
    assert record.data["uncounted"] == 1


def test_a_vote_stays_without_whoever_was_forgotten(stage: Stage) -> None:
    for line in ("王阿姨>户号 12号", "老李>议事 村口装不装路灯", "王阿姨>赞成 1", "李叔>反对 1"):
        stage.play(line)
    for line in ("王阿姨>忘记我", "李叔>忘记我"):
        stage.play(line)
    assert [(one.value, one.person_id) for one in entries(stage)] == [("赞成", None)]
    with stage.app.units.read() as uow:
        gone = uow.session.exec(select(Person).where(Person.name == "")).all()
    assert [one.household for one in gone] == [None, None]


def test_no_group_hears_of_a_vote(stage: Stage) -> None:
    stage.play("老李>议事 村口装不装路灯")
    before = len(_in_groups(stage))
    for line in ("王阿姨「装不装路灯」：赞成", "李叔：@小哨 反对 1", "李叔：@小哨 赞成 99", "王阿姨：投票 1 没有的"):
        assert not [said for said in stage.play(line) if not said.startswith(("→ (私)", "  "))]
    assert len(_in_groups(stage)) == before


def _in_groups(stage: Stage) -> list[Outgoing]:
    with stage.app.units.read() as uow:
        return [row for row in uow.session.exec(select(Outgoing)).all() if row.room_id is not None]


@pytest.mark.parametrize(
    ("one", "other"),
    [("3栋2单元501", "3-2-501"), ("一组12号", "1组 12"), ("３栋２单元５０１室", "3幢2单元501"), ("二十三号", "23号")],
)
def test_a_household_is_one_however_it_is_written(stage: Stage, one: str, other: str) -> None:
    stage.play(f"王阿姨>户号 {one}")
    stage.play(f"李叔>户号 {other}")
    with stage.app.units.read() as uow:
        found = {person.household for person in uow.session.exec(select(Person)).all() if person.household}
    assert len(found) == 1


def test_a_vote_that_ended_by_command_does_not_end_again(stage: Stage) -> None:
    stage.play("老李>议事 村口装不装路灯")
    stage.play("老李>结束议事 1")
    assert stage.play("@+5d") == []


# -- panels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "yuan"),
    [("花了2600元", 2600), ("1.2万元", 12000), ("300块加5百元", 500), ("三千", 0), ("修好了3盏灯", 0)],
)
def test_sums_are_read(text: str, yuan: float) -> None:
    assert largest_amount(text) == yuan


def test_a_rule_holds_when_all_of_it_does() -> None:
    rule = Reviewed(kinds=(TicketKind.COMPLAINT,), level=NodeLevel.VILLAGE, words=("渠",), amount=1000)
    assert rule.fits(TicketKind.COMPLAINT, "road_facility", NodeLevel.TOWN, "修渠花了1000元")
    assert not rule.fits(TicketKind.WISH, "goods", NodeLevel.TOWN, "修渠花了1000元")
    assert not rule.fits(TicketKind.COMPLAINT, "road_facility", NodeLevel.GRID, "修渠花了1000元")
    assert not rule.fits(TicketKind.COMPLAINT, "road_facility", NodeLevel.TOWN, "修渠花了999元")
    assert not rule.fits(TicketKind.COMPLAINT, "road_facility", NodeLevel.TOWN, "修路花了1000元")


def test_what_is_private_is_never_reviewed(understander: Understander) -> None:
    stage = Stage(read_head([*HEAD, '规定 panels.rules = [{ kinds = ["complaint", "wish"] }]']), understander)
    stage.play("老李>五人小组 @李叔")
    stage.play("王阿姨>登记 房东不退我押金")
    stage.play("老李>办结 1 退了 化解方式 劝和")
    with stage.app.units.read() as uow:
        assert not uow.session.exec(select(Record).where(Record.kind == RecordKind.REVIEW)).all()
    stage.engine.dispose()


def test_a_matter_that_is_withdrawn_is_reviewed_no_more(understander: Understander) -> None:
    stage = Stage(read_head([*HEAD, "规定 panels.quorum = 1"]), understander)
    for line in ("老李>五人小组 @李叔", "王阿姨：水渠塌了没人修", "老李>办结 1 修好了", "王阿姨>撤回 1"):
        stage.play(line)
    with stage.app.units.read() as uow:
        (record,) = uow.session.exec(select(Record).where(Record.kind == RecordKind.REVIEW)).all()
        assert record.state is RecordState.CANCELLED
    assert "已经结束" in stage.play("李叔>同意 1")[0]
    assert stage.play("@+5d") == []
    stage.engine.dispose()


# -- care -----------------------------------------------------------------------------------------


def test_nothing_of_a_household_stays_when_it_goes_off_the_list(understander: Understander) -> None:
    people = ["规则 yunfu", "略日报", "人 老赵 党员", "人 老李 微网格长 本群"]
    stage = Stage(read_head(people), understander)
    for line in ("老李>结对 陈奶奶 老赵 独居", "老赵>帮扶 1 送了米", "老李>结对 1 取消"):
        stage.play(line)
    with stage.app.units.read() as uow:
        records = uow.session.exec(select(Record)).all()
        assert [(one.text, "陈奶奶" in one.title) for one in records] == [("", False), ("", False)]
        kept = [row.text for row in uow.session.exec(select(Outgoing)).all() if row.secret]
    assert not any("陈奶奶" in text for text in kept)
    stage.engine.dispose()


def test_a_year_has_a_visit_each_month(understander: Understander) -> None:
    people = ["规则 yunfu", "略日报", "时间 2026-11-26 10:00", "人 老赵 党员", "人 老李 微网格长 本群"]
    stage = Stage(read_head(people), understander)
    assert "12月25日前" in "".join(stage.play("老李>结对 陈奶奶 老赵"))
    assert "12月25日前" in "".join(stage.play("老赵>帮扶 1 送了米"))
    stage.play("@12-20 10:00")
    assert "1月25日前" in "".join(stage.play("老赵>帮扶 1 又送了米"))
    stage.engine.dispose()


# -- packs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[votes]\nroles = ["resident"]', "votes.roles"),
        ('[votes]\noptions = ["好"]', "votes.options"),
        ('[votes]\nby = "street"', "votes.by"),
        ("[panels]\nquorum = 6", "panels"),
        ('[panels]\nrules = [{ kinds = ["dispute"] }]', "纠纷不公开"),
        ("[panels]\nrules = [{}]", "至少写一样"),
        ('[panels]\nrules = [{ categories = ["labour"] }]', "labour"),
        ('[care]\nkeepers = ["town"]', "care.keepers"),
        ('[care]\ncontacts = ["resident"]', "care.contacts"),
        ("[care]\nremind_day = 26", "remind_day"),
        ("[care]\ndue_day = 31", "care.due_day"),
        ("[dossier]\nshow = true", "dossier.show"),
    ],
)
def test_what_is_wrong_with_a_pack_is_named(tmp_path: Path, written: str, said: str) -> None:
    pack = tmp_path / "own.toml"
    pack.write_text(f'name = "own"\n{written}\n', encoding="utf-8")
    with pytest.raises(PolicyError, match=said):
        load_policy(str(pack))
